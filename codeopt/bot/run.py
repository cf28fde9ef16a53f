"""Performs what was planned, one group after the other, so that a run cut off anywhere leaves what the next
one completes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from codeopt.bot.body import pull_request_body, title
from codeopt.bot.controls import read_controls
from codeopt.bot.forge import AlreadyThere, Branch, Change, Forge, Moved, OutOfDate, Pull, PullState
from codeopt.bot.marker import Marker, read_marker, write_marker
from codeopt.bot.naming import PREFIX, branch_name, is_for
from codeopt.bot.plan import WITHDRAWN, Kind, Limits, Operation, State, plan
from codeopt.bot.proposal import Proposal
from codeopt.errors import CodeoptError


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an operation; `kind` is LEAVE where nothing was written, and `number` is 0 without a
    pull request."""

    kind: Kind
    group: str
    branch: str
    number: int
    reason: str


def run(
    forge: Forge, base: str, proposals: Sequence[Proposal], limits: Limits, kept: frozenset[str] = frozenset()
) -> Iterator[Done]:
    """Bring the forge to what is proposed, and yield what was done. Raises ForgeError."""
    state = read_state(forge, base, proposals)
    for operation in plan(proposals, state, limits, kept):
        yield perform(operation, forge, state)


def read_state(forge: Forge, base: str, proposals: Iterable[Proposal]) -> State:
    """What stands on the forge. Raises ForgeError."""
    base_commit = forge.base_commit()
    branches = {branch.name: branch for branch in forge.branches(PREFIX) if is_for(branch.name, base)}
    if not forge.has_pulls:
        return State(base, base_commit, branches, has_pulls=False)
    names = sorted({*branches, *(branch_name(p.group, base) for p in proposals)})
    pulls = {name: forge.pulls(name) for name in names}
    offered = {p.group for p in proposals}
    changed = frozenset(
        marker.group
        for marker in map(_marker_of_open, pulls.values())
        if marker and marker.group not in offered and _changed(forge, marker, base_commit)
    )
    return State(base, base_commit, branches, pulls, changed)


def _marker_of_open(pulls: Sequence[Pull]) -> Marker | None:
    bodies = (pull.body for pull in pulls if pull.state is PullState.OPEN)
    return read_marker(next(bodies, ""))


def _changed(forge: Forge, marker: Marker, base_commit: str) -> bool:
    if marker.base == base_commit:
        return False
    path = marker.group.partition("::")[0]
    made_from = forge.file_id(marker.base, path)
    return made_from is not None and made_from != forge.file_id(base_commit, path)


def perform(operation: Operation, forge: Forge, state: State) -> Done:
    """Do one operation; what somebody else did in the meantime leaves it undone. Raises ForgeError."""
    try:
        return _PERFORM[operation.kind](operation, forge, state)
    except (AlreadyThere, Moved) as other:
        number = _number_of_open(forge, operation.branch)
        return _done(operation, Kind.LEAVE, number, f"another run is at it: {other}")
    except OutOfDate as error:
        return _done(operation, Kind.LEAVE, _number(operation), str(error))


def _done(operation: Operation, kind: Kind, number: int, reason: str) -> Done:
    return Done(kind, operation.group, operation.branch, number, reason)


def _number(operation: Operation) -> int:
    return operation.pull.number if operation.pull else 0


def _number_of_open(forge: Forge, branch: str) -> int:
    pulls = forge.pulls(branch) if forge.has_pulls else ()
    return next((pull.number for pull in pulls if pull.state is PullState.OPEN), 0)


def _leave(operation: Operation, forge: Forge, state: State) -> Done:
    return _done(operation, Kind.LEAVE, _number(operation), operation.reason)


def _open(operation: Operation, forge: Forge, state: State) -> Done:
    proposal = _proposal(operation)
    branch = state.branches.get(operation.branch)
    head = branch.head if branch and _holds(branch, proposal, state) else _push(operation, forge, state)
    if not forge.has_pulls:
        return _done(operation, Kind.OPEN, 0, operation.reason)
    if number := _number_of_open(forge, operation.branch):
        return _done(operation, Kind.LEAVE, number, "another run opened it just now")
    body = pull_request_body(proposal, Marker(proposal.group, proposal.digest, state.base_commit, head))
    number = forge.open_pull(operation.branch, title(proposal), body)
    return _done(operation, Kind.OPEN, number, operation.reason)


def _holds(branch: Branch, proposal: Proposal, state: State) -> bool:
    seal = branch.seal
    return seal is not None and (seal.digest, seal.base) == (proposal.digest, state.base_commit)


def _push(operation: Operation, forge: Forge, state: State) -> str:
    proposal = _proposal(operation)
    change = Change(
        proposal.path, proposal.before.encode(), proposal.after.encode(), title(proposal), proposal.digest
    )
    return forge.push(operation.branch, state.base_commit, change, operation.expected)


def _rebuild(operation: Operation, forge: Forge, state: State) -> Done:
    head = _push(operation, forge, state)
    if operation.pull is not None:
        _describe_as(operation, forge, state.base_commit, head)
    return _done(operation, Kind.REBUILD, _number(operation), operation.reason)


def _describe(operation: Operation, forge: Forge, state: State) -> Done:
    branch, marker = state.branches[operation.branch], read_marker(_pull(operation).body)
    made_on = branch.seal.base if branch.seal else marker.base if marker else state.base_commit
    _describe_as(operation, forge, made_on, branch.head)
    return _done(operation, Kind.DESCRIBE, _number(operation), operation.reason)


def _describe_as(operation: Operation, forge: Forge, base_commit: str, head: str) -> None:
    proposal = _proposal(operation)
    body = pull_request_body(proposal, Marker(proposal.group, proposal.digest, base_commit, head))
    forge.edit_pull(_number(operation), title=title(proposal), body=body)


def _close(operation: Operation, forge: Forge, state: State) -> Done:
    pull = _pull(operation)
    marker = read_marker(pull.body)
    digest = marker.digest if marker else ""
    _say_once(forge, pull.number, f"closed {digest}", f"Closed: {operation.reason}.")
    forge.close_pull(pull.number, pull.body if read_controls(pull.body).ignore else _withdrawn(pull.body))
    if operation.expected is not None:
        forge.drop(operation.branch, operation.expected)
    return _done(operation, Kind.CLOSE, pull.number, operation.reason)


def _withdrawn(body: str) -> str:
    marker = read_marker(body)
    if marker is None:
        return body
    others = [line for line in body.splitlines() if read_marker(line) is None]
    return "\n".join([*others, write_marker(msgspec.structs.replace(marker, digest=WITHDRAWN)), ""])


def _hand_over(operation: Operation, forge: Forge, state: State) -> Done:
    number = _number(operation)
    text = (
        f"This pull request is yours now: {operation.reason}. It is not written to again. "
        "Close it and delete its branch to have the change offered anew once it is another one."
    )
    said = _say_once(forge, number, "handed over", text)
    return _done(operation, Kind.HAND_OVER if said else Kind.LEAVE, number, operation.reason)


def _say_once(forge: Forge, number: int, key: str, text: str) -> bool:
    """Comment unless a comment with this key stands there; whether it was said now."""
    hidden = f"<!-- codeopt-said: {key} -->"
    if any(hidden in comment for comment in forge.comments(number)):
        return False
    forge.comment(number, f"{text}\n\n{hidden}\n")
    return True


def _drop(operation: Operation, forge: Forge, state: State) -> Done:
    if operation.expected is not None:
        forge.drop(operation.branch, operation.expected)
    return _done(operation, Kind.DROP, 0, operation.reason)


def _proposal(operation: Operation) -> Proposal:
    if operation.proposal is None:
        raise CodeoptError(f"{operation.branch}: nothing is proposed for it")
    return operation.proposal


def _pull(operation: Operation) -> Pull:
    if operation.pull is None:
        raise CodeoptError(f"{operation.branch}: no pull request is open for it")
    return operation.pull


_PERFORM: dict[Kind, Callable[[Operation, Forge, State], Done]] = {
    Kind.OPEN: _open,
    Kind.REBUILD: _rebuild,
    Kind.DESCRIBE: _describe,
    Kind.CLOSE: _close,
    Kind.HAND_OVER: _hand_over,
    Kind.DROP: _drop,
    Kind.LEAVE: _leave,
}

"""What is to be done on a forge, decided from what is proposed and what stands there; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from codeopt.bot.controls import read_controls
from codeopt.bot.forge import Branch, Pull, PullState
from codeopt.bot.marker import Marker, read_marker
from codeopt.bot.naming import branch_name
from codeopt.bot.proposal import Proposal
from codeopt.bot.seal import Seal
from codeopt.report.text import format_bytes

WITHDRAWN = "0" * 32
"""The digest in the marker of a pull request that the bot closed as no longer found: nobody said no."""


class Kind(StrEnum):
    """What an operation does; the value is what is told of it."""

    OPEN = "created"
    REBUILD = "updated"
    DESCRIBE = "described"
    CLOSE = "closed"
    HAND_OVER = "handed-over"
    DROP = "dropped"
    REVIEW = "reviewed"
    LEAVE = "none"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do for one group, and why; `expected` is the head its branch has now."""

    kind: Kind
    group: str
    branch: str
    reason: str
    proposal: Proposal | None = None
    pull: Pull | None = None
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What stands on the forge: the base, the bot's branches, and the pull requests from them or from the
    branches of what is proposed; the last newest first.

    `changed` holds the groups whose file at the base is no longer the one that their pull request was
    made from.
    """

    base: str
    base_commit: str
    branches: Mapping[str, Branch]
    pulls: Mapping[str, Sequence[Pull]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    has_pulls: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How many pull requests (on a plain remote: branches) may be open at once."""

    most_open: int = 5


def plan(
    proposals: Iterable[Proposal], state: State, limits: Limits, kept: frozenset[str] = frozenset()
) -> tuple[Operation, ...]:
    """What to do, in order: what is no longer found first, then the proposals by bytes saved.

    `kept` are groups that count as found though nothing is proposed for them now.
    """
    ranked = sorted(proposals, key=lambda proposal: (-proposal.saved_bytes, proposal.group))
    names = {branch_name(group, state.base) for group in [*(p.group for p in ranked), *kept]}
    operations = [*_gone(names, state)]
    decided = {p.group: _standing(p, state) for p in ranked}
    closing = {
        op.branch for op in [*operations, *decided.values()] if op and op.kind in (Kind.CLOSE, Kind.DROP)
    }
    room = limits.most_open - len(_taken(state) - closing)
    for proposal in ranked:
        operation = decided[proposal.group]
        if operation is None:
            operation = _new(proposal, state, room)
            room -= operation.kind is Kind.OPEN
        operations.append(operation)
    return tuple(operations)


def _taken(state: State) -> set[str]:
    if not state.has_pulls:
        return {name for name, branch in state.branches.items() if branch.seal}
    return {name for name, pulls in state.pulls.items() if _open(pulls)}


def _open(pulls: Sequence[Pull]) -> Pull | None:
    return next((pull for pull in pulls if pull.state is PullState.OPEN), None)


def _gone(names: set[str], state: State) -> Iterator[Operation]:
    """What stands on the forge for groups that are no longer found."""
    for name, branch in sorted(state.branches.items()):
        if name in names:
            continue
        pulls = state.pulls.get(name, ())
        pull, latest = _open(pulls), next(iter(pulls), None)
        if pull is not None:
            yield from _vanished(branch, pull, state)
        elif branch.seal and latest is not None and _withdrawn(latest):
            yield _drop(branch, "left over from a pull request that was withdrawn")
        elif branch.seal and not state.has_pulls and branch.seal.base != state.base_commit:
            yield _drop(branch, f"not found any more on `{state.base}`, which moved on since")


def _drop(branch: Branch, reason: str) -> Operation:
    return Operation(Kind.DROP, "", branch.name, reason, expected=branch.head)


def _withdrawn(pull: Pull) -> bool:
    marker = read_marker(pull.body)
    ticked = read_controls(pull.body).ignore
    return pull.state is PullState.CLOSED and marker is not None and (marker.digest == WITHDRAWN or ticked)


def _vanished(branch: Branch, pull: Pull, state: State) -> Iterator[Operation]:
    marker = read_marker(pull.body)
    if marker is None or branch_name(marker.group, state.base) != branch.name or not _is_ours(branch, marker):
        return
    if marker.digest == WITHDRAWN:
        reason = "somebody opened it again after it was withdrawn"
        yield Operation(Kind.LEAVE, marker.group, branch.name, reason, None, pull, branch.head)
    elif read_controls(pull.body).ignore:
        yield _close(marker.group, branch, pull, None, "somebody ticked that it is not wanted")
    elif marker.group in state.changed:
        reason = f"its file changed on `{state.base}`, and nothing is found there any more"
        yield _close(marker.group, branch, pull, None, reason)
    else:
        reason = "not found this time, but its file is unchanged, so what was proven still holds"
        yield Operation(Kind.LEAVE, marker.group, branch.name, reason, None, pull, branch.head)


def _close(group: str, branch: Branch, pull: Pull, proposal: Proposal | None, reason: str) -> Operation:
    return Operation(Kind.CLOSE, group, branch.name, reason, proposal, pull, branch.head)


def _is_ours(branch: Branch, marker: Marker) -> bool:
    return branch.head == marker.head or branch.seal is not None


def _standing(proposal: Proposal, state: State) -> Operation | None:
    """What to do where something stands for the proposal already; None where room for it decides."""
    name = branch_name(proposal.group, state.base)
    pulls = state.pulls.get(name, ())
    branch, pull = state.branches.get(name), _open(pulls)
    head = branch.head if branch else None

    def operation(kind: Kind, reason: str) -> Operation:
        return Operation(kind, proposal.group, name, reason, proposal, pull, head)

    if pull is not None:
        return operation(*_of_open(proposal, branch, pull, state))
    if refusal := _refusal(proposal, pulls):
        return operation(Kind.LEAVE, refusal)
    if branch is not None and branch.seal is None:
        return operation(Kind.LEAVE, "a branch of this name holds commits that are not the bot's")
    if branch is not None and not state.has_pulls:
        same = branch.seal is not None and branch.seal.digest == proposal.digest
        return operation(
            *((Kind.LEAVE, "unchanged") if same else (Kind.REBUILD, "the change is another one now"))
        )
    return None


def _of_open(proposal: Proposal, branch: Branch | None, pull: Pull, state: State) -> tuple[Kind, str]:
    marker, controls = read_marker(pull.body), read_controls(pull.body)
    if marker is None or marker.group != proposal.group:
        return Kind.HAND_OVER, "what the bot keeps in the pull request's body is gone"
    if branch is None:
        return Kind.LEAVE, "its branch is gone"
    if not _is_ours(branch, marker):
        return Kind.HAND_OVER, "its branch holds a commit that is not the bot's"
    if controls.ignore:
        return Kind.CLOSE, "somebody ticked that it is not wanted"
    made = branch.seal or Seal(marker.digest, marker.base, "")
    if made.digest != proposal.digest:
        return Kind.REBUILD, "the change is another one now"
    if controls.rebase and made.base != state.base_commit:
        return Kind.REBUILD, "somebody ticked that it is to be made again on the newest base"
    if marker.digest != made.digest or marker.head != branch.head:
        return Kind.DESCRIBE, "an earlier run was cut off before it said what it had done"
    if controls.rebase:
        return Kind.DESCRIBE, "it is on the newest base already"
    return Kind.LEAVE, "unchanged"


def _refusal(proposal: Proposal, pulls: Sequence[Pull]) -> str:
    """Why something that was closed or merged is not offered again; empty where it may be."""
    for pull in pulls:
        marker = read_marker(pull.body)
        if read_controls(pull.body).ignore:
            return f"#{pull.number} says that it is not wanted"
        if pull.state is PullState.CLOSED and marker is None:
            return f"#{pull.number} was closed, and no longer says for which change"
        if marker is not None and marker.digest == proposal.digest:
            what = "merged" if pull.state is PullState.MERGED else "closed unmerged"
            return f"#{pull.number} with this same change was {what}"
    return ""


def _new(proposal: Proposal, state: State, room: int) -> Operation:
    name = branch_name(proposal.group, state.base)
    branch = state.branches.get(name)
    head = branch.head if branch else None
    if room <= 0:
        return Operation(Kind.LEAVE, proposal.group, name, "as many are open as may be", proposal, None, head)
    reason = (
        "a run was cut off before it opened it" if branch else f"saves {format_bytes(proposal.saved_bytes)}"
    )
    return Operation(Kind.OPEN, proposal.group, name, reason, proposal, None, head)

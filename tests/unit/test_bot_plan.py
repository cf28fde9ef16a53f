"""What the bot decides, from plain data alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codeopt.bot.controls import Controls, controls_text, read_controls
from codeopt.bot.forge import Branch, Pull, PullState
from codeopt.bot.marker import Marker, write_marker
from codeopt.bot.naming import branch_name, is_for
from codeopt.bot.plan import WITHDRAWN, Kind, Limits, Operation, State, plan
from codeopt.bot.proposal import Proposal, change_digest
from codeopt.bot.seal import Commit, Seal, seal_of, sealed_message
from codeopt.edit import Trust

GROUP = "src/a.py::f"
NAME = branch_name(GROUP, "main")
BASE, OLD_BASE, HEAD, OTHER_HEAD = "b" * 40, "a" * 40, "1" * 40, "2" * 40
DIGEST, OTHER_DIGEST = "d" * 32, "e" * 32
OURS = Seal(DIGEST, BASE, "c" * 40)


def proposal(digest: str = DIGEST, group: str = GROUP, saved: int = 100) -> Proposal:
    return Proposal(
        group=group, path=group.partition("::")[0], before="", after="", title="t", rules=("X001",),
        trust=Trust.EXACT, baseline_bytes=1000, optimized_bytes=1000 - saved, floor_bytes=0,
        baseline_seconds=1.0, optimized_seconds=1.0, origin="declared", cases=1, faults_planted=1,
        faults_caught=1, diff="", digest=digest,
    )  # fmt: skip


def body(
    digest: str = DIGEST, *, base: str = BASE, head: str = HEAD, group: str = GROUP, tick: str = ""
) -> str:
    controls = controls_text()
    if tick:
        controls = controls.replace(
            f"- [ ] <!-- codeopt-control: {tick}", f"- [x] <!-- codeopt-control: {tick}"
        )
    return f"words\n\n{controls}\n{write_marker(Marker(group, digest, base, head))}\n"


def state(
    pull: str | None = None,
    what: PullState = PullState.OPEN,
    seal: Seal | None = OURS,
    head: str | None = HEAD,
    changed: frozenset[str] = frozenset(),
) -> State:
    branches = {NAME: Branch(NAME, head, seal)} if head else {}
    pulls = {NAME: (Pull(7, what, NAME, pull),)} if pull is not None else {NAME: ()}
    return State("main", BASE, branches, pulls, changed)


def only(made: State, *proposals: Proposal, kept: frozenset[str] = frozenset()) -> Operation:
    (operation,) = plan(proposals, made, Limits(), kept)
    return operation


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (state(head=None), Kind.OPEN),
        (state(), Kind.OPEN),
        (state(seal=None), Kind.LEAVE),
        (state(body()), Kind.LEAVE),
        (state(body(), seal=None), Kind.LEAVE),
        (state(body(head=OTHER_HEAD), seal=None), Kind.HAND_OVER),
        (state(body(head=OTHER_HEAD)), Kind.DESCRIBE),
        (state(body(OTHER_DIGEST, head=OTHER_HEAD)), Kind.DESCRIBE),
        (state(body(OTHER_DIGEST), seal=Seal(OTHER_DIGEST, BASE, "c" * 40)), Kind.REBUILD),
        (state(body(base=OLD_BASE), seal=Seal(DIGEST, OLD_BASE, "c" * 40)), Kind.LEAVE),
        (state(body(base=OLD_BASE, tick="rebase"), seal=Seal(DIGEST, OLD_BASE, "c" * 40)), Kind.REBUILD),
        (state(body(tick="rebase")), Kind.DESCRIBE),
        (state(body(tick="ignore")), Kind.CLOSE),
        (state(body(tick="ignore", head=OTHER_HEAD), seal=None), Kind.HAND_OVER),
        (state("no marker"), Kind.HAND_OVER),
        (state(body() + body()), Kind.HAND_OVER),
        (state(body(group="src/b.py::g")), Kind.HAND_OVER),
        (state(body(), head=None), Kind.LEAVE),
        (state(body(), PullState.CLOSED), Kind.LEAVE),
        (state(body(OTHER_DIGEST), PullState.CLOSED), Kind.OPEN),
        (state(body(OTHER_DIGEST, tick="ignore"), PullState.CLOSED), Kind.LEAVE),
        (state(body(WITHDRAWN), PullState.CLOSED), Kind.OPEN),
        (state("no marker", PullState.CLOSED), Kind.LEAVE),
        (state(body(), PullState.MERGED), Kind.LEAVE),
        (state(body(OTHER_DIGEST), PullState.MERGED, head=None), Kind.OPEN),
    ],
)
def test_what_is_done_for_a_proposal(made: State, kind: Kind) -> None:
    assert only(made, proposal()).kind is kind


@pytest.mark.parametrize(
    ("made", "kinds"),
    [
        (state(body(), changed=frozenset({GROUP})), [Kind.CLOSE]),
        (state(body()), [Kind.LEAVE]),
        (state(body(tick="ignore")), [Kind.CLOSE]),
        (state(body(WITHDRAWN), changed=frozenset({GROUP})), [Kind.LEAVE]),
        (state(body(head=OTHER_HEAD), seal=None, changed=frozenset({GROUP})), []),
        (state(body(group="src/b.py::g"), changed=frozenset({"src/b.py::g"})), []),
        (state("no marker", changed=frozenset({GROUP})), []),
        (state(body(WITHDRAWN), PullState.CLOSED), [Kind.DROP]),
        (state(body(WITHDRAWN), PullState.CLOSED, seal=None), []),
        (state(body(), PullState.CLOSED), []),
        (state(), []),
    ],
)
def test_what_is_done_for_what_vanished(made: State, kinds: list[Kind]) -> None:
    assert [one.kind for one in plan([], made, Limits())] == kinds


def test_what_was_left_out_of_the_report_has_not_vanished() -> None:
    made = state(body(), changed=frozenset({GROUP}))
    assert plan([], made, Limits(), frozenset({GROUP})) == ()


def test_room_goes_to_what_saves_most_and_what_is_closed_gives_room() -> None:
    gone = state(body(), changed=frozenset({GROUP}))
    offered = [proposal(group=f"src/a.py::g{n}", saved=n) for n in range(1, 4)]
    made = plan(offered, gone, Limits(2))
    assert [(one.kind, one.group) for one in made] == [
        (Kind.CLOSE, GROUP),
        (Kind.OPEN, "src/a.py::g3"),
        (Kind.OPEN, "src/a.py::g2"),
        (Kind.LEAVE, "src/a.py::g1"),
    ]
    stays = plan(offered, replace(gone, changed=frozenset()), Limits(2))
    assert [one.kind for one in stays] == [Kind.LEAVE, Kind.OPEN, Kind.LEAVE, Kind.LEAVE]


def test_no_room_still_rebuilds_what_is_open() -> None:
    made = state(body(OTHER_DIGEST), seal=Seal(OTHER_DIGEST, BASE, "c" * 40))
    assert [one.kind for one in plan([proposal()], made, Limits(0))] == [Kind.REBUILD]


def commit(**other: object) -> Commit:
    person = ("Bot", "bot@example.com", "2026-01-01T00:00:00Z")
    made = Commit(sealed_message("subject", OURS), (BASE,), OURS.content, person, person)
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "broken",
    [
        {"message": "no trailers"},
        {"message": sealed_message("x", OURS) + sealed_message("y", OURS)},
        {"parents": (OLD_BASE,)},
        {"parents": (BASE, OLD_BASE)},
        {"content": "f" * 40},
        {"committer": ("Person", "person@example.com", "2026-01-02T00:00:00Z")},
    ],
    ids=str,
)
def test_a_seal_breaks(broken: dict[str, object]) -> None:
    assert seal_of(commit()) == OURS
    assert seal_of(commit(message=commit().message.strip())) == OURS
    assert seal_of(commit(**broken)) is None


def test_a_subject_cannot_forge_a_seal() -> None:
    forged = f"x\n\nCodeopt-Change: {OTHER_DIGEST}\nCodeopt-Base: {OLD_BASE}\nCodeopt-Content: {'f' * 40}"
    assert seal_of(commit(message=sealed_message(forged, OURS))) == OURS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (controls_text(), Controls()),
        (controls_text().replace("[ ]", "[x]", 1), Controls(rebase=True)),
        (controls_text().replace("[ ]", "[X]").replace("\n", "\r\n"), Controls(rebase=True, ignore=True)),
        (controls_text().replace("[ ]", "[x]") * 2, Controls()),
        ("> - [x] <!-- codeopt-control: ignore -->", Controls()),
        ("", Controls()),
    ],
)
def test_controls(text: str, expected: Controls) -> None:
    assert read_controls(text) == expected


def test_branches_have_the_same_plain_names_always() -> None:
    name = branch_name("src/Train Ünit.py::Net.forward", "main")
    assert name == branch_name("src/Train Ünit.py::Net.forward", "main")
    assert name.startswith("codeopt/src-train-nit-py-net-forward-")
    assert branch_name("..//@{", "main").removeprefix("codeopt/").isalnum()
    assert branch_name(GROUP, "next") != NAME
    assert (is_for(NAME, "main"), is_for(NAME, "next")) == (True, False)
    assert len(branch_name("x" * 1000, "main")) < 100


def test_a_digest_is_of_the_changed_lines_alone() -> None:
    first = change_digest(GROUP, "a\nb\nc\n", "a\nB\nc\n")
    assert change_digest(GROUP, "z\ny\nx\na\nb\nother\n", "z\ny\nx\na\nB\nother\n") == first
    assert change_digest("src/a.py::g", "a\nb\nc\n", "a\nB\nc\n") != first
    assert change_digest(GROUP, "a\nb\nc\n", "a\nBB\nc\n") != first

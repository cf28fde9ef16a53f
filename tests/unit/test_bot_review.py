"""What is suggested on a pull request: only on lines that it shows, whole, once, and just what was proven."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeopt.bot.marker import Marker, read_marker, write_marker
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.bot.review import MOST_COMMENTS, Comment, review
from codeopt.edit import Trust

HEAD = "c" * 40
BEFORE = "".join(f"line {n}\n" for n in range(1, 21))


def proposal(after: str, before: str = BEFORE, name: str = "f", **more: object) -> Proposal:
    made = Proposal(
        group=f"a.py::{name}", path="a.py", before=before, after=after, title="t", rules=("MEM210",),
        trust=Trust.EXACT, baseline_bytes=100, optimized_bytes=60, floor_bytes=0, baseline_seconds=1.0,
        optimized_seconds=1.0, origin="declared", cases=7, faults_planted=1, faults_caught=1,
        diff=unified_diff("a.py", before, after), digest=change_digest(f"a.py::{name}", before, after),
    )  # fmt: skip
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def patch(first: int, last: int) -> dict[str, str]:
    """A diff that shows these lines of the new file."""
    shown = "".join(f"+line {n}\n" for n in range(first, last + 1))
    return {"a.py": f"@@ -0,0 +{first},{last - first + 1} @@ def f():\n{shown}"}


EVERYTHING = patch(1, 20)


def put_in(text: str, comment: Comment) -> str:
    """The file after somebody took the suggestion, as a forge does it."""
    found = re.search(r"^(`{3,})suggestion\n(.*?)^\1$", comment.body, re.MULTILINE | re.DOTALL)
    assert found
    lines = text.removesuffix("\n").split("\n")
    lines[comment.start - 1 : comment.end] = found[2].split("\n")[:-1]
    return "\n".join(lines) + "\n"


def test_a_change_on_shown_lines() -> None:
    after = BEFORE.replace("line 5\nline 6\n", "line five\n")
    made = review([proposal(after)], patch(4, 8), HEAD, [])
    (comment,) = made.comments
    assert (made.head, comment.path, comment.start, comment.end) == (HEAD, "a.py", 5, 6)
    assert (
        "<code>f</code> falls from 100 B to 60 B (40 % less), proven `exact` with 7 inputs." in comment.body
    )
    assert "```suggestion\nline five\n```\n" in comment.body
    assert read_marker(comment.body) == Marker("a.py::f", change_digest("a.py::f", BEFORE, after), "", HEAD)
    assert "Part" not in comment.body


@pytest.mark.parametrize(
    "patches",
    [
        {}, {"a.py": ""}, {"b.py": EVERYTHING["a.py"]}, patch(6, 8), patch(1, 5), patch(10, 20),
        {"a.py": patch(5, 5)["a.py"] + patch(6, 6)["a.py"]}, {"a.py": "@@ -5,2 +4,0 @@\n-line 5\n-line 6\n"},
    ],
    ids=["no file", "no diff", "other file", "below", "above", "far", "two hunks", "deleted"],
)  # fmt: skip
def test_lines_that_are_not_shown(patches: dict[str, str]) -> None:
    after = BEFORE.replace("line 5\nline 6\n", "line five\n")
    made = review([proposal(after)], patches, HEAD, [])
    assert made.comments == ()
    assert made.left_out == (("a.py::f", "touches lines that the pull request does not show"),)


def test_half_a_change_is_not_shown() -> None:
    after = BEFORE.replace("line 2\n", "two\n").replace("line 12\n", "twelve\n")
    assert review([proposal(after)], patch(1, 5), HEAD, []).comments == ()
    first, second = review([proposal(after)], EVERYTHING, HEAD, []).comments
    assert "Part 1 of 2: only all together were proven" in first.body
    assert "Part 2 of 2" in second.body


def test_it_is_said_once() -> None:
    after = BEFORE.replace("line 5\n", "five\n")
    first = review([proposal(after)], EVERYTHING, HEAD, [])
    said = [comment.body for comment in first.comments]
    again = review([proposal(after)], EVERYTHING, "d" * 40, said)
    assert again.comments == ()
    assert again.left_out == (("a.py::f", "was said before"),)
    other = proposal(BEFORE.replace("line 5\n", "5\n"))
    assert len(review([other], EVERYTHING, HEAD, said).comments) == 1


def test_a_line_like_the_marker_is_not_posted_again_and_again() -> None:
    line = write_marker(Marker("x", "0" * 32, "", ""))
    made = review([proposal(BEFORE.replace("line 5\n", f"{line}\n"))], EVERYTHING, HEAD, [])
    assert made.left_out == (("a.py::f", "holds a line that reads as the bot's own"),)


def test_line_ends_that_would_change() -> None:
    before, after = BEFORE.replace("\n", "\r\n"), BEFORE.replace("line 5", "5").replace("\n", "\r\n")
    made = review([proposal(after, before)], EVERYTHING, HEAD, [])
    assert made.left_out == (("a.py::f", "has line ends that a suggestion would not keep"),)


def test_what_saves_most_comes_first_and_not_too_much() -> None:
    offered = [
        proposal(BEFORE.replace("line 5\n", f"{n}\n"), name=f"f{n}", baseline_bytes=100 + n)
        for n in range(40)
    ]
    made = review(offered, EVERYTHING, HEAD, [])
    assert len(made.comments) == MOST_COMMENTS
    assert "<code>f39</code>" in made.comments[0].body
    assert {reason for _, reason in made.left_out} == {"would make more than 30 comments"}


def test_a_block_in_a_block() -> None:
    after = BEFORE.replace("line 5\n", "'''\n```\n````suggestion\n'''\n")
    (comment,) = review([proposal(after)], EVERYTHING, HEAD, []).comments
    assert "\n`````suggestion\n" in comment.body
    assert put_in(BEFORE, comment) == after


LINES = st.lists(
    st.sampled_from(["a", "b", "", "    c", "```", "`x`", "@octocat #1", "\tq"]), min_size=1, max_size=12
)


@given(LINES, LINES)
def test_taking_every_part_gives_what_was_proven(old: list[str], new: list[str]) -> None:
    before, after = "\n".join([*old, "end"]) + "\n", "\n".join([*new, "end"]) + "\n"
    made = review([proposal(after, before)], EVERYTHING, HEAD, [])
    if not made.comments:
        assert before == after or len(made.left_out) == 1
        return
    text = before
    for comment in reversed(made.comments):
        text = put_in(text, comment)
    assert text == after

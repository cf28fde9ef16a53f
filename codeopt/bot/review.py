"""Suggestions on the changed lines of an open pull request, as one review.

Shown to whoever reads the pull request, and written nowhere: so a report that a fork's code wrote may be
shown so.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from codeopt.bot.escape import code
from codeopt.bot.marker import Marker, read_marker, write_marker
from codeopt.bot.proposal import Proposal
from codeopt.report.text import format_bytes

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_LONGEST_COMMENT = 60_000
_BODY = "Proven rewrites of code that this pull request changes. Each comment says what one of them saves."

MOST_COMMENTS = 30
"""In one review; the changes that save most come first."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on lines `start` to `end` (from 1, of the new file) of a file in the pull request."""

    path: str
    start: int
    end: int
    body: str


@dataclass(frozen=True, slots=True)
class Review:
    """Comments on the commit `head`, posted together; `left_out` says of other groups why not."""

    head: str
    body: str
    comments: tuple[Comment, ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `start` to `end` (from 1) and the lines that are to stand in their place."""

    start: int
    end: int
    lines: tuple[str, ...]


def review(
    proposals: Iterable[Proposal], patches: Mapping[str, str], head: str, comments: Iterable[str]
) -> Review:
    """The review of what is proposed on the commit `head` of a pull request.

    `patches` are the diffs of its files as the forge shows them, `comments` the bodies of the comments on
    its lines so far: what was said of the same change is not said again, on whatever commit. A change is
    shown whole or not at all, for half of it was never proven.
    """
    said = frozenset((m.group, m.digest) for m in map(read_marker, comments) if m is not None)
    made: list[Comment] = []
    left_out: list[tuple[str, str]] = []
    for proposal in sorted(proposals, key=lambda p: (-p.saved_bytes, p.group)):
        blocks = _blocks(proposal.before, proposal.after)
        reason = _unfit(proposal, blocks, _hunks(patches.get(proposal.path, "")), said)
        found = [] if reason else [*_comments(proposal, blocks, head)]
        if any(len(comment.body) > _LONGEST_COMMENT for comment in found):
            reason = "is too long for a comment"
        elif not all(read_marker(comment.body) for comment in found):
            reason = "holds a line that reads as the bot's own"
        elif len(made) + len(found) > MOST_COMMENTS:
            reason = f"would make more than {MOST_COMMENTS} comments"
        if reason:
            left_out.append((proposal.group, reason))
        else:
            made += found
    return Review(head, _BODY, tuple(made), tuple(left_out))


def _unfit(
    proposal: Proposal,
    blocks: Sequence[_Block],
    hunks: Sequence[tuple[int, int]],
    said: frozenset[tuple[str, str]],
) -> str:
    """Why a proposal cannot be shown; empty if it can."""
    if (proposal.group, proposal.digest) in said:
        return "was said before"
    if "\r" in proposal.before or "\r" in proposal.after:
        return "has line ends that a suggestion would not keep"
    if not blocks or not all(_inside(block, hunks) for block in blocks):
        return "touches lines that the pull request does not show"
    return ""


def _hunks(patch: str) -> Sequence[tuple[int, int]]:
    """First and last lines (from 1, of the new file) that a diff shows."""
    found = [(int(first), int(count) if count else 1) for first, count in _HUNK.findall(patch)]
    return [(first, first + count - 1) for first, count in found if count]


def _inside(block: _Block, hunks: Sequence[tuple[int, int]]) -> bool:
    return any(first <= block.start and block.end <= last for first, last in hunks)


def _blocks(before: str, after: str) -> Sequence[_Block]:
    """What changes, as whole lines to be put in place of others; nothing where that cannot be said so.

    A forge puts lines in place of lines, at least of one: what is only put in takes the line before along,
    or at the top of a file the one behind.
    """
    old, new = _lines(before), _lines(after)
    blocks: list[_Block] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if tag != "insert":
            blocks.append(_Block(i1 + 1, i2, tuple(new[j1:j2])))
        elif i1:
            blocks.append(_Block(i1, i1, (old[i1 - 1], *new[j1:j2])))
        elif old:
            blocks.append(_Block(1, 1, (*new[j1:j2], old[0])))
        else:
            return ()
    overlapping = any(a.end >= b.start for a, b in pairwise(blocks))
    return () if overlapping else blocks


def _lines(text: str) -> list[str]:
    """Lines as a forge counts them, without their ends: a forge keeps those of the file."""
    return text.removesuffix("\n").split("\n") if text else []


def _comments(proposal: Proposal, blocks: Sequence[_Block], head: str) -> Iterator[Comment]:
    name = code(proposal.group.removeprefix(f"{proposal.path}::"))
    before, after = format_bytes(proposal.baseline_bytes), format_bytes(proposal.optimized_bytes)
    share = 100 * proposal.saved_bytes / proposal.baseline_bytes
    rules = ", ".join(code(rule, 40) for rule in proposal.rules[:20])
    marker = write_marker(Marker(proposal.group, proposal.digest, "", head))
    for number, block in enumerate(blocks, 1):
        said = (
            f"{rules}: the peak memory of {name} falls from {before} to {after} ({share:.0f} % less), "
            f"proven `{proposal.trust}` with {proposal.cases} inputs."
        )
        if len(blocks) > 1:
            said += f" Part {number} of {len(blocks)}: only all together were proven, take them in one batch."
        body = f"{said}\n\n{_suggestion(block.lines)}\n\n{marker}\n"
        yield Comment(proposal.path, block.start, block.end, body)


def _suggestion(lines: Sequence[str]) -> str:
    """A block that a forge offers to put in place of the lines; exactly these characters, so none is
    spelled out. Hidden ones that the file did not have were refused before."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}suggestion", *lines, fence])

"""What a pull request says: the figures, the proof, how to see both again, and how to steer the bot."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from codeopt.bot.controls import controls_text
from codeopt.bot.escape import code, fenced, shortened, visible
from codeopt.bot.marker import Marker, write_marker
from codeopt.bot.proposal import Proposal
from codeopt.edit import Trust
from codeopt.report.text import format_bytes, format_seconds

LONGEST_BODY = 60_000
"""Characters of a body; GitHub takes 65,536 and GitLab more."""

_LONGEST_TITLE = 200
_PROMISES = {
    Trust.EXACT: "every observable is identical, bit for bit",
    Trust.CLOSE: "floats agree within the tolerance of their dtype, everything else is identical",
    Trust.PRECISION: "values agree within the tolerance of the narrower dtype",
    Trust.LOSSY: "the result changes, and a quality figure of the project's stays within its bound",
}
_ORIGINS = {
    "declared": "declared in a workload file",
    "traced": "calls recorded from a run of the project",
    "tests": "calls that the project's own tests or benchmarks make",
    "guessed": "guessed from the function and confirmed by running it",
    "run": "a whole run of a command",
}


def title(proposal: Proposal) -> str:
    """One line of plain text, without backticks, at most 200 characters."""
    return shortened(visible(" ".join(proposal.title.split())).replace("`", "'"), _LONGEST_TITLE)


def pull_request_body(proposal: Proposal, marker: Marker) -> str:
    """The whole body in Markdown, the marker in its last line. At most 60,000 characters.

    Everything that is not fixed or a number stands as code, so that no forge reads it as anything else.
    Raises ValueError where the marker cannot be written, or names are longer than in any report that is read.
    """
    parts = proposal.parts or (proposal,)
    hint = _RUN_HINT if any(part.origin == "run" for part in parts) else ""
    end = [
        f"### See it again\n\n{fenced(_command(proposal), 'console')}{hint}",
        f"### Steer it\n\n{controls_text().rstrip()}\n\n{_STEERING}",
        write_marker(marker),
    ]
    for shown in range(min(len(parts), _MOST_PARTS), -1, -1):
        figures = (text for part in parts[:shown] for text in _figures(part))
        text = "\n\n".join([*_together(proposal, shown), *figures, *end]) + "\n"
        if len(text) <= LONGEST_BODY:
            return text
    raise ValueError(f"{proposal.group!r} is too long for a pull request")


def _together(proposal: Proposal, shown: int) -> Iterator[str]:
    """What is to be said first of several changes in one."""
    if not proposal.parts:
        return
    yield (
        f"{len(proposal.parts)} rewrites of {code(proposal.path)}, the most saving first. Each was "
        "proven and measured by itself; all of them together were not run."
    )
    if len(proposal.parts) > shown:
        yield f"The figures of the first {shown}:"


def _figures(proposal: Proposal) -> Iterator[str]:
    yield f"A proven rewrite of {code(_function(proposal))} in {code(proposal.path)}, by {_rules(proposal)}."
    yield "\n".join(_table(proposal))
    yield "\n".join(_proof(proposal))


_MOST_PARTS = 10
# The command of a whole run came with the report: nobody should find it here ready to be pasted.
_RUN_HINT = "\n\nThe command to run is given with `--run`, or is in the configuration."
_STEERING = (
    "Closed without a merge, this is not offered again until the change is another one. "
    "A commit of yours on the branch makes it yours: it is not written to again."
)


def _function(proposal: Proposal) -> str:
    return proposal.group.removeprefix(f"{proposal.path}::")


def _rules(proposal: Proposal) -> str:
    shown = ", ".join(code(rule, 40) for rule in proposal.rules[:20])
    return shown + (f" and {len(proposal.rules) - 20} more" if len(proposal.rules) > 20 else "")


def _table(proposal: Proposal) -> Iterator[str]:
    """Peak and time before and after. The share of what could go is left out where the call held less
    than it is said to keep."""
    before, after, floor = proposal.baseline_bytes, proposal.optimized_bytes, proposal.floor_bytes
    yield "| | before | after | change |"
    yield "|---|---:|---:|---:|"
    yield f"| peak memory | {format_bytes(before)} | {format_bytes(after)} | {_change(before, after)} |"
    old, new = proposal.baseline_seconds, proposal.optimized_seconds
    call = "run" if proposal.origin == "run" else "call"
    yield f"| time of one {call} | {format_seconds(old)} | {format_seconds(new)} | {_change(old, new)} |"
    yield ""
    if proposal.origin == "run":
        yield "The peak is that of the whole process."
        return
    kept = f"{format_bytes(floor)} of it are what the call must return or keep"
    if floor <= after and floor < before:
        kept += f"; of the rest {100 * (before - after) / (before - floor):.0f} % went"
    yield f"The peak counts from the level at the start of the call. {kept}."


def _change(before: float, after: float) -> str:
    return f"{100 * (after - before) / before:+.1f} %" if before else "–"


def _proof(proposal: Proposal) -> Iterator[str]:
    yield "### Proof"
    yield ""
    yield f"- Level `{proposal.trust}`: {_PROMISES[proposal.trust]}."
    cases = "case" if proposal.cases == 1 else "cases"
    yield f"- The original and the rewrite were held against each other on {proposal.cases} {cases}."
    planted, caught = proposal.faults_planted, proposal.faults_caught
    if planted:
        yield f"- {planted} wrong variants were planted on purpose; the comparison caught {caught} of them."
    else:
        yield "- No wrong variant could be planted to try the comparison."
    known = _ORIGINS.get(proposal.origin)
    yield f"- The workload: {known}." if known else f"- The workload: {code(proposal.origin)}."


def _command(proposal: Proposal) -> str:
    words = ["codeopt", "suggest", "--allow", str(proposal.trust)]
    if proposal.group != proposal.path and proposal.origin != "run":
        words += ["--target", proposal.group]
    words += ["--", proposal.path]
    return visible(shlex.join(words))

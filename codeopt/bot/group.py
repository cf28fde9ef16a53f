"""Several changes of one file as one proposal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.merge import MergeConflict, merge
from codeopt.output_check import RefusedOutput, check_output
from codeopt.source import NOTEBOOK


def by_file(proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """One proposal a file, with `parts` where several changes went into it.

    Its figures are those of the change that saves most, for peaks of different calls do not add up; its
    trust is the weakest. A change that touches the lines of one that saves more is left out; of a notebook,
    whose cells are no lines to put together, all but the first.
    """
    ordered = sorted(proposals, key=lambda p: (p.path, -p.saved_bytes, p.group))
    return tuple(_merged(list(group)) for _, group in groupby(ordered, key=lambda p: p.path))


def _merged(proposals: list[Proposal]) -> Proposal:
    best, *others = proposals
    taken, text = [best], best.after
    for proposal in others:
        together = _together([*taken, proposal])
        if together is not None:
            taken.append(proposal)
            text = together
    count = f" and {len(taken) - 1} more in {best.path}" if len(taken) > 1 else ""
    return replace(
        best,
        group=best.path,
        after=text,
        title=f"{best.title}{count}",
        rules=tuple(dict.fromkeys(rule for p in taken for rule in p.rules)),
        trust=max((p.trust for p in taken), key=lambda trust: trust.rank),
        diff=unified_diff(best.path, best.before, text),
        digest=change_digest(best.path, best.before, text),
        parts=tuple(taken) if len(taken) > 1 else (),
    )


def _together(proposals: list[Proposal]) -> str | None:
    """All changes in one text; None where they touch the same lines, or give no Python."""
    best = proposals[0]
    if best.path.endswith(NOTEBOOK):
        return None
    try:
        text = merge(best.before, [p.after for p in proposals])
        check_output(best.path, best.before, text)
    except (MergeConflict, RefusedOutput):
        return None
    return text

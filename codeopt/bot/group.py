"""Several changes of one file as one proposal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.merge import MergeConflict, merge


def by_file(proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """One proposal a file.

    The figures are those of the change that saves most, for peaks of different calls do not add up; the
    trust is the weakest. A change that touches the lines of one that saves more is left out.
    """
    ordered = sorted(proposals, key=lambda p: (p.path, -p.saved_bytes, p.group))
    return tuple(_merged(list(group)) for _, group in groupby(ordered, key=lambda p: p.path))


def _merged(proposals: list[Proposal]) -> Proposal:
    best, *others = proposals
    taken, text = [best], best.after
    for proposal in others:
        try:
            text = merge(best.before, [*(p.after for p in taken), proposal.after])
        except MergeConflict:
            continue
        taken.append(proposal)
    count = f" and {len(taken) - 1} more in {best.path}" if len(taken) > 1 else ""
    return replace(
        best,
        group=best.path,
        after=text,
        title=f"{best.title}{count}",
        rules=tuple(dict.fromkeys(rule for p in taken for rule in p.rules)),
        trust=max((p.trust for p in taken), key=lambda trust: trust.rank),
        cases=min(p.cases for p in taken),
        faults_planted=sum(p.faults_planted for p in taken),
        faults_caught=sum(p.faults_caught for p in taken),
        diff=unified_diff(best.path, best.before, text),
        digest=change_digest(best.path, best.before, text),
    )

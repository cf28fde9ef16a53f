"""What the planted faults say of a verdict: whether the same inputs tell wrong from right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codeopt.equivalence.verdict import Same, Unproven
from codeopt.search.jobs import FaultCount


def with_controls(verdict: Same, unstable: tuple[str, ...], faults: Sequence[FaultCount]) -> Same | Unproven:
    """The verdict with its controls noted; Unproven where no fault was caught, or fewer than half."""
    planted, caught = sum(f.planted for f in faults), sum(f.caught for f in faults)
    if caught == 0 or 2 * caught < planted:
        missed = "; ".join([m for f in faults for m in f.missed][:3]) or "none could be planted"
        return Unproven(f"the inputs cannot tell: {caught} of {planted} planted faults caught ({missed})")
    return replace(
        verdict,
        self_check=not unstable,
        unstable=unstable,
        faults_planted=planted,
        faults_caught=caught,
    )

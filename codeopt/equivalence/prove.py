"""The jobs of a proof, run in sandbox children: reference, self check, proof, counting faults.

Policy. Inside of what the workload covers (see `cases`), every observable must agree at the
level asked for. On a case outside of it, or on a perturbed one where the original raises, a
disagreement refuses a candidate only where `exact` is the limit; otherwise it is a caveat, and
the level is `close` at best. The same holds on perturbed cases for floats where the original is
far from its own float64 run (huge values in a backward pass), and for the `.grad` of an input
whose gradient the workload does not ask for. Something that cannot be looked into makes the verdict Unproven,
and so do cases that catch fewer than half of the planted faults.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any

from codeopt.edit import Trust
from codeopt.equivalence.cases import CHEAP, build, run
from codeopt.equivalence.compare import compare
from codeopt.equivalence.describe import shorten
from codeopt.equivalence.faults import Fault
from codeopt.equivalence.integrity import load_world
from codeopt.equivalence.judge import explain, judge
from codeopt.equivalence.observe import Outcome
from codeopt.equivalence.reference import Reference, draw_cases, make_reference
from codeopt.equivalence.shrink import simplest
from codeopt.equivalence.verdict import Crashed, Differs, Same, Unproven, Verdict
from codeopt.errors import WorkloadError
from codeopt.sandbox.world import Overlay, World
from codeopt.target import Target

__all__ = ["Reference", "count_caught", "make_reference", "prove", "self_check", "shrink"]

MOST_CAVEATS = 5
FAULT_SECONDS = 2.0
"""Seconds that one case of a planted fault may take before it counts as caught, by hanging."""


class _Stop(BaseException):
    """Ends a run over a strategy's calls early; no error, so that Hypothesis does not shrink."""


def outcomes_of(world: World, reference: Reference) -> Iterator[tuple[int, Outcome]]:
    """The outcome of every case of the reference in this world, in the reference's order."""
    if not reference.strategy:
        for i, case in enumerate(reference.cases):
            yield i, run(world, case, build(world, case), reference.known)
        return
    found: list[Outcome] = []
    draw_cases(
        world,
        reference.cases,
        reference.drawn,
        reference.seed,
        lambda case, call: found.append(run(world, case, call, reference.known)),
    )
    yield from enumerate(found)


def self_check(target: Target, reference: Reference) -> tuple[str, ...]:
    """The paths in which the original differs from itself, to be compared no more.

    Raises WorkloadError if the original cannot be loaded again.
    """
    unstable: dict[str, None] = {}
    for i, outcome in outcomes_of(load_world(target, {}), reference):
        found = compare(reference.outcomes[i], outcome, None, tuple(unstable))
        count = -1
        while found.differences and len(unstable) > count:
            count = len(unstable)
            unstable.update((stable_part(d.path), None) for d in found.differences)
            found = compare(reference.outcomes[i], outcome, None, tuple(unstable))
    return tuple(unstable)


def stable_part(path: str) -> str:
    """A path without the index of an element, so that all elements of the array are left out."""
    if path == "outcome":
        return "result"
    return path.removesuffix(" (order)").partition(" (sum of")[0].partition(" (element")[0]


def prove(
    target: Target, overlay: Overlay, reference: Reference, unstable: tuple[str, ...], limit: Trust
) -> tuple[Verdict, float]:
    """Hold the candidate against the original, up to the first difference worse than `limit`.

    Also returns the seconds spent in the target's body.
    """
    hidden = [p for o in reference.outcomes for p in o.opaque if not _covered(p, unstable)]
    if hidden:
        return Unproven(f"{hidden[0]} is of a type that cannot be looked into"), 0.0
    try:
        world = load_world(target, overlay)
    except WorkloadError as error:
        return Crashed(str(error)), 0.0
    return _hold(world, reference, unstable, limit, outcomes_of(world, reference))


def _covered(path: str, unstable: Iterable[str]) -> bool:
    return any(path.startswith(prefix) for prefix in unstable)


def _hold(
    world: World,
    reference: Reference,
    unstable: tuple[str, ...],
    limit: Trust,
    outcomes: Iterable[tuple[int, Outcome]],
) -> tuple[Verdict, float]:
    level, error, seconds, count = Trust.EXACT, 0.0, 0.0, 0
    caveats: dict[str, None] = {}
    for i, outcome in outcomes:
        count += 1
        seconds += outcome.seconds
        case, original = reference.cases[i], reference.outcomes[i]
        found = compare(original, outcome, reference.high[i], unstable)
        if outcome.opaque and not all(_covered(p, unstable) for p in outcome.opaque):
            return Unproven(f"{outcome.opaque[0]} is of a type that cannot be looked into"), seconds
        allowed, worst = judge(case, original, found, limit)
        if allowed is None:
            return Differs(explain(world, case, found.differences), str(case), i), seconds
        if worst is not None and len(caveats) < MOST_CAVEATS:
            caveats[shorten(f"{case}: {worst.path}: {worst.expected} becomes {worst.got}")] = None
        level = max(level, allowed, key=lambda t: t.rank)
        # Awkward cases bring errors of their own (float16, huge values): no figure for a report.
        error = max(error, 0.0 if case.perturbations else found.max_error)
    if count < len(reference.cases):
        return Unproven("the declared strategy gave fewer calls than to the original"), seconds
    return Same(level, count, not unstable, unstable, 0, 0, error, tuple(caveats)), seconds


def shrink(
    target: Target,
    overlay: Overlay,
    reference: Reference,
    differs: Differs,
    unstable: tuple[str, ...],
    limit: Trust,
) -> Differs:
    """The simplest case near the given one on which the candidate still differs.

    Gives `differs` back where none does in a fresh pair of worlds, as when a difference needs
    the calls before it.
    """

    def versions() -> tuple[World, World]:
        return load_world(target, {}), load_world(target, overlay)

    return simplest(versions, reference, differs, unstable, limit)


def count_caught(
    target: Target,
    faults: Sequence[Fault],
    reference: Reference,
    unstable: tuple[str, ...],
    limit: Trust = Trust.CLOSE,
    *,
    file: str = "",
    beside: Overlay | None = None,
) -> tuple[int, int, list[str]]:
    """How many of the wrong variants the cases tell from the original: planted, caught, and
    the missed ones in words. A variant that cannot be imported or hangs is caught.

    The faults are in `file`, by default the target's own; `beside` are the other texts of a
    candidate. `limit` is the level that the candidate without faults keeps.
    """
    small = [i for i, outcome in enumerate(reference.outcomes) if outcome.seconds <= CHEAP]
    missed: list[str] = []
    for fault in faults:
        overlay = {**(beside or {}), file or str(target.path): fault.overlay_text}
        if not _is_caught(target, overlay, reference, unstable, small, limit):
            missed.append(f"line {fault.line}: {fault.description}")
    return len(faults), len(faults) - len(missed), missed


def _is_caught(
    target: Target,
    overlay: Overlay,
    reference: Reference,
    unstable: tuple[str, ...],
    small: list[int],
    limit: Trust,
) -> bool:
    try:
        world = load_world(target, overlay)
    except WorkloadError:
        return True
    if reference.strategy:
        verdict, _ = _hold(world, reference, unstable, limit, outcomes_of(world, reference))
        return isinstance(verdict, Differs)
    for i in small:
        case = reference.cases[i]
        call = build(world, case)
        outcome = _in_time(lambda: run(world, case, call, reference.known))  # noqa: B023
        if outcome is None:
            return True
        found = compare(reference.outcomes[i], outcome, reference.high[i], unstable)
        if judge(case, reference.outcomes[i], found, limit)[0] is None:
            return True
    return False


def _in_time(run: Callable[[], Outcome]) -> Outcome | None:
    """The outcome, or None where the run had to be stopped."""

    def stop(number: int, frame: FrameType | None) -> Any:
        raise _Stop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, FAULT_SECONDS)
    try:
        return run()
    except _Stop:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)

"""What a comparison means for the candidate, and how it is told to a person."""

from __future__ import annotations

from collections.abc import Iterable

from codeopt.edit import Trust
from codeopt.equivalence.cases import Case, build
from codeopt.equivalence.compare import MOST_DIFFERENCES, Comparison, Difference
from codeopt.equivalence.describe import describe_call
from codeopt.equivalence.observe import Outcome
from codeopt.sandbox.world import World
from codeopt.workload.call import Call


def judge(
    case: Case, reference: Outcome, found: Comparison, limit: Trust
) -> tuple[Trust | None, Difference | None]:
    """The level a case allows, and the difference to report: as a refusal (None) or a caveat."""
    if found.level is not None and found.level.within(limit):
        return found.level, None
    worst = found.differences[0]
    beyond = [d for d in found.differences if d.level is None or not d.level.within(limit)]
    all_seen = len(found.differences) < MOST_DIFFERENCES
    excused = case.perturbations and (
        case.outside
        or reference.raised
        or (case.shares and _writes_to_arguments(reference))
        or (all_seen and all(d.shaky or _is_gradient_of(d, case) for d in beyond))
    )
    binding = not excused
    if binding or limit is Trust.EXACT:
        return None, worst
    return Trust.CLOSE, worst


def _is_gradient_of(difference: Difference, case: Case) -> bool:
    """Whether it is the `.grad` of an argument that no caller asked a gradient for."""
    asked = [p.path for p in case.perturbations if p.kind == "requires_grad"]
    return any(difference.path.startswith(f"{path}.grad") for path in asked)


def _writes_to_arguments(reference: Outcome) -> bool:
    """Whether the original changes an argument, so that overlapping ones depend on its steps."""
    names = [n for n, _ in reference.tree.children if n.startswith(("args[", "kwargs[", "init["))]
    return not reference.untouched.issuperset(names)


def explain(world: World, case: Case, differences: Iterable[Difference], call: Call | None = None) -> str:
    """The case, the call, and what came out otherwise, in a few lines."""
    if call is None and case.drawn < 0:
        call = build(world, case)
    lines = [str(case)]
    if call is not None:
        lines.append(describe_call(world.target.qualname, call))
    lines += [str(d) for d in list(differences)[:3]]
    return "\n".join(lines)

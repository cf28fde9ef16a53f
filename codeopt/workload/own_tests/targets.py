"""Targets whose calls are those that the project's own tests and benchmarks make."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from codeopt.sandbox import Sandbox
from codeopt.target import Target, module_of
from codeopt.workload.declared import libraries
from codeopt.workload.own_tests.discover import OwnTest
from codeopt.workload.own_tests.find import OwnTests, find_tests
from codeopt.workload.own_tests.gather import Runner, gather_calls
from codeopt.workload.preload import whole
from codeopt.workload.scaling import ENOUGH
from codeopt.workload.trace.collect import gather, traces_folder
from codeopt.workload.trace.file_format import unpack
from codeopt.workload.trace.plan import Plan, Planned, make_plan
from codeopt.workload.trace.serve import served, target_of
from codeopt.workload.wanted import Unserved, Wanted

ORIGIN = "tests"
_CALLS = 4
_TURNS = 2
_SECONDS = 10.0
_FOLDER = "own_tests"
_NOT_PLAIN = re.compile(r"[^\w.:\[\]-]")
_PRELOAD = (
    "numpy",
    "memray",
    "pytest",
    "_pytest.assertion.rewrite",
    "codeopt.workload.own_tests.record",
    "codeopt.workload.trace.grow",
    "codeopt.workload.trace.probe",
)
SandboxFor = Callable[[tuple[str, ...]], Sandbox]
"""The sandbox whose zygote holds these modules."""


def own_test_targets(
    wanted: Sequence[Wanted],
    sandbox_for: SandboxFor,
    root: Path,
    is_late: Callable[[], bool] = lambda: False,
    own: OwnTests | None = None,
) -> Iterator[Target | Unserved]:
    """A target for each wanted function that a test or benchmark of the project calls, or why there is none.

    All of it is done before the first is given: what is done with that may need another sandbox.
    The tests run in the sandbox until `is_late`. `own` are the tests below `root`, if they are known.
    """
    if not wanted:
        return
    own = own or find_tests(root, [one.path for one in wanted])
    if not own.tests:
        yield from (Unserved(one, "the project has no tests") for one in wanted)
        return
    led = [one for one in wanted if own.nearest(one, 1)]
    plan = make_plan(led)
    yield from (Unserved(one, "no test leads to it") for one in wanted if one not in set(led))
    yield from (Unserved(one, f"its calls cannot be recorded: {reason}") for one, reason in plan.left_out)
    if plan.functions:
        sandbox = sandbox_for(test_modules(function.wanted.path for function in plan.functions))
        yield from list(_called(plan, own, sandbox, root, is_late))


def _called(
    plan: Plan, own: OwnTests, sandbox: Sandbox, root: Path, is_late: Callable[[], bool]
) -> Iterator[Target | Unserved]:
    """Run the tests, keep the calls they made, and see which run again; where none does, other tests."""
    traces_folder(root, _FOLDER)
    roots = dict.fromkeys(str(module_of(function.wanted.path)[0]) for function in plan.functions)
    runner = Runner(sandbox, tuple(roots), min(_SECONDS, sandbox.limits.seconds), _CALLS, is_late)
    before: dict[Wanted, list[OwnTest]] = {}
    first: dict[Wanted, Unserved] = {}
    for _ in range(_TURNS):
        again: list[Planned] = []
        for turned in _turn(plan, own, runner, root, before):
            one, answer = turned.function.wanted, turned.answer
            if isinstance(answer, Target):
                first.pop(one, None)
                yield answer
                continue
            # What the nearest tests said is what the user can do something about.
            first.setdefault(one, answer)
            before.setdefault(one, []).extend(turned.tried)
            if turned.was_called and len(own.nearest(one, len(before[one]) + 1)) > len(before[one]):
                again.append(turned.function)
        plan = Plan(tuple(again), ())
        if not again or is_late():
            break
    yield from first.values()


@dataclass(frozen=True, slots=True)
class _Turned:
    """What came of running some tests for a function: `was_called` by one of them, whatever came of that."""

    function: Planned
    answer: Target | Unserved
    tried: tuple[OwnTest, ...]
    was_called: bool


def _turn(
    plan: Plan, own: OwnTests, runner: Runner, root: Path, before: Mapping[Wanted, Sequence[OwnTest]]
) -> Iterator[_Turned]:
    """Run tests for each of the planned functions, and make targets of those that were called."""
    with tempfile.TemporaryDirectory(prefix="codeopt-calls-") as folder:
        found = gather_calls(plan, own, runner, Path(folder), before)
        made_by = found.made_by()
        kept = {r.planned.wanted: r for r in gather(plan, Path(folder), root, _CALLS, _FOLDER)}

    def turned(numbered: tuple[int, Planned]) -> _Turned:
        number, function = numbered
        one = function.wanted
        recorded, test = kept.get(one), made_by.get(number)
        if recorded is not None and recorded.file is not None and test is not None:
            answer = _served(one, recorded.file, test, root, runner.sandbox)
        elif recorded is not None and recorded.refused:
            answer = Unserved(one, f"its calls cannot be recorded: {recorded.refused[0]}")
        else:
            answer = Unserved(one, found.said_of(one))
        return _Turned(function, answer, tuple(found.tried.get(one, ())), test is not None)

    with ThreadPoolExecutor(runner.sandbox.jobs) as pool:
        yield from pool.map(turned, enumerate(plan.functions))


def _served(wanted: Wanted, trace: Path, test: str, root: Path, sandbox: Sandbox) -> Target | Unserved:
    """The target whose workload file replays the calls of a test."""
    module = unpack(trace.read_bytes(), str(trace))[0]["module"]
    target = target_of(wanted, module, root, ORIGIN, trace)
    made = f"as {_NOT_PLAIN.sub('_', test)} makes them"
    answer = served(target, trace, made, wanted.lines, ENOUGH, sandbox)
    if isinstance(answer, str):
        return Unserved(wanted, f"the calls that {test} makes cannot be used: {answer}")
    return answer


def test_modules(paths: Iterable[Path]) -> tuple[str, ...]:
    """What the zygote of tests holds: pytest, and the libraries of the files that they are to call."""
    found: dict[str, None] = dict.fromkeys(_PRELOAD)
    for path in dict.fromkeys(paths):
        found |= dict.fromkeys(libraries(whole(path)))
    return tuple(found)

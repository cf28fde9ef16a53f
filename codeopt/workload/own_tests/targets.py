"""Targets whose calls are those that the project's own tests and benchmarks make."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from codeopt.sandbox import Completed, Sandbox
from codeopt.source import write_atomic
from codeopt.target import Target, module_of
from codeopt.workload.declared import libraries
from codeopt.workload.own_tests.find import OwnTests, find_tests
from codeopt.workload.own_tests.gather import Runner, gather_calls
from codeopt.workload.own_tests.grow import Grown, grow
from codeopt.workload.own_tests.run_apart import told
from codeopt.workload.trace.collect import Recorded, gather, traces_folder
from codeopt.workload.trace.file_format import unpack
from codeopt.workload.trace.names import home_of
from codeopt.workload.trace.plan import Plan, make_plan
from codeopt.workload.wanted import Unserved, Wanted

ORIGIN = "tests"
_CALLS = 4
_SECONDS = 10.0
_FOLDER = "own_tests"
_PRELOAD = (
    "numpy",
    "memray",
    "pytest",
    "_pytest.assertion.rewrite",
    "codeopt.workload.own_tests.record",
    "codeopt.workload.own_tests.grow",
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

    The tests run in the sandbox until `is_late`. `own` are the tests below `root`, if they are known.
    """
    own = own or find_tests(root, [one.path for one in wanted])
    if not own.tests:
        yield from (Unserved(one, "the project has no tests") for one in wanted)
        return
    led = [one for one in wanted if own.nearest(one, 1)]
    plan = make_plan(led)
    yield from (Unserved(one, "no test leads to it") for one in wanted if one not in set(led))
    yield from (Unserved(one, f"its calls cannot be recorded: {reason}") for one, reason in plan.left_out)
    if plan.functions:
        yield from _called(plan, own, sandbox_for(_modules(plan)), root, is_late)


def _called(
    plan: Plan, own: OwnTests, sandbox: Sandbox, root: Path, is_late: Callable[[], bool]
) -> Iterator[Target | Unserved]:
    """Run the tests, keep the calls they made, and see which run again."""
    traces_folder(root, _FOLDER)
    planned = [function.wanted for function in plan.functions]
    roots = dict.fromkeys(str(module_of(one.path)[0]) for one in planned)
    runner = Runner(sandbox, tuple(roots), min(_SECONDS, sandbox.limits.seconds), _CALLS, is_late)
    with tempfile.TemporaryDirectory(prefix="codeopt-calls-") as folder:
        found = gather_calls(plan, own, runner, Path(folder))
        made_by = found.made_by()
        kept = {r.planned.wanted: r for r in gather(plan, Path(folder), root, _CALLS, _FOLDER)}
    tests = {plan.functions[number].wanted: test for number, test in made_by.items()}
    with ThreadPoolExecutor(sandbox.jobs) as pool:
        called = [one for one in planned if one in tests]
        yield from pool.map(lambda one: _served(one, kept[one], tests[one], root, sandbox), called)
    for one in planned:
        if one not in tests:
            refused = kept[one].refused if one in kept else ()
            yield Unserved(
                one, f"its calls cannot be recorded: {refused[0]}" if refused else found.said_of(one)
            )


def _served(wanted: Wanted, recorded: Recorded, test: str, root: Path, sandbox: Sandbox) -> Target | Unserved:
    """The target whose workload file replays the calls of a test."""
    assert recorded.file is not None
    data = unpack(recorded.file.read_bytes(), str(recorded.file))[0]
    folder, module = home_of(wanted.path, data["module"])
    file = root / ".codeopt" / "workloads" / f"tests_{recorded.file.stem}.py"
    target = Target(wanted.path, wanted.qualname, module, folder, file, 0, 1, origin=ORIGIN)
    sizes = [int(call["size"]) for call in data["calls"]]
    end = sandbox.call(grow, target, str(recorded.file), test, sizes)
    if not isinstance(end, Completed) or not isinstance(end.value, Grown):
        return Unserved(wanted, f"the calls that {test} makes cannot be replayed: {told(end)}")
    text = end.value.text
    if not text:
        return Unserved(wanted, f"no call that {test} makes runs again: {end.value.failures[0]}")
    file.parent.mkdir(exist_ok=True)
    write_atomic(file, text.encode())
    return replace(target, workload_line=text[: text.index("@workload")].count("\n") + 1)


def _modules(plan: Plan) -> tuple[str, ...]:
    """What the zygote holds: pytest, and the libraries of all the files that are to be called."""
    found: dict[str, None] = dict.fromkeys(_PRELOAD)
    for path in dict.fromkeys(function.wanted.path for function in plan.functions):
        folder, module = module_of(path)
        found |= dict.fromkeys(libraries(Target(path, "", module, folder, path, 0, 1)))
    return tuple(found)

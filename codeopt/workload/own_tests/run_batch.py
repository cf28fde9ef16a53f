"""Running tests and benchmarks of the project inside a sandbox child.

pytest runs in this process, without the plug-ins that spread, repeat, shuffle or time tests.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import itertools
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from codeopt.sandbox.world import imported_from, put_overlay
from codeopt.target import module_of
from codeopt.workload.alarm import TimeUp, alarm
from codeopt.workload.own_tests.batch import FAILED, PASSED, SKIPPED, TOO_LONG, Batch, BatchEnd, TestEnd
from codeopt.workload.own_tests.discover import ASV, OwnTest

_SWITCHED_OFF = (
    "cacheprovider", "xdist", "xdist.looponfail", "cov", "pytest_cov", "timeout", "randomly",
    "random_order", "rerunfailures", "sugar", "html", "memray", "codspeed", "forked", "pytest_parallel",
)  # fmt: skip
_LEAST = 0.1
"""Seconds that a set of parameters has when others of its test took all of its time."""

_LONGEST = 300
Around = Callable[[OwnTest, str], contextlib.AbstractContextManager[None]]
"""Entered around each test with its set of parameters: where calls are recorded."""


def run_batch(batch: Batch, around: Around | None = None) -> BatchEnd:
    """Run the tests of a batch; those of pytest in one session, benchmarks of asv one by one."""
    prepare_imports(batch)
    around = around or (lambda test, case: contextlib.nullcontext())
    benchmarks = [test for test in batch.tests if test.kind == ASV]
    tests = [test for test in batch.tests if test.kind != ASV]
    ends: list[TestEnd] = []
    problem = ""
    for benchmark in benchmarks:
        ends += _run_benchmark(benchmark, batch, around)
    if tests:
        found = _run_pytest(tests, batch, around)
        ends += found.ends
        problem = found.problem
    return BatchEnd(tuple(ends), problem, imported_from(batch.overlay))


def prepare_imports(batch: Batch) -> None:
    """Let the project be imported as its tests expect it, with the overlay in place of its files."""
    put_overlay(batch.overlay)
    rootdir = batch.settings.rootdir
    first = [*batch.roots, *(str(rootdir / name) for name in batch.settings.pythonpath)]
    sys.path[:0] = [folder for folder in dict.fromkeys(first) if folder not in sys.path]
    # As under `python -m pytest`, but after what is installed: a root holds folders of any name.
    if str(rootdir) not in sys.path:
        sys.path.append(str(rootdir))
    os.environ["PYTHONPATH"] = os.pathsep.join([*first, os.environ.get("PYTHONPATH", "")])


def _run_pytest(tests: list[OwnTest], batch: Batch, around: Around) -> BatchEnd:
    try:
        import pytest
    except ImportError:
        return BatchEnd((), "pytest is not installed")
    plugin = _plugin(tests, batch, around)
    timing = importlib.util.find_spec("pytest_benchmark") is not None
    said = io.StringIO()
    off = [word for name in _SWITCHED_OFF for word in ("-p", f"no:{name}")]
    arguments = [
        *(test.node_id for test in tests), "-q", *off, "-o", "addopts=", "-o", "required_plugins=",
        "--continue-on-collection-errors", f"--rootdir={batch.settings.rootdir}",
        f"--basetemp={tempfile.gettempdir()}/pytest", *batch.settings.options,
        *(["--benchmark-disable"] if timing else []),
    ]  # fmt: skip
    # Tests name their data from the root; they can read there, and write nowhere but in their own folder.
    with (
        _working_in(batch.settings.rootdir),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        code = pytest.main(arguments, plugins=[plugin] if timing else [plugin, _benchmarks()])
    problem = plugin.problem
    if not plugin.ends and not problem and code != 0:
        problem = _last_words(said.getvalue()) or f"pytest ended with {code}"
    return BatchEnd(tuple(plugin.ends), problem)


def _plugin(tests: list[OwnTest], batch: Batch, around: Around) -> Any:
    import pytest

    known = {(test.path, test.qualname): test for test in tests}

    class Plugin:
        """Chooses among parametrized tests, bounds each in time, and keeps how it ended."""

        def __init__(self) -> None:
            self.ends: list[TestEnd] = []
            self.problem = ""
            self.late = False
            self.spent: dict[tuple[Path, str], float] = {}

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            chosen: dict[tuple[Path, str], list[Any]] = {}
            for item in items:
                chosen.setdefault(_place(item), []).append(item)
            items[:] = [i for same in chosen.values() for i in spread(same, batch.cases)]

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed and not self.problem:
                self.problem = _last_words(str(report.longrepr))

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
            path, qualname = _place(item)
            test = known.get((path, qualname), OwnTest(path, qualname))
            self.late = False
            with around(test, _case(item)):
                yield

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_setup(self, item: Any) -> Iterator[Any]:
            yield from self.bounded(item)

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_call(self, item: Any) -> Iterator[Any]:
            yield from self.bounded(item)

        def bounded(self, item: Any) -> Iterator[Any]:
            """Stop what takes longer than is left to a test, all its sets of parameters together."""
            place, begin = _place(item), time.perf_counter()
            with alarm(max(_LEAST, batch.seconds - self.spent.get(place, 0.0))):
                outcome: Any = yield
            self.spent[place] = self.spent.get(place, 0.0) + time.perf_counter() - begin
            if outcome.excinfo is not None and issubclass(outcome.excinfo[0], TimeUp):
                self.late = True
                outcome.force_exception(AssertionError("took too long"))

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[Any]:
            outcome: Any = yield
            report = outcome.get_result()
            if report.when == "call" or report.outcome != "passed":
                path, qualname = _place(item)
                kind = TOO_LONG if self.late else _OUTCOMES.get(report.outcome, FAILED)
                message = "" if kind == PASSED else _last_words(str(report.longrepr or ""))
                seconds = float(report.duration)
                self.ends.append(TestEnd(path, qualname, _case(item), kind, message, seconds))

    return Plugin()


def _benchmarks() -> Any:
    """A plug-in in place of pytest-benchmark, where that is not installed."""
    import pytest

    class Benchmarks:
        @pytest.fixture
        def benchmark(self) -> Any:
            """Calls each function once, as the real one does when it is told not to time."""
            return _Once()

    return Benchmarks()


_OUTCOMES = {"passed": PASSED, "failed": FAILED, "skipped": SKIPPED}


class _Once:
    """Calls what is to be timed once."""

    def __init__(self) -> None:
        self.extra_info: dict[str, Any] = {}
        self.group = self.name = ""
        self.stats = None
        self.enabled = False

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def pedantic(
        self, target: Callable[..., Any], args: Any = (), kwargs: Any = None, setup: Any = None, **rounds: Any
    ) -> Any:
        """The function with the arguments given, or with those that `setup` returns."""
        made = setup() if setup is not None else None
        args, kwargs = made if made is not None else (args, kwargs or {})
        return target(*args, **kwargs)


def _place(item: Any) -> tuple[Path, str]:
    """The file and qualified name of a pytest item, whatever its parameters."""
    names = [part.partition("[")[0] for part in item.nodeid.split("::")[1:]]
    return Path(item.path).resolve(), ".".join(names)


def _case(item: Any) -> str:
    _, bracket, rest = item.name.partition("[")
    return f"{bracket}{rest}"


def spread(items: list[Any], most: int) -> list[Any]:
    """At most so many of some items, the first, the last and some between."""
    if len(items) <= most:
        return items
    if most <= 1:
        return items[-1:]
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _run_benchmark(test: OwnTest, batch: Batch, around: Around) -> Iterator[TestEnd]:
    """Prepare and call an asv benchmark for some of its parameters, as asv would, but once."""
    root, module = module_of(test.path)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        with alarm(batch.seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = importlib.import_module(module)
            cases = _asv_cases(found, test.qualname)
    except (Exception, TimeUp, SystemExit) as error:  # noqa: BLE001  the project's code may raise anything
        yield TestEnd(test.path, test.qualname, "", FAILED, _said(error), 0.0)
        return
    end = time.perf_counter() + batch.seconds
    for case in spread(cases, batch.cases):
        name = f"[{'-'.join(map(str, case))}]" if case else ""
        begin = time.perf_counter()
        try:
            with around(test, name), alarm(max(_LEAST, end - begin)), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _perform(found, test.qualname, case)
            outcome, message = PASSED, ""
        except TimeUp:
            outcome, message = TOO_LONG, "took too long"
        except NotImplementedError as error:
            # asv's way to leave a set of parameters out.
            outcome, message = SKIPPED, _said(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001  the project's code may raise anything
            outcome, message = FAILED, _said(error)
        yield TestEnd(test.path, test.qualname, name, outcome, message, time.perf_counter() - begin)


def _owner(module: Any, qualname: str) -> tuple[Any, Callable[..., Any]]:
    """What holds the attributes of a benchmark, and the function: both of a new object for a method."""
    head, _, method = qualname.partition(".")
    found = getattr(module, head)
    if not method:
        return found, found
    made = found()
    return made, getattr(made, method)


def _asv_cases(module: Any, qualname: str) -> list[tuple[Any, ...]]:
    owner, function = _owner(module, qualname)
    params = getattr(function, "params", None) or getattr(owner, "params", None)
    if not params:
        return [()]
    if not isinstance(params[0], (list, tuple)):
        params = [params]
    return list(itertools.product(*params))


def _perform(module: Any, qualname: str, case: tuple[Any, ...]) -> None:
    owner, function = _owner(module, qualname)
    cached = getattr(owner, "setup_cache", None)
    arguments = (cached(),) if callable(cached) else ()
    arguments = (*(a for a in arguments if a is not None), *case)
    prepares = [getattr(module, "setup", None), getattr(owner, "setup", None)]
    for prepare in prepares:
        if callable(prepare) and _accepts(prepare, len(arguments)):
            prepare(*arguments)
        elif callable(prepare):
            prepare()
    function(*arguments)
    after = getattr(owner, "teardown", None)
    if callable(after):
        after(*arguments)


def _accepts(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST]


def _last_words(text: str) -> str:
    """The line of a report that says what went wrong: the first of those that pytest marks last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line.startswith("E ") for line in lines]
    last = max((i for i, is_marked in enumerate(marked) if is_marked), default=len(lines) - 1)
    while last > 0 and marked[last] and marked[last - 1]:
        last -= 1
    return lines[last].removeprefix("E ").strip()[:_LONGEST] if lines else ""

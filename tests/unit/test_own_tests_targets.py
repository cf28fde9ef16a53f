"""Workloads from the calls that a project's own tests make, in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.sandbox import Completed, Limits, Sandbox
from codeopt.target import Target
from codeopt.workload.own_tests.targets import own_test_targets
from codeopt.workload.wanted import Unserved, Wanted

SOURCE = """
    import numpy as np


    class Scaler:
        def __init__(self, axis):
            self.axis = axis

        def fit(self, x):
            self.mean = x.mean(axis=self.axis)
            return self

        def transform(self, x):
            return (x - self.mean) * 2.0


    def weighted(x, weights, power=2):
        if len(x) != len(weights):
            raise ValueError("lengths differ")
        return (x**power * weights[:, None]).sum(axis=0)


    def stamped(x, handle):
        return x + handle.fileno()


    def unused(x):
        return x


    def skipped(x):
        return x * 2


    def endless(x):
        return x * 3
"""
TESTS = """
    import time

    import numpy as np
    import pytest

    from lib import Scaler, endless, skipped, stamped, weighted


    @pytest.fixture
    def table():
        return np.random.default_rng(0).standard_normal((7, 3))


    def test_scaler(table):
        out = Scaler(0).fit(table).transform(table)
        assert abs(out.mean()) < 1e-12


    def test_lengths_differ(table):
        with pytest.raises(ValueError):
            weighted(table, np.ones(6))


    def test_weighted(table):
        assert weighted(table, np.ones(7)).shape == (3,)
        assert weighted(table, np.ones(7), power=1).shape == (3,)


    def test_stamped(table, tmp_path):
        with open(tmp_path / "x", "w") as handle:
            stamped(table, handle)


    def test_skipped(table):
        pytest.skip("not on this machine")
        skipped(table)


    def test_endless(table):
        time.sleep(60)
        endless(table)
"""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, dict[str, Target | Unserved], Sandbox]]:
    root = tmp_path_factory.mktemp("project")
    (root / "lib.py").write_text(dedent(SOURCE))
    (root / "test_lib.py").write_text(dedent(TESTS))
    names = ["Scaler.fit", "Scaler.transform", "weighted", "stamped", "unused", "skipped", "endless"]
    wanted = [Wanted(root / "lib.py", name, frozenset(range(1, 40))) for name in names]
    found: dict[str, Target | Unserved] = {}
    with Sandbox(("numpy", "memray", "pytest"), limits=Limits(2.0)) as sandbox:
        for answer in own_test_targets(wanted, lambda modules: sandbox, root):
            name = answer.wanted.qualname if isinstance(answer, Unserved) else answer.qualname
            found[name] = answer
        sandbox.limits = Limits(60)
        yield root, found, sandbox


Served = tuple[Path, dict[str, Target | Unserved], Sandbox]


def test_calls_of_tests_are_workloads(served: Served) -> None:
    root, found, _ = served
    targets = {name for name, answer in found.items() if isinstance(answer, Target)}
    assert targets == {"Scaler.fit", "Scaler.transform", "weighted"}
    for name in targets:
        target = found[name]
        assert isinstance(target, Target)
        assert target.origin == "tests"
        assert target.workload_file.parent == root / ".codeopt" / "workloads"
        lines = target.workload_file.read_text().splitlines()
        assert lines[target.workload_line - 1].startswith("@workload(")
    weighted = found["weighted"]
    assert isinstance(weighted, Target)
    assert "test_lib.py::test_weighted" in weighted.workload_file.read_text()


def test_what_has_none_says_why(served: Served) -> None:
    reasons = {name: answer.reason for name, answer in served[1].items() if isinstance(answer, Unserved)}
    assert reasons["unused"] == "no test leads to it"
    assert reasons["skipped"].startswith("the test test_lib.py::test_skipped is skipped: ")
    assert "test_lib.py::test_endless takes too long" in reasons["endless"]
    assert reasons["stamped"].startswith("its calls cannot be recorded: ")


def test_small_inputs_are_made_larger_until_the_peak_stands_out(served: Served) -> None:
    _, found, sandbox = served
    target = found["weighted"]
    assert isinstance(target, Target)
    end = sandbox.call(measure_peak, target, {}, 1.0, 0, frozenset({str(target.path)}))
    assert isinstance(end, Completed)
    assert isinstance(end.value, PeakSample)
    assert end.value.peak_bytes >= 32 << 20


def test_a_project_without_tests_says_so(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("def f(x): return x\n")
    wanted = [Wanted(tmp_path / "lib.py", "f", frozenset({1}))]

    def none(modules: tuple[str, ...]) -> Sandbox:
        raise AssertionError("nothing to run")

    assert list(own_test_targets(wanted, none, tmp_path)) == [Unserved(wanted[0], "the project has no tests")]

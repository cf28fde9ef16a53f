"""`codeopt suggest` on code that declares no workload: guesses, the project's tests, or neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Run

CODE = '''\
import numpy as np


def spread(x, scale=2.0):
    """Spread of rows.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
    """
    centred = x - x.mean(axis=0)
    y = np.exp(centred / scale) * centred + 1.0
    return (y ** 2).sum(axis=1)
'''
PASSES = """\
import numpy as np

from m import spread


def test_spread():
    assert spread(np.ones((5, 3))).shape == (5,)
"""
READS_THE_SOURCE = """\
import inspect

import numpy as np

import m


def test_text():
    m.spread(np.ones((5, 3)))
    assert "centred = x - x.mean(axis=0)" in inspect.getsource(m.spread)
"""


def suggest(codeopt: Run, *flags: str) -> dict[str, Any]:
    done = codeopt("suggest", "m.py", "--format", "json", "--budget", "12", *flags, timeout=400)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_function_that_nobody_declares_is_guessed_and_proven(project: Path, codeopt: Run) -> None:
    (project / "m.py").write_text(CODE)
    found = suggest(codeopt)
    (suggestion,) = found["suggestions"]
    assert suggestion["workload"]["origin"] == "guessed"
    assert suggestion["optimized"]["peak_bytes"] < 0.5 * suggestion["baseline"]["peak_bytes"]
    coverage = suggestion["workload"]["coverage"]
    assert coverage["statements_run"] == coverage["statements"] > 0
    assert suggestion["equivalence"]["faults_caught"] > 0
    written = list((project / ".codeopt" / "workloads").glob("*.py"))
    assert any("@workload('m.py::spread')" in file.read_text() for file in written)


def test_without_origins_nothing_is_run(project: Path, codeopt: Run) -> None:
    (project / "m.py").write_text(CODE)
    found = suggest(codeopt, "--origins", "none")
    assert found["suggestions"] == []
    assert {site["reason"] for site in found["unproven"]} == {"no workload runs this line"}


def test_an_origin_that_there_is_not(project: Path, codeopt: Run) -> None:
    (project / "m.py").write_text(CODE)
    done = codeopt("suggest", "m.py", "--origins", "dreamt")
    assert done.returncode == 2
    assert "'dreamt' is none of traced, tests, guessed" in done.stderr


@pytest.mark.parametrize(("test", "passes"), [(PASSES, True), (READS_THE_SOURCE, False)])
def test_a_winner_is_held_against_the_tests_that_call_it(
    project: Path, codeopt: Run, test: str, passes: bool
) -> None:
    (project / "m.py").write_text(CODE)
    (project / "tests").mkdir()
    (project / "tests" / "test_m.py").write_text(test)
    found = suggest(codeopt)
    if passes:
        (suggestion,) = found["suggestions"]
        assert suggestion["workload"]["origin"] == "tests"
        assert [name.rpartition("::")[2] for name in suggestion["tests"]] == ["test_spread"]
    else:
        assert found["suggestions"] == []
        (refused,) = [r for r in found["rejected"] if r["verdict"] == "fails a test"]
        assert "test_text" in refused["counterexample"]

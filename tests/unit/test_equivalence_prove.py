"""The jobs of a proof in one process: references, self checks, verdicts, faults, shrinking."""

from __future__ import annotations

import ast
import itertools
import pickle
from pathlib import Path

import pytest

from codeopt.edit import Trust
from codeopt.equivalence.faults import plant
from codeopt.equivalence.prove import count_caught, make_reference, prove, self_check, shrink
from codeopt.equivalence.verdict import Crashed, Differs, Same, Unproven
from codeopt.errors import WorkloadError
from codeopt.target import Target

_numbers = itertools.count()
ARRAY = "Call(args=(np.random.default_rng(seed).standard_normal((max(1, int(1000 * scale)), 4)),))"
DOUBLE = "import numpy as np\ndef run(x):\n    return x * 2\n"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def target_of(folder: Path, source: str, call: str = ARRAY, declaration: str = "") -> Target:
    module = f"proved_{next(_numbers)}"
    (folder / f"{module}.py").write_text(source)
    file = folder / f"{module}_workload.py"
    file.write_text(
        "import numpy as np\nfrom hypothesis import strategies as st\n"
        "from codeopt.workload.call import Call, workload\n"
        f'@workload("{module}.py::run"{declaration})\ndef build(scale, seed):\n    return {call}\n'
    )
    return Target(folder / f"{module}.py", "run", module, folder, file, 0, 4)


def test_the_reference_is_deterministic_and_crosses_processes(tmp_path: Path) -> None:
    target = target_of(tmp_path, DOUBLE)
    first, second = make_reference(target, 30, 3), make_reference(target, 30, 3)
    assert first.cases == second.cases
    assert [o.tree for o in first.outcomes] == [o.tree for o in second.outcomes]
    loaded = pickle.loads(pickle.dumps(first))
    assert [o.tree for o in loaded.outcomes] == [o.tree for o in first.outcomes]
    assert loaded.known == first.known
    assert first.cases[0].perturbations == ()
    assert first.cases[-1].scale == 1.0
    assert 30 <= len(first.cases) <= 31
    kinds = {p.kind for case in first.cases for p in case.perturbations}
    assert kinds >= {"int64", "fortran", "nan", "strided", "readonly", "empty", "inf", "reversed"}


def test_few_cases_raise(tmp_path: Path) -> None:
    target = target_of(
        tmp_path, "def run(x):\n    if x.dtype != 'f8':\n        raise TypeError('f8')\n    return x"
    )
    reference = make_reference(target, 40, 0)
    assert 1 <= sum(o.raised for o in reference.outcomes) <= 6


def test_a_target_that_raises_is_an_error_with_its_line(tmp_path: Path) -> None:
    target = target_of(tmp_path, "def run(x):\n    y = x\n    raise KeyError('lost')\n")
    with pytest.raises(WorkloadError, match=r"KeyError: 'lost'.*proved_\d+\.py:3"):
        make_reference(target, 10, 0)


def test_a_builder_that_raises_is_an_error(tmp_path: Path) -> None:
    target = target_of(tmp_path, DOUBLE, "no_such_name")
    with pytest.raises(WorkloadError, match="no_such_name"):
        make_reference(target, 10, 0)


def test_what_is_not_stable_is_left_out(tmp_path: Path) -> None:
    source = "import time\ndef run(x):\n    return {'at': time.perf_counter(), 'sum': x.sum()}\n"
    target = target_of(tmp_path, source)
    reference = make_reference(target, 12, 0)
    unstable = self_check(target, reference)
    assert unstable == ("result['at']",)
    overlay = {str(target.path): source.replace("x.sum()", "x.sum() + 0")}
    verdict, _ = prove(target, overlay, reference, unstable, Trust.CLOSE)
    assert isinstance(verdict, Same)
    assert not verdict.self_check
    assert verdict.unstable == unstable
    overlay = {str(target.path): source.replace("x.sum()", "x.sum() + 1")}
    assert isinstance(prove(target, overlay, reference, unstable, Trust.CLOSE)[0], Differs)


def test_a_stateful_target_meets_the_same_calls_in_every_world(tmp_path: Path) -> None:
    source = "calls = []\ndef run(x):\n    calls.append(x.shape)\n    return len(calls)\n"
    target = target_of(tmp_path, source)
    reference = make_reference(target, 12, 0)
    assert self_check(target, reference) == ()
    verdict, _ = prove(target, {str(target.path): source}, reference, (), Trust.EXACT)
    assert isinstance(verdict, Same)


def test_a_candidate_that_cannot_be_imported_has_crashed(tmp_path: Path) -> None:
    target = target_of(tmp_path, DOUBLE)
    reference = make_reference(target, 8, 0)
    for text in ("def run(x:\n", "import no_such_module_at_all\n", "x = 1\n"):
        verdict, seconds = prove(target, {str(target.path): text}, reference, (), Trust.CLOSE)
        assert isinstance(verdict, Crashed)
        assert seconds == 0.0


def test_what_cannot_be_looked_into_is_unproven(tmp_path: Path) -> None:
    source = "import socket\ndef run(x):\n    return socket.socket()\n"
    target = target_of(tmp_path, source)
    verdict, _ = prove(target, {str(target.path): source}, make_reference(target, 8, 0), (), Trust.CLOSE)
    assert isinstance(verdict, Unproven)
    assert "result" in verdict.reason


def test_outside_cases_bind_exact_only(tmp_path: Path) -> None:
    source = "def run(x):\n    return x.sum(0)\n"
    other = "def run(x):\n    return x.sum(0) if x.dtype != bool else x.any(0)\n"
    target = target_of(tmp_path, source)
    reference = make_reference(target, 40, 0)
    overlay = {str(target.path): other}
    assert isinstance(prove(target, overlay, reference, (), Trust.EXACT)[0], Differs)
    verdict, _ = prove(target, overlay, reference, (), Trust.CLOSE)
    assert isinstance(verdict, Same)
    assert verdict.level is Trust.CLOSE
    assert any("bool" in text for text in verdict.caveats)


def test_a_declared_strategy_is_drawn_from(tmp_path: Path) -> None:
    call = "st.lists(st.integers(0, 9), min_size=1).map(lambda v: Call(args=(v,)))"
    source = "def run(values):\n    return sorted(values)\n"
    target = target_of(tmp_path, source, declaration=f", strategy={call}")
    reference = make_reference(target, 30, 0)
    assert reference.strategy
    assert len(reference.cases) == 30
    assert self_check(target, reference) == ()
    good = {
        str(target.path): "def run(values):\n    found = list(values)\n    found.sort()\n    return found\n"
    }
    bad = {str(target.path): "def run(values):\n    return sorted(set(values))\n"}
    assert isinstance(prove(target, good, reference, (), Trust.EXACT)[0], Same)
    verdict, _ = prove(target, bad, reference, (), Trust.EXACT)
    assert isinstance(verdict, Differs)
    smallest = shrink(target, bad, reference, verdict, (), Trust.EXACT)
    assert "run([0, 0])" in smallest.counterexample
    assert "2 items" in smallest.counterexample


def test_shrinking_drops_what_does_not_matter(tmp_path: Path) -> None:
    source = "def run(x):\n    return x + 1\n"
    wrong = "import numpy as np\ndef run(x):\n    return np.nan_to_num(x + 1)\n"
    target = target_of(tmp_path, source)
    reference = make_reference(target, 40, 0)
    overlay = {str(target.path): wrong}
    verdict, _ = prove(target, overlay, reference, (), Trust.CLOSE)
    assert isinstance(verdict, Differs)
    smallest = shrink(target, overlay, reference, verdict, (), Trust.CLOSE)
    assert smallest.case.startswith("scale 0.001")
    assert "nan" in smallest.counterexample
    assert smallest.index == verdict.index


FAULTY = """\
import numpy as np

def run(x):
    total = np.zeros(x.shape[1], dtype=np.float64)
    y = x - x.mean(axis=0)
    for i in range(len(x)):
        total += y[i] * 2 - 1
    z = y.copy()
    z[z < 0] = 0
    return total / 3, z[1:], y

def other(x):
    return x + 1
"""


def test_faults_stand_on_the_given_lines_and_are_of_many_kinds() -> None:
    lines = frozenset(range(3, 11))
    faults = plant(FAULTY, lines, 0, 12)
    assert len(faults) == 12
    assert faults == plant(FAULTY, lines, 0, 12)
    assert faults != plant(FAULTY, lines, 1, 12)
    assert all(fault.line in lines for fault in faults)
    assert len({fault.overlay_text for fault in faults}) == 12
    for fault in faults:
        ast.parse(fault.overlay_text)
        assert fault.overlay_text != ast.unparse(ast.parse(FAULTY))
    words = " ".join(fault.description for fault in plant(FAULTY, lines, 0, 60))
    for kind in ("no copy", "in place on x", "operator", "only the left side", "one turn fewer",
                 "begins one later", "float32 for", "without z[z < 0] = 0", "another axis"):  # fmt: skip
        assert kind in words


def test_nothing_is_planted_where_nothing_ran() -> None:
    assert plant(FAULTY, frozenset(), 0, 9) == []
    assert (
        plant("def run(x: int) -> int:\n    assert x + 1\n    return x\n", frozenset({1, 2, 3}), 0, 9) == []
    )


def test_planted_faults_are_caught(tmp_path: Path) -> None:
    target = target_of(tmp_path, FAULTY)
    reference = make_reference(target, 30, 0)
    faults = plant(FAULTY, frozenset(range(3, 11)), 0, 12)
    planted, caught, missed = count_caught(target, faults, reference, ())
    assert planted == 12
    assert caught >= 10, missed
    assert len(missed) == planted - caught


def test_inputs_that_cannot_tell_catch_nothing(tmp_path: Path) -> None:
    source = "def run(x):\n    y = [x * 2, x + 3]\n    return None\n"
    target = target_of(tmp_path, source)
    reference = make_reference(target, 10, 0)
    faults = plant(source, frozenset({2, 3}), 0, 6)
    planted, caught, _ = count_caught(target, faults, reference, ())
    assert planted >= 3
    assert caught == 0


def test_a_fault_that_hangs_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeopt.equivalence.prove.FAULT_SECONDS", 0.2)
    source = "def run(x):\n    i = 0\n    while i < 3:\n        i += 1\n    return i\n"
    target = target_of(tmp_path, source)
    faults = [f for f in plant(source, frozenset({4}), 0, 9) if "without" in f.description]
    assert count_caught(target, faults, make_reference(target, 8, 0), ())[1] == len(faults) == 1

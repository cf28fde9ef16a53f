"""Every program of the corpus runs, its rewrite agrees, every trap's tempting rewrite does not."""

from __future__ import annotations

import importlib.util
import math
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
CASES = [(0.0, 0), (0.001, 1), (0.02, 0), (0.02, 2), (0.1, 3)]
RELATIVE = {"float32": 1e-5, "float64": 1e-10, "complex128": 1e-10}


def _bench() -> ModuleType:
    name = "corpus_expected"
    spec = importlib.util.spec_from_file_location(name, ROOT / "bench" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = _bench()
PROGRAMS = [p for p in bench.programs() if p.kind == "program"]
TRAPS = [p for p in bench.programs() if p.kind == "trap"]


def outcomes(program: Any, rewritten: bool) -> list[Any]:
    """For every case: the result or the exception, and the arguments after the call."""
    found = []
    with bench.loaded(program, rewritten) as load:
        for scale, seed in CASES:
            call = load.call(scale, seed)
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            try:
                result = call()
            except (TypeError, RuntimeError) as error:
                result = error
            found.append((result, call.args, call.kwargs))
    return found


def difference(a: Any, b: Any, exact: bool, path: str = "") -> str | None:
    """Where two outcomes differ, in words; None where they agree."""
    if type(a).__name__ != type(b).__name__:
        return f"{path}: {type(a).__name__} and {type(b).__name__}"
    if isinstance(a, (torch.Tensor, np.ndarray)):
        return _array_difference(a, b, exact, path)
    if isinstance(a, torch.nn.Module):
        grads = [{n: p.grad for n, p in m.named_parameters()} for m in (a, b)]
        left, right = ((m.training, dict(m.state_dict()), g) for m, g in zip((a, b), grads, strict=True))
        return difference(left, right, exact, f"{path}.module")
    if isinstance(a, (pd.DataFrame, pd.Series)):
        return None if a.equals(b) and a.index.equals(b.index) else f"{path}: frames"
    if isinstance(a, dict):
        if list(a) != list(b):
            return f"{path}: keys"
        pairs = [(a[key], b[key], f"{path}[{key!r}]") for key in a]
    elif isinstance(a, (list, tuple)):
        if len(a) != len(b):
            return f"{path}: length"
        pairs = [(x, y, f"{path}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True))]
    elif isinstance(a, float) and not exact:
        return None if math.isclose(a, b, rel_tol=1e-5) or (a != a and b != b) else f"{path}: {a} and {b}"
    elif isinstance(a, BaseException):
        return None if str(a) == str(b) else f"{path}: {a} and {b}"
    else:
        return None if a == b or (a != a and b != b) else f"{path}: {a!r} and {b!r}"
    return next((d for x, y, where in pairs if (d := difference(x, y, exact, where))), None)


def _array_difference(a: Any, b: Any, exact: bool, path: str) -> str | None:
    if isinstance(a, torch.Tensor):
        if a.requires_grad != b.requires_grad or a.stride() != b.stride():
            return f"{path}: requires_grad or stride"
        a, b = a.detach().numpy(), b.detach().numpy()
    if (a.dtype, a.shape, a.strides) != (b.dtype, b.shape, b.strides):
        return f"{path}: {a.dtype}{a.shape} and {b.dtype}{b.shape}"
    if a.tobytes() == b.tobytes():
        return None
    limit = RELATIVE.get(a.dtype.name)
    if exact or limit is None:
        return f"{path}: not identical"
    error = np.abs(a - b).max()
    return None if error <= limit * max(np.abs(a).max(), 1e-3) else f"{path}: off by {error}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_rewrite_agrees_at_its_level(program: Any) -> None:
    exact = program.entry["trust"] == "exact"
    before, after = outcomes(program, False), outcomes(program, True)
    for case, a, b in zip(CASES, before, after, strict=True):
        assert not isinstance(a[0], BaseException), (case, a[0])
        assert difference(a, b, exact) is None, case


@pytest.mark.parametrize("trap", TRAPS, ids=lambda p: p.name)
def test_tempting_rewrite_changes_behaviour(trap: Any) -> None:
    before, after = outcomes(trap, False), outcomes(trap, True)
    assert not any(isinstance(a[0], BaseException) for a in before)
    differing = [case for case, a, b in zip(CASES, before, after, strict=True) if difference(a, b, False)]
    assert set(CASES[2:]) <= set(differing)


@pytest.mark.parametrize("program", [*PROGRAMS, *TRAPS], ids=lambda p: p.name)
def test_program_is_deterministic(program: Any) -> None:
    assert difference(outcomes(program, False), outcomes(program, False), exact=True) is None


def test_expected_toml_is_complete() -> None:
    folders = {p.parent.name for p in (ROOT / "corpus").glob("*/codeopt_workloads.py")}
    assert folders == {p.name for p in [*PROGRAMS, *TRAPS]}
    assert len(PROGRAMS) >= 16
    assert len(TRAPS) >= 5
    for program in PROGRAMS:
        entry = program.entry
        assert set(entry) == {"kind", "target", "trust", "before_bytes", "after_bytes", "rules", "shows"}
        assert entry["trust"] in ("exact", "close")
        assert 20e6 <= entry["before_bytes"] <= 120e6, program.name
        assert entry["after_bytes"] <= 0.5 * entry["before_bytes"], program.name
    for trap in TRAPS:
        keys = {"kind", "target", "before_bytes", "tempting_bytes", "rules", "tempting", "wrong_because"}
        assert set(trap.entry) == keys
        assert trap.entry["tempting_bytes"] < 0.9 * trap.entry["before_bytes"], trap.name


@pytest.mark.parametrize("program", [*PROGRAMS, *TRAPS], ids=lambda p: p.name)
def test_files_of_a_program_are_small_and_target_exists(program: Any) -> None:
    file, qualname = program.target.split("::")
    text = (program.folder / file).read_text()
    assert f" {qualname}(" in text
    # A copy of the corpus that `codeopt apply` has rewritten may have become the best rewrite known.
    assert bench.CORPUS != ROOT / "corpus" or program.rewrite.read_text() != text
    assert (30 if program.kind == "program" else 15) <= text.count("\n") <= 90

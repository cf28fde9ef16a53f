"""Good rewrites of NumPy and plain Python code are accepted, tempting wrong ones refused."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

import pytest

from codeopt.edit import Trust
from codeopt.equivalence.prove import make_reference, prove, self_check, shrink
from codeopt.equivalence.verdict import Differs, Same, Verdict
from codeopt.target import Target

_numbers = itertools.count()

MATRIX = "rng.standard_normal((max(1, int(2000 * scale)), 16), dtype=np.float32)"
WIDE = MATRIX.replace("np.float32", "np.float64")


def write(folder: Path, original: str, arguments: str) -> Target:
    """A module with the original and a workload that calls its `run`."""
    module = f"trap_{next(_numbers)}"
    (folder / f"{module}.py").write_text("import random\nimport numpy as np\n" + textwrap.dedent(original))
    workload = folder / f"{module}_workload.py"
    workload.write_text(
        textwrap.dedent(f"""\
        import numpy as np
        from codeopt.workload.call import Call, workload

        @workload("{module}.py::run")
        def build(scale, seed):
            rng = np.random.default_rng(seed)
            return Call(args=({arguments},))
        """)
    )
    return Target(folder / f"{module}.py", "run", module, folder, workload, 0, 4)


def judge(target: Target, rewritten: str, limit: Trust) -> Verdict:
    """The verdict on the rewritten text, shrunk where it differs."""
    reference = make_reference(target, 48, 0)
    unstable = self_check(target, reference)
    assert unstable == ()
    overlay = {str(target.path): "import random\nimport numpy as np\n" + textwrap.dedent(rewritten)}
    verdict, _ = prove(target, overlay, reference, unstable, limit)
    if isinstance(verdict, Differs):
        verdict = shrink(target, overlay, reference, verdict, unstable, limit)
    return verdict


GOOD = {
    "standardise in place": (
        MATRIX,
        "def run(x):\n    z = x - x.mean(0)\n    z = z / x.std(0)\n    return z",
        "def run(x):\n    z = x - x.mean(0)\n    z /= x.std(0)\n    return z",
        Trust.EXACT,
    ),
    "softmax with one buffer": (
        MATRIX,
        """
        def run(x):
            m = x.max(1, keepdims=True)
            return np.exp(x - m) / np.exp(x - m).sum(1, keepdims=True)
        """,
        """
        def run(x):
            e = np.exp(x - x.max(1, keepdims=True))
            e /= e.sum(1, keepdims=True)
            return e
        """,
        Trust.EXACT,
    ),
    "del of a dead local": (
        MATRIX,
        "def run(x):\n    a = x * 2\n    b = a.sum()\n    return b, np.outer(x[:, 0], x[:, 0])",
        "def run(x):\n    a = x * 2\n    b = a.sum()\n    del a\n    return b, np.outer(x[:, 0], x[:, 0])",
        Trust.EXACT,
    ),
    "einsum for a product and a sum": (
        f"{MATRIX}, {MATRIX}",
        "def run(a, b):\n    return (a * b).sum(1)",
        "def run(a, b):\n    return np.einsum('ij,ij->i', a, b)",
        Trust.CLOSE,
    ),
    "einsum in float64": (
        f"{WIDE}, {WIDE}",
        "def run(a, b):\n    return (a * b).sum(1)",
        "def run(a, b):\n    return np.einsum('ij,ij->i', a, b)",
        Trust.CLOSE,
    ),
    "sum of a generator": (
        "[float(v) for v in rng.standard_normal(max(2, int(500 * scale)))]",
        "def run(values):\n    return sum([v * v for v in values])",
        "def run(values):\n    return sum(v * v for v in values)",
        Trust.EXACT,
    ),
    "rows in blocks": (
        f"{WIDE}",
        "def run(x):\n    return np.abs(x[:, None, :] - x[None, :8, :]).sum(-1).argmin(1)",
        """
        def run(x):
            out = np.empty(len(x), dtype=np.intp)
            for i in range(0, len(x), 64):
                part = x[i : i + 64]
                out[i : i + 64] = np.abs(part[:, None, :] - x[None, :8, :]).sum(-1).argmin(1)
            return out
        """,
        Trust.CLOSE,
    ),
    "more accurate than the original": (
        MATRIX,
        "def run(x):\n    return np.cumsum(x, axis=0)[-1].copy()",
        "def run(x):\n    return x.sum(0, dtype=np.float64).astype(x.dtype) if x.dtype.kind == 'f'"
        " else np.cumsum(x, axis=0)[-1].copy()",
        Trust.PRECISION,
    ),
}

BAD = {
    "argument changed in place": (
        MATRIX,
        "def run(x):\n    return x - x.mean(0)",
        "def run(x):\n    x -= x.mean(0)\n    return x",
        "args[0]",
    ),
    "buffer narrower than the result": (
        MATRIX,
        "def run(x):\n    return (x - x.min()) / 3",
        "def run(x):\n    z = x - x.min()\n    return np.divide(z, 3, out=z)",
        "int64",
    ),
    "view of the argument returned": (
        MATRIX,
        "def run(x):\n    return x[1:].copy()",
        "def run(x):\n    return x[1:]",
        "share memory",
    ),
    "copy dropped that is written to": (
        MATRIX,
        "def run(x):\n    z = x.copy()\n    z[z < 0] = 0\n    return z.sum()",
        "def run(x):\n    z = x\n    z[z < 0] = 0\n    return z.sum()",
        "args[0]",
    ),
    "the argument itself returned": (
        MATRIX,
        "def run(x):\n    return np.array(x)",
        "def run(x):\n    return np.asarray(x)",
        "the same object as args[0]",
    ),
    "set order": (
        "[int(v) for v in rng.integers(0, 10**9, max(3, int(200 * scale)))]",
        "def run(values):\n    return list(dict.fromkeys(values))",
        "def run(values):\n    return list(set(values))",
        "result",
    ),
    "float32 accumulator": (
        WIDE,
        "def run(x):\n    return (x * x).sum(0)",
        "def run(x):\n    return (x * x).sum(0, dtype=np.float32).astype(np.float64)",
        "result",
    ),
    "float32 result": (
        WIDE,
        "def run(x):\n    return x * 2",
        "def run(x):\n    return (x * 2).astype('f4')",
        "dtype",
    ),
    "random draw reused": (
        MATRIX,
        "def run(x):\n    return x + random.random(), x + random.random()",
        "def run(x):\n    r = random.random()\n    return x + r, x + r",
        "result",
    ),
    "one draw fewer": (
        MATRIX,
        "def run(x):\n    np.random.rand(3)\n    return x + np.random.rand()",
        "def run(x):\n    r = np.random.rand(4)\n    np.random.seed(3)\n    return x + r[3]",
        "numpy.random",
    ),
    "generator for a list": (
        "[float(v) for v in rng.standard_normal(5)]",
        "def run(values):\n    return [v * 2 for v in values]",
        "def run(values):\n    return (v * 2 for v in values)",
        "generator",
    ),
    "generator less lazy": (
        "[float(v) for v in rng.standard_normal(5)]",
        "def run(values):\n    print('start')\n    yield from values",
        "def run(values):\n    print('start')\n    return (v for v in values)",
        "before the first item",
    ),
    "other message": (
        MATRIX,
        "def run(x):\n    if len(x) < 20:\n        raise ValueError(f'{len(x)} rows')\n    return x.sum()",
        "def run(x):\n    if len(x) < 20:\n        raise ValueError('too few rows')\n    return x.sum()",
        "rows",
    ),
    "warning lost": (
        MATRIX,
        "def run(x):\n    import warnings\n    warnings.warn('slow')\n    return x.sum()",
        "def run(x):\n    return x.sum()",
        "slow",
    ),
    "print taken away": (
        MATRIX,
        "def run(x):\n    print(len(x))\n    return 1",
        "def run(x):\n    return 1",
        "stdout",
    ),
    "F order": (
        MATRIX,
        "def run(x):\n    return x * 2",
        "def run(x):\n    return (x.T * 2).copy().T",
        "strides",
    ),
    "read-only result": (
        MATRIX,
        "def run(x):\n    return np.tile(x[:1], (len(x), 1))",
        "def run(x):\n    return np.broadcast_to(x[:1], x.shape)",
        "writeable",
    ),
    "a whole block lost at full size only": (
        MATRIX,
        "def run(x):\n    return np.sqrt(np.abs(x))",
        """
        def run(x):
            out = np.sqrt(np.abs(x))
            if len(x) > 1500:
                out[1024:1025] = out[1023:1024]
            return out
        """,
        "result",
    ),
    "module counter": (
        MATRIX,
        "calls = [0]\ndef run(x):\n    calls[0] += 1\n    return x.sum()",
        "calls = [0]\ndef run(x):\n    return x.sum()",
        "calls",
    ),
    "file not written": (
        MATRIX,
        "def run(x):\n    np.save('out.npy', x)",
        "def run(x):\n    np.save('out.npy', x[1:])",
        "out.npy",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_rewrites_are_accepted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, original, rewritten, level = GOOD[name]
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    verdict = judge(write(tmp_path, original, arguments), rewritten, level)
    assert isinstance(verdict, Same), verdict
    assert verdict.level.within(level)
    assert verdict.cases >= 8


@pytest.mark.parametrize("name", BAD)
def test_tempting_ones_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, original, rewritten, mentioned = BAD[name]
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    verdict = judge(write(tmp_path, original, arguments), rewritten, Trust.CLOSE)
    assert isinstance(verdict, Differs), verdict
    assert mentioned in verdict.counterexample
    assert "run(" in verdict.counterexample
    assert len(verdict.counterexample) < 1200

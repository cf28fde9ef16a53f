"""Code that numba compiles, run as Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMPILED = """
import numba
import numba.experimental
import numpy as np


@numba.njit
def half(x):
    return x / 2


@numba.njit(["float64(float64)"])
def whole(x):
    return half(x) * 2


@numba.guvectorize(["void(int64[:], int64[:], int64[:])", "(f8[:], f8[:], f8[:])"], "(n),()->(n)")
def shifted(row, by, out):
    for place in range(row.size):
        out[place] = half(row[place] * 2) + by[0]


@numba.guvectorize("(n)->()")
def total(row, out):
    out[0] = half(row.sum()) * 2


class Table:
    @numba.guvectorize(["(f8[:], f8[:])"], "(n)->(n)")
    def halves(row, out):
        out[:] = half(row)


@numba.experimental.jitclass([("size", numba.int64)])
class Inner:
    def __init__(self):
        self.size = half(8)


@numba.experimental.jitclass
class Outer:
    inner: Inner.class_type.instance_type

    def __init__(self):
        self.inner = Inner()


@numba.vectorize
def doubled(x):
    return whole(x) * 2


@numba.vectorize([(numba.float64, numba.int64)])
def times(a, b):
    return half(a) * b


@numba.vectorize(["f4(f4, f4)", "f8(f8, f8)"])
def larger(a, b):
    return half(a) if half(a) > half(b) else half(b)
"""
ASKED = """
import sys
from codeopt.workload.interpreted import interpret_all
{first}
interpret_all()
interpret_all()
import importlib.util
import numpy as np
assert importlib.util.find_spec("numba")
import compiled
ran = set()
def trace(frame, event, argument):
    if frame.f_code.co_filename == compiled.__file__:
        ran.add(frame.f_code.co_name)
sys.settrace(trace)
{calls}
sys.settrace(None)
assert {{"half", *{names!r}}} <= ran, ran
"""


@pytest.mark.parametrize("first", ["", "import numba"], ids=["before it is imported", "after"])
@pytest.mark.parametrize(("calls", "names"), [
    ("assert compiled.whole(3.0) == 3", ["whole"]),
    ("x = compiled.shifted(np.ones((2, 3)), 1.5); assert x.tolist() == [[2.5] * 3] * 2, x", ["shifted"]),
    ("x = compiled.shifted(np.arange(3), [1, 2]); assert x.tolist() == [[1, 2, 3], [2, 3, 4]]; "
     "assert x.dtype == np.int64", ["shifted"]),
    ("o = np.empty(3); compiled.shifted(np.ones(3), 1.0, o); assert o.tolist() == [2] * 3", ["shifted"]),
    ("o = np.empty(3); compiled.shifted(np.ones(3), 1.0, out=o); assert o.tolist() == [2] * 3", ["shifted"]),
    ("assert compiled.total(np.ones((2, 3))).tolist() == [3, 3]", ["total"]),
    ("assert compiled.Table().halves(np.ones(2)).tolist() == [0.5, 0.5]", ["halves"]),
    ("assert compiled.Outer().inner.size == 4", ["__init__"]),
    ("assert compiled.doubled(np.ones(2)).tolist() == [2, 2]", ["doubled", "whole"]),
    ("assert compiled.times(np.ones(2), 6).tolist() == [3, 3]", ["times"]),
    ("assert compiled.larger(np.ones(2), [0, 4]).tolist() == [0.5, 2]", ["larger"]),
])  # fmt: skip
def test_lines_of_compiled_functions_are_seen(
    tmp_path: Path, first: str, calls: str, names: list[str]
) -> None:
    (tmp_path / "compiled.py").write_text(COMPILED)
    text = ASKED.format(first=first, calls=calls, names=names)
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert not done.returncode, done.stderr


SCRIPTED = """
import torch


@torch.jit.script
def half(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@torch.compile
def halves(x):
    return half(x), torch.jit.fork(half, x).wait()


class Layer(torch.jit.ScriptModule):
    @torch.jit.script_method
    def forward(self, x):
        return halves(x)[1]
"""


@pytest.mark.parametrize("first", ["", "import torch._dynamo"], ids=["before it is imported", "after"])
def test_lines_of_scripts_for_torch_are_seen(tmp_path: Path, first: str) -> None:
    (tmp_path / "compiled.py").write_text(SCRIPTED)
    calls = "assert compiled.Layer()(compiled.torch.ones(2)).tolist() == [0.5, 0.5]"
    text = ASKED.format(first=first, calls=calls, names=["halves", "forward"])
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert not done.returncode, done.stderr

"""Which calls of a probed function are recorded, and with which arguments."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from codeopt.report.traced import trace_text
from codeopt.workload.trace.collect import Traced, gather, seen, trace_file, traces_folder
from codeopt.workload.trace.file_format import unpack
from codeopt.workload.trace.part import PART, REFUSED
from codeopt.workload.trace.plan import make_plan, write_plan
from codeopt.workload.trace.start import Late, probe_name, probed
from codeopt.workload.wanted import Wanted

SOURCE = '''
from __future__ import annotations
"""No docstring: it stands behind the import."""
import functools

def plain(x, y=3, *rest, flag=False, **more):
    """Doc."""
    return locals()

def late(first, /, second=None, third="c"):
    return first

def stepwise(x):
    yield x

async def awaited(x):
    return x

@functools.lru_cache
def cached(n):
    return n

class numba:
    jit = staticmethod(lambda f: f)

@numba.jit
def compiled(x):
    return x

if True:
    def conditional(x):
        return x

class Model:
    scale = 2

    def __init__(self, size):
        self.size = size

    def forward(self, x):
        return x * self.size

    @classmethod
    def build(cls, size):
        return cls(size)

    @staticmethod
    def double(x):
        return 2 * x

class Sub(Model): ...

def twice(x):
    return plain(x, plain(x))
'''
NAMES = [
    "plain", "late", "stepwise", "awaited", "cached", "compiled", "conditional", "Model.__init__",
    "Model.forward", "Model.build", "Model.double", "gone",
]  # fmt: skip


class Probed:
    """A module with probes in it, and what they left."""

    def __init__(self, folder: Path, calls: int, put: Callable[[str, Any], None]) -> None:
        self.path = folder / "probed_module.py"
        self.path.write_text(SOURCE)
        traces_folder(folder)
        self.folder = folder
        self.plan = make_plan(Wanted(self.path, name, frozenset()) for name in NAMES)
        write_plan(self.plan, folder / "plan.json", folder, calls)
        data = json.loads((folder / "plan.json").read_text())
        functions = data["files"][str(self.path)]
        for qualname, number in functions.items():
            put(probe_name(number), Late(probe_name(number), number, str(self.path), qualname, data))
        self.module: Any = ModuleType("probed_module")
        sys.modules["probed_module"] = self.module
        exec(probed(self.path.read_bytes(), str(self.path), functions), vars(self.module))

    def calls(self, qualname: str) -> list[tuple[list[Any], dict[str, Any]]]:
        """Nodes of the recorded calls in the order of the trace."""
        list(gather(self.plan, self.folder, self.folder, 5))
        file = trace_file(self.folder, self.path, qualname)
        if not file.is_file():
            return []
        return [(c["args"], c["kwargs"]) for c in unpack(file.read_bytes(), "")[0]["calls"]]

    def reasons(self) -> dict[str, tuple[str, ...]]:
        """Why calls could not be recorded."""
        found = gather(self.plan, self.folder, self.folder, 5)
        return {one.planned.wanted.qualname: one.refused for one in found if one.refused}


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Probed]:
    def make(calls: int = 5) -> Probed:
        return Probed(
            tmp_path, calls, lambda name, late: monkeypatch.setattr(builtins, name, late, raising=False)
        )

    monkeypatch.setitem(sys.modules, "probed_module", ModuleType("probed_module"))
    return make


def test_arguments_are_those_that_were_given(probe: Callable[..., Probed]) -> None:
    probed = probe()
    probed.module.plain(1, 2, "rest", flag=True, other=None)
    probed.module.plain(1.5)
    probed.module.late(1, third="d")
    probed.module.late("x")
    assert probed.calls("plain") == [([1, 2, "rest"], {"flag": True, "other": None}), ([1.5], {})]
    assert probed.calls("late") == [([1, None, "d"], {}), (["x"], {})]


def test_locals_and_generators_are_as_without_a_probe(probe: Callable[..., Probed]) -> None:
    probed = probe()
    assert probed.module.plain(1) == {"x": 1, "y": 3, "rest": (), "flag": False, "more": {}}
    drawn = probed.module.stepwise([1])
    assert probed.calls("stepwise") == []
    assert list(drawn) == [[1]]
    assert len(probed.calls("stepwise")) == 1
    probed.module.awaited(1).close()


def test_methods_have_their_object_and_constructors_have_not(
    probe: Callable[..., Probed],
) -> None:
    probed = probe()
    model = probed.module.Model(3)
    model.forward(2)
    probed.module.Model.build(4.5)
    probed.module.Model.double(7)
    state = [["size", 3]]
    of = ["probed_module", "Model"]
    assert probed.calls("Model.__init__") == [([3], {}), ([4.5], {})]
    assert probed.calls("Model.forward") == [([{"k": "object", "of": of, "id": 0, "state": state}, 2], {})]
    assert probed.calls("Model.build") == [([4.5], {})]
    assert probed.calls("Model.double") == [([7], {})]
    probed.module.Sub.build("text")
    assert probed.reasons() == {
        "Model.build": ("it was called for Sub, a subclass",),
        "Model.__init__": ("it was called for Sub, a subclass",),
    }


def test_at_most_as_many_calls_of_different_kinds_and_the_greatest(probe: Callable[..., Probed]) -> None:
    probed = probe(2)
    for shape in [(3, 3), (3, 3), (4, 4), (5, 5), (400, 9), (400, 9)]:
        probed.module.plain(np.ones(shape))
    shapes = [args[0]["shape"] for args, _ in probed.calls("plain")]
    assert shapes[0] == [400, 9]
    assert sorted(shapes[1:]) == [[3, 3], [4, 4]]
    list(gather(probed.plan, probed.folder, probed.folder, 2))
    assert len(unpack(trace_file(probed.folder, probed.path, "plain").read_bytes(), "")[0]["calls"]) == 2


def test_calls_differ_by_dtype_type_and_option(probe: Callable[..., Probed]) -> None:
    probed = probe()
    x = np.ones(3)
    for argument in (x, x + 1, x.astype("f4"), list(x), torch.ones(3), torch.ones(3, requires_grad=True)):
        probed.module.plain(argument)
    assert len(probed.calls("plain")) == 5
    probed.module.late(x, "nearest")
    probed.module.late(x, "linear")
    assert len(probed.calls("late")) == 2


def test_a_function_that_is_called_often_is_left_alone(probe: Callable[..., Probed]) -> None:
    probed = probe()
    for _ in range(30_000):
        probed.module.conditional(1)
    number = next(i for i, p in enumerate(probed.plan.functions) if p.wanted.qualname == "conditional")
    assert not getattr(builtins, probe_name(number))
    probed.module.conditional("another")
    assert len(probed.calls("conditional")) == 1


def test_what_is_looked_at_while_recording_is_no_call(probe: Callable[..., Probed]) -> None:
    probed = probe()
    probed.module.twice(np.ones(3))
    assert len(probed.calls("plain")) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_calls_with_symbolic_values_are_left_out(probe: Callable[..., Probed]) -> None:
    probed = probe()
    torch.fx.symbolic_trace(probed.module.conditional)
    torch.jit.trace(probed.module.conditional, torch.ones(2), check_trace=False)
    assert probed.calls("conditional") == []


def test_a_plan_says_what_it_leaves_out(probe: Callable[..., Probed]) -> None:
    left_out = {wanted.qualname: reason for wanted, reason in probe().plan.left_out}
    assert left_out == {"compiled": "a decorator compiles it", "gone": "its definition is not found by name"}


def test_parts_that_are_no_parts_are_passed_over(probe: Callable[..., Probed]) -> None:
    probed = probe()
    probed.module.plain(1)
    (probed.folder / f"9-9{PART}").write_bytes(b"half a fi")
    (probed.folder / f"9{REFUSED}").write_text('[0, "why"]\nno json\n')
    assert len(probed.calls("plain")) == 1
    assert probed.reasons() == {"plain": ("why",)}


def test_the_report_names_a_copy_that_ran_instead(probe: Callable[..., Probed]) -> None:
    plan = probe().plan
    nobody = Traced(0, "", plan, (), 0, frozenset())
    assert "no Python interpreter could be watched" in trace_text(nobody, Path())
    copy = Traced(0, "", plan, (), 1, frozenset({"/env/site-packages/p/probed_module.py"}))
    assert "but a copy: /env/site-packages/p/probed_module.py" in trace_text(copy, Path())
    assert seen(Path("/nowhere")) == (0, frozenset())

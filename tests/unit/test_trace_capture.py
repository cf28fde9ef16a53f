"""What a call was recorded with is what it is replayed with; what cannot be recorded is said."""

from __future__ import annotations

import collections
import datetime
import decimal
import functools
import pathlib
import random
import re
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch

from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.snapshot import Recorder
from codeopt.workload.call import Call
from codeopt.workload.trace.capture import Refused
from codeopt.workload.trace.capture_call import capture_call
from codeopt.workload.trace.file_format import pack
from codeopt.workload.trace.part import call_data
from codeopt.workload.trace.replay import read_trace, replay
from codeopt.workload.trace.sizes import shrinkable

PROJECT = '''
import collections, dataclasses, enum, itertools

Pair = collections.namedtuple("Pair", "first second")
ticks = itertools.count()

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass(frozen=True)
class Settings:
    rate: float
    names: tuple = ()

class Slotted:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1

class Counting(dict):
    made = 0
    def __init__(self, *args):
        super().__init__(*args)
        Counting.made += 1
    def __setitem__(self, key, value): raise RuntimeError("not called")
    def step(self): return len(self)

class Clock:
    """An object that is another one whenever it is looked at."""
    __dict__ = property(lambda self: {"now": next(ticks)})

def double(x): return 2 * x
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "traced_project.py").write_text(PROJECT)
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("traced_project")
    del sys.modules["traced_project"]


def data_of(*args: Any, **kwargs: Any) -> tuple[dict[str, Any], list[bytes]]:
    captured = capture_call(args, kwargs)
    return call_data(captured, "", 0), captured.blobs


def again(folder: Path, *args: Any, scale: float = 1.0, **kwargs: Any) -> Call:
    call, blobs = data_of(*args, **kwargs)
    file = folder / "f.trace"
    file.write_bytes(pack({"calls": [call]}, blobs))
    read_trace.cache_clear()
    grad, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        return replay(str(file), (str(folder), "traced_project"), (0,), scale, 0)
    finally:
        torch.set_grad_enabled(grad)
        torch.set_default_dtype(dtype)


def looks(values: list[Any]) -> Any:
    recorder = Recorder()
    node = recorder.record(values, "values")
    return node, alias_graph(recorder.claims)


def assert_same(folder: Path, *args: Any) -> None:
    assert looks(list(again(folder, *args).args)) == looks(list(args))


def test_plain_values(tmp_path: Path) -> None:
    assert_same(
        tmp_path, None, True, 3, 10**40, 1.5, -0.0, float("nan"), float("inf"), 1 + 2j, "text", "\ud800",
        b"bytes", [1, [2]], (1, "a"), {1, 2}, frozenset({3}), {"a": 1, (1, 2): [3]}, slice(1, None), range(3),
        ..., datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), datetime.timedelta(1),
        decimal.Decimal("1.50"), pathlib.Path("a/b"), collections.deque([1, 2], 5),
        collections.Counter("aab"), collections.OrderedDict(b=1, a=2),
        collections.defaultdict(list, {1: [2]}), types.SimpleNamespace(a=1), re.compile("a+", re.IGNORECASE),
        len, np.mean, np.add, np.float32, functools.partial(np.mean, axis=0),
    )  # fmt: skip


def test_arrays_in_every_layout(tmp_path: Path) -> None:
    a = np.arange(60.0).reshape(3, 4, 5)
    assert_same(tmp_path, a, np.asfortranarray(a), a.transpose(2, 0, 1).copy(), np.float32(3), np.array(3.0))
    for layout in (a[:, ::2], a[::-1], a[..., 0], a.T, np.broadcast_to(a[0], (3, 4, 5))):
        assert_same(tmp_path, layout)
    windows = np.lib.stride_tricks.sliding_window_view(np.arange(9.0), 3)
    readonly = np.ones(3)
    readonly.flags.writeable = False
    assert_same(
        tmp_path, windows, readonly, np.zeros((0, 3)), np.array(["a", "bc"]), np.array([None, "a"], object)
    )
    assert_same(tmp_path, np.array(["2020-01-01"], "M8[D]"), np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]))
    assert_same(tmp_path, np.ma.array([1.0, 2.0], mask=[True, False]), np.random.default_rng(3))
    assert_same(tmp_path, np.random.RandomState(1), random.Random(3), np.dtype("f4"))


def test_arguments_that_share_memory_share_it_again(tmp_path: Path) -> None:
    a = np.arange(24.0).reshape(4, 6)
    assert_same(tmp_path, a, a)
    assert_same(tmp_path, a, a.T, a[1:3])
    t = torch.arange(24.0).reshape(4, 6)
    assert_same(tmp_path, t, t[1], t.T)
    grown = torch.ones(6, requires_grad=True).sin()
    assert_same(tmp_path, grown[:3], grown[2:])


def test_tensors(tmp_path: Path) -> None:
    leaf = torch.randn(3, 4, requires_grad=True)
    assert_same(tmp_path, leaf, leaf * 2, torch.nn.Parameter(torch.ones(2)), torch.ones(1).expand(4))
    assert_same(tmp_path, torch.ones(2, 3, dtype=torch.bfloat16), torch.randn(2, 3, 4).permute(2, 0, 1))
    assert_same(
        tmp_path, torch.tensor(True), torch.empty(0), torch.float16, torch.Size([2]), torch.device("cpu")
    )


def test_modules_optimizers_and_loaders_with_their_state(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout())
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(6, 3)), batch_size=2)
    assert_same(tmp_path, model, optimizer, loader)
    made, optimizer_again, _ = again(tmp_path, model, optimizer, loader).args
    assert optimizer_again.param_groups[0]["params"][0] is made[0].weight


def test_frames(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1, 2, 3], "text": ["x", "y", None], "category": pd.Categorical(["u", "v", "u"]),
            "time": pd.date_range("2020", periods=3, tz="UTC"), "float": [1.5, float("nan"), 2.0],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "object": pd.Series(["a", 1, None], dtype=object),
        }
    )  # fmt: skip
    for value in (frame, frame.set_index(["number", "text"]), frame["category"], frame["object"]):
        assert_same(tmp_path, value)
    assert_same(tmp_path, pd.date_range("2020", periods=5, freq="D"), pd.Timestamp("2020", tz="UTC"), pd.NaT)


def test_sparse_matrices(tmp_path: Path) -> None:
    dense = np.eye(4, 5)
    for kind in (sp.csr_matrix, sp.csc_array, sp.coo_array, sp.bsr_matrix, sp.dia_matrix):
        assert_same(tmp_path, kind(dense))


def test_objects_of_the_project_are_made_without_calling_them(tmp_path: Path, project: Any) -> None:
    counting = project.Counting({"a": 1})
    values = (
        project.Settings(0.5, ("a",)),
        project.Slotted(),
        project.Pair(1, 2),
        project.Colour.RED,
        counting,
    )
    assert_same(tmp_path, *values, project.Settings, project.double, counting.step)
    assert project.Counting.made == 1


def test_a_method_of_a_container_stays_with_it(tmp_path: Path) -> None:
    held = {"a": 1}
    made, items, append = again(tmp_path, held, held.items, [].append).args
    made["b"] = 2
    assert list(items()) == [("a", 1), ("b", 2)]
    assert append.__self__ == []


def test_an_object_that_holds_itself(tmp_path: Path) -> None:
    held: list[Any] = [1]
    held.append(held)
    made = again(tmp_path, held).args[0]
    assert made[1] is made


def test_what_cannot_be_captured_is_said(project: Any) -> None:
    def inner() -> None: ...

    class Local: ...

    with Path("/dev/null").open() as file:
        for value, reason in [
            (lambda: 1, "a lambda"), (file, "an open file"), ((i for i in [1]), "a generator"),
            (iter([1]), "an iterator"), (threading.Lock(), "a lock"), (inner, "cannot be imported by name"),
            (Local(), "cannot be imported by name"), (torch.eye(2).to_sparse(), "layout"),
            (np.memmap("/dev/zero", mode="r", shape=(2,)), "memmap"),
        ]:  # fmt: skip
            with pytest.raises(Refused, match=reason):
                capture_call((1, {"deep": [value]}), {})
    with pytest.raises(Refused, match=r"argument 'x'\['deep'\]: a lambda"):
        capture_call((), {"x": {"deep": lambda: 1}})


def test_what_changes_while_it_is_recorded_is_dropped(project: Any) -> None:
    with pytest.raises(Refused, match="changed while it was recorded"):
        capture_call((project.Clock(),), {})


def test_large_arrays_are_drawn_anew_like_the_recorded_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times, labels = np.sort(rng.random(100_000)), rng.integers(0, 7, 100_000)
    gaps = np.where(rng.random(100_000) < 0.3, np.nan, 5.0)
    order = rng.permutation(100_000)
    call = again(tmp_path, times, labels, gaps, order, torch.from_numpy(rng.normal(3, 1, (400, 300))))
    assert (np.diff(call.args[0]) >= 0).all()
    assert set(call.args[1]) == set(range(7))
    assert call.args[1].dtype == labels.dtype
    assert 0.28 < np.isnan(call.args[2]).mean() < 0.32
    assert (np.sort(call.args[3]) == np.arange(100_000)).all()
    assert call.args[4].shape == (400, 300)
    assert call.args[4].mean().item() == pytest.approx(3, abs=0.1)


def test_lengths_that_arguments_share_become_smaller_together(tmp_path: Path) -> None:
    x, names = np.random.default_rng(0).random((200, 30)), [str(i) for i in range(200)]
    call = again(tmp_path, x, names, 200, x.T @ x, pd.DataFrame({"a": range(200)}), scale=0.1)
    shapes = [call.args[0].shape, len(call.args[1]), call.args[2], call.args[3].shape, call.args[4].shape]
    assert shapes == [(20, 5), 20, 20, (5, 5), (20, 1)]
    assert (call.args[0] == x[:20, :5]).all()


def test_lengths_of_an_objects_state_stay(tmp_path: Path) -> None:
    assert shrinkable(data_of(torch.nn.Linear(30, 7), torch.ones(200, 30))[0]) == [200]
    whole = np.ones((50, 40))
    assert shrinkable(data_of(whole, whole[:20], np.ones(60))[0]) == [60]


def test_gradients_are_on_or_off_as_they_were(tmp_path: Path) -> None:
    with torch.no_grad():
        call, _ = data_of(torch.ones(2))
    assert call["ambient"] == {"grad": False, "inference": False, "dtype": "float32"}

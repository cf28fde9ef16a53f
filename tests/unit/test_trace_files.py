"""A trace file may hold anything: it is refused with its name and the cause, and runs nothing."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codeopt.workload.trace.capture_call import capture_call
from codeopt.workload.trace.file_format import BrokenTrace, pack
from codeopt.workload.trace.part import call_data
from codeopt.workload.trace.replay import choose, read_trace, replay

MODULE = """
import os
ran = []
class Box:
    def __init__(self): ran.append("init")
    def __setstate__(self, state): ran.append("setstate")
    def __reduce__(self): ran.append("reduce"); return Box, ()
    def __setattr__(self, name, value): ran.append("setattr")
    @property
    def slot(self): return 0
    @slot.setter
    def slot(self, value): ran.append("property")
def run(*args): ran.append(args)
"""

HOME = ("/nowhere", "poisoned_project")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "poisoned_project.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("poisoned_project")
    yield module
    assert module.ran == []
    del sys.modules["poisoned_project"]


def stored(folder: Path, *nodes: Any, blobs: list[list[int]] | None = None, data: bytes = b"") -> str:
    call = {"args": list(nodes), "kwargs": {}, "ambient": {}, "blobs": blobs or [[0, len(data)]]}
    file = folder / "f.trace"
    file.write_bytes(pack({"calls": [call]}, [data]))
    read_trace.cache_clear()
    return str(file)


def refused(file: str) -> str:
    read_trace.cache_clear()
    with pytest.raises(BrokenTrace) as error:
        replay(file, HOME, (0,), 1.0, 0)
    assert str(error.value).startswith(file)
    return str(error.value)


def made(of: list[str], **more: Any) -> dict[str, Any]:
    return {"k": "object", "of": of, "id": 0, **more}


@pytest.mark.parametrize(
    ("node", "cause"),
    [
        ({"k": "function", "of": ["os", "system"]}, "names the module os, which a trace may not"),
        ({"k": "function", "of": ["posix", "system"]}, "names the module posix"),
        ({"k": "function", "of": ["poisoned_project", "os.system"]}, "names poisoned_project.os.system"),
        ({"k": "function", "of": ["poisoned_project", "os"]}, "names poisoned_project.os,"),
        ({"k": "function", "of": ["numpy", "os.remove"]}, "there is no|may not"),
        ({"k": "function", "of": ["builtins", "eval"]}, "names the builtin eval"),
        ({"k": "function", "of": ["builtins", "exec"]}, "names the builtin exec"),
        ({"k": "function", "of": ["builtins", "__import__"]}, "names the builtin __import__"),
        ({"k": "module", "of": "subprocess"}, "names the module subprocess"),
        ({"k": "module", "of": "pip"}, "names the module pip"),
        (made(["subprocess", "Popen"]), "names the module subprocess"),
        (made(["poisoned_project", "run"]), "no class"),
        (made(["poisoned_project", "Box"], slots=[["slot", 1]]), "a slot 'slot' that Box does not have"),
        ({"k": "made", "c": "os.system", "id": 0, "a": ["true"]}, "unknown kind 'os.system'"),
        (
            {"k": "method", "name": "slot", "self": made(["poisoned_project", "Box"])},
            "names the method 'slot'",
        ),
        ({"k": "pickle", "v": "gASV"}, "unknown kind 'pickle'"),
        ({"k": "same", "id": 7}, "an object that it does not hold"),
        (
            {"k": "array", "id": 0, "shape": [3], "dtype": "<f8", "order": "C", "blob": 0},
            "does not fit its shape",
        ),
        (
            {"k": "array", "id": 0, "shape": [1], "dtype": "|O8", "order": "C", "blob": 0},
            "a dtype of objects",
        ),
        ({"k": "array", "id": 0, "shape": [1], "dtype": "<f8", "order": "C", "blob": 9}, "IndexError"),
        ({"k": "list"}, "cannot be replayed: KeyError"),
        ({"k": "dict", "id": 0, "v": [[[], 1]]}, "a list where a value should be"),
        ([1], "a list where a value should be"),
    ],
)
def test_a_poisoned_value_is_refused(tmp_path: Path, project: Any, node: Any, cause: str) -> None:
    with pytest.raises(BrokenTrace, match=cause):
        replay(stored(tmp_path, node), HOME, (0,), 1.0, 0)


def test_an_object_is_made_with_nothing_of_its_class_run(tmp_path: Path, project: Any) -> None:
    file = stored(tmp_path, made(["poisoned_project", "Box"], state=[["a", 1], ["__class__", "x"]]))
    box = replay(file, HOME, (0,), 1.0, 0).args[0]
    assert type(box) is project.Box
    assert vars(box)["a"] == 1


def test_a_pickle_is_no_trace_and_does_not_run(tmp_path: Path, project: Any) -> None:
    file = tmp_path / "f.trace"
    file.write_bytes(pickle.dumps((project.run, (1,))))
    assert "not a trace file" in refused(str(file))


def test_a_truncated_or_changed_file_is_refused(tmp_path: Path) -> None:
    file = Path(stored(tmp_path, 1, data=b"x" * 100))
    whole = file.read_bytes()
    for content in (whole[:-1], whole[:90], whole[:-3] + b"abc", whole + b"x", whole[:40], b""):
        file.write_bytes(content)
        assert "truncated" in refused(str(file)) or "not a trace" in refused(str(file))


def test_another_version_is_refused(tmp_path: Path) -> None:
    file = Path(stored(tmp_path, 1))
    file.write_bytes(file.read_bytes().replace(b"codeopt trace 1", b"codeopt trace 9"))
    assert "of version 9, not 1; record it again" in refused(str(file))


def test_a_missing_file_and_one_without_the_call_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(str(tmp_path / "none.trace"))
    file = Path(stored(tmp_path, 1))
    file.write_bytes(pack({"calls": [], "module": "m", "path": "p"}, []))
    assert "IndexError" in refused(str(file))
    file.write_bytes(pack({"calls": json.loads("[" * 50 + "]" * 50)}, []))
    assert "cannot be replayed" in refused(str(file))


def test_bytes_outside_the_file_are_refused(tmp_path: Path) -> None:
    node = {"k": "bytes", "blob": 0}
    assert "bytes that it does not hold" in refused(stored(tmp_path, node, blobs=[[0, 99]], data=b"abc"))
    assert "bytes that it does not hold" in refused(stored(tmp_path, node, blobs=[[-2, 2]], data=b"abc"))


def test_the_first_call_is_measured_and_the_others_take_part_at_smaller_scales() -> None:
    calls = (2, 0, 1)
    assert {choose(calls, 1.0, seed) for seed in range(50)} == {2}
    assert {choose(calls, 0.5, seed) for seed in range(50)} == {2, 0, 1}
    assert [choose(calls, 0.5, seed) for seed in range(4)] == [2, 2, 2, 0]
    assert choose((1,), 0.5, 3) == 1


def test_a_recorded_call_is_replayed_with_fresh_objects(tmp_path: Path) -> None:
    captured = capture_call((np.ones(3),), {"k": [1]})
    file = tmp_path / "f.trace"
    data = {"calls": [call_data(captured, "", 0)]}
    file.write_bytes(pack(data, captured.blobs))
    first, second = replay(str(file), HOME, (0,), 1.0, 0), replay(str(file), HOME, (0,), 1.0, 1)
    first.args[0][:] = 5
    first.kwargs["k"].append(2)
    assert second.args[0].tolist() == [1, 1, 1]
    assert second.kwargs == {"k": [1]}

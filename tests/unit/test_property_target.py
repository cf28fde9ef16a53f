from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.errors import WorkloadError
from codeopt.sandbox.world import resolve
from codeopt.target import Target

MODULE = """
from functools import cached_property


class Frame:
    width = 3

    @property
    def area(self):
        return self.width * 2

    @cached_property
    def level(self):
        return self.width * 5

    plain = 7
"""


def target(folder: Path, qualname: str) -> Target:
    (folder / "property_target.py").write_text(MODULE)
    return Target(folder / "property_target.py", qualname, "property_target", folder, folder / "w.py", 0, 1)


@pytest.mark.parametrize(("name", "value"), [("area", 6), ("level", 15)])
def test_a_property_is_called_with_its_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    getter = resolve(target(tmp_path, f"Frame.{name}"))
    frame = resolve(target(tmp_path, "Frame"))()
    assert getter(frame) == value


def test_what_is_no_function_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WorkloadError, match=r"'Frame\.plain' in .* is not callable"):
        resolve(target(tmp_path, "Frame.plain"))

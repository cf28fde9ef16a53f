from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.target import is_named


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), True),
        (("lib/m.py",), True),
        (("lib/m.py::Model",), True),
        (("lib/m.py::Model.fit",), True),
        (("lib/m.py::Mod",), False),
        (("lib/m.py::Model.fit.inner",), False),
        (("lib/other.py",), False),
        (("lib/other.py", "lib/m.py::Model.fit"), True),
    ],
)
def test_a_file_a_class_or_a_function_is_named(tmp_path: Path, names: tuple[str, ...], found: bool) -> None:
    assert is_named((tmp_path / "lib" / "m.py").resolve(), "Model.fit", names, tmp_path) is found

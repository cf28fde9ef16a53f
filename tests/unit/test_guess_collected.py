"""Arguments that a function collects by name, and reads."""

from __future__ import annotations

import ast

import pytest

from codeopt.workload.guess.collected import names_read


@pytest.mark.parametrize(
    ("body", "names"),
    [("return data['image'] + data.get('mask', 0)", ("image", "mask")),
     ("data['made'] = data.pop(self.key)", ("image",)),
     ("for key in self.keys:\n        other += data[key]", ("image", "mask")),
     ("return [data[key] for key in ('left', 'right')]", ("left", "right")),
     ("return data[self.unknown], data[0], data['not a name'], other['image'], data.keys()", ())],
)  # fmt: skip
def test_names_that_collected_arguments_are_read_by(body: str, names: tuple[str, ...]) -> None:
    [node] = ast.parse(f"def run(self, other, **data):\n    {body}\n").body
    assert isinstance(node, ast.FunctionDef)
    assert names_read(node, {"key": "'image'", "keys": "('image', 'mask')", "broken": "<object>"}) == names

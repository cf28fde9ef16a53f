"""How many dimensions of an array have a length with a name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts, listed
from codeopt.source import SourceFile

HEAD = "import numpy as np\nimport torch\nrng = np.random.default_rng(0)\n"


def named(body: str) -> int | None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", f"{HEAD}def f(n, m, x, shape):\n{lines}"))
    assert isinstance(facts, Facts)
    last = list(facts.walk(ast.Return))[-1]
    assert last.value is not None
    return facts.extents.named(last.value, last)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return np.zeros((3, 6))", 0),
        ("return -np.eye(3)", 0),
        ("return np.zeros(3) * 0.5", 0),
        ("return np.zeros((n, 3))", 1),
        ("return np.zeros((100000, 3))", 1),
        ("return np.zeros((n, m))", 2),
        ("return np.eye(n)", 2),
        ("return np.linspace(0, 1, n)", 1),
        ("return np.linspace(0, 1, 50)", 0),
        ("t = np.arange(n)\nreturn np.sin(t * 2)", 1),
        ("t = np.arange(n)\nreturn t[:, None] * t", None),
        ("t = np.arange(n)\nreturn t + np.arange(m)", None),
        ("return np.zeros(shape)", None),
        ("return np.zeros(n)", None),
        ("return np.zeros(x.shape)", None),
        ("return np.zeros(len(x))", 1),
        ("return np.zeros_like(x)", None),
        ("t = np.zeros((2, 2))\nreturn np.ones_like(t)", 0),
        ("return torch.ones(n)", 1),
        ("return torch.ones(shape)", None),
        ("return torch.rand(n, m)", 2),
        ("return torch.ones([]) * -1.0", 0),
        ("return torch.ones(*shape)", None),
        ("return rng.normal(size=(n, 2))", 1),
        ("return x * 2", None),
        ("return np.ones((3, 3)) @ x", None),
        ("t = np.ones((2, 2))\nif n:\n    t = x\nreturn t", None),
        ("t = np.ones((2, 2))\nif n:\n    t = np.ones((n, m))\nreturn t", 2),
        ("t = np.ones((2, 2))\nfor t in x:\n    pass\nreturn t", None),
        ("t = np.ones((2, 2))\nt += x\nreturn t", None),
        ("s = np.sum(x)\nreturn s * 2", 0),
        ("return np.sum(x, axis=0)", None),
    ],
)
def test_named_dimensions(body: str, expected: int | None) -> None:
    assert named(body) == expected


@pytest.mark.parametrize(
    ("names", "few"),
    [("losses", True), ("loss", True), ("self.metricKeys", True), ("axis", True), ("rows", False)],
)
def test_names_that_tell_of_a_handful(names: str, few: bool) -> None:
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", f"def f(self):\n    return {names}\n"))
    assert isinstance(facts, Facts)
    value = next(iter(facts.walk(ast.Return))).value
    assert value is not None
    assert listed.few(facts, value) is few

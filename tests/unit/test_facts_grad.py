"""Where gradients are off: told by the code, by a framework, by a decorator or by every caller."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.source import SourceFile

HEAD = "import torch\nimport pytorch_lightning as pl\nfrom functools import wraps\n"
DECORATOR = (
    "def quiet(fn):\n    @wraps(fn)\n    def inner(*a, **k):\n        with torch.no_grad():\n"
    "            return fn(*a, **k)\n    return inner\n"
)
FACTORY = (
    "def quiet(name=''):\n    def outer(fn):\n        def inner(*a):\n            with torch.no_grad():\n"
    "                return fn(*a)\n        return inner\n    return outer\n"
)
F = "def f(x):\n    return MARK(x)\n"


def modes(text: str, path: Path = Path("m.py")) -> tuple[bool, bool]:
    """Whether gradients are surely off, and off as far as one sees, at the call of `MARK`."""
    facts = Facts.of(SourceFile(path, path.name, HEAD + text))
    assert isinstance(facts, Facts)
    call = next(c for c in facts.walk(ast.Call) if ast.unparse(c.func) == "MARK")
    return facts.grad.disabled_at(call), facts.grad.disabled_around(call)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with torch.no_grad():\n    MARK(1)\n", (True, True)),
        ("with torch.no_grad():\n    with torch.enable_grad():\n        MARK(1)\n", (False, False)),
        ("@torch.inference_mode()\n" + F, (True, True)),
        ("class A(pl.LightningModule):\n    def validation_step(self, x):\n        MARK(x)\n", (False, True)),
        ("class A(pl.LightningModule):\n    def training_step(self, x):\n        MARK(x)\n", (False, False)),
        ("class A:\n    def validation_step(self, x):\n        MARK(x)\n", (False, False)),
        (
            "class A(pl.LightningModule):\n    def test_step(self, x):\n"
            "        with torch.enable_grad():\n            MARK(x)\n",
            (False, False),
        ),
        (DECORATOR + "@quiet\n" + F, (False, True)),
        (FACTORY + "@quiet('x')\n" + F, (False, True)),
        (DECORATOR.replace("no_grad", "enable_grad") + "@quiet\n" + F, (False, False)),
        (
            DECORATOR.replace("    return inner", "    fn(1)\n    return inner") + "@quiet\n" + F,
            (False, True),
        ),
        (DECORATOR + "quiet = print\n@quiet\n" + F, (False, False)),
        (DECORATOR.replace("with torch.no_grad()", "if a") + "@quiet\n" + F, (False, False)),
        (
            DECORATOR.replace("        with", "        if a:\n            return fn(*a)\n        with")
            + "@quiet\n"
            + F,
            (False, False),
        ),
        (F.replace("f(", "_f(") + "def g(x):\n    with torch.no_grad():\n        _f(x)\n", (False, True)),
        (F + "def g(x):\n    with torch.no_grad():\n        f(x)\n", (False, False)),
        (
            F.replace("f(", "_f(") + "def g(x):\n    with torch.no_grad():\n        _f(x)\n    _f(x)\n",
            (False, False),
        ),
        (
            F.replace("f(", "_f(") + "def g(x):\n    with torch.no_grad():\n        _f(x)\n    return _f\n",
            (False, False),
        ),
        (F.replace("f(", "_f(") + "def _g(x):\n    _f(x)\n", (False, False)),
        (
            "class A:\n    def _f(self, x):\n        MARK(x)\n    @torch.no_grad()\n    def g(self):\n"
            "        self._f(1)\n",
            (False, True),
        ),
        ("def _f(x):\n    MARK(x)\n    _f(x)\n", (False, False)),
    ],
)
def test_modes(text: str, expected: tuple[bool, bool]) -> None:
    assert modes(text) == expected


def test_a_decorator_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "marks.py").write_text(HEAD + DECORATOR)
    assert modes("from marks import quiet\n@quiet\n" + F, tmp_path / "m.py") == (False, True)

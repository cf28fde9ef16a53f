"""Values whose rounding a comparison can see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.facts.compared import is_compared
from codeopt.source import SourceFile


def compared(body: str) -> bool:
    text = f"import torch\n\ndef f(x, k):\n    {body}\n"
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    first = next(n for n in facts.walk(ast.BinOp) if isinstance(n.op, ast.Mult))
    return is_compared(facts, first)


@pytest.mark.parametrize(
    "body",
    [
        "return x * k > 0",
        "return torch.sign(x * k)",
        "return 1 if x * k else 2",
        "y = x * k\n    return torch.where(y >= 0, y, k)",
        "y = x * k\n    z = y + 1\n    z += 1\n    return z.argmax(dim=1)",
        "for _ in k:\n        if k < 1:\n            return k\n        k = x * k",
        "y = x * k\n    def g():\n        return y\n    return g",
        "y = x * k\n    assert y.sum() > 1\n    return y",
    ],
)
def test_compared(body: str) -> None:
    assert compared(body)


@pytest.mark.parametrize(
    "body",
    [
        "return x * k",
        "y = x * k\n    return y.sum()",
        "if x > 0:\n        return k\n    y = x * k\n    return y",
        "y = x * k\n    if y.shape[0] > 3 or y.dim() == 2 or len(y) > k:\n        return k\n    return y",
        "y = x * k\n    if y is None:\n        return k\n    return y",
        "y = x * k\n    z = y\n    y = k\n    if y > 1:\n        return y\n    return z",
        "if (x * k).ndim > 2:\n        return k\n    return x",
    ],
)
def test_not_compared(body: str) -> None:
    assert not compared(body)

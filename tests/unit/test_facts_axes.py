"""Axes that an array has at least, told by its making and by what its function says of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.source import SourceFile

HEAD = "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import einsum\n"


def least(body: str, head: str = HEAD) -> int:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", f"{head}def f(self, x, y, n, m, d=20):\n{lines}"))
    assert isinstance(facts, Facts)
    stmt = next(iter(facts.walk(ast.Return)))
    assert stmt.value is not None
    return facts.axes.least(stmt.value, stmt)


@pytest.mark.parametrize(
    "body",
    [
        'return torch.einsum("ij,kj->ik", x, y)',
        'return einsum("b h i d, b h j d -> b h i j", x, y)',
        "return torch.mm(x, y)",
        "return torch.matmul(x, y.transpose(2, 3))",
        "return F.conv2d(x, y)",
        "return np.vstack([x, y])",
        "return torch.cat([x, y], dim=1)",
        "return torch.cat((x, y), dim=-2)",
        "return torch.softmax(x, dim=2)",
        "return torch.rand(n, m)",
        "return torch.rand(*x, n)",
        "return np.zeros((n, m)) + 1",
        "return torch.sigmoid(x[:, :n])",
        "b, t = x.shape\nreturn torch.exp(x)",
        "s = torch.mm(x, y)\nt = torch.exp(s)\nreturn -t",
        "k = x.view(n, m, 3)\nreturn torch.sqrt(k)",
        "return torch.stack([torch.mm(a, y) for a in x])",
        "return torch.mm(x.view(-1, 1), y)",
        "z = torch.ones((n, 1)) * x[:, :n]\nreturn torch.mm(y, z)",
        "return torch.stack([x[:, None] - n for a in y], 1)",
    ],
)
def test_tables(body: str) -> None:
    assert least(body) >= 2


@pytest.mark.parametrize(
    "body",
    [
        "return torch.exp(x)",
        "return torch.pow(x, 2)",
        "return torch.stack([a.sum() for a in x])",
        "return torch.cat([x, y])",
        "return torch.cat([x, y], dim=-1)",
        "return torch.stack([x, y], dim=-1)",
        "return torch.matmul(x.transpose(-2, -1), y)",
        'return torch.einsum("bi,bi->b", x, y)',
        "return torch.randint(0, n, [x.shape[0]])",
        "return torch.sqrt(x.view(-1, 1))",
        "return torch.mm(x, y.view(-1, 1))",
        "z = torch.ones((n, 1)) / n.shape[0]\nreturn torch.mm(x.t(), z)",
        "z = x.sum(dim=-1, keepdim=True)\nreturn torch.exp(torch.mm(z.t(), y[:, :m]))",
        "z = y[:, None]\nreturn torch.mm(x, z) / n",
        "return torch.mm(x, y).sum(dim=1)",
        "return np.zeros((n, 3))",
        "return np.zeros((n, d))",
        "k = 17\nreturn np.zeros((n, k))",
        "a, k = n, 17\nreturn np.zeros((a, k))",
        "return np.zeros((n, self.num_scales))",
        "return torch.zeros([2 * self.radius + 1, n])",
        "z = x[:, 0]\nreturn torch.exp(x)",
        "z = np.empty(n)\nw = z[np.newaxis, y]\nreturn np.sqrt(z)",
    ],
)
def test_less_than_tables(body: str) -> None:
    assert least(body) < 2


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('return einsum("... i d, ... j d -> ... i j", x, y)', 3),
        ('return einsum("...ij->...ji", x)', 3),
        ('y = einsum("b h i d, b j d -> b h i j", x, y)\nreturn torch.exp(x)', 4),
        ('return torch.einsum("batch row, row col -> batch col", x, y)', 2),
    ],
)
def test_einsum_counts(body: str, count: int) -> None:
    assert least(body) == count

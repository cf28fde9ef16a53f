"""What may be overwritten: fresh memory of the function that nothing else holds, and nothing else."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.facts.aliases import Ownership
from codeopt.source import SourceFile


def ownership(body: str) -> Ownership:
    """Who owns `x` at the statement `MARK` of a function of `p`."""
    text = (
        "import numpy as np\nimport torch\ndef f(p, keep):\n"
        + textwrap.indent(body.replace("MARK", "MARK(x)"), "    ")
        + "\n"
    )
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    function = next(facts.functions())
    mark = next(s for s in facts.flow(function).own_statements if facts.text(s) == "MARK(x)")
    return facts.aliases.owner("x", mark, function)


@pytest.mark.parametrize(
    "body",
    [
        "x = p + 1\nMARK",
        "x = np.exp(p)\nMARK",
        "x = p.copy()\nMARK",
        "x = p.astype('f4')\nMARK",
        "x = np.zeros(3)\nx += 1\nMARK",
        "x = p * 2\nfor i in keep:\n    y = x\n    x = y\nMARK",
        "x = np.zeros(3)\nwhile p:\n    x += 1\n    x += 1\nMARK",
        "x = np.zeros(3)\nprint(x.shape, len(x))\nMARK",
        "x = p * 2\ns = x.sum() + x[0].max() + x.T.mean()\nMARK",
        "y = p * 2\nx = y\nMARK",
        "x = p * 2\nx[0] = 1\nMARK\nreturn x",
        "x = p * 2\nMARK\nkeep.append(x)",
        "x = np.zeros(3)\nnp.exp(x, out=x)\nMARK",
    ],
)
def test_owned(body: str) -> None:
    assert ownership(body) == Ownership(True)


@pytest.mark.parametrize(
    "body",
    [
        "x = p\nMARK",
        "x = p[1:]\nMARK",
        "x = p.T\nMARK",
        "x = np.asarray(p)\nMARK",
        "x = np.ravel(p)\nMARK",
        "x = p.reshape(-1)\nMARK",
        "x = p.view()\nMARK",
        "x = np.exp(p, out=p)\nMARK",
        "x = np.array(p, copy=False)\nMARK",
        "x = torch.from_numpy(p)\nMARK",
        "x = p.detach()\nMARK",
        "x = p * 2\ny = x\nMARK\nreturn y",
        "x = y = p * 2\nMARK",
        "x = p * 2\ny = x[1:]\nMARK",
        "x = p * 2\ny = x.T\nMARK",
        "x = p * 2\nkeep.append(x)\nMARK",
        "x = p * 2\nkeep['x'] = x\nMARK",
        "x = p * 2\nkeep.x = x\nMARK",
        "x = p * 2\ny = [x]\nMARK",
        "x = p * 2\ny = (1, x)\nMARK",
        "x = p * 2\nyield x\nMARK",
        "x = p * 2\ng = lambda: x\nMARK",
        "x = p * 2\nfor row in x: keep(row)\nMARK",
        "global x\nx = p * 2\nMARK",
        "if p: x = p * 2\nelse: x = p\nMARK",
        "for i in range(3):\n    x = p * 2\n    MARK\n    keep.append(x)\n    x = keep[0]\n    i = 1\nMARK",
        "for x in p:\n    MARK",
        "with p as x:\n    MARK",
        "x = p * 2\ny = np.asarray(x)\nMARK",
        "x = p * 2\na, b = x\nMARK",
    ],
)
def test_known_to_be_shared(body: str) -> None:
    found = ownership(body)
    assert not found.owned
    assert found.wrong, found.reason


@pytest.mark.parametrize(
    "body", ["x = load(p)\nMARK", "x = p * 2\nkeep(x)\nMARK", "x = p * 2\nx.fit(p)\nMARK"]
)
def test_unknown_callees_are_neither_owned_nor_wrong(body: str) -> None:
    found = ownership(body)
    assert (found.owned, found.wrong) == (False, False)


@pytest.mark.parametrize(
    ("expression", "kind", "dtype", "rank"),
    [
        ("np.zeros((3, n))", "ndarray", "float64", 2),
        ("np.zeros((3, n), dtype=np.float32)", "ndarray", "float32", 2),
        ("np.zeros(n)", "ndarray", "float64", None),
        ("np.exp(np.zeros((n, n))) * 2 - 1", "ndarray", "float64", 2),
        ("np.sqrt(n)", "unknown", "float", None),
        ("np.random.default_rng(0).random((n, 2), dtype=np.float32)", "ndarray", "float32", 2),
        ("np.zeros((n, 2)).astype(np.float32) * np.zeros((n, 2))", "ndarray", "float64", 2),
        ("np.zeros((n, 2)) > 0", "ndarray", "bool", 2),
        ("len(n) + 1", "scalar", "python-int", 0),
        ("np.mean(n)", "scalar", None, 0),
        ("torch.zeros(3)", "tensor", None, None),
        ("[1] * n", "list", None, None),
        ("unknown(n)", "unknown", None, None),
        ("t", "tensor", None, None),
    ],
)
def test_values(expression: str, kind: str, dtype: str | None, rank: int | None) -> None:
    text = f"import numpy as np, torch\ndef f(n, t: torch.Tensor):\n    return {expression}\n"
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    statement = next(facts.walk(ast.Return))
    assert statement.value is not None
    value = facts.arrays.value(statement.value, statement)
    assert (value.kind, value.dtype, value.rank) == (kind, dtype, rank)

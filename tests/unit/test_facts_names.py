"""Canonical names, spellings, grad mode, loops, and edits of the text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.edit import apply_edits
from codeopt.facts import Facts
from codeopt.source import SourceFile


def facts_of(text: str) -> Facts:
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    return facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import numpy as np\nnp.exp(MARK)", "numpy.exp"),
        ("import torch.nn.functional as F\nF.relu(MARK)", "torch.nn.functional.relu"),
        ("from torch.nn import functional as F\nF.relu(MARK)", "torch.nn.functional.relu"),
        ("import os.path\nos.path.join(MARK)", "os.path.join"),
        ("from math import sqrt\nsqrt(MARK)", "math.sqrt"),
        ("from . import data\ndata.load(MARK)", ".data.load"),
        ("from ..a import b\nb(MARK)", "..a.b"),
        ("def f():\n    import numpy as np\n    np.exp(MARK)", "numpy.exp"),
        ("sum(MARK)", "builtins.sum"),
        ("from numpy import *\nsum(MARK)", None),
        ("def sum(x): pass\nsum(MARK)", None),
        ("import numpy as np\ndef f(np):\n    np.exp(MARK)", None),
        ("import numpy as np\nnp = 1\nnp.exp(MARK)", None),
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np\nnp.exp(MARK)", None),
        ("import numpy as np\ndef f():\n    global np\n    np = 1\nnp.exp(MARK)", None),
        ("import numpy as np\nclass C:\n    np = 1\n    def f(self):\n        np.exp(MARK)", "numpy.exp"),
        ("import numpy as np\n[np.exp(MARK) for np in x]", None),
        ("self.exp(MARK)", None),
    ],
)
def test_dotted(text: str, expected: str | None) -> None:
    facts = facts_of(text)
    mark = next(n for n in facts.walk(ast.Name) if n.id == "MARK")
    call = facts.parent(mark)
    assert isinstance(call, ast.Call)
    assert facts.names.dotted(call.func) == expected


def test_spell_uses_what_is_imported_and_respects_shadowing() -> None:
    facts = facts_of("import torch.nn.functional as F\nimport numpy as np\ndef f(np): return 1\n")
    inside = next(facts.walk(ast.Return))
    assert facts.names.spell("torch.nn.functional.gelu") == "F.gelu"
    assert facts.names.spell("numpy.exp") == "np.exp"
    assert facts.names.spell("numpy.exp", inside) is None
    assert facts.names.spell("pandas.concat") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with torch.no_grad():\n    MARK", True),
        ("with torch.inference_mode():\n    MARK", True),
        ("with torch.inference_mode(False):\n    MARK", False),
        ("with torch.no_grad():\n    with torch.enable_grad():\n        MARK", False),
        ("@torch.no_grad()\ndef f():\n    MARK", True),
        ("@torch.no_grad()\ndef f():\n    def g():\n        MARK", False),
        ("torch.set_grad_enabled(False)\nMARK", True),
        ("torch.set_grad_enabled(False)\ntorch.set_grad_enabled(True)\nMARK", False),
        ("with torch.autocast('cpu'):\n    MARK", False),
        ("with torch.no_grad():\n    f = lambda: MARK", False),
    ],
)
def test_grad_mode(text: str, expected: bool) -> None:
    facts = facts_of("import torch\n" + text)
    mark = next(n for n in facts.walk(ast.Name) if n.id == "MARK")
    assert facts.grad.disabled_at(mark) is expected


def test_loop_carried() -> None:
    facts = facts_of(
        "def f(p):\n    a = 0\n    for i in p:\n        b = i\n        a = a + b\n    return a\n"
    )
    (loop,) = facts.loops.around(next(n for n in facts.walk(ast.Assign) if facts.text(n) == "b = i"))
    assert facts.loops.carried("a", loop)
    assert not facts.loops.carried("b", loop)


REPLACED = [
    ("y = x * 2", "x", "a + b", "y = (a + b) * 2"),
    ("y = f(x)", "x", "a if b else c", "y = f(a if b else c)"),
    ("y = x.sum()", "x", "a + b", "y = (a + b).sum()"),
    ("y = (x + 1).sum()", "x + 1", "z", "y = z.sum()"),
    ("y = -x ** 2", "x", "-a", "y = -(-a) ** 2"),
    ("y = [i for i in x]", "x", "a if b else c", "y = [i for i in (a if b else c)]"),
    ("y = x", "x", "a, b", "y = (a, b)"),
    ("return(x + 1)", "x + 1", "z", "return z"),
    ("y = a - x", "x", "b - c", "y = a - (b - c)"),
    ("y = f(x, 1)", "x", "i for i in z", "y = f((i for i in z), 1)"),
]


@pytest.mark.parametrize(("before", "old", "new", "after"), REPLACED)
def test_replace_adds_parentheses_only_where_they_are_needed(
    before: str, old: str, new: str, after: str
) -> None:
    text = f"def f():\n    {before}\n"
    facts = facts_of(text)
    node = next(n for n in facts.under(facts.tree) if isinstance(n, ast.expr) and facts.text(n) == old)
    result = apply_edits(text, facts.edits.replace(node, new))
    assert result == f"def f():\n    {after}\n"
    ast.parse(result)


LAYOUTS = {
    "alone": ("def f():\n    MARK  # why\n    b\n", "def f():\n    MARK  # why\n    del x\n    b\n"),
    "semicolons": ("def f():\n    a; MARK; b\n", "def f():\n    a; MARK; del x; b\n"),
    "one line": ("if a: MARK\nb\n", "if a: MARK; del x\nb\n"),
    "no newline": ("def f():\n    MARK", "def f():\n    MARK\n    del x"),
    "crlf": ("def f():\r\n\tMARK\r\n", "def f():\r\n\tMARK\r\n\tdel x\r\n"),
    "continued": ("if a: \\\n    MARK\nb\n", "if a: \\\n    MARK; del x\nb\n"),
    "not ascii": ("def f():\n    'ä'; MARK\n", "def f():\n    'ä'; MARK; del x\n"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_insert_after(name: str) -> None:
    before, after = LAYOUTS[name]
    facts = facts_of(before)
    mark = next(n for n in facts.walk(ast.Expr) if facts.text(n) == "MARK")
    assert apply_edits(before, facts.edits.insert_after(mark, "del x")) == after


def test_nothing_is_put_before_an_elif() -> None:
    facts = facts_of("if a:\n    pass\nelif b:\n    pass\n")
    assert facts.edits.insert_before(list(facts.walk(ast.If))[1], "x = 1") == ()


def test_wrap_indents_code_but_not_the_inside_of_strings() -> None:
    text = 'def f():\n    a = """x\n  y"""  # keep\n\n    b(\n      1)\n    c\n'
    facts = facts_of(text)
    first, last = (next(n for n in facts.walk(kind)) for kind in (ast.Assign, ast.Expr))
    result = apply_edits(text, facts.edits.wrap(first, last, "with k:"))
    expected = 'def f():\n    with k:\n        a = """x\n  y"""  # keep\n\n        b(\n          1)\n    c\n'
    assert result == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    MARK\n    b\n", "def f():\n    b\n"),
        ("def f():\n    MARK  # why\n    b\n", "def f():\n    # why\n    b\n"),
        ("def f():\n    MARK\n", "def f():\n    pass\n"),
        ("a; MARK; b\n", "a; b\n"),
        ("a; MARK\n", "a\n"),
    ],
)
def test_delete(before: str, after: str) -> None:
    facts = facts_of(before)
    mark = next(n for n in facts.walk(ast.Expr) if facts.text(n) == "MARK")
    assert apply_edits(before, facts.edits.delete(mark)) == after

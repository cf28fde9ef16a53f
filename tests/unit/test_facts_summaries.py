"""What project functions do with their arguments, and where nothing may be said of them."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.facts.summaries import Effect
from codeopt.facts.values import Value
from codeopt.source import SourceFile

HEAD = "import numpy as np\nimport torch\nimport torch.nn.functional as F\n"


def facts_of(text: str, path: Path = Path("m.py")) -> Facts:
    facts = Facts.of(SourceFile(path, path.name, text))
    assert isinstance(facts, Facts)
    return facts


def last_call(facts: Facts) -> ast.Call:
    found = list(facts.walk(ast.Call))[-1]
    assert found.args
    return found


def effect(body: str, signature: str = "x, keep") -> Effect | None:
    """What a function does with its first argument."""
    facts = facts_of(f"{HEAD}def f({signature}):\n{textwrap.indent(body, '    ')}\nf(1, 2)\n")
    call = last_call(facts)
    return facts.summaries.effect(call, call.args[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x.sum()", Effect.READ),
        ("return x + 1", Effect.READ),
        ("y = np.asarray(x)\nreturn np.exp(y).max()", Effect.READ),
        ("if x.ndim != 2:\n    raise ValueError(f'{x.shape}')\nreturn len(x)", Effect.READ),
        ("x = x.copy()\nx += 1\nreturn x", Effect.READ),
        ("out = np.zeros(3)\nout[:] = x\nreturn out", Effect.READ),
        ("for row in x:\n    print(row.sum())", Effect.READ),
        ("x += 1", Effect.WRITTEN),
        ("x[0] = 1", Effect.WRITTEN),
        ("del x[0]", Effect.WRITTEN),
        ("y = x.T\ny[0] = 1", Effect.WRITTEN),
        ("y = np.asarray(x)\ny *= 2", Effect.WRITTEN),
        ("np.exp(keep, out=x)", Effect.WRITTEN),
        ("np.copyto(x, keep)", Effect.WRITTEN),
        ("x.sort()", Effect.WRITTEN),
        ("x.add_(1)", Effect.WRITTEN),
        ("for row in x:\n    row[0] = 1", Effect.WRITTEN),
        ("a, b = x, keep\na[0] = b", Effect.WRITTEN),
        ("if (y := x) is not None:\n    y[0] = 1", Effect.WRITTEN),
        ("try:\n    y = x\nfinally:\n    y[0] = 1", Effect.WRITTEN),
        ("while keep:\n    y = x\n    x = keep\n    y[0] = 1", Effect.WRITTEN),
        ("keep.append(x)", Effect.KEPT),
        ("keep.append(x.T)", Effect.KEPT),
        ("keep['x'] = x", Effect.KEPT),
        ("keep.x = x[1:]", Effect.KEPT),
        ("y = [x]\nkeep.y = y", Effect.KEPT),
        ("return x", Effect.RETURNED),
        ("return x[1:]", Effect.RETURNED),
        ("return np.asarray(x)", Effect.RETURNED),
        ("return keep, x", Effect.RETURNED),
        ("return {'x': x}", Effect.RETURNED),
        ("return x if keep else x + 1", Effect.RETURNED),
        ("return keep or x", Effect.RETURNED),
        ("return max(x, keep)", Effect.RETURNED),
        ("y = x.view()\ny += 1\nreturn y", Effect.RETURNED | Effect.WRITTEN),
        ("return x.add_(1)", Effect.RETURNED | Effect.WRITTEN),
    ],
)
def test_effects(body: str, expected: Effect) -> None:
    assert effect(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "keep(x)",
        "x.fit(keep)",
        "yield x.sum()",
        "global y\ny = x",
        "def g():\n    return x\nreturn g",
        "return lambda: x",
        "return [x for _ in keep]",
        "return (row for row in x)",
        "with x:\n    pass",
        "keep += x",
        "return F.relu(x, inplace=True)",
        "return np.array(x, copy=keep)",
        "return f(x, keep)",
        "match x:\n    case y:\n        keep.y = y",
        "return locals()",
        "raise x",
    ],
)
def test_what_is_not_understood_is_not_decided(body: str) -> None:
    assert effect(body) is None


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return 1\ndef f(x): return x\nf(1)\n",
        "def f(x): return 1\nf = print\nf(1)\n",
        "if len('a'):\n    def f(x): return 1\nf(1)\n",
        "from other import *\ndef f(x): return 1\nf(1)\n",
        "import other\n@other.wrap\ndef f(x): return 1\nf(1)\n",
        "def g():\n    global f\n    f = print\ndef f(x): return 1\nf(1)\n",
        "def f(x): return 1\nglobals()['f'] = print\nf(1)\n",
        "async def f(x): return 1\nf(1)\n",
        "def f(*x): return 1\nf(1)\n",
        "def f(x): return 1\nf(*[1])\n",
        "def f(y, **x): return 1\nf(1, **{1: 2})\n",
        "class A:\n    def f(self, x): return 1\n    def g(self): return self.f(1)\n",
        "class A:\n    def __f(self, x): return 1\n    def g(self):\n        self.__f = print\n"
        "        return self.__f(1)\n",
        "def g():\n    def f(x): return 1\n    return f(1)\n",
        "def g(f):\n    return f(1)\ndef f(x): return 1\n",
        "class f:\n    def __init__(self, x): pass\nf(1)\n",
    ],
)
def test_nothing_is_said_of_what_something_may_stand_in_for(text: str) -> None:
    facts = facts_of(text)
    calls = [c for c in facts.walk(ast.Call) if c.args and ast.unparse(c.func).endswith("f")]
    assert facts.summaries.effect(calls[-1], calls[-1].args[0]) is None
    assert "*" in text or not facts.summaries.fresh(calls[-1])


def test_arguments_by_name_and_private_methods() -> None:
    facts = facts_of(
        "class A:\n    def __f(self, x, *, y): y[0] = x\n"
        "    @staticmethod\n    def __g(x): return x\n"
        "    def h(self, a, b): return self.__f(a, y=b), self.__g(a)\n"
    )
    first, second = facts.walk(ast.Call)
    assert facts.summaries.effect(first, first.args[0]) == Effect.KEPT
    assert facts.summaries.effect(first, first.keywords[0].value) == Effect.WRITTEN
    assert facts.summaries.effect(second, second.args[0]) == Effect.RETURNED


@pytest.mark.parametrize(
    ("body", "fresh"),
    [
        ("return x + 1", True),
        ("y = np.zeros(3)\ny[0] = x\nreturn y", True),
        ("if x:\n    return np.ones(3)\nelse:\n    raise ValueError", True),
        ("return x", False),
        ("return np.asarray(x)", False),
        ("y = x + 1\nkeep.append(y)\nreturn y", False),
        ("y = x + 1\nkeep.y = y\nreturn y", False),
        ("if x:\n    return x + 1\nreturn x", False),
        ("return CACHE", False),
        ("y = x + 1\ntry:\n    return y\nfinally:\n    keep.y = y", False),
        ("if keep:\n    return x + 1", False),
        ("return np.zeros(3).T", False),
        ("y = x + 1\nkeep(lambda: y)\nreturn y", False),
    ],
)
def test_fresh_results(body: str, fresh: bool) -> None:
    facts = facts_of(f"{HEAD}CACHE = []\ndef f(x, keep):\n{textwrap.indent(body, '    ')}\nf(1, 2)\n")
    assert facts.summaries.fresh(last_call(facts)) is fresh


def test_values_of_results_name_no_lengths_of_the_function() -> None:
    facts = facts_of(f"{HEAD}def f(n):\n    return np.zeros((n, 3))\nf(1)\n")
    assert facts.summaries.value(last_call(facts)) == Value("ndarray", "float64", 2, fresh=True)


def test_functions_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("from .deep import reads, writes, twice\n")
    (tmp_path / "pkg" / "deep.py").write_text(
        "from . import reads as again\n"
        "def reads(x): return x.sum()\n"
        "def writes(x): return reads(x) + inner(x)\n"
        "def inner(x):\n    x[0] = 1\n    return 2\n"
        "def round_about(x): return again(x)\n"
        "try:\n    from fast import twice\nexcept ImportError:\n    def twice(x): return x * 2\n"
    )
    text = (
        "from pkg import reads, writes, twice\nimport pkg.deep as deep\nfrom missing import gone\n"
        "reads(1)\nwrites(1)\ndeep.round_about(1)\ntwice(1)\ngone(1)\ndeep.nothing(1)\n"
    )
    facts = facts_of(text, tmp_path / "main.py")
    found = [facts.summaries.effect(c, c.args[0]) for c in facts.walk(ast.Call)]
    assert found == [Effect.READ, Effect.WRITTEN, Effect.READ, None, None, None]

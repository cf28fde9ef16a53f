"""Code for compilers, other versions and demos."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.source import SourceFile


def last_return(text: str, name: str = "m.py") -> tuple[Facts, ast.AST]:
    facts = Facts.of(SourceFile(Path(name), name, text))
    assert isinstance(facts, Facts)
    return facts, list(facts.walk(ast.Return))[-1]


@pytest.mark.parametrize(
    "text",
    [
        "import numba\n@numba.njit\ndef f(x): return x",
        "from numba import njit\n@njit(cache=True)\ndef f(x): return x",
        "from package.compat import njit\n@njit\ndef f(x): return x",
        "import torch\n@torch.jit.script\ndef f(x): return x",
        "import functools, jax\n@functools.partial(jax.jit, static_argnums=0)\ndef f(x): return x",
        "from numba import njit\n@njit\ndef f(x):\n    def g(): return x\n",
        "import torch\nif hasattr(torch, 'x'):\n    def f(x): return x",
        "try:\n    import a\nexcept ImportError:\n    def f(x): return x",
        "import torch\ndef f(x):\n    if torch.compiler.is_compiling():\n        return x",
        "import torch\n@torch.compile(dynamic=True)\ndef f(x): return x",
        "from package import torch_compile\n@torch_compile\nclass A:\n    def f(self, x): return x",
        "def f(x):\n    'For debugging purposes only.'\n    return x",
        "def f(x):\n    try:\n        g(x, a=1)\n    except TypeError:\n        return x",
        "def f(x):\n    try:\n        x.g()\n    except (TypeError, AttributeError) as e:\n        return x",
        "A = False\ndef f(x):\n    if A:\n        return x",
        "A = True\ndef f(x):\n    if A:\n        g(x)\n    else:\n        return x",
        "A = True\ndef f(x, y):\n    if y and not A:\n        return x",
        "A = True\ndef g(x):\n    if A or x:\n        pass\n    elif x:\n        return B(x)\n"
        "    isinstance(x, B)\nclass C:\n    def m(self):\n        return 1\n"
        "class B:\n    def f(self, x):\n        return x",
        "A = False\ndef g(x):\n    if A:\n        h(x)\ndef h(x):\n    f(x)\ndef f(x):\n    return x",
    ],
)
def test_aside(text: str) -> None:
    facts, node = last_return(text)
    assert facts.is_aside(node)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return x",
        "def f(x):\n    'Prints more when debugging.'\n    return x",
        "def f(x):\n    if x.any():\n        return x",
        "import torch\n@torch.no_grad()\ndef f(x): return x",
        "import functools\n@functools.partial(print, 1)\ndef f(x): return x",
        "from numba import njit\n@njit\ndef g(x): return x\ndef f(x): return g(x)",
        "def f(x):\n    try:\n        g(x)\n    except (TypeError, ValueError):\n        return x",
        "def f(x):\n    try:\n        return x\n    except TypeError:\n        g(x)",
        "def f(x):\n    try:\n        g(x)\n    except:\n        return x",
        "A = True\ndef f(x):\n    if A:\n        return x",
        "A = False\ndef f(x, y):\n    if y or A:\n        return x",
        "A = False\nA = True\ndef f(x):\n    if A:\n        return x",
        "A = False\ndef f(x):\n    if A:\n        return x\n    return x",
        "A = False\ndef g():\n    global A\n    A = True\ndef f(x):\n    if A:\n        return x",
        "A = False\ndef f(x, A):\n    if A:\n        return x",
        "A = False\ndef g(x):\n    if A:\n        f(x)\n    f(x)\ndef f(x):\n    return x",
        "A = False\ndef f(x):\n    return f(x)",
    ],
)
def test_not_aside(text: str) -> None:
    facts, node = last_return(text)
    assert not facts.is_aside(node)


def test_tests_and_setup_scripts_are_aside() -> None:
    for name, aside in (
        ("a/test_x.py", True),
        ("x_test.py", True),
        ("setup.py", True),
        ("a/latest.py", False),
    ):
        facts, node = last_return("def f(x): return x", name)
        assert facts.is_aside(node) is aside

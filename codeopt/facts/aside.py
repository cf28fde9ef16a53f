"""Code that does not run as it stands here: for a compiler, for another version, or as a script's demo.

What a compiler takes over has other temporaries and lifetimes than Python's. What is defined under a
condition at the top of a module often makes up for a library that is older than the rewrite needs. Tests and
setup scripts work on little data.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_PACKAGES = ("numba.", "torch.jit.", "jax.", "tensorflow.", "cython.", "pythran.", "taichi.", "triton.")
# Also where the project has a wrapper of its own: a name like these is enough to be careful.
_NAMES = frozenset({"jit", "njit", "vectorize", "guvectorize", "stencil", "cfunc", "script", "jit_script"})


_TESTS = re.compile(r"test_.*\.py|.*_tests?\.py|conftest\.py|setup\.py")
_FAULTS = re.compile(r"(?i)\bdebug(ging)? (purposes? )?only\b|\b(only|left) for (debug|test)")
_COMPILING = frozenset({"is_compiling", "is_dynamo_compiling", "is_scripting", "is_tracing", "is_exporting"})


def is_aside(facts: Facts, node: ast.AST) -> bool:
    """Whether a node stands in what a decorator hands to a compiler, in a branch for compilers,
    in a test, or under a condition at the top of its module."""
    around = (node, *facts.index.ancestors(node))
    holders = (f for f in around if isinstance(f, (*DEFS, ast.ClassDef)))
    if any(_compiles(facts, decorator) for f in holders for decorator in f.decorator_list):
        return True
    if _TESTS.fullmatch(facts.source.name.rpartition("/")[2]) or any(map(_is_for_tests, around)):
        return True
    top = around[-2] if len(around) > 1 else node
    return isinstance(top, (ast.If, ast.Try)) or any(_asks(n) for n in around if isinstance(n, ast.If))


def _is_for_tests(around: ast.AST) -> bool:
    """Whether a function says that it is there to find faults."""
    said = ast.get_docstring(around) if isinstance(around, DEFS) else None
    return said is not None and _FAULTS.search(said) is not None


def _asks(branch: ast.If) -> bool:
    """Whether a branch asks if a compiler reads it."""
    called = [n.func for n in ast.walk(branch.test) if isinstance(n, ast.Call)]
    names = [f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in called]
    return not _COMPILING.isdisjoint(names)


def _compiles(facts: Facts, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = facts.names.dotted(target) or ""
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    # partial(jit, ...) hands over as well.
    handed = decorator.args if isinstance(decorator, ast.Call) and dotted == "functools.partial" else []
    known = dotted.startswith(_PACKAGES) or name in _NAMES or "compile" in name
    return known or any(_compiles(facts, a) for a in handed[:1])

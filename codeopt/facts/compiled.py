"""Functions whose code a compiler takes over: their temporaries and lifetimes are not Python's."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_PACKAGES = ("numba.", "torch.jit.", "jax.", "tensorflow.", "cython.", "pythran.", "taichi.", "triton.")
# Also where the project has a wrapper of its own: a name like these is enough to be careful.
_NAMES = frozenset({"jit", "njit", "vectorize", "guvectorize", "stencil", "cfunc", "script", "jit_script"})


def is_compiled(facts: Facts, node: ast.AST) -> bool:
    """Whether a node stands in a function that a decorator hands to a compiler."""
    around = (node, *facts.index.ancestors(node))
    return any(_compiles(facts, d) for f in around if isinstance(f, DEFS) for d in f.decorator_list)


def _compiles(facts: Facts, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = facts.names.dotted(target) or ""
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    # partial(jit, ...) hands over as well.
    handed = decorator.args if isinstance(decorator, ast.Call) and dotted == "functools.partial" else []
    return dotted.startswith(_PACKAGES) or name in _NAMES or any(_compiles(facts, a) for a in handed[:1])

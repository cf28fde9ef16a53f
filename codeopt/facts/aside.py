"""Code that does not run as it stands here: for a compiler, for another version, or as a script's demo.

What a compiler takes over has other temporaries and lifetimes than Python's. What is defined under a
condition at the top of a module, or done where a name or an argument is not known, often makes up for a
library that is older than the rewrite needs. Tests and setup scripts work on little data. What a constant of
the module turns off is not run at all.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS, DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

_PACKAGES = ("numba.", "torch.jit.", "jax.", "tensorflow.", "cython.", "pythran.", "taichi.", "triton.")
# Also where the project has a wrapper of its own: a name like these is enough to be careful.
_NAMES = frozenset({"vectorize", "guvectorize", "stencil", "cfunc", "script"})


_TESTS = re.compile(r"test_.*\.py|.*_tests?\.py|conftest\.py|setup\.py")
_FAULTS = re.compile(r"(?i)\bdebug(ging)? (purposes? )?only\b|\b(only|left) for (debug|test)")
_OLDER = frozenset(
    {"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "NotImplementedError"}
)
_COMPILING = frozenset({"is_compiling", "is_dynamo_compiling", "is_scripting", "is_tracing", "is_exporting"})


def is_aside(facts: Facts, node: ast.AST) -> bool:
    """Whether a node stands in what a decorator hands to a compiler, in a branch for compilers,
    in a test, under a condition at the top of its module, where an older library is made up for, or where
    a constant of the module turns it off."""
    around = (node, *facts.index.ancestors(node))
    holders = (f for f in around if isinstance(f, (*DEFS, ast.ClassDef)))
    if any(_compiles(facts, decorator) for f in holders for decorator in f.decorator_list):
        return True
    if _TESTS.fullmatch(facts.source.name.rpartition("/")[2]) or any(map(_is_for_tests, around)):
        return True
    top = around[-2] if len(around) > 1 else node
    if isinstance(top, (ast.If, ast.Try)) or any(_asks(n) for n in around if isinstance(n, ast.If)):
        return True
    return any(map(_is_for_older, around)) or _is_off(facts, node, frozenset())


def _is_for_older(around: ast.AST) -> bool:
    """Whether an arm of a `try` is there for a library that lacks a name or an argument."""
    caught = around.type if isinstance(around, ast.ExceptHandler) else None
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return all(isinstance(kind, ast.Name) and kind.id in _OLDER for kind in kinds)


def _is_off(facts: Facts, node: ast.AST, seen: frozenset[ast.AST]) -> bool:
    """Whether constants of the module turn off the arm of a condition around a node, or every place that
    names the class or function around it."""
    if not any(isinstance(s, ast.Assign) and _is_switch(s.value) for s in facts.tree.body):
        return False
    below = node
    for around in facts.index.ancestors(node):
        if isinstance(around, ast.If) and below is not around.test:
            truth = _truth(facts, around.test)
            if truth is not None and truth is not (below in around.body):
                return True
        if isinstance(around, ast.Module) and isinstance(below, (*DEFS, ast.ClassDef)) and below not in seen:
            return _is_named_off(facts, below, seen | {below})
        below = around
    return False


def _is_named_off(facts: Facts, made: DefNode | ast.ClassDef, seen: frozenset[ast.AST]) -> bool:
    """Whether a class or function of the module's top has a use, and none that is not turned off."""
    uses = facts.names.uses(made.name, facts.tree) if not made.decorator_list else []
    inside = set(facts.under(made))
    making = [use for use in uses if use not in inside and not _is_asked(facts, use)]
    return bool(making) and all(_is_off(facts, use, seen) for use in making)


def _is_asked(facts: Facts, use: ast.Name) -> bool:
    """Whether a class is only asked about, as the type of something: `isinstance(x, use)`."""
    call = facts.parent(use)
    return isinstance(call, ast.Call) and facts.names.dotted(call.func) == "builtins.isinstance"


def _is_switch(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, bool)


def _truth(facts: Facts, test: ast.expr) -> bool | None:
    """What a condition is as far as constants of the module decide it."""
    match test:
        case ast.Constant(value=bool(known)):
            return known
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known_not = _truth(facts, operand)
            return None if known_not is None else not known_not
        case ast.BoolOp(op=op, values=values):
            deciding = isinstance(op, ast.Or)
            found = [_truth(facts, value) for value in values]
            return deciding if deciding in found else (None if None in found else not deciding)
        case ast.Name(id=name) if isinstance(facts.names.home(test), ast.Module):
            bound = facts.names.bindings(name, facts.tree)
            made = facts.parent(bound[0]) if len(bound) == 1 else None
            if (
                isinstance(made, ast.Assign)
                and isinstance(made.value, ast.Constant)
                and _is_switch(made.value)
            ):
                return bool(made.value.value)
    return None


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
    known = dotted.startswith(_PACKAGES) or name in _NAMES or "compile" in name or "jit" in name
    return known or any(_compiles(facts, a) for a in handed[:1])

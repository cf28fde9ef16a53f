"""Functions that evaluate by their look, and the statements of one that need no gradients if they do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

_TRAINING = ("train", "backward", "step", "fit", "attack", "optimi", "grad")
_LOOK = re.compile(
    r"(^|_)(eval|evaluate|evaluation|predict|prediction|predictions|score|scores|infer|inference|validate|"
    r"validation|embed|embeddings?|encode|extract|test|generate|sample|rate|classify)(_|$)"
)


def trains(function: DefNode) -> bool:
    """Whether a function calls something that by its name may train."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            target = node.func
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name == "train" and all(isinstance(a, ast.Constant) for a in node.args):
                continue
            if name.lower().startswith(_TRAINING) or (name != "no_grad" and "grad" in name):
                return True
    return False


def looks_like_one(facts: Facts, function: DefNode) -> bool:
    """Whether a name or a call of `.eval()` suggests that nobody trains through a function.

    It proves nothing: a loss may well be back-propagated through `evaluate`.
    """
    if function.name == "forward" or facts.flow(function).is_generator:
        return False
    called = any((found := patterns.method(n, "eval")) and not found[1].args for n in ast.walk(function))
    return called or _LOOK.search(function.name.lower()) is not None


def to_the_end(facts: Facts, function: DefNode, calls: Iterable[ast.Call]) -> list[ast.stmt]:
    """The statements of a function from the first of some calls to its last one."""
    inside = [n for call in calls for n in (call, *facts.index.ancestors(call))]
    places = [function.body.index(n) for n in inside if isinstance(n, ast.stmt) and n in function.body]
    run = function.body[min(places) :] if places else []
    if len(run) == 1 and isinstance(run[0], (ast.With, ast.If)):
        body = run[0].body
        return body if all(any(n in body for n in (c, *facts.index.ancestors(c))) for c in calls) else run
    return run

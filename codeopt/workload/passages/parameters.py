"""What a test's parameters get: defaults, and the first values that it is parametrized with."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from codeopt.workload.passages.mentions import with_named_first

Bound = dict[str, ast.expr | str]
"""Name -> what it was assigned, or the lines that bind it: an import, or a function with what it needs."""


def defaults(args: ast.arguments) -> Bound:
    """Parameters by their defaults."""
    plain = [*args.posonlyargs, *args.args]
    pairs = [*zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)]
    pairs += [(arg, value) for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value]
    return {arg.arg: value for arg, value in pairs}


def parametrized(
    node: ast.FunctionDef | ast.ClassDef, wanted: Collection[str] = (), head: Sequence[ast.stmt] = ()
) -> Bound:
    """The first values of `pytest.mark.parametrize`, or the first that read one of the wanted names.

    `head` are the statements of the file.
    """
    found: Bound = {}
    for mark in node.decorator_list:
        if (
            isinstance(mark, ast.Call)
            and ast.unparse(mark.func).endswith("parametrize")
            and len(mark.args) > 1
        ):
            names = _names(mark.args[0])
            values = with_named_first(mark.args[1], wanted, head)
            first = first_of(values)
            if len(names) == 1:
                found[names[0]] = one_of(values)
            elif isinstance(first, list) and len(first) == len(names):
                found.update(zip(names, first, strict=True))
            elif isinstance(first, ast.Tuple | ast.List) and len(first.elts) == len(names):
                found.update(zip(names, first.elts, strict=True))
            elif isinstance(first, ast.expr):
                found.update((name, _item(first, place)) for place, name in enumerate(names))
    return found


def first_of(values: ast.expr) -> ast.expr | list[ast.expr]:
    """The first of several values; those of `pytest.param(value, ...)` as a list."""
    if (
        not isinstance(values, ast.List | ast.Tuple)
        or not values.elts
        or isinstance(values.elts[0], ast.Starred)
    ):
        return _item(ast.Call(ast.Name("list", ast.Load()), [values], []), 0)
    first = values.elts[0]
    if isinstance(first, ast.Call) and ast.unparse(first.func).endswith("param") and first.args:
        return first.args
    return first


def one_of(values: ast.expr) -> ast.expr:
    """The first of several values, that of `pytest.param(value)` itself."""
    first = first_of(values)
    if isinstance(first, list):
        return first[0]
    if isinstance(first, ast.Call) and ast.unparse(first.func) == "next":
        text = f"next(each.values[0] if hasattr(each, 'marks') else each for each in {ast.unparse(values)})"
        return ast.parse(text, mode="eval").body
    return first


def _item(value: ast.expr, place: int) -> ast.expr:
    return ast.Subscript(value, ast.Constant(place), ast.Load())


def _names(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]

"""What a function reads of the arguments that it collects by name (`**data`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from codeopt.workload.guess.reading import Function

_MOST = 6


def names_read(node: Function, defaults: Mapping[str, str]) -> tuple[str, ...]:
    """Names that a function asks its collected arguments for, in the order of its text.

    They stand there themselves, or an attribute of the object holds one or several: those that it is
    constructed with by default, whose texts `defaults` gives by name.
    """
    spread = node.args.kwarg.arg if node.args.kwarg else ""
    loops = (part for part in ast.walk(node) if isinstance(part, ast.For | ast.comprehension))
    gone_over = {loop.target.id: loop.iter for loop in loops if isinstance(loop.target, ast.Name)}
    found = [
        name
        for asked in _asked(node, spread)
        for name in _texts(gone_over.get(asked.id, asked) if isinstance(asked, ast.Name) else asked, defaults)
    ]
    return tuple(dict.fromkeys(name for name in found if name.isidentifier()))[:_MOST]


def _asked(node: Function, spread: str) -> Iterator[ast.expr]:
    """The keys, as expressions, by which the collected arguments are read."""
    for part in ast.walk(node):
        match part:
            case ast.Subscript(value=ast.Name(id=name), slice=key, ctx=ast.Load()) if name == spread:
                yield key
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get" | "pop"), args=[key, *_]
            ) if name == spread:
                yield key


def _texts(key: ast.expr, defaults: Mapping[str, str]) -> Iterator[str]:
    if isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name) and key.value.id == "self":
        try:
            key = ast.parse(defaults.get(key.attr, "None"), mode="eval").body
        except SyntaxError:
            return
    for part in key.elts if isinstance(key, ast.Tuple | ast.List) else [key]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value

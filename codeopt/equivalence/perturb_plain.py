"""Other numbers, texts and lists: the sizes, options and records that a call is made with."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable
from typing import Any

from codeopt.workload.call import Call

_OTHER_TEXT = "naïve café ☃"


def number_applies(value: Any, kind: str) -> bool:
    """Whether a kind makes another number of this one."""
    if isinstance(value, bool):
        return kind == "flipped"
    if kind == "negative":
        return bool(value > 0)
    if isinstance(value, int):
        return kind in ("one more", "one less", "zero", "one") and change_number(value, kind) != value
    known = kind in ("zero", "halved", "whole") and math.isfinite(value)
    return known and bool(change_number(value, kind) != value)


def change_number(value: Any, kind: str) -> Any:
    """Another number."""
    if kind == "flipped":
        return not value
    if kind == "whole":
        return round(value)
    made = {"one more": value + 1, "one less": value - 1, "one": 1, "negative": -value, "halved": value / 2}
    return made.get(kind, type(value)(0))


def change_text(value: str, kind: str) -> str:
    """Another text; an option is named by the kind itself."""
    if kind.startswith("option "):
        return kind.removeprefix("option ")
    return "" if kind == "empty text" else value + _OTHER_TEXT


def sequence_applies(value: Any, kind: str) -> bool:
    """Whether a kind changes a list or tuple with at least one item."""
    texts = all(type(item) is str for item in value[:50])
    numbers = all(type(item) in (int, float) for item in value[:50])
    if kind in ("blank item", "odd letters"):
        return texts
    if kind == "nan item":
        return numbers and type(value[0]) is float
    if kind == "missing item":
        return texts or numbers
    return kind == "iterator" or len(value) > 1


def change_sequence(value: Any, kind: str) -> Any:
    """Another list or tuple, or an iterator over it; never the given one."""
    if kind == "iterator":
        return iter(list(value))
    items = list(value)
    at = len(items) // 3
    if kind == "same item":
        items[-1] = items[0]
    else:
        items[at] = {"blank item": "", "odd letters": _OTHER_TEXT, "nan item": math.nan}.get(kind)
    return items if isinstance(value, list) else tuple(items)


def options(function: Callable[..., Any], call: Call) -> dict[str, list[str]]:
    """Other texts that the signature allows, by the path of the argument: those of a `Literal`."""
    try:
        bound = inspect.signature(function, eval_str=True)
    except (TypeError, ValueError, NameError, SyntaxError, AttributeError):
        return {}
    found: dict[str, list[str]] = {}
    for i, (name, parameter) in enumerate(bound.parameters.items()):
        if typing.get_origin(parameter.annotation) is typing.Literal:
            path = f"kwargs[{name!r}]" if name in call.kwargs else f"args[{i}]"
            found[path] = [value for value in typing.get_args(parameter.annotation) if type(value) is str]
    return found


def omittable(function: Callable[..., Any], call: Call) -> list[str]:
    """Keyword arguments that have a default, by path."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    empty = inspect.Parameter.empty
    return [
        f"kwargs[{name!r}]"
        for name in call.kwargs
        if name in parameters and parameters[name].default is not empty
    ]

"""The texts that functions were compiled from, and the lines of theirs that hold code."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from codeopt.source import parse_file
from codeopt.workload.guess.reading import Function, read_function


@functools.cache
def _trees(file: str) -> dict[tuple[str, int], Function]:
    """Definitions of a file by name and by any line from their first decorator to their `def`."""
    try:
        tree = parse_file(Path(file))
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found.update({(node.name, line): node for line in range(first, node.lineno + 1)})
    return found


@functools.cache
def known_words(file: str) -> dict[str, tuple[str, ...]]:
    """Parameter -> words and numbers that other functions of the file have for it, as default or shown."""
    found: dict[str, dict[str, None]] = {}
    for node in dict.fromkeys(_trees(file).values()):
        for parameter in read_function(node, "", bound=False).parameters:
            texts = found.setdefault(parameter.name, {})
            texts.update(dict.fromkeys(parameter.shown))
            if parameter.default and re.fullmatch(r"'.+'|[\d.]+", parameter.default):
                texts[parameter.default] = None
    return {name: tuple(texts)[:4] for name, texts in found.items()}


def definition_of(code: CodeType) -> Function | None:
    """The definition that a code object was compiled from, if its file can be read."""
    return _trees(code.co_filename).get((code.co_name, code.co_firstlineno))


def executable_lines(code: CodeType) -> frozenset[int]:
    """Lines of a function with code, those of functions inside it too, without its head."""
    lines = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    for inner in _codes(code):
        lines |= {line for _, _, line in inner.co_lines() if line}
    return frozenset(lines)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)

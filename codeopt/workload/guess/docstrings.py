"""What docstrings say of parameters: types, descriptions, and literals in examples."""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress


def shown_literals(text: str, names: set[str], parameters: Sequence[str]) -> dict[str, dict[str, None]]:
    """Parameter -> plain literals that examples pass for it, in calls of `names`, or of any without."""
    found: dict[str, dict[str, None]] = {}
    sources: list[str] = []
    with suppress(ValueError):
        sources = [example.source for example in doctest.DocTestParser().get_examples(text)]
    for source in sources:
        calls: list[ast.Call] = []
        with suppress(SyntaxError, ValueError):
            calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        for call in calls:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if names and name not in names:
                continue
            given: list[tuple[str, ast.expr]] = [*zip(parameters, call.args, strict=False)] if names else []
            given += [(k.arg, k.value) for k in call.keywords if k.arg is not None and k.arg in parameters]
            for parameter, value in given:
                if isinstance(value, ast.Constant | ast.Tuple | ast.UnaryOp):
                    with suppress(ValueError, TypeError, SyntaxError):
                        found.setdefault(parameter, {})[repr(ast.literal_eval(value))] = None
    return found


def read_docstring(text: str) -> dict[str, str]:
    """Parameter -> what a numpydoc, Google or Sphinx docstring says of it, its type first."""
    found: dict[str, str] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\s*(Other )?(Parameters|Attributes)\s*$", line) and number + 1 < len(lines):
            if set(lines[number + 1].strip()) == {"-"}:
                found.update(_numpydoc(lines[number + 2 :], found))
        elif re.match(r"\s*(Args|Arguments|Parameters|Params):\s*$", line):
            found.update(_google(lines[number + 1 :]))
    for name, rest in re.findall(r":param\s+(?:[\w.\[\], ]+\s+)?\*{0,2}(\w+):\s*(.*)", text):
        found.setdefault(name, rest)
    for name, kind in re.findall(r":type\s+(\w+):\s*(.*)", text):
        found[name] = f"{kind}; {found.get(name, '')}"
    return found


def _numpydoc(lines: list[str], before: dict[str, str]) -> Iterator[tuple[str, str]]:
    head = re.compile(r"^(\s*)\*{0,2}([\w*, ]+?)\s*:\s*(.*)$")
    base = next((len(line) - len(line.lstrip()) for line in lines if line.strip()), 0)
    names: list[str] = []
    text = ""
    for number, line in enumerate(lines):
        if number + 1 < len(lines) and lines[number + 1].strip() and set(lines[number + 1].strip()) == {"-"}:
            break
        indent = len(line) - len(line.lstrip())
        match = head.match(line)
        if match and indent <= base:
            yield from ((name, text) for name in names if name not in before)
            names = [name.strip(" *") for name in match[2].split(",")]
            text = match[3] + "\n"
        elif line.strip():
            text += " " + line.strip()
    yield from ((name, text) for name in names if name not in before)


def _google(lines: list[str]) -> Iterator[tuple[str, str]]:
    base = next((len(line) - len(line.lstrip()) for line in lines if line.strip()), 0)
    name, text = "", ""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < base:
            break
        match = re.match(r"\s*\*{0,2}(\w+)\s*(?:\(([^)]*(?:\([^)]*\))?[^)]*)\))?\s*:\s*(.*)$", line)
        if match and indent == base:
            if name:
                yield name, text
            name, text = match[1], f"{match[2] or ''}\n{match[3]}"
        elif line.strip():
            text += " " + line.strip()
    if name:
        yield name, text

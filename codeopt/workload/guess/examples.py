"""Calls in the examples of a docstring, as workloads: what comes before the call is its setting up."""

from __future__ import annotations

import ast
import doctest
import inspect
from collections.abc import Iterator

from codeopt.workload.guess.subject import Subject


def example_text(subject: Subject, target: str) -> str:
    """A workload file from the first example that calls the function by name, or an empty text."""
    if subject.form.shape not in ("function", "construct", "method"):
        return ""
    for doc in _docs(subject):
        try:
            examples = doctest.DocTestParser().get_examples(doc)
        except ValueError:
            continue
        found = _text(subject, [example.source for example in examples], target)
        if found:
            return found
    return ""


def _docs(subject: Subject) -> Iterator[str]:
    for source in (subject.function, subject.owner):
        if source is not None:
            yield inspect.getdoc(source) or ""


def _text(subject: Subject, sources: list[str], target: str) -> str:
    before: list[ast.stmt] = []
    name = subject.qualname.rpartition(".")[2]
    for source in sources:
        try:
            statements = ast.parse(source).body
        except SyntaxError:
            return ""
        for statement in statements:
            call = next(
                (c for c in ast.walk(statement) if isinstance(c, ast.Call) and _called(c) == name),
                None,
            )
            if call is not None and not any(isinstance(a, ast.Starred) for a in call.args):
                return _spelled(subject, before, call, target)
            before.append(statement)
    return ""


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _spelled(subject: Subject, before: list[ast.stmt], call: ast.Call, target: str) -> str:
    given = [ast.unparse(argument) for argument in call.args]
    if subject.form.shape == "method":
        if not isinstance(call.func, ast.Attribute):
            return ""
        given.insert(0, ast.unparse(call.func.value))
    named = ", ".join(
        f"{k.arg!r}: {ast.unparse(k.value)}" if k.arg else f"**{ast.unparse(k.value)}" for k in call.keywords
    )
    lines = [
        '"""Guessed: the example in the docstring."""',
        "",
        "import numpy as np",
        "",
        "from codeopt import Call, workload",
        "",
        "",
        f"@workload({target!r})",
        "def build(scale, seed):",
        "    np.random.seed(seed)",
        *(f"    {line}" for statement in before for line in ast.unparse(statement).split("\n")),
        f"    return Call(args=({', '.join(given)}{',' if len(given) == 1 else ''}), kwargs={{{named}}})",
    ]
    return "\n".join(lines) + "\n"

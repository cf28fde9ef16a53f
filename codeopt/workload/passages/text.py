"""Workload files from passages of a project's tests, examples and documentation."""

from __future__ import annotations

import ast
import builtins
import dis
import re
import types
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from codeopt.workload.passages.slices import HERE

SKIPPED = "StopIteration"
"""What a trial ends with that counts calls."""

BUILT_IN = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Passage:
    """Statements, the last of which returns HERE, and the call that stands there."""

    body: str
    call: ast.Call


def passage_text(passage: Passage, target: str, *, with_owner: bool) -> str:
    """A workload file for a call; `with_owner` gives what a method is called on as its first argument."""
    given = [ast.unparse(argument) for argument in passage.call.args]
    if with_owner:
        func = passage.call.func
        is_named = isinstance(func, ast.Attribute) and func.attr == re.split(r"[.:]", target)[-1]
        given.insert(0, ast.unparse(func.value if is_named else func))  # type: ignore[attr-defined]
    named = [
        f"{keyword.arg!r}: {ast.unparse(keyword.value)}" if keyword.arg else f"**{ast.unparse(keyword.value)}"
        for keyword in passage.call.keywords
    ]
    comma = "," if len(given) == 1 else ""
    call = f"Call(args=({', '.join(given)}{comma}), kwargs={{{', '.join(named)}}})"
    body = passage.body.replace(f"return {HERE}", f"return {call}")
    return _file([*_passage(body), "return passage()"], target, "Call")


def caught_text(body: str, target: str, module: str, name: str, skip: int = 0) -> str:
    """A workload file for the first call of a function that some statements make, or the one after some."""
    head = f"from {module} import {name.partition('.')[0]}"
    more = f", skip={skip}" if skip else ""
    tail = f"return first_call(passage, {name}{more})"
    return _file([head, *_passage(body), tail], target, "first_call")


def counting_text(body: str, target: str, module: str, name: str, lines: Collection[int]) -> str:
    """The same file, which ends by saying how many calls to skip for one that runs some of the lines."""
    head = f"from {module} import {name.partition('.')[0]}"
    count = f"calls_before(passage, {name}, {set(lines)!r})"
    tail = [
        "from codeopt.workload.first_call import calls_before",
        f"raise {SKIPPED}({count})",
    ]
    return _file([head, *_passage(body), *tail], target, "first_call")


def _passage(body: str) -> list[str]:
    # In a function of its own, what it imports does not hide what the file does.
    return ["", "def passage():", *(f"    {line}" for line in body.split("\n")), ""]


def _file(body: Sequence[str], target: str, taken: str) -> str:
    lines = ["random.seed(seed)", "np.random.seed(seed)"]
    imports = ["import random", "", "import numpy as np"]
    if any(re.search(r"\btorch\b", line) for line in body):
        lines.append("torch.manual_seed(seed)")
        imports.append("import torch")
    return "\n".join([
        '"""Guessed: what the project does before a call of its own."""', "", *imports, "",
        f"from codeopt import {', '.join((taken, 'workload'))}", "", "",
        f"@workload({target!r})", "def build(scale, seed):",
        *(f"    {line}".rstrip() for line in (*lines, *body)),
    ]) + "\n"  # fmt: skip


_LARGE = re.compile(r"(?<![\w.])\d{3,7}(?![\w.])")
_FACTOR = 16


def smaller(text: str) -> str:
    """The same file with its large numbers a sixteenth, which leaves most of them multiples of each other."""
    head, found, body = text.partition("def build(")
    return head + found + _LARGE.sub(lambda m: str(_sixteenth(int(m[0]))), body)


def _sixteenth(number: int) -> int:
    return number // _FACTOR if number >= _FACTOR**2 else number


def open_names(body: str) -> set[str]:
    """Names that statements read, and nothing in them binds. Raises SyntaxError."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    code = compile(f"def passage():\n{lines}\n", "<passage>", "exec", dont_inherit=True)
    inner = [each for each in _codes(code) if each is not code]
    return {name for each in inner for name in _read(each)} - BUILT_IN


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _read(code: types.CodeType) -> Iterator[str]:
    yield from (i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")

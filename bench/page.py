"""Tables in Markdown pages that programs write, a part at a time: a row stands until it is made again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path


def put_rows(
    page: Path, name: str, head: str, rows: Sequence[str], keys: int, total: Callable[[list[str]], str]
) -> None:
    """Put rows of a table between the markers `<!-- name: begin -->` and `end` of a page.

    They take the place of rows of the same package (the first word) with the same first `keys`
    cells; the others stay. The last row is what `total` makes of all. Raises ValueError where the
    page has no such markers.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, found, rest = page.read_text().partition(begin)
    table, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page}: no markers {begin.strip()} and {end.strip()}")
    kept = [line for line in table.splitlines()[2:] if line.startswith("| ") and cells(line)[0] != "all"]
    merged = {_key(row, keys): row for row in [*kept, *rows]}
    lines = [head, *merged.values(), total(list(merged.values()))]
    page.write_text(before + begin + "\n".join(lines) + "\n" + end + after)


def cells(row: str) -> list[str]:
    """The cells of a row, without the space around them."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def numbers(cell: str) -> list[int]:
    """The whole numbers in a cell: `3 of 1,200` holds two."""
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", cell)]


def _key(row: str, keys: int) -> tuple[str, ...]:
    first, *others = cells(row)[:keys]
    return first.partition(" ")[0], *others

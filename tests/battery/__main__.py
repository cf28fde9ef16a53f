"""Print the battery's table: `python -m tests.battery [FAMILY]`. What the columns mean: `judging`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from tests.battery import all_pairs
from tests.battery.judging import Judged, judge_all
from tests.battery.pair import LABELS

COLUMNS: tuple[tuple[str, Callable[[Judged], bool]], ...] = (
    ("pairs", lambda j: True),
    ("same", lambda j: j.pair.label in LABELS[:-1]),
    ("changed", lambda j: j.pair.label == "differs"),
    ("unproven", lambda j: j.pair.label == "unproven"),
    ("false accepts", lambda j: j.false_accept),
    ("false rejects", lambda j: j.false_reject),
    ("wrong level", lambda j: j.wrong_level),
    ("vacuous", lambda j: j.vacuous),
)


def table(judged: list[Judged]) -> str:
    """One line a family and one for all of them."""
    families = list(dict.fromkeys(j.pair.family for j in judged))
    width = max(map(len, [*families, "family"])) + 2
    rows = [(name, [j for j in judged if j.pair.family == name]) for name in families]
    lines = [_line("family", (name for name, _ in COLUMNS), width)]
    for name, part in [*rows, ("all", judged)]:
        lines.append(_line(name, (str(sum(map(test, part))) for _, test in COLUMNS), width))
    return "\n".join(lines)


def _line(name: str, cells: Iterable[str], width: int) -> str:
    padded = (cell.rjust(len(title) + 2) for cell, (title, _) in zip(cells, COLUMNS, strict=True))
    return name.ljust(width) + "".join(padded)


def main() -> int:
    """Print the table, then every pair that came out otherwise than labelled. 1 if there is one."""
    wanted = " ".join(sys.argv[1:])
    judged = judge_all(pair for pair in all_pairs() if pair.family.startswith(wanted))
    wrong = [j for j in judged if j.got != j.pair.label or j.false_reject or j.vacuous]
    sys.stdout.write("\n\n".join([table(judged), *map(str, wrong)]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

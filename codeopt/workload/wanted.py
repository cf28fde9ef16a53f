"""Functions that hold sites and that no declaration calls: what other origins are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.edit import Site
from codeopt.target import Target


@dataclass(frozen=True, slots=True)
class Wanted:
    """A function with sites.

    `path` is absolute, `qualname` that of the outermost function or method, `lines` (from 1) are those
    of its sites.
    """

    path: Path
    qualname: str
    lines: frozenset[int]

    def is_called_by(self, target: Target) -> bool:
        """Whether a target is this function, or the class that it is a method of."""
        inside = self.qualname == target.qualname or self.qualname.startswith(f"{target.qualname}.")
        return target.path == self.path and inside


@dataclass(frozen=True, slots=True)
class Unserved:
    """A wanted function that an origin has no workload for, and why, in one clause."""

    wanted: Wanted
    reason: str


def wanted_in(path: Path, sites: Iterable[Site], targets: Sequence[Target]) -> list[Wanted]:
    """The functions of a file that hold sites with edits and that none of the targets calls.

    Code at the top of a module is left out: no call runs it.
    """
    lines: dict[str, set[int]] = {}
    for site in sites:
        if site.edits and site.function != "<module>":
            outermost = site.function.partition(".<locals>")[0]
            lines.setdefault(outermost, set()).update(range(site.span.line, site.span.end_line + 1))
    found = [Wanted(path, qualname, frozenset(held)) for qualname, held in lines.items()]
    return [wanted for wanted in found if not any(wanted.is_called_by(target) for target in targets)]

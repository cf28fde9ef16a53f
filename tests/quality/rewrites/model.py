"""What a labelled rewrite is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Label = Literal["exact", "close", "unsound"]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What somebody in a hurry would do to a function, and whether it is right.

    `target` is `corpus/PROGRAM/FILE::QUALNAME` or `package.module::QUALNAME`. Each old text of
    `edits` stands exactly once in that file. A sound rewrite is labelled with the level it keeps on
    all inputs around the workload (`exact`: to the bit; `close`: up to rounding), for the reason `why`.
    """

    name: str
    target: str
    edits: tuple[tuple[str, str], ...]
    label: Label
    why: str

    def apply(self, text: str) -> str:
        """The text with all edits. Raises ValueError unless each old text stands in it exactly once."""
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} stands {text.count(old)} times in {self.target}")
            text = text.replace(old, new)
        return text

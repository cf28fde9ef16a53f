"""The files of a project as they were: what of them differs from what lies on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from codeopt.source import NOTEBOOK, Problem, SourceFile, read_source
from codeopt.workload.declared import FILE_NAME as WORKLOAD_FILE_NAME

SUFFIXES = (".py", NOTEBOOK)
_ALIKE = 0.5
"""Share of equal lines from which a file counts as another one renamed, as git has it."""

_MOST_PAIRS = 400
"""Pairs of added and deleted files that are looked at for renaming, each in some milliseconds."""


@dataclass(frozen=True, slots=True)
class Past:
    """What other files there were.

    By absolute name: `texts` are the Python of files that differed or are not there any more, `unreadable`
    says why others could not be decoded, `added` are files that were not there, `renamed` maps those of them
    whose text is that of a deleted one to its name. `name` is how reports call it.
    """

    name: str
    texts: Mapping[str, str]
    added: frozenset[str]
    unreadable: Mapping[str, str]
    renamed: Mapping[str, str]

    @property
    def changed(self) -> frozenset[str]:
        """Files that are there now and were not the same."""
        gone = {file for file in self.texts if not Path(file).is_file()}
        return (frozenset(self.texts) | frozenset(self.unreadable) | self.added) - gone

    def text_of(self, file: str) -> str | None:
        """What a changed file held, under this or its former name; None where that is not known."""
        return self.texts.get(self.renamed.get(file, file))

    def overlay(self) -> dict[str, str]:
        """Texts by which files are as they were; a renamed one is there under both its names."""
        return {**self.texts, **{new: self.texts[old] for new, old in self.renamed.items()}}

    def absent(self) -> dict[str, str]:
        """Files that must not be imported as they are, and why in words."""
        new = dict.fromkeys(self.added - self.renamed.keys(), "it was not there")
        return {**new, **{file: f"it could not be read: {why}" for file, why in self.unreadable.items()}}


def make_past(
    name: str, texts: Mapping[str, str], unreadable: Mapping[str, str], added: Iterable[str]
) -> Past:
    """The past of these files, with the renamed ones told from those that are new."""
    new = frozenset(added)
    gone = {file: text for file, text in texts.items() if not Path(file).is_file()}
    return Past(name, texts, new, unreadable, _renamed(gone, new))


def is_taken(path: Path, skipped: Container[Path]) -> bool:
    """Whether a file takes part: workload files do not, for both sides are to be called the same way."""
    return path.name != WORKLOAD_FILE_NAME and path not in skipped


def decode(data: bytes, name: str) -> SourceFile | Problem:
    """The bytes of a file as its Python."""
    with tempfile.TemporaryDirectory(prefix="codeopt-past-") as folder:
        file = Path(folder) / f"then{Path(name).suffix}"
        file.write_bytes(data)
        return read_source(file, name)


def _renamed(gone: Mapping[str, str], added: frozenset[str]) -> dict[str, str]:
    """For each added file the deleted one that it is most like, each taken once."""
    pairs = [
        (new, old) for new in sorted(added) for old in sorted(gone) if Path(new).suffix == Path(old).suffix
    ]
    now = {file: _lines_of(Path(file)) for file in {new for new, _ in pairs}}
    likeness = [(_alike(gone[old].splitlines(), now[new]), new, old) for new, old in pairs]
    found: dict[str, str] = {}
    for share, new, old in sorted(likeness, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if share >= _ALIKE and new not in found and old not in found.values():
            found[new] = old
    return found


def _lines_of(file: Path) -> list[str]:
    source = read_source(file, str(file))
    return [] if isinstance(source, Problem) else source.text.splitlines()


def _alike(old: list[str], new: list[str]) -> float:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return 0.0 if matcher.quick_ratio() < _ALIKE else matcher.ratio()

"""What changed in the files that the gate was given, function by function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.gate.functions import ChangedFunction, changed_functions, defined_names
from codeopt.gate.past import Past
from codeopt.source import Problem, SourceFile, display_name, read_source
from codeopt.workload.wanted import Wanted


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file with functions that changed or were added."""

    source: SourceFile
    functions: tuple[ChangedFunction, ...]

    @property
    def path(self) -> Path:
        """Its absolute path."""
        return self.source.path.resolve()

    def wanted(self) -> list[Wanted]:
        """Its changed functions, as origins of workloads are asked for them."""
        return [Wanted(self.path, found.qualname, found.lines) for found in self.functions]


def changed_files(
    files: Sequence[Path], past: Past, is_named: Callable[[Path, str], bool]
) -> tuple[list[ChangedFile], list[Problem]]:
    """Those of the files that hold changed functions, and those that cannot be read or parsed as they are.

    Functions for which `is_named`, given the absolute path and the qualified name, is false are left out.
    """
    found: list[ChangedFile] = []
    problems: list[Problem] = []
    changed = past.changed
    for path in files:
        name = str(path.resolve())
        if name not in changed:
            continue
        source = read_source(path, display_name(path))
        if isinstance(source, Problem):
            problems.append(source)
            continue
        problems += source.problems
        try:
            functions = changed_functions(past.text_of(name), source.text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            why = error.msg if isinstance(error, SyntaxError) else str(error)
            problems.append(source.located(Problem(source.name, line, f"does not parse: {why}")))
            continue
        kept = tuple(function for function in functions if is_named(path.resolve(), function.qualname))
        if kept:
            found.append(ChangedFile(source, kept))
    return found, problems


def is_new(path: Path, qualname: str, now: str, past: Past) -> bool:
    """Whether a function or class is there now and was not in the past, whose text of its file is known."""
    name = str(path)
    if name in past.added and name not in past.renamed:
        return True
    text = past.text_of(name)
    then = None if text is None else defined_names(text)
    return then is not None and qualname not in then and qualname in (defined_names(now) or ())

"""A target: a function or class with a workload, and how to import it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.source import NOTEBOOK, python_of

_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Target:
    """One function or class to optimise, named by file and qualified name.

    `root` is the folder put on `sys.path` so that `module` imports as everybody else
    imports it; `workload_file` and `workload_index` say which declaration calls it. `text` is the
    original where that is not what the file at `path` holds.
    """

    path: Path
    qualname: str
    module: str
    root: Path
    workload_file: Path
    workload_index: int
    workload_line: int
    origin: str = "declared"
    has_strategy: bool = False
    text: str | None = None

    def original(self) -> str:
        """The text of the original. Raises OSError if its file cannot be read."""
        return python_of(self.path) if self.text is None else self.text

    def owns(self, file: str) -> bool:
        """Whether an absolute file name belongs to the target's project, not to a library beside it.

        An import root may hold an environment, or be the folder that libraries are installed
        in; there, only the target's own top-level package is the project.
        """
        root = f"{self.root}{os.sep}"
        if not file.startswith(root):
            return False
        inside = file[len(root) :]
        if self.root.name in _INSTALLED:
            top = self.module.partition(".")[0]
            return inside == f"{top}.py" or inside.startswith(f"{top}{os.sep}")
        return not any(part in _INSTALLED for part in inside.split(os.sep))

    @property
    def ref(self) -> str:
        """`FILE:LINE` of the declaration, for reports."""
        return f"{self.workload_file.name}:{self.workload_line}"


def module_of(path: Path) -> tuple[Path, str]:
    """The import root and dotted module name of a file, by climbing out of its packages.

    A notebook stands alone: `intro to numpy.ipynb` is `intro_to_numpy_ipynb`, which no library is called.
    """
    if path.suffix == NOTEBOOK:
        return path.parent, re.sub(r"\W", "_", path.name)
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def is_named(path: Path, qualname: str, names: Sequence[str], root: Path) -> bool:
    """Whether one of `names` (`FILE`, `FILE::FUNCTION`, `FILE::CLASS`) means a function; none mean all."""
    for name in names:
        file, _, wanted = name.partition("::")
        same_file = path in (Path(file).resolve(), (root / file).resolve())
        if same_file and (not wanted or f"{qualname}.".startswith(f"{wanted}.")):
            return True
    return not names

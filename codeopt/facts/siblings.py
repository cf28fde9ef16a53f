"""Which file of the project an import names."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from codeopt.looks import files_in, is_file, is_there, read_beside
from codeopt.source import Problem

_FAR = 5
_LIBRARIES = frozenset({"torch", "numpy", "pandas", "scipy", "sklearn", "tensorflow", "matplotlib", "tqdm"})
_MOST_FILES = 500
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def find_module(importer: Path, module: str) -> Path | None:
    """The file of the project that an import in another file of it means.

    A relative name keeps its dots. An absolute one is looked for in the folders above that are no
    packages themselves, as far as a project may reach; installed libraries are none of it.
    """
    bare = module.lstrip(".")
    dots = len(module) - len(bare)
    folders = list(importer.absolute().parents)
    if dots:
        roots = folders[dots - 1 : dots]
    elif bare.partition(".")[0] in sys.stdlib_module_names | _LIBRARIES:
        return None
    else:
        outside = [f for f in folders[:_FAR] if not is_there(f / "__init__.py")]
        roots = [f for f in outside if f.name not in _INSTALLED]
    for root in roots:
        base = root.joinpath(*bare.split(".")) if bare else root
        for file in (base.parent / f"{base.name}.py", base / "__init__.py"):
            if is_file(file):
                return file
    return None


def mentioned_beside(file: Path, name: str) -> bool:
    """Whether a name may be meant for other files of the project than the one that defines it.

    A public name of a package always may, since others import that; else the files beside this
    one, and below it where it is no part of a package, are searched for the word.
    """
    file = file.absolute()
    packaged = is_there(file.parent / "__init__.py")
    if packaged and not name.startswith("_"):
        return True
    if not is_file(file):
        return False
    others = files_in(file.parent, below=not packaged)
    if len(others) >= _MOST_FILES:
        return True
    word = re.compile(rf"\b{re.escape(name)}\b")
    texts = (read_beside(other) for other in others if other != file and is_file(other))
    # What cannot be read may say anything.
    return any(isinstance(text, Problem) or bool(word.search(text.text)) for text in texts)

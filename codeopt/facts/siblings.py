"""Which file of the project an import names."""

from __future__ import annotations

import sys
from pathlib import Path

_FAR = 5
_LIBRARIES = frozenset({"torch", "numpy", "pandas", "scipy", "sklearn", "tensorflow", "matplotlib", "tqdm"})
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
        outside = [f for f in folders[:_FAR] if not (f / "__init__.py").exists()]
        roots = [f for f in outside if f.name not in _INSTALLED]
    for root in roots:
        base = root.joinpath(*bare.split(".")) if bare else root
        for file in (base.parent / f"{base.name}.py", base / "__init__.py"):
            if file.is_file():
                return file
    return None

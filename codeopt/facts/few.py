"""Names that tell of a handful: of layers, heads or quantiles there are few, however large the data is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from codeopt.facts import library

_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_COUNTS = library.words("n num count counts total mean std var norm correction scale length lengths")

LENGTHS = library.words("layer head level degree group scales action natm nroot ncore ncvs")
"""Axes of arrays that are short."""
ITEMS = LENGTHS | library.words(
    "key option loss losse quantile param config kwarg setting device dim axis axe version metric plugin "
    "language lang bad channel chan period part arg choice mode flag class classe cluster label column subset"
)
"""Items of lists that are short."""

STENCILS = library.words("radius kernel footprint stencil")
"""What stands around one point, however large the image is."""
AXES = LENGTHS | STENCILS | {"block"}
"""What the length of a short axis is called."""


def tell(nodes: Iterable[ast.AST], words: frozenset[str]) -> bool:
    """Whether a name among some nodes has one of the words in it, or its plural."""
    names = [getattr(n, "id", getattr(n, "attr", getattr(n, "arg", None))) or "" for n in nodes]
    found = (word.lower() for name in names for word in _WORD.findall(name))
    return any(word in words or word.removesuffix("s") in words for word in found)


def is_count(name: str) -> bool:
    """Whether a name tells of a number, or of one number a row."""
    return not _COUNTS.isdisjoint(name.lower().strip("_").split("_"))

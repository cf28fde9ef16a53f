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
    "language lang bad channel chan period part arg choice mode flag class classe cluster label column "
    "subset vocab vocabulary token subtoken"
)
"""Items of lists that are short."""

DATA = library.words(
    "data dataset manifest scp wav transcript trans corpus text sentence segment segments frame sample "
    "samples pred predictions prediction split train ann annotation annotations lattice lat"
)
"""What files of data are called."""
_FOLDERS = library.words("dir directory folder root home config cfg mapping map")
TOKENS = library.words("token subword seq seqlen")
"""What the axes of one number a token are called."""
STENCILS = library.words("radius kernel footprint stencil")
"""What stands around one point, however large the image is."""
AXES = LENGTHS | STENCILS | {"block", "rank"}
"""What the length of a short axis is called."""


def tell(nodes: Iterable[ast.AST], words: frozenset[str]) -> bool:
    """Whether a name among some nodes has one of the words in it, or its plural."""
    names = [getattr(n, "id", getattr(n, "attr", getattr(n, "arg", None))) or "" for n in nodes]
    found = (word.lower() for name in names for word in _WORD.findall(name))
    return any(word in words or word.removesuffix("s") in words for word in found)


def tell_of_data(nodes: Iterable[ast.AST]) -> bool:
    """Whether a name or a text among the parts of a file's name says that data of any size is in it."""
    said = [getattr(n, "id", getattr(n, "attr", getattr(n, "value", None))) for n in nodes]
    words = [{w.lower() for w in _WORD.findall(name)} for name in said if isinstance(name, str)]
    return any(DATA & found and not found & _FOLDERS for found in words)


def is_count(name: str) -> bool:
    """Whether a name tells of a number, or of one number a row."""
    return not _COUNTS.isdisjoint(name.lower().strip("_").split("_"))

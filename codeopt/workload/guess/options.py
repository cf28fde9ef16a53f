"""Arguments to try, as source text with what is known of the value."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

OMIT = "omit"
SAME = "same"
"""The kind of an argument made from the object whose method is called."""

_IMPORTS = {
    r"\bgeopandas\.": "import geopandas",
    r"\bnp\.": "import numpy as np",
    r"\btorch\.": "import torch",
    r"\bpd\.": "import pandas as pd",
    r"\bxr\.": "import xarray as xr",
    r"\bsparse\.": "from scipy import sparse",
    r"\bSimpleNamespace\(": "from types import SimpleNamespace",
    r"\bpartial\(": "from functools import partial",
    r"\bPath\(": "from pathlib import Path",
    r"\bplt\.": "import matplotlib.pyplot as plt",
    r"\bsklearn\.": "import sklearn.cluster\nimport sklearn.linear_model\nimport sklearn.tree",
    r"\bstring\.": "import string",
    r"\bmath\.": "import math",
    r"\bargparse\.": "import argparse",
    r"\bio\.": "import io",
    r"\blogging\.": "import logging",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One argument as source text. `kind` names its family; arrays and tensors have a `shape` of source
    texts and a `maker` with a place for it; `needs` are imports and small functions, `setup` lines that go
    before."""

    text: str
    kind: str
    shape: tuple[str, ...] = ()
    maker: str = ""
    needs: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()

    @property
    def is_shaped(self) -> bool:
        """Whether its shape can be changed."""
        return bool(self.maker)

    def shaped(self, shape: Iterable[str]) -> Option:
        """The same with another shape."""
        return made(self.kind, self.maker, tuple(shape))

    def with_entry(self, name: str, text: str) -> Option:
        """The same dictionary or namespace with one entry more."""
        entries = (*(e for e in self.entries if e[0] != name), (name, text))
        return holder(self.kind, entries)


def made(kind: str, maker: str, shape: tuple[str, ...]) -> Option:
    """An array or tensor: `maker` has `{}` where the shape goes."""
    inside = ", ".join(shape) + ("," if len(shape) == 1 else "")
    return Option(maker.format(f"({inside})"), kind, shape, maker)


def holder(kind: str, entries: tuple[tuple[str, str], ...]) -> Option:
    """A namespace or a dictionary with these entries of name and source text."""
    if kind == "namespace":
        text = f"SimpleNamespace({', '.join(f'{name}={value}' for name, value in entries)})"
    else:
        text = "{" + ", ".join(f"{name!r}: {value}" for name, value in entries) + "}"
    return replace(Option(text, kind), entries=entries)


def omitted() -> Option:
    """The argument is left out, so its default holds."""
    return Option("", OMIT)


def whole_numbers(option: Option) -> Option:
    """The same with small whole numbers in the arrays that hold random ones."""
    text = option.text.replace("rng.standard_normal(", "rng.integers(0, 9, ")
    text = text.replace("torch.randn((", "torch.randint(0, 9, (")
    return replace(option, text=text, shape=(), maker="") if text != option.text else option


def another() -> Option:
    """A copy of the object whose method is called, made ready as that is."""
    return Option("copy.deepcopy(instance)", SAME, needs=("import copy",))


def imports_of(text: str) -> list[str]:
    """Import lines that a text needs for the names it uses."""
    found: dict[str, None] = {}
    for pattern, line in _IMPORTS.items():
        if re.search(pattern, text):
            found.update(dict.fromkeys(line.splitlines()))
    return sorted(found)


def is_at_hand(option: Option) -> bool:
    """Whether the libraries that an argument is made with are loaded, for the function knows no others, and
    what it needs beside them can be imported."""
    loaded = all(line.split()[1].partition(".")[0] in sys.modules for line in imports_of(option.text))
    named = (found[1] for need in option.needs for found in _IMPORT.finditer(need))
    return loaded and all(map(_can_be_found, named))


_IMPORT = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)


@functools.cache
def _can_be_found(module: str) -> bool:
    """Whether there is a module of this name; the packages that it is in are imported for that."""
    if module in sys.modules:
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except Exception:  # noqa: BLE001 - importing a package may raise anything
        return False

"""Labelled pairs of functions that behave alike or not, on which the comparator is judged.

Every module here with a `PAIRS` is a family or several; nothing else is registered.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.battery.pair import Pair


def all_pairs() -> list[Pair]:
    """The pairs of all families, by file."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    skipped = ("__main__", "pair", "judging", "planting")
    modules = [
        importlib.import_module(f"{__name__}.{name}")
        for name in names
        if name not in skipped and not name.startswith("test_")
    ]
    return [pair for module in modules for pair in module.PAIRS]

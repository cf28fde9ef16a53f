"""Python's own values: types, order, identity, bits of floats."""

from __future__ import annotations

from tests.battery.pair import Family

FAMILY = Family("python values")
exact, close, differs = FAMILY.exact, FAMILY.close, FAMILY.differs
PAIRS = FAMILY.pairs

exact("a set filled in another order", lambda: {1, 9, 17}, lambda: {17, 9, 1})
exact("dicts built in two ways", lambda: {"a": 1, "b": 2}, lambda: {} | {"a": 1} | {"b": 2})
close("a sum rounded otherwise", lambda: 0.1 + 0.2, lambda: 0.3)
differs("dict order", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}, why="A caller may iterate.")

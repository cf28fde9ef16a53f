"""Overwriting with a test at run time: whatever comes in, the result is that of the plain code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codeopt.registry import find_sites, select_rules
from codeopt.testing import apply_sites, difference, source_of

TEXT = """
import numpy as np

def f(a, b):
    x = a * 2
    y = np.sqrt(x + 1)
    z = y * b
    z = (z - z.mean()) / 3
    return np.maximum(b * 2.5 + z, b)
"""
VALUES: list[Any] = [
    3, 2.5, np.float32(1.5), np.arange(6), np.arange(6.0), np.arange(6, dtype=np.float32),
    np.arange(6.0).reshape(2, 3), np.ones((4, 1)), np.ones((2, 1), np.float16), np.ones(1, complex),
]  # fmt: skip


def run(text: str, a: Any, b: Any) -> Any:
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    try:
        return namespace["f"](a, b)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("rules", [["MEM201"], ["MEM202"], ["MEM203"], ["MEM201", "MEM202"]])
def test_guarded_overwrites_fit_every_input(rules: list[str]) -> None:
    sites = find_sites(source_of(TEXT), select_rules(rules)).sites
    guarded = [site for site in sites if site.label == "where it fits"]
    assert guarded
    after = apply_sites(TEXT, guarded)
    for a in VALUES:
        for b in VALUES:
            why = difference(run(TEXT, a, b), run(after, a, b), exact=True)
            assert not why, f"{a!r}, {b!r}: {why}\n{after}"

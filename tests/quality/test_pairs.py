"""A handful of pairs, measured: the rule keeps the result and lowers the peak."""

from __future__ import annotations

import pytest

from bench.pairs import own, row
from codeopt.registry import select_rules
from codeopt.testing import measure_pairs

NAMES = ["list-built-to-reduce", "np-pairwise-broadcast", "np-row-blocks"]


@pytest.mark.parametrize("name", NAMES)
def test_pair_pays(name: str) -> None:
    (result,) = measure_pairs(own(select_rules([name])))
    assert result.problem == ""
    assert result.pays, row(result)

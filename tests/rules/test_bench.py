"""Every rule passes every check of the public bench, and finds something to rewrite in its pair.

What the pairs save is measured by `python bench/pairs.py`.
"""

from __future__ import annotations

from pathlib import Path

from codeopt.registry import OWN_RULES, rules_of
from codeopt.testing import pair_file, rule_tests

PAIRS = Path(__file__).parents[2] / "corpus" / "pairs"

test_rule_passes = rule_tests(OWN_RULES, pairs=PAIRS, measure=False)


def test_no_pair_is_without_a_rule() -> None:
    known = {pair_file(loaded, PAIRS) for loaded in rules_of(OWN_RULES).rules}
    assert sorted(p.name for p in PAIRS.glob("*.py") if p not in known) == []

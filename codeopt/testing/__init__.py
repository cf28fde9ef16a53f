"""The rule bench: what every rule has to pass, of this project and of any other.

A package of rules needs two lines in a test file, for pytest to collect:

    from codeopt.testing import rule_tests

    test_rules = rule_tests("acme_rules", pairs=Path(__file__).parent / "pairs")

Without pytest, each check of `CHECKS` takes a loaded rule and yields a line for each thing wrong.
"""

from __future__ import annotations

from codeopt.equivalence.results import difference
from codeopt.testing.bench import CHECKS, Case, cases, check_unique, rule_tests
from codeopt.testing.checks import (
    HEADINGS,
    apply_sites,
    check_calls,
    check_counterexamples,
    check_examples,
    check_layout,
    check_page,
    check_subsets,
    sites_in,
    source_of,
)
from codeopt.testing.pairs import Measured, check_pair, measure_pair, measure_pairs, pair_file, variants

__all__ = [
    "CHECKS", "HEADINGS", "Case", "Measured", "apply_sites", "cases", "check_calls",
    "check_counterexamples", "check_examples", "check_layout", "check_page", "check_pair",
    "check_subsets", "check_unique", "difference", "measure_pair", "measure_pairs", "pair_file",
    "rule_tests", "sites_in", "source_of", "variants",
]  # fmt: skip

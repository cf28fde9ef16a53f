"""Every rule passes every check of the public bench."""

from __future__ import annotations

import pytest

from codeopt.registry import LoadedRule, load_rules
from codeopt.testing import CHECKS, check_unique


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.name)
def test_rule_passes(loaded: LoadedRule, check: str) -> None:
    assert list(CHECKS[check](loaded)) == []


def test_codes_and_names_are_unique() -> None:
    assert list(check_unique(load_rules())) == []

"""Every rule has a pair to be measured with: a program in which it finds something to rewrite."""

from __future__ import annotations

import ast

import pytest

from bench.pairs import pair_file, variants
from codeopt.registry import LoadedRule, load_rules


@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.name)
def test_rule_finds_something_in_its_pair(loaded: LoadedRule) -> None:
    file = pair_file(loaded)
    assert file.is_file(), f"{loaded.rule.name} has no {file.name}"
    text = file.read_text(encoding="utf-8")
    assert {"arguments", "run"} <= {n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
    made = variants(loaded, text)
    assert made, "the rule finds nothing in its pair"
    for variant in made:
        assert variant.text != text
        ast.parse(variant.text)


def test_no_pair_is_without_a_rule() -> None:
    known = {pair_file(loaded) for loaded in load_rules()}
    folder = pair_file(load_rules()[0]).parent
    assert sorted(p.name for p in folder.glob("*.py") if p not in known) == []

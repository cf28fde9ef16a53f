"""Asked only for what facts decide, the rules find the same certain sites, in examples and programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.registry import LoadedRule, deciding_rules, find_sites, load_rules
from codeopt.source import SourceFile, read_source

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*(ROOT / "corpus").rglob("*.py"), *(ROOT / "codeopt").rglob("*.py")])


def differ(source: SourceFile) -> bool:
    everything = find_sites(source, load_rules()).sites
    decided = find_sites(source, deciding_rules(), deciding=True).sites
    return decided != tuple(site for site in everything if site.certain)


@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.name)
def test_examples(loaded: LoadedRule) -> None:
    rule = loaded.rule
    texts = [*(example.before for example in rule.examples), *rule.counterexamples]
    assert not [text for text in texts if differ(SourceFile(Path("m.py"), "m.py", text))]


def test_programs() -> None:
    sources = [read_source(path, path.name) for path in PROGRAMS]
    assert not [s.name for s in sources if isinstance(s, SourceFile) and differ(s)]


def test_rules_for_the_search_only_decide_nothing() -> None:
    for loaded in load_rules():
        for example in loaded.rule.examples if loaded.rule.search_only else ():
            found = find_sites(SourceFile(Path("m.py"), "m.py", example.before), [loaded]).sites
            assert found
            assert not any(site.certain for site in found)

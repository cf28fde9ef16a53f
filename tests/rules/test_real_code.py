"""All rules over code that was not written for them: no crash, every rewrite parses."""

from __future__ import annotations

import ast
import itertools
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeopt.candidate import render
from codeopt.edit import Site
from codeopt.registry import LoadedRule, find_sites, load_rules
from codeopt.source import Problem, SourceFile, read_source
from codeopt.testing import apply_sites, source_of

STDLIB = Path(sysconfig.get_path("stdlib"))
PACKAGES = Path(sysconfig.get_path("purelib"))
FILES = [
    *sorted(STDLIB.glob("*.py"))[::24],
    *sorted(STDLIB.glob("test/test_[fgps]*.py"))[::18],
    *sorted((PACKAGES / "sklearn").glob("*/*.py"))[::18],
    *sorted((PACKAGES / "numpy").glob("*/*.py"))[::24],
]


def read(path: Path) -> SourceFile | None:
    source = read_source(path, "example.py")
    return None if isinstance(source, Problem) else source


def by_rule(sites: tuple[Site, ...]) -> Iterator[tuple[str, list[Site]]]:
    ordered = sorted(sites, key=lambda site: site.rule)
    return ((code, list(group)) for code, group in itertools.groupby(ordered, key=lambda site: site.rule))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_rules_survive_real_code(path: Path) -> None:
    source = read(path)
    if source is None:
        pytest.skip("not in an encoding that Python reads")
    found = find_sites(source, load_rules())
    assert [p.message for p in found.problems if "cannot parse" not in p.message] == []
    for site in found.sites:
        render({source.name: source}, [site])
    for _, sites in by_rule(found.sites):
        ast.parse(apply_sites(source.text, sites))


@pytest.mark.parametrize("name", ["dead-local", "loop-leftover", "list-built-to-reduce", "readlines-loop"])
def test_another_run_finds_nothing(name: str) -> None:
    loaded = next(r for r in load_rules() if r.rule.name == name)
    sources = [source for path in FILES if (source := read(path)) is not None]
    assert [again for source in sources for again in left_over(loaded, source)] == []


def left_over(loaded: LoadedRule, source: SourceFile) -> list[str]:
    """Sites that are still there after all sites of a rule are applied.

    Two sites may meet at one place (the ends of a loop and of the `if` that ends it); the one
    that has to wait comes in the next round.
    """
    text = source.text
    for _ in range(3):
        sites = find_sites(source_of(text), [loaded]).sites
        if not sites:
            return []
        text = apply_sites(text, sites)
    return [f"{source.path}:{site.span.line}" for site in sites]

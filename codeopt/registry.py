"""Which rules there are: every module of `codeopt.rules`, found by looking, never registered."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from codeopt.edit import Site
from codeopt.errors import UsageError
from codeopt.facts import Facts
from codeopt.rule import Find, Rule
from codeopt.source import Problem, SourceFile


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule with its finder and its page, the docstring of its file."""

    rule: Rule
    find: Find
    page: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules said about one file; `problems` are files and rules that could not be used."""

    sites: tuple[Site, ...] = ()
    problems: tuple[Problem, ...] = ()


@cache
def load_rules() -> tuple[LoadedRule, ...]:
    """All rules, ordered by code."""
    package = importlib.import_module("codeopt.rules")
    found: list[LoadedRule] = []
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"codeopt.rules.{module_info.name}")
        page = inspect.cleandoc(module.__doc__ or "")
        found.append(LoadedRule(module.RULE, module.find, page))
    return tuple(sorted(found, key=lambda loaded: loaded.rule.code))


def select_rules(
    select: Iterable[str] = (), ignore: Iterable[str] = (), rules: Sequence[LoadedRule] | None = None
) -> tuple[LoadedRule, ...]:
    """The rules that codes, code prefixes (`MEM2`) or names choose; no `select` means all.

    Raises UsageError for a selector that matches no rule.
    """
    known = load_rules() if rules is None else tuple(rules)
    wanted, unwanted = tuple(select), tuple(ignore)
    for selector in (*wanted, *unwanted):
        if not any(_matches(selector, loaded.rule) for loaded in known):
            raise UsageError(f"no rule is called {selector!r}; see `codeopt rules`")
    return tuple(
        loaded
        for loaded in known
        if (not wanted or any(_matches(s, loaded.rule) for s in wanted))
        and not any(_matches(s, loaded.rule) for s in unwanted)
    )


def _matches(selector: str, rule: Rule) -> bool:
    return rule.name == selector or (bool(selector) and rule.code.startswith(selector.upper()))


def find_sites(source: SourceFile, rules: Sequence[LoadedRule]) -> Found:
    """Every site of these rules in a file, in the order of the text.

    A file that no rule's text filter wants is not parsed. A rule that fails on a file is a
    problem of that rule and leaves the others their say.
    """
    wanted = [r for r in rules if _triggered(r.rule, source.text)]
    if not wanted:
        return Found()
    facts = Facts.of(source)
    if isinstance(facts, Problem):
        return Found(problems=(facts,))
    sites: list[Site] = []
    problems: list[Problem] = []
    for loaded in wanted:
        try:
            sites += list(loaded.find(facts))
        except Exception as error:  # noqa: BLE001  rules are plug-ins: one that fails must not stop the rest
            message = f"rule {loaded.rule.code} ({loaded.rule.name}) failed: {type(error).__name__}: {error}"
            problems.append(Problem(source.name, 1, message))
    sites.sort(key=lambda site: (site.span, site.rule))
    return Found(tuple(sites), tuple(problems))


def _triggered(rule: Rule, text: str) -> bool:
    return not rule.triggers or any(trigger in text for trigger in rule.triggers)

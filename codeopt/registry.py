"""Which rules there are: every module of `codeopt.rules`, found by looking, never registered.

After them come the rules of other distributions (`plugins`), each held to the shape of a rule.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from codeopt.edit import Site
from codeopt.errors import UsageError
from codeopt.facts import Facts
from codeopt.notices import NOTICES
from codeopt.output_check import tears
from codeopt.plugins import Place, RulePackage, held_find, import_rules, rule_packages, wrong_shape
from codeopt.rule import Find, Rule
from codeopt.selectors import chosen, matches
from codeopt.source import Problem, SourceFile

OWN_RULES = "codeopt.rules"


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule with its finder, the docstring of its file, and its place."""

    rule: Rule
    find: Find
    docstring: str
    place: Place

    @property
    def page(self) -> str:
        """What the docstring says, without its indentation."""
        return inspect.cleandoc(self.docstring)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules, and what was wrong with those that cannot be used."""

    rules: tuple[LoadedRule, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules said about one file; `problems` are files and rules that could not be used.

    `failed`: a rule broke off, so another run may say more.
    """

    sites: tuple[Site, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed: bool = False


def load_rules() -> tuple[LoadedRule, ...]:
    """All rules: those of this project, then those of other distributions, each ordered by code."""
    return _loaded().rules


def rule_problems() -> tuple[Problem, ...]:
    """What is wrong with the rules of other distributions, one line each; such rules are left out."""
    return _loaded().problems


def rules_of(module: str, origin: str = "") -> Loaded:
    """The rules in a package, or in a module that is one, as they would be loaded from `origin`."""
    rules: list[LoadedRule] = []
    problems: list[Problem] = []
    for found in import_rules(module):
        if isinstance(found, Problem):
            problems.append(found)
        elif wrong := wrong_shape(found, own=module == OWN_RULES):
            problems.append(Problem(found.__file__ or found.__name__, 1, f"{found.__name__}: {wrong}"))
        else:
            rules.append(_loaded_rule(found, origin))
    return Loaded(tuple(sorted(rules, key=lambda loaded: loaded.rule.code)), tuple(problems))


def _loaded_rule(module: ModuleType, origin: str) -> LoadedRule:
    find = held_find(module.RULE, module.find) if origin else module.find
    return LoadedRule(module.RULE, find, module.__doc__ or "", Place(module.__name__, origin))


@cache
def _loaded() -> Loaded:
    own = rules_of(OWN_RULES)
    rules, problems = list(own.rules), list(own.problems)
    known = {key: "codeopt" for loaded in rules for key in (loaded.rule.code, loaded.rule.name)}
    theirs: list[LoadedRule] = []
    for package in rule_packages():
        if package.problem:
            problems.append(_of_package(package, Problem(package.distribution, 1, package.problem)))
        for module in package.modules:
            found = rules_of(module, package.distribution)
            problems += [_of_package(package, problem) for problem in found.problems]
            for loaded in found.rules:
                keys = (loaded.rule.code, loaded.rule.name)
                taken = [f"{key} is used by {known[key]} already" for key in keys if key in known]
                if taken:
                    file = sys.modules[loaded.place.module].__file__ or loaded.place.module
                    message = f"{loaded.place.module}: {' and '.join(taken)}"
                    problems.append(_of_package(package, Problem(file, 1, message)))
                else:
                    known |= dict.fromkeys(keys, package.distribution)
                    theirs.append(loaded)
    theirs.sort(key=lambda loaded: loaded.rule.code)
    return Loaded((*rules, *theirs), tuple(problems))


def _of_package(package: RulePackage, problem: Problem) -> Problem:
    message = f"rule package {package}: {problem.message}; the rest is used without it"
    return Problem(problem.path, problem.line, message)


def select_rules(
    select: Iterable[str] = (), ignore: Iterable[str] = (), rules: Sequence[LoadedRule] | None = None
) -> tuple[LoadedRule, ...]:
    """The rules that codes, code prefixes (`MEM2`) or names choose; no `select` means all.

    Raises UsageError for a selector that matches no rule.
    """
    known = load_rules() if rules is None else tuple(rules)
    wanted, unwanted = tuple(select), tuple(ignore)
    named = [(loaded.rule.code, loaded.rule.name) for loaded in known]
    named += [(notice.code, notice.name) for notice in NOTICES]
    for selector in (*wanted, *unwanted):
        if not any(matches(selector, *codes) for codes in named):
            broken = "; some rules of other packages cannot be used" if rule_problems() else ""
            raise UsageError(f"no rule is called {selector!r}; see `codeopt rules`{broken}")
    return tuple(loaded for loaded in known if chosen(loaded.rule.code, loaded.rule.name, wanted, unwanted))


def deciding_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[LoadedRule, ...]:
    """Those of the selected rules whose sites facts alone may decide: all that `check` needs."""
    return tuple(loaded for loaded in select_rules(select, ignore) if not loaded.rule.search_only)


@cache
def rules_in(places: tuple[Place, ...]) -> tuple[LoadedRule, ...]:
    """Rules that are known to be good, by their places: nothing else is imported."""
    return tuple(_loaded_rule(importlib.import_module(place.module), place.origin) for place in places)


def find_sites(source: SourceFile, rules: Sequence[LoadedRule], *, deciding: bool = False) -> Found:
    """Every site of these rules in a file, in the order of the text; if `deciding`, every certain one.

    A rule that fails on a file is a problem of that rule and leaves the others their say.
    """
    facts = Facts.of(source, deciding=deciding)
    if isinstance(facts, Problem):
        return Found(problems=(*source.problems, facts))
    wanted = _triggered(rules, source.text)
    sites: list[Site] = []
    problems: list[Problem] = [*source.problems]
    failed = False
    for loaded in wanted:
        try:
            found = (site for site in loaded.find(facts) if site.certain or not deciding)
            sites += [site for site in found if _stands(site, source)]
        except Exception as error:  # noqa: BLE001  rules are plug-ins: one that fails must not stop the rest
            message = f"rule {loaded.rule.code} ({loaded.rule.name}) failed: {type(error).__name__}: {error}"
            problems.append(Problem(source.name, 1, message))
            failed = True
    facts.close()
    sites.sort(key=lambda site: (site.span, site.rule))
    return Found(tuple(sites), tuple(problems), failed)


def _stands(site: Site, source: SourceFile) -> bool:
    """Whether a site has a use: it points at something certain, or its edits keep comments and brackets.

    In a notebook it must also keep to its cell, and off what is not Python there.
    """
    if source.layout is not None and not source.layout.allows(site):
        return False
    return not tears(source.data, site.edits) if site.edits else site.certain


def _triggered(rules: Sequence[LoadedRule], text: str) -> list[LoadedRule]:
    """The rules whose text filter wants a file; many share a word, which is looked for once."""
    holds: dict[str, bool] = {}
    wanted: list[LoadedRule] = []
    for loaded in rules:
        for trigger in loaded.rule.triggers:
            if trigger not in holds:
                holds[trigger] = trigger in text
            if holds[trigger]:
                wanted.append(loaded)
                break
        if not loaded.rule.triggers:
            wanted.append(loaded)
    return wanted

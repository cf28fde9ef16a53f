"""The bench as test cases of a whole package: every rule against every check, and what clashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codeopt.errors import CodeoptError
from codeopt.registry import OWN_RULES, LoadedRule, rules_of
from codeopt.testing import checks
from codeopt.testing.pairs import check_pair, measure_pair, pair_file

CHECKS: dict[str, Callable[[LoadedRule], Iterator[str]]] = {
    "page": checks.check_page,
    "examples": checks.check_examples,
    "counterexamples": checks.check_counterexamples,
    "layout": checks.check_layout,
    "subsets": checks.check_subsets,
    "calls": checks.check_calls,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to check; `run` yields a line for each thing that is wrong."""

    id: str
    run: Callable[[], Iterator[str]]


def cases(package: str, *, pairs: Path | None = None, measure: bool = True) -> Iterator[Case]:
    """What `rule_tests` runs, for those who do not use pytest."""
    found = rules_of(package)
    if not found.rules and not found.problems:
        line = f"{package} has no rules: a rule is a module beside __init__.py that does not begin with _"
        yield Case("rules", partial(iter, [line]))
    for problem in found.problems:
        line = f"{problem.path}:{problem.line}: {problem.message}"
        yield Case(f"loads-{Path(problem.path).stem}", partial(iter, [line]))
    for loaded in found.rules:
        for name, check in CHECKS.items():
            yield Case(_id(loaded, name), partial(check, loaded))
        if pairs is not None:
            file = pair_file(loaded, pairs)
            yield Case(_id(loaded, "pair"), partial(check_pair, loaded, file))
            if measure:
                yield Case(_id(loaded, "pays"), partial(_check_pays, loaded, file))
    rivals = found.rules if package == OWN_RULES else (*rules_of(OWN_RULES).rules, *found.rules)
    yield Case("unique", partial(check_unique, rivals))


def rule_tests(package: str, *, pairs: Path | None = None, measure: bool = True) -> Callable[..., None]:
    """A parametrised test that holds every rule of a package to every check; needs pytest.

    `package` names a package whose modules are rules, or one module that is a rule. `pairs` is
    the folder of the pair programs, each called like its rule's module; they are run and measured
    unless `measure` is false, which takes the packages of the extra `run`. A module that cannot be
    imported or is no rule is a failing test of its own. Assign the result to a name pytest collects:

        test_rules = rule_tests("acme_rules", pairs=Path(__file__).parent / "pairs")
    """
    import pytest

    listed = list(cases(package, pairs=pairs, measure=measure))

    @pytest.mark.parametrize("case", listed, ids=[case.id for case in listed])
    def test_rule(case: Case) -> None:
        wrong = list(case.run())
        if wrong:
            pytest.fail("\n".join(wrong), pytrace=False)

    return test_rule


def check_unique(rules: Sequence[LoadedRule]) -> Iterator[str]:
    """No two rules share a code or a name."""
    for attribute in ("code", "name"):
        counts = Counter(getattr(loaded.rule, attribute) for loaded in rules)
        yield from (f"{attribute} {value} is used {n} times" for value, n in counts.items() if n > 1)


def _check_pays(loaded: LoadedRule, file: Path) -> Iterator[str]:
    try:
        result = measure_pair(loaded, file)
    except CodeoptError as error:
        yield f"the pair cannot be measured: {error}"
        return
    if result.problem:
        yield f"{file}: {result.problem}"
    elif result.pair is not None and not result.pays:
        before, after = result.pair.before, result.pair.after
        yield f"{file} does not pay: {before} MiB before, {after} MiB after"


def _id(loaded: LoadedRule, check: str) -> str:
    return f"{loaded.rule.code}-{loaded.rule.name}-{check}"

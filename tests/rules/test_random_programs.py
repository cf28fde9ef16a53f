"""Rules over random small functions: what they rewrite must run as before.

`del` may come nowhere where a path still reads the name, and nothing that a caller or another
name can see may be overwritten. Functions are drawn with branches, loops, early exits, handlers
and aliases, and run before and after.
"""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codeopt.registry import LoadedRule, find_sites, load_rules
from codeopt.testing import apply_sites, difference, source_of

RULES = {loaded.rule.name: loaded for loaded in load_rules()}
NAMES = st.sampled_from(["a", "b", "c", "d"])
BOUNDED = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
LIST_LINES = st.one_of(
    st.builds("{} = make({})".format, NAMES, st.integers(0, 4)),
    st.builds("{} = use({}) + make(1)".format, NAMES, NAMES),
    st.builds("seen.append(len({}))".format, NAMES),
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("seen.append([{} for i in {}])".format, NAMES, NAMES),
    st.sampled_from(["make(3)", "raise ValueError", "return seen", "if len(seen) > 2: break", "continue"]),
    st.builds("late.append(lambda: {})".format, NAMES),
    st.builds("del {}".format, NAMES),
)
ARRAY_LINES = st.one_of(
    st.builds("{} = np.exp(p)".format, NAMES),
    st.builds("{} = np.ones((2, 3))".format, NAMES),
    st.builds("{} = {} * 2".format, NAMES, NAMES),
    st.builds("{} = np.tanh({})".format, NAMES, NAMES),
    st.builds("{} = ({} - {}.mean(0)) / {}.max()".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("{} = {}[:1]".format, NAMES, NAMES),
    st.builds("{} = {}.reshape(-1)".format, NAMES, NAMES),
    st.builds("{} = np.where({} > 1, {}, 0)".format, NAMES, NAMES, NAMES),
    st.builds("seen.append({})".format, NAMES),
    st.builds("{} = np.exp({}) / np.exp({}).sum()".format, NAMES, NAMES, NAMES),
    st.builds("{} = 1 - np.log(abs({}) + 1)".format, NAMES, NAMES),
    st.sampled_from(
        ["seen.append((a, b))", "return seen, a", "return np.exp(a)", "return a / a.sum()", "a = p"]
    ),
)


def blocks(lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statement blocks with the compound statements around them."""

    def around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        body = st.lists(inner, min_size=1, max_size=4).map("\n".join)
        return st.one_of(
            inner,
            body,
            st.builds(lambda b, c: f"if len(seen) % 2:\n{indented(b)}\nelse:\n{indented(c)}", body, body),
            st.builds(lambda b: f"for i in range(3):\n{indented(b)}", body),
            st.builds(lambda b, c: f"try:\n{indented(b)}\nexcept ValueError:\n{indented(c)}", body, body),
            st.builds(lambda b, c: f"try:\n{indented(b)}\nfinally:\n{indented(c)}", body, body),
        )

    return st.lists(st.recursive(lines, around, max_leaves=6), min_size=3, max_size=8).map("\n".join)


def indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def outcome(text: str) -> Any:
    """What a function does: result or exception, what it left behind, and its argument after it."""
    seen: list[Any] = []
    late: list[Any] = []
    argument = np.arange(6.0).reshape(2, 3)
    namespace = {"make": lambda n: [n] * n, "use": lambda x: [*x, 0], "np": np, "seen": seen, "late": late}
    with np.errstate(all="ignore"):
        try:
            exec(text, namespace)
            result = namespace["f"](argument)  # type: ignore[operator]
        except (ValueError, NameError, TypeError) as error:
            result = f"{type(error).__name__}: {error}"
    return [result, list(seen), argument, len(late)]


def compiles(text: str) -> bool:
    try:
        compile(text, "m.py", "exec")
    except SyntaxError:
        return False
    return True


def check(body: str, rules: list[LoadedRule], *, only_certain: bool) -> None:
    text = f"import numpy as np\ndef f(p):\n{indented(body)}\n"
    if not compiles(text):
        return
    for loaded in rules:
        sites = find_sites(source_of(text), [loaded]).sites
        for chosen in [[s] for s in sites] + [list(sites)]:
            kept = [s for s in chosen if s.certain or not only_certain]
            if kept:
                after = apply_sites(text, kept)
                why = difference(outcome(text), outcome(after), exact=True)
                assert not why, f"{why}\n{text}\nbecame\n{after}"


DIES_IN_A_BRANCH = "if len(seen) % 2:\n    a = make(0)\nelse:\n    a = make(0)\nb = make(0)"


@given(blocks(LIST_LINES))
@example(f"seen.append(1)\n{DIES_IN_A_BRANCH}")
@example("for i in range(3):\n    a = make(i)\n    if i: continue\n    b = use(a)\nseen.append(b)")
@BOUNDED
def test_unbinding_never_changes_what_runs(body: str) -> None:
    start = "a = make(2)\nb = make(1)\nc = a\n"
    rules = [RULES["dead-local"], RULES["loop-leftover"], RULES["distinct-name-chain"]]
    check(start + body, rules, only_certain=False)


@given(blocks(ARRAY_LINES))
@BOUNDED
def test_certain_rewrites_of_arrays_are_exact(body: str) -> None:
    names = ["numpy-rebound-in-place", "numpy-used-up-operand", "numpy-nested-temporaries"]
    names += ["numpy-masked-rebind", "repeated-array-expression", "dead-local", "loop-leftover"]
    start = "a = np.exp(np.linspace(0.0, 1.0, 6))\nb = np.linspace(1.0, 2.0, 6)\nc = a * 2\n"
    check(start + body, [RULES[name] for name in names], only_certain=True)

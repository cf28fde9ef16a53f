"""Liveness, definite assignment and reaching definitions, on every kind of statement."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.facts.flow import Flow
from codeopt.source import Problem, SourceFile


def facts_of(text: str) -> Facts:
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    return facts


def flow_of(body: str, header: str = "def f(p):") -> tuple[Facts, Flow]:
    facts = facts_of(header + "\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n")
    return facts, facts.flow(next(facts.functions()))


def live_at_mark(body: str, header: str = "def f(p):") -> frozenset[str]:
    """Names live after the statement `MARK`."""
    facts, flow = flow_of(body, header)
    mark = next(s for s in flow.own_statements if facts.text(s) == "MARK")
    return flow.live_after(mark)


LIVE = {
    "read later": ("a = p; MARK; g(a)", {"a"}),
    "overwritten before it is read": ("a = p; MARK; a = 1; g(a)", set()),
    "augmented assignment reads": ("a = p; MARK; a += 1", {"a"}),
    "read in one branch": ("a = p\nMARK\nif p:\n    g(a)", {"a", "p"}),
    "overwritten in one branch": ("a = p\nMARK\nif p:\n    a = 1\ng(a)", {"a", "p"}),
    "overwritten in both": ("a = p\nMARK\nif p:\n    a = 1\nelse:\n    a = 2\ng(a)", {"p"}),
    "next turn": ("a = p\nwhile p:\n    g(a)\n    MARK", {"a", "p"}),
    "rebound by the next turn": ("for a in p:\n    g(a)\n    MARK", set()),
    "continue skips": ("a = p\nfor i in p:\n    MARK\n    if i: continue\n    a = 1\ng(a)", {"a", "i"}),
    "break": ("a = p\nfor i in p:\n    MARK\n    break\nelse:\n    g(a)", set()),
    "loop else": ("a = p\nfor i in p:\n    MARK\nelse:\n    g(a)", {"a"}),
    "handler": ("a = p\ntry:\n    MARK\n    a = h()\nexcept E:\n    g(a)", {"a"}),
    "finally": ("a = p\ntry:\n    MARK\n    return 1\nfinally:\n    g(a)", {"a"}),
    "finally after break": (
        "a = p\nfor i in p:\n    try:\n        MARK\n        break\n    finally:\n        g(a)",
        {"a"},
    ),
    "with may swallow": ("a = p\nwith p:\n    MARK\n    a = h()\ng(a)", {"a"}),
    "match": ("a = p\nMARK\nmatch p:\n    case [x, *_] if a: g(x)\n    case _: pass", {"a", "p", "x"}),
    "pattern binds only when it matches": ("a = p\nMARK\nmatch p:\n    case [a]: pass\ng(a)", {"a", "p"}),
    "walrus": ("MARK\nif (a := p): g(a)", {"a", "p"}),
    "comprehension": ("a = p\nMARK\n[a for i in p]", {"a", "p"}),
    "comprehension variable": ("i = p\nMARK\n[i for i in h()]", set()),
    "captured by a lambda": ("a = p\nk = lambda: a\nMARK", {"a"}),
    "captured by an inner function": ("a = p\ndef g(): return a\nMARK", {"a"}),
    "captured by a lazy generator": ("a = p\nk = (a for i in p)\nMARK", {"a"}),
    "consumed generator captures nothing": ("a = p\nk = sum(a for i in p)\nMARK", set()),
    "del": ("a = p; MARK; del a", {"a"}),
    "return": ("a = p\nMARK\nreturn a", {"a"}),
    "raise to a handler": ("a = p\ntry:\n    MARK\n    raise E\nexcept E:\n    g(a)", {"a"}),
    "decorated inner function": ("a = p\nMARK\n@a\ndef g(): pass", {"a"}),
    "annotated assignment": ("a: int = p; MARK; b: int = a", {"a"}),
    "starred target": ("a, *b = p; MARK; g(b)", {"b"}),
}


@pytest.mark.parametrize("name", LIVE)
def test_liveness(name: str) -> None:
    body, expected = LIVE[name]
    assert live_at_mark(body) == expected


BOUND = {
    "plain": ("a = 1\nMARK", {"a", "p"}),
    "one branch": ("if p:\n    a = 1\nMARK", {"p"}),
    "both branches": ("if p:\n    a = 1\nelse:\n    a = 2\nMARK", {"a", "p"}),
    "loop may not turn": ("for a in p:\n    b = 1\nMARK", {"p"}),
    "deleted": ("a = 1\ndel a\nMARK", {"p"}),
    "deleted in a branch": ("a = 1\nif p:\n    del a\nMARK", {"p"}),
    "try may stop early": ("try:\n    a = g()\nexcept E:\n    pass\nMARK", {"p"}),
    "handler returns": ("try:\n    a = g()\nexcept E:\n    return\nMARK", {"a", "p"}),
}


@pytest.mark.parametrize("name", BOUND)
def test_definite_assignment(name: str) -> None:
    body, expected = BOUND[name]
    facts, flow = flow_of(body)
    mark = next(s for s in flow.own_statements if facts.text(s) == "MARK")
    assert flow.bound_after(mark) == expected


def test_reaching_definitions_join_at_branches_and_loops() -> None:
    facts, flow = flow_of("a = 1\nfor i in p:\n    g(a)\n    a = 2\nif p:\n    a = 3\nh(a)")
    calls = [s for s in flow.own_statements if facts.text(s) in ("g(a)", "h(a)")]
    lines = [sorted(d.lineno for d in flow.definitions("a", s)) for s in calls]  # type: ignore[attr-defined]
    assert lines == [[2, 5], [2, 5, 7]]


@pytest.mark.parametrize("call", ["locals()", "eval('a')", "vars()", "exec('a')", "sys._getframe()"])
def test_a_function_that_looks_at_its_frame_is_opaque(call: str) -> None:
    facts = facts_of(f"import sys\ndef f(p):\n    a = p\n    return {call}\n")
    assert facts.flow(next(facts.functions())).opaque


def test_globals_and_nonlocals_are_not_own_names() -> None:
    facts = facts_of("def f(p):\n    global g\n    g = p\n    def h():\n        nonlocal p\n        p = 1\n")
    outer, inner = (facts.flow(d) for d in facts.functions())
    assert outer.locals == {"p", "h"}
    assert "p" in outer.captured
    assert "p" not in inner.locals


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = (\n", 1), ("def f(:\n", 1), ("a\n  b\n", 2), ("x = '\0'\n", 1), ("(" * 300 + ")" * 300, 1)],
)
def test_what_cannot_be_parsed_is_a_problem_with_a_line(text: str, line: int) -> None:
    found = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(found, Problem)
    assert found.line == line


def test_deep_nesting_is_a_problem_not_a_crash() -> None:
    assert isinstance(Facts.of(SourceFile(Path("m.py"), "m.py", "x = " + "-" * 5000 + "1\n")), Problem)

"""Rules over their own examples, made strange: no rule fails, and every rewrite is still Python."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator

import pytest

from codeopt.candidate import render
from codeopt.edit import Edit, apply_edits
from codeopt.registry import LoadedRule, find_sites, load_rules
from codeopt.testing import source_of

_DRAWN = 24
_PARTS = [
    "(lambda *a: a)", "(yield)", "(w := 1)", "(a if b else c)", "[*q]", "f'{x!r:>{w}}'", "-x", "not x",
    "x < y < z", "a or b", "x @ y", "f()", "x[()]", "x[...]", "x[:]", "x[::2, None]", "{**d}", "()", "[]",
    "1.0", "-1", "'s' 't'", "b''", "None", "...", "1j", "await_",
]  # fmt: skip
_TARGETS = ["()", "o.a", "o[0]", "(a, *b)", "[]"]


def strange(text: str, draw: random.Random) -> str | None:
    """The text with one part replaced by something that may stand there and seldom does."""
    tree = ast.parse(text)
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.expr, ast.arguments))]
    _replace(tree, draw.choice(nodes), draw)
    try:
        made = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        compile(made, "example.py", "exec")
    except (SyntaxError, ValueError):
        return None
    return made


def _replace(tree: ast.AST, node: ast.AST, draw: random.Random) -> None:
    star = ast.Starred(ast.Name("z", ast.Load()), ast.Load())
    if isinstance(node, ast.arguments):
        node.posonlyargs, node.args = [*node.posonlyargs, *node.args], []
        node.vararg, node.kwarg = ast.arg("va"), ast.arg("kwa")
    elif isinstance(node, ast.Call) and draw.random() < 0.8:
        node.args = draw.choice(
            [[], [star], [*node.args, star], node.args[:1], [*node.args, ast.Constant(1)]]
        )
        node.keywords = draw.choice([[], node.keywords, [ast.keyword(None, ast.Name("kw", ast.Load()))]])
    elif isinstance(getattr(node, "ctx", None), ast.Store):
        target = ast.parse(f"{draw.choice(_TARGETS)} = 1").body[0]
        assert isinstance(target, ast.Assign)
        _swap(tree, node, target.targets[0])
    else:
        _swap(tree, node, draw.choice([star, *(ast.parse(part, mode="eval").body for part in _PARTS)]))


def _swap(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, copy.deepcopy(new))
            elif isinstance(value, list) and any(item is old for item in value):
                value[:] = [copy.deepcopy(new) if item is old else item for item in value]


def mutants(loaded: LoadedRule) -> Iterator[str]:
    draw = random.Random(loaded.rule.code)
    texts = [*(example.before for example in loaded.rule.examples), *loaded.rule.counterexamples]
    for _ in range(_DRAWN):
        made = strange(draw.choice(texts), draw)
        if made is not None:
            yield made


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.name)
def test_a_rule_survives_what_looks_like_its_examples(loaded: LoadedRule) -> None:
    for text in mutants(loaded):
        source = source_of(text)
        found = find_sites(source, [loaded])
        assert [f"{problem.message} in\n{text}" for problem in found.problems] == []
        for site in found.sites:
            if site.edits:
                compile(render({source.name: source}, [site])[source.name], "example.py", "exec")


def wrapped(text: str) -> Iterator[str]:
    """The text with one expression in parentheses of its own, with a comment or without."""
    tree, source = ast.parse(text), source_of(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and not isinstance(node, (ast.Starred, ast.Slice)):
            line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
            start, end = source.offset(node.lineno, node.col_offset), source.offset(line, column)
            for left, right in (("(", ")"), ("(  # why\n", "\n)")):
                made = apply_edits(text, [Edit(start, start, left), Edit(end, end, right)])
                if _parsed(made) == ast.dump(tree):
                    yield made


def _parsed(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""


@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.name)
def test_parentheses_of_their_own_change_no_rewrite(loaded: LoadedRule) -> None:
    for example in loaded.rule.examples[:1]:
        texts = [example.before, *wrapped(example.before)]
        made = [list(rewritten(loaded, text)) for text in texts]
        # A statement that is alone on its line may be doubled, an expression has to choose.
        wanted = {_parsed(text) for text in made[0]}
        for text, results in zip(texts, made, strict=True):
            assert all("# why" in result for result in results) or "# why" not in text, text
            if " if " not in "".join(made[0]) + "".join(results):
                assert {_parsed(result) for result in results} <= wanted, text


def rewritten(loaded: LoadedRule, text: str) -> Iterator[str]:
    source = source_of(text)
    found = find_sites(source, [loaded])
    assert [problem.message for problem in found.problems] == [], text
    for site in found.sites:
        if site.edits:
            yield render({source.name: source}, [site])[source.name]

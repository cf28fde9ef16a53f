"""Functions that could hand over their items one by one, and who reads lists that way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.facts import Facts, generators, readers
from codeopt.facts.siblings import mentioned_beside
from codeopt.testing import source_of

BUILD = "def f(xs, path):\n    out = []\n{body}\n    return out\n"


def built(body: str) -> bool:
    text = BUILD.format(body="\n".join(f"    {line}" for line in body.splitlines()))
    facts = Facts.of(source_of(text))
    assert isinstance(facts, Facts)
    return generators.builder(facts, next(facts.functions())) is not None


@pytest.mark.parametrize(
    "body",
    [
        "for x in xs:\n    out.append(x)",
        "with open(path) as h:\n    for s in h:\n        i = {}\n        i[0] = s\n        out.append(i)",
        "try:\n    out.extend(xs)\nexcept ValueError:\n    pass",
    ],
)
def test_a_function_that_only_adds_can_yield(body: str) -> None:
    assert built(body)


@pytest.mark.parametrize(
    "body",
    [
        "for x in xs:\n    out.append(x)\n    if len(out) > 3:\n        break",
        "for x in xs:\n    out.append(next(x))",
        "with xs.lock:\n    out.append(1)",
        "try:\n    out.append(1)\nfinally:\n    xs.close()",
        "try:\n    out.append(1)\nexcept BaseException:\n    pass",
        "item = []\nfor x in xs:\n    out.append(item)\n    item.append(x)",
        "for x in xs:\n    out.append(lambda: out)",
        "if xs:\n    return None\nout.append(1)",
    ],
)
def test_a_function_that_does_more_cannot(body: str) -> None:
    assert not built(body)


@pytest.mark.parametrize(
    ("text", "folds"),
    [
        ("for x in f(a):\n    print(x)", True),
        ("b = sum(f(a))", True),
        ("b = sum(x for x in f(a))", True),
        ("b = sorted(f(a))", False),
        ("for i, x in enumerate(f(a)):\n    print(i)", True),
        ("b = f(a)\nn = 0\nfor x in b:\n    n += x", True),
        ("b = any(f(a))", None),
        ("for x in f(a):\n    break", None),
        ("b = f(a)\nprint(1)\nfor x in b:\n    print(x)", None),
        ("b = f(a)\nfor i in a:\n    for x in b:\n        print(x)", None),
        ("b = zip(f(a), a)", None),
        ("b = (x for x in f(a))", None),
        ("b = f(a)[0]", None),
    ],
)
def test_who_reads_a_list_once_in_order(text: str, folds: bool | None) -> None:
    body = "\n".join(f"    {line}" for line in text.splitlines())
    facts = Facts.of(source_of(f"def f(a):\n    return a\n\ndef g(a):\n{body}\n"))
    assert isinstance(facts, Facts)
    call = next(c for c in facts.walk(ast.Call) if isinstance(c.func, ast.Name) and c.func.id == "f")
    found = readers.reader(facts, call)
    assert (None if found is None else found.folds) is folds


def test_continued_lines_keep_their_place_below_the_bracket() -> None:
    facts = Facts.of(source_of("def f(out, x):\n    out.append(dict(a=x,\n                    b=x))\n"))
    assert isinstance(facts, Facts)
    add = next(facts.walk(ast.Call))
    assert generators.handed_over(facts, add) == "yield dict(a=x,\n               b=x)"


@pytest.mark.parametrize(
    ("others", "name", "meant"),
    [
        ({}, "rows", False),
        ({"b.py": "import a\nprint(len(a.rows()))\n"}, "rows", True),
        ({"b.py": "import a\nprint(len(a.rows()))\n"}, "row", False),
        ({"below/b.py": "from a import rows\n"}, "rows", True),
        ({"__init__.py": ""}, "anything", True),
        ({"__init__.py": ""}, "_rows", False),
    ],
)
def test_a_name_that_another_file_says_may_be_meant(
    tmp_path: Path, others: dict[str, str], name: str, meant: bool
) -> None:
    (tmp_path / "below").mkdir()
    for file, text in {"a.py": "def rows(): ...\n", **others}.items():
        (tmp_path / file).write_text(text)
    assert mentioned_beside(tmp_path / "a.py", name) is meant

"""Which columns of a frame are read: through names, choices of rows and functions."""

from __future__ import annotations

import ast

import pytest

from codeopt.facts import Facts, columns
from codeopt.testing import source_of

HELPERS = (
    "import pandas as pd\n\ndef gross(t):\n    return t['price'] * t['n']\n\ndef seen(t):\n    print(t)\n\n"
)


def needed(body: str) -> list[str]:
    """What is read of the first `df.dropna(subset=['k'])` of a function."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    facts = Facts.of(source_of(f"{HELPERS}def f(df, names):\n{lines}\n"))
    assert isinstance(facts, Facts)
    calls = (c for c in facts.walk(ast.Call) if isinstance(c.func, ast.Attribute))
    return columns.needed(facts, next(c for c in calls if c.func.attr == "dropna"))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("t = df.dropna(subset=['k'])\nreturn t['a'].sum() + t['b'].sum()", ["'a'", "'b'"]),
        ("t = df.dropna(subset=['k'])\nreturn len(t), t.shape[0], t[['a', 'b']]", ["'a'", "'b'"]),
        ("t = df.dropna(subset=['k'])\nt = t[t['m'] > 0]\nreturn t['a']", ["'m'", "'a'"]),
        ("t = df.dropna(subset=['k'])\nkept = t['m'] > 0\nreturn t.loc[kept, 'a']", ["'m'", "'a'"]),
        ("t = df.dropna(subset=['k'])\nreturn gross(t)", ["'price'", "'n'"]),
        ("t = df.dropna(subset=['k'])\nreturn t.groupby('g')['a'].sum()", ["'g'", "'a'"]),
        ("t = df.dropna(subset=['k'])\nreturn t.sort_values('a').head(3)['b']", ["'a'", "'b'"]),
        ("t = df.dropna(subset=['k'])\nt['new'] = t['a'] * 2\nreturn t['new']", ["'a'"]),
        ("t = df.dropna(subset=['k'])\nt['a'] = t['a'] * 2\nreturn t['a']", ["'a'"]),
        ("t = df.dropna(subset=['k'])\nt['price'] = 1\nreturn gross(t)", ["'n'"]),
        ("t = df.dropna(subset=['k'])\nif names:\n    t['b'] = 0\nreturn t['b']", ["'b'"]),
        ("t = df.dropna(subset=['k'])\nt['b'] += 1\nreturn t['a']", ["'b'", "'a'"]),
    ],
)
def test_columns_are_followed(body: str, names: list[str]) -> None:
    assert sorted(needed(body)) == sorted(names)


@pytest.mark.parametrize(
    "body",
    [
        "return df.dropna(subset=['k'])",
        "t = df.dropna(subset=['k'])\nreturn t['a'], t",
        "t = df.dropna(subset=['k'])\nreturn t[names]",
        "t = df.dropna(subset=['k'])\nreturn seen(t), t['a']",
        "t = df.dropna(subset=['k'])\nreturn t['a'], t.shape",
        "t = df.dropna(subset=['k'])\nreturn t['a'].sum() + t.b",
        "t = df.dropna(subset=['k'])\nfor name in t:\n    print(t['a'])",
        "t = df.dropna(subset=['k'])\nreturn t['a'], [lambda: t['b']]",
        "t = df.dropna(subset=['k'])\nreturn t.groupby('g').sum(), t['a']",
        "t = df.dropna(subset=['k'])\nreturn t.reset_index()['a']",
    ],
)
def test_other_uses_need_every_column(body: str) -> None:
    assert needed(body) == []

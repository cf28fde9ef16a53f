"""Text split everywhere to keep one of its parts.

What it does
    Finds `s.str.split(",").str[0]` and splits no further than that part: `n=1`.

Why it costs memory
    Each row makes a list of all its parts, as small strings of some fifty bytes each.

Example
    host = urls.str.split("/").str[2]

Use instead
    host = urls.str.split("/", n=3).str[2]

When it is safe
    The parts up to the last split are the same however often the rest is split. For parts
    counted from the front by a number that is written out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM414",
    name="pd-split-for-part",
    trust=Trust.EXACT,
    summary="text is split everywhere to keep one part",
    triggers=(".str.split(",),
    pair=Pair("D29", 28.28, 12.26),
    search_only=True,
    examples=(
        Example(
            'def hosts(urls):\n    return urls.str.split("/").str[2]\n',
            'def hosts(urls):\n    return urls.str.split("/", n=3).str[2]\n',
            call='hosts(__import__("pandas").Series(["http://a.org/x/y", None, "b"]))',
        ),
        Example(
            'def first(df):\n    df["first"] = df["name"].str.split().str[0]\n    return df\n',
            'def first(df):\n    df["first"] = df["name"].str.split(n=1).str[0]\n    return df\n',
            call='first(__import__("pandas").DataFrame({"name": ["a b c", " d e", ""]}))',
        ),
        Example(
            'def keys(s):\n    return s.str.split("=", expand=True)[0]\n',
            'def keys(s):\n    return s.str.split("=", expand=True, n=1)[0]\n',
            call='keys(__import__("pandas").Series(["a=b=c", "d=e", ""]))',
        ),
    ),
    counterexamples=(
        ('def f(s):\n    return s.str.split(",").str[-1]\n'),
        ('def f(s, i):\n    return s.str.split(",").str[i]\n'),
        ('def f(s):\n    return s.str.split(",", n=1).str[0]\n'),
        ('def f(s):\n    return s.split(",")[0]\n'),
        ('def f(s):\n    return s.str.split(",", expand=True)\n'),
        ("def f(s, sep):\n    return s.str.split(sep).str[0]\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """One part, counted from the front, of text split without end."""
    for node in facts.walk(ast.Subscript):
        part = patterns.number(node.slice)
        if not isinstance(part, int) or part < 0 or not isinstance(node.ctx, ast.Load):
            continue
        made = node.value
        listed = isinstance(made, ast.Attribute) and made.attr == "str"
        found = patterns.method(made.value if isinstance(made, ast.Attribute) else made, "split")
        if found is None or not isinstance(found[0], ast.Attribute) or found[0].attr != "str":
            continue
        call = found[1]
        given = patterns.arguments(call, "pat")
        if given is None or not set(given) <= {"pat", "expand"} or not _is_text(given.get("pat")):
            continue
        expand = given.get("expand")
        if (expand is None) is not listed or (expand is not None and not _is_true(expand)):
            continue
        edits = patterns.add_argument(facts, call, f"n={part + 1}")
        yield RULE.site(facts, node, "the parts behind are not used", edits)


def _is_text(node: ast.expr | None) -> bool:
    return node is None or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
    )


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True

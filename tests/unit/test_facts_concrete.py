"""Statements put under a header: whatever the layout, the program in it stays and every comment too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codeopt.edit import apply_edits
from codeopt.facts import Facts
from codeopt.source import SourceFile

HEADER = "with k():"
LAYOUTS = {  # name -> text, text with everything from A to B under the header
    "a run": (
        "def f():\n    A  # a\n    B\n    c\n",
        "def f():\n    with k():\n        A  # a\n        B\n    c\n",
    ),
    "top level": ("# lead\nA\nB\nc\n", "# lead\nwith k():\n    A\n    B\nc\n"),
    "comments between": (
        "def f():\n    # above\n    A\n\n    # between\n    B\n    # below\n    c\n",
        "def f():\n    # above\n    with k():\n        A\n\n"
        "        # between\n        B\n    # below\n    c\n",
    ),
    "strings stay": (
        'def f():\n    A(\n        """x\n  y""")\n    B\n',
        'def f():\n    with k():\n        A(\n            """x\n  y""")\n        B\n',
    ),
    "f-strings stay": (
        'def f():\n    A(f"""x {\n  y}\n  z""")\n    B\n',
        'def f():\n    with k():\n        A(f"""x {\n  y}\n  z""")\n        B\n',
    ),
    "continued": (
        "def f():\n    A(1, \\\n      2)\n    B\n",
        "def f():\n    with k():\n        A(1, \\\n      2)\n        B\n",
    ),
    "blocks": (
        "def f():\n    for A in x:\n        if A:\n            b\n        # end\n    B\n",
        "def f():\n    with k():\n"
        "        for A in x:\n            if A:\n                b\n            # end\n        B\n",
    ),
    "one of a line": (
        "def f():\n    a; A; B; b  # c\n",
        "def f():\n    a\n    with k():\n        A; B\n    b  # c\n",
    ),
    "from within a line": (
        "def f():\n    a; A\n    B; b\n",
        "def f():\n    a\n    with k():\n        A\n        B\n    b\n",
    ),
    "one-line suite": (
        "def f():\n    if x: A; B  # c\n    b\n",
        "def f():\n    if x:  # c\n        with k():\n            A; B\n    b\n",
    ),
    "else on one line": (
        "if x:\n  a\nelif y: A; B; b\nelse:\n  b\n",
        "if x:\n  a\nelif y:\n  with k():\n    A; B\n  b\nelse:\n  b\n",
    ),
    "continued suite": ("def f():\n    if x: \\\n A\n    B\n", "def f():\n    if x: \\\n A\n    B\n"),
    "continued one-line suite": (
        "def f():\n    if x: \\\n A; B\n",
        "def f():\n    if x:\n        with k():\n            A; B\n",
    ),
    "handler": (
        "try:\n\ta\nexcept E: A; B\n",
        "try:\n\ta\nexcept E:\n\twith k():\n\t\tA; B\n",
    ),
    "decorated": (
        "def f():\n    @d(1)\n    # why\n    def A(): pass\n    B\n",
        "def f():\n    with k():\n        @d(1)\n        # why\n        def A(): pass\n        B\n",
    ),
    "crlf and tabs": ("def f():\r\n\tA\r\n\tB\r\n", "def f():\r\n\twith k():\r\n\t\tA\r\n\t\tB\r\n"),
    "no newline at the end": ("def f():\n    A\n    B", "def f():\n    with k():\n        A\n        B"),
    "not ascii": ("ü = 'ä'\nif ü: 'ä'; A; B\n", "ü = 'ä'\nif ü:\n    'ä'\n    with k():\n        A; B\n"),
}


def marked(facts: Facts, name: str) -> ast.stmt:
    """The outermost statement that is, calls or binds a name."""
    for stmt in facts.under(facts.tree):
        if isinstance(stmt, ast.stmt) and not isinstance(stmt, (ast.If, ast.Try)):
            inside = {getattr(n, "id", None) for n in facts.under(stmt)} | {getattr(stmt, "name", None)}
            if name in inside and getattr(stmt, "name", name) != "f":
                return stmt
    raise AssertionError(name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_wrap(layout: str) -> None:
    before, after = LAYOUTS[layout]
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", before))
    assert isinstance(facts, Facts)
    edits = facts.edits.wrap(marked(facts, "A"), marked(facts, "B"), HEADER)
    assert apply_edits(before, edits) == after


@pytest.mark.parametrize(
    "text",
    ["if x:\n    A\nelse:\n    B\n", "A\r\nx\nB\n"],
    ids=["two blocks", "mixed newlines"],
)
def test_what_cannot_be_wrapped_is_left(text: str) -> None:
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    result = apply_edits(text, facts.edits.wrap(marked(facts, "A"), marked(facts, "B"), HEADER))
    assert result == text or ast.dump(ast.parse(result)) != ast.dump(ast.parse(text))

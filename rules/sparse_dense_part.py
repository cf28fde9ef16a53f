"""A sparse matrix made dense to read a part of it.

What it does
    Finds `x.toarray()[i]`, a range of rows, or one column, and makes that part dense.

Why it costs memory
    The dense copy stores every zero of every row, and most of them are dropped.

Example
    first = counts.toarray()[:5]

Use instead
    first = counts[:5].toarray()

When it is safe
    For formats that can be indexed, as CSR and CSC; COO cannot, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, sparse
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM505",
    name="sp-dense-part",
    trust=Trust.EXACT,
    summary="a sparse matrix is made dense to read a part",
    triggers=("toarray()[", "todense()["),
    pair=Pair("S18", 30.53, 0.03),
    search_only=True,
    examples=(
        Example(
            "def first(counts):\n    return counts.toarray()[:2]\n",
            "def first(counts):\n    return counts[:2].toarray()\n",
            call=("first(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]))"),
        ),
        Example(
            "def row(counts, i):\n    return counts.toarray()[2] + counts.toarray()[:, i]\n",
            "def row(counts, i):\n    return counts[[2]].toarray()[0] + counts[:, [i]].toarray()[:, 0]\n",
            call=(
                "row(__import__('scipy.sparse').sparse.csr_matrix([[0, 1.0, 0], [4, 0, 0], [0, 2, 3]]), 1)"
            ),
            sites=2,
        ),
    ),
    counterexamples=(
        ("def f(x):\n    return x.toarray()\n"),
        ("def f(x):\n    x.toarray()[0] = 1\n"),
        ("def f(x):\n    return x.toarray()[:]\n"),
        ("def f(x, m):\n    return x.toarray()[m > 0]\n"),
        ("def f(x):\n    return x[0].toarray()[0]\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Rows, ranges of rows and columns of dense copies."""
    for node in facts.walk(ast.Subscript):
        found = patterns.method(node.value, "toarray")
        if found is None or found[1].args or found[1].keywords or not isinstance(node.ctx, ast.Load):
            continue
        matrix = found[0]
        taken = isinstance(matrix, ast.Subscript) or facts.names.dotted(found[1].func) is not None
        part = None if taken else _part(facts, node.slice)
        if part is not None:
            inner, rest = part
            text = f"{sparse.as_operand(facts, matrix)}[{inner}].toarray(){rest}"
            yield RULE.site(facts, node, "a part of it can be made dense", facts.edits.replace(node, text))


def _part(facts: Facts, key: ast.expr) -> tuple[str, str] | None:
    """How a sparse matrix is asked for a part, and what takes the axis away that stays."""
    if isinstance(key, ast.Slice) and key.step is None and (key.lower or key.upper):
        return facts.text(key), ""
    # Most matrices whose first row alone is read have no other.
    if _is_place(key) and patterns.number(key) != 0:
        return f"[{facts.text(key)}]", "[0]"
    if isinstance(key, ast.Tuple) and len(key.elts) == 2 and isinstance(key.elts[0], ast.Slice):
        rows, column = key.elts
        whole = isinstance(rows, ast.Slice) and not (rows.lower or rows.upper or rows.step)
        return (f":, [{facts.text(column)}]", "[:, 0]") if whole and _is_place(column) else None
    return None


def _is_place(node: ast.expr) -> bool:
    """Whether a key surely is one position, by its look."""
    index = isinstance(node, ast.Name) and node.id in ("i", "j", "k", "idx", "index", "row", "col", "n")
    return index or isinstance(patterns.number(node), int)

"""Rows are chosen from rows that were just chosen.

What it does
    Finds `t = df[first]` followed by `t[second]`, where nothing else reads `t`, and chooses once by both
    masks together.

Why it costs memory
    The rows that pass the first mask are copied in every column, beside those that pass both.

Example
    late = df[df["delay"] > 15]
    return late[late["price"].notna()]

Use instead
    kept = (df["delay"] > 15) & df["price"].notna()
    return df[kept]

When it is safe
    Both masks look at one row at a time: columns compared with something that does not depend on the
    rows. The second is now worked out for all rows, which a column of mixed values may refuse, so the
    site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, columns, frames, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_NAMES = ("kept", "chosen", "rows")

RULE = Rule(
    code="MEM451",
    name="pd-filter-after-filter",
    trust=Trust.EXACT,
    summary="rows are chosen from rows that were just chosen",
    triggers=("[",),
    pair=Pair("D21", 12.57, 3.86),
    search_only=True,
    examples=(
        Example(
            "import pandas as pd\n\ndef late(df):\n    found = df[df['delay'] > 15]  # why\n"
            "    return found[found['price'].notna()]\n",
            "import pandas as pd\n\ndef late(df):\n"
            "    kept = (df['delay'] > 15) & df['price'].notna()  # why\n    return df[kept]\n",
            call="late(pd.DataFrame({'delay': [1, 20, 30], 'price': [1.0, 2.0, None]}))",
        ),
        Example(
            "import pandas as pd\n\ndef late(df, kept):\n    df = df.loc[df['delay'] > kept]\n"
            "    df = df.loc[~df['paid'] & (df['n'] > 1), ['n']]\n    return df\n",
            "import pandas as pd\n\ndef late(df, kept):\n"
            "    chosen = (df['delay'] > kept) & (~df['paid'] & (df['n'] > 1))\n"
            "    df = df.loc[chosen, ['n']]\n    return df\n",
            call="late(pd.DataFrame({'delay': [1, 20], 'paid': [True, False], 'n': [1, 2]}), 9)",
        ),
    ),
    counterexamples=(
        "import pandas as pd\n\ndef f(df):\n    a = df[df['x'] > 1]\n    return a[a['y'] > 2], len(a)\n",
        "import pandas as pd\n\ndef f(df):\n    a = df[df['x'] > 1]\n    return a[a['y'] > a['y'].mean()]\n",
        "import pandas as pd\n\ndef f(df):\n    a = df[df['x'] > 1]\n    a['z'] = 1\n"
        "    return a[a['y'] > 2]\n",
        "import pandas as pd\n\ndef f(df):\n    a = df[df['x'] > 1]\n    df = df.head()\n"
        "    return a[a['y'] > 2]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Choices of rows from a name that holds nothing but chosen rows."""
    if not frames.imported(facts):
        return
    for node in facts.walk(ast.Subscript):
        second = columns.chosen_rows(facts, node)
        stmt = None if second is None else _made_by(facts, node, second[0])
        first = None if stmt is None else columns.chosen_rows(facts, stmt.value)
        if second is None or stmt is None or first is None or isinstance(first[1], ast.Name):
            continue
        if not isinstance(second[1], ast.Name) and _by_row(facts, second[1], second[0]):
            edits = _edits(facts, node, stmt, first, second)
            message = "the rows that the first mask lets through are copied in between"
            yield RULE.site(facts, node, message, edits)


def _made_by(facts: Facts, node: ast.Subscript, frame: ast.expr) -> ast.Assign | None:
    """The statement right before that binds a name which only a choice of rows reads."""
    function, here = facts.function(node), facts.statement(node)
    if not isinstance(frame, ast.Name) or not isinstance(function, DEFS):
        return None
    flow, block = facts.flow(function), facts.edits.siblings(here)
    at = block.index(here)
    stmt = block[at - 1] if at else None
    if not isinstance(stmt, ast.Assign) or flow.definitions(frame.id, here) != {stmt}:
        return None
    if frame.id in flow.captured or len(stmt.targets) != 1 or not isinstance(stmt.targets[0], ast.Name):
        return None
    uses = [
        u
        for u in facts.names.uses(frame.id, function)
        if stmt in flow.definitions(frame.id, facts.statement(u))
    ]
    return stmt if set(uses) <= set(facts.under(node)) else None


def _by_row(facts: Facts, mask: ast.expr, frame: ast.expr) -> bool:
    """Whether a mask reads its frame only by columns that are compared or tested themselves."""
    for name in facts.under(mask):
        if isinstance(name, ast.Name) and patterns.same(name, frame):
            column = facts.parent(name)
            use = facts.parent(column) if isinstance(column, ast.Subscript) else None
            tested = isinstance(use, ast.Attribute) and patterns.column_mask(facts.parent(use) or use, frame)
            if not tested and not isinstance(use, (ast.Compare, ast.BinOp, ast.UnaryOp)):
                return False
    return True


def _edits(
    facts: Facts,
    node: ast.Subscript,
    stmt: ast.Assign,
    first: tuple[ast.expr, ast.expr, ast.expr | None],
    second: tuple[ast.expr, ast.expr, ast.expr | None],
) -> tuple[Edit, ...]:
    source = facts.text(first[0])
    parts: dict[ast.expr, str] = {
        n: source for n in facts.under(second[1]) if isinstance(n, ast.Name) and patterns.same(n, second[0])
    }
    later = patterns.with_parts(facts, second[1], parts)
    later = later if patterns.operand(facts, second[1]) == facts.text(second[1]) else f"({later})"
    mask = f"{patterns.operand(facts, first[1])} & {later}"
    names = (n for n in _NAMES if facts.names.fresh_name(n, node) == n)
    name = next(names, None) or facts.names.fresh_name(_NAMES[0], node)
    wanted = second[2] or first[2]
    chosen = f"{source}[{name}]" if wanted is None else f"{source}.loc[{name}, {facts.text(wanted)}]"
    return (
        *facts.edits.replace_statement(stmt, [f"{name} = {mask}"]),
        *facts.edits.replace(node, chosen),
    )

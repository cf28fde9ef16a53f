"""A whole file is read to keep some of its rows.

What it does
    Finds `df = pd.read_csv(path)` with `df = df[df["a"] > 0]` in the next line, and reads blocks of
    rows of which each is selected from at once.

Why it costs memory
    All rows are held before the first is dropped, and beside those that are kept.

Example
    df = pd.read_csv(path)
    df = df[df["year"] >= 2020]

Use instead
    df = pd.concat([block[block["year"] >= 2020] for block in pd.read_csv(path, chunksize=4096)])

When it is safe
    The condition asks about one row at a time. The type of a block's column may differ where values
    are missing, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_ROWS = (4096, 65536)
_TESTS = ("isin", "isna", "isnull", "notna", "notnull", "between")
_TAKEN = {"nrows", "chunksize", "iterator", "skipfooter", "index_col", None}

RULE = Rule(
    code="MEM484",
    name="pd-read-then-filter",
    trust=Trust.EXACT,
    summary="a whole file is read to keep some of its rows",
    triggers=("read_csv(",),
    pair=Pair("D34", 23.0, 12.5),
    search_only=True,
    examples=(
        Example(
            "import io\nimport pandas as pd\n\ndef f(t):\n    df = pd.read_csv(io.StringIO(t))\n"
            '    df = df[df["a"] > 1]\n    return df\n',
            "import io\nimport pandas as pd\n\ndef f(t):\n"
            '    df = pd.concat([block[block["a"] > 1] for block in pd.read_csv(io.StringIO(t), '
            "chunksize=4096)])\n    return df\n",
            call='f("a,b\\n1,2\\n3,4\\n5,6")',
            sites=2,
        ),
        Example(
            "import io\nimport pandas as pd\n\ndef f(t, kinds):\n    table = pd.read_csv(io.StringIO(t))\n"
            '    table = table.loc[table["b"].isin(kinds) & (table["a"] != 0)]\n'
            '    return table["a"].sum()\n',
            "import io\nimport pandas as pd\n\ndef f(t, kinds):\n"
            '    table = pd.concat([block.loc[block["b"].isin(kinds) & (block["a"] != 0)] '
            "for block in pd.read_csv(io.StringIO(t), chunksize=4096)])\n"
            '    return table["a"].sum()\n',
            call='f("a,b\\n1,2\\n3,4\\n5,6", [2, 6])',
            sites=2,
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    df = df[df["a"] > df["a"].mean()]\n'
        "    return df\n",
        "import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    print(len(df))\n"
        '    df = df[df["a"] > 0]\n    return df\n',
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    kept = df[df["a"] > 0]\n'
        "    return df, kept\n",
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p, chunksize=9)\n    df = df[df["a"] > 0]\n'
        "    return df\n",
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    df = df[["a", "b"]]\n    return df\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files that are read and at once reduced to the rows that meet a condition."""
    for stmt in facts.walk(ast.Assign):
        read, target = stmt.value, stmt.targets[0]
        if not isinstance(read, ast.Call) or not patterns.is_call(facts, read, "pandas.read_csv"):
            continue
        if not isinstance(target, ast.Name) or len(stmt.targets) != 1 or "\n" in facts.text(read):
            continue
        if any(isinstance(part, ast.NamedExpr) for part in facts.under(read)):
            continue  # no comprehension may loop over what binds a name
        if {k.arg for k in read.keywords} & _TAKEN or len(read.args) != 1:
            continue
        siblings = facts.edits.siblings(stmt)
        behind = siblings[siblings.index(stmt) + 1 :]
        kept = _kept(facts, behind[0], target) if behind else None
        concat = facts.names.spell("pandas.concat", stmt)
        if kept is None or concat is None or not isinstance(facts.function(stmt), DEFS):
            continue
        block = facts.names.fresh_name("block", stmt)
        names: dict[ast.expr, str] = {
            n: block for n in ast.walk(kept) if isinstance(n, ast.Name) and n.id == target.id
        }
        rows_kept = patterns.with_parts(facts, kept, names)
        start, end = facts.range(read)[1], facts.range(kept)[1]
        for rows in _ROWS:
            edit = patterns.add_argument(facts, read, f"chunksize={rows}")[0]
            whole = facts.text(read)
            blocks = f"{whole[: len(whole) - (start - edit.start)]}{edit.text})"
            text = f"{concat}([{rows_kept} for {block} in {blocks}])"
            yield RULE.site(
                facts, read, "rows that are not kept need not be held together",
                (Edit(facts.range(read)[0], end, text),),
                group="rows", label=f"blocks of {rows} rows",
            )  # fmt: skip


def _kept(facts: Facts, stmt: ast.stmt, table: ast.Name) -> ast.Subscript | None:
    """The selection of `table = table[condition]` by a condition that asks about one row at a time."""
    if not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1 or "\n" in facts.text(stmt):
        return None
    target, kept = stmt.targets[0], stmt.value
    if not isinstance(target, ast.Name) or target.id != table.id or not isinstance(kept, ast.Subscript):
        return None
    frame = kept.value
    if isinstance(frame, ast.Attribute) and frame.attr == "loc":
        frame = frame.value
    if not patterns.same(frame, ast.Name(table.id, ast.Load())) or not _by_row(facts, kept.slice, frame):
        return None
    between = facts.source.data[facts.range(table)[1] : facts.range(kept)[0]]
    return None if b"#" in between or b";" in between else kept


def _by_row(facts: Facts, mask: ast.expr, frame: ast.expr) -> bool:
    if not patterns.column_mask(mask, frame):
        return False
    # The frame serves as its columns only, and those only in comparisons and tests of each value.
    for node in facts.under(mask):
        if isinstance(node, ast.Name) and patterns.same(node, frame):
            column = facts.parent(node)
            reader = None if column is None else facts.parent(column)
            if not isinstance(column, ast.Subscript) or patterns.string_key(column) is None:
                return False
            tested = isinstance(reader, ast.Attribute) and reader.attr in _TESTS
            if not tested and not isinstance(reader, ast.Compare):
                return False
    return True

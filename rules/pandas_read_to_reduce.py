"""A whole file read to fold one column into a number.

What it does
    Finds `pd.read_csv(path)["a"].sum()`, also `.max()`, `.min()` and `len(pd.read_csv(path))`,
    and reads blocks of rows.

Why it costs memory
    All rows of all columns are held at once; the fold needs one block at a time.

Example
    total = pd.read_csv(path)["amount"].sum()

Use instead
    total = sum(block["amount"].sum() for block in pd.read_csv(path, chunksize=4096))

When it is safe
    Whole numbers add up the same in any order; floats do to rounding, and the type of a block's
    column may differ where values are missing, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_ROWS = (4096, 65536)


RULE = Rule(
    code="MEM430",
    name="pd-read-to-reduce",
    trust=Trust.EXACT,
    summary="a whole file is read to fold one column",
    triggers=("read_csv(",),
    pair=Pair("D04", 19.20, 12.05),
    search_only=True,
    examples=(
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def rows(text):\n"
            "    return len(pd.read_csv(io.StringIO(text)))\n",
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def rows(text):\n"
            "    return sum(len(block) for block in pd.read_csv(io.StringIO(text), "
            "chunksize=4096))\n",
            call='rows("a,b\\n1,2\\n3,4\\n5,6\\n")',
            sites=2,
        ),
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def highest(text):\n"
            '    return pd.read_csv(io.StringIO(text))["b"].max()\n',
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def highest(text):\n"
            '    return max(block["b"].max() for block in pd.read_csv(io.StringIO(text), '
            "chunksize=4096))\n",
            call='highest("a,b\\n1,2\\n3,4\\n5,6\\n")',
            sites=2,
        ),
    ),
    counterexamples=(
        ('import pandas as pd\n\ndef f(p):\n    return pd.read_csv(p)["a"].mean()\n'),
        ("import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    return len(df), df\n"),
        ("import pandas as pd\n\ndef f(p):\n    return len(pd.read_csv(p, chunksize=9))\n"),
        ("import pandas as pd\n\ndef f(p):\n    return pd.read_csv(p).sum()\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Folds of one column, and lengths, of a file that is read for them alone."""
    for node in facts.walk(ast.Call):
        found = patterns.method(node, "sum", "max", "min", "count")
        key = ""
        if patterns.is_call(facts, node, "builtins.len") and len(node.args) == 1:
            read: ast.expr = node.args[0]
        elif found is not None and frames.column(found[0]) and not node.args and not node.keywords:
            read = found[0].value  # type: ignore[attr-defined]
            key = facts.text(found[0].slice)  # type: ignore[attr-defined]
        else:
            continue
        if not isinstance(read, ast.Call) or not patterns.is_call(facts, read, "pandas.read_csv"):
            continue
        if any(isinstance(part, ast.NamedExpr) for part in facts.under(read)):
            continue  # no generator may loop over what binds a name
        if {k.arg for k in read.keywords} & {"nrows", "chunksize", "iterator", "skipfooter", None}:
            continue
        name = facts.names.fresh_name("block", node)
        fold = "len" if found is None else found[1].func.attr  # type: ignore[attr-defined]
        outer = fold if fold in ("max", "min") else "sum"
        value = f"{name}[{key}].{fold}()" if key else f"len({name})"
        for rows in _ROWS:
            edit = patterns.add_argument(facts, read, f"chunksize={rows}")[0]
            end = facts.range(read)[1]
            blocks = f"{facts.text(read)[: edit.start - end]}{edit.text})"
            yield RULE.site(
                facts, node, "the file can be folded in blocks of rows",
                facts.edits.replace(node, f"{outer}({value} for {name} in {blocks})"),
                group="rows", label=f"blocks of {rows} rows",
            )  # fmt: skip

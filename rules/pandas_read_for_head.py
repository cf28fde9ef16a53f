"""A whole file read for its first rows or its header.

What it does
    Finds `pd.read_csv(path).head(5)` and `pd.read_csv(path).columns` and reads only as many
    rows.

Why it costs memory
    Every row is parsed and held, and all but a few are dropped at once.

Example
    names = pd.read_csv(path).columns

Use instead
    names = pd.read_csv(path, nrows=0).columns

When it is safe
    The header is the same however many rows follow. The type of a column may be told by rows
    further down, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM429",
    name="pd-read-for-head",
    trust=Trust.EXACT,
    summary="a whole file is read for its first rows or its header",
    triggers=("read_csv(",),
    pair=Pair("D42", 15.94, 10.28),
    search_only=True,
    examples=(
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def peek(text):\n"
            "    return pd.read_csv(io.StringIO(text)).head(2)\n",
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def peek(text):\n"
            "    return pd.read_csv(io.StringIO(text), nrows=2)\n",
            call='peek("a,b\\n1,2\\n3,4\\n5,6\\n")',
        ),
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def names(text):\n"
            '    return list(pd.read_csv(io.StringIO(text), sep=";").columns)\n',
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def names(text):\n"
            '    return list(pd.read_csv(io.StringIO(text), sep=";", nrows=0).columns)\n',
            call='names("a;b\\n1;2\\n3;4\\n5;6\\n")',
        ),
    ),
    counterexamples=(
        ("import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    return df.head(), df\n"),
        ("import pandas as pd\n\ndef f(p):\n    return pd.read_csv(p, nrows=9).head(5)\n"),
        ("import pandas as pd\n\ndef f(p, n):\n    return pd.read_csv(p).head(-3)\n"),
        ("import pandas as pd\n\ndef f(p):\n    return pd.read_csv(p).tail(5)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """First rows and column names of a file that is read for them alone."""
    nodes: Iterator[ast.Call | ast.Attribute] = facts.walk(ast.Call, ast.Attribute)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            read, rows, whole = node.value, "0", None
            if node.attr != "columns" or not isinstance(node.ctx, ast.Load):
                continue
        else:
            found = patterns.method(node, "head")
            given = patterns.arguments(node, "n") if found else None
            if found is None or given is None or not set(given) <= {"n"}:
                continue
            count = patterns.number(given["n"]) if given else 5
            if not isinstance(count, int) or count < 0:
                continue
            read, rows, whole = found[0], str(count), node
        if not isinstance(read, ast.Call) or not patterns.is_call(facts, read, "pandas.read_csv"):
            continue
        if {k.arg for k in read.keywords} & {"nrows", "chunksize", "iterator", "skipfooter", None}:
            continue
        edits = patterns.add_argument(facts, read, f"nrows={rows}")
        if whole is not None:
            edits += (Edit(facts.range(read)[1], facts.range(whole)[1], ""),)
        yield RULE.site(facts, node, "the other rows are not used", edits)

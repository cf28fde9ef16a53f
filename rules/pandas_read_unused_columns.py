"""Columns read from a file and never used.

What it does
    Finds `pd.read_csv(path)` whose frame is only read by column name, and names those columns
    in `usecols`; for `pd.read_parquet` in `columns`.

Why it costs memory
    Every column is parsed and held; text columns cost the most.

Example
    df = pd.read_csv(path)
    return df["price"] * df["amount"]

Use instead
    df = pd.read_csv(path, usecols=["price", "amount"])
    return df["price"] * df["amount"]

When it is safe
    Every use of the frame, in functions of the same file that get it too, is `df["name"]`, a list
    of names, a choice of rows by its own columns, or its length. A file without such a column is
    refused earlier and with another message, and a file whose header is one column short makes an
    index of the first, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, columns, patterns
from codeopt.rule import Example, Pair, Rule

_HARMLESS = frozenset({"sep", "delimiter", "encoding", "compression", "low_memory", "engine", "quotechar",
                       "nrows", "na_values", "keep_default_na", "decimal", "thousands"})  # fmt: skip
_READERS = {"pandas.read_csv": "usecols", "pandas.read_parquet": "columns"}

RULE = Rule(
    code="MEM405",
    name="pd-read-unused-columns",
    trust=Trust.EXACT,
    summary="columns are read from a file and never used",
    triggers=("read_csv", "read_parquet"),
    pair=Pair("D02", 165.36, 20.72),
    search_only=True,
    examples=(
        Example(
            "import io\nimport pandas as pd\n\ndef total(text):\n    df = pd.read_csv(io.StringIO(text))\n"
            '    return (df["a"] * df["b"]).sum()\n',
            "import io\nimport pandas as pd\n\ndef total(text):\n"
            '    df = pd.read_csv(io.StringIO(text), usecols=["a", "b"])\n'
            '    return (df["a"] * df["b"]).sum()\n',
            call='total("a,b,c\\n1,2,3\\n4,5,6\\n")',
        ),
        Example(
            "import io\nimport pandas as pd\n\ndef pick(text):\n"
            '    return pd.read_csv(io.StringIO(text), sep=";")[["a", "c"]]\n',
            "import io\nimport pandas as pd\n\ndef pick(text):\n"
            '    return pd.read_csv(io.StringIO(text), sep=";", usecols=["a", "c"])[["a", "c"]]\n',
            call='pick("c;b;a\\n1;2;3\\n4;5;6\\n")',
        ),
        Example(
            "import io\nimport pandas as pd\n\ndef load(text):\n    df = pd.read_csv(io.StringIO(text))\n"
            '    return df[df["a"] > 1]\n\ndef total(text):\n    return load(text)["b"].sum()\n',
            "import io\nimport pandas as pd\n\ndef load(text):\n"
            '    df = pd.read_csv(io.StringIO(text), usecols=["b", "a"])\n'
            '    return df[df["a"] > 1]\n\ndef total(text):\n    return load(text)["b"].sum()\n',
            call='total("a,b,c\\n1,2,3\\n4,5,6\\n")',
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    return df["a"], df\n',
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p, usecols=["a"])\n    return df["a"]\n',
        "import pandas as pd\n\ndef f(p, c):\n    df = pd.read_csv(p)\n    return df[c]\n",
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p, index_col=0)\n    return df["a"]\n',
        'import pandas as pd\n\ndef f(p):\n    df = pd.read_csv(p)\n    df.columns = ["a"]\n'
        '    return df["a"]\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files read whole of which only named columns are used."""
    for call in facts.walk(ast.Call):
        option = _READERS.get(facts.names.dotted(call.func) or "")
        if option is None or len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
            continue
        if not {k.arg for k in call.keywords} <= _HARMLESS:
            continue
        listed = ", ".join(columns.needed(facts, call))
        if listed:
            yield RULE.site(
                facts, call, f"only {listed} of this file is used",
                patterns.add_argument(facts, call, f"{option}=[{listed}]"),
            )  # fmt: skip

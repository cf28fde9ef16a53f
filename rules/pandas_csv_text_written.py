"""A whole file made as text before it is written.

What it does
    Finds `file.write(df.to_csv())` and lets the frame write to the file.

Why it costs memory
    The text of all rows exists twice while it is put together, beside the buffer it came from.

Example
    file.write(df.to_csv(index=False))

Use instead
    df.to_csv(file, index=False)

When it is safe
    For a file opened for text. On systems whose lines end in two characters the text is written
    otherwise, and other things with `write` may want one piece, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM431",
    name="pd-csv-text-written",
    trust=Trust.EXACT,
    summary="a whole file is made as text before it is written",
    triggers=("to_csv(",),
    pair=Pair("D43", 36.62, 14.93),
    search_only=True,
    examples=(
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def export(df: pd.DataFrame):\n"
            "    out = io.StringIO()\n"
            "    out.write(df.to_csv(index=False))\n"
            "    return out.getvalue()\n",
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def export(df: pd.DataFrame):\n"
            "    out = io.StringIO()\n"
            "    df.to_csv(out, index=False)\n"
            "    return out.getvalue()\n",
            call='export(pd.DataFrame({"a": [1, 2]}))',
        ),
        Example(
            "import io\n"
            "\n"
            "def export(df, sep):\n"
            "    out = io.StringIO()\n"
            "    out.write(df.to_csv(sep=sep))\n"
            "    return out.getvalue()\n",
            "import io\n"
            "\n"
            "def export(df, sep):\n"
            "    out = io.StringIO()\n"
            "    df.to_csv(out, sep=sep)\n"
            "    return out.getvalue()\n",
            call=(
                'export(__import__("pandas").DataFrame({"a": [3, 1, 2], "b": [1.0, 2.0, 4.0], '
                '"k": [1, 1, 2]}), ";")'
            ),
        ),
    ),
    counterexamples=(
        ("def f(out, df):\n    n = out.write(df.to_csv())\n    return n\n"),
        ("def f(out, df):\n    out.write(df.to_csv().encode())\n"),
        ("def f(out, df, p):\n    out.write(df.to_csv(p))\n"),
        ("def f(out, df):\n    out.write(df.to_csv(path_or_buf=None))\n"),
        ("def f(df):\n    make().write(df.to_csv())\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Texts of frames that only go into a file."""
    for call in facts.walk(ast.Call):
        written = patterns.method(call, "write")
        if written is None or len(call.args) != 1 or call.keywords or not patterns.plain(written[0]):
            continue
        made = patterns.method(call.args[0], "to_csv")
        if made is None or made[1].args or not isinstance(facts.parent(call), ast.Expr):
            continue
        if {k.arg for k in made[1].keywords} & {None, "path_or_buf", "mode", "encoding", "compression"}:
            continue
        words = ", ".join([facts.text(written[0]), *(facts.text(k) for k in made[1].keywords)])
        yield RULE.site(
            facts, call, "the frame can write to the file itself",
            facts.edits.replace(call, f"{facts.text(made[1].func)}({words})"),
        )  # fmt: skip

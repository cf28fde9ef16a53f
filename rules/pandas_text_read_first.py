"""A file read into a text before it is parsed.

What it does
    Finds `pd.read_csv(io.StringIO(file.read()))` and parses the file itself.

Why it costs memory
    The text of the whole file is held twice, at up to four bytes a character, while the frame
    is built.

Example
    df = pd.read_csv(io.StringIO(file.read()))

Use instead
    df = pd.read_csv(file)

When it is safe
    For a file opened in the function. What else has a `read` may give its text in another way,
    so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM432",
    name="pd-text-read-first",
    trust=Trust.EXACT,
    summary="a file is read into a text before it is parsed",
    triggers=("read_csv(",),
    pair=Pair("D44", 46.10, 22.55),
    search_only=True,
    examples=(
        Example(
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def load(text):\n"
            "    with io.StringIO(text) as file:\n"
            '        return pd.read_csv(io.StringIO(file.read()), sep=";")\n',
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def load(text):\n"
            "    with io.StringIO(text) as file:\n"
            '        return pd.read_csv(file, sep=";")\n',
            call='load("a;b\\n1;2\\n")',
        ),
        Example(
            "from io import BytesIO\n"
            "import pandas as pd\n"
            "\n"
            "def load(data):\n"
            "    file = BytesIO(data)\n"
            "    return pd.read_csv(BytesIO(file.read()))\n",
            "from io import BytesIO\n"
            "import pandas as pd\n"
            "\n"
            "def load(data):\n"
            "    file = BytesIO(data)\n"
            "    return pd.read_csv(file)\n",
            call='load(b"a,b\\n1,2\\n")',
        ),
    ),
    counterexamples=(
        ("import io\nimport pandas as pd\n\ndef f(t):\n    return pd.read_csv(io.StringIO(t))\n"),
        (
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def f(file):\n"
            "    return pd.read_csv(io.StringIO(file.read(99)))\n"
        ),
        (
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def f(file):\n"
            "    return pd.read_csv(io.StringIO(file.read().strip()))\n"
        ),
        (
            "import io\n"
            "import pandas as pd\n"
            "\n"
            "def f(file):\n"
            "    t = io.StringIO(file.read())\n"
            "    return pd.read_csv(t)\n"
        ),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files made text buffers in the argument of a parser."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "pandas.read_csv") or not call.args:
            continue
        buffer = call.args[0]
        if not isinstance(buffer, ast.Call) or not patterns.is_call(
            facts, buffer, "io.StringIO", "io.BytesIO"
        ):
            continue
        read = patterns.method(buffer.args[0], "read") if len(buffer.args) == 1 else None
        if read is None or read[1].args or read[1].keywords or buffer.keywords:
            continue
        if patterns.plain(read[0]):
            yield RULE.site(
                facts, call, "the parser reads the file itself",
                facts.edits.replace(buffer, facts.text(read[0])),
            )  # fmt: skip

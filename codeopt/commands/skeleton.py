"""The texts that `codeopt new-rule` writes: a small rule that works, its pair, its test, its package."""

from __future__ import annotations

from string import Template

RULE = Template('''"""Text is split into all its parts for the sake of the first.

What it does
    Finds `text.split(",")[0]`, and splits once.

Why it costs memory
    Every part is made, and held in a list, only to be thrown away.

Example
    header = path.read_text().split(",")[0]

Use instead
    header = path.read_text().split(",", maxsplit=1)[0]

When it is safe
    What stands before the first separator is the same however often the text is split. Other
    objects have a method of that name too, so a site is certain only where the text is surely one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

TEXTS = ("decode", "read_text")

RULE = Rule(
    code="$code",
    name="$name",$area
    trust=Trust.EXACT,
    summary="text is split into all its parts for the sake of the first",
    triggers=(".split(",),
    # What the pair program takes before and after, in MiB, as `codeopt measure-pair` prints it.
    pair=Pair("$module", 19.99, 6.87),
    examples=(
        Example(
            "def f(data):\\n    return data.decode().split(',')[0]\\n",
            "def f(data):\\n    return data.decode().split(',', maxsplit=1)[0]\\n",
            call="f(b'a,b,c'), f(b'')",
        ),
        Example(
            "def f(x):\\n    return x.split('--')[0], str(x).split('.')[0]\\n",
            "def f(x):\\n    return x.split('--', maxsplit=1)[0], str(x).split('.', maxsplit=1)[0]\\n",
            call="f('a--b.c')",
            sites=2,
        ),
    ),
    counterexamples=(
        "def f(text):\\n    return text.split(',')[1]\\n",
        "def f(text):\\n    return text.split(',', 2)[0]\\n",
        "def f(text):\\n    text.split(',')[0] = 'a'\\n",
        "def f(series):\\n    return series.str.split(',')[0]\\n",
        "def f(tensor):\\n    return tensor.split(2)[0]\\n",
        "import shlex\\n\\ndef f():\\n    return shlex.split('a b')[0]\\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Texts split at a constant, of which only the first part is taken."""
    for node in facts.walk(ast.Subscript):
        text, split = patterns.method(node.value, "split") or (None, None)
        if text is None or split is None or not isinstance(node.ctx, ast.Load):
            continue
        given = patterns.arguments(split, "sep") or {}
        at_text = isinstance(sep := given.get("sep"), ast.Constant) and isinstance(sep.value, str)
        if not at_text or len(given) != 1 or patterns.number(node.slice) != 0:
            continue
        # A function of a module, and the method of pandas, mean something else.
        if facts.names.dotted(split.func) or (isinstance(text, ast.Attribute) and text.attr == "str"):
            continue
        is_text = patterns.is_call(facts, text, "builtins.str") or bool(patterns.method(text, *TEXTS))
        message = "only the first part is wanted; the list holds all of them"
        edits = patterns.add_argument(facts, split, "maxsplit=1")
        yield RULE.site(facts, node, message, edits, certain=is_text)
''')

PAIR = '''"""The header of a table that came as one text."""


def arguments() -> tuple[bytes]:
    return (b"time,sensor,value\\n" + b"1700000000,a,20.5\\n" * 200_000,)


def run(data: bytes) -> str:
    return data.decode().split("\\n")[0]
'''

TEST = Template('''"""Every rule of the package passes the bench of codeopt, and its pair pays."""

from pathlib import Path

from codeopt.testing import rule_tests

test_rules = rule_tests("$package", pairs=Path(__file__).parent / "pairs")
''')

PACKAGE = '''"""Rules for codeopt: every module in here without a leading underscore is one."""
'''

PROJECT = Template("""[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "$distribution"
version = "0.1.0"
description = "Rules for codeopt"
requires-python = ">=3.11"
dependencies = ["codeopt"]

[project.optional-dependencies]
dev = ["codeopt[run]", "pytest"]

$entry_point
[tool.setuptools]
packages = ["$package"]

[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]

[tool.ruff]
line-length = 110
""")

ENTRY_POINT = Template("""[project.entry-points."codeopt.rules"]
$package = "$package"
""")

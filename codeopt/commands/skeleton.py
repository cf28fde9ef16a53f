"""The texts that `codeopt new-rule` writes: a small rule that works, its pair, its test, its package."""

from __future__ import annotations

from string import Template

RULE = Template('''"""An array of zeros or ones is made in one dtype and cast to another.

What it does
    Finds `np.ones(n).astype(np.float32)`, and makes the array in the dtype that is wanted.

Why it costs memory
    The first array, of eight bytes a number, is alive while it is copied into the second.

Example
    weights = np.ones(len(rows)).astype(np.float32)

Use instead
    weights = np.ones(len(rows), dtype=np.float32)

When it is safe
    Zero and one are the same number in every one of these dtypes, and nothing but the cast ever
    sees the first array.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

MAKERS = ("numpy.ones", "numpy.zeros")
DTYPES = {f"numpy.{name}" for name in ("float16", "float32", "float64", "int8", "int32", "int64", "uint8")}

RULE = Rule(
    code="$code",
    name="$name",$area
    trust=Trust.EXACT,
    summary="an array of zeros or ones is made in one dtype and cast to another",
    triggers=(".astype(",),
    # What the pair program takes before and after, in MiB, as `codeopt measure-pair` prints it.
    pair=Pair("$module", 22.89, 7.63),
    examples=(
        Example(
            "import numpy as np\\n\\ndef f(n):\\n    return np.ones(n).astype(np.float32)\\n",
            "import numpy as np\\n\\ndef f(n):\\n    return np.ones(n, dtype=np.float32)\\n",
            call="f(3)",
        ),
        Example(
            "import numpy\\n\\ndef f(a):\\n    a = numpy.zeros((a, 2)).astype(numpy.int8)\\n    return a\\n",
            "import numpy\\n\\ndef f(a):\\n    a = numpy.zeros((a, 2), dtype=numpy.int8)\\n    return a\\n",
            call="f(3)",
        ),
    ),
    counterexamples=(
        "import numpy as np\\n\\ndef f(n):\\n    return np.ones(n, dtype=np.int64).astype(np.float32)\\n",
        "import numpy as np\\n\\ndef f(n, dtype):\\n    return np.ones(n).astype(dtype)\\n",
        "import numpy as np\\n\\ndef f(n):\\n    a = np.ones(n)\\n    return a, a.astype(np.float32)\\n",
        "import numpy as np\\n\\ndef f(n):\\n    return np.full(n, 0.1).astype(np.float32)\\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Arrays of zeros or ones that are cast where they are made."""
    for call in facts.walk(ast.Call):
        made, _ = patterns.method(call, "astype") or (None, call)
        if not isinstance(made, ast.Call) or not patterns.is_call(facts, made, *MAKERS):
            continue
        plain = all(len(c.args) == 1 and not c.keywords for c in (made, call))
        if not plain or isinstance(made.args[0], ast.Starred):
            continue
        dtype, (_, begin), (_, end) = call.args[0], facts.range(made), facts.range(call)
        # What stands between is the cast alone: no bracket is closed there, no comment lost.
        between = facts.source.data[begin:end].decode()
        if facts.names.dotted(dtype) not in DTYPES or between != f".astype({facts.text(dtype)})":
            continue
        add = patterns.add_argument(facts, made, f"dtype={facts.text(dtype)}")
        cast = Edit(begin, end, "")
        yield RULE.site(facts, call, "the array is made in one dtype, then cast", (*add, cast))
''')

PAIR = '''"""Weights of the rows of a table, all alike."""

import numpy as np
import numpy.typing as npt


def arguments() -> tuple[int]:
    return (2_000_000,)


def run(count: int) -> npt.NDArray[np.float32]:
    weights = np.ones(count).astype(np.float32)
    return weights
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

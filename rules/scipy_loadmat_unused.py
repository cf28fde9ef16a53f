"""Variables read from a file and never used.

What it does
    Finds `loadmat(path)["x"]` and frames of names read by constants only, and names those
    variables.

Why it costs memory
    Every variable of the file is read and held.

Example
    x = loadmat(path)["x"]

Use instead
    x = loadmat(path, variable_names=["x"])["x"]

When it is safe
    Every use of the result in its function is a constant name. A file that holds a name twice
    gives the first one instead of the last, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, frames, patterns
from codeopt.rule import Example, Pair, Rule

_HARMLESS = {"squeeze_me", "struct_as_record", "simplify_cells", "chars_as_strings", "mat_dtype", "appendmat"}


RULE = Rule(
    code="MEM532",
    name="sp-loadmat-unused",
    trust=Trust.EXACT,
    summary="variables are read from a file and never used",
    triggers=("loadmat(",),
    pair=Pair("S39", 12.22, 0.03),
    search_only=True,
    examples=(
        Example(
            "import io\n"
            "import numpy as np\n"
            "from scipy.io import loadmat, savemat\n"
            "\n"
            "def points(n):\n"
            "    file = io.BytesIO()\n"
            '    savemat(file, {"x": np.arange(n), "y": np.zeros(n)})\n'
            "    file.seek(0)\n"
            '    return loadmat(file)["x"]\n',
            "import io\n"
            "import numpy as np\n"
            "from scipy.io import loadmat, savemat\n"
            "\n"
            "def points(n):\n"
            "    file = io.BytesIO()\n"
            '    savemat(file, {"x": np.arange(n), "y": np.zeros(n)})\n'
            "    file.seek(0)\n"
            '    return loadmat(file, variable_names=["x"])["x"]\n',
            call="points(3)",
        ),
        Example(
            "import scipy.io as sio\n"
            "\n"
            "def pair(path):\n"
            "    data = sio.loadmat(path, squeeze_me=True)\n"
            '    return data["x"], data["y"]\n',
            "import scipy.io as sio\n"
            "\n"
            "def pair(path):\n"
            '    data = sio.loadmat(path, squeeze_me=True, variable_names=["x", "y"])\n'
            '    return data["x"], data["y"]\n',
        ),
    ),
    counterexamples=(
        ("from scipy.io import loadmat\n\ndef f(p):\n    d = loadmat(p)\n    return d['x'], d\n"),
        ("from scipy.io import loadmat\n\ndef f(p, k):\n    return loadmat(p)[k]\n"),
        ("from scipy.io import loadmat\n\ndef f(p):\n    return loadmat(p, mdict={})['x']\n"),
        ("from scipy.io import loadmat\n\ndef f(p):\n    return loadmat(p)['__header__']\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Files of which only named variables are used."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "scipy.io.loadmat") or len(call.args) != 1:
            continue
        if not {k.arg for k in call.keywords} <= _HARMLESS:
            continue
        held = frames.held_by(facts, call)
        names = frames.keys_read(facts, held) if held else None
        if names and not any(name.strip("'\"").startswith("__") for name in names):
            listed = ", ".join(names)
            yield RULE.site(
                facts, call, f"only {listed} of this file is used",
                patterns.add_argument(facts, call, f"variable_names=[{listed}]"),
            )  # fmt: skip

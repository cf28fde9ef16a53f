"""Rows are collected as dictionaries to become a frame.

What it does
    Finds lists that are only given dictionaries with the same written keys and then to
    `pd.DataFrame(...)`, and collects tuples.

Why it costs memory
    Each row holds a dictionary of its own; a tuple takes a third of it.

Example
    rows = []
    for name, score in results:
        rows.append({"name": name, "score": score})
    return pd.DataFrame(rows)

Use instead
    rows = []
    for name, score in results:
        rows.append((name, score))
    return pd.DataFrame(rows, columns=["name", "score"] if rows else None)

When it is safe
    Every row has the same keys in the same order and nothing else reads the list. pandas finds the
    types of the columns in the same way for both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM480",
    name="pd-rows-of-dicts",
    trust=Trust.EXACT,
    summary="rows are collected as dictionaries to become a frame",
    triggers=("DataFrame(",),
    pair=Pair("P17", 38.1, 24.5),
    search_only=True,
    examples=(
        Example(
            "import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n"
            '        rows.append({"a": x, "b": x / 2})\n    return pd.DataFrame(rows)\n',
            "import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n"
            "        rows.append((x, x / 2))\n"
            '    return pd.DataFrame(rows, columns=["a", "b"] if rows else None)\n',
            call="f(range(3)), f([])",
        ),
        Example(
            "import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n"
            '        rows.append({\n            "a": x,  # the number\n            "b": str(x),\n        })\n'
            '    table = pd.DataFrame(rows, index=xs)\n    return table["a"]\n',
            "import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n"
            "        rows.append((\n            x,  # the number\n            str(x),\n        ))\n"
            '    table = pd.DataFrame(rows, index=xs, columns=["a", "b"] if rows else None)\n'
            '    return table["a"]\n',
            call="f([3, 4])",
        ),
        Example(
            'import pandas as pd\n\ndef f(xs):\n    rows = [{"a": x} for x in xs]\n'
            "    return pd.DataFrame(rows)\n",
            "import pandas as pd\n\ndef f(xs):\n    rows = [(x,) for x in xs]\n"
            '    return pd.DataFrame(rows, columns=["a"] if rows else None)\n',
            call="f([3, None])",
        ),
    ),
    counterexamples=(
        'import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n        rows.append({"a": x})\n'
        '        if x:\n            rows.append({"b": x})\n    return pd.DataFrame(rows)\n',
        'import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n        rows.append({"a": x})\n'
        "    return pd.DataFrame(rows), rows\n",
        "import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n"
        '        rows.append({"a": x, **x})\n'
        "    return pd.DataFrame(rows)\n",
        'import pandas as pd\n\ndef f(xs, rows):\n    for x in xs:\n        rows.append({"a": x})\n'
        "    return pd.DataFrame(rows)\n",
        'import pandas as pd\n\ndef f(xs):\n    rows = []\n    for x in xs:\n        rows.append({"a": x})\n'
        '    return pd.DataFrame(rows, columns=["a"])\n',
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Frames of lists that only ever get rows with the same written keys."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "pandas.DataFrame") or len(call.args) != 1:
            continue
        if {k.arg for k in call.keywords} - {"index"} or not isinstance(call.args[0], ast.Name):
            continue
        rows = _rows(facts, call.args[0])
        keys = _keys(rows[0]) if rows else None
        if not rows or keys is None or any(_keys(row) != keys for row in rows):
            continue
        edits = [edit for row in rows for edit in _as_tuple(facts, row)]
        if not edits:
            continue
        columns = ", ".join(facts.text(k) for k in rows[0].keys if k is not None)
        name = call.args[0].id
        edits += patterns.add_argument(facts, call, f"columns=[{columns}] if {name} else None")
        yield RULE.site(facts, call, "each row is a dictionary of its own", edits)


def _rows(facts: Facts, name: ast.Name) -> list[ast.Dict]:
    """The dictionaries that a list is given one by one; none if anything else happens to it."""
    function = facts.function(name)
    if not isinstance(function, DEFS) or facts.names.home(name) is not function:
        return []
    flow = facts.flow(function)
    if flow.opaque or name.id in flow.captured or name.id in flow.parameters:
        return []
    found: list[ast.Dict] = []
    begun = 0
    for use in facts.names.occurrences(name.id, function):
        if use is name:
            continue
        parent = facts.parent(use)
        if not isinstance(use.ctx, ast.Load):
            value = parent.value if isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
            begun += 1
            if len(getattr(parent, "targets", [use])) != 1:
                return []
            if isinstance(value, ast.ListComp) and isinstance(value.elt, ast.Dict):
                found.append(value.elt)
            elif not isinstance(value, ast.List) or value.elts:
                return []
            continue
        outer = facts.parent(parent) if isinstance(parent, ast.Attribute) else None
        row = outer.args[0] if isinstance(outer, ast.Call) and len(outer.args) == 1 else None
        appended = isinstance(parent, ast.Attribute) and parent.attr == "append"
        if not appended or not isinstance(row, ast.Dict) or not isinstance(facts.parent(outer), ast.Expr):  # type: ignore[arg-type]
            return []
        found.append(row)
    return found if begun == 1 else []


def _keys(row: ast.Dict) -> list[str] | None:
    keys = [k.value for k in row.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    return keys if len(keys) == len(row.keys) == len(set(keys)) and keys else None


def _as_tuple(facts: Facts, row: ast.Dict) -> list[Edit]:
    """Edits that make a dictionary the tuple of its values; none if a comment stands before a value."""
    data = facts.source.data
    start, end = facts.range(row)
    edits = [Edit(start, start + 1, "(")]
    for key in row.keys:
        assert key is not None
        first, last = facts.range(key)
        colon = data.index(b":", last)
        behind = colon + 1 + len(data[colon + 1 :]) - len(data[colon + 1 :].lstrip())
        if b"#" in data[last:behind] or data[behind : behind + 1] == b"#":
            return []
        edits.append(Edit(first, behind, ""))
    last_value = facts.range(row.values[-1])[1]
    comma = "," if len(row.values) == 1 and b"," not in data[last_value : end - 1] else ""
    edits.append(Edit(end - 1, end, f"{comma})"))
    return edits

"""Windows of a signal are taken by a table of positions.

What it does
    Finds `signal[starts[:, None] + np.arange(length)]`, also where the table has a name, and takes
    the windows from `sliding_window_view`.

Why it costs memory
    The table of positions has 8 bytes for every number of every window, beside the windows.

Example
    index = starts[:, None] + np.arange(length)
    frames = signal[index]

Use instead
    frames = np.lib.stride_tricks.sliding_window_view(signal, length)[starts]

When it is safe
    The signal has one axis and the starts are not negative: a proof by running decides. The windows
    are a copy as before; at starts a fixed step apart they can be a view, which takes nothing, where
    nobody writes into them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM235",
    name="np-window-by-index",
    trust=Trust.EXACT,
    summary="windows of a signal are taken by a table of positions",
    triggers=("arange(",),
    pair=Pair("N11", 16.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import numpy as np\n\ndef f(signal, starts, n):\n"
            "    return signal[starts[:, None] + np.arange(n)]\n",
            "import numpy as np\n\ndef f(signal, starts, n):\n"
            "    return np.lib.stride_tricks.sliding_window_view(signal, n)[starts]\n",
            call="f(np.arange(9.0), np.array([0, 3, 2]), 4)",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef f(signal, hop, k, n):\n    starts = hop * np.arange(k)\n"
            "    index = starts[:, np.newaxis] + np.arange(n)[np.newaxis, :]\n    return signal[index]\n",
            "import numpy as np\n\ndef f(signal, hop, k, n):\n"
            "    return np.lib.stride_tricks.sliding_window_view(signal, n)[::hop][:k]\n",
            call="f(np.arange(9.0), 2, 3, 4)",
            sites=4,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, s, n):\n    return x[s[None, :] + np.arange(n)]\n",
        "import numpy as np\n\ndef f(x, s, n):\n    return x[s[:, None] + np.arange(1, n)]\n",
        "import numpy as np\n\ndef f(x, s, n):\n    x[s[:, None] + np.arange(n)] = 0\n",
        "import numpy as np\n\ndef f(x, s, n):\n    i = s[:, None] + np.arange(n)\n    return x[i], i\n",
        "import numpy as np\n\ndef f(x, s, n):\n    return x[s[:, None] + np.arange(*n)]\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Reads by a sum of starts and offsets."""
    for node in facts.walk(ast.Subscript):
        if not isinstance(node.ctx, ast.Load) or not isinstance(node.slice, (ast.Name, ast.BinOp)):
            continue
        table, made = patterns.value_of(facts, node.slice, (node.slice,))
        parts = _parts(facts, table)
        spelled = facts.names.spell("numpy.lib.stride_tricks.sliding_window_view", node)
        if parts is None or spelled is None or not patterns.plain(node.value):
            continue
        starts, length = (facts.text(p) for p in parts)
        x, plain, least = facts.text(node.value), facts.text(table), patterns.operand(facts, parts[1])
        windows, drop = f"{spelled}({x}, {length})", (made,) if made else ()
        steps, counted = _steps(facts, parts[0])
        ways = [(f"{windows}[{starts}]", "", drop)]
        if steps:
            ways.insert(0, (f"{windows}{steps}", "as a view", (*drop, counted) if counted else drop))
        for text, label, dropped in ways:
            # A signal that is shorter than a window has none, which is not the same as a wrong call.
            asking = facts.edits.either(node, f"len({x}) >= {least}", text, f"{x}[{plain}]")
            where = f"{label} where the signal holds a window".strip()
            both = ((label, facts.edits.replace(node, text), dropped), (where, asking, drop))
            for way, new, gone in both:
                edits = (*new, *(e for s in gone for e in facts.edits.delete(s)))
                yield RULE.site(
                    facts, node, "the positions take as much as the windows", edits,
                    group="ways", label=way,
                )  # fmt: skip


def _steps(facts: Facts, starts: ast.expr) -> tuple[str, ast.Assign | None]:
    """The slices that give the windows at `hop * np.arange(count)`, and where that has its name."""
    value, made = patterns.value_of(facts, starts, (starts,))
    for hop, count in ((value.left, value.right), (value.right, value.left)) if _is_times(value) else ():  # type: ignore[attr-defined]
        number = _length(facts, count)
        if number is not None and patterns.pure(facts, hop) and not isinstance(hop, ast.Call):
            end = facts.text(number)
            return f"[::{facts.text(hop)}][:{end if end.isidentifier() else ' ' + end}]", made
    return "", None


def _is_times(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _parts(facts: Facts, table: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Starts and length of `starts[:, None] + np.arange(length)`, either way round."""
    if not isinstance(table, ast.BinOp) or not isinstance(table.op, ast.Add):
        return None
    for first, second in ((table.left, table.right), (table.right, table.left)):
        length = _length(facts, second)
        if isinstance(first, ast.Subscript) and isinstance(first.slice, ast.Tuple) and length is not None:
            all_, new = (*first.slice.elts, None, None)[:2]
            if _is_all(all_) and _is_new(new) and len(first.slice.elts) == 2 and patterns.plain(first.value):
                return first.value, length
    return None


def _length(facts: Facts, node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        new, all_ = node.slice.elts
        node = node.value if _is_all(all_) and _is_new(new) else node
    one = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
    if not one or not patterns.is_call(facts, node, "numpy.arange"):
        return None
    count: ast.expr = node.args[0]  # type: ignore[attr-defined]
    return None if isinstance(count, (ast.Starred, ast.Lambda)) else count


def _is_all(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)


def _is_new(node: ast.expr | None) -> bool:
    none = isinstance(node, ast.Constant) and node.value is None
    return none or (isinstance(node, ast.Attribute) and node.attr == "newaxis")

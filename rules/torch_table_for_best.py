"""A table of all pairs made to find the best of each row.

What it does
    Finds `torch.cdist(a, b).argmin(dim=1)`, `(a @ b.T).topk(k, dim=1)` and the like (`argmax`,
    `min`, `max`), and works on blocks of rows. Block sizes are alternatives.

Why it costs memory
    The table holds a number for every pair; what is kept of it is a few numbers a row.

Example
    nearest = torch.cdist(points, centres).argmin(dim=1)

Use instead
    nearest = torch.cat([torch.cdist(rows, centres).argmin(dim=1) for rows in points.split(256)])

When it is safe
    Rows are the first axis. Products of another size round differently, so near ties may fall
    the other way. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (256, 64, 1024)
_ONE = ("argmin", "argmax")
_PAIR = ("topk", "min", "max")
_PRODUCTS = ("torch.cdist", "torch.matmul", "torch.mm")

RULE = Rule(
    code="MEM358",
    name="torch-table-for-best",
    trust=Trust.CLOSE,
    summary="a table of all pairs is made to find the best of each row",
    triggers=(".argmin(", ".argmax(", ".topk(", ".min(", ".max(", "torch.topk(", "torch.arg"),
    pair=Pair("N32", 17.48, 1.27),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef nearest(points, centres):\n"
            "    return torch.cdist(points, centres).argmin(dim=1)\n",
            "import torch\n\ndef nearest(points, centres):\n"
            "    return torch.cat([torch.cdist(rows, centres).argmin(dim=1) "
            "for rows in points.split(256)])\n",
            call="nearest(torch.eye(3), torch.ones(2, 3))",
            sites=3,
        ),
        Example(
            "import torch\n\ndef retrieve(queries, keys, k):\n    scores = queries @ keys.T\n"
            "    values, places = scores.topk(k, dim=-1)\n    return values, places\n",
            "import torch\n\ndef retrieve(queries, keys, k):\n"
            "    values, places = map(torch.cat, zip(*[(rows @ keys.T).topk(k, dim=-1) "
            "for rows in queries.split(256)]))\n    return values, places\n",
            call="retrieve(torch.eye(3), torch.ones(2, 3), 1)[0]",
            sites=3,
        ),
        Example(
            "import torch\n\ndef gap(a, b):\n    return torch.cdist(a, b, p=1).min(1).values.mean()\n",
            "import torch\n\ndef gap(a, b):\n    return torch.cat([torch.cdist(rows, b, p=1).min(1).values "
            "for rows in a.split(256)]).mean()\n",
            call="gap(torch.eye(3), torch.ones(2, 3))",
            sites=3,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(a, b):\n    return torch.cdist(a, b).argmin(dim=0)\n",
        "import torch\n\ndef f(a, b):\n    table = torch.cdist(a, b)\n"
        "    return table.argmin(dim=1), table\n",
        "import torch\n\ndef f(a, b):\n    return torch.cdist(a, b).min()\n",
        "import torch\n\ndef f(a, w):\n    return torch.cat([torch.cdist(rows, w).argmin(1) "
        "for rows in a.split(9)])\n",
        "import numpy as np\n\ndef f(a, b):\n    return (a @ b.T).argmax(1)\n",
        "import torch\n\ndef f(a, b):\n    return (a @ b.T).topk(3)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """The best of each row of a table that nothing else reads."""
    for call in facts.walk(ast.Call):
        subject, name = _asked(facts, call)
        join = facts.names.spell("torch.cat", call)
        if subject is None or join is None:
            continue
        table, made = patterns.value_of(facts, subject, (subject,))
        left = _left(facts, table)
        if left is None or _in_blocks(facts, call):
            continue
        whole, several = _taken(facts, call, name)
        if whole is None:
            continue
        rows = facts.names.fresh_name("rows", call)
        if made is None:
            one = patterns.with_parts(facts, whole, {left: rows})
        else:
            block = patterns.with_parts(facts, table, {left: rows})
            block = f"({block})" if isinstance(table, ast.BinOp) else block
            one = patterns.with_parts(facts, whole, {subject: block})
        for size in _BLOCKS:
            listed = f"[{one} for {rows} in {left.id}.split({size})]"
            text = f"map({join}, zip(*{listed}))" if several else f"{join}({listed})"
            edits = facts.edits.replace(whole, text) + (facts.edits.delete(made) if made is not None else ())
            yield RULE.site(
                facts, call, "blocks of rows need the table of one block", edits, group="blocks",
                label=f"blocks of {size} rows",
            )  # fmt: skip


def _asked(facts: Facts, call: ast.Call) -> tuple[ast.expr | None, str]:
    """What the best of each row is asked of, along its last axis, and by which function."""
    dotted = facts.names.dotted(call.func) or ""
    names: tuple[str, ...]
    if patterns.is_call(facts, call, *(f"torch.{n}" for n in (*_ONE, *_PAIR))):
        names, name = ("input",), dotted.rpartition(".")[2]
    elif (found := patterns.method(call, *_ONE, *_PAIR)) is not None and not dotted:
        names, name = (), found[1].func.attr  # type: ignore[attr-defined]
    else:
        return None, ""
    given = patterns.arguments(call, *names, *(("k", "dim") if name == "topk" else ("dim",)))
    if given is None or patterns.number(given.get("dim")) not in (1, -1):
        return None, ""
    subject = given["input"] if names and "input" in given else None
    if not names and isinstance(call.func, ast.Attribute):
        subject = call.func.value
    return subject, name


def _left(facts: Facts, table: ast.expr) -> ast.Name | None:
    """The rows of a table of distances or products, where they come in at its left side alone."""
    if isinstance(table, ast.BinOp) and isinstance(table.op, ast.MatMult):
        left, right = table.left, table.right
    elif isinstance(table, ast.Call) and patterns.is_call(facts, table, *_PRODUCTS) and len(table.args) >= 2:
        left, right = table.args[0], table.args[1]
    else:
        return None
    torch = facts.names.spell("torch") is not None and facts.names.spell("numpy") is None
    known = not isinstance(table, ast.BinOp) or torch or patterns.kind(facts, left) == "tensor"
    plain = isinstance(left, ast.Name) and patterns.pure(facts, right) and known
    return left if plain and isinstance(left, ast.Name) else None


def _taken(facts: Facts, call: ast.Call, name: str) -> tuple[ast.expr | None, bool]:
    """The expression that is one tensor a block, or the call itself where its two are unpacked."""
    if name in _ONE:
        return call, False
    parent = facts.parent(call)
    if isinstance(parent, ast.Attribute) and parent.attr in ("values", "indices"):
        return parent, False
    if isinstance(parent, ast.Subscript) and patterns.number(parent.slice) in (0, 1):
        return parent, False
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    unpacked = isinstance(target, ast.Tuple) and len(target.elts) == 2
    return (call, True) if unpacked else (None, False)


def _in_blocks(facts: Facts, call: ast.Call) -> bool:
    """Whether a comprehension or a lambda is around, which may work in blocks already."""
    around = (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp, ast.Lambda)
    return any(isinstance(n, around) for n in facts.index.ancestors(call)) or patterns.in_class_body(
        facts, call
    )

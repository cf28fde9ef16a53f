"""Several steps over all rows at once.

What it does
    Finds a run of statements that treat each row of their arrays by itself and keep little of it
    (a sum, a maximum, a product with something narrow), and does the run for blocks of rows.

Why it costs memory
    Every step makes an array with all rows. In blocks only one block of each exists, and the
    small results of the blocks are put together: 64 rows instead of 100,000.

Example
    similarity = queries @ documents.T
    best = similarity.argmax(axis=1)

Use instead
    best_blocks = []
    for start in range(0, max(1, len(queries)), 64):
        similarity = queries[start:start + 64] @ documents.T
        best = similarity.argmax(axis=1)
        best_blocks.append(best)
    best = np.concatenate(best_blocks)

When it is safe
    Where the first axis of the named arrays really is that of the rows, and nothing else has it:
    code does not always tell, so this is for a proof by running. Element-wise steps and reductions
    give the same bits; products and transforms of blocks may round differently in the last place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns, rowwise
from codeopt.facts.rowwise import Region, Rowwise
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (64, 512)
_HEAD = "import numpy as np\n\ndef nearest(queries, documents):\n"

RULE = Rule(
    code="MEM240",
    name="np-row-blocks",
    trust=Trust.CLOSE,
    summary="steps over all rows at once could go over blocks of rows",
    triggers=("axis=1", "axis=-1", "axis=2", "(1)", "(-1)", " @ ", "dot("),
    pair=Pair("N32", 8.01, 1.01),
    examples=(
        Example(
            f"{_HEAD}    similarity = queries @ documents.T\n    best = similarity.argmax(axis=1)\n"
            "    return best\n",
            f"{_HEAD}    best_blocks = []\n    for start in range(0, max(1, len(queries)), 64):\n"
            "        similarity = queries[start:start + 64] @ documents.T\n"
            "        best = similarity.argmax(axis=1)\n        best_blocks.append(best)\n"
            "    best = np.concatenate(best_blocks)\n    return best\n",
            call="nearest(np.random.default_rng(0).random((200, 4)), np.eye(4))",
            sites=2,
        ),
        Example(
            "import numpy as np\n\ndef density(table, weights):\n    kernel = np.exp(-0.5 * table)\n"
            "    weighted = kernel * weights[None, :]\n    return float(weighted.sum(axis=1).mean())\n",
            "import numpy as np\n\ndef density(table, weights):\n    blocks = []\n"
            "    for start in range(0, max(1, len(table)), 64):\n"
            "        kernel = np.exp(-0.5 * table[start:start + 64])\n"
            "        weighted = kernel * weights[None, :]\n"
            "        blocks.append(weighted.sum(axis=1))\n"
            "    return float(np.concatenate(blocks).mean())\n",
            call="density(np.random.default_rng(0).random((150, 5)), np.arange(5.0))",
            sites=2,
        ),
    ),
    counterexamples=(
        "import numpy as np\n\ndef f(x, w):\n    y = x @ w\n    return y\n",
        "import numpy as np\n\ndef g(x):\n    return x.sum(axis=1)\n",
        "import numpy as np\n\ndef f(x):\n    y = np.exp(x)\n    return y, y.sum(axis=1)\n",
        "import numpy as np\n\ndef f(x):\n    y = np.exp(x)\n    return y.sum(axis=0)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Regions, with the arrays that surely have rows and with all that may."""
    seen: set[tuple[str, ...]] = set()
    for spread in (False, True):
        for region, rows in rowwise.regions(facts, spread=spread):
            key = (str(facts.range(region.stmts[0])), *sorted(region.inputs))
            if key in seen or not all(facts.edits.alone(s) for s in region.stmts):
                continue
            seen.add(key)
            for block in _BLOCKS:
                edits = _edits(facts, region, rows, block)
                if edits:
                    names = " and ".join(sorted(region.inputs))
                    yield RULE.site(
                        facts, region.last, "these steps need only a block of rows at a time", edits,
                        group="blocks", label=f"blocks of {block} rows of {names}", certain=False,
                        trust=None if region.products else Trust.EXACT,
                    )  # fmt: skip


def _edits(facts: Facts, region: Region, rows: Rowwise, block: int) -> tuple[Edit, ...]:
    join = facts.names.spell("numpy.concatenate", region.last)
    if join is None:
        return ()
    unit, start = facts.edits.unit(region.last), facts.names.fresh_name("start", region.last)
    slices = f"[{start}:{start} + {block}]"
    lists = {name: facts.names.fresh_name(f"{name}_blocks", region.last) for name in region.outputs}
    before: list[str] = []
    inside: list[str] = []
    for stmt in region.stmts[: -1 if region.parts else None]:
        value: ast.expr = stmt.value  # type: ignore[attr-defined]
        target = facts.text(stmt.targets[0])  # type: ignore[attr-defined]
        text = _text(facts, value, region, rows, slices, before)
        (before if rows.is_shared(value, region) else inside).append(f"{target} = {text}")
    ends = [f"{name} = {join}({made})" for name, made in lists.items()]
    inside += [f"{made}.append({name})" for name, made in lists.items()]
    made = [*lists.values()]
    if region.parts:
        named: dict[ast.expr, str] = {}
        for number, part in enumerate(region.parts, 1):
            name = facts.names.fresh_name("blocks" if number == 1 else f"blocks_{number}", part)
            inside.append(f"{name}.append({_text(facts, part, region, rows, slices, before)})")
            made.append(name)
            named[part] = f"{join}({name})"
        ends.append(patterns.with_parts(facts, region.last, named))  # type: ignore[arg-type]
    first = min(region.inputs)
    loop = f"for {start} in range(0, max(1, len({first})), {block}):"
    lines = [*before, *(f"{name} = []" for name in made), loop, *(unit + line for line in inside), *ends]
    taken = [e for stmt in region.stmts[:-1] for e in facts.edits.delete(stmt)]
    return (*taken, *facts.edits.replace_statement(region.last, lines))


def _text(facts: Facts, node: ast.expr, region: Region, rows: Rowwise, slices: str, before: list[str]) -> str:
    """The text of an expression for one block; what has no rows and is computed goes before the loop."""
    parts: dict[ast.expr, str] = {}
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        computed = isinstance(part, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript))
        if computed and part is not node and rows.is_shared(part, region):  # type: ignore[arg-type]
            if any(isinstance(n, ast.Call) and not _is_len(facts, n) for n in ast.walk(part)):
                name = facts.names.fresh_name("shared" if not before else f"shared_{len(before) + 1}", node)
                before.append(f"{name} = {_line(facts.text(part))}")
                parts[part] = name  # type: ignore[index]
            continue
        if isinstance(part, ast.Name) and part.id in region.inputs:
            parts[part] = part.id + slices
        stack.extend(ast.iter_child_nodes(part))
    return _line(patterns.with_parts(facts, node, parts))


def _is_len(facts: Facts, call: ast.Call) -> bool:
    return patterns.is_call(facts, call, "builtins.len")


def _line(text: str) -> str:
    return f"({text})" if "\n" in text or "\r" in text else text

"""A whole batch in one forward and backward pass.

What it does
    Finds a loss that is made of a module's output and back-propagated, and does both for a few
    rows at a time; gradients add up. Numbers of rows are alternatives.

Why it costs memory
    The activations of every layer are kept for all rows until the backward pass.

Example
    loss = criterion(model(x), y)
    loss.backward()

Use instead
    loss = 0.0
    for x_rows, y_rows in zip(x.split(64), y.split(64)):
        part = criterion(model(x_rows), y_rows) * (len(x_rows) / len(x))
        part.backward()
        loss = loss + part.detach()

When it is safe
    The loss is a mean or a sum over rows of equal weight, and the module treats each row by
    itself: no batch normalisation or contrast within the batch. Sums of floats are made in
    another order. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, training
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_ROWS = (64, 16, 256)

RULE = Rule(
    code="MEM353",
    name="torch-whole-batch-step",
    trust=Trust.CLOSE,
    summary="a whole batch goes through one forward and backward pass",
    triggers=(".backward()",),
    pair=Pair("T13", 33.59, 3.18),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(model, criterion, x, y, opt):\n    opt.zero_grad()\n"
            "    loss = criterion(model(x), y)\n    loss.backward()\n    opt.step()\n"
            "    return loss.item()\n",
            "import torch\n\ndef step(model, criterion, x, y, opt):\n    opt.zero_grad()\n"
            "    loss = 0.0\n    for x_rows, y_rows in zip(x.split(64), y.split(64)):\n"
            "        part = criterion(model(x_rows), y_rows) * (len(x_rows) / len(x))\n"
            "        part.backward()\n        loss = loss + part.detach()\n    opt.step()\n"
            "    return loss.item()\n",
            call="(lambda m: step(m, torch.nn.MSELoss(), torch.ones(2, 3), torch.ones(2, 1), "
            "torch.optim.SGD(m.parameters(), 0.1)) * 0)(torch.nn.Linear(3, 1))",
            sites=3,
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef fit(net: torch.nn.Module, batches, opt):\n"
            "    for x, y in batches:\n        out = net(x)\n"
            '        loss = F.mse_loss(out, y, reduction="sum")\n        opt.zero_grad()\n'
            "        loss.backward()\n        opt.step()\n",
            "import torch\nimport torch.nn.functional as F\n\ndef fit(net: torch.nn.Module, batches, opt):\n"
            "    for x, y in batches:\n        opt.zero_grad()\n        loss = 0.0\n"
            "        for x_rows, y_rows in zip(x.split(64), y.split(64)):\n"
            "            out = net(x_rows)\n"
            '            part = F.mse_loss(out, y_rows, reduction="sum")\n'
            "            part.backward()\n            loss = loss + part.detach()\n        opt.step()\n",
            call="fit(torch.nn.Linear(3, 1), [], None)",
            sites=3,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, criterion, x, y):\n    loss = criterion(model(x), y)\n"
        "    return loss\n",
        "import torch\n\ndef f(model, criterion, x, y):\n    out = model(x)\n    loss = criterion(out, y)\n"
        "    loss.backward()\n    return out\n",
        "import torch\n\ndef f(price, criterion, x, y):\n    loss = criterion(price(x), y)\n"
        "    loss.backward()\n",
        "import torch\n\ndef f(model, criterion, x, y):\n    loss = criterion(model(x), y)\n"
        "    loss.backward(retain_graph=True)\n    return loss\n",
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self):\n"
        "        self.norm = nn.BatchNorm1d(3)\n\ndef f(model, criterion, x, y):\n"
        "    loss = criterion(model(x), y)\n    loss.backward()\n",
        "import torch\n\ndef f(model, a, b):\n    loss = (model(a) @ model(b).T).logsumexp(1).mean()\n"
        "    loss.backward()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Backward passes of losses that a run of statements makes of a module's output."""
    if training.across_rows(facts):
        return  # its statistics are of a whole batch
    for call in facts.walk(ast.Call):
        found, stmt, function = patterns.method(call, "backward"), facts.parent(call), facts.function(call)
        if found is None or call.args or call.keywords or not isinstance(stmt, ast.Expr):
            continue
        if not isinstance(found[0], ast.Name) or not isinstance(function, DEFS):
            continue
        run = training.to_loss(facts, stmt, found[0], function)
        rows = training.batches(facts, run, function) if run else []
        if not rows or not training.ends_with(facts, run, stmt, found[0], function):
            continue
        for size in _ROWS:
            edits = facts.edits.replace_statement(stmt, _lines(facts, run, rows, stmt, size))
            for gone in run:
                edits += facts.edits.delete(gone)
            yield RULE.site(
                facts, run[-1], "a few rows at a time need the activations of those rows", edits,
                group="rows", label=f"{size} rows",
            )  # fmt: skip


def _lines(facts: Facts, run: list[ast.stmt], rows: list[ast.Name], stmt: ast.stmt, size: int) -> list[str]:
    """The statements of a run, made to work on a few rows at a time."""
    parts = {r.id: facts.names.fresh_name(f"{r.id}_rows", stmt) for r in rows}
    part, unit = facts.names.fresh_name("part", stmt), facts.edits.unit(stmt)
    made = [s for s in run if isinstance(s, ast.Assign)]
    loss, value = facts.text(made[-1].targets[0]), made[-1].value
    first = rows[0].id
    weight = "" if _is_sum(value) else f" * (len({parts[first]}) / len({first}))"
    texts = [_renamed(facts, s.value, parts) for s in made]
    last = f"({texts[-1]})" if weight and not isinstance(value, ast.Call) else texts[-1]
    split = ", ".join(f"{r.id}.split({size})" for r in rows)
    return [
        *(facts.text(s) for s in run if isinstance(s, ast.Expr)),
        f"{loss} = 0.0",
        f"for {', '.join(parts.values())} in zip({split}):",
        *(f"{unit}{facts.text(s.targets[0])} = {t}" for s, t in zip(made[:-1], texts[:-1], strict=True)),
        f"{unit}{part} = {last}{weight}",
        f"{unit}{part}.backward()",
        f"{unit}{loss} = {loss} + {part}.detach()",
    ]


def _renamed(facts: Facts, node: ast.expr, names: dict[str, str]) -> str:
    read = [n for n in facts.under(node) if isinstance(n, ast.Name) and n.id in names]
    return patterns.with_parts(facts, node, {n: names[n.id] for n in read})


def _is_sum(value: ast.expr) -> bool:
    """Whether a loss adds up its rows instead of averaging them."""
    options = value.keywords if isinstance(value, ast.Call) else []
    reduction = next((k.value for k in options if k.arg == "reduction"), None)
    written = isinstance(reduction, ast.Constant) and reduction.value == "sum"
    return written or patterns.method(value, "sum") is not None

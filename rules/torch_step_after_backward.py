"""All gradients stand together until the optimizer steps.

What it does
    Finds a backward pass that a step of the optimizer follows at once, and lets each parameter be
    stepped, and its gradient dropped, as soon as the backward pass has finished it.

Why it costs memory
    The gradients are as large as all parameters. Dropped one by one, only one of them exists.

Example
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()

Use instead
    with contextlib.ExitStack() as hooks:
        for p in (p for group in optimizer.param_groups for p in group["params"] if p.requires_grad):
            hooks.enter_context(p.register_post_accumulate_grad_hook(
                lambda _: optimizer.step() or optimizer.zero_grad()))
        loss.backward()

When it is safe
    The optimizer treats each parameter by itself (SGD, Adam and their kin), gradients are neither
    clipped nor added up over several backward passes, and nobody reads them after the step. A
    run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, training
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_ACROSS = ("LBFGS", "scaler", "clip_grad", "accelerator", "fabric", "closure")

_TAIL = (
    '        for p in (p for group in opt.param_groups for p in group["params"] if p.requires_grad):\n'
    "            hooks.enter_context(p.register_post_accumulate_grad_hook("
    "lambda _: opt.step() or opt.zero_grad()))\n"
)

RULE = Rule(
    code="MEM355",
    name="torch-step-after-backward",
    trust=Trust.EXACT,
    summary="all gradients stand together until the optimizer steps",
    triggers=(".backward()",),
    pair=Pair("T18", 14.4, 3.77),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(model, x, opt):\n    opt.zero_grad()\n    loss = model(x).sum()\n"
            "    loss.backward()\n    opt.step()\n    opt.zero_grad()\n    return loss.item()\n",
            "import torch\nimport contextlib\n\ndef step(model, x, opt):\n    opt.zero_grad()\n"
            "    loss = model(x).sum()\n    with contextlib.ExitStack() as hooks:\n"
            + _TAIL
            + "        loss.backward()\n    return loss.item()\n",
            call="(lambda m: step(m, torch.ones(2, 3), torch.optim.SGD(m.parameters(), "
            "0.1)) * 0)(torch.nn.Linear(3, 1))",
        ),
        Example(
            "import torch\n\ndef fit(x):\n    torch.manual_seed(0)\n    model = torch.nn.Linear(3, 1)\n"
            "    opt = torch.optim.Adam(model.parameters())\n    for _ in range(3):\n"
            "        loss = model(x).sum()\n        opt.zero_grad()\n        loss.backward()\n"
            "        opt.step()\n    return model.weight.detach()\n",
            "import torch\nimport contextlib\n\ndef fit(x):\n    torch.manual_seed(0)\n"
            "    model = torch.nn.Linear(3, 1)\n"
            "    opt = torch.optim.Adam(model.parameters())\n    for _ in range(3):\n"
            "        loss = model(x).sum()\n        opt.zero_grad()\n"
            "        with contextlib.ExitStack() as hooks:\n"
            + "".join(f"    {line}\n" for line in _TAIL.splitlines())
            + "            loss.backward()\n    return model.weight.detach()\n",
            call="fit(torch.ones(2, 3))",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, x, opt):\n    loss = model(x).sum()\n    loss.backward()\n"
        "    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n    opt.step()\n"
        "    opt.zero_grad()\n",
        "import torch\n\ndef f(model, xs, opt):\n    for i, x in enumerate(xs):\n"
        "        model(x).sum().backward()\n        if i % 4 == 3:\n            opt.step()\n"
        "            opt.zero_grad()\n",
        "import torch\n\ndef f(a, b, opt):\n    opt.zero_grad()\n    a.backward()\n    b.backward()\n"
        "    opt.step()\n",
        "import torch\n\ndef f(model, x, opt):\n    loss = model(x).sum()\n    loss.backward()\n"
        "    opt.step()\n    return loss\n",
        "import torch\n\ndef f(model, x, opt):\n    opt.zero_grad()\n    loss = model(x).sum()\n"
        "    loss.backward()\n    opt.step()\n    return [p.grad for p in model.parameters()]\n",
        "import torch\n\ndef f(model, x):\n    opt = torch.optim.LBFGS(model.parameters())\n"
        "    model(x).sum().backward()\n    opt.step()\n    opt.zero_grad()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Backward passes with the step of one optimizer right behind them."""
    for call in facts.walk(ast.Call):
        found, stmt, function = patterns.method(call, "backward"), facts.parent(call), facts.function(call)
        if found is None or call.args or call.keywords or not isinstance(stmt, ast.Expr):
            continue
        if not isinstance(function, DEFS) or not _only_one(facts, function):
            continue
        block = facts.edits.siblings(stmt)
        place = block.index(stmt)
        optimizer = training.asked(block[place + 1 : place + 2], "step")
        if optimizer is None or any(word in facts.text(function) for word in _ACROSS):
            continue
        after = training.asked(block[place + 2 : place + 3], "zero_grad")
        dropped = after is not None and patterns.same(after, optimizer)
        if not dropped and not any(_is_zeroed(s, optimizer) for s in block[:place]):
            continue
        last = place + 2 + dropped
        edits = facts.edits.replace_statement(stmt, _lines(facts, stmt, optimizer))
        for gone in block[place + 1 : last]:
            edits += facts.edits.delete(gone)
        if all(facts.edits.alone(s) for s in block[place:last]):
            yield RULE.site(
                facts, call, "gradients can be used up one by one", edits, imports=("import contextlib",),

            )  # fmt: skip


def _lines(facts: Facts, stmt: ast.stmt, optimizer: ast.expr) -> list[str]:
    hooks, p, group = (facts.names.fresh_name(n, stmt) for n in ("hooks", "p", "group"))
    unit, name = facts.edits.unit(stmt), facts.text(optimizer)
    each = f'{p} for {group} in {name}.param_groups for {p} in {group}["params"] if {p}.requires_grad'
    # A hook has to return nothing, which both calls do.
    hook = f"lambda _: {name}.step() or {name}.zero_grad()"
    return [
        f"with contextlib.ExitStack() as {hooks}:",
        f"{unit}for {p} in ({each}):",
        f"{unit * 2}{hooks}.enter_context({p}.register_post_accumulate_grad_hook({hook}))",
        f"{unit}{facts.text(stmt)}",
    ]


def _is_zeroed(stmt: ast.stmt, optimizer: ast.expr) -> bool:
    zeroed = training.asked([stmt], "zero_grad")
    return zeroed is not None and patterns.same(zeroed, optimizer)


def _only_one(facts: Facts, function: ast.AST) -> bool:
    """Whether a function has one backward pass and reads no gradient."""
    asked = [
        n.attr
        for n in facts.under(function)
        if isinstance(n, ast.Attribute) and n.attr in ("backward", "autograd", "grad", "no_sync")
    ]
    return asked == ["backward"]

"""Losses of many batches added up for one backward pass.

What it does
    Finds a loop that adds the loss of every batch to a total which is back-propagated after it,
    and back-propagates each loss in its own turn. Gradients add up.

Why it costs memory
    The total holds the graph of every turn: all activations of all batches.

Example
    for x, y in batches:
        total += criterion(model(x), y)
    total.backward()

Use instead
    for x, y in batches:
        part = criterion(model(x), y)
        part.backward()
        total += part.detach()

When it is safe
    Turns share no graph: no state is carried over, and nothing made before the loop needs
    gradients. Gradients are not read or zeroed in the loop. Sums of floats are made in another
    order. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.index import DEFS, DefNode
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM354",
    name="torch-losses-added-up",
    trust=Trust.CLOSE,
    summary="losses of many batches are added up for one backward pass",
    triggers=(".backward()",),
    pair=Pair("T80", 19.0, 5.27),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef step(model, batches, opt):\n    opt.zero_grad()\n    total = 0.0\n"
            "    for x in batches:\n        total += model(x).mean()\n    total.backward()\n"
            "    opt.step()\n    return total.item()\n",
            "import torch\n\ndef step(model, batches, opt):\n    opt.zero_grad()\n    total = 0.0\n"
            "    for x in batches:\n        part = model(x).mean()\n        part.backward()\n"
            "        total += part.detach()\n    opt.step()\n    return total.item()\n",
            call="(lambda m: step(m, [torch.ones(2, 3)] * 3, torch.optim.SGD(m.parameters(), "
            "0.1)) * 0)(torch.nn.Linear(3, 1))",
        ),
        Example(
            "import torch\n\ndef step(net: torch.nn.Module, tasks, loss_of):\n    loss = 0\n"
            "    for x, y in tasks:\n        one = loss_of(net(x), y)\n        loss = loss + one\n"
            "    loss = loss / len(tasks)\n    net.zero_grad()\n    loss.backward()\n"
            "    return net.weight.grad\n",
            "import torch\n\ndef step(net: torch.nn.Module, tasks, loss_of):\n    loss = 0\n"
            "    net.zero_grad()\n    for x, y in tasks:\n        one = loss_of(net(x), y)\n"
            "        part = one / len(tasks)\n        part.backward()\n"
            "        loss = loss + part.detach()\n    return net.weight.grad\n",
            call="(lambda m: step(m, [(torch.ones(2, 3), torch.ones(2, 1))], torch.nn.MSELoss()).shape)"
            "(torch.nn.Linear(3, 1))",
        ),
    ),
    counterexamples=(
        "def f(model, xs):\n    total = 0\n    for x in xs:\n        total += model(x).mean()\n"
        "    return total\n",
        "def f(model, xs):\n    h, total = None, 0\n    total = 0\n    for x in xs:\n"
        "        out, h = model(x, h)\n        total += out.mean()\n    total.backward()\n",
        "def f(model, xs):\n    outs = model(xs)\n    total = 0\n    for out in outs:\n"
        "        total += out.mean()\n    total.backward()\n",
        "def f(model, xs, penalty):\n    total = penalty\n    for x in xs:\n"
        "        total += model(x).mean()\n    total.backward()\n",
        "def f(model, xs):\n    total = 0\n    for x in xs:\n        total += model(x).mean()\n"
        "        if total > 3:\n            break\n    total.backward()\n",
        "def f(model, xs):\n    total = 0\n    for x in xs:\n        total += model(x).mean()\n"
        "    total = total.sqrt()\n    total.backward()\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Totals of a loop that are back-propagated right after it."""
    for call in facts.walk(ast.Call):
        found, stmt, function = patterns.method(call, "backward"), facts.parent(call), facts.function(call)
        if found is None or call.args or call.keywords or not isinstance(stmt, ast.Expr):
            continue
        if not isinstance(found[0], ast.Name) or not isinstance(function, DEFS):
            continue
        block = facts.edits.siblings(stmt)
        place = block.index(stmt)
        loop = next((s for s in reversed(block[:place]) if isinstance(s, (ast.For, ast.While))), None)
        if not isinstance(loop, ast.For) or loop.orelse or not _starts_at_zero(block, loop, found[0]):
            continue
        added = _added(facts, loop, found[0], function)
        edits = _edits(facts, added, loop, block[block.index(loop) + 1 : place], stmt) if added else ()
        if edits:
            yield RULE.site(facts, call, "each loss can go back in its own turn", edits)


def _starts_at_zero(block: list[ast.stmt], loop: ast.For, total: ast.Name) -> bool:
    """Whether the last statement before a loop that binds the total binds it to zero."""
    for stmt in reversed(block[: block.index(loop)]):
        stored = [n for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        if any(n.id == total.id for n in stored):
            return isinstance(stmt, ast.Assign) and len(stored) == 1 and patterns.number(stmt.value) == 0
    return False


def _added(facts: Facts, loop: ast.For, total: ast.Name, function: DefNode) -> ast.stmt | None:
    """The statement of a loop's own body that adds to the total, if all turns are apart."""
    if any(isinstance(n, (ast.Break, ast.Return, ast.Yield, ast.Continue)) for n in facts.under(loop)):
        return None
    calls = [n for n in facts.under(loop) if isinstance(n, ast.Call)]
    if not any(torch_use.is_module_call(facts, c, function) is not False for c in calls):
        return None
    inside = [n for s in loop.body for n in facts.under(s) if isinstance(n, ast.Name)]
    names = {n.id for n in inside if isinstance(n.ctx, ast.Store)} - {total.id}
    if any(facts.loops.carried(name, loop) for name in names):
        return None
    uses = [n for n in facts.under(loop) if isinstance(n, ast.Name) and n.id == total.id]
    added = next((s for s in loop.body if any(n in facts.under(s) for n in uses)), None)
    if isinstance(added, ast.AugAssign) and isinstance(added.op, ast.Add):
        return added if uses == [added.target] else None
    if not isinstance(added, ast.Assign) or not isinstance(added.value, ast.BinOp) or len(uses) != 2:
        return None
    plain = isinstance(added.value.op, ast.Add) and added.value.left in uses and added.targets[0] in uses
    return added if plain else None


def _edits(
    facts: Facts, added: ast.stmt, loop: ast.For, between: list[ast.stmt], backward: ast.stmt
) -> tuple[Edit, ...]:
    """The backward pass in the loop; what stood between moves into it or before it."""
    value = added.value.right if isinstance(added, ast.Assign) else added.value  # type: ignore[attr-defined]
    target = added.targets[0] if isinstance(added, ast.Assign) else added.target  # type: ignore[attr-defined]
    name, scale, edits = facts.text(target), "", facts.edits.delete(backward)
    for stmt in between:
        divided = _divisor(facts, stmt, name)
        if divided is not None and not scale:
            scale = f" / {patterns.operand(facts, divided)}"
        elif patterns.method(getattr(stmt, "value", None), "zero_grad") is not None:
            edits += facts.edits.insert_before(loop, facts.text(stmt))
        else:
            return ()
        edits += facts.edits.delete(stmt)
    part = facts.names.fresh_name("part", added)
    one = patterns.operand(facts, value) if scale else facts.text(value)
    sign = f"{name} +=" if isinstance(added, ast.AugAssign) else f"{name} = {name} +"
    lines = [f"{part} = {one}{scale}", f"{part}.backward()", f"{sign} {part}.detach()"]
    return edits + facts.edits.replace_statement(added, lines)


def _divisor(facts: Facts, stmt: ast.stmt, total: str) -> ast.expr | None:
    """What a statement divides the total by, where that is a number or a length."""
    if isinstance(stmt, ast.AugAssign) and isinstance(stmt.op, ast.Div):
        by, written = stmt.value, facts.text(stmt.target)
    elif isinstance(stmt, ast.Assign) and isinstance(stmt.value, ast.BinOp) and len(stmt.targets) == 1:
        if not isinstance(stmt.value.op, ast.Div) or facts.text(stmt.value.left) != total:
            return None
        by, written = stmt.value.right, facts.text(stmt.targets[0])
    else:
        return None
    sized = patterns.is_call(facts, by, "builtins.len") or patterns.number(by) is not None
    return by if written == total and sized else None

"""A blend of two tensors made anew to be copied into one of them.

What it does
    Finds `target.copy_(rate * source + (1 - rate) * target)`, as in target networks and moving
    averages of weights, also with `.data =` or a place of a dictionary, and blends in the memory
    of the target.

Why it costs memory
    Both products and their sum are tensors of their own, three times the size of the target.

Example
    old.data.copy_(tau * new.data + (1 - tau) * old.data)

Use instead
    old.data.mul_(1 - tau).add_(new.data, alpha=tau)

When it is safe
    The weights are plain numbers and the source does not share memory with the target. Results
    agree to rounding. A run has to tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM337",
    name="torch-blend-rebuilt",
    trust=Trust.CLOSE,
    summary="a blend is made anew to be copied into one of its parts",
    triggers=(
        ".copy_(",
        ".data =",
        "] =",
    ),
    pair=Pair("T75", 12.0, 0.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef blend(old, new, tau):\n"
            "    old.data.copy_(tau * new.data + (1 - tau) * old.data)\n    return old\n",
            "import torch\n\ndef blend(old, new, tau):\n"
            "    old.data.mul_(1 - tau).add_(new.data, alpha=tau)\n    return old\n",
            call="blend(torch.ones(3), torch.arange(3.0), 0.25)",
        ),
        Example(
            "import torch\n\ndef blend(average, weight):\n"
            "    average.data = average.data * 0.9 + weight.data * 0.1\n    return average\n",
            "import torch\n\ndef blend(average, weight):\n"
            "    average.data.mul_(0.9).add_(weight.data, alpha=0.1)\n    return average\n",
            call="blend(torch.ones(3), torch.arange(3.0))",
        ),
        Example(
            "import torch\n\ndef update(shadow, model, decay):\n"
            "    for name, p in model.named_parameters():\n"
            "        average = (1.0 - decay) * p.data + decay * shadow[name]\n"
            "        shadow[name] = average.clone()\n    return shadow\n",
            "import torch\n\ndef update(shadow, model, decay):\n"
            "    for name, p in model.named_parameters():\n"
            "        shadow[name].mul_(decay).add_(p.data, alpha=1.0 - decay)\n    return shadow\n",
            call="(lambda m: update({k: p.data.clone() for k, p in m.named_parameters()}, m, 0.5))"
            "(torch.nn.Linear(1, 1)).keys()",
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(old, new, tau):\n    old.data.copy_(new.data)\n",
        "import torch\n\ndef f(old, new, third, tau):\n"
        "    old.data.copy_(tau * new.data + (1 - tau) * third.data)\n",
        "import torch\n\ndef f(old, new, tau):\n    old = tau * new + (1 - tau) * old\n    return old\n",
        "import torch\n\ndef f(shadow, k, new, tau):\n    shadow[k] = tau * new + (1 - tau) * shadow[0]\n",
        "import torch\n\ndef f(old, new, tau):\n    old.data.copy_(tau * new.data * (1 - tau) * old.data)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Statements that put a blend of a tensor and another one into the first."""
    for stmt in facts.walk(ast.Expr, ast.Assign):
        target, value, gone = _put(facts, stmt)
        if target is None or not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
            continue
        for own, other in ((value.left, value.right), (value.right, value.left)):
            kept, taken = _weight(facts, own, target), _weight(facts, other, None)
            if kept is None or taken is None or _alike(taken[1], target):
                continue
            text = (
                f"{facts.text(target)}.mul_({facts.text(kept[0])})"
                f".add_({facts.text(taken[1])}, alpha={facts.text(taken[0])})"
            )
            edits = facts.edits.replace_statement(stmt, [text])
            edits += facts.edits.delete(gone) if gone is not None else ()
            yield RULE.site(facts, stmt, "the target can be blended in place", edits)
            break


def _alike(read: ast.expr, written: ast.expr) -> bool:
    return ast.unparse(read) == ast.unparse(written)


def _put(facts: Facts, stmt: ast.stmt) -> tuple[ast.expr | None, ast.expr | None, ast.stmt | None]:
    """The tensor that a statement writes over, what with, and the statement that only gives that a name."""
    if isinstance(stmt, ast.Expr):
        found = patterns.method(stmt.value, "copy_")
        single = found is not None and len(found[1].args) == 1 and not found[1].keywords
        return (found[0], found[1].args[0], None) if found is not None and single else (None, None, None)
    if not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1:
        return None, None, None
    target, value = stmt.targets[0], stmt.value
    if isinstance(target, ast.Attribute) and target.attr == "data":
        return target, value, None
    entry = (
        isinstance(target, ast.Subscript) and patterns.plain(target.value) and patterns.plain(target.slice)
    )
    if not entry or facts.names.spell("torch") is None:
        return None, None, None
    cloned = patterns.method(value, "clone", "detach")
    value = cloned[0] if cloned is not None and not cloned[1].args else value
    blend, made = patterns.value_of(facts, value, (value,))
    return target, blend, made


def _weight(facts: Facts, node: ast.expr, tensor: ast.expr | None) -> tuple[ast.expr, ast.expr] | None:
    """Factor and tensor of a product of the two; any tensor where none is given."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    for factor, other in ((node.left, node.right), (node.right, node.left)):
        if tensor is not None and not _alike(other, tensor):
            continue
        if tensor is None and not (patterns.plain(other) and isinstance(other, (ast.Attribute, ast.Name))):
            continue
        if _is_number(factor) and patterns.pure(facts, factor) and not (tensor is None and _is_number(other)):
            return factor, other
    return None


def _is_number(node: ast.expr) -> bool:
    """Whether a factor looks like a rate: a number, a name, an attribute, or one minus such."""
    if isinstance(node, ast.BinOp):
        return patterns.number(node.left) is not None and _is_number(node.right)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    rates = ("tau", "decay", "momentum", "alpha", "beta", "rate", "polyak", "gamma", "eps", "weight", "m")
    return patterns.number(node) is not None or any(
        r == name.lower() or r in name.lower().split("_") for r in rates
    )

"""A causal mask built for fused attention.

What it does
    Finds `F.scaled_dot_product_attention(..., attn_mask=...)` whose mask is a lower triangle
    of ones built in the same function, and passes `is_causal=True` instead.

Why it costs memory
    The mask has a place for every pair of positions; the fused routine needs none to skip what
    comes later, and computes half.

Example
    mask = torch.ones(n, n, dtype=torch.bool).tril()
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

Use instead
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True)

When it is safe
    The mask has as many rows as there are queries and as many columns as there are keys, and
    leaves out what lies above the main diagonal. Results agree to rounding. The sizes only a
    run can tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM323",
    name="torch-causal-mask",
    trust=Trust.CLOSE,
    summary="a causal mask is built for fused attention",
    triggers=("scaled_dot_product_attention",),
    pair=Pair("T05", 14.0, 1.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    mask = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).tril()\n"
            "    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    return F.scaled_dot_product_attention(q, k, v, is_causal=True)\n",
            call="attend(*torch.ones(3, 1, 2, 5, 4))",
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    n = q.size(-2)\n"
            "    later = torch.triu(torch.ones(n, n, device=q.device), diagonal=1)\n"
            "    return F.scaled_dot_product_attention(q, k, v, attn_mask=later == 0, scale=0.5)\n",
            "import torch\nimport torch.nn.functional as F\n\ndef attend(q, k, v):\n"
            "    n = q.size(-2)\n"
            "    return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.5)\n",
            call="attend(*torch.ones(3, 1, 2, 5, 4))",
        ),
    ),
    counterexamples=(
        "import torch\nimport torch.nn.functional as F\n\ndef f(q, k, v, mask):\n"
        "    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(q, k, v, n):\n"
        "    mask = torch.triu(torch.ones(n, n)).bool()\n"
        "    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(q, k, v, n):\n"
        "    mask = torch.tril(torch.ones(n, n))\n"
        "    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n",
        "import torch\nimport torch.nn.functional as F\n\ndef f(q, k, v, n):\n"
        "    mask = torch.tril(torch.ones(n, n), diagonal=1) == 1\n"
        "    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Fused attention with a lower triangle for its mask."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.nn.functional.scaled_dot_product_attention"):
            continue
        option = next((k for k in call.keywords if k.arg == "attn_mask"), None)
        if option is None or any(k.arg == "is_causal" for k in call.keywords):
            continue
        mask, made = patterns.value_of(facts, option.value, (option.value,))
        deeper: list[ast.Assign] = [made] if made is not None else []
        if _is_causal(facts, mask, deeper):
            edits = [Edit(*facts.range(option), "is_causal=True")]
            edits += [e for stmt in deeper for e in facts.edits.delete(stmt)]
            yield RULE.site(facts, call, "the fused routine knows the causal mask", edits)


def _is_causal(facts: Facts, node: ast.expr, made: list[ast.Assign], keeps: bool = True) -> bool:
    """Whether a mask of booleans keeps the lower triangle; the statements behind it join the list."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return _is_causal(facts, node.operand, made, not keeps)
    floats = False
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        value = patterns.number(node.comparators[0])
        if not isinstance(node.ops[0], (ast.Eq, ast.NotEq)) or value not in (0, 1):
            return False
        keeps = keeps if isinstance(node.ops[0], ast.Eq) == (value == 1) else not keeps
        floats, node = True, node.left
    elif (found := patterns.method(node, "bool", "to")) is not None:
        if not all(facts.names.dotted(a) == "torch.bool" for a in found[1].args):
            return False
        floats, node = True, found[0]
    node, stmt = patterns.value_of(facts, node, (node,))
    made += [stmt] if stmt is not None else []
    return _is_triangle(facts, node, lower=keeps, floats=floats)


def _is_triangle(facts: Facts, node: ast.expr, *, lower: bool, floats: bool) -> bool:
    name, side = ("tril", 0) if lower else ("triu", 1)
    if not isinstance(node, ast.Call):
        return False
    if patterns.is_call(facts, node, f"torch.{name}"):
        inner, given = node.args[0] if node.args else node, patterns.arguments(node, "input", "diagonal")
    elif (found := patterns.method(node, name)) is not None:
        inner, given = found[0], patterns.arguments(node, "diagonal")
    else:
        return False
    if given is None or (patterns.number(given["diagonal"]) if "diagonal" in given else 0) != side:
        return False
    if not isinstance(inner, ast.Call) or not patterns.is_call(facts, inner, "torch.ones"):
        return False
    options = {k.arg: k.value for k in inner.keywords}
    dtype = options.get("dtype")
    booleans = dtype is not None and facts.names.dotted(dtype) == "torch.bool"
    return set(options) <= {"device", "dtype"} and (booleans or (floats and dtype is None))

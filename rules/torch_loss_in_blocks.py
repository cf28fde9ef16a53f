"""A cross-entropy over a whole vocabulary at once.

What it does
    Finds `F.cross_entropy(hidden @ table.T, labels)`, also of a head that is called for it, and
    computes the loss on blocks of rows, each under a checkpoint. Block sizes are alternatives.

Why it costs memory
    There is a score for every row and every word, and the loss makes and keeps another table of
    that size.

Example
    loss = F.cross_entropy(self.head(hidden), labels)

Use instead
    loss = sum(
        torch.utils.checkpoint.checkpoint(
            lambda rows, target: F.cross_entropy(self.head(rows), target, reduction="sum"),
            rows, target, use_reentrant=False,
        )
        for rows, target in zip(hidden.split(256), labels.split(256))
    ) / len(labels)

When it is safe
    Rows stand on the first axis, the loss is their mean, and no label is one to be ignored: the
    mean then counts fewer rows. Scores are computed twice where gradients are on. Results agree
    to rounding; a run has to tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (256, 64, 1024)
_HEAD = re.compile(r"(^|_)(head|unembed|output|out|proj|vocab|classifier)")
_CHECKPOINT = "torch.utils.checkpoint.checkpoint"

RULE = Rule(
    code="MEM336",
    name="torch-loss-in-blocks",
    trust=Trust.CLOSE,
    summary="a loss holds a score for every row and every class at once",
    triggers=("cross_entropy(",),
    pair=Pair("T09", 48.0, 8.0),
    search_only=True,
    examples=(
        Example(
            "import torch\nimport torch.nn.functional as F\n\ndef loss(hidden, table, labels):\n"
            "    logits = hidden @ table.T\n    return F.cross_entropy(logits, labels)\n",
            "import torch\nimport torch.nn.functional as F\nimport torch.utils.checkpoint\n\n"
            "def loss(hidden, table, labels):\n"
            "    return sum(torch.utils.checkpoint.checkpoint(lambda rows, target: "
            'F.cross_entropy(rows @ table.T, target, reduction="sum"), rows, target, '
            "use_reentrant=False) for rows, target in zip(hidden.split(256), labels.split(256))) / "
            "len(labels)\n",
            call="loss(torch.eye(3), torch.eye(3), torch.tensor([0, 1, 1]))",
            sites=3,
        ),
        Example(
            "import torch\nimport torch.nn.functional as F\nimport torch.utils.checkpoint\n\n"
            "def loss(x, lm_head, labels):\n    return F.cross_entropy(lm_head(x), labels)\n",
            "import torch\nimport torch.nn.functional as F\nimport torch.utils.checkpoint\n\n"
            "def loss(x, lm_head, labels):\n"
            "    return sum(torch.utils.checkpoint.checkpoint(lambda rows, target: "
            'F.cross_entropy(lm_head(rows), target, reduction="sum"), rows, target, '
            "use_reentrant=False) for rows, target in zip(x.split(256), labels.split(256))) / "
            "len(labels)\n",
            call="loss(torch.eye(3), torch.nn.Identity(), torch.tensor([0, 1, 1]))",
            sites=3,
        ),
    ),
    counterexamples=(
        "import torch.nn.functional as F\n\ndef f(logits, labels):\n"
        "    return F.cross_entropy(logits, labels)\n",
        "import torch.nn.functional as F\n\ndef f(x, table, labels):\n"
        '    return F.cross_entropy(x @ table.T, labels, reduction="none")\n',
        "import torch.nn.functional as F\n\ndef f(x, table, labels):\n"
        "    logits = x @ table.T\n    return F.cross_entropy(logits, labels), logits\n",
        "import torch.nn.functional as F\n\ndef f(x, model, labels):\n"
        "    return F.cross_entropy(model(x), labels)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Mean losses of scores that are made for them."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "torch.nn.functional.cross_entropy") or call.keywords:
            continue
        if len(call.args) != 2 or not patterns.plain(call.args[1]) or patterns.in_class_body(facts, call):
            continue
        logits, made = patterns.value_of(facts, call.args[0], (call.args[0],))
        hidden = _hidden(facts, logits)
        if hidden is None or any(isinstance(n, ast.Lambda) for n in facts.index.ancestors(call)):
            continue
        rows, target = (facts.names.fresh_name(n, call) for n in ("rows", "target"))
        labels, loss = facts.text(call.args[1]), facts.text(call.func)
        inner = f'{loss}({patterns.with_parts(facts, logits, {hidden: rows})}, {target}, reduction="sum")'
        one = f"{_CHECKPOINT}(lambda {rows}, {target}: {inner}, {rows}, {target}, use_reentrant=False)"
        for block in _BLOCKS:
            parts = f"zip({facts.text(hidden)}.split({block}), {labels}.split({block}))"
            text = f"sum({one} for {rows}, {target} in {parts}) / len({labels})"
            edits = facts.edits.replace(call, text) + (facts.edits.delete(made) if made is not None else ())
            yield RULE.site(
                facts, call, "blocks of rows need the scores of one block", edits, group="blocks",
                label=f"blocks of {block} rows", imports=("import torch.utils.checkpoint",),
            )  # fmt: skip


def _hidden(facts: Facts, node: ast.expr) -> ast.Name | None:
    """The rows that scores are made of, by a product or by a head."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) and patterns.pure(facts, node.right):
        return node.left if isinstance(node.left, ast.Name) else None
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Name):
        return None
    known = patterns.is_call(facts, node, "torch.nn.functional.linear", "torch.matmul", "torch.mm")
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    head = len(node.args) == 1 and not node.keywords and _HEAD.search(name.lower()) is not None
    return node.args[0] if known or (head and patterns.plain(node.func)) else None

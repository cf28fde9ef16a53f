"""A whole data set in one forward pass.

What it does
    Finds, where gradients are off, a module that is called outside of any loop on what its name
    calls a whole set (`X_test`, `images`), and calls it on blocks of rows. Block sizes are
    alternatives.

Why it costs memory
    Every layer makes its activations for all rows at once.

Example
    labels = model(X_test).argmax(1)

Use instead
    labels = torch.cat([model(rows).argmax(1) for rows in X_test.split(256)])

When it is safe
    The module treats each row by itself: no batch normalisation in training mode, no dropout,
    nothing across rows. Products of matrices of another size round differently. A run has to
    tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns, torch_use
from codeopt.facts.index import DEFS
from codeopt.rule import Example, Pair, Rule

_BLOCKS = (256, 64, 1024)
_WHOLE = re.compile(r"^X(_|$)|(^|_)(test|val|valid|train|all|features|images|inputs)(_|$)")
_ROWWISE = ("argmax", "softmax", "log_softmax", "sigmoid", "cpu", "float", "detach", "max", "norm")

RULE = Rule(
    code="MEM335",
    name="torch-whole-set-forward",
    trust=Trust.CLOSE,
    summary="a whole data set goes through a module at once",
    triggers=(
        "no_grad",
        "inference_mode",
        "set_grad_enabled",
    ),
    pair=Pair("E03", 24.0, 6.0),
    search_only=True,
    examples=(
        Example(
            "import torch\n\ndef predict(model, X_test):\n    model.eval()\n"
            "    with torch.no_grad():\n        return model(X_test).argmax(1)\n",
            "import torch\n\ndef predict(model, X_test):\n    model.eval()\n"
            "    with torch.no_grad():\n"
            "        return torch.cat([model(rows).argmax(1) for rows in X_test.split(256)])\n",
            call="predict(torch.nn.Identity(), torch.eye(3))",
            sites=3,
        ),
        Example(
            "import torch\n\n@torch.no_grad()\ndef encode(encoder, images):\n"
            "    features = encoder(images)\n    return features\n",
            "import torch\n\n@torch.no_grad()\ndef encode(encoder, images):\n"
            "    features = torch.cat([encoder(rows) for rows in images.split(256)])\n"
            "    return features\n",
            call="encode(torch.nn.Identity(), torch.eye(3))",
            sites=3,
        ),
    ),
    counterexamples=(
        "import torch\n\ndef f(model, X_test):\n    return model(X_test).argmax(1)\n",
        "import torch\n\n@torch.no_grad()\ndef f(model, batches):\n"
        "    return [model(images) for images in batches]\n",
        "import torch\n\n@torch.no_grad()\ndef f(model, token):\n    return model(token)\n",
        "import torch\n\n@torch.no_grad()\ndef f(model, images, mask):\n    return model(images, mask)\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Modules that are called on a whole set, each with several block sizes."""
    for call in facts.walk(ast.Call):
        function = facts.function(call)
        if len(call.args) != 1 or call.keywords or not isinstance(function, DEFS):
            continue
        given = call.args[0]
        if not isinstance(given, ast.Name) or not _WHOLE.search(given.id) or not _outside_loops(facts, call):
            continue
        if torch_use.is_module_call(facts, call, function) is False or not facts.grad.disabled_at(call):
            continue
        join, whole = facts.names.spell("torch.cat", call), _rowwise(facts, call)
        rows = facts.names.fresh_name("rows", call)
        stmt = facts.parent(whole)
        pair = isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Tuple)
        if join is None or pair or isinstance(stmt, ast.Attribute):
            continue
        body = patterns.with_parts(facts, whole, {given: rows})
        for block in _BLOCKS:
            text = f"{join}([{body} for {rows} in {given.id}.split({block})])"
            yield RULE.site(
                facts, call, "blocks of rows need the activations of one block",
                facts.edits.replace(whole, text), group="blocks", label=f"blocks of {block} rows",

            )  # fmt: skip


def _outside_loops(facts: Facts, call: ast.Call) -> bool:
    around = facts.index.ancestors(call)
    inside = any(isinstance(a, (ast.ListComp, ast.GeneratorExp, ast.Lambda)) for a in around)
    return not inside and not facts.loops.around(call)


def _rowwise(facts: Facts, call: ast.Call) -> ast.expr:
    """A call with the methods on its result that treat each row by itself."""
    whole: ast.expr = call
    while isinstance(parent := facts.parent(whole), ast.Attribute) and parent.attr in _ROWWISE:
        outer = facts.parent(parent)
        if not isinstance(outer, ast.Call) or outer.func is not parent or outer.keywords:
            break
        axes = [patterns.number(a) for a in outer.args]
        if parent.attr not in ("sigmoid", "cpu", "float", "detach") and axes not in ([1], [-1]):
            break
        if parent.attr in ("max", "norm"):
            break
        whole = outer
    return whole

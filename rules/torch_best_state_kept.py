"""The best weights so far kept while the next ones are copied.

What it does
    Finds `best = copy.deepcopy(model.state_dict())` where the copy takes the place of an earlier
    one, and lets the earlier one go first. Also `{k: v.clone() for k, v in ...}`.

Why it costs memory
    The old copy stays until the new one is finished: two copies of all weights beside the model.

Example
    if accuracy > best_accuracy:
        best = copy.deepcopy(model.state_dict())

Use instead
    if accuracy > best_accuracy:
        best = None
        best = copy.deepcopy(model.state_dict())

When it is safe
    Nobody reads the old copy while the new one is made. If copying fails, the old one is lost,
    which is seen where an attribute holds it or the function handles the error: only a run can
    tell of those.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.facts.index import COMPREHENSIONS, DEFS
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM360",
    name="torch-best-state-kept",
    trust=Trust.EXACT,
    summary="the best weights so far are kept while the next ones are copied",
    triggers=("state_dict()",),
    pair=Pair("T79", 12.63, 6.57),
    examples=(
        Example(
            "import copy\nimport torch\n\ndef fit(model, scores):\n    best, top = None, 0.0\n"
            "    for score in scores:\n        if score > top:\n            top = score\n"
            "            best = copy.deepcopy(model.state_dict())\n    return best\n",
            "import copy\nimport torch\n\ndef fit(model, scores):\n    best, top = None, 0.0\n"
            "    for score in scores:\n        if score > top:\n            top = score\n"
            "            best = None\n            best = copy.deepcopy(model.state_dict())\n"
            "    return best\n",
            call="list(fit(torch.nn.Linear(2, 1), [0.5, 0.7]))",
        ),
        Example(
            "import torch\n\nclass Stopping:\n    best = None\n\n    def keep(self, model):\n"
            "        self.best = {k: v.detach().clone() for k, v in model.state_dict().items()}\n",
            "import torch\n\nclass Stopping:\n    best = None\n\n    def keep(self, model):\n"
            "        self.best = None\n"
            "        self.best = {k: v.detach().clone() for k, v in model.state_dict().items()}\n",
            call="Stopping().keep(torch.nn.Linear(2, 1))",
        ),
    ),
    counterexamples=(
        "import copy\n\ndef f(model):\n    start = copy.deepcopy(model.state_dict())\n    return start\n",
        "import copy\n\ndef f(model, n):\n    best = None\n    for _ in range(n):\n        best = None\n"
        "        best = copy.deepcopy(model.state_dict())\n    return best\n",
        "import copy\n\ndef f(model, n):\n    states = []\n    for _ in range(n):\n"
        "        states.append(copy.deepcopy(model.state_dict()))\n    return states\n",
        "import copy\n\ndef f(model, n):\n    for _ in range(n):\n"
        "        start = copy.deepcopy(model.state_dict())\n        model.shake()\n"
        "        model.load_state_dict(start)\n        del start\n",
        "import copy\n\ndef f(model, n):\n    best = {}\n    for _ in range(n):\n"
        "        best = {k: best.get(k, v).clone() for k, v in model.state_dict().items()}\n"
        "    return best\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Copies of all weights that take the place of earlier ones."""
    for stmt in facts.walk(ast.Assign):
        target, function = stmt.targets[0], facts.function(stmt)
        if len(stmt.targets) != 1 or not patterns.plain(target) or not isinstance(function, DEFS):
            continue
        if not _copies_weights(facts, stmt.value) or _reads(facts, stmt, target):
            continue
        if _let_go(facts, stmt, target) or not _comes_again(facts, stmt, target):
            continue
        handled = any(isinstance(n, (ast.Try, ast.TryStar, ast.With)) for n in facts.index.ancestors(stmt))
        edits = facts.edits.insert_before(stmt, f"{facts.text(target)} = None")
        if edits:
            yield RULE.site(
                facts, stmt, "the earlier copy can go before the next is made", edits,
                certain=isinstance(target, ast.Name) and not handled,
            )  # fmt: skip


def _copies_weights(facts: Facts, value: ast.expr) -> bool:
    """Whether an expression makes a copy of all of a state dictionary."""
    if (
        patterns.is_call(facts, value, "copy.deepcopy")
        and isinstance(value, ast.Call)
        and len(value.args) == 1
    ):
        return patterns.method(value.args[0], "state_dict") is not None
    if not isinstance(value, ast.DictComp) or len(value.generators) != 1:
        return False
    items = patterns.method(value.generators[0].iter, "items")
    cloned = any(patterns.method(n, "clone") is not None for n in facts.under(value.value))
    return cloned and items is not None and patterns.method(items[0], "state_dict") is not None


def _reads(facts: Facts, stmt: ast.Assign, target: ast.expr) -> bool:
    written = ast.unparse(target)
    parts = (n for n in facts.under(stmt.value) if isinstance(n, (ast.Name, ast.Attribute)))
    return any(ast.unparse(n) == written for n in parts)


def _let_go(facts: Facts, stmt: ast.Assign, target: ast.expr) -> bool:
    """Whether the statement before already gives the target up."""
    block = facts.edits.siblings(stmt)
    before = block[block.index(stmt) - 1] if block.index(stmt) else None
    none = isinstance(before, ast.Assign) and isinstance(before.value, ast.Constant)
    return none and isinstance(before, ast.Assign) and patterns.same(before.targets[0], target)


def _comes_again(facts: Facts, stmt: ast.Assign, target: ast.expr) -> bool:
    """Whether the target may hold an earlier copy: an attribute of `self`, or a name of a loop."""
    function = facts.function(stmt)
    if not isinstance(target, ast.Name):
        return isinstance(function, DEFS) and function.name not in ("__init__", "__post_init__")
    if not isinstance(function, DEFS) or facts.names.home(target) is not function:
        return False
    flow, loops = facts.flow(function), facts.loops.around(stmt)
    nested = any(isinstance(n, COMPREHENSIONS) for n in facts.index.ancestors(stmt))
    if not loops or nested or target.id in flow.captured or flow.is_generator:
        return False
    # What the last turn made has to reach this one.
    return stmt in flow.definitions(target.id, stmt)

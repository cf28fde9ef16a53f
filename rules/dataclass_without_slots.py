"""Objects of a data class carry a dictionary each.

What it does
    Finds `@dataclass` classes with plain fields, and adds `slots=True` (Python 3.10 and later).

Why it costs memory
    Every object has a dictionary of its attributes: some 100 bytes beside its three values. With
    slots an object holds its values and nothing else.

Example
    @dataclass
    class Reading:
        time: float
        value: float

Use instead
    @dataclass(slots=True)
    class Reading:
        time: float
        value: float

When it is safe
    Nobody gives the objects further attributes, asks for their `__dict__`, refers to them weakly or
    caches properties on them, and no class around needs another layout: a proof by running decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM120",
    name="dataclass-without-slots",
    trust=Trust.EXACT,
    summary="objects of a data class carry a dictionary each",
    triggers=("dataclass",),
    pair=Pair("P08", 20.55, 10.55),
    search_only=True,
    examples=(
        Example(
            "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: float\n"
            "    y: float = 0.0\n",
            "from dataclasses import dataclass\n\n@dataclass(slots=True)\nclass Point:\n    x: float\n"
            "    y: float = 0.0\n",
        ),
        Example(
            "import dataclasses\n\n@dataclasses.dataclass(frozen=True)\nclass Point:\n    x: float\n\n"
            "    def double(self):\n        return 2 * self.x\n",
            "import dataclasses\n\n@dataclasses.dataclass(frozen=True, slots=True)\nclass Point:\n"
            "    x: float\n\n    def double(self):\n        return 2 * self.x\n",
        ),
    ),
    counterexamples=(
        "from dataclasses import dataclass\n\n@dataclass(slots=True)\nclass P:\n    x: float\n",
        "from dataclasses import dataclass\n\nclass B:\n    pass\n\n@dataclass\nclass P(B):\n    x: float\n",
        "from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: float\n\n"
        "    def set(self):\n        self.y = 1\n",
        "from dataclasses import dataclass\nfrom functools import cached_property\n\n@dataclass\nclass P:\n"
        "    x: float\n\n    @cached_property\n    def y(self):\n        return self.x\n",
        "from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: float\n\nclass Q(P):\n    pass\n",
        "from attrs import dataclass\n\n@dataclass\nclass P:\n    x: float\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Data classes without bases, heirs and attributes beyond their fields."""
    heirs = {b.id for c in facts.walk(ast.ClassDef) for b in c.bases if isinstance(b, ast.Name)}
    for node in facts.walk(ast.ClassDef):
        if len(node.decorator_list) != 1 or node.bases or node.keywords or node.name in heirs:
            continue
        mark = node.decorator_list[0]
        name = mark.func if isinstance(mark, ast.Call) else mark
        if facts.names.dotted(name) != "dataclasses.dataclass" or not _only_fields(facts, node):
            continue
        if isinstance(mark, ast.Call) and (mark.args or any(k.arg in (None, "slots") for k in mark.keywords)):
            continue
        end = facts.range(mark)[1]
        edits = (
            patterns.add_argument(facts, mark, "slots=True")
            if isinstance(mark, ast.Call)
            else (Edit(end, end, "(slots=True)"),)
        )
        yield RULE.site(facts, mark, "every object has a dictionary of its own", edits)


def _only_fields(facts: Facts, node: ast.ClassDef) -> bool:
    fields = {
        s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
    }
    if any(isinstance(s, ast.Assign) for s in node.body) or not fields:
        return False
    for part in facts.under(node):
        written = isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load)
        if written and part.attr not in fields:  # type: ignore[attr-defined]
            return False
        if isinstance(part, (ast.Name, ast.Attribute)):
            said = part.id if isinstance(part, ast.Name) else part.attr
            if said in ("cached_property", "super", "__dict__", "__slots__", "ClassVar", "InitVar"):
                return False
    return True

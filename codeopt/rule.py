"""What a rule is: one file with a frozen `RULE` and a `find(facts)` that yields sites.

The docstring of the rule's file is its page: `codeopt explain` and the docs print it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.edit import Edit, Site, Trust

AREAS = ("python", "numpy", "torch", "pandas", "sklearn")
OWN_CODE = re.compile(r"MEM[1-5]\d\d")
THEIR_CODE = re.compile(r"(?!MEM)[A-Z]{2,}\d{3,}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

if TYPE_CHECKING:
    import ast

    from codeopt.facts import Facts


@dataclass(frozen=True, slots=True)
class Example:
    """A module text in which the rule finds exactly `sites` sites, and what it becomes.

    `call` is an expression over the module's names; the rule bench runs it before and after
    and compares. It stays empty only where the example cannot run without the user's data.
    """

    before: str
    after: str
    call: str = ""
    sites: int = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """The measured before/after pair that earns a rule its place (peaks in MiB).

    `id` names the program that was measured; `codeopt measure-pair` prints all three.
    """

    id: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that costs memory and the rewrite that does not.

    `triggers`: the cheap text filter; a file that holds none of these strings cannot hold a
    site and is not even parsed for this rule. Empty means every file.

    `search_only`: facts never decide such a site, so that `check` does not look for it; `suggest`
    tries it and proves it by running.

    `area` is the library the rule is about. Rules of this project leave it out, their codes say it
    (`MEM2xx` is NumPy); a rule of another package states it. `pair` may be left out until it is
    measured; the bench asks for it.
    """

    code: str
    name: str
    trust: Trust
    summary: str
    triggers: tuple[str, ...]
    examples: tuple[Example, ...]
    counterexamples: tuple[str, ...]
    pair: Pair | None = None
    area: str = ""
    search_only: bool = False

    def __post_init__(self) -> None:
        if not self.area and OWN_CODE.fullmatch(self.code):
            object.__setattr__(self, "area", AREAS[int(self.code[3]) - 1])

    def site(
        self,
        facts: Facts,
        node: ast.AST,
        message: str,
        edits: tuple[Edit, ...] | list[Edit],
        *,
        imports: tuple[str, ...] = (),
        group: str = "",
        label: str = "",
        certain: bool = True,
        trust: Trust | None = None,
    ) -> Site:
        """A site of this rule at `node`, located and named by the facts of its file.

        None is certain of a rule for the search only, nor in code that a compiler takes over, where what
        lives how long is not known, nor in what a module defines under a condition.
        """
        return Site(
            rule=self.code,
            path=facts.source.name,
            function=facts.function_name(node),
            span=facts.span(node),
            message=message,
            trust=trust or self.trust,
            edits=tuple(sorted(edits)),
            imports=imports,
            group=f"{self.code}:{facts.span(node).line}:{facts.span(node).column}" if group else "",
            label=label,
            certain=certain and not self.search_only and not facts.is_aside(node),
        )


Find = Callable[["Facts"], Iterator[Site]]

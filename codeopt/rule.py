"""What a rule is: one file with a frozen `RULE` and a `find(facts)` that yields sites.

The docstring of the rule's file is its page: `codeopt explain` and the docs print it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.edit import Edit, Site, Trust

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
    """The measured before/after pair that earns a rule its place (peaks in MiB)."""

    id: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that costs memory and the rewrite that does not.

    `triggers`: the cheap text filter; a file that holds none of these strings cannot hold a
    site and is not even parsed for this rule. Empty means every file.
    """

    code: str
    name: str
    trust: Trust
    summary: str
    triggers: tuple[str, ...]
    pair: Pair
    examples: tuple[Example, ...]
    counterexamples: tuple[str, ...]

    @property
    def area(self) -> str:
        """The library the rule is about, from the first digit of its code."""
        return {"1": "python", "2": "numpy", "3": "torch", "4": "pandas", "5": "sklearn"}[self.code[3]]

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
        """A site of this rule at `node`, located and named by the facts of its file."""
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
            certain=certain,
        )


Find = Callable[["Facts"], Iterator[Site]]

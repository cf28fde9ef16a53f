"""What a labelled pair is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partialmethod
from types import ModuleType
from typing import Any

from codeopt.workload.call import Call

Function = Callable[..., Any]
Arguments = Callable[[], Call | tuple[Any, ...]]

LABELS = ("exact", "close", "precision", "lossy", "differs")
"""Strongest first. Beside these stands `unproven`: a value that the comparator cannot look into."""

MODULE = "pair_module"
"""The name under which the module of a `Source` is known to its functions and to the observer."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An original and its rewrite, and at which level the rewrite keeps what a caller could notice.

    Both are called with arguments made afresh. `why` gives the reason for a label that is not
    obvious.
    """

    name: str
    family: str
    label: str
    first: Function
    second: Function
    arguments: Arguments
    why: str = ""

    @property
    def id(self) -> str:
        """How tests name it."""
        return f"{self.family}: {self.name}"


@dataclass(frozen=True, slots=True)
class Source:
    """A function given as the text of a module that defines `run`.

    It is imported afresh for every run, as a proof does, so that globals and classes of the
    module begin anew. To be called through `judging` only.
    """

    text: str

    def load(self) -> ModuleType:
        """A new module of this text."""
        module = ModuleType(MODULE)
        exec(compile(self.text, MODULE, "exec", dont_inherit=True), module.__dict__)
        return module

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.load().run(*args, **kwargs)


def nothing() -> tuple[Any, ...]:
    """No arguments."""
    return ()


def doing(*acts: Callable[[], Any]) -> Function:
    """A function that does one thing after another and returns None, whatever it is given."""

    def run(*args: Any) -> None:
        for act in acts:
            act()

    return run


class Family:
    """Collects the pairs of one family, one method a label."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pairs: list[Pair] = []

    def add(
        self,
        label: str,
        name: str,
        first: Function,
        second: Function,
        arguments: Arguments = nothing,
        why: str = "",
    ) -> None:
        self.pairs.append(Pair(name, self.name, label, first, second, arguments, why))

    exact = partialmethod(add, "exact")
    close = partialmethod(add, "close")
    precision = partialmethod(add, "precision")
    lossy = partialmethod(add, "lossy")
    differs = partialmethod(add, "differs")
    unproven = partialmethod(add, "unproven")

"""The two names a workload file imports: `Call` and `workload`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Builder = TypeVar("Builder", bound=Callable[..., Any])


@dataclass(frozen=True)
class Call:
    """One call of a target.

    `init` is the constructor's call where the target is a class, whose object is then called.
    `train` makes a step of a `torch.nn.Module`: forward, a scalar loss, backward, with the
    gradients compared too.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    init: Call | None = None
    train: bool = False


@dataclass(frozen=True)
class Declared:
    """A workload as its file declares it. `line` is that of the builder, from 1."""

    target: str
    builder: Callable[..., Any]
    strategy: Any
    quality: Callable[[Any], float] | None
    path: str
    line: int


_declared: list[Declared] = []


def workload(
    target: str, *, strategy: Any = None, quality: Callable[[Any], float] | None = None
) -> Callable[[Builder], Builder]:
    """Declare that the decorated `(scale, seed) -> Call` builds calls of `target`.

    `target` is `PATH::QUALNAME`, the path relative to the project root. `strategy` is a
    Hypothesis strategy of `Call`s to prove with instead of scaled-down builders; `quality`
    rates a result for `lossy` rewrites. Raises TypeError for a target of another form.
    """
    if not isinstance(target, str) or target.count("::") != 1 or not all(target.split("::")):
        raise TypeError(f"a workload's target has the form 'PATH::QUALNAME', not {target!r}")

    def declare(builder: Builder) -> Builder:
        code = inspect.unwrap(builder).__code__
        _declared.append(Declared(target, builder, strategy, quality, code.co_filename, code.co_firstlineno))
        return builder

    return declare


def take_declared() -> list[Declared]:
    """The workloads declared since the last call, in order of declaration."""
    taken = list(_declared)
    _declared.clear()
    return taken

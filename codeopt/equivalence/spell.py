"""Writing values as Python source that rebuilds them: plain ones, containers, and who shares what."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from codeopt.equivalence.aliases import array_claim, tensor_claim
from codeopt.equivalence.spell_memory import MOST_ELEMENTS, Block, Unwritable, merged

_PLAIN = (bool, int, str, bytes, type(None), type(...), range, slice, complex)
_FROM_STDLIB = (
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction,
)  # fmt: skip


class Speller:
    """Collects `lines` that build what is asked for and the `imports` they need.

    Survey all values first: what stands in two places gets a name, and arrays that share memory
    become views of one buffer. Raises Unwritable for what cannot be written.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.imports: dict[str, None] = {}
        self._names: dict[int, str] = {}
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []
        self._blocks: list[Block] = []
        self._taken: set[str] = set()

    def survey(self, values: Iterable[Any]) -> None:
        """Count how often each object stands in the values, and find the memory that is shared."""
        claims: list[tuple[int, int, Any]] = []
        waiting = list(values)
        while waiting:
            value = waiting.pop()
            if isinstance(value, (*_PLAIN, float, np.generic)):
                continue
            self._kept.append(value)
            self._met[id(value)] = self._met.get(id(value), 0) + 1
            if self._met[id(value)] > 1:
                continue
            if isinstance(value, np.ndarray) and value.size:
                claims.append((*array_claim("", value, False)[:2], value))
            elif is_tensor(value) and value.numel():
                claims.append((*tensor_claim("", value)[:2], value))
            elif isinstance(value, list | tuple | set | frozenset):
                waiting += value
            elif isinstance(value, dict):
                waiting += value.values()
        self._blocks = merged(claims)

    def named(self, value: Any, name: str) -> str:
        """The variable that holds a value, after a line that binds it; `name` if it is free."""
        if id(value) in self._names and self._kept_one(value):
            return self._names[id(value)]
        return self.bind(value, self.text(value), name)

    def bind(self, value: Any, text: str, name: str) -> str:
        """Add the line `name = text`, the name made unlike all others."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self.lines.append(f"{name} = {text}")
        if value is not None:
            self._kept.append(value)
            self._names[id(value)] = name
        return name

    def value(self, value: Any, hint: str = "part") -> str:
        """An expression for a value: its variable if it has one or stands in several places."""
        if id(value) in self._names and self._kept_one(value):
            return self._names[id(value)]
        if self._met.get(id(value), 0) > 1 and self._kept_one(value):
            return self.named(value, hint)
        return self.text(value)

    def _kept_one(self, value: Any) -> bool:
        """Whether identity matters: small numbers and texts are one object everywhere."""
        return not isinstance(value, (*_PLAIN, float, np.generic))

    def text(self, value: Any) -> str:
        """An expression that makes a value anew."""
        kind = type(value)
        if kind in _PLAIN:
            return repr(value)
        if kind is float:
            return self.number(value)
        if kind in (list, tuple, set, frozenset, dict):
            return self._container(value)
        if kind in _FROM_STDLIB:
            self.imports[f"import {kind.__module__}"] = None
            return repr(value) if kind.__module__ == "datetime" else f"{kind.__module__}.{value!r}"
        if isinstance(value, np.ndarray | np.generic):
            from codeopt.equivalence.spell_arrays import spell_array, spell_scalar

            self.imports["import numpy as np"] = None
            return spell_array(self, value) if isinstance(value, np.ndarray) else spell_scalar(self, value)
        if is_tensor(value):
            from codeopt.equivalence.spell_tensors import spell_tensor

            self.imports["import torch"] = None
            return spell_tensor(self, value)
        return self._foreign(value)

    def _foreign(self, value: Any) -> str:
        home = type(value).__module__.partition(".")[0]
        if home in ("pandas", "scipy"):
            from codeopt.equivalence.spell_frames import spell_pandas, spell_sparse

            return spell_pandas(self, value) if home == "pandas" else spell_sparse(self, value)
        if type(value) is type(iter([])):
            items = value.__reduce__()[1][0]
            return f"iter({self.text(list(items))})"
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.dtype | torch.device):
            self.imports["import torch"] = None
            return str(value) if isinstance(value, torch.dtype) else f"torch.{value!r}"
        raise Unwritable(type(value).__qualname__)

    def number(self, value: float) -> str:
        """A float, with `nan` and `inf` as names."""
        if not math.isfinite(value):
            self.imports["from math import inf, nan"] = None
        return repr(value)

    def _container(self, value: Any) -> str:
        if len(value) > MOST_ELEMENTS:
            raise Unwritable(f"{len(value)} items")
        kind = type(value)
        if kind is dict:
            return "{" + ", ".join(f"{self.text(k)}: {self.value(v)}" for k, v in value.items()) + "}"
        items = [self.value(item) for item in value]
        if kind is list:
            return f"[{', '.join(items)}]"
        if kind is tuple:
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        if kind is frozenset or not items:
            return f"{kind.__name__}({'[' + ', '.join(items) + ']' if items else ''})"
        return "{" + ", ".join(items) + "}"

    def block_of(self, value: Any, start: int) -> Block | None:
        """The memory an array shares with others; None where it has its own."""
        for block in self._blocks:
            if block.low <= start < block.high and len(block.members) > 1:
                return block
        return None


def is_tensor(value: Any) -> bool:
    """Whether it is a plain dense tensor, or a parameter of a module."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor) and value.layout is torch.strided

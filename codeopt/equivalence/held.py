"""What is known of torch objects among the arguments before a call, to be held against after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from codeopt.workload.call import Call


class Held(NamedTuple):
    """`parameters` are those of modules among the arguments, and their buffers, by path: a caller's
    optimizer may know them, so that another object in their place shows. `versions` counts the
    writes to each tensor, by identity; the tensors are kept, lest another one gets its identity.
    """

    parameters: tuple[tuple[str, Any], ...] = ()
    versions: dict[int, tuple[Any, int]] = {}

    def was_written(self, tensor: Any) -> bool | None:
        """Whether anything was written to the tensor since, be it what was there before; None where
        it was not known then. A graph of the caller's that saved it refuses its backward pass."""
        kept = self.versions.get(id(tensor))
        return None if kept is None else bool(tensor._version != kept[1])


NOTHING = Held()


def held_by(call: Call) -> Held:
    """Look at arguments, items of containers among them, and at parameters of modules."""
    torch = sys.modules.get("torch")
    if torch is None:
        return NOTHING
    parameters: list[tuple[str, Any]] = []
    versions: dict[int, tuple[Any, int]] = {}
    for path, value in _arguments(call):
        tensors = [value] if isinstance(value, torch.Tensor) else []
        if isinstance(value, torch.nn.Module):
            found = (*value.named_parameters(), *value.named_buffers())
            parameters += [(f"{path}.{name}", tensor) for name, tensor in found]
            tensors = [tensor for _, tensor in found]
        versions |= {id(t): (t, t._version) for t in tensors if not t.is_inference()}
    return Held(tuple(parameters), versions)


def _arguments(call: Call) -> Iterator[tuple[str, Any]]:
    for name, value in (*enumerate(call.args), *call.kwargs.items()):
        path = f"args[{name}]" if isinstance(name, int) else f"kwargs[{name!r}]"
        yield path, value
        if type(value) in (list, tuple):
            yield from ((f"{path}[{i}]", item) for i, item in enumerate(value))
        elif type(value) is dict:
            yield from ((f"{path}[{key!r}]", item) for key, item in value.items())

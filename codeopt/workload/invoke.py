"""Performing a `Call`: the one way in which measuring and proving call a target."""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from codeopt.workload.call import Call


def prepare(function: Callable[..., Any], call: Call) -> Callable[[], Any]:
    """A thunk that makes the call; a class target is constructed here, before the thunk runs.

    Without `init`, or with `init` alone on a class whose objects cannot be called,
    constructing is the call itself.
    """
    if not inspect.isclass(function):
        return lambda: function(*call.args, **call.kwargs)
    init = call.init
    if init is None:
        return lambda: function(*call.args, **call.kwargs)
    if not (call.args or call.kwargs or call.train) and "__call__" not in dir(function):
        return lambda: function(*init.args, **init.kwargs)
    made: Any = function(*init.args, **init.kwargs)
    if call.train:
        return lambda: train_step(made, call)
    return lambda: made(*call.args, **call.kwargs)


def train_step(module: Any, call: Call, weigh: Callable[[Any], Any] | None = None) -> Any:
    """Forward, a scalar loss, backward. Returns the output; the gradients stay on the module.

    The loss is the output itself if it is a single number, else the sum over its float
    tensors of their means, each first passed through `weigh` if that is given.
    """
    module.train()
    output = module(*call.args, **call.kwargs)
    weighed = weigh or (lambda tensor: tensor)
    loss = sum(t if t.ndim == 0 else weighed(t).mean() for t in _float_tensors(output))
    if getattr(loss, "requires_grad", False):
        loss.backward()
    return output


def _float_tensors(value: Any) -> Iterator[Any]:
    """The floating-point tensors in a nest of dicts, lists and tuples: those a loss is made of."""
    if isinstance(value, sys.modules["torch"].Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _float_tensors(item)


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what Python code prints and warns, for runs whose output nobody compares."""
    nowhere = _Nowhere()
    with warnings.catch_warnings(), contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        warnings.simplefilter("ignore")
        yield

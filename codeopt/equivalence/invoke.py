"""Making a call for the proof: as measuring makes it, and handing back what was built on the way."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from codeopt.workload.call import Call
from codeopt.workload.invoke import train_step


class Performed(NamedTuple):
    """What a call brought about: its result, and the object it built where the target is a class."""

    result: Any
    subject: Any = None


def perform(function: Callable[..., Any], call: Call, adapt: Callable[[Any], Any] | None = None) -> Performed:
    """Make the call as `workload.invoke.prepare` says; what the target raises passes through.

    The loss of a training step is weighted by a ramp, other than in measuring: the plain mean of
    a normalised output has no gradient, so that every gradient would agree. `adapt` is applied
    to an object after its construction.
    """
    init = call.init
    if init is None or not inspect.isclass(function):
        return Performed(function(*call.args, **call.kwargs))
    made: Any = function(*init.args, **init.kwargs)
    if adapt is not None:
        adapt(made)
    if call.train:
        return Performed(_weighted_step(made, call), made)
    if not (call.args or call.kwargs) and "__call__" not in dir(function):
        return Performed(made, made)
    return Performed(made(*call.args, **call.kwargs), made)


def _weighted_step(module: Any, call: Call) -> Any:
    from codeopt.equivalence.autograd import ramp

    return train_step(module, call, lambda tensor: tensor * ramp(tensor))

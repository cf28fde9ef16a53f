"""The arguments that a function gets when something else is run: a third name for workload files."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

from codeopt.workload.call import Call

_VARARGS, _VARKEYWORDS = inspect.CO_VARARGS, inspect.CO_VARKEYWORDS


class _Caught(BaseException):
    """Ends what is run; no handler for errors stops it."""


def first_call(run: Callable[[], object], function: Any) -> Call:
    """The first call of a Python function, method, property or class that `run()` makes, which ends there.

    The object of a method, or of a property, is the first argument; a class gets what its constructor gets.
    Raises LookupError where there is none, TypeError where the function is not one of Python, and what
    `run` raises before that.
    """
    code, bound = _code_of(function)
    found: list[Call] = []

    def enter(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code is code:
            found.append(_call_of(frame, code, bound))
            sys.setprofile(None)
            raise _Caught

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        run()
    except BaseException:
        # What was run may end by another exception once its own handlers have had their turn.
        if not found:
            raise
    finally:
        sys.setprofile(before)
    if not found:
        raise LookupError(f"{getattr(function, '__qualname__', function)} is not called")
    return found[0]


def _code_of(function: Any) -> tuple[CodeType, bool]:
    """The code of a function, and whether its first argument is given by whoever calls it so."""
    bound = inspect.ismethod(function)
    if inspect.isclass(function):
        makers: list[Any] = [function.__init__, function.__new__]
        plain = (maker for maker in makers if hasattr(inspect.unwrap(maker), "__code__"))
        function, bound = next(plain, function), True
    elif isinstance(function, property):
        function = function.fget
    elif isinstance(function, cached_property):
        function = function.func
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    if not isinstance(code, CodeType):
        raise TypeError(f"{function!r} is not a function of Python")
    return code, bound


def _call_of(frame: FrameType, code: CodeType, bound: bool) -> Call:
    values = frame.f_locals
    names = code.co_varnames
    count, named = code.co_argcount, code.co_kwonlyargcount
    args = [values[name] for name in names[:count]][bound:]
    kwargs = {name: values[name] for name in names[count : count + named]}
    place = count + named
    if code.co_flags & _VARARGS:
        args += values[names[place]]
        place += 1
    if code.co_flags & _VARKEYWORDS:
        kwargs |= values[names[place]]
    return Call(args=tuple(args), kwargs=kwargs)

"""The arguments that a function gets when something else is run: a third name for workload files."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Container, Sized
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

from codeopt.workload.call import Call

_VARARGS, _VARKEYWORDS = inspect.CO_VARARGS, inspect.CO_VARKEYWORDS


class _Caught(BaseException):
    """Ends what is run; no handler for errors stops it."""


def first_call(run: Callable[[], object], function: Any, skip: int = 0) -> Call:
    """The first call of a Python function, method, property or class that `run()` makes, which ends there.

    The object of a method, or of a property, is the first argument; a class gets what its constructor gets.
    `skip` calls before that one are let pass. Raises LookupError where there is none, TypeError where the
    function is not one of Python, and what `run` raises before that.
    """
    code, bound = _code_of(function)
    found: list[Call] = []
    passed = 0

    def enter(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal passed
        if event == "call" and frame.f_code is code:
            passed += 1
            if passed > skip:
                sys.setprofile(None)
                found.append(_call_of(frame, code, bound))
                raise _Caught

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        _run_to(run, found)
    finally:
        sys.setprofile(before)
    if not found:
        raise LookupError(f"{getattr(function, '__qualname__', function)} is not called")
    return found[0]


def calls_before(run: Callable[[], object], function: Any, lines: Container[int]) -> int:
    """How many calls of a function `run()` makes before the first that runs one of these lines of its file.

    `run` ends there. Raises LookupError where no call runs any, and as `first_call` does.
    """
    code, _ = _code_of(function)
    count = 0
    found: list[int] = []

    def inside(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and count and frame.f_lineno in lines:
            found.append(count - 1)
            sys.settrace(None)
            raise _Caught
        return inside

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += frame.f_code is code
        return inside if frame.f_code.co_filename == code.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        _run_to(run, found)
    finally:
        sys.settrace(before)
    if not found:
        raise LookupError(
            f"{getattr(function, '__qualname__', function)} is not called so that it runs there"
        )
    return found[0]


def _run_to(run: Callable[[], object], found: Sized) -> None:
    """Run something to its end or until something was found."""
    try:
        run()
    except BaseException:
        # It may end by another exception than ours once its own handlers have had their turn.
        if not found:
            raise


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

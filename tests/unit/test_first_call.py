"""The arguments that a function gets when something else is run."""

from __future__ import annotations

from functools import cached_property, wraps
from typing import Any

import pytest

from codeopt import first_call
from codeopt.workload.first_call import calls_before


class Thing:
    def __init__(self, size: int, *more: int, kind: str = "a", **rest: int) -> None:
        self.size = size

    def grow(self, by: int, *, times: int = 1) -> int:
        return self.size + by * times

    @classmethod
    def of(cls, size: int) -> Thing:
        return cls(size)

    @property
    def double(self) -> int:
        return self.size * 2

    @cached_property
    def half(self) -> int:
        return self.size // 2


def again(function: Any) -> Any:
    @wraps(function)
    def wrapped(*args: Any) -> Any:
        return function(*args)

    return wrapped


@again
def plain(value: list[int], other: int = 3) -> int:
    cell = other

    def inner() -> int:
        return cell

    return len(value) + inner()


def test_a_method_gets_its_object_first_and_what_follows_is_not_run() -> None:
    ran = []

    def run() -> None:
        thing = Thing(4)
        try:
            thing.grow(2, times=3)
        except Exception:  # noqa: BLE001 - as a test may do
            ran.append("handled")
        ran.append("went on")

    call = first_call(run, Thing.grow)
    assert isinstance(call.args[0], Thing)
    assert (call.args[1:], call.kwargs) == ((2,), {"times": 3})
    assert Thing.grow(*call.args, **call.kwargs) == 10
    assert not ran


def test_classes_class_methods_and_properties() -> None:
    call = first_call(lambda: Thing(1, 2, 3, kind="b", more_yet=5), Thing)
    assert (call.args, call.kwargs) == ((1, 2, 3), {"kind": "b", "more_yet": 5})
    assert first_call(lambda: Thing.of(7), Thing.of).args == (7,)
    thing = Thing(8)
    assert first_call(lambda: thing.double, Thing.double).args == (thing,)
    assert first_call(lambda: thing.half, Thing.__dict__["half"]).args == (thing,)


def test_what_is_wrapped_is_seen_with_its_cells() -> None:
    call = first_call(lambda: plain([1, 2]), plain)
    assert plain(*call.args) == 5


def test_calls_can_be_let_pass_up_to_one_that_runs_a_line() -> None:
    def run() -> None:
        for value in (1, 2, 8, 9):
            halved(value)

    line = halved.__code__.co_firstlineno + 2
    assert calls_before(run, halved, {line}) == 2
    assert first_call(run, halved, skip=2).args == (8,)
    with pytest.raises(LookupError, match="not called so"):
        calls_before(lambda: halved(3), halved, {line})
    with pytest.raises(LookupError, match="halved is not called"):
        first_call(run, halved, skip=4)


def halved(value: int) -> int:
    if value > 4:
        return value // 2
    return value


def test_no_call_is_told_and_errors_before_it_go_on() -> None:
    with pytest.raises(LookupError, match=r"Thing\.grow is not called"):
        first_call(lambda: Thing(3), Thing.grow)
    with pytest.raises(ZeroDivisionError):
        first_call(lambda: 1 // 0, Thing.grow)
    with pytest.raises(TypeError, match="not a function of Python"):
        first_call(lambda: None, len)

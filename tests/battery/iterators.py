"""Iterators and generators: their items, what drawing each brings about, how they end."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.battery.pair import Family

FAMILY = Family("iterators")
exact, close, differs = FAMILY.exact, FAMILY.close, FAMILY.differs
PAIRS = FAMILY.pairs


class Counting:
    def __init__(self, stop: int) -> None:
        self.at, self.stop = 0, stop

    def __iter__(self) -> Counting:
        return self

    def __next__(self) -> int:
        if self.at >= self.stop:
            raise StopIteration
        self.at += 1
        return self.at


class Again:
    """May be iterated more than once."""

    def __init__(self, items: list[int]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[int]:
        return iter(self.items)


def numbers() -> tuple[Any, ...]:
    return (iter([1, 2, 3, 4]),)


def generated() -> tuple[Any, ...]:
    return ((i for i in range(5)),)


def a_list() -> tuple[Any, ...]:
    return ([1, 2, 3],)


def speaking(values: Any) -> Any:
    for value in values:
        sys.stdout.write(f"{value} ")
        yield value


def speaking_later(values: Any) -> Any:
    for value in values:
        yield value
        sys.stdout.write(f"{value} ")


def speaking_first(values: Any) -> Any:
    for value in values:
        sys.stdout.write(f"{value} ")
    yield from values


def speaking_at_once(values: Any) -> Any:
    for value in values:
        sys.stdout.write(f"{value} ")
    return (value for value in values)


def doubling(values: Any) -> Any:
    for value in values:
        yield value * 2


def doubling_by_expression(values: Any) -> Any:
    return (value * 2 for value in values)


def reading_ahead(values: Any) -> Any:
    waiting = list(itertools.islice(values, 1))
    for value in values:
        yield waiting.pop() * 2
        waiting.append(value)
    yield from (w * 2 for w in waiting)


def reading_all(values: Any) -> Any:
    for value in list(values):
        yield value * 2


def returning(value: Any) -> Any:
    yield 1
    return value


def closing(text: str, guarded: bool = True) -> Any:
    def run() -> Any:
        if not guarded:
            yield from range(5)
            sys.stdout.write(text)
            return
        try:
            yield from range(5)
        finally:
            sys.stdout.write(text)

    return run


def listening() -> Any:
    factor = 10
    for i in range(5):
        factor = (yield i * factor) or factor


def deaf() -> Any:
    for i in range(5):
        yield i * 10


def listening_for(error: type[Exception]) -> Any:
    def run() -> Any:
        try:
            yield from range(5)
        except error:
            yield -1

    return run


def filling(found: dict[str, int]) -> Any:
    for i in range(9):
        found["last"] = i
        yield i


def filling_late(found: dict[str, int]) -> Any:
    for i in range(9):
        if i < 3:
            found["last"] = i
        yield i
    found["last"] = 8


def failing(at: int, message: str = "no") -> Any:
    for i in range(5):
        if i == at:
            raise ValueError(message)
        yield i


def leaking() -> Any:
    yield 1
    raise RuntimeError("generator raised StopIteration") from StopIteration()


def leaking_itself() -> Any:
    yield 1
    next(iter(()))


def buffers(shared: bool, factor: int = 1) -> Any:
    buffer = np.zeros(2)
    for i in range(3):
        if not shared:
            buffer = np.zeros(2)
        buffer[:] = i * (factor if i < 2 else 1)
        yield buffer


def emptying(values: list[int]) -> Any:
    while values:
        yield values.pop(0)


def emptying_first(values: list[int]) -> Any:
    taken = values[:]
    values.clear()
    yield from taken


def within(values: Any) -> Any:
    return {"items": doubling(values), "name": "a"}


exact("two generators", doubling, lambda values: doubling_by_expression(values), a_list,
      why="A generator is a generator, however it was written.")  # fmt: skip
exact("generators over an iterator", doubling, doubling_by_expression, numbers)
exact("generators over a generator", doubling, doubling_by_expression, generated)
exact("what is said between items", speaking, lambda values: (v for v in speaking(values)), a_list)
exact(
    "an endless generator", lambda: (i for i in itertools.count()), lambda: (0 + i for i in itertools.count())
)
exact("items of one's own or passed on", lambda v: (i for i in v), lambda v: (yield from v), a_list,
      why="Sending to the second is an error, but neither listens.")  # fmt: skip
exact("user iterators", lambda: Counting(3), lambda: Counting(1 + 2))
exact("a generator that cleans up", closing("done"), closing("do" + "ne"))
exact("one buffer yielded again and again", lambda: buffers(True), lambda: buffers(True))
exact("a generator that listens", listening, lambda: (yield from listening()))
exact(
    "a generator within a dict", within, lambda v: {"items": doubling_by_expression(v), "name": "a"}, numbers
)
exact("an iterable that is no iterator", lambda: Again([1]), lambda: Again([1]))
exact("StopIteration within a generator", leaking_itself, lambda: (yield from leaking_itself()),
      why="Python makes it a RuntimeError.")  # fmt: skip
close("items rounded otherwise", lambda: (i * 0.1 for i in range(9)), lambda: (i / 10 for i in range(9)))

differs("generator or list", lambda: (i for i in range(3)), lambda: [0, 1, 2])
differs("generator or iterator of a list", lambda: (i for i in range(3)), lambda: iter([0, 1, 2]),
        why="Only a generator can be closed and sent to.")  # fmt: skip
differs("generator or map", doubling, lambda values: map(lambda v: v * 2, values), a_list)
differs("zip or list", lambda v: zip(v, v, strict=True), lambda v: list(zip(v, v, strict=True)), a_list)
differs("enumerate from 1", lambda v: enumerate(v), lambda v: enumerate(v, 1), a_list)
differs("filter or map", lambda v: filter(None, v), lambda v: map(int, v), a_list)
differs("one-shot or again", lambda: iter([1]), lambda: Again([1]))
differs("items", lambda: (i for i in range(3)), lambda: (i for i in range(4)))
differs("type of an item", lambda: (i for i in [1, 2]), lambda: (i for i in [1, True + 1.0]))
differs("the value of return", lambda: returning(1), lambda: returning(2))
differs("said later", speaking, speaking_later, a_list)
differs("all said before the first item", speaking, speaking_first, a_list)
differs("said at the call", speaking, speaking_at_once, a_list)
differs("reads one item ahead", doubling, reading_ahead, numbers, why="Seen in how far the argument is.")
differs("reads one item ahead of a generator", doubling, reading_ahead, generated)
differs("reads everything first", doubling, reading_all, numbers)
differs("reads everything of a generator", doubling, reading_all, generated)
differs("what is done on closing", closing("done"), closing("gone"))
differs("cleans up only at the end", closing("done"), closing("done", guarded=False),
        why="A caller who stops early is not cleaned up after.")  # fmt: skip
differs("catches what is raised within", listening_for(ValueError), listening_for(KeyError))
differs("changes its argument at the end only", filling, filling_late, lambda: ({},))
differs("does not listen", listening, deaf)
differs("raises one item later", lambda: failing(2), lambda: failing(3))
differs("the message after items", lambda: failing(2), lambda: failing(2, "yes"))
exact("an error after items", leaking, leaking_itself, why="Python names the same cause by itself.")
differs("the same buffer yielded", lambda: buffers(True), lambda: buffers(False))
FAMILY.lossy("a buffer's content on the way", lambda: buffers(True), lambda: buffers(True, 2),
        why="Afterwards every item is the same array with the same content.")  # fmt: skip
differs("empties its argument at once", emptying, emptying_first, a_list)
differs("an iterator read further", lambda it: next(it), lambda it: (next(it), next(it))[0], numbers)
differs("items of a generator within a dict", within, lambda v: {"items": (x * 3 for x in v), "name": "a"},
        numbers)  # fmt: skip
differs("an endless generator's hundredth item", lambda: (i for i in itertools.count()),
        lambda: (i + (i == 99) for i in itertools.count()))  # fmt: skip
differs("a context manager's generator", lambda: contextlib.nullcontext(1), lambda: contextlib.nullcontext(2))

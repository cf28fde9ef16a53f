"""Recording iterators: their items, what drawing each brings about, how far they have been drawn."""

from __future__ import annotations

import dis
import functools
import itertools
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from codeopt.equivalence.attributes import own_state
from codeopt.equivalence.errors import pass_through
from codeopt.equivalence.node import Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

MOST_ITEMS = 10_000
"""Items drawn from an iterator at most; an endless one is compared that far."""

SENT = 1
"""What is sent to a generator that is ended early, if it listens."""

ENDS = ("drawn", "closed", "thrown into")
"""How a caller may be done with a generator: having drawn it to its end, or after two items, with
a value sent for the second one, by closing it or by raising an exception within it."""


class Drawn(NamedTuple):
    """What came out of an iterator: items, the value of its return, an exception, and the marks
    at which `watch` gave something else than before, with the number of items drawn until then."""

    items: list[Any]
    value: Any
    error: BaseException | None
    marks: tuple[tuple[int, Any], ...]


def is_iterator(value: Any) -> bool:
    """Whether it gives items only once; files are no iterators here."""
    kind = type(value)
    return hasattr(kind, "__next__") and hasattr(kind, "__iter__") and not hasattr(kind, "read")


def draw(
    value: Any,
    watch: Callable[[], Any] | None = None,
    each: Callable[[int, Any], None] | None = None,
    end: str = "drawn",
) -> Drawn:
    """Draw up to 10,000 items. `each` is told every item with its number; `end` is one of `ENDS`,
    and holds for generators only."""
    items: list[Any] = []
    marks: list[tuple[int, Any]] = []
    early = end != "drawn" and isinstance(value, types.GeneratorType)
    returned, error = None, None
    try:
        source: Any = iter(value)
        while len(items) < (2 if early else MOST_ITEMS):
            item = source.send(SENT) if early and items and _listens(source) else next(source)
            items.append(item)
            if each is not None:
                each(len(items), item)
            if watch is not None and (not marks or watch() != marks[-1][1]):
                marks.append((len(items), watch()))
        if early and end == "closed":
            source.close()
        elif early:
            items.append(source.throw(ValueError("raised by the caller")))
    except StopIteration as stopped:
        returned = stopped.value
    except BaseException as raised:  # noqa: BLE001 - the user's generator may raise anything
        pass_through(raised)
        # The traceback would keep the generator, whose end may be heard, until garbage is collected.
        error = raised.with_traceback(None)
    if watch is not None:
        marks.append((-1, watch()))
    return Drawn(items, returned, error, tuple(marks))


def _listens(generator: Any) -> bool:
    """Whether what is sent to a generator is used; passed on to an iterator that takes nothing, it
    would be an error."""
    while isinstance(generator.gi_yieldfrom, types.GeneratorType):
        generator = generator.gi_yieldfrom
    return generator.gi_yieldfrom is None and _uses_sent(generator.gi_code)


@functools.cache
def _uses_sent(code: types.CodeType) -> bool:
    names = [step.opname for step in dis.get_instructions(code) if step.opname not in ("RESUME", "CACHE")]
    after = {b for a, b in itertools.pairwise(names) if a == "YIELD_VALUE"}
    return bool(after - {"POP_TOP", "JUMP_BACKWARD_NO_INTERRUPT", "CLEANUP_THROW"})


def record_iterator(recorder: Recorder, value: Any, path: str) -> Node:
    """By its items, which uses it up; by how far it is where the recorder must not do that."""
    if recorder.peeks:
        return _peek(recorder, value, path)
    drawn = draw(value, recorder.watch)
    return drawn_node(recorder, type(value), drawn, path)


def drawn_node(recorder: Recorder, kind: type, drawn: Drawn, path: str) -> Node:
    """The node of an iterator of this type."""
    parts = [(".items", recorder.record(recorder.keep(drawn.items), f"{path}.items"))]
    if drawn.value is not None:
        parts.append((".return", recorder.record(drawn.value, f"{path}.return")))
    if drawn.error is not None:
        parts.append((".raised", recorder.record(drawn.error, f"{path}.raised")))
    meta = (("said", drawn.marks),) if drawn.marks else ()
    return Node("iterator", type_name(kind), meta, None, tuple(parts))


def _peek(recorder: Recorder, value: Any, path: str) -> Node:
    """How far an iterator has been drawn, without drawing from it."""
    kind = type(value)
    if isinstance(value, types.GeneratorType):
        frame = value.gi_frame
        at = -2 if frame is None else frame.f_lasti
        local = {} if frame is None else dict(frame.f_locals)
        inner = recorder.record(recorder.keep(local), f"{path}.locals")
        return Node("iterator", type_name(kind), (("at", at),), None, ((".locals", inner),))
    if kind.__module__ in ("builtins", "itertools"):
        try:
            rest = recorder.keep(list(value.__reduce__()))
        except TypeError:
            return Node("iterator", type_name(kind))
        return Node("iterator", type_name(kind), (), None, ((".rest", recorder.record(rest, path)),))
    return Node("iterator", type_name(kind), (), None, tuple(own_state(recorder, value, path)))

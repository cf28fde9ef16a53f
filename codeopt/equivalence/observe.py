"""Everything a caller could notice about one call, as one tree."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.descriptors import Descriptors
from codeopt.equivalence.drawn import figures_node
from codeopt.equivalence.errors import pass_through
from codeopt.equivalence.files import files_below, files_node
from codeopt.equivalence.held import held_by
from codeopt.equivalence.integrity import changed
from codeopt.equivalence.invoke import Performed, perform
from codeopt.equivalence.iterators import ENDS, Drawn, draw, drawn_node, is_iterator
from codeopt.equivalence.module_state import globals_node
from codeopt.equivalence.node import Node
from codeopt.equivalence.objects import is_handle
from codeopt.equivalence.said import Streams
from codeopt.equivalence.snapshot import Recorder
from codeopt.equivalence.surroundings import seed_everything, settings_restored, state_node
from codeopt.equivalence.tolerance import float_name
from codeopt.sandbox.home import lent_home
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

ENDED_EARLY = 4
"""One seed in so many ends the generator that a call returns after its second item, by turns in
either way; see `iterators.ENDS`."""

WATCHED_ITEMS = 64
"""Items that are noted as they are when they are drawn: later ones may be changed by then."""


class Outcome(NamedTuple):
    """What one call did. `tree` is all there is to compare.

    `opaque` lists the paths that could not be looked into; `narrow` is the narrowest float dtype
    among the arguments if narrower than float64, else empty; `seconds` were spent in the target's
    body; `where` is `FILE:LINE` of the target's file where an exception passed through it;
    `untouched` names the arguments that the call left as they were, where that was looked at.
    """

    tree: Node
    raised: bool
    opaque: tuple[str, ...]
    narrow: str
    seconds: float
    where: str = ""
    untouched: frozenset[str] = frozenset()

    def part(self, name: str) -> Node | None:
        """The child of the tree with this name."""
        return dict(self.tree.children).get(name)


def observe(
    world: World,
    call: Call,
    seed: int = 0,
    known: frozenset[int] = frozenset(),
    adapt: Callable[[Any], Any] | None = None,
    changed: Callable[[], tuple[str, ...]] = changed,
) -> Outcome:
    """Make the call and record everything about it. Only what the target raises is caught.

    `changed` stands as an argument so that the call cannot replace it by name.
    """
    streams = Streams()
    descriptors = Descriptors()
    folder = os.getcwd()
    before = files_below(folder)
    home = lent_home()
    before_home = files_below(home, links=False) if home else None
    held = held_by(call)
    with world.active():
        seed_everything(seed)
        with streams.capturing():
            with settings_restored() as settings:
                with descriptors.capturing():
                    made = _run(world, call, streams, adapt, _end(seed))
                patched = changed()
                state = state_node(settings, patched)
            recorder = Recorder(known, held=held)
            parts = _record(recorder, call, made, streams)
            if held.parameters:
                again = tuple((p, recorder.record(v, f"held before: {p}")) for p, v in held.parameters)
                parts.append(("held before", Node("held", "", (), None, again)))
            globals_ = globals_node(world, recorder)
            parts.append(("shared memory", alias_graph(recorder.claims)))
            parts.append(("figures", figures_node(recorder)))
            # Before the backward probe, which a caller would run later, if ever.
            said = streams.nodes()
            parts.append(("gradients", _gradients(recorder)))
    parts += [("globals", globals_), ("state", state), *said, *descriptors.nodes()]
    parts.append(("files", files_node(folder, before)))
    parts.append(("files in the home folder", files_node(home, before_home, links=False)))
    tree = Node("outcome", "", (), None, tuple(parts))
    error = made.error
    where = _where(error, str(world.target.path)) if error is not None else ""
    opaque = tuple(recorder.opaque_paths)
    return Outcome(tree, error is not None, opaque, _narrowest(tree), made.seconds, where)


def _where(error: BaseException, path: str) -> str:
    lines = [at for frame, at in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return f"{path}:{lines[-1]}" if lines else ""


class _Made(NamedTuple):
    """What a call brought about: a result, or an exception, or items drawn from an iterator with
    what was noted on the way."""

    done: Performed
    error: BaseException | None
    seconds: float
    drawn: Drawn | None = None
    watched: tuple[tuple[str, Node], ...] = ()


def _run(world: World, call: Call, streams: Streams, adapt: Callable[[Any], Any] | None, end: str) -> _Made:
    """The call itself. An iterator that it returns is drawn from here, and what was done before the
    first item was asked for and between items is noted: code that runs at once is not as lazy as
    a generator."""
    start = time.perf_counter()
    try:
        done = perform(world.callable, call, adapt)
    except BaseException as raised:  # noqa: BLE001 - the target may raise anything
        pass_through(raised)
        if isinstance(raised, MemoryError):
            # What the target holds is needed to write down that it holds too much.
            traceback.clear_frames(raised.__traceback__)
        return _Made(Performed(None), raised, time.perf_counter() - start)
    if not is_iterator(done.result) or is_handle(type(done.result)):
        return _Made(done, None, time.perf_counter() - start)
    before = ("before the first item", Node("text", "said", (), streams.mark()))
    watched = [before, (".args before the first item", _glance(call))]

    def each(count: int, item: Any) -> None:
        if count <= WATCHED_ITEMS:
            watched.append((f".item {count} as drawn", Recorder(peeks=True).record(item, "item")))
        # After the first items, and ever more rarely.
        if count & (count - 1) == 0:
            watched.append((f".args after item {count}", _glance(call)))

    drawn = draw(done.result, streams.mark, each, end)
    return _Made(done, None, time.perf_counter() - start, drawn, tuple(watched))


def _end(seed: int) -> str:
    turn, rest = divmod(seed, ENDED_EARLY)
    return ENDS[1 + turn % 2] if rest == ENDED_EARLY - 1 else ENDS[0]


def _glance(call: Call) -> Node:
    """The arguments as they are, with nothing drawn from iterators among them."""
    return Recorder(peeks=True).record([call.args, dict(call.kwargs)], "args")


def _record(recorder: Recorder, call: Call, made: _Made, streams: Streams) -> list[tuple[str, Node]]:
    results: list[tuple[str, Node]] = []
    lazy = made.drawn is None and _holds_iterator(call)
    if lazy:
        # What stands in the result may still have to be drawn from the arguments.
        results = _record_result(recorder, made, streams)
    parts = _record_arguments(recorder, call)
    if made.done.subject is not None:
        parts.append(("object", recorder.record(made.done.subject, "object")))
    return parts + (results if lazy else _record_result(recorder, made, streams))


def _record_result(recorder: Recorder, made: _Made, streams: Streams) -> list[tuple[str, Node]]:
    if made.error is not None:
        return [("raised", recorder.record(made.error, "raised"))]
    if made.drawn is None:
        recorder.watch = streams.mark
        node = recorder.record(made.done.result, "result")
        recorder.watch = None
        return [("result", node)]
    node = drawn_node(recorder, type(made.done.result), made.drawn, "result")
    return [("result", node._replace(children=(*made.watched, *node.children)))]


def _holds_iterator(call: Call) -> bool:
    return any(map(_may_draw, (*call.args, *call.kwargs.values())))


def _may_draw(value: Any) -> bool:
    if type(value) in (list, tuple):
        return any(map(is_iterator, value))
    return any(map(is_iterator, value.values())) if type(value) is dict else is_iterator(value)


def _record_arguments(recorder: Recorder, call: Call) -> list[tuple[str, Node]]:
    values = {f"args[{i}]": v for i, v in enumerate(call.args)}
    values |= {f"kwargs[{k!r}]": v for k, v in call.kwargs.items()}
    if call.init is not None:
        values |= {f"init[{i}]": v for i, v in enumerate([*call.init.args, *call.init.kwargs.values()])}
    return [(name, recorder.record(v, name)) for name, v in values.items()]


def untouched_by(outcome: Outcome, twin: Call) -> frozenset[str]:
    """The arguments that a call left alone, told from a fresh call of the same case, which is
    used up by looking: iterators in it are drained."""
    after = dict(outcome.tree.children)
    recorded = _record_arguments(Recorder(held=held_by(twin)), twin)
    return frozenset(name for name, node in recorded if after.get(name) == node)


def _gradients(recorder: Recorder) -> Node:
    """What a backward pass of the caller's would bring."""
    if not recorder.outputs:
        return Node("gradients", "")
    from codeopt.equivalence.autograd import gradients_node

    return gradients_node(recorder)


_NARROW = ("float16", "bfloat16", "float32", "complex64")


def _narrowest(tree: Node) -> str:
    found = {
        float_name(str(dict(node.meta).get("dtype")))
        for name, child in tree.children
        if name.startswith(("args", "kwargs", "init", "object"))
        for node in _nodes(child)
    }
    return next((dtype for dtype in _NARROW if dtype in found), "")


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for _, child in node.children:
        yield from _nodes(child)

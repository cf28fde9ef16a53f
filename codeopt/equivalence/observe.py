"""Everything a caller could notice about one call, as one tree."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.invoke import Performed, perform
from codeopt.equivalence.node import Node, type_name
from codeopt.equivalence.objects import drain, record_error
from codeopt.equivalence.snapshot import Recorder
from codeopt.equivalence.surroundings import (
    Streams,
    files_below,
    files_node,
    seed_everything,
    settings_restored,
    state_node,
)
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

_GLOBAL_KINDS = (bool, int, float, complex, str, bytes, list, dict, set, tuple, np.ndarray, np.generic)


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
) -> Outcome:
    """Make the call and record everything about it. Only what the target raises is caught."""
    streams = Streams()
    folder = os.getcwd()
    before = files_below(folder)
    with settings_restored(), world.active():
        seed_everything(seed)
        with streams.capturing():
            done, error, lazily, seconds = _run(world, call, streams, adapt)
            state = state_node(folder)
            recorder = Recorder(known)
            parts = _record(recorder, call, done, error, lazily)
            # Before the backward probe, which a caller would run later, if ever.
            said = streams.nodes()
            globals_ = _globals(world, recorder.known)
            parts.append(("gradients", _gradients(recorder)))
    parts += [("globals", globals_), ("state", state), *said]
    parts.append(("files", files_node(folder, before)))
    tree = Node("outcome", "", (), None, tuple(parts))
    where = _where(error, str(world.target.path)) if error is not None else ""
    return Outcome(tree, error is not None, tuple(recorder.opaque_paths), _narrowest(tree), seconds, where)


def _where(error: BaseException, path: str) -> str:
    lines = [at for frame, at in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return f"{path}:{lines[-1]}" if lines else ""


def _run(
    world: World, call: Call, streams: Streams, adapt: Callable[[Any], Any] | None
) -> tuple[Performed, BaseException | None, Node | None, float]:
    """The call itself. An iterator that it returns is drained here, and what was done before the
    first item was asked for is noted: code that runs at once is not as lazy as a generator."""
    start = time.perf_counter()
    try:
        done = perform(world.callable, call, adapt)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - the target may raise anything
        return Performed(None), raised, None, time.perf_counter() - start
    if not _is_iterator(done.result):
        return done, None, None, time.perf_counter() - start
    said = (("said before the first item", streams.mark()),)
    early: tuple[tuple[str, Node], ...] = ()
    if not _holds_iterator(call):
        early = ((".before the first item", Recorder().record([call.args, dict(call.kwargs)], "args")),)
    lazily = Node("iterator", type_name(type(done.result)), said, None, early)
    items, error = drain(done.result)
    return Performed(_Drained(items, error), done.subject), None, lazily, time.perf_counter() - start


class _Drained(NamedTuple):
    items: list[Any]
    error: BaseException | None


def _is_iterator(value: Any) -> bool:
    kind = type(value)
    return hasattr(kind, "__next__") and hasattr(kind, "__iter__") and not hasattr(kind, "read")


def _holds_iterator(call: Call) -> bool:
    return any(_is_iterator(v) for v in (*call.args, *call.kwargs.values()))


def _record(
    recorder: Recorder, call: Call, done: Performed, error: BaseException | None, lazily: Node | None
) -> list[tuple[str, Node]]:
    parts = _record_arguments(recorder, call)
    if done.subject is not None:
        parts.append(("object", recorder.record(done.subject, "object")))
    if error is not None:
        parts.append(("raised", record_error(recorder, error, "raised")))
    elif isinstance(done.result, _Drained) and lazily is not None:
        children = [(".items", recorder.record(done.result.items, "result.items"))]
        if done.result.error is not None:
            children.append((".raised", record_error(recorder, done.result.error, "result.raised")))
        parts.append(("result", lazily._replace(children=(*lazily.children, *children))))
    else:
        parts.append(("result", recorder.record(done.result, "result")))
    parts.append(("shared memory", alias_graph(recorder.claims)))
    return parts


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
    return frozenset(name for name, node in _record_arguments(Recorder(), twin) if after.get(name) == node)


def _gradients(recorder: Recorder) -> Node:
    """What a backward pass of the caller's would bring; it may raise, which is a finding too."""
    if not (recorder.outputs and recorder.leaves):
        return Node("gradients", "")
    from codeopt.equivalence.tensors import gradients

    outputs = [t for t in recorder.outputs if t.is_floating_point()]
    fresh = Recorder(recorder.known)
    try:
        found = gradients(outputs, recorder.leaves)
    except Exception as error:  # noqa: BLE001 - backward runs the user's functions and hooks
        return Node("gradients", "", (), None, (("raised", record_error(fresh, error, "raised")),))
    return Node("gradients", "", (), None, tuple((p, fresh.record(g, p)) for p, g in found.items()))


def _globals(world: World, known: frozenset[int]) -> Node:
    """The data among the globals of the target's module: counters, caches, tables."""
    module = world.project.get(world.target.module)
    recorder = Recorder(known, lenient=True)
    names = sorted(vars(module)) if module is not None else []
    parts = [
        (name, recorder.record(vars(module)[name], f"globals.{name}"))
        for name in names
        if not name.startswith("__") and isinstance(vars(module)[name], _GLOBAL_KINDS)
    ]
    return Node("globals", "", (), None, tuple(parts))


_NARROW = ("float16", "bfloat16", "float32", "complex64")


def _narrowest(tree: Node) -> str:
    found = {
        dict(node.meta).get("dtype")
        for name, child in tree.children
        if name.startswith(("args", "kwargs", "init", "object"))
        for node in _nodes(child)
    }
    return next((dtype for dtype in _NARROW if dtype in found), "")


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for _, child in node.children:
        yield from _nodes(child)

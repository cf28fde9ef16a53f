"""What an exception's traceback tells: the expressions that failed, and which arguments were in them."""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType

from codeopt.workload.call import Call

_PLAIN = (int, float, str, bytes, bool, type(None))
_MOST_LINES = 12
_MOST_ITEMS = 64


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a traceback.

    `names` are those in the expression that failed there, attributes as `name.attribute` too;
    `given` the arguments of the call that are among their values, by place or by name.
    """

    file: str
    function: str
    line: int
    names: tuple[str, ...] = ()
    given: tuple[int | str, ...] = ()


def frames_of(error: BaseException, call: Call | None, kept: Callable[[str], bool]) -> tuple[Frame, ...]:
    """The frames of kept files, innermost last; `call` is None where it had not been made yet."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if kept(code.co_filename):
            names = _names(code, trace.tb_lasti)
            given = tuple(_given(trace.tb_frame, names, call)) if call is not None else ()
            frames.append(Frame(code.co_filename, code.co_name, trace.tb_lineno, names, given))
        trace = trace.tb_next
    return tuple(frames)


def _names(code: CodeType, instruction: int) -> tuple[str, ...]:
    """Names in the expression that an instruction belongs to, in the order of the text.

    Of an object's own attributes, `self.name`, there is no name without the attribute.
    """
    first, last, begin, end = next(
        itertools.islice(code.co_positions(), instruction // 2, None), (None, None, None, None)
    )
    if first is None or last is None or begin is None or end is None or last - first > _MOST_LINES:
        return ()
    lines = [line.encode() for line in linecache.getlines(code.co_filename)[first - 1 : last]]
    if not lines:
        return ()
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][begin:]
    try:
        tree = ast.parse(f"({b''.join(lines).decode()})", mode="eval")
    except (SyntaxError, ValueError):
        return ()
    return tuple(dict.fromkeys(_read(tree)))


def _read(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}"
        if node.value.id != "self":
            yield node.value.id
    elif isinstance(node, ast.Name):
        yield node.id
    else:
        for inner in ast.iter_child_nodes(node):
            yield from _read(inner)


def _given(frame: FrameType, names: Sequence[str], call: Call) -> Iterator[int | str]:
    """Arguments that names of a frame stand for, or that hold what those stand for.

    What is the same everywhere, as a number is, counts not.
    """
    held = frame.f_locals
    values = {id(held[name]) for name in names if name in held and not isinstance(held[name], _PLAIN)}

    def is_in(value: object) -> bool:
        items = value[:_MOST_ITEMS] if isinstance(value, list | tuple) else ()
        return id(value) in values or any(id(item) in values for item in items)

    yield from (place for place, value in enumerate(call.args) if is_in(value))
    yield from (name for name, value in call.kwargs.items() if is_in(value))

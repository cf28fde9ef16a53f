"""Recording exceptions: type, message, arguments, attributes, notes, and what they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeopt.equivalence.attributes import attributes_of
from codeopt.equivalence.node import Node, type_name, without_addresses

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder


def pass_through(error: BaseException) -> None:
    """Raise again what is no doing of the code under test: an interrupt, or a signal of ours."""
    if isinstance(error, KeyboardInterrupt) or type(error).__module__.startswith("codeopt."):
        raise error


def record_error(recorder: Recorder, error: BaseException, path: str) -> Node:
    """An exception. A cause given by `from` and a context that came by itself are told apart; a
    context that was suppressed does not count."""
    text = _message(error)
    parts: list[tuple[str, Node]] = []
    if error.__cause__ is not None:
        parts.append((".cause", recorder.record(error.__cause__, f"{path}.cause")))
    elif error.__context__ is not None and not error.__suppress_context__:
        parts.append((".context", recorder.record(error.__context__, f"{path}.context")))
    if error.args != (text,):
        shown = [without_addresses(a) if type(a) is str else a for a in error.args]
        parts.append((".args", recorder.record(recorder.keep(shown), f"{path}.args")))
    found = attributes_of(error)
    notes = tuple(map(without_addresses, map(str, found.pop("__notes__", ()))))
    if isinstance(error, ImportError):
        found["name"] = error.name
    parts += [(f".{k}", recorder.record(v, f"{path}.{k}")) for k, v in sorted(found.items())]
    meta: tuple[tuple[str, Any], ...] = (("notes", notes),) if notes else ()
    return Node("error", type_name(type(error)), meta, without_addresses(text), tuple(parts))


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as raised:  # noqa: BLE001 - the user's class may raise anything
        return f"no message: {type(raised).__name__}"

"""What happens when a planned function is called: is this call worth recording, and recording it.

A probe is a list that is emptied when enough is known; the function asks no more than whether it is
empty. Calls that are like a recorded one are looked at ever more rarely, and in the end no more.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Hashable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from codeopt.workload.trace.capture import Refused
from codeopt.workload.trace.capture_call import capture_call
from codeopt.workload.trace.likeness import likeness, weight
from codeopt.workload.trace.part import write_part, write_refusal

_EACH = 10
"""Calls in a row that bring nothing new, after which half as many are looked at."""

_IDLE = 11 * _EACH
_IDLE_SECONDS = 0.25
"""Seconds spent on calls that bring nothing new, after which no more are looked at."""

_GROWTH = 1.5
_MOST_REFUSED = 20
_MOST_BYTES = 1 << 29
_bytes = 0

_busy = threading.Lock()
"""Held while a call is looked at: what our looking calls is no call of the user's."""


def _after_fork() -> None:
    global _busy
    _busy = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


class Probe(list[None]):
    """The probe of one function, number `number` in the plan."""

    def __init__(self, number: int, path: str, qualname: str, plan: Mapping[str, Any]) -> None:
        super().__init__([None])
        self.number = number
        self.path = path
        self.qualname = qualname
        self.folder: str = plan["folder"]
        self.most: int = plan["calls"]
        self.seen: set[Hashable] = set()
        self.recorded: list[int] = []
        self.refused = 0
        self.skip = 0
        self.idle = 0
        self.idle_seconds = 0.0

    def __call__(self) -> None:
        if self.skip:
            self.skip -= 1
        else:
            self.look(sys._getframe(1))

    def look(self, frame: FrameType) -> None:
        """Record the call that has just begun in `frame`, if it is worth it. Never raises."""
        if not _busy.acquire(blocking=False):
            return
        begin = time.perf_counter()
        try:
            found = self._look(frame)
        except Exception as error:  # noqa: BLE001 - the user's objects may refuse in any way, their command goes on
            found = self._refuse(f"{type(error).__name__} while it was looked at: {error}")
        finally:
            _busy.release()
        if not found:
            self._rest(time.perf_counter() - begin)

    def _look(self, frame: FrameType) -> bool:
        if _is_traced_symbolically():
            return False
        held = frame.f_locals
        values = [held[name] for name in _parameters(frame.f_code)]
        if type(held) is dict:
            # The frame keeps it, and with it every argument, as long as the call lasts.
            held.clear()
        alike = likeness(values)
        if alike in self.seen:
            return False
        size = weight(values)
        full = len(self.recorded) >= self.most
        if full and size < _GROWTH * max(self.recorded):
            return False
        if len(self.recorded) >= 4 * self.most:
            self.clear()
            return False
        self.seen.add(alike)
        self.idle = 0
        args, kwargs = _arguments(frame, values, self.qualname)
        try:
            captured = capture_call(self._without_owner(frame, args), kwargs)
        except Refused as refusal:
            return self._refuse(str(refusal))
        if not _has_room(captured.blobs):
            return self._refuse(f"more than {_MOST_BYTES >> 20} MiB were recorded before")
        module = frame.f_globals.get("__name__", "")
        write_part(self.folder, self.number, repr(alike), size, str(module), captured)
        self.recorded.append(size)
        return True

    def _without_owner(self, frame: FrameType, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments without the object that a constructor is called for, or the class that a class
        method is: a replay has them from the class. Raises Refused where that would be another class."""
        owner, _, name = self.qualname.rpartition(".")
        if name == "__init__" and args:
            kind = type(args[0])
        elif (
            args
            and isinstance(args[0], type)
            and isinstance(_raw(frame.f_globals, self.qualname), classmethod)
        ):
            kind = args[0]
        else:
            return args
        if kind.__qualname__ != owner:
            raise Refused(f"it was called for {kind.__qualname__}, a subclass")
        return args[1:]

    def _refuse(self, reason: str) -> bool:
        self.refused += 1
        with contextlib.suppress(OSError):
            write_refusal(self.folder, self.number, reason)
        if self.refused >= _MOST_REFUSED:
            self.clear()
        return True

    def _rest(self, seconds: float) -> None:
        """Look at fewer calls after one that brought nothing."""
        self.idle += 1
        self.idle_seconds += seconds
        self.skip = (1 << self.idle // _EACH) - 1
        if self.idle >= _IDLE or self.idle_seconds > _IDLE_SECONDS:
            self.clear()


def _parameters(code: CodeType) -> tuple[str, ...]:
    """Names of all parameters, `*args` and `**kwargs` last."""
    flags = code.co_flags
    many = bool(flags & inspect.CO_VARARGS) + bool(flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + many]


def _arguments(
    frame: FrameType, values: Sequence[Any], qualname: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments that make a function's parameters have these values; those that are the defaults
    themselves are left out."""
    code = frame.f_code
    held = dict(zip(_parameters(code), values, strict=True))
    names = code.co_varnames
    count = code.co_argcount
    rest = count + code.co_kwonlyargcount
    many: tuple[Any, ...] = ()
    if code.co_flags & inspect.CO_VARARGS:
        many = held[names[rest]]
        rest += 1
    more: dict[str, Any] = held[names[rest]] if code.co_flags & inspect.CO_VARKEYWORDS else {}
    defaults = _defaults(frame.f_globals, qualname, code)
    kept = {name: held[name] for name in names[:count]}
    if not many:
        for name in reversed(names[code.co_posonlyargcount : count]):
            if name not in defaults or defaults[name] is not kept[name]:
                break
            del kept[name]
    keywords = {name: held[name] for name in names[count : count + code.co_kwonlyargcount]}
    keywords = {k: v for k, v in keywords.items() if k not in defaults or defaults[k] is not v}
    return (*kept.values(), *many), {**keywords, **more}


def _defaults(names: Mapping[str, Any], qualname: str, code: CodeType) -> dict[str, Any]:
    """The defaults of the function that has this code, where it can be found under its name."""
    found = _raw(names, qualname)
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    for _ in range(10):
        if getattr(found, "__code__", None) is code or not hasattr(found, "__wrapped__"):
            break
        found = found.__wrapped__
    if getattr(found, "__code__", None) is not code or found is None:
        return {}
    count = code.co_argcount
    given = found.__defaults__ or ()
    return {
        **dict(zip(code.co_varnames[count - len(given) : count], given, strict=True)),
        **(found.__kwdefaults__ or {}),
    }


def _raw(names: Mapping[str, Any], qualname: str) -> Any:
    """What stands under a qualified name, as its class holds it; None if nothing does."""
    first, *rest = qualname.split(".")
    found: Any = names.get(first)
    for part in rest:
        found = next((vars(base)[part] for base in getattr(found, "__mro__", ()) if part in vars(base)), None)
    return found


def _has_room(blobs: Sequence[bytes]) -> bool:
    """Whether as much may be recorded on top of what this process has; it is counted if so."""
    global _bytes
    more = sum(map(len, blobs))
    if _bytes + more > _MOST_BYTES:
        return False
    _bytes += more
    return True


def _is_traced_symbolically() -> bool:
    """Whether torch records operations rather than computing: values are not real then."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "_C"):
        return False
    core = torch._C
    if core._get_tracing_state() is not None or core._len_torch_dispatch_stack():
        return True
    functorch = getattr(core, "_functorch", None)
    return functorch is not None and functorch.peek_interpreter_stack() is not None

"""Recording functions, methods, partial applications and caches."""

from __future__ import annotations

import sys
import types
import zlib
from typing import TYPE_CHECKING, Any

from codeopt.equivalence.attributes import own_state
from codeopt.equivalence.node import Node, type_name

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder


def record_function(recorder: Recorder, value: Any, path: str) -> Node:
    """A function by name; one made inside another also by its code and what it closed over."""
    name = f"{value.__module__}.{value.__qualname__}"
    code = value.__code__
    if "<" not in name and "<" not in getattr(code, "co_qualname", "") and not value.__closure__:
        return Node("text", "function", (), name)
    cells = [c.cell_contents if _filled(c) else None for c in value.__closure__ or ()]
    state = recorder.keep([cells, value.__defaults__, value.__kwdefaults__, vars(value)])
    parts = [(".closure", recorder.record(state, f"{path}.closure"))]
    return Node("function", "function", (("code", _digest(code)),), name, tuple(parts))


def _digest(code: types.CodeType) -> int:
    """A checksum over what the code does, that of the functions in it too; not of its lines."""
    constants = [_digest(c) if isinstance(c, types.CodeType) else _constant(c) for c in code.co_consts]
    return zlib.crc32(repr((code.co_code, code.co_names, constants)).encode())


def _constant(value: Any) -> str:
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def _filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def record_bound(recorder: Recorder, value: Any, path: str) -> Node:
    """A method with its object, or a built-in function."""
    owner = getattr(value, "__self__", None)
    name = getattr(value, "__qualname__", repr(value))
    parts: list[tuple[str, Node]] = []
    if owner is not None and not isinstance(owner, types.ModuleType):
        parts.append((".__self__", recorder.record(owner, f"{path}.__self__")))
    if isinstance(value, types.MethodType):
        parts.append((".__func__", recorder.record(value.__func__, f"{path}.__func__")))
    return Node("text", type(value).__name__, (), name, tuple(parts))


def record_partial(recorder: Recorder, value: Any, path: str) -> Node:
    """A `functools.partial`."""
    state = recorder.keep([value.func, value.args, value.keywords])
    parts = [(".state", recorder.record(state, f"{path}.state")), *own_state(recorder, value, path)]
    return Node("object", type_name(type(value)), (), None, tuple(parts))


def record_cached(recorder: Recorder, value: Any, path: str) -> Node:
    """A function behind `functools.lru_cache`: what it wraps, and its counts. What it keeps
    cannot be read, but follows from the calls that were made."""
    parts = ((".__wrapped__", recorder.record(value.__wrapped__, f"{path}.__wrapped__")),)
    return Node("cache", "functools.lru_cache", (), tuple(value.cache_info()), parts)


def record_class(recorder: Recorder, value: Any, path: str) -> Node:
    """A class by name where that leads to it, else by its bases and what its body defined."""
    name = type_name(value)
    if _leads_to(value):
        return Node("text", type(value).__name__, (), name)
    body = {k: v for k, v in vars(value).items() if not isinstance(v, types.GetSetDescriptorType)}
    parts = [
        (f".{k}", recorder.record(v, f"{path}.{k}"))
        for k, v in sorted(body.items())
        if k not in ("__module__", "__doc__", "__dict__", "__weakref__", "__firstlineno__")
        and isinstance(v, _DATA)
    ]
    bases = tuple(type_name(base) for base in value.__bases__)
    return Node("class", type(value).__name__, (("bases", bases),), name, tuple(parts))


_DATA = (int, float, str, bytes, tuple, list, dict, set, frozenset, types.NoneType, types.FunctionType)


def _leads_to(kind: type) -> bool:
    found: Any = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is kind

"""Classes, functions, and objects of the project and of libraries: an import path, and state."""

from __future__ import annotations

import enum
import sys
import types
from typing import Any

from codeopt.workload.trace.capture import Capture, Node

_CONTAINERS = (dict, list, set, frozenset, tuple, str, bytes)
_NATIVE: tuple[type, ...] = (
    dict,
    list,
    set,
    frozenset,
    tuple,
    str,
    bytes,
    int,
    float,
    complex,
    BaseException,
)


def object_node(capture: Capture, value: Any) -> Node:
    """The node of a class, a function, a module, or an object by its class and state. Raises Refused."""
    if isinstance(value, type):
        return {"k": "class", "of": class_path(capture, value)}
    if isinstance(value, types.ModuleType):
        return {"k": "module", "of": value.__name__}
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        return _function(capture, value)
    if isinstance(value, types.MethodType):
        return _method(capture, value)
    named = getattr(value, "__qualname__", None) if callable(value) else None
    if isinstance(named, str) and import_path(value, str(getattr(value, "__module__", "")), named):
        return {"k": "function", "of": [value.__module__, named]}
    if isinstance(value, enum.Enum):
        return {"k": "enum", "of": class_path(capture, type(value)), "v": value.name}
    return _instance(capture, value)


def import_path(value: Any, module: str, qualname: str) -> list[str] | None:
    """`[module, qualname]` if that leads to this very object, else None."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return [module, qualname] if found is value else None


def class_path(capture: Capture, kind: type) -> list[str]:
    """How to import a class. Raises Refused where it cannot be."""
    path = import_path(kind, kind.__module__, kind.__qualname__)
    if path is None:
        raise capture.refuse(f"the class {kind.__qualname__} cannot be imported by name")
    return path


def _function(capture: Capture, value: Any) -> Node:
    owner = getattr(value, "__self__", None)
    if isinstance(owner, _CONTAINERS) and vars(type(owner)).get(value.__name__) is not None:
        return {"k": "method", "name": value.__name__, "self": capture.node(owner, ".__self__")}
    if isinstance(value, types.BuiltinFunctionType) and not isinstance(owner, types.ModuleType | None):
        raise capture.refuse(f"the method {value.__name__} of a {type(owner).__name__} cannot be captured")
    name = getattr(value, "__qualname__", value.__name__)
    if name.endswith("<lambda>"):
        raise capture.refuse("a lambda cannot be captured")
    module = str(getattr(value, "__module__", None) or getattr(owner, "__name__", ""))
    path = import_path(value, module, name)
    if path is None:
        raise capture.refuse(f"the function {name} cannot be imported by name")
    return {"k": "function", "of": path}


def _method(capture: Capture, value: types.MethodType) -> Node:
    name = value.__func__.__name__
    owner = value.__self__ if isinstance(value.__self__, type) else type(value.__self__)
    found = next((vars(base)[name] for base in owner.__mro__ if name in vars(base)), None)
    function = found.__func__ if isinstance(found, classmethod) else found
    if function is not value.__func__:
        raise capture.refuse(f"the method {name} cannot be found on its class")
    return {"k": "method", "name": name, "self": capture.node(value.__self__, ".__self__")}


def _instance(capture: Capture, value: Any) -> Node:
    kind = type(value)
    path = class_path(capture, kind)
    native = _native(capture, kind)
    number = capture.know(value)
    node: dict[str, Any] = {"k": "object", "of": path, "id": number}
    with capture.state():
        if native is not object:
            node["native"] = native.__name__
            node["v"] = _content(capture, value, native)
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            node["state"] = [[name, capture.node(v, f".{name}")] for name, v in list(held.items())]
        slots = _slots(kind)
        filled = [name for name in slots if hasattr(value, name)]
        if filled:
            node["slots"] = [[name, capture.node(getattr(value, name), f".{name}")] for name in filled]
    return node


def _native(capture: Capture, kind: type) -> type:
    """The type built in C whose `__new__` makes objects of this class. Raises Refused for one whose
    state is out of reach."""
    for base in kind.__mro__:
        if isinstance(vars(base).get("__new__"), types.BuiltinFunctionType):
            if base is object or base in _NATIVE or issubclass(base, BaseException):
                return BaseException if issubclass(base, BaseException) else base
            raise capture.refuse(f"a {kind.__qualname__} holds state in C, which cannot be captured")
    return object


def _content(capture: Capture, value: Any, native: type) -> Node:
    if native is dict:
        return capture.pairs(dict(dict.items(value)))
    if native is BaseException:
        return capture.items(value.args)
    if native in (list, set, frozenset, tuple):
        return [capture.node(item, f"[{i}]") for i, item in enumerate(list(native.__iter__(value)))]
    return capture.node(native.__new__(native, value) if native is not str else str.__str__(value), ".value")


def _slots(kind: type) -> list[str]:
    """Names of the slots of a class, as its descriptors know them."""
    return [
        name
        for base in reversed(kind.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, types.MemberDescriptorType) and base.__flags__ & (1 << 9)
    ]

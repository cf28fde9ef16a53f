"""Whether the code under test replaced what records and compares it, or what libraries offer.

A snapshot is taken before the first target of the process is loaded, and looked at after every
load and every observed call. What was replaced is named in the outcome, so that a candidate
that patches where the original does not is another program; and it is put back, so that
recording and comparing go on with the true functions. What loading a target patches in
libraries stays in force for its calls, as it would for any program that imports it.

It sees replaced names, and the code of our own functions. It is no defence against code that
looks for this module's closures, or writes to memory: such code can make its process say anything.
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from codeopt.sandbox import world
from codeopt.sandbox.world import Overlay, World
from codeopt.target import Target

_OWN = ("codeopt.equivalence.", "codeopt.sandbox.", "codeopt.search.jobs", "codeopt.workload.")
_NOTATION = {"typing", "collections.abc", "dataclasses", "types", "enum"}
_LIBRARIES = {
    "gc": (), "hashlib": (), "io": (), "math": (), "os": (), "os.path": (), "pickle": (), "random": (),
    "struct": (), "threading": ("Thread",), "time": (), "zlib": (),
    "numpy": (), "numpy.linalg": (), "numpy.random": (),
    "torch": ("Tensor",), "torch.nn": ("Module",), "torch.nn.functional": (),
    "pandas": ("DataFrame", "Series"),
}  # fmt: skip
"""Modules whose functions are looked at, and classes of theirs whose methods are."""


class _Space:
    """The names of one module or class that are watched, and what they stood for."""

    def __init__(self, name: str, owner: Any, keys: tuple[str, ...]) -> None:
        self.name = name
        self.owner = owner
        self.names: Mapping[str, Any] = vars(owner)
        self.keys = keys
        self.values = tuple(self.names[key] for key in keys)
        self.whole: dict[str, Any] = {}
        # Names that are added to the builtins are seen by all code; elsewhere by nobody's.
        self.size = len(self.names) if owner is builtins else 0


def _make_guard() -> tuple[Callable[[Target, Overlay], World], Callable[[], tuple[str, ...]]]:
    """`load_world` and `changed`, with all they need bound where no patch reaches it."""
    load, map_, len_, zip_, dict_, code_of = (
        world.load_world, map, len, zip, dict, operator.attrgetter("__code__"),
    )  # fmt: skip
    put, remove = setattr, delattr
    spaces: dict[str, _Space] = {}
    first: dict[str, tuple[Any, ...]] = {}
    functions: list[FunctionType] = []
    codes: list[Any] = []
    by_import: list[str] = []

    def extend() -> None:
        for space in _spaces(spaces):
            spaces[space.name] = space
            first[space.name] = space.values
            if space.name.startswith(_OWN):
                found = [*{*filter(_is_function, space.values)} - {*functions}]
                functions.extend(found)
                codes.extend(map(code_of, found))

    def found_in(space: _Space) -> list[str]:
        """Names that stand for something else, put back."""
        names, wrong = space.names, []
        for key, value in zip_(space.keys, space.values, strict=False):
            if names.get(key) is not value:
                put(space.owner, key, value)
                wrong.append(f"{space.name}.{key} replaced")
        if space.size and len_(names) != space.size:
            for key in [*names.keys() - set(space.keys)]:
                remove(space.owner, key)
                wrong.append(f"{space.name}.{key} added")
        return wrong

    def look() -> list[str]:
        wrong: list[str] = []
        for space in spaces.values():
            # Two dicts are compared many times faster than their entries are.
            if not _equal(space.names, space.whole):
                wrong += found_in(space)
                space.whole = dict_(space.names)
        if [*map_(code_of, functions)] != codes:
            for function, code in zip_(functions, codes, strict=False):
                if function.__code__ is not code:
                    function.__code__ = code
                    wrong.append(f"{function.__module__}.{function.__qualname__} rewritten")
        return wrong

    def load_watched(target: Target, overlay: Overlay) -> World:
        """`load_world` of the sandbox, watched."""
        extend()
        for space in spaces.values():
            space.values, space.whole = first[space.name], {}
        look()
        by_import.clear()
        loaded = load(target, overlay)
        for space in spaces.values():
            kept = None
            if space.name in _PATCHABLE:
                kept = tuple(map_(space.names.get, space.keys))
            wrong = found_in(space)
            by_import.extend(wrong)
            if wrong and kept is not None:
                space.values = kept
                for key, value in zip_(space.keys, kept, strict=False):
                    put(space.owner, key, value)
                space.whole = {}
        by_import.extend(look())
        return loaded

    def changed() -> tuple[str, ...]:
        """What was replaced since the world in use was loaded, or by loading it; it is put back."""
        return (*by_import, *look())

    return load_watched, changed


def _equal(names: Mapping[str, Any], whole: dict[str, Any]) -> bool:
    try:
        return names == whole
    except Exception:  # noqa: BLE001 - a value that somebody put there may refuse to be compared
        return False


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)


_PATCHABLE = _LIBRARIES.keys() | {
    f"{module}.{name}" for module, classes in _LIBRARIES.items() for name in classes
}


def _spaces(known: Mapping[str, _Space]) -> list[_Space]:
    """The modules and classes to watch that are loaded and not among the known ones."""
    found: list[_Space] = []
    for name, module in list(sys.modules.items()):
        if name in known or not isinstance(module, ModuleType):
            continue
        if name == "builtins":
            found.append(_Space(name, module, tuple(vars(module))))
        elif name.startswith(_OWN):
            found += [_space(name, module), *_classes(name, module, known)]
        elif name in _LIBRARIES:
            owners = [(f"{name}.{k}", getattr(module, k)) for k in _LIBRARIES[name] if hasattr(module, k)]
            found += [_space(name, module), *(_space(k, owner) for k, owner in owners if k not in known)]
    return found


def _classes(name: str, module: ModuleType, known: Mapping[str, _Space]) -> list[_Space]:
    own = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == name]
    return [_space(full, c) for c in own if (full := f"{name}.{c.__qualname__}") not in known]


def _space(name: str, owner: Any) -> _Space:
    """Public functions and classes; in our own modules and in classes, private ones too."""
    closed = isinstance(owner, type) or name.startswith(_OWN)
    keys = [
        key
        for key, value in vars(owner).items()
        if callable(value)
        and (closed or key[:1] != "_")
        and getattr(value, "__module__", "") not in _NOTATION
    ]
    return _Space(name, owner, tuple(keys))


load_world, changed = _make_guard()

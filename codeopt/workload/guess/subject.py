"""The function to call, as imported: the ways to call it, and what its text and its constructor's say."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from codeopt.sandbox.world import getter_of
from codeopt.workload.guess.definitions import definition_of, known_words
from codeopt.workload.guess.reading import Function, Parameter, read_function
from codeopt.workload.guess.spell import Form, Key

Places = dict[tuple[str, int], frozenset[Key]]


class NoSubjectError(Exception):
    """The function cannot be called from outside; the text says why, in one clause."""


@dataclass(frozen=True)
class Subject:
    """A way to call a wanted function.

    `qualname` is the target's; `blames` maps (file, line) to the arguments that the line rests on, `guards`
    to those that decide whether it runs.
    """

    qualname: str
    function: Callable[..., Any]
    form: Form
    blames: Places
    guards: Places
    owner: type | None = None
    code: CodeType | None = None
    fits: bool = False
    readies: tuple[str, ...] = ()


def import_module(root: Path, name: str) -> ModuleType:
    """Import a module of the project. Raises NoSubjectError with what the import said."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise NoSubjectError(f"its module cannot be imported: {type(error).__name__}: {error}") from error


def subjects(module: ModuleType, qualname: str) -> list[Subject]:
    """The ways to call a function of a module, the plainest first. Raises NoSubjectError."""
    owner, function = _find(module, qualname)
    uses_torch = _uses_torch(module)
    name = qualname.rpartition(".")[2]
    if owner is None:
        read = _read(function, "call", "", bound=False)
        form = Form("function", read.parameters, torch=uses_torch)
        return [Subject(qualname, function, form, read.blames, read.guards, code=read.code)]
    if name in ("__init__", "__new__", "__post_init__"):
        return [_construct(owner, qualname.rpartition(".")[0], uses_torch)]
    if name == "backward" and _is_graph_function(owner):
        return [_backward(owner, qualname, function)]
    static = inspect.getattr_static(owner, name, None)
    if isinstance(static, staticmethod | classmethod):
        read = _read(function, "call", "", bound=isinstance(static, classmethod))
        form = Form("function", read.parameters, torch=uses_torch)
        return [Subject(qualname, function, form, read.blames, read.guards, owner, read.code)]
    getter = getter_of(function)
    asked = _own_attributes(getter)
    # A mixin's method may rest on what only the classes made from it have.
    kinds = sorted(concrete(owner), key=lambda kind: len(asked - _attributes(kind)))
    made = [_method(owner, kind, qualname, getter, uses_torch) for kind in kinds[:3]]
    if not made:
        raise NoSubjectError(f"{owner.__name__} is abstract, and no class made from it is at hand")
    return made


def _method(owner: type, made: type, qualname: str, function: Any, uses_torch: bool) -> Subject:
    """A method of an object of `made`; its class is the target where the object itself is called."""
    name = qualname.rpartition(".")[2]
    read = _read(function, "call", inspect.getdoc(owner) or "", bound=True)
    init = _read(made, "init", inspect.getdoc(made) or "", bound=True)
    if name in ("forward", "__call__") and made is owner and "__call__" in dir(owner):
        form = Form("object", read.parameters, init.parameters, torch=uses_torch)
        function, qualname = owner, qualname.rpartition(".")[0]
    else:
        form = Form(
            "method",
            read.parameters,
            init.parameters,
            made.__module__,
            made.__qualname__,
            uses_torch,
        )
    fits = hasattr(made, "fit") and name not in (
        "fit",
        "fit_transform",
        "fit_predict",
        "fit_resample",
    )
    blames, guards = {**init.blames, **read.blames}, {**init.guards, **read.guards}
    readies = tuple(sorted(n for n in dir(made) if n != name and _READY.match(n) and _needs_nothing(made, n)))
    return Subject(qualname, function, form, blames, guards, made, read.code, fits, readies[:6])


_READY = re.compile(
    r"_?(build|compile|set_?up|initiali[sz]e|init_|reset|prepare|register|create)(?!_subclass)"
)


def _needs_nothing(owner: type, name: str) -> bool:
    """Whether a method can be called on an object alone."""
    try:
        parameters = list(inspect.signature(getattr(owner, name)).parameters.values())[1:]
    except (ValueError, TypeError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _construct(owner: type, qualname: str, uses_torch: bool) -> Subject:
    read = _read(owner, "call", inspect.getdoc(owner) or "", bound=True)
    form = Form("construct", read.parameters, torch=uses_torch)
    return Subject(qualname, owner, form, read.blames, read.guards, owner, read.code)


def _is_graph_function(owner: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(owner, torch.autograd.Function)


def _backward(owner: type, qualname: str, function: Any) -> Subject:
    """The backward pass of an autograd function, called with what its forward pass leaves."""
    forward = owner.forward  # type: ignore[attr-defined]
    takes_context = "setup_context" not in vars(owner)
    read = _read(forward, "call", inspect.getdoc(owner) or "", bound=takes_context)
    form = Form("backward", read.parameters, module=owner.__module__, maker=owner.__qualname__, torch=True)
    body = _read(function, "call", "", bound=True)
    return Subject(qualname, function, form, read.blames, read.guards, owner, body.code)


def _find(module: ModuleType, qualname: str) -> tuple[type | None, Any]:
    owner: Any = None
    found: Any = module
    for part in qualname.split("."):
        if not hasattr(found, part):
            raise NoSubjectError("it is not there once its module is imported")
        owner, found = found, getattr(found, part)
    return (owner if inspect.isclass(owner) else None), found


def concrete(owner: type) -> list[type]:
    """Classes to make an object from: the class itself unless it is abstract, then those made from it.

    The class itself is the last where it leaves methods to others; those that nothing is made from go first.
    """
    found = [] if inspect.isabstract(owner) else [owner]
    queue: list[type] = list(owner.__subclasses__())
    while queue:
        made = queue.pop(0)
        queue += made.__subclasses__()
        if not inspect.isabstract(made) and "<locals>" not in made.__qualname__ and made not in found:
            found.append(made)
    if len(found) > 1 and _leaves_open(owner):
        found.sort(key=lambda made: (made is owner, bool(made.__subclasses__()), _asked(made)))
    return found


def _own_attributes(function: Any) -> frozenset[str]:
    """Attributes of its object that a method reads."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    node = definition_of(code) if code is not None else None
    if node is None or not node.args.args:
        return frozenset()
    own = node.args.args[0].arg
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return frozenset(p.attr for p in parts if isinstance(p.value, ast.Name) and p.value.id == own)


def _leaves_open(owner: type) -> bool:
    """Whether a method of the class only raises NotImplementedError."""
    for base in owner.__mro__[:-1]:
        for name, value in vars(base).items():
            code = getattr(value, "__code__", None)
            if (
                code is None
                or "NotImplementedError" not in code.co_names
                or getattr(owner, name) is not value
            ):
                continue
            node = definition_of(code)
            if node is not None and isinstance(node.body[-1], ast.Raise) and len(node.body) < 3:
                return True
    return False


def _asked(owner: type) -> int:
    """How many arguments a constructor cannot do without."""
    try:
        parameters = list(inspect.signature(owner).parameters.values())
    except (ValueError, TypeError):
        return 99
    return sum(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _uses_torch(module: ModuleType) -> bool:
    # The type is asked for, not the value: a stand-in for what is not installed raises at any question.
    names = [v for v in vars(module).values() if issubclass(type(v), ModuleType | type)]
    roots = {v.__name__.partition(".")[0] for v in names if isinstance(v, ModuleType)}
    owners = {(getattr(v, "__module__", "") or "").partition(".")[0] for v in names if isinstance(v, type)}
    return "torch" in roots or "torch" in owners


def construction(owner: type) -> Subject:
    """A class as something to construct, for arguments that are objects of it."""
    return _construct(owner, owner.__qualname__, _uses_torch(sys.modules[owner.__module__]))


@dataclass(frozen=True)
class _Read:
    parameters: tuple[Parameter, ...]
    blames: Places
    guards: Places
    code: CodeType | None = None


def _read(function: Any, who: str, doc: str, *, bound: bool) -> _Read:
    """What the text of a function (or of a class's constructor) says, or else its signature."""
    plain = _constructor(function) if inspect.isclass(function) else function
    plain = inspect.unwrap(getattr(plain, "__func__", plain)) if plain is not None else None
    code = getattr(plain, "__code__", None)
    node = definition_of(code) if isinstance(code, CodeType) else None
    if node is None or code is None:
        return _Read(_from_signature(function), {}, {})
    reading = read_function(node, doc, bound=bound)
    blames, guards = (
        _places(code, who, reading.origins),
        _places(code, who, reading.guards),
    )
    known = known_words(code.co_filename)
    parameters = tuple(p if p.shown else replace(p, heard=known.get(p.name, ())) for p in reading.parameters)
    passed = _passed_up(node) if inspect.isclass(function) else None
    if passed is not None and parameters and parameters[-1].star == "**":
        above = _above(function, plain)
        upper = _read(above, who, doc, bound=True) if above is not None else None
        if upper is not None and upper.code is not None:
            taken = [p.name for p in upper.parameters if not p.star and not p.keyword_only]
            own = {p.name for p in parameters} | passed.named | set(taken[: passed.positional])
            more = tuple(p for p in upper.parameters if p.name not in own and p.star != "*")
            parameters = (
                *parameters[:-1],
                *(replace(p, keyword_only=True) for p in more),
            )
            blames, guards = {**upper.blames, **blames}, {**upper.guards, **guards}
    return _Read(parameters, blames, guards, code)


def _places(code: CodeType, who: str, lines: dict[int, frozenset[str]]) -> Places:
    """The keys of arguments by place; an attribute stands for the constructor's argument of that name."""

    def key(name: str) -> Key:
        return ("init" if who == "call" else who, name[5:]) if name.startswith("self.") else (who, name)

    return {(code.co_filename, line): frozenset(map(key, found)) for line, found in lines.items()}


@dataclass(frozen=True)
class _Passed:
    named: set[str]
    positional: int


def _passed_up(node: Function) -> _Passed | None:
    """What `super().__init__(..., **kwargs)` gives by itself, or None where nothing is handed on so."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("super()."):
            names = {keyword.arg for keyword in call.keywords}
            if None in names:
                return _Passed({name for name in names if name}, len(call.args))
    return None


def _above(owner: type, constructor: Any) -> type | None:
    """The class whose constructor comes after this one in the order of bases."""
    order = owner.__mro__
    holder = next(
        (n for n, base in enumerate(order) if vars(base).get("__init__") is constructor),
        len(order),
    )
    return next((base for base in order[holder + 1 : -1] if "__init__" in vars(base)), None)


def _constructor(owner: type) -> Any:
    for name in ("__init__", "__new__"):
        found = getattr(owner, name)
        if hasattr(inspect.unwrap(found), "__code__"):
            return found
    return None


def _from_signature(function: Any) -> tuple[Parameter, ...]:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return ()
    kinds = inspect.Parameter
    return tuple(
        Parameter(
            p.name,
            "" if p.annotation is p.empty else str(p.annotation),
            None if p.default is p.empty else (repr(p.default) if _is_literal(repr(p.default)) else "..."),
            keyword_only=p.kind is kinds.KEYWORD_ONLY,
            star="*" if p.kind is kinds.VAR_POSITIONAL else "**" if p.kind is kinds.VAR_KEYWORD else "",
        )
        for p in signature.parameters.values()
    )


def resolve_class(name: str, module: ModuleType, within: Callable[[str], bool]) -> type | None:
    """The project's class that a dotted name means in a module, or None."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not inspect.isclass(found) or "<locals>" in found.__qualname__:
        return None
    file = getattr(sys.modules.get(found.__module__), "__file__", None)
    return found if isinstance(file, str) and within(file) else None


def classes_with(wanted: frozenset[str], name: str, within: Callable[[str], bool]) -> list[type]:
    """Loaded classes of the project that have all these attributes, those named like the parameter first.

    Without attributes that only few things have, a class must be named like the parameter.
    """
    found: dict[type, tuple[bool, int]] = {}
    plain = name.replace("_", "").rstrip("0123456789").lower()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not within(file):
            continue
        for owner in list(vars(module).values()):
            if (
                not issubclass(type(owner), type)
                or owner.__module__ != module.__name__
                or inspect.isabstract(owner)
            ):
                continue
            like = len(plain) > 2 and plain in owner.__name__.lower()
            unusual = wanted - _COMMON
            if (unusual and unusual <= _attributes(owner)) or (like and not unusual):
                found[owner] = (not like, len(owner.__mro__))
    return sorted(found, key=lambda owner: (*found[owner], owner.__qualname__))[:6]


_COMMON = frozenset({"forward", "parameters", "train", "eval", "fit", "predict", "transform", "shape", "step",
                     "zero_grad", "state_dict", "to", "device", "items", "keys", "values", "get",
                     "training"})  # fmt: skip


@functools.cache
def _attributes(owner: type) -> frozenset[str]:
    """Names that objects of a class have: those of the class, and those its methods name of themselves."""
    names = set(dir(owner))
    for base in owner.__mro__:
        for value in vars(base).values():
            if type(value) is FunctionType and value.__code__.co_name == "__init__":
                names.update(value.__code__.co_names)
    return frozenset(names)


def _is_literal(text: str) -> bool:
    """Whether a default's text says its whole value."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        return False
    return True

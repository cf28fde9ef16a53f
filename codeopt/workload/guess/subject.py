"""The function to call, as imported: the ways to call it, and what its text and its constructor's say."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from codeopt.sandbox.world import getter_of
from codeopt.workload.guess.classes import attributes_of, concrete
from codeopt.workload.guess.definitions import definition_of, known_words
from codeopt.workload.guess.reading import Function, Parameter, read_function
from codeopt.workload.guess.spell import Form, Key

Places = dict[tuple[str, int], dict[str, frozenset[Key]]]
"""(file, line) -> name -> arguments that its value comes from."""

Guards = dict[tuple[str, int], frozenset[Key]]
"""(file, line) -> arguments that decide whether it runs."""


class NoSubjectError(Exception):
    """The function cannot be called from outside; the text says why, in one clause."""


@dataclass(frozen=True)
class Subject:
    """A way to call a wanted function.

    `qualname` is the target's; `blames` tells the arguments that lines rest on, `guards` those that decide
    whether they run.
    """

    qualname: str
    function: Callable[..., Any]
    form: Form
    blames: Places
    guards: Guards
    owner: type | None = None
    code: CodeType | None = None
    fits: bool = False
    readies: tuple[str, ...] = ()

    def takes_own_kind(self, parameter: Parameter) -> bool:
        """Whether a method's parameter is for another object of its own class."""
        if self.form.shape != "method" or self.owner is None:
            return False
        kinds = {base.__name__ for base in self.owner.__mro__[:-1]}
        named = set(re.findall(r"\w+", parameter.annotation)) & (kinds | {"Self"})
        return bool(named) or parameter.name in ("other", "another", "rhs")


def import_module(root: Path, name: str) -> ModuleType:
    """Import a module of the project. Raises NoSubjectError with what the import said."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise NoSubjectError(f"its module cannot be imported: {type(error).__name__}: {error}") from error


def subjects(module: ModuleType, qualname: str, *, as_methods: bool = False) -> list[Subject]:
    """The ways to call a function of a module, the plainest first. Raises NoSubjectError.

    What an object does when it is called is the object's call, or with `as_methods` a method like others.
    """
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
    kinds = sorted(concrete(owner), key=lambda kind: len(asked - attributes_of(kind)))
    made = [_method(owner, kind, qualname, getter, uses_torch, as_methods) for kind in kinds[:3]]
    made = [*(other for way in made for other in _made_otherwise(way, asked)), *made]
    if not made:
        raise NoSubjectError(f"{owner.__name__} is abstract, and no class made from it is at hand")
    return made


def _method(
    owner: type, made: type, qualname: str, function: Any, uses_torch: bool, as_method: bool
) -> Subject:
    """A method of an object of `made`; its class is the target where the object itself is called."""
    name = qualname.rpartition(".")[2]
    read = _read(function, "call", inspect.getdoc(owner) or "", bound=True)
    init = _read(made, "init", inspect.getdoc(made) or "", bound=True)
    called = name in ("forward", "__call__") and not as_method
    if called and made is owner and "__call__" in dir(owner):
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


def _made_otherwise(way: Subject, asked: frozenset[str]) -> Iterator[Subject]:
    """A method of objects from class methods that set what it reads, where the constructor does not."""
    if way.form.shape != "method" or way.owner is None:
        return
    missing = asked - attributes_of(way.owner)
    for name, value in inspect.getmembers_static(way.owner, lambda value: isinstance(value, classmethod)):
        # A class method may be anything that can be called, as a type is.
        code = getattr(value.__func__, "__code__", None)
        if code is not None and missing & set(code.co_names):
            init = _read(getattr(way.owner, name), "init", "", bound=True)
            form = replace(way.form, init=init.parameters, maker=f"{way.form.maker}.{name}")
            blames, guards = {**way.blames, **init.blames}, {**way.guards, **init.guards}
            yield replace(way, form=form, blames=blames, guards=guards)


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


def _own_attributes(function: Any) -> frozenset[str]:
    """Attributes of its object that a method reads."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    node = definition_of(code) if code is not None else None
    if node is None or not node.args.args:
        return frozenset()
    own = node.args.args[0].arg
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return frozenset(p.attr for p in parts if isinstance(p.value, ast.Name) and p.value.id == own)


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
    guards: Guards
    code: CodeType | None = None


def _read(function: Any, who: str, doc: str, *, bound: bool) -> _Read:
    """What the text of a function (or of a class's constructor) says, or else its signature."""
    plain = _constructor(function) if inspect.isclass(function) else function
    plain = inspect.unwrap(getattr(plain, "__func__", plain)) if plain is not None else None
    code = getattr(plain, "__code__", None)
    node = definition_of(code) if isinstance(code, CodeType) else None
    if plain is None and any(
        f"{base.__module__}.{base.__name__}" == "torch.Tensor" for base in function.__mro__
    ):
        # A tensor of another kind is made of one, and its signature does not say so.
        return _Read((Parameter("data", "torch.Tensor", positional_only=True),), {}, {})
    if node is None or code is None:
        return _Read(_from_signature(function), {}, {})
    reading = read_function(node, doc, bound=bound)
    blames = {
        (code.co_filename, line): {name: _keys(who, found) for name, found in names.items()}
        for line, names in reading.origins.items()
    }
    guards = {(code.co_filename, line): _keys(who, found) for line, found in reading.guards.items()}
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


def _keys(who: str, names: frozenset[str]) -> frozenset[Key]:
    """The keys of arguments; an attribute stands for the constructor's argument of that name."""

    def key(name: str) -> Key:
        return ("init" if who == "call" else who, name[5:]) if name.startswith("self.") else (who, name)

    return frozenset(map(key, names))


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
            positional_only=p.kind is kinds.POSITIONAL_ONLY,
            star="*" if p.kind is kinds.VAR_POSITIONAL else "**" if p.kind is kinds.VAR_KEYWORD else "",
        )
        for p in signature.parameters.values()
    )


def _is_literal(text: str) -> bool:
    """Whether a default's text says its whole value."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        return False
    return True

"""The function to call, as imported: the ways to call it, and what its text and its constructor's say."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from codeopt.workload.guess.pools import is_literal
from codeopt.workload.guess.reading import Function, Parameter, Reading, read_function
from codeopt.workload.guess.spell import Form, Key


class NoSubjectError(Exception):
    """The function cannot be called from outside; the text says why, in one clause."""


@dataclass(frozen=True)
class Subject:
    """A way to call a wanted function.

    `qualname` is the target's; `blames` maps (file, function name) to whose arguments its lines rest on.
    """

    qualname: str
    function: Callable[..., Any]
    form: Form
    blames: dict[tuple[str, str], tuple[str, Reading]]
    owner: type | None = None
    code: CodeType | None = None
    fits: bool = False


def import_module(root: Path, name: str) -> ModuleType:
    """Import a module of the project. Raises NoSubjectError with what the import said."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit too
        raise NoSubjectError(f"its module cannot be imported: {type(error).__name__}: {error}") from error


def subjects(module: ModuleType, qualname: str) -> list[Subject]:
    """The ways to call a function of a module, the plainest first. Raises NoSubjectError."""
    owner, function = _find(module, qualname)
    uses_torch = _uses_torch(module)
    name = qualname.rpartition(".")[2]
    if owner is None:
        reading, blames, code = _read(function, "call", "", bound=False)
        form = Form("function", reading.parameters, torch=uses_torch)
        return [Subject(qualname, function, form, blames, code=code)]
    if name in ("__init__", "__new__", "__post_init__"):
        return [_construct(owner, qualname.rpartition(".")[0], uses_torch)]
    static = inspect.getattr_static(owner, name, None)
    if isinstance(static, property | functools.cached_property):
        raise NoSubjectError("it is a property")
    if isinstance(static, staticmethod | classmethod):
        reading, blames, code = _read(function, "call", "", bound=isinstance(static, classmethod))
        form = Form("function", reading.parameters, torch=uses_torch)
        return [Subject(qualname, function, form, blames, owner, code)]
    found = []
    reading, blames, code = _read(function, "call", inspect.getdoc(owner) or "", bound=True)
    for made in _concrete(owner)[:3]:
        init, init_blames, _ = _read(made, "init", inspect.getdoc(made) or "", bound=True)
        if name in ("forward", "__call__") and made is owner and hasattr(owner, "__call__"):
            form = Form("object", reading.parameters, init.parameters, torch=uses_torch)
            target: Callable[..., Any] = owner
            qualified = qualname.rpartition(".")[0]
        else:
            form = Form("method", reading.parameters, init.parameters, made.__module__, made.__qualname__, uses_torch)
            target, qualified = function, qualname
        fits = hasattr(made, "fit") and name not in ("fit", "fit_transform", "fit_predict", "fit_resample")
        found.append(Subject(qualified, target, form, {**init_blames, **blames}, made, code, fits))
    if not found:
        raise NoSubjectError(f"{owner.__name__} is abstract, and no class made from it is at hand")
    return found


def _construct(owner: type, qualname: str, uses_torch: bool) -> Subject:
    reading, blames, code = _read(owner, "call", inspect.getdoc(owner) or "", bound=True)
    form = Form("construct", reading.parameters, torch=uses_torch)
    return Subject(qualname, owner, form, blames, owner, code)


def _find(module: ModuleType, qualname: str) -> tuple[type | None, Any]:
    owner: Any = None
    found: Any = module
    for part in qualname.split("."):
        if not hasattr(found, part):
            raise NoSubjectError("it is not there once its module is imported")
        owner, found = found, getattr(found, part)
    return (owner if inspect.isclass(owner) else None), found


def _concrete(owner: type) -> list[type]:
    """The class itself unless it is abstract, then classes made from it that are imported."""
    found = [] if inspect.isabstract(owner) else [owner]
    queue = list(owner.__subclasses__())
    while queue:
        made = queue.pop(0)
        queue += made.__subclasses__()
        if not inspect.isabstract(made) and "<locals>" not in made.__qualname__:
            found.append(made)
    return found


def _uses_torch(module: ModuleType) -> bool:
    names = vars(module).values()
    roots = {getattr(v, "__name__", "").partition(".")[0] for v in names if isinstance(v, ModuleType)}
    owners = {(getattr(v, "__module__", "") or "").partition(".")[0] for v in names if isinstance(v, type)}
    return "torch" in roots or "torch" in owners


def construction(owner: type) -> Subject:
    """A class as something to construct, for arguments that are objects of it."""
    return _construct(owner, owner.__qualname__, _uses_torch(sys.modules[owner.__module__]))


def _read(
    function: Any, who: str, doc: str, *, bound: bool
) -> tuple[Reading, dict[tuple[str, str], tuple[str, Reading]], CodeType | None]:
    """What the text of a function (or of a class's constructor) says, or else its signature."""
    plain = _constructor(function) if inspect.isclass(function) else function
    plain = inspect.unwrap(getattr(plain, "__func__", plain)) if plain is not None else None
    code = getattr(plain, "__code__", None)
    node = _definition(code) if isinstance(code, CodeType) else None
    if node is None or code is None:
        return Reading(_from_signature(function), {}, False), {}, None
    reading = read_function(node, doc, bound=bound)
    reading = Reading(tuple(_plain_default(p) for p in reading.parameters), reading.origins, reading.generator)
    return reading, {(code.co_filename, code.co_name): (who, reading)}, code


def _plain_default(parameter: Parameter) -> Parameter:
    return parameter


def _constructor(owner: type) -> Any:
    for name in ("__init__", "__new__"):
        found = getattr(owner, name)
        if hasattr(inspect.unwrap(found), "__code__"):
            return found
    return None


@functools.cache
def _trees(file: str) -> dict[tuple[str, int], Function]:
    """Definitions of a file by name and by any line from their first decorator to their `def`."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found.update({(node.name, line): node for line in range(first, node.lineno + 1)})
    return found


def _definition(code: CodeType) -> Function | None:
    return _trees(code.co_filename).get((code.co_name, code.co_firstlineno))


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
            None if p.default is p.empty else (repr(p.default) if is_literal(repr(p.default)) else "..."),
            keyword_only=p.kind is kinds.KEYWORD_ONLY,
            star={kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(p.kind, ""),
        )
        for p in signature.parameters.values()
    )


def executable_lines(code: CodeType) -> frozenset[int]:
    """Lines of a function with code, those of functions inside it too, without its head."""
    lines = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    for inner in _codes(code):
        lines |= {line for _, _, line in inner.co_lines() if line}
    return frozenset(lines)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def resolve_class(name: str, module: ModuleType, within: Callable[[str], bool]) -> type | None:
    """The project's class that a dotted name means in a module, or None."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not inspect.isclass(found) or "<locals>" in found.__qualname__:
        return None
    file = getattr(sys.modules.get(found.__module__), "__file__", None)
    return found if isinstance(file, str) and within(file) else None


def key_of(who: str, name: str) -> Key:
    """The key of an argument."""
    return who, name

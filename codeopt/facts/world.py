"""astroid's view of a file and of the project files it imports, closed against every library."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from astroid import nodes
from astroid.bases import Instance
from astroid.brain import brain_builtin_inference
from astroid.builder import AstroidBuilder
from astroid.context import InferenceContext
from astroid.exceptions import AstroidError
from astroid.inference_tip import clear_inference_tip_cache, inference_tip
from astroid.manager import AstroidManager

from codeopt.facts.siblings import find_module
from codeopt.facts.stubs import STUBS
from codeopt.looks import is_there, read_beside
from codeopt.source import Problem, SourceFile

_MOST_BYTES = 200_000
_MOST_EXCERPT = 20_000
_MOST_SECONDS = 0.25
_MOST_VALUES = 32
_GRAD_OFF = frozenset({"torch.no_grad", "torch.inference_mode", "no_grad", "inference_mode"})
_NUMBERS = frozenset({"item", "numel", "dim", "nelement", "len"})
_SCOPES = (nodes.FunctionDef, nodes.Lambda, nodes.ClassDef)
# Beside its own errors astroid runs into these on code it does not expect.
_FAILURES = (AstroidError, RecursionError, AttributeError, AssertionError, KeyError, TypeError, ValueError)


class World:
    """The modules of one file's project, each read when something refers to it."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._bytes = 0
        self._spent = 0.0
        self._files: dict[Path, nodes.Module | None] = {}
        self._names: dict[str, nodes.Module | None] = {}
        self._manager, self._libraries = _prepared()
        clear_inference_tip_cache()

    def returned(self, file: Path, name: str, text: str) -> str | None:
        """The one kind of value that a module-level function returns, whatever way it takes.

        `text` is what to read of the file: the function and what it refers to.
        """
        if self._spent > _MOST_SECONDS or len(text) > _MOST_EXCERPT:
            return None
        begin = time.process_time()
        AstroidManager.brain["module_denylist"] = _Closed(self)
        known = self._manager.astroid_cache
        known.clear()
        known.update(self._libraries | {n: m for n, m in self._names.items() if m is not None})
        try:
            found = self._built(text, file).locals.get(name, [])
            return _returned(found[0]) if len(found) == 1 else None
        except _FAILURES:
            return None
        finally:
            self._spent += time.process_time() - begin

    def knows(self, name: str) -> bool:
        """Whether a module of this name is there for inference, reading it if the project has it."""
        if name in self._manager.astroid_cache:
            return True
        if name not in self._names:
            file = find_module(self._source.path, name)
            self._names[name] = None if file is None else self._module(file)
        module = self._names[name]
        if module is not None:
            self._manager.astroid_cache[name] = module
        return module is not None

    def _module(self, file: Path) -> nodes.Module | None:
        file = file.absolute()
        if file not in self._files:
            self._files[file] = None
            own = file == self._source.path.absolute()
            source = self._source if own else read_beside(file)
            self._bytes += 0 if isinstance(source, Problem) else len(source.text)
            if not isinstance(source, Problem) and self._bytes < _MOST_BYTES:
                self._files[file] = self._built(source.text, file)
        return self._files[file]

    def _built(self, text: str, file: Path) -> nodes.Module:
        return _opened(_Builder(self._manager).string_build(text, _name(file), str(file)))


class _Builder(AstroidBuilder):  # type: ignore[misc]  # astroid brings no types
    """Builds trees without the attributes that methods give `self`.

    astroid finds those by inferring every such assignment when a tree is built, which reads most of the
    project, and hardly any function returns a kind that hangs on one.
    """

    def delayed_assattr(self, node: nodes.AssignAttr) -> None:
        """Leave it."""


class _Closed(set[str]):
    """What astroid must not look for: all that is neither of the project nor a stub."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def __contains__(self, name: object) -> bool:
        return not (isinstance(name, str) and self._world.knows(name))


def _name(file: Path) -> str:
    """The dotted name of a file, from the folder above its outermost package."""
    parts = [] if file.stem == "__init__" else [file.stem]
    for folder in file.parents:
        if not is_there(folder / "__init__.py"):
            break
        parts.append(folder.name)
    return ".".join(reversed(parts)) or file.stem


@cache
def _prepared() -> tuple[AstroidManager, dict[str, nodes.Module]]:
    """astroid without its plug-ins for libraries, some of which import them, and the stub modules."""
    manager = AstroidManager()
    manager._transform.transforms.clear()
    brain_builtin_inference.register(manager)
    manager.register_transform(nodes.Call, inference_tip(_number), _is_number)
    manager.max_inferable_values = _MOST_VALUES
    builder = _Builder(manager)
    for name, text in STUBS.items():
        builder.string_build(text, name).package = name in ("torch", "torch.nn")
    return manager, dict(manager.astroid_cache)


def _is_number(call: nodes.Call) -> bool:
    """Whether a call gives a plain number whatever it is called on."""
    target = call.func
    name = target.attrname if isinstance(target, nodes.Attribute) else getattr(target, "name", "")
    return name in (_NUMBERS if isinstance(target, nodes.Attribute) else {"len"})


def _number(call: nodes.Call, context: InferenceContext | None = None) -> Iterator[nodes.Const]:
    # Of either sign, so that no branch that asks for it seems decided.
    return iter([nodes.Const(1.0), nodes.Const(-1.0)])


def _opened(module: nodes.Module) -> nodes.Module:
    """The module with every function that a decorator may replace made unknown."""
    for function in module.nodes_of_class(nodes.FunctionDef):
        if function.decorators is not None and not _only_grad_off(function):
            scope = function.parent.scope()
            scope.locals[function.name] = [nodes.Unknown(parent=scope)]
    return module


def _only_grad_off(function: nodes.FunctionDef) -> bool:
    decorators = function.decorators.nodes if function.decorators is not None else []
    names = [(d.func if isinstance(d, nodes.Call) else d).as_string() for d in decorators]
    return set(names) <= _GRAD_OFF


def _returned(function: nodes.NodeNG) -> str | None:
    if not isinstance(function, nodes.FunctionDef) or function.is_generator():
        return None
    if isinstance(function, nodes.AsyncFunctionDef):
        return None
    returns = list(function.nodes_of_class(nodes.Return, skip_klass=_SCOPES))
    kinds = {kind for r in returns for kind in _kinds(r.value)}
    if _falls_through(function.body):
        kinds.add("none")
    if function.decorators is not None or _grad_off_inside(function):
        kinds = {"detached" if kind == "tensor" else kind for kind in kinds}
    return kinds.pop() if len(kinds) == 1 else None


def _kinds(value: nodes.NodeNG | None) -> Iterator[str | None]:
    if value is None:
        yield "none"
        return
    found = list(islice(value.infer(), _MOST_VALUES))
    yield from map(_kind, found) if len(found) < _MOST_VALUES else [None]


def _kind(value: object) -> str | None:
    if isinstance(value, nodes.Const):
        if value.value is None:
            return "none"
        return "number" if isinstance(value.value, int | float) else None
    if isinstance(value, Instance):
        name = value.pytype()
        if name in ("builtins.float", "builtins.int", "builtins.bool"):
            return "number"
        return {"torch.Tensor": "tensor", "torch.Detached": "detached", "numpy.ndarray": "ndarray"}.get(name)
    return None


def _falls_through(body: list[nodes.NodeNG]) -> bool:
    """Whether the end of a block may be reached; `try`, `with`, `match` and loops are taken to."""
    last = body[-1] if body else None
    if isinstance(last, nodes.If):
        return _falls_through(last.body) or _falls_through(last.orelse)
    if isinstance(last, nodes.With):
        return _falls_through(last.body)
    return not isinstance(last, (nodes.Return, nodes.Raise))


def _grad_off_inside(function: nodes.FunctionDef) -> bool:
    """Whether a function switches gradients off anywhere."""
    words = ("no_grad", "inference_mode", "set_grad_enabled")
    return any(
        word in call.func.as_string() for call in function.nodes_of_class(nodes.Call) for word in words
    )

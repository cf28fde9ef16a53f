"""What a loop over the lines of a file keeps of each, when it is through."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_STORES = ("append", "add", "extend", "insert", "appendleft", "setdefault", "update", "put")
_FOLDS = frozenset(f"builtins.{name}" for name in library.words("any all len sum min max"))
_NUMBERS = ("builtins.len", "builtins.int", "builtins.float", "builtins.bool")
_ARRAYS = frozenset(
    f"numpy.{name}" for name in library.words("array asarray fromstring float32 float64 int32 int64 uint8")
)
_LIBRARIES = (
    "numpy.", "torch.", "pandas.", "scipy.", "cv2.", "PIL.", "librosa.", "soundfile.", "torchaudio.",
    "torchvision.", "skimage.", "imageio.", "nibabel.", "h5py.", "tensorflow.",
)  # fmt: skip
_READS = library.words("load read open imread loadtxt genfromtxt memmap fromfile download forward predict")
_PARSES = ("json.loads", "yaml.safe_load", "pickle.loads")


def keeps_more(facts: Facts, loop: ast.For | ast.comprehension) -> bool:
    """Whether a loop over lines keeps for each what may be far larger than the line: what is read from a
    file that it names, an array, or what is repeated. Then the lines are not what fills the memory."""
    return any(not _is_part(facts, value, loop, frozenset()) for value in _stored(facts, loop))


def _stored(facts: Facts, loop: ast.For | ast.comprehension) -> Iterator[ast.expr]:
    """What is alive in a container or a sum for every turn of a loop."""
    if isinstance(loop, ast.comprehension):
        yield from _collected(facts, facts.parent(loop))
        return
    for node in facts.under(loop):
        match node:
            case ast.Call() if found := patterns.method(node, *_STORES):
                yield from (*found[1].args, *(k.value for k in found[1].keywords))
            case (
                ast.Assign(targets=[ast.Subscript()], value=value) | ast.AugAssign(op=ast.Add(), value=value)
            ):
                yield value
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_carried(facts, name, loop):
                # x = concatenate([x, more])
                if any(n.id == name for n in facts.index.names(value)):
                    yield value


def _collected(facts: Facts, owner: ast.AST | None) -> list[ast.expr]:
    if isinstance(owner, ast.DictComp):
        return [owner.key, owner.value]
    if isinstance(owner, ast.GeneratorExp):
        call = facts.parent(owner)
        folded = isinstance(call, ast.Call) and facts.names.dotted(call.func) in _FOLDS
        return [] if folded else [owner.elt]
    return [owner.elt] if isinstance(owner, (ast.ListComp, ast.SetComp)) else []


def _is_carried(facts: Facts, name: str, loop: ast.For) -> bool:
    """Whether a name has a value before a loop, which its turns change."""
    inside = set(facts.under(loop))
    return any(node not in inside for node in facts.names.bindings(name, facts.function(loop)))


def _is_part(facts: Facts, value: ast.expr, loop: ast.For | ast.comprehension, seen: frozenset[str]) -> bool:
    """Whether a value is text or numbers, as a line gives them, or was there before, as far as one sees."""
    if patterns.method(value, "item") or patterns.is_call(facts, value, *_NUMBERS):
        return True
    for node in facts.under(value):
        if isinstance(node, ast.Call) and _gives_more(facts, node):
            return False
        if isinstance(node, ast.BinOp) and isinstance(node.left, ast.List):  # [0] * n
            return False
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in seen:
            made = _made(facts, node, loop)
            if not all(_is_part(facts, part, loop, seen | {node.id}) for part in made):
                return False
    return True


def _made(facts: Facts, name: ast.Name, loop: ast.For | ast.comprehension) -> list[ast.expr]:
    """What the turns of a loop make the value of a name from."""
    home = facts.names.home(name)
    if not isinstance(loop, ast.For) or not isinstance(home, (*DEFS, ast.Module)):
        return []
    inside, made = facts.under(loop), []
    for node in facts.names.bindings(name.id, home):
        parent = facts.parent(node)
        while isinstance(parent, (ast.Tuple, ast.List, ast.Starred)):
            parent = facts.parent(parent)
        if parent not in inside or parent is loop:
            continue
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            made += [parent.value] if parent.value is not None else []
        elif isinstance(parent, ast.For):
            made.append(parent.iter)
        elif isinstance(parent, ast.withitem):
            made.append(parent.context_expr)
    return made


def _gives_more(facts: Facts, call: ast.Call) -> bool:
    """Whether a call reads what a line names, makes an array of it, or hands it to a model: an object that
    is called. Functions of the project are looked into; what else is called works on text."""
    dotted = facts.names.dotted(call.func) or ""
    if dotted in _ARRAYS or dotted in _PARSES:
        return False
    if dotted.startswith(_LIBRARIES) or _reads(call):
        return True
    callee = facts.summaries.callee(call)
    if callee is not None:
        return any(_reads(inner) for inner in callee.facts.index.alike(ast.Call, callee.function))
    if isinstance(call.func, ast.Name):
        return isinstance(facts.names.home(call.func), DEFS) and not dotted
    own = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
    if own and isinstance(call.func, ast.Attribute) and facts.text(call.func.value) == "self":
        return call.func.attr not in {function.name for function in facts.functions()}
    return False


def _reads(call: ast.Call) -> bool:
    """Whether the name of what is called tells of a file that is read, or of a model that runs."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return not _READS.isdisjoint(name.lower().split("_"))

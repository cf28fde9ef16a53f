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
_NUMBERS = library.words(
    "int float str bool len tuple list set dict sorted reversed map filter zip enumerate min max sum abs "
    "round ord chr repr bytes slice isinstance any all print next iter range frozenset complex divmod getattr"
)
_PACKAGES = ("re.", "math.", "json.", "os.path.", "pathlib.", "datetime.", "collections.", "decimal.", "ast.")
_ARRAYS = frozenset(
    f"numpy.{name}" for name in library.words("array asarray fromstring float32 float64 int32 int64 uint8")
)
_TEXT = library.words(
    "strip lstrip rstrip split rsplit splitlines partition rpartition replace lower upper title capitalize "
    "casefold join format encode decode startswith endswith find rfind index count zfill ljust rjust "
    "removeprefix removesuffix translate isdigit isspace isalpha isnumeric swapcase expandtabs "
    "group groups groupdict match search fullmatch findall sub items keys values get pop copy append add"
)


def keeps_more(facts: Facts, loop: ast.For | ast.comprehension) -> bool:
    """Whether a loop over lines keeps for each what may be far larger than the line: what a call gives that
    works on no text and no numbers, or what is repeated. Then the lines are not what fills the memory."""
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
    """Whether a value is text or numbers, as a line gives them, or was there before."""
    for node in facts.under(value):
        if isinstance(node, ast.Call) and not _is_plain(facts, node):
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


def _is_plain(facts: Facts, call: ast.Call) -> bool:
    """Whether a call works on text or numbers, and gives no more than it is given."""
    dotted = facts.names.dotted(call.func)
    if dotted is not None:
        name = dotted.removeprefix("builtins.")
        return (name != dotted and name in _NUMBERS) or dotted in _ARRAYS or dotted.startswith(_PACKAGES)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _TEXT

"""What an annotation says of the items in a container: `list[DataFrame]`, `tuple[Tensor, ...]`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

_LISTS = {"list", "List", "Sequence", "Iterable", "Collection", "Iterator", "MutableSequence"}
_TUPLES = {"tuple", "Tuple"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict"}
_CHOICES = {"Optional", "Union"}
_PLAIN = {"int", "float", "str", "bool", "Any", "object", "bytes", "None", "complex"}
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class Container:
    """A container by kind (`list`, `tuple` or `dict`) and the annotations of what it holds, one an item."""

    kind: str
    items: tuple[str, ...]

    def text(self, items: tuple[str, ...]) -> str:
        """The container as source text, from those of its items."""
        if self.kind == "dict":
            return "{" + ", ".join(f"{name!r}: {item}" for name, item in zip("abc", items, strict=True)) + "}"
        return f"({', '.join(items)},)" if self.kind == "tuple" else f"[{', '.join(items)}]"


def container(annotation: str) -> Container | None:
    """The container that an annotation asks for, unless it holds plain numbers or words, or is none."""
    try:
        tree = ast.parse(annotation, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return _container(tree)


def _container(tree: ast.expr) -> Container | None:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr):
        return _container(tree.left) or _container(tree.right)
    if not isinstance(tree, ast.Subscript):
        return None
    name = ast.unparse(tree.value).rpartition(".")[2]
    inside = list(tree.slice.elts) if isinstance(tree.slice, ast.Tuple) else [tree.slice]
    if name in _CHOICES:
        # What may also be given alone is tried alone.
        return _container(inside[0])
    texts = [ast.unparse(part) for part in inside]
    if name in _LISTS:
        items, kind = [texts[0]] * _SEVERAL, "list"
    elif name in _TUPLES:
        items, kind = [texts[0]] * 2 if texts[-1] == "..." else texts, "tuple"
    elif name in _DICTS and len(texts) == 2:
        items, kind = [texts[1]] * _SEVERAL, "dict"
    else:
        return None
    return None if set(items) <= _PLAIN else Container(kind, tuple(items))

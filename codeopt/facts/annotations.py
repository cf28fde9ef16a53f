"""What the annotation of an argument says of its value: kind, element type and shape.

An annotation is the author's contract and decides; a docstring is prose, often out of date, and
only tells a search what to expect (`documented`).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS
from codeopt.facts.values import UNKNOWN, Shape, Value, spelled

if TYPE_CHECKING:
    from codeopt.facts import Facts

_KINDS = {
    "numpy.ndarray": "ndarray", "numpy.typing.NDArray": "ndarray", "torch.Tensor": "tensor",
    "torch.FloatTensor": "tensor", "torch.DoubleTensor": "tensor", "torch.HalfTensor": "tensor",
    "torch.LongTensor": "tensor", "torch.IntTensor": "tensor", "torch.BoolTensor": "tensor",
    "pandas.DataFrame": "frame", "pandas.Series": "series",
    "pandas.core.frame.DataFrame": "frame", "pandas.core.series.Series": "series",
    "scipy.sparse.spmatrix": "sparse", "scipy.sparse.csr_matrix": "sparse", "torch.nn.Module": "module",
    "builtins.float": "scalar", "builtins.int": "scalar", "builtins.bool": "scalar",
    "builtins.str": "scalar", "builtins.list": "list",
}  # fmt: skip
_JAXTYPES = re.compile(r"jaxtyping\.(Float|BFloat|Int|UInt|Bool|Complex|Shaped|Num|Real|Inexact)(\d*)$")
_EXACT = frozenset({"float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool_"})
_PARAMETER = r"^[ \t]*(?:[\w*]+,\s*)*\*{{0,2}}{name}\s*(?:,\s*\w+\s*)*(?::|\()\s*(?P<text>[^\n]*)$"
_PROSE = (
    (re.compile(r"\b(np\.|numpy\.?\s?)?nd-?array\b|\bnumpy arrays?\b", re.I), "ndarray"),
    (re.compile(r"\btensors?\b", re.I), "tensor"),
    (re.compile(r"\bdata\s?frames?\b", re.I), "frame"),
    (re.compile(r"\b(pd|pandas)\.Series\b"), "series"),
)
_ALTERNATIVE = re.compile(r"array[- _]like|\bor\b(?! none)|\blist\b|sequence|sparse|\{", re.I)


def annotated(facts: Facts, annotation: ast.expr | None) -> Value:
    """The value that an annotation promises; unknown for quoted ones and for true alternatives."""
    if annotation is None or (isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)):
        return UNKNOWN
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    dotted = facts.names.dotted(node) or ""
    if isinstance(annotation, ast.Subscript):
        found = _JAXTYPES.match(dotted)
        if found:
            return _jaxtyped(facts, annotation.slice, found.group(1), found.group(2))
        if dotted == "numpy.typing.NDArray":
            return Value("ndarray", _element(facts, annotation.slice))
        if dotted == "numpy.ndarray" and isinstance(annotation.slice, ast.Tuple):
            return Value("ndarray", _inner_dtype(facts, annotation.slice.elts[-1]))
        if dotted in ("typing.Annotated", "typing.Final") and isinstance(annotation.slice, ast.Tuple):
            return annotated(facts, annotation.slice.elts[0])
    return Value(_KINDS.get(dotted, "unknown"))


def _element(facts: Facts, node: ast.expr) -> str | None:
    """`float32` for `np.float32`, `float` for `np.floating`; None for types with alternatives."""
    library, _, name = (facts.names.dotted(node) or "").rpartition(".")
    if isinstance(node, ast.Subscript) and facts.names.dotted(node.value) == "numpy.floating":
        return "float"
    if library != "numpy":
        return None
    return "float" if name == "floating" else spelled(name) if name in _EXACT or name == "double" else None


def _inner_dtype(facts: Facts, node: ast.expr) -> str | None:
    """The element type of `np.dtype[np.float64]`."""
    known = isinstance(node, ast.Subscript) and facts.names.dotted(node.value) == "numpy.dtype"
    return _element(facts, node.slice) if known and isinstance(node, ast.Subscript) else None


def _jaxtyped(facts: Facts, inside: ast.expr, family: str, width: str) -> Value:
    if not isinstance(inside, ast.Tuple) or len(inside.elts) != 2:
        return UNKNOWN
    array, axes = inside.elts
    kind = annotated(facts, array).kind
    dtype = {"Float": "float", "Inexact": "float", "Bool": "bool"}.get(family)
    dtype = f"{family.lower()}{width}" if width and family in ("Float", "Int", "UInt") else dtype
    shape = _axes(axes.value) if isinstance(axes, ast.Constant) and isinstance(axes.value, str) else None
    return Value(kind, dtype, None if shape is None else len(shape), shape=shape)


def _axes(text: str) -> Shape | None:
    """The axes of a jaxtyping string; None where their number varies."""
    names = text.split()
    if any(name.startswith(("*", "...")) or "..." in name for name in names):
        return None
    return tuple(int(n) if n.isdigit() else f"axis {n}" if n.isidentifier() and n != "_" else None
                 for n in names)  # fmt: skip


def documented(facts: Facts, node: ast.expr) -> str:
    """The kind that the docstring gives a parameter read here; `unknown` for none or for alternatives.

    Evidence for a search, never enough to decide.
    """
    function = facts.function(node)
    if (
        not isinstance(node, ast.Name)
        or not isinstance(function, DEFS)
        or facts.index.parents.get(node) is None
    ):
        return "unknown"
    text = ast.get_docstring(function) if facts.names.home(node) is function else None
    if not text or node.id not in text:
        return "unknown"
    made = facts.flow(function).definitions(node.id, facts.statement(node))
    line = re.search(_PARAMETER.format(name=re.escape(node.id)), text, re.M)
    if line is None or not all(isinstance(d, ast.arg) for d in made) or _ALTERNATIVE.search(line["text"]):
        return "unknown"
    kinds = {kind for pattern, kind in _PROSE if pattern.search(line["text"])}
    return kinds.pop() if len(kinds) == 1 else "unknown"

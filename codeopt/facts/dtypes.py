"""Element types written out, and casts to them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts import library, patterns

if TYPE_CHECKING:
    from codeopt.facts import Facts

FLOATS = library.words("float16 float32 float64 half single double float f2 f4 f8 float_ longdouble")
_WHOLE = library.words(
    "int int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp int_ long longlong bool bool_ i1 i2 i4 i8 u1 "
    "u2 u4 u8 complex complex64 complex128 byte ubyte short ushort intc uintc uint"
)
_NUMBERS = FLOATS | _WHOLE


def name_of(facts: Facts, node: ast.expr | None) -> str | None:
    """The name of a type of numbers written out, such as `np.float32`, `"uint8"` or `bool`; else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value.lstrip("<=")
        return text if text in _NUMBERS else None
    dotted = facts.names.dotted(node) if node is not None else None
    library_name, _, last = (dotted or "").rpartition(".")
    known = library_name == "numpy" or (
        library_name == "builtins" and last in ("float", "int", "bool", "complex")
    )
    return last if known and last in _NUMBERS else None


@dataclass(frozen=True, slots=True)
class Cast:
    """`array.astype(dtype)`; `name` is the type of numbers where it is written out."""

    call: ast.Call
    array: ast.expr
    dtype: ast.expr
    name: str | None

    def dropped(self, facts: Facts) -> Edit | None:
        """The edit that leaves the array without its cast; None where a bracket or a comment is between."""
        start, end = facts.range(self.array)[1], facts.range(self.call)[1]
        between = facts.source.data[start:end]
        return (
            None
            if not between.lstrip(b" \t\r\n\\").startswith(b".") or b"#" in between
            else Edit(start, end, "")
        )


def cast(facts: Facts, node: ast.AST | None) -> Cast | None:
    """The cast that a node is, if it always gives an array of its own."""
    found = patterns.method(node, "astype")
    given = patterns.arguments(found[1], "dtype") if found else None
    if found is None or given is None or "dtype" not in given or set(given) - {"dtype", "copy"}:
        return None
    return Cast(found[1], found[0], given["dtype"], name_of(facts, given["dtype"]))

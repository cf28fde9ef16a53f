"""Sparse matrices and arrays of SciPy as nodes; what else SciPy has are objects."""

from __future__ import annotations

import sys
from typing import Any

from codeopt.workload.trace.capture import Capture, Node

PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
}


def node(capture: Capture, value: Any) -> Node | None:
    """The node of a sparse matrix, None for anything else. Raises Refused."""
    sparse = sys.modules.get("scipy.sparse")
    if sparse is None or not sparse.issparse(value):
        return None
    name = type(value).__name__
    if getattr(sparse, name, None) is not type(value):
        raise capture.refuse(f"a sparse matrix of the class {name} cannot be captured")
    number = capture.know(value)
    found: dict[str, Any] = {"k": "sparse", "id": number, "of": name, "shape": list(value.shape)}
    if value.format in PARTS:
        parts = tuple(getattr(value, part) for part in PARTS[value.format])
    elif value.format == "coo" and len(value.shape) == 2:
        parts = (value.data, value.row, value.col)
        found["canonical"] = bool(value.has_canonical_format)
    elif value.format == "dia":
        parts = (value.data, value.offsets)
    else:
        raise capture.refuse(f"a sparse matrix of the format {value.format} cannot be captured")
    with capture.state():
        # The parts fit one another: none of them may be drawn anew.
        found["parts"] = [capture.node(part, f".{i}") for i, part in enumerate(parts)]
    return found

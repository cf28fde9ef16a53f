"""SciPy sparse matrices and arrays: format, buffers, order, and what is stored though it is zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from tests.battery.pair import Family

FAMILY = Family("scipy sparse")
exact, close, precision = FAMILY.exact, FAMILY.close, FAMILY.precision
lossy, differs = FAMILY.lossy, FAMILY.differs
PAIRS = FAMILY.pairs

DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])


def csr(data: Any = (1.0, 2.0, 3.0), indices: Any = (0, 2, 1), indptr: Any = (0, 2, 3)) -> Any:
    return sp.csr_matrix((np.array(data), np.array(indices, np.int32), np.array(indptr, np.int32)), (2, 3))


def argument() -> tuple[Any, ...]:
    return (csr(),)


def wide(made: Any) -> Any:
    made.indices = made.indices.astype(np.int64)
    return made


def coo(canonical: bool) -> Any:
    made = sp.coo_matrix(DENSE)
    made.has_canonical_format = canonical
    return made


def dok(order: str) -> Any:
    made = sp.dok_matrix((2, 3))
    for letter in order:
        made[0, "abc".index(letter)] = 1.0
    return made


def doubled(x: Any) -> Any:
    x.data *= 2
    return x.sum() / 2


exact("two ways to a matrix", csr, lambda: sp.csr_matrix(DENSE))
exact("sums", lambda x: x.sum(), lambda x: x.data.sum(), argument)
exact("an argument that a sum sorts", lambda x: x.sum(), lambda x: x.sort_indices() or x.sum(),
      lambda: (csr((2.0, 1.0, 3.0), (2, 0, 1)),), why="SciPy's sum sorts the indices itself.")  # fmt: skip
exact("every format", lambda: [csr().asformat(f) for f in ("csc", "coo", "bsr", "dia", "lil", "dok")],
      lambda: [sp.csr_matrix(DENSE).asformat(f) for f in ("csc", "coo", "bsr", "dia", "lil",
        "dok")])  # fmt: skip
exact("arrays of one dimension", lambda: sp.coo_array(np.array([0.0, 1.0])),
      lambda: sp.coo_array(np.array([False, True]) * 1.0))  # fmt: skip
close("rounding", lambda: csr() * 0.3, lambda: csr() * (0.1 + 0.2))
precision("narrower data", lambda: (csr() / 3).data, lambda: (csr() / 3).astype("f4").data)
lossy("a value", csr, lambda: csr((1.0, 2.0, 4.0)))
differs("format", csr, lambda: csr().tocsc())
differs("matrix or array", csr, lambda: sp.csr_array(csr()), why="`*` means another thing.")
differs("sparse or dense", csr, lambda: csr().toarray())
differs(
    "an explicit zero", csr, lambda: csr((1.0, 2.0, 3.0, 0.0), (0, 2, 1, 2), (0, 2, 4)), why="`nnz` tells."
)
differs("order of indices", csr, lambda: csr((2.0, 1.0, 3.0), (2, 0, 1)))
differs("duplicates", csr, lambda: csr((1.0, 2.0, 1.5, 1.5), (0, 2, 1, 1), (0, 2, 4)))
differs("width of indices", csr, lambda: wide(csr()))
differs("shape", csr, lambda: sp.csr_matrix((csr().data, csr().indices, csr().indptr), (2, 4)))
differs("dtype", csr, lambda: csr().astype("c16"))
differs("said to be canonical", lambda: coo(True), lambda: coo(False))
differs("order of keys", lambda: dok("abc"), lambda: dok("cba"), why="`items` gives them in this order.")
differs("size of blocks", lambda: sp.bsr_matrix(np.ones((4, 4)), blocksize=(2, 2)),
        lambda: sp.bsr_matrix(np.ones((4, 4)), blocksize=(1, 4)))  # fmt: skip
differs("a diagonal of zeros", lambda: sp.dia_matrix((np.ones((1, 3)), [0]), (3, 3)),
        lambda: sp.dia_matrix((np.array([[1.0] * 3, [0.0] * 3]), [0, 1]), (3, 3)))  # fmt: skip
differs("the argument changed", lambda x: x.sum(), doubled, argument)
differs("the argument sorted", lambda x: x.nnz, lambda x: x.sort_indices() or x.nnz,
        lambda: (csr((2.0, 1.0, 3.0), (2, 0, 1)),))  # fmt: skip
differs("shares data with the argument", lambda x: x.copy(), lambda x: sp.csr_matrix(x, copy=False), argument)
differs(
    "shares indices with the argument",
    lambda x: x * 2,
    lambda x: x._with_data(x.data * 2, copy=False),
    argument,
)

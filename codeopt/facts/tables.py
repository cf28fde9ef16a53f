"""Tables of all pairs: kernels and distances between the rows of two matrices."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import library

if TYPE_CHECKING:
    from codeopt.facts import Facts

_KERNELS = library.words(
    "cosine_similarity linear_kernel rbf_kernel polynomial_kernel sigmoid_kernel laplacian_kernel "
    "chi2_kernel euclidean_distances manhattan_distances cosine_distances pairwise_distances "
    "pairwise_kernels"
)
# With one matrix these put exact zeros on the diagonal, which a block of rows does not have.
_DIAGONAL = ("euclidean_distances", "cosine_distances", "pairwise_distances")
_WHOLE = ("mahalanobis", "seuclidean")


@dataclass(frozen=True, slots=True)
class Table:
    """A call that makes a table; `second` is the matrix its columns stand for.

    `exact`: a row of the table has the same bits whichever other rows are made with it.
    """

    call: ast.Call
    first: ast.expr
    second: ast.expr
    exact: bool

    def text(self, facts: Facts, rows: str) -> str:
        """The call for some of the rows."""
        words = [facts.text(a) for a in self.call.args[2:]]
        words += [f"{k.arg}={facts.text(k.value)}" for k in self.call.keywords if k.arg != "Y"]
        second = facts.text(self.second)
        return f"{facts.text(self.call.func)}({', '.join([rows, second, *words])})"


def table_of(facts: Facts, node: ast.AST | None) -> Table | None:
    """The table that a node makes, if its rows can be made in blocks."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return None
    library, _, name = (facts.names.dotted(node.func) or "").rpartition(".")
    given = {k.arg: k.value for k in node.keywords}
    if any(isinstance(v, ast.Constant) and v.value in _WHOLE for v in [*node.args, *given.values()]):
        return None
    if library == "scipy.spatial.distance" and name == "cdist":
        exact = len(node.args) == 2 and not given
        return Table(node, node.args[0], node.args[1], exact) if len(node.args) >= 2 else None
    if not library.startswith("sklearn.metrics") or name not in _KERNELS or "precomputed" in given:
        return None
    other = node.args[1] if len(node.args) > 1 else given.get("Y")
    none = other is None or (isinstance(other, ast.Constant) and other.value is None)
    if none and name in _DIAGONAL:
        return None
    if set(given) & {"n_jobs", "X_norm_squared", "X", "dense_output"}:
        return None
    return Table(node, node.args[0], node.args[0] if other is None or none else other, False)

"""Local values that stay alive after their last read while something else is being made."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import few, library
from codeopt.facts.arrays import RANDOM_METHODS, is_fresh_method
from codeopt.facts.index import LOOPS, DefNode
from codeopt.facts.loops import Loop

if TYPE_CHECKING:
    from codeopt.facts import Facts
    from codeopt.facts.flow import Flow

# Values whose end does something: dropping them earlier is a change of behaviour.
_RESOURCES = (
    "builtins.open", "tempfile.", "subprocess.", "socket.", "threading.", "multiprocessing.", "mmap.",
    "sqlite3.", "shelve.", "weakref.", "contextlib.", "concurrent.", "io.", "gzip.", "bz2.", "lzma.",
    "zipfile.", "tarfile.", "os.", "h5py.", "asyncio.", "ctypes.", "signal.", "logging.",
)  # fmt: skip
_SMALL = frozenset(
    f"builtins.{name}"
    for name in library.words(
        "len print isinstance int float str bool range slice round id type repr hasattr getattr setattr "
        "enumerate zip min max sum any all"
    )
)
_SMALL_METHODS = library.REDUCTIONS | library.words(
    "item append keys values items get format join size dim numel all any argmax argmin startswith "
    "endswith strip lower upper update step zero_grad debug info warning error write close flush add "
    "pop tolist norm"
)
_REDUCED = library.REDUCTIONS | library.words("norm amax amin argmax argmin any all")
_ELEMENTWISE = library.words("sqrt exp log abs square clamp clip maximum minimum")
_MADE = (ast.Call, ast.BinOp, ast.ListComp, ast.DictComp, ast.SetComp)


@dataclass(frozen=True, slots=True)
class Death:
    """The last read of a local value.

    `after`: something is allocated later on the way out. `next_turn`: the loop whose next turn
    builds a value while this one is still bound.
    """

    name: str
    made: ast.stmt
    value: ast.expr
    last: ast.stmt
    after: bool
    next_turn: Loop | None


class Lifetimes:
    """Finds deaths in one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._deaths: dict[DefNode, list[Death]] = {}

    def deaths(self, function: DefNode) -> list[Death]:
        """Every local of a function that could be unbound after its last read, to some use."""
        if function not in self._deaths:
            self._deaths[function] = self._outermost(list(self._find(function)))
        return self._deaths[function]

    def frees_array(self, death: Death, function: DefNode) -> bool:
        """Whether the name surely is all that holds an array, and the array not a tiny one."""
        made, aliases = death.made, self._facts.aliases
        if not isinstance(made, ast.Assign) or not isinstance(made.targets[0], ast.Name):
            return False
        if not self.is_big(death.value, made) or self._trains(death, function):
            return False
        reads = [n for n in self._facts.under(death.last) if isinstance(n, ast.Name) and n.id == death.name]
        if any(not isinstance(n.ctx, ast.Load) or aliases.keeps(n) for n in reads):
            return False
        return aliases.owner(death.name, death.last, function).owned

    def _trains(self, death: Death, function: DefNode) -> bool:
        """Whether names tell of a loss, a count or a mean, or of code whose graph keeps its tensors."""
        told = f"{death.name} {self._facts.function_name(function)}".lower()
        assert isinstance(death.made, ast.Assign)
        if few.is_count(death.name):
            return True
        tensor = self._facts.arrays.value(death.value, death.made).kind == "tensor"
        return tensor and any(word in told for word in ("loss", "train", "backward", "criterion"))

    def is_big(self, expr: ast.expr, stmt: ast.stmt) -> bool:
        """A new array of a shape that is given, not by literals alone and not a mere vector."""
        if not self._may_be_new(expr) or self._is_reduced(expr):
            return False
        value = self._facts.arrays.value(expr, stmt)
        sized = value.is_block or value.kind in ("tensor", "frame")
        parts = [*expr.args, *(k.value for k in expr.keywords)] if isinstance(expr, ast.Call) else [expr]
        named = any(isinstance(n, ast.Name) for part in parts for n in self._facts.under(part))
        sized = sized and value.rank != 1 and not self._facts.extents.tells_of_few(expr)
        return sized and value.fresh and named and not self._facts.extents.is_slight(expr, stmt)

    def _is_reduced(self, expr: ast.expr) -> bool:
        """Whether an expression sums up along an axis or whole, which is far less than what it is made
        from, or holds what the text or a Python list says."""
        if isinstance(expr, ast.BinOp):
            return self._is_reduced(expr.left) and self._is_reduced(expr.right)
        if isinstance(expr, ast.UnaryOp):
            return self._is_reduced(expr.operand)
        if isinstance(expr, (ast.Name, ast.Attribute)):
            return few.is_count(expr.id if isinstance(expr, ast.Name) else expr.attr)
        if not isinstance(expr, ast.Call):
            return isinstance(expr, ast.Constant)
        name = expr.func.attr if isinstance(expr.func, ast.Attribute) else ""
        if name in _REDUCED or self._facts.names.dotted(expr.func) == "torch.tensor":
            return True
        return name in _ELEMENTWISE and bool(expr.args) and all(map(self._is_reduced, expr.args))

    def _may_be_new(self, expr: ast.expr) -> bool:
        """Whether an expression can be known to be new at all; asked before dearer questions."""
        if not isinstance(expr, ast.Call) or is_fresh_method(expr):
            return True
        dotted = self._facts.names.dotted(expr.func) or ""
        return dotted.startswith(("numpy.", "torch.", "pandas.", "scipy.")) or (
            self._facts.summaries.callee(expr, near=True) is not None or _is_drawn(expr)
        )

    def _outermost(self, deaths: list[Death]) -> list[Death]:
        """Without deaths inside a statement behind which the same name dies: it can die only once."""
        index = self._facts.index
        places = {(d.name, d.last) for d in deaths}
        return [d for d in deaths if not any((d.name, outer) in places for outer in index.ancestors(d.last))]

    def _find(self, function: DefNode) -> Iterator[Death]:
        deciding = self._facts.deciding
        news = self._news(function) if deciding else []
        if deciding and len(news) < 2:
            return  # no array is made behind another
        flow = self._facts.flow(function)
        if flow.opaque:
            return
        told = {target.id for s in news for target in s.targets if isinstance(target, ast.Name)}
        for stmt in flow.own_statements:
            for name, value, block in self._made_by(stmt, told if deciding else flow.locals):
                if name in flow.captured or name in flow.parameters or name.startswith("__"):
                    continue
                death = self._death(name, stmt, value, block, flow)
                if death is not None:
                    yield death

    def _news(self, function: DefNode) -> list[ast.Assign]:
        """Assignments in a function that may bind new arrays, by a glance."""
        found = self._facts.index.alike(ast.Assign, function)
        return [s for s in found if isinstance(s.value, (ast.Call, ast.BinOp)) and self._may_be_new(s.value)]

    def _made_by(self, stmt: ast.stmt, wanted: Set[str]) -> Iterator[tuple[str, ast.expr, list[ast.stmt]]]:
        """The wanted names that a statement binds to a value worth freeing, and the block that reads them."""
        if isinstance(stmt, ast.Assign) and isinstance(stmt.value, _MADE) and len(stmt.targets) == 1:
            target = stmt.targets[0]
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            names = [n.id for n in parts if isinstance(n, ast.Name) and n.id in wanted]
            if names and not self._is_resource(stmt.value) and not self._is_small(stmt.value, stmt):
                block = self._facts.edits.siblings(stmt)
                yield from ((name, stmt.value, block) for name in names)
        if isinstance(stmt, (ast.For, ast.AsyncFor)) and isinstance(stmt.target, ast.Name):
            fits = isinstance(stmt.iter, ast.Call) and stmt.target.id in wanted
            if fits and not self._is_small(stmt.iter, stmt):
                yield stmt.target.id, stmt.iter, stmt.body

    def _death(
        self, name: str, made: ast.stmt, value: ast.expr, block: list[ast.stmt], flow: Flow
    ) -> Death | None:
        begin = block.index(made) if made in block else -1
        last = self._last_reader(name, block[begin + 1 :])
        if last is None or isinstance(last, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            return None
        if name in flow.live_after(last) or name not in flow.bound_after(last) or self._binds(last, name):
            return None
        rest = block[block.index(last) + 1 :]
        if rest and self._binds(rest[0], name):
            return None
        loop = self._facts.parent(last)
        again = loop if isinstance(loop, LOOPS) and last in loop.body else None
        after = any(self.allocates(s) for s in rest) or self._outer_allocates(last, again, flow)
        builds = again is not None and (made is again or made in block)
        if not after and not builds:
            return None
        return Death(name, made, value, last, after, again if builds and not after else None)

    def _last_reader(self, name: str, statements: list[ast.stmt]) -> ast.stmt | None:
        for stmt in reversed(statements):
            if any(isinstance(n, ast.Name) and n.id == name for n in self._facts.under(stmt)):
                return stmt
        return None

    @staticmethod
    def _binds(stmt: ast.stmt, name: str) -> bool:
        targets = stmt.targets if isinstance(stmt, (ast.Assign, ast.Delete)) else []
        return any(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
                   for t in targets for n in ast.walk(t))  # fmt: skip

    def _outer_allocates(self, last: ast.stmt, loop: ast.AST | None, flow: Flow) -> bool:
        """Whether statements behind the block of `last`, not counting its own loop, allocate."""
        stmt: ast.AST | None = loop if loop is not None else self._facts.parent(last)
        while isinstance(stmt, ast.stmt) and stmt is not flow.function:
            siblings = self._facts.edits.siblings(stmt)
            if any(self.allocates(s) for s in siblings[siblings.index(stmt) + 1 :]):
                return loop is None
            stmt = self._facts.parent(stmt)
        return False

    def allocates(self, stmt: ast.stmt) -> bool:
        """Whether a statement may make something big: a call that is not known to be small."""
        for node in self._facts.under(stmt):
            if isinstance(node, ast.Call) and not self._is_small(node, stmt):
                return True
            if isinstance(node, ast.BinOp) and not self._is_small(node, stmt):
                value = self._facts.arrays.value(node, stmt)
                known = value.is_float or value.kind in ("ndarray", "tensor", "frame", "series")
                if known or not isinstance(node.right, ast.Constant):
                    return True
        return False

    def _is_small(self, value: ast.expr, stmt: ast.stmt) -> bool:
        if isinstance(value, ast.BinOp):
            sides = (value.left, value.right)
            if any(isinstance(s, ast.JoinedStr) or _is_text(s) for s in sides):
                return True
            power_of_number = isinstance(value.op, ast.Pow) and isinstance(value.left, ast.Constant)
            return power_of_number or self._facts.arrays.value(value, stmt).kind == "scalar"
        if not isinstance(value, ast.Call):
            return False
        dotted = self._facts.names.dotted(value.func)
        if dotted in _SMALL or (dotted or "").startswith(("math.", "time.", "logging.", "warnings.")):
            return True
        # numpy.sum(x) and x.sum() alike.
        return isinstance(value.func, ast.Attribute) and value.func.attr in _SMALL_METHODS

    def _is_resource(self, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return False
        dotted = self._facts.names.dotted(value.func) or ""
        return dotted.startswith(_RESOURCES)


def _is_drawn(call: ast.Call) -> bool:
    """Whether a call may be that of a random generator's method."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in RANDOM_METHODS


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)

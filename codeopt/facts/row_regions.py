"""Runs of statements that treat every row of their arrays by itself: they can work on blocks of rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DEFS, DefNode
from codeopt.facts.rows import Region, Size, bound
from codeopt.facts.rowwise import REDUCERS, Rowwise

if TYPE_CHECKING:
    from codeopt.facts import Facts

_REDUCED = REDUCERS | library.words("norm logsumexp percentile quantile")
_GLANCED = library.words("dot hstack column_stack cdist rfft fft ifft irfft")
_STEPS = (ast.Assign, ast.AugAssign, ast.Expr, ast.Delete)


class Growth:
    """Regions of one function."""

    def __init__(
        self, facts: Facts, function: DefNode, shortening: frozenset[ast.AST], *, spread: bool
    ) -> None:
        self._facts = facts
        self._function = function
        self._shortening = shortening
        self.rows = Rowwise(facts, function, spread=spread)

    def region(self, block: list[ast.stmt], start: int) -> Region | None:
        """The widest run from `block[start]` that is worth blocks, for the first input that makes one."""
        for name in self._names(block[start]):
            region = self._widest(block, start, {name: Size.FULL})
            if not self._pays(region):
                continue
            numbers = {n for n in region.inputs if self._is_number(n, region)}
            if name in numbers:
                continue
            if not numbers or self.rows.spread is None:
                return region
            self.rows.spread.barred |= numbers
            region = self._widest(block, start, {name: Size.FULL})
            if self._pays(region):
                return region
        return None

    def _widest(self, block: list[ast.stmt], start: int, inputs: dict[str, Size]) -> Region:
        """The region from `block[start]` when whatever meets its rows has been taken in."""
        while True:
            region = self._grow(block, start, Region(dict(inputs)))
            if self.rows.spread is None or region.inputs == inputs:
                return region
            inputs = dict(region.inputs)

    def _is_number(self, name: str, region: Region) -> bool:
        found = (n for s in region.stmts for n in self._facts.under(s) if isinstance(n, ast.Name))
        reads = (n for n in found if n.id == name and isinstance(n.ctx, ast.Load))
        first = next(reads, None)
        return first is not None and patterns.kind(self._facts, first) == "scalar"

    def _names(self, stmt: ast.stmt) -> Iterator[str]:
        value = getattr(stmt, "value", None)
        if not isinstance(stmt, (ast.Assign, ast.Return)) or isinstance(value, (ast.Name, ast.Constant)):
            return
        seen: set[str] = set()
        for node in self._facts.under(value) if value is not None else ():
            if isinstance(node, ast.Name) and node.id not in seen and self._has_rows(node):
                seen.add(node.id)
                yield node.id

    def _has_rows(self, name: ast.Name) -> bool:
        return not self.rows.measured(name) and self._facts.names.home(name) is self._function

    def _grow(self, block: list[ast.stmt], start: int, region: Region) -> Region:
        outside: set[str] = set()
        for stmt in block[start:]:
            target = bound(stmt)
            known = target in region.sizes or target in region.shared or target in region.inputs
            clash = target in outside and not known
            if clash or not (self.rows.step(stmt, region) or self._adds_up(stmt, region)):
                if not clash:
                    self._finish(stmt, region)
                break
            region.stmts.append(stmt)
            outside |= self._named(stmt) - set(region.sizes)
        return region

    def _adds_up(self, stmt: ast.stmt, region: Region) -> bool:
        """Note a name that a total over all rows is bound to."""
        target = bound(stmt)
        how = self.rows.total(stmt.value, region) if isinstance(stmt, ast.Assign) and target else None
        if how is None or target in {*region.sizes, *region.inputs, *region.totals, *region.shared}:
            return False
        region.totals[str(target)] = how
        return True

    def _finish(self, stmt: ast.stmt, region: Region) -> None:
        """Take the expressions with rows inside a statement that does more with them."""
        value = getattr(stmt, "value", None)
        if not isinstance(stmt, (ast.Return, ast.Assign)) or not isinstance(value, ast.expr):
            return
        if region.totals.keys() & self._named(value):
            return
        parts: dict[ast.expr, Size] = {}
        added: dict[ast.expr, str] = {}
        whole: list[str] = []
        stack: list[ast.AST] = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                if node.id in region.inputs and node.id not in region.sizes and not self.rows.measured(node):
                    continue
                whole += [node.id] if node.id in region.sizes else []
                continue
            if isinstance(node, ast.expr) and patterns.can_hoist(self._facts, node):
                size = self.rows.size(node, region)
                if size and (size is Size.REDUCED or node in region.made):
                    parts[node] = size
                    continue
                how = self.rows.total(node, region) if size is None else None
                if how is not None:
                    added[node] = how
                    continue
            stack.extend(reversed(list(ast.iter_child_nodes(node))))
        # What stays whole anyway can be added up as it is.
        added = {n: how for n, how in added.items() if not self._named(n) & set(whole)}
        if parts or added:
            region.stmts.append(stmt)
            region.parts, region.added = parts, added
            region.outputs = list(dict.fromkeys(whole))

    def _named(self, node: ast.AST) -> set[str]:
        return {n.id for n in self._facts.under(node) if isinstance(n, ast.Name)}

    def _pays(self, region: Region) -> bool:
        finished = bool(region.parts or region.added)
        while region.stmts and not finished and not self._binds_rows(region.last, region):
            region.stmts.pop()
        if not region.stmts:
            return False
        live = self._facts.flow(self._function).live_after(region.last)
        outputs = () if isinstance(region.last, ast.Return) else (n for n in region.sizes if n in live)
        region.outputs = list(dict.fromkeys([*region.outputs, *outputs]))
        region.totals = {n: how for n, how in region.totals.items() if n in live}
        kept = [region.sizes[name] for name in region.outputs] + list(region.parts.values())
        kept += [Size.REDUCED] * (len(region.totals) + len(region.added))
        self._count(region, finished)
        return bool(kept) and bool(region.inputs) and self._outweighs(region, kept, finished)

    @staticmethod
    def _binds_rows(stmt: ast.stmt, region: Region) -> bool:
        target = bound(stmt)
        if isinstance(stmt, ast.Assign):
            return target is None or target in region.sizes or target in region.totals
        return not isinstance(stmt, ast.Delete)

    def _count(self, region: Region, finished: bool) -> None:
        """What the statements that stayed make: what was tried behind the end of the run does not count."""
        while not self._binds_rows(region.stmts[0], region) and len(region.stmts) > 1:
            region.stmts.pop(0)
        region.made, region.products = {}, False
        region.sizes, region.shared = {}, set()
        totals, region.totals = region.totals, {}
        for stmt in region.stmts[:-1] if finished else region.stmts:
            if not self.rows.step(stmt, region):
                self.rows.total(stmt.value, region)  # type: ignore[attr-defined]
        for node in region.parts:
            self.rows.size(node, region)
        for node in region.added:
            self.rows.total(node, region)
        region.totals = totals
        region.products = region.products or bool(totals or region.added)
        read = {n.id for s in region.stmts for n in self._facts.under(s) if isinstance(n, ast.Name)}
        region.inputs = {name: size for name, size in region.inputs.items() if name in read}

    def _outweighs(self, region: Region, kept: list[Size], finished: bool) -> bool:
        """Whether what is made is more than what is kept, and not by element-wise steps alone."""
        most = max(region.made.values(), default=Size.SHARED)
        big = sum(size >= Size.PRODUCT for size in kept)
        if most > max(kept):
            return True
        inside = [*region.stmts[: -1 if finished else None], *region.parts, *region.added]
        nodes = (n for part in inside for n in self._facts.under(part))
        shorter = any(n in self._shortening and self.rows.reads(n, region) for n in nodes)
        return shorter and len(region.made) >= big + 2


def regions(facts: Facts, *, spread: bool) -> Iterator[tuple[Region, Rowwise]]:
    """The regions of a file, each starting as early as it can; none inside loops over blocks."""
    for function, shortening in _shortening(facts).items():
        if facts.grad.calls_backward(function):
            continue
        growth = Growth(facts, function, frozenset(shortening), spread=spread)
        stmts = {facts.statement(node) for node in shortening}
        for block in _blocks(facts, function):
            number = 0
            while number < len(block):
                region = growth.region(block, number) if _leads(block, number, stmts) else None
                if region is not None:
                    yield region, growth.rows
                number += len(region.stmts) if region is not None else 1


def _shortening(facts: Facts) -> dict[DefNode, set[ast.AST]]:
    """What in each function may keep less of a row than there was."""
    found: dict[DefNode, set[ast.AST]] = {}
    for node in facts.walk(ast.Call, ast.BinOp):
        if _shortens(node) and isinstance(function := facts.function(node), DEFS):
            found.setdefault(function, set()).add(node)
    return found


def _leads(block: list[ast.stmt], start: int, shortening: set[ast.stmt]) -> bool:
    """Whether only simple steps stand between a statement and the next one that shortens rows."""
    if not isinstance(block[start], (ast.Assign, ast.Return)):
        return False
    for stmt in block[start:]:
        if stmt in shortening:
            return isinstance(stmt, (ast.Assign, ast.Return))
        if not isinstance(stmt, _STEPS):
            return False
    return False


def _blocks(facts: Facts, function: DefNode) -> Iterator[list[ast.stmt]]:
    for node in (function, *facts.flow(function).own_statements):
        if isinstance(node, (*DEFS, ast.ClassDef)) and node is not function:
            continue
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and len(node.iter.args) == 3:
            continue  # blocks already
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _shortens(node: ast.AST) -> bool:
    """A glance at whether something may keep less of a row than there was, or join rows."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return name in _GLANCED or (name in _REDUCED and bool(node.args or node.keywords))

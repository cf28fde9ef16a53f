"""Runs of statements that treat every row of their arrays by itself: they can work on blocks of rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from codeopt.facts import library, patterns
from codeopt.facts.index import DEFS, DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

_ALIKE = library.NUMPY_OUT | {
    f"numpy.{n}"
    for n in library.words(
        "where isnan isfinite isinf logical_and logical_or logical_not greater less equal not_equal "
        "greater_equal less_equal sign around round nan_to_num"
    )
}
_ALONG = {f"numpy.{n}" for n in ("sort", "cumsum", "cumprod", "argsort", "fft.rfft", "fft.fft", "fft.ifft")}
_REDUCERS = library.words(
    "sum mean std var min max prod argmax argmin any all median amax amin nansum nanmean nanmax nanmin"
)
_METHODS = library.words("astype clip copy round conj")
_SIZES = library.words("shape dtype size ndim")
_AXES = (-1, 1, 2, 3)


class Size(IntEnum):
    """How much of a row a value keeps; `SHARED` values have no rows."""

    SHARED = 0
    REDUCED = 1
    PRODUCT = 2
    FULL = 3


@dataclass
class Region:
    """Consecutive statements, the arrays whose rows they take (`inputs`), and what is left of them.

    `outputs` are the names read later, `parts` the row-wise expressions inside the last statement
    where that does more than bind a name. `products` says that a matrix product is among it.
    """

    inputs: set[str]
    stmts: list[ast.stmt] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    parts: list[ast.expr] = field(default_factory=list)
    sizes: dict[str, Size] = field(default_factory=dict)
    computed: Size = Size.SHARED
    products: bool = False

    @property
    def last(self) -> ast.stmt:
        """The statement in whose place the blocks go."""
        return self.stmts[-1]


class Rowwise:
    """Regions of one function; `spread` takes bare names that meet rows to have such rows too."""

    def __init__(
        self, facts: Facts, function: DefNode, shortening: frozenset[ast.stmt], *, spread: bool
    ) -> None:
        self._shortening = shortening
        self._facts = facts
        self._function = function
        self._spread = spread

    def region(self, block: list[ast.stmt], start: int) -> Region | None:
        """The widest run from `block[start]` that is worth blocks, for the first input that makes one."""
        if isinstance(getattr(block[start], "value", None), (type(None), ast.Name, ast.Constant)):
            return None
        for name in self._names(block[start]):
            inputs = {name}
            while True:
                region = self._grow(block, start, Region(set(inputs)))
                if not self._spread or region.inputs == inputs:
                    break
                inputs = set(region.inputs)
            if self._pays(region) and not self._is_number(name, block[start]):
                return region
        return None

    def _is_number(self, name: str, stmt: ast.stmt) -> bool:
        found = (n for n in self._facts.under(stmt) if isinstance(n, ast.Name) and n.id == name)
        return any(patterns.kind(self._facts, n) == "scalar" for n in found if isinstance(n.ctx, ast.Load))

    def _names(self, stmt: ast.stmt) -> Iterator[str]:
        value = getattr(stmt, "value", None)
        seen: set[str] = set()
        for node in self._facts.under(value) if value is not None else ():
            if isinstance(node, ast.Name) and node.id not in seen and self._has_rows(node):
                seen.add(node.id)
                yield node.id

    def _has_rows(self, name: ast.Name) -> bool:
        return not self._measured(name) and self._local(name)

    def _local(self, name: ast.Name) -> bool:
        return self._facts.names.home(name) is self._function

    def _grow(self, block: list[ast.stmt], start: int, region: Region) -> Region:
        for stmt in block[start:]:
            target, value = _target(stmt), getattr(stmt, "value", None)
            size = self._size(value, region) if target and value and not isinstance(value, ast.Name) else None
            if size is None or target in region.inputs:
                self._finish(stmt, region)
                break
            if size is Size.SHARED and target in region.sizes:
                break
            region.stmts.append(stmt)
            if size is not Size.SHARED:
                region.sizes[str(target)] = size
        return region

    def _finish(self, stmt: ast.stmt, region: Region) -> None:
        """Take the reductions inside a statement that does more with them, if nothing else needs rows."""
        value = getattr(stmt, "value", None)
        if not isinstance(stmt, (ast.Return, ast.Assign)) or not isinstance(value, ast.expr):
            return
        if stmt not in self._shortening:
            return
        parts: list[ast.expr] = []
        whole: list[str] = []
        stack: list[ast.AST] = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                if region.sizes.get(node.id, Size.REDUCED) is not Size.REDUCED:
                    return
                whole += [node.id] if node.id in region.sizes else []
            elif (
                isinstance(node, ast.expr)
                and self._size(node, region) is Size.REDUCED
                and patterns.can_hoist(self._facts, node)
            ):
                parts.append(node)
                continue
            stack.extend(reversed(list(ast.iter_child_nodes(node))))
        if parts:
            region.stmts.append(stmt)
            region.parts, region.outputs = parts, list(dict.fromkeys(whole))

    def _pays(self, region: Region) -> bool:
        while region.stmts and not region.parts and _target(region.last) not in region.sizes:
            region.stmts.pop()
        if not region.stmts:
            return False
        live = self._facts.flow(self._function).live_after(region.last)
        outputs = () if isinstance(region.last, ast.Return) else (n for n in region.sizes if n in live)
        region.outputs = list(dict.fromkeys([*region.outputs, *outputs]))
        kept = [region.sizes[name] for name in region.outputs] + [Size.REDUCED] * len(region.parts)
        # What was tried behind the end of the run does not count.
        region.computed, region.products = Size.SHARED, False
        inside = region.stmts[:-1] if region.parts else region.stmts
        values = [*(s.value for s in inside if isinstance(s, ast.Assign)), *region.parts]
        for value in values:
            self._size(value, region)
        read = {n.id for v in values for n in self._facts.under(v) if isinstance(n, ast.Name)}
        region.inputs &= read
        return bool(kept) and bool(region.inputs) and region.computed > max(kept)

    def is_shared(self, node: ast.expr, region: Region) -> bool:
        """Whether an expression needs no row of any array."""
        return self._size(node, region) is Size.SHARED

    def _size(self, node: ast.AST, region: Region) -> Size | None:
        """What an expression is where `region.inputs` and names made so far have rows; None if unknown."""
        match node:
            case ast.Constant():
                return Size.SHARED
            case ast.Name():
                if node.id in region.inputs:
                    return Size.REDUCED  # it stands there anyway: only what is computed counts
                return region.sizes.get(node.id, Size.SHARED)
            case ast.Attribute():
                return self._attribute(node, region)
            case ast.Subscript():
                return self._subscript(node, region)
            case ast.BinOp(op=ast.MatMult()):
                return self._product(node.left, node.right, region)
            case ast.BinOp():
                return self._alike([node.left, node.right], region)
            case ast.UnaryOp():
                return self._alike([node.operand], region)
            case ast.Compare():
                if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
                    return None
                return self._alike([node.left, *node.comparators], region)
            case ast.Call():
                return self._call(node, region)
        return Size.SHARED if isinstance(node, ast.expr) and not self._reads(node, region) else None

    def _reads(self, node: ast.AST, region: Region) -> bool:
        names = (n for n in self._facts.under(node) if isinstance(n, ast.Name))
        return any(n.id in region.sizes or (n.id in region.inputs and not self._measured(n)) for n in names)

    def _measured(self, name: ast.Name) -> bool:
        """Whether only the size of an array is asked for."""
        parent = self._facts.parent(name)
        return (isinstance(parent, ast.Attribute) and parent.attr in _SIZES) or (
            isinstance(parent, ast.Call) and patterns.is_call(self._facts, parent, "builtins.len")
        )

    def _attribute(self, node: ast.Attribute, region: Region) -> Size | None:
        whole = isinstance(node.value, ast.Name) and node.value.id in region.inputs
        if whole and node.attr in _SIZES:
            return Size.SHARED
        return None if self._reads(node, region) else Size.SHARED

    def _subscript(self, node: ast.Subscript, region: Region) -> Size | None:
        base, index = self._size(node.value, region), node.slice
        if base is None:
            return None
        if base is not Size.SHARED:
            first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
            full = isinstance(first, ast.Slice) and not (first.lower or first.upper or first.step)
            dots = isinstance(first, ast.Constant) and first.value is Ellipsis
            return base if (full or dots) and not self._reads(index, region) else None
        if not self._reads(index, region):
            return Size.SHARED
        taken = None if isinstance(index, (ast.Tuple, ast.Slice)) else self._size(index, region)
        if taken not in (None, Size.SHARED):
            region.computed = max(region.computed, Size.FULL)
            return Size.FULL  # rows gathered by index
        return taken

    def _product(self, left: ast.expr, right: ast.expr, region: Region) -> Size | None:
        first, second = self._size(left, region), self._size(right, region)
        if first is None or second is not Size.SHARED:
            return None
        if first is Size.SHARED:
            return Size.SHARED
        region.products = True
        region.computed = max(region.computed, Size.PRODUCT)
        return Size.PRODUCT

    def _alike(self, operands: list[ast.expr], region: Region) -> Size | None:
        sizes = [self._size(operand, region) for operand in operands]
        if None in sizes:
            return None
        known = [s for s in sizes if s is not None]
        most = max(known, default=Size.SHARED)
        if most is Size.SHARED:
            return most
        for operand, size in zip(operands, known, strict=True):
            if self._spread and size is Size.SHARED:
                self._take(operand, region)
        # A reduced row stays small unless something as wide as an input joins it.
        wide = any(isinstance(n, ast.Name) and n.id in region.inputs for n in operands)
        wide = wide or any(isinstance(n, ast.Subscript) for n in operands)
        if most is Size.REDUCED and wide:
            most = Size.FULL
        region.computed = max(region.computed, most)
        return most

    def _take(self, node: ast.expr, region: Region) -> None:
        """Take what meets rows as it stands, or through element-wise steps, to have rows as well."""
        match node:
            case ast.Name() if self._local(node):
                made = next((s for s in region.stmts if _target(s) == node.id), None)
                if isinstance(made, ast.Assign):
                    if node not in self._facts.under(made):
                        self._take(made.value, region)
                elif patterns.kind(self._facts, node) != "scalar" and not self._is_option(node.id):
                    region.inputs.add(node.id)
            case ast.BinOp(left=left, right=right) if not isinstance(node.op, ast.MatMult):
                self._take(left, region)
                self._take(right, region)
            case ast.UnaryOp(operand=operand):
                self._take(operand, region)
            case ast.Subscript(slice=ast.Name() as index):
                self._take(index, region)
            case ast.Call(args=[first, *_]) if self._facts.names.dotted(node.func) in _ALIKE:
                self._take(first, region)

    def _is_option(self, name: str) -> bool:
        """Whether a parameter has a number as its default."""
        arguments = self._function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        given = plain[len(plain) - len(arguments.defaults) :]
        pairs = [*zip(given, arguments.defaults, strict=True)]
        pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
        return any(a.arg == name and isinstance(d, ast.Constant) for a, d in pairs)

    def _call(self, call: ast.Call, region: Region) -> Size | None:
        if not self._reads(call, region):
            return Size.SHARED
        dotted = self._facts.names.dotted(call.func)
        first = call.args[0] if call.args else None
        if dotted == "builtins.len":
            return Size.SHARED if isinstance(first, ast.Name) and first.id in region.inputs else None
        reduced = patterns.reduction(self._facts, call, *_REDUCERS)
        if reduced is None and dotted == "numpy.linalg.norm":
            given = patterns.arguments(call, "x", "ord", "axis") or {}
            reduced = (given.pop("x"), given) if "x" in given else None
        if reduced is not None:
            return self._reduction(*reduced, region)
        if dotted in _ALIKE and not call.keywords:
            return self._alike(call.args, region)
        if dotted in _ALONG and first is not None:
            return self._along(call, first, region)
        if dotted == "numpy.dot" and len(call.args) == 2:
            return self._product(call.args[0], call.args[1], region)
        found = patterns.method(call, "dot", *_METHODS)
        if dotted is None and found is not None:
            if found[1].func.attr == "dot" and len(call.args) == 1:  # type: ignore[attr-defined]
                return self._product(found[0], call.args[0], region)
            if not any(self._reads(a, region) for a in (*call.args, *call.keywords)):
                return self._alike([found[0]], region)
        return None

    def _reduction(self, array: ast.expr, given: dict[str, ast.expr], region: Region) -> Size | None:
        axis = given.get("axis")
        size = self._size(array, region)
        if size in (None, Size.SHARED) or axis is None or patterns.number(axis) not in _AXES:
            return None
        return Size.REDUCED

    def _along(self, call: ast.Call, first: ast.expr, region: Region) -> Size | None:
        size = self._size(first, region)
        axis = next((k.value for k in call.keywords if k.arg == "axis"), None)
        if size in (None, Size.SHARED) or len(call.args) > 1 or any(k.arg != "axis" for k in call.keywords):
            return None
        if axis is None or patterns.number(axis) not in _AXES:
            return None
        region.products = region.products or "fft" in (self._facts.names.dotted(call.func) or "")
        region.computed = Size.FULL
        return Size.FULL


def _target(stmt: ast.stmt) -> str | None:
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
        return stmt.targets[0].id
    return None


def regions(facts: Facts, *, spread: bool) -> Iterator[tuple[Region, Rowwise]]:
    """The regions of a file, each starting as early as it can; none inside loops over blocks."""
    for function in facts.functions():
        shortening = frozenset(facts.statement(n) for n in facts.under(function) if _shortens(n))
        if not shortening or facts.grad.calls_backward(function):
            continue
        rowwise = Rowwise(facts, function, shortening, spread=spread)
        for block in _blocks(facts, function):
            number = 0
            while number < len(block):
                region = rowwise.region(block, number) if _leads(block, number, shortening) else None
                if region is not None:
                    yield region, rowwise
                number += len(region.stmts) if region is not None else 1


def _shortens(node: ast.AST) -> bool:
    """A glance at whether something may keep less of a row than there was."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    return name == "dot" or ((name in _REDUCERS or name == "norm") and bool(node.args or node.keywords))


def _leads(block: list[ast.stmt], start: int, shortening: frozenset[ast.stmt]) -> bool:
    """Whether only assignments stand between a statement and the next one that shortens rows."""
    for stmt in block[start:]:
        if stmt in shortening:
            return isinstance(stmt, (ast.Assign, ast.Return))
        if not isinstance(stmt, ast.Assign):
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

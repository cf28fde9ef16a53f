"""When an array may be overwritten by the next value computed from it, and how sure that is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codeopt.facts.in_place import Plan, Step
from codeopt.facts.index import DEFS, DefNode
from codeopt.facts.values import UNKNOWN, Value

if TYPE_CHECKING:
    from codeopt.facts import Facts


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A statement whose value can be computed in the memory of `name`, which it reads last.

    `target` is the name it binds, None for a `return`. `certain`: the memory is owned and every
    step keeps its type and shape, by static facts alone. `guarded` are the lines that ask when
    they run; None where that is not needed or not possible.
    """

    stmt: ast.stmt
    name: str
    target: str | None
    lines: tuple[str, ...]
    certain: bool
    guarded: tuple[str, ...] | None = None

    @property
    def ways(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The alternatives, each with its label."""
        return (("", self.lines), *((("where it fits", self.guarded),) if self.guarded else ()))


class Overwrites:
    """Finds statements of one file that could work in place on a value they use up."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def all(self) -> tuple[Overwrite, ...]:
        """Every `y = f(x)` and `return f(x)` that uses up an array `x` of its own function."""
        return tuple(self._find())

    def _find(self) -> Iterator[Overwrite]:
        for function in self._facts.functions():
            if self._facts.grad.calls_backward(function):
                continue
            for stmt in self._facts.flow(function).own_statements:
                found = self._of(stmt, function)
                if found is not None:
                    yield found

    def _of(self, stmt: ast.stmt, function: DefNode) -> Overwrite | None:
        value, target = value_and_target(stmt)
        plan = self._facts.in_place.plan(value) if value is not None else None
        if plan is None or not isinstance(plan.leaf, ast.Name):
            return None
        name, flow = plan.leaf.id, self._facts.flow(function)
        if self._facts.names.home(plan.leaf) is not function:
            return None
        if name != target and name in flow.live_after(stmt):
            return None
        owner = self._facts.aliases.owner(name, stmt, function)
        if owner.wrong or self._is_number(plan, stmt):
            return None
        lines = self._lines(plan, name)
        if lines is None:
            return None
        certain = owner.owned and self._surely_fits(plan, stmt) and self._facts.axes.is_table(plan.leaf, stmt)
        asked = not certain and not self._facts.deciding
        guarded = self._lines(plan, name, guarded=True) if asked else None
        return Overwrite(stmt, name, target, tuple(lines), certain, tuple(guarded) if guarded else None)

    def _lines(self, plan: Plan, name: str, *, guarded: bool = False) -> list[str] | None:
        """The steps, with what they still read of the old value computed before they begin."""
        before: list[str] = []
        steps: list[str] = []
        for number, step in enumerate(plan.steps):
            texts: list[str] = []
            for operand in step.operands:
                text = self._facts.in_place.text(operand)
                reads = self._facts.in_place.reads(operand, name)
                if reads and isinstance(operand, ast.Name):
                    return None  # `(x + 1) * x`: the old value itself is still needed
                if reads and number:
                    kept = self._name_for(operand)
                    before.append(f"{kept} = {text}")
                    text = kept
                texts.append(text)
            given = tuple(texts)
            line = (
                self._facts.in_place.guarded(step, name, given, name) if guarded else step.line(name, given)
            )
            if line is None:
                return None
            steps.append(line)
        names = [line.partition(" = ")[0] for line in before]
        return [*before, *steps] if len(set(names)) == len(names) else None

    def _name_for(self, operand: ast.expr) -> str:
        func = operand.func if isinstance(operand, ast.Call) else None
        wanted = func.attr if isinstance(func, ast.Attribute) else "kept"
        return self._facts.names.fresh_name(wanted, operand)

    def _is_number(self, plan: Plan, stmt: ast.stmt) -> bool:
        """Whether the value is a plain number or list, or an array of known integers to be divided."""
        assert isinstance(plan.leaf, ast.Name)
        value = self._facts.arrays.value(plan.leaf, stmt)
        if value.rank == 0 or value.kind in ("scalar", "list", "frame", "series", "sparse", "module"):
            return True
        function = self._facts.function(stmt)
        if not isinstance(function, DEFS):
            return True
        made = self._facts.flow(function).definitions(plan.leaf.id, stmt)
        values = [d.value for d in made if isinstance(d, (ast.Assign, ast.AugAssign))]
        constants = any(isinstance(v, (ast.Constant, ast.List, ast.ListComp)) for v in values)
        return constants and not value.is_float

    def _surely_fits(self, plan: Plan, stmt: ast.stmt) -> bool:
        assert isinstance(plan.leaf, ast.Name)
        value = self._facts.arrays.value(plan.leaf, stmt)
        if not value.is_float or not value.is_block:
            return False
        return all(self.fits(step, plan.leaf.id, block=value.is_block, buffer=value) for step in plan.steps)

    def fits(self, step: Step, leaf: str, *, block: bool, buffer: Value = UNKNOWN) -> bool:
        """Whether a step surely can overwrite a float value; calls with `out=` need a real array."""
        return (block or not step.call) and self._facts.in_place.keeps_type(step, leaf, buffer)


def value_and_target(stmt: ast.stmt) -> tuple[ast.expr | None, str | None]:
    """The value of `name = value` or `return value`, and the name."""
    if isinstance(stmt, ast.Return):
        return stmt.value, None
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
        return stmt.value, stmt.targets[0].id
    return None, None

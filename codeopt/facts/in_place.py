"""Taking an array expression apart into a first value and steps that can overwrite it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codeopt.facts import library
from codeopt.facts.index import COMPREHENSIONS, children
from codeopt.facts.values import UNKNOWN, Value

if TYPE_CHECKING:
    from codeopt.facts import Facts

_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "add"), ast.Sub: ("-", "subtract"), ast.Mult: ("*", "multiply"),
    ast.Div: ("/", "divide"), ast.Pow: ("**", "power"), ast.FloorDiv: ("//", "floor_divide"),
    ast.Mod: ("%", "mod"), ast.BitAnd: ("&", ""), ast.BitOr: ("|", ""), ast.BitXor: ("^", ""),
}  # fmt: skip
_STEPS = (ast.BinOp, ast.Call, ast.UnaryOp)
_NOT_ARRAYS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp)
# What stands in these runs many times, or never, or is nothing more.
_LATER = {ast.Name, ast.Constant, ast.Lambda, *COMPREHENSIONS}
# Of these only one part is sure to run.
_FIRST: dict[type[ast.AST], str] = {ast.BoolOp: "values", ast.IfExp: "test", ast.Compare: "left"}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on the running value: an operator with the value on its left, or a call.

    `before` and `behind` are the texts of the other arguments of a call; `whole` is the
    expression that this step computes, `operands` what it reads besides the value.
    """

    whole: ast.expr
    operands: tuple[ast.expr, ...]
    operator: str = ""
    call: str = ""
    before: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def elided(self) -> bool:
        """Whether NumPy overwrites a nameless temporary here by itself: an operator with a number."""
        constant = all(isinstance(o, ast.Constant) for o in self.operands)
        commutes = isinstance(self.whole, ast.BinOp) and isinstance(self.whole.op, (ast.Add, ast.Mult))
        return constant and (bool(self.operator) or commutes or isinstance(self.whole, ast.UnaryOp))

    def line(self, buffer: str, texts: tuple[str, ...]) -> str:
        """The statement that applies this step to `buffer`, with these texts for its operands."""
        if self.operator:
            return f"{buffer} {self.operator}= {texts[0]}"
        arguments = [*texts[: len(self.before)], buffer, *texts[len(self.before) :], f"out={buffer}"]
        return f"{self.call}({', '.join(arguments)})"

    def guarded_line(self, buffer: str, texts: tuple[str, ...], numpy: str, loose: tuple[str, ...]) -> str:
        """Like `line`, but `buffer` is bound to a new array where its memory does not fit the result.

        `loose`: those of the texts whose type and shape are not known to keep those of `buffer`.
        """
        ufunc = next((name for sign, name in _OPERATORS.values() if sign == self.operator), "")
        call = f"{numpy}.{ufunc}" if self.operator else self.call
        test = f'{numpy}.ndim({buffer}) and {buffer}.dtype.kind == "f"'
        if loose:
            others = ", ".join((buffer, *loose))
            test += f" and {numpy}.result_type({others}) == {buffer}.dtype"
            # Not by broadcasting them: where that fails, the operation itself must say so.
            test += "".join(
                f" and {numpy}.ndim({other}) <= {buffer}.ndim and all(n in (1, m) for n, m in "
                f"zip({numpy}.shape({other})[::-1], {buffer}.shape[::-1]))"
                for other in loose
            )
        place = len(self.before)
        arguments = [*texts[:place], buffer, *texts[place:], f"out={buffer} if {test} else None"]
        return f"{buffer} = {call}({', '.join(arguments)})"


@dataclass(frozen=True, slots=True)
class Plan:
    """`leaf`, then `steps` in the order in which Python evaluates them."""

    leaf: ast.expr
    steps: tuple[Step, ...]


class InPlace:
    """Plans for the expressions of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def plan(self, expr: ast.expr) -> Plan | None:
        """How to compute an expression by overwriting one buffer; None if it is nothing of the kind."""
        if not isinstance(expr, _STEPS):
            return None
        step, inner = self._outermost(expr)
        if step is None or inner is None:
            return None
        below = self.plan(inner)
        if below is None:
            return None if isinstance(inner, _NOT_ARRAYS) else Plan(inner, (step,))
        return Plan(below.leaf, (*below.steps, step))

    def _outermost(self, expr: ast.expr) -> tuple[Step | None, ast.expr | None]:
        if isinstance(expr, ast.BinOp) and type(expr.op) in _OPERATORS:
            return self._binary(expr)
        if isinstance(expr, ast.Call):
            return self._ufunc(expr)
        if isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.USub):
            name = self._facts.names.spell("numpy.negative", expr)
            if name and not isinstance(expr.operand, ast.Constant):
                return Step(expr, (), call=name), expr.operand
        return None, None

    def _binary(self, expr: ast.BinOp) -> tuple[Step | None, ast.expr | None]:
        sign, ufunc = _OPERATORS[type(expr.op)]
        if any(isinstance(side, _NOT_ARRAYS[1:]) for side in (expr.left, expr.right)):
            return None, None
        if not isinstance(expr.left, ast.Constant) and (
            self._grows(expr.left) or not self._grows(expr.right)
        ):
            return Step(expr, (expr.right,), operator=sign), expr.left
        name = self._facts.names.spell(f"numpy.{ufunc}", expr) if ufunc else None
        if name is None or isinstance(expr.right, ast.Constant):
            return None, None
        return Step(expr, (expr.left,), call=name, before=(self.text(expr.left),)), expr.right

    def _ufunc(self, call: ast.Call) -> tuple[Step | None, ast.expr | None]:
        if call.keywords or not call.args or any(isinstance(a, ast.Starred) for a in call.args):
            return None, None
        if self._facts.names.dotted(call.func) not in library.NUMPY_OUT:
            return None, None
        rest = tuple(call.args[1:])
        behind = tuple(self.text(a) for a in rest)
        return Step(call, rest, call=self._facts.text(call.func), behind=behind), call.args[0]

    def _grows(self, expr: ast.expr) -> bool:
        """Whether an expression is itself a step, so that its value is a nameless temporary."""
        if isinstance(expr, ast.BinOp):
            return type(expr.op) in _OPERATORS and not self._constant(expr)
        if isinstance(expr, ast.UnaryOp):
            return isinstance(expr.op, ast.USub) and self._grows(expr.operand)
        return isinstance(expr, ast.Call) and self._facts.names.dotted(expr.func) in library.NUMPY_OUT

    @staticmethod
    def _constant(expr: ast.expr) -> bool:
        return not any(isinstance(n, ast.Name) for n in ast.walk(expr))

    def text(self, expr: ast.expr) -> str:
        """Source text fit for a statement of its own: several lines get parentheses."""
        text = self._facts.text(expr)
        return f"({text})" if "\n" in text or "\r" in text else text

    def first_and_rest(self, plan: Plan) -> tuple[ast.expr, tuple[Step, ...]]:
        """The first new memory that a plan makes, and the steps that could overwrite it."""
        leaf = plan.leaf
        product = isinstance(leaf, ast.BinOp) and isinstance(leaf.op, ast.MatMult)
        if product or (isinstance(leaf, ast.Call) and self._makes_array(leaf)):
            return leaf, plan.steps
        return plan.steps[0].whole, plan.steps[1:]

    def _makes_array(self, call: ast.Call) -> bool:
        dotted = self._facts.names.dotted(call.func) or ""
        small = dotted.rpartition(".")[2] in library.REDUCTIONS or dotted in library.NUMPY_SMALL
        return dotted in library.MAKERS and not small and self._facts.aliases.fresh(call).owned

    def guarded(self, step: Step, buffer: str, texts: tuple[str, ...], leaf: str) -> str | None:
        """A step that overwrites `buffer` if that is possible when it runs; None if it cannot be asked."""
        numpy = self._facts.names.spell("numpy", step.whole)
        loose = [n for n, operand in enumerate(step.operands) if not self._fits(operand, leaf)]
        if numpy is None or step.operator in ("&", "|", "^"):
            return None
        if any(not texts[n].isidentifier() and not self._cheap(step.operands[n]) for n in loose):
            return None
        return step.guarded_line(buffer, texts, numpy, tuple(texts[n] for n in loose))

    @staticmethod
    def _cheap(operand: ast.expr) -> bool:
        """Whether reading an operand three times costs nothing and gives the same each time."""
        plain = (ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.Constant, ast.expr_context)
        return all(isinstance(n, (*plain, ast.UnaryOp, ast.unaryop)) for n in ast.walk(operand))

    def buffered(self, plan: Plan, buffer: str, *, guarded: bool = False) -> list[str] | None:
        """The statements that compute a plan in a new buffer; None if they cannot be `guarded`.

        Operands that are themselves computed come first: what they need for that is gone when
        the buffer is made.
        """
        first, rest = self.first_and_rest(plan)
        before: dict[str, str] = {}
        steps: list[str] = []
        for step in rest:
            texts: list[str] = []
            for operand in step.operands:
                text = self.text(operand)
                if isinstance(operand, ast.Call) and isinstance(operand.func, ast.Attribute):
                    name = self._facts.names.fresh_name(operand.func.attr, operand)
                    if before.setdefault(name, text) == text:
                        text = name
                texts.append(text)
            line = (
                self.guarded(step, buffer, tuple(texts), "") if guarded else step.line(buffer, tuple(texts))
            )
            if line is None:
                return None
            steps.append(line)
        made = [f"{name} = {text}" for name, text in before.items()]
        return [*made, f"{buffer} = {self.text(first)}", *steps]

    def reads(self, expr: ast.AST, name: str) -> bool:
        """Whether an expression reads a name."""
        return any(isinstance(n, ast.Name) and n.id == name for n in self._facts.under(expr))

    def keeps_type(self, step: Step, leaf: str, buffer: Value = UNKNOWN) -> bool:
        """Whether a float buffer, of which `buffer` is known, has the type and shape of the step's result."""
        if step.call and step.behind == () and step.before == ():
            return True
        return all(self._fits(o, leaf) or self._held(o, leaf, buffer) for o in step.operands)

    def _held(self, operand: ast.expr, leaf: str, buffer: Value) -> bool:
        """Whether facts about its type and shape say that an operand leaves the buffer's as they are."""
        if self.reads(operand, leaf):
            return False
        return buffer.holds(self._facts.arrays.value(operand, self._facts.statement(operand)))

    def _fits(self, operand: ast.expr, leaf: str) -> bool:
        node = operand.operand if isinstance(operand, ast.UnaryOp) else operand
        if isinstance(node, ast.Constant):
            return type(node.value) in (int, float)
        return self.own_reduction(node, leaf)

    def own_reduction(self, node: ast.expr, leaf: str) -> bool:
        """Whether this reduces `leaf` to something that broadcasts back to its shape."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr not in library.REDUCTIONS:
            return False
        arguments = list(node.args)
        owner: ast.expr | None = node.func.value
        if (self._facts.names.dotted(node.func) or "").startswith("numpy."):
            owner = arguments.pop(0) if arguments else None
        if not isinstance(owner, ast.Name) or owner.id != leaf:
            return False
        keywords = {k.arg: k.value for k in node.keywords}
        if set(keywords) - {"axis", "keepdims"} or len(arguments) > 1:
            return False
        axis = arguments[0] if arguments else keywords.get("axis")
        keep = keywords.get("keepdims")
        whole = axis is None or (isinstance(axis, ast.Constant) and axis.value in (None, 0))
        return whole or (isinstance(keep, ast.Constant) and keep.value is True)


def evaluated_once(stmt: ast.stmt) -> Iterator[ast.expr]:
    """Expressions of a simple statement that run exactly once, outermost first."""
    value = getattr(stmt, "value", None)
    stack: list[ast.AST] = [value] if isinstance(value, ast.expr) else []
    while stack:
        node = stack.pop()
        kind = type(node)
        if isinstance(node, ast.expr):
            yield node
        if kind in _LATER:
            continue
        if kind in _FIRST:
            first = getattr(node, _FIRST[kind])
            stack.append(first[0] if isinstance(first, list) else first)
        else:
            stack.extend(reversed(children(node)))

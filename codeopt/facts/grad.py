"""Where gradients are switched off, by the code itself or by whoever calls it, and who asks for them."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codeopt.facts.index import DEFS, DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

_OFF = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad"})
_ON = frozenset({"torch.enable_grad", "torch.autograd.enable_grad"})
_SET = frozenset({"torch.set_grad_enabled", "torch.autograd.set_grad_enabled"})
_BACKWARD = frozenset({"backward", "autograd", "requires_grad_"})


# Lightning calls these with gradients off.
_HOOKS = frozenset({"validation_step", "test_step", "predict_step", "on_validation_epoch_end"})
_LIGHTNING = ("lightning.", "pytorch_lightning.", "lightning_fabric.")


class Grad:
    """Grad-mode questions about one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._names = facts.names
        self._index = facts.index
        self._around: dict[DefNode, bool] = {}

    def disabled_at(self, node: ast.AST) -> bool:
        """Whether a with-block, a decorator or an earlier call here surely switched gradients off."""
        return self._told(node) is False

    def disabled_around(self, node: ast.AST) -> bool:
        """Whether gradients are off here by the code itself, or by all that is seen to call it.

        A reason to offer nothing; not a proof, since a caller that is not in sight may differ.
        """
        told = self._told(node)
        if told is not None:
            return not told
        function = next((p for p in self._index.ancestors(node) if isinstance(p, DEFS)), None)
        return function is not None and self._called_without(function)

    def _called_without(self, function: DefNode) -> bool:
        """Whether a framework, a decorator of the project or every caller here holds gradients off."""
        if function not in self._around:
            self._around[function] = False  # what only calls itself is not decided
            self._around[function] = (
                self._is_hook(function) or self._is_wrapped(function) or self._has_such_callers(function)
            )
        return self._around[function]

    def _is_hook(self, function: DefNode) -> bool:
        around = self._index.parents.get(function)
        if function.name not in _HOOKS or not isinstance(around, ast.ClassDef):
            return False
        bases = [self._names.dotted(b) or "" for b in around.bases]
        return any(b.startswith(_LIGHTNING) and b.endswith(".LightningModule") for b in bases)

    def _is_wrapped(self, function: DefNode) -> bool:
        """Whether a decorator of the project calls what it is given with gradients off, each time."""
        for decorator in function.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            found = self._facts.summaries.named(target)
            if found is not None and _calls_without(found.facts, found.function):
                return True
        return False

    def _has_such_callers(self, function: DefNode) -> bool:
        """Whether a private function is called in this file, and only where gradients are off."""
        around = self._index.parents.get(function)
        if not function.name.startswith("_") or function.name.endswith("__"):
            return False
        uses: list[ast.expr] = []
        if isinstance(around, ast.Module):
            uses += self._names.uses(function.name, around)
        elif isinstance(around, ast.ClassDef):
            uses += [a for a in self._index.walk(ast.Attribute) if a.attr == function.name]
        calls = [self._index.parents[use] for use in uses]
        return bool(calls) and all(
            isinstance(call, ast.Call) and call.func is use and self.disabled_around(call)
            for call, use in zip(calls, uses, strict=True)
        )

    def _told(self, node: ast.AST) -> bool | None:
        """What a with-block, a decorator or an earlier call says of gradients here; None if nothing."""
        below: ast.AST = node
        for parent in self._index.ancestors(node):
            if isinstance(parent, (ast.With, ast.AsyncWith)) and below in parent.body:
                for item in reversed(parent.items):
                    mode = self.mode(item.context_expr)
                    if mode is not None:
                        return mode
            if isinstance(parent, (*DEFS, ast.Module)):
                switched = self._switched(parent, node)
                if switched is not None:
                    return switched
            if isinstance(parent, DEFS):
                modes = [self.mode(d) for d in parent.decorator_list]
                return False if False in modes else True if True in modes else None
            if isinstance(parent, ast.Lambda):
                return None
            below = parent
        return None

    def mode(self, expr: ast.expr) -> bool | None:
        """True or False for an expression that switches gradients on or off, None for others."""
        call = expr if isinstance(expr, ast.Call) else None
        dotted = self._names.dotted(call.func if call else expr)
        argument = call.args[0] if call and call.args else None
        value = argument.value if isinstance(argument, ast.Constant) else None
        if dotted in _OFF:
            return value is False if dotted == "torch.inference_mode" and argument is not None else False
        if dotted in _ON:
            return True
        if dotted in _SET and isinstance(value, bool):
            return value
        return None

    def calls_backward(self, function: ast.AST) -> bool:
        """Whether a function's body, inner functions included, asks for gradients."""
        return self._index.holds(function, self._attributes) or self._index.holds(function, self._calls)

    @cached_property
    def _attributes(self) -> list[int]:
        return self._index.places(ast.Attribute, lambda node: node.attr in _BACKWARD)

    @cached_property
    def _calls(self) -> list[int]:
        if "autograd" not in self._facts.source.text:
            return []
        dotted = self._names.dotted
        return self._index.places(ast.Call, lambda call: dotted(call.func) == "torch.autograd.grad")

    def _switched(self, function: ast.AST, node: ast.AST) -> bool | None:
        """What the last plain `torch.set_grad_enabled(...)` above a node in its function set."""
        state: bool | None = None
        for stmt in getattr(function, "body", []):
            if self._index.order(stmt) > self._index.order(node):
                break
            call = stmt.value if isinstance(stmt, ast.Expr) else None
            if isinstance(call, ast.Call) and self._names.dotted(call.func) in _SET:
                state = self.mode(call)
        return state


def _calls_without(facts: Facts, decorator: DefNode) -> bool:
    """Whether the functions inside a decorator call its function, and only with gradients off."""
    given = {a.arg for f in facts.under(decorator) if isinstance(f, DEFS) for a in f.args.args}
    calls = [
        c
        for c in facts.under(decorator)
        if isinstance(c, ast.Call)
        and isinstance(c.func, ast.Name)
        and c.func.id in given
        and facts.names.home(c.func) is not facts.function(c)
    ]
    return bool(calls) and all(facts.grad.disabled_at(c) for c in calls)

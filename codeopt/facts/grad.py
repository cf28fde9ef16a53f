"""Where gradients are switched off, and which functions ask for them."""

from __future__ import annotations

import ast

from codeopt.facts.index import DEFS, Index
from codeopt.facts.names import Names

_OFF = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad"})
_ON = frozenset({"torch.enable_grad", "torch.autograd.enable_grad"})
_SET = frozenset({"torch.set_grad_enabled", "torch.autograd.set_grad_enabled"})


class Grad:
    """Grad-mode questions about one file."""

    def __init__(self, names: Names, index: Index) -> None:
        self._names = names
        self._index = index

    def disabled_at(self, node: ast.AST) -> bool:
        """Whether a with-block, a decorator or an earlier call here surely switched gradients off."""
        below: ast.AST = node
        for parent in self._index.ancestors(node):
            if isinstance(parent, (ast.With, ast.AsyncWith)) and below in parent.body:
                for item in reversed(parent.items):
                    mode = self.mode(item.context_expr)
                    if mode is not None:
                        return not mode
            if isinstance(parent, (*DEFS, ast.Module)):
                switched = self._switched(parent, node)
                if switched is not None:
                    return not switched
            if isinstance(parent, DEFS):
                modes = [self.mode(d) for d in parent.decorator_list]
                return False in modes
            if isinstance(parent, ast.Lambda):
                return False
            below = parent
        return False

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
        for node in self._index.under(function):
            if isinstance(node, ast.Attribute) and node.attr in ("backward", "autograd", "requires_grad_"):
                return True
            if isinstance(node, ast.Call) and self._names.dotted(node.func) == "torch.autograd.grad":
                return True
        return False

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

"""PyTorch modules, and which values of a run of statements may hold an autograd graph."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

from codeopt.facts import patterns
from codeopt.facts.index import DEFS, DefNode

if TYPE_CHECKING:
    from codeopt.facts import Facts

# What these give holds no graph, whatever they are called on.
_FREE_METHODS = frozenset(
    [
        "item",
        "argmax",
        "argmin",
        "tolist",
        "numpy",
        "size",
        "dim",
        "numel",
        "detach",
        "bool",
        "long",
        "int",
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "isnan",
        "nonzero",
        "argsort",
        "any",
        "all",
        "nelement",
        "new_zeros",
        "new_ones",
        "type_as_index",
    ]
)
_FREE_CALLS = frozenset(
    f"builtins.{n}"
    for n in ("float", "int", "len", "bool", "str", "range", "isinstance", "repr", "print", "round")
) | frozenset(
    f"torch.{n}"
    for n in ("argmax", "argmin", "eq", "ne", "zeros", "ones", "empty", "arange", "no_grad", "tensor", "full",
              "zeros_like", "ones_like", "device", "isnan")
)  # fmt: skip
_GRAPHLESS = frozenset({"number", "detached", "ndarray", "none"})
_PAIRS = frozenset({"max", "min", "topk", "sort", "median", "mode", "kthvalue"})
_CONTAINERS = frozenset({"append", "extend", "update", "add", "insert", "put"})
_LOADING = frozenset({"builtins.enumerate", "builtins.zip", "tqdm.tqdm", "tqdm.auto.tqdm", "builtins.iter"})
_USUAL_NAMES = frozenset(
    ["model", "net", "network", "module", "classifier", "encoder", "decoder", "backbone", "generator"]
)
_TENSOR_METHODS = patterns.PURE_METHODS | frozenset(
    [
        "cuda",
        "cpu",
        "numpy",
        "detach",
        "data_ptr",
        "eval",
        "format",
        "items",
        "keys",
        "values",
        "append",
        "extend",
        "contiguous",
        "expand",
        "argmax",
        "gather",
        "flatten",
        "set_postfix",
        "set_description",
        "write",
        "log",
        "info",
        "join",
        "split",
        "get",
        "double",
        "half",
        "bfloat16",
    ]
)


def is_module_call(facts: Facts, call: ast.Call, function: DefNode) -> bool | None:
    """True for a call of what is surely a module, None where its name only suggests one."""
    target = call.func
    if isinstance(target, ast.Attribute) and target.attr == "forward":
        target = target.value
    if not patterns.plain(target):
        return False
    if any(patterns.same(target, m) for m in facts.evaluated.get(function, ())):
        return True
    if isinstance(target, ast.Name):
        if patterns.kind(facts, target) == "module" or _made_module(facts, target, function):
            return True
        local = facts.names.home(target)
        return None if target.id in _USUAL_NAMES and local is function else False
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return None if target.attr in _USUAL_NAMES else False
    return False


def evaluated(facts: Facts) -> dict[ast.AST, list[ast.expr]]:
    """What each function, with those inside it, calls `.eval()` on."""
    found: dict[ast.AST, list[ast.expr]] = {}
    for call in facts.walk(ast.Call):
        on = patterns.method(call, "eval")
        if on is not None and not call.args:
            for parent in facts.index.ancestors(call):
                if isinstance(parent, DEFS):
                    found.setdefault(parent, []).append(on[0])
    return found


def _made_module(facts: Facts, name: ast.Name, function: DefNode) -> bool:
    if facts.names.home(name) is not function:
        return False
    found = facts.flow(function).definitions(name.id, facts.statement(name))
    values = [d.value for d in found if isinstance(d, ast.Assign) and isinstance(d.value, ast.Call)]
    return (
        bool(values)
        and len(values) == len(found)
        and all(
            (facts.names.dotted(v.func) or "").startswith("torch.nn.")
            and not (facts.names.dotted(v.func) or "").startswith(("torch.nn.functional", "torch.nn.init"))
            for v in values
        )
    )


class Region:
    """A run of statements of one function, and which of its values may hold a graph."""

    def __init__(self, facts: Facts, function: DefNode, run: Sequence[ast.stmt]) -> None:
        self._facts = facts
        self._function = function
        self._graphed: set[str] = set(facts.flow(function).parameters)
        before = -1
        while before != len(self._graphed):
            before = len(self._graphed)
            for node in facts.under(function):
                self._bind(node)
        self._take(run)

    def _take(self, run: Sequence[ast.stmt]) -> None:
        self.run = run
        self.nodes = [n for stmt in run for n in self._facts.under(stmt)]

    def other(self, run: Sequence[ast.stmt]) -> Region:
        """Another run of statements of the same function."""
        region = copy(self)
        region._take(run)
        return region

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._graphed.update(n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
        elif isinstance(node, ast.NamedExpr):
            self._assign(node.target, node.value)
        elif (kept := self._stored(node)) is not None:
            self._graphed.add(kept)
        elif isinstance(node, ast.With):
            for item in node.items:
                if item.optional_vars is not None:
                    self._graphed.update(
                        n.id for n in ast.walk(item.optional_vars) if isinstance(n, ast.Name)
                    )

    def _stored(self, node: ast.AST) -> str | None:
        """The function's own container that a call puts a graph into."""
        found = patterns.method(node, *_CONTAINERS)
        if found is None or not isinstance(found[0], ast.Name) or all(self.free(a) for a in found[1].args):
            return None
        flow = self._facts.flow(self._function)
        own = found[0].id in flow.locals - flow.parameters
        return found[0].id if own and found[0].id not in flow.captured else None

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            if self._is_pair(value) and len(target.elts) == 2:
                self._assign(target.elts[0], value)
            elif isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for one, other in zip(target.elts, value.elts, strict=True):
                    self._assign(one, other)
            elif not self.free(value):
                self._graphed.update(n.id for n in ast.walk(target) if isinstance(n, ast.Name))
        elif isinstance(target, ast.Name) and not self.free(value):
            self._graphed.add(target.id)

    def _is_pair(self, value: ast.expr) -> bool:
        """Whether an expression gives values and indices, of which indices hold no graph."""
        dotted = self._facts.names.dotted(value.func) if isinstance(value, ast.Call) else None
        found = patterns.method(value, *_PAIRS)
        return found is not None and (dotted is None or dotted.startswith("torch."))

    def free(self, expr: ast.AST) -> bool:
        """Whether a value surely holds no graph, and is the same whether gradients are on or off."""
        match expr:
            case ast.Constant() | ast.Compare() | ast.JoinedStr():
                return True
            case ast.Name():
                return expr.id not in self._graphed
            case ast.Subscript():
                return self.free(expr.value) or (
                    self._is_pair(expr.value) and patterns.number(expr.slice) == 1
                )
            case ast.Attribute():
                known = ("shape", "device", "dtype", "data", "ndim", "indices")
                return expr.attr in known or self.free(expr.value)
            case ast.Call():
                return self._free_call(expr)
            case ast.BinOp():
                return self.free(expr.left) and self.free(expr.right)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self.free(expr.elt)
            case ast.Dict():
                return all(v is not None and self.free(v) for v in expr.values)
            case ast.Tuple() | ast.List() | ast.Set() | ast.BoolOp() | ast.UnaryOp() | ast.IfExp():
                parts = (c for c in ast.iter_child_nodes(expr) if isinstance(c, ast.expr))
                return all(self.free(c) for c in parts)
        return False

    def _free_call(self, call: ast.Call) -> bool:
        dotted = self._facts.names.dotted(call.func)
        if dotted is not None:
            if dotted in _FREE_CALLS or dotted.startswith(("numpy.", "math.", "time.", "sklearn.metrics.")):
                return True
            if not dotted.startswith(("torch.", "builtins.")):
                return self._facts.inferred.kind(call) in _GRAPHLESS
            parts = [*call.args, *(k.value for k in call.keywords)]
            return all(self.free(p) for p in parts)
        if isinstance(call.func, ast.Attribute):
            if call.func.attr in _FREE_METHODS:
                return True
            parts = [call.func.value, *call.args, *(k.value for k in call.keywords)]
            return all(self.free(p) for p in parts)
        return self._facts.inferred.kind(call) in _GRAPHLESS

    def leaks(self) -> bool:
        """Whether a value that may hold a graph certainly leaves the run."""
        flow = self._facts.flow(self._function)
        bound = {n.id for n in self.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        bound |= {kept for n in self.nodes if (kept := self._stored(n)) is not None}
        if any(name in self._graphed for name in bound & flow.live_after(self.run[-1])):
            return True
        for node in self.nodes:
            if isinstance(node, ast.Return) and node.value is not None and not self.free(node.value):
                return True
            if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
                return True
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                stores = any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in targets)
                if stores and not self.free(node.value):
                    return True
            found = patterns.method(node, *_CONTAINERS)
            escapes = found is not None and self._stored(node) is None
            if found is not None and escapes and not all(self.free(a) for a in found[1].args):
                return True
        return False


def understood(facts: Facts, function: DefNode, run: Sequence[ast.stmt]) -> bool:
    """Whether every call of a run of statements is known to keep nothing and to ask for no gradients."""
    return all(
        _known(facts, call, function)
        for stmt in run
        for call in facts.under(stmt)
        if isinstance(call, ast.Call)
    )


def _known(facts: Facts, call: ast.Call, function: DefNode) -> bool:
    dotted = facts.names.dotted(call.func)
    if dotted is not None and dotted.startswith(("torch.", "numpy.", "math.", "builtins.", "time.")):
        return True
    if dotted in _LOADING or is_module_call(facts, call, function):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in _TENSOR_METHODS


def module_class(facts: Facts, node: ast.AST) -> ast.ClassDef | None:
    """The class around a node that derives from `torch.nn.Module`, if it does so in plain sight."""
    for parent in facts.index.ancestors(node):
        if isinstance(parent, ast.ClassDef):
            bases = {facts.names.dotted(b) for b in parent.bases}
            return parent if bases & {"torch.nn.Module", "torch.nn.modules.module.Module"} else None
    return None


def own_layer(facts: Facts, node: ast.AST) -> ast.Call | None:
    """The one call whose result the class around `self.name` ever binds that attribute to."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != "self":
        return None
    around = next((p for p in facts.index.ancestors(node) if isinstance(p, ast.ClassDef)), None)
    made: list[ast.Call | None] = []
    for part in facts.under(around) if around is not None else ():
        if isinstance(part, ast.Attribute) and part.attr == node.attr and isinstance(part.ctx, ast.Store):
            stmt = facts.parent(part)
            value = stmt.value if isinstance(stmt, (ast.Assign, ast.AnnAssign)) else None
            made.append(value if isinstance(value, ast.Call) else None)
    return made[0] if len(made) == 1 else None


def functional(facts: Facts, name: str, at: ast.AST) -> str | None:
    """How the file can spell `torch.nn.functional.name`; None if it imports nothing of torch."""
    return facts.names.spell(f"torch.nn.functional.{name}", at)


def is_tensor(facts: Facts, node: ast.expr) -> bool:
    """Whether a value is a floating tensor by annotation, or the input of a module's `forward`."""
    if patterns.kind(facts, node) == "tensor":
        return True
    function = facts.function(node)
    forward = isinstance(function, DEFS) and function.name == "forward"
    return forward and isinstance(node, ast.Name) and module_class(facts, node) is not None

"""What names mean: canonical dotted names through imports, and how a file could spell one."""

from __future__ import annotations

import ast
import builtins
from functools import cached_property

from codeopt.facts.index import Index
from codeopt.facts.scopes import Scope, Scopes

_BUILTINS = frozenset(dir(builtins))

_FRAME_READERS = frozenset(
    {"builtins.locals", "builtins.vars", "builtins.dir", "builtins.eval", "builtins.exec"}
    | {"sys._getframe", "inspect.currentframe", "inspect.stack", "pdb.set_trace", "builtins.breakpoint"}
)


class Names:
    """Name questions about one module; scopes are worked out at the first of them."""

    def __init__(self, tree: ast.Module, index: Index) -> None:
        self._tree = tree
        self._index = index
        self._targets: dict[tuple[Scope, str], str | None] = {}
        self._dotted: dict[ast.AST, str | None] = {}

    def close(self) -> None:
        """Let go of what refers to itself."""
        if "scopes" in self.__dict__:
            self.scopes.close()

    @cached_property
    def scopes(self) -> Scopes:
        """All scopes of the module."""
        return Scopes(self._tree, self._index)

    @cached_property
    def frame_readers(self) -> list[int]:
        """Places in the walk of calls that can see the variables of a frame by name."""
        return self._index.places(ast.Call, self._reads_frame)

    def _reads_frame(self, call: ast.Call) -> bool:
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if isinstance(call.func, ast.Name) and f"builtins.{name}" in _FRAME_READERS:
            return True
        return name in self._frame_reader_names and self.dotted(call.func) in _FRAME_READERS

    @cached_property
    def _frame_reader_names(self) -> frozenset[str]:
        """The last names by which this file may call what sees the variables of a frame."""
        last = frozenset(name.rpartition(".")[2] for name in _FRAME_READERS)
        return last | {a.asname for a in self._index.walk(ast.alias) if a.asname and a.name in last}

    @cached_property
    def _by_scope(self) -> dict[tuple[Scope, str], list[ast.Name]]:
        found: dict[tuple[Scope, str], list[ast.Name]] = {}
        for name in self._index.walk(ast.Name):
            home = self.scopes.resolve(name)
            if home is not None:
                found.setdefault((home, name.id), []).append(name)
        return found

    def scope(self, function: ast.AST) -> Scope:
        """The scope that a function, lambda, class, comprehension or module opens."""
        return self.scopes.of_node[function]

    def bindings(self, name: str, function: ast.AST) -> list[ast.AST]:
        """Every node that binds `name` in a function's own scope, parameters included."""
        return self.scope(function).bindings.get(name, [])

    def uses(self, name: str, function: ast.AST) -> list[ast.Name]:
        """Every read of a function's own `name`, in nested scopes too, in source order."""
        return [n for n in self.occurrences(name, function) if isinstance(n.ctx, ast.Load)]

    def occurrences(self, name: str, function: ast.AST) -> list[ast.Name]:
        """Every read, store and delete of a function's own `name`, in source order."""
        return self._by_scope.get((self.scope(function), name), [])

    def home(self, name: ast.Name) -> ast.AST | None:
        """The function, class, comprehension or module whose name this is; None for builtins."""
        scope = self.scopes.resolve(name)
        return None if scope is None else scope.node

    def dotted(self, expr: ast.AST) -> str | None:
        """`numpy.exp` for `np.exp` under `import numpy as np`; None where that is not sure.

        Builtins read `builtins.sum`. A name with any other binding in its scope, or one that a
        star import may have replaced, is not resolved. Relative imports keep their dots.
        """
        if not isinstance(expr, (ast.Attribute, ast.Name)):
            return None
        if expr not in self._dotted:
            self._dotted[expr] = self._resolved(expr)
        return self._dotted[expr]

    def _resolved(self, expr: ast.expr) -> str | None:
        tail: list[str] = []
        while isinstance(expr, ast.Attribute):
            tail.append(expr.attr)
            expr = expr.value
        if not isinstance(expr, ast.Name) or expr not in self.scopes.places:
            return None
        scope = self.scopes.resolve(expr)
        root = self._builtin(expr.id) if scope is None else self._imported(scope, expr.id)
        return None if root is None else ".".join([root, *reversed(tail)])

    def _builtin(self, name: str) -> str | None:
        return f"builtins.{name}" if name in _BUILTINS and not self.scopes.module.star else None

    def _imported(self, scope: Scope, name: str) -> str | None:
        key = (scope, name)
        if key not in self._targets:
            nodes = scope.bindings[name]
            targets = {self._target(n) if isinstance(n, ast.alias) else None for n in nodes}
            self._targets[key] = targets.pop() if len(targets) == 1 else None
        return self._targets[key]

    def _target(self, alias: ast.alias) -> str:
        statement = self._index.parents[alias]
        if isinstance(statement, ast.ImportFrom):
            base = "." * statement.level + (statement.module or "")
            return f"{base}{alias.name}" if base.endswith(".") else f"{base}.{alias.name}"
        return alias.name if alias.asname else alias.name.partition(".")[0]

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Canonical name -> local name, for imports at module level that nothing rebinds."""
        found: dict[str, str] = {}
        module = self.scopes.module
        for name, nodes in module.bindings.items():
            if all(isinstance(n, ast.alias) and self._at_top(n) for n in nodes):
                target = self._imported(module, name)
                if target is not None:
                    found.setdefault(target, name)
        return found

    def _at_top(self, node: ast.AST) -> bool:
        return isinstance(self._index.parents[self._index.parents[node]], ast.Module)

    def spell(self, dotted: str, at: ast.AST | None = None) -> str | None:
        """How this file already spells a canonical name (`F.gelu`), from its imports; else None.

        With `at`, a spelling that is shadowed at that place is not offered.
        """
        head, tail = dotted, ""
        while head:
            local = self._spellings.get(head)
            if local is not None and (at is None or not self._shadowed(local, at)):
                return local + tail
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return None

    def _shadowed(self, name: str, at: ast.AST) -> bool:
        for node in (at, *self._index.ancestors(at)):
            scope = self.scopes.of_node.get(node)
            if scope is not None:
                return self.scopes.lookup(name, scope) is not self.scopes.module
        return False

    def fresh_name(self, wanted: str, at: ast.AST) -> str:
        """`wanted`, or `wanted_2` and so on: a name that means nothing anywhere in the file."""
        wanted = f"{wanted}_value" if wanted in _BUILTINS else wanted
        number, name = 1, wanted
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        return name

    @cached_property
    def _taken(self) -> set[str]:
        """Names that mean something somewhere in the file, or everywhere."""
        taken = {n.id for n in self._index.walk(ast.Name)} | {a.arg for a in self._index.walk(ast.arg)}
        return taken | set(self.scopes.module.bindings) | _BUILTINS

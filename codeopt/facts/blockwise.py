"""Writing a run of row-wise statements as a loop over blocks of rows."""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING

from codeopt.edit import Edit, apply_edits
from codeopt.facts import patterns
from codeopt.facts.rows import Region, Size, bound
from codeopt.facts.rowwise import Rowwise

if TYPE_CHECKING:
    from codeopt.facts import Facts

_LONG = 36


class Blockwise:
    """The loop over blocks of `size` rows that does what a region does."""

    def __init__(self, facts: Facts, region: Region, rows: Rowwise, size: int) -> None:
        self._facts = facts
        self._region = region
        self._rows = rows
        self._size = size
        function = facts.function(region.last)
        self._taken = {n.id for n in facts.under(function) if isinstance(n, ast.Name)}
        self._taken |= {n.arg for n in facts.under(function) if isinstance(n, ast.arg)}
        self._taken |= set(dir(builtins))
        self._start, self._slice = self._name("start"), self._name("rows", "block")
        self._shape = self._name("shape")
        self._lead = next(iter(region.inputs))
        self._length = f"len({self._lead})"
        self._bound: set[str] = set()
        self._before: list[str] = []
        self._inside: list[str] = []
        self._first: list[str] = []
        self._store: list[str] = []
        self._behind: list[str] = []
        self._comments: list[str] = []
        self._latest = self._inside
        self._hoisted: dict[str, str] = {}
        big = {n for n in region.outputs if region.sizes[n] >= Size.PRODUCT}
        rebound = set(region.inputs) & set(region.sizes)
        self._renamed = {n: self._name(f"{n}_block") for n in region.sizes if n in big | rebound}

    def _name(self, *wanted: str) -> str:
        numbered = (f"{wanted[0]}_{number}" for number in range(2, 99))
        name = next(n for n in (*wanted, *numbered) if n not in self._taken)
        self._taken.add(name)
        return name

    def edits(self) -> tuple[Edit, ...]:
        """One edit over the whole region; none where its text cannot be moved."""
        facts, region = self._facts, self._region
        finishes = bool(region.parts or region.added)
        texts = [s for s in ast.walk(ast.Module(region.stmts, [])) if isinstance(s, ast.Constant)]
        if any(isinstance(s.value, (str, bytes)) and "\n" in facts.text(s) for s in texts):
            return ()
        for stmt in region.stmts[: -1 if finishes else None]:
            self._add(stmt)
        for name in region.outputs:
            self._keep(name, self._renamed.get(name, name), region.sizes[name], name not in region.inputs)
        last = self._finished() if finishes else []
        unit = facts.edits.unit(region.last)
        head = f"for {self._start} in range(0, max(1, {self._length}), {self._size}):"
        inside = [f"{self._slice} = slice({self._start}, {self._start} + {self._size})", *self._inside]
        if self._first:
            inside += [f"if {self._start} == 0:", *(unit + line for line in self._first)]
        inside += self._store
        newline = facts.source.newline
        deeper = [unit + line.replace(newline, newline + unit) for line in inside]
        lines = [*self._before, head, *deeper, *self._behind, *last]
        return facts.edits.replace_run(region.stmts[0], region.last, lines)

    def _add(self, stmt: ast.stmt) -> None:
        region, target = self._region, bound(stmt)
        self._carry_comments(stmt)
        match stmt:
            case ast.Assign(value=value) if target in region.totals:
                whole = self._add_up(str(target), value, region.totals[str(target)])
                self._behind += [f"{target} = {whole}"] if whole != target else []
            case ast.Assign(value=value) if self._rows.size(value, region) is Size.SHARED:
                self._put(self._before, f"{target} = {_line(self._facts.text(value))}")
            case ast.Assign(value=value):
                self._put(self._inside, f"{self._renamed.get(str(target), target)} = {self._text(value)}")
            case ast.AugAssign(target=written, value=value):
                sign = self._between(written, value)
                self._put(self._inside, f"{self._text(written)} {sign} {self._text(value)}")
            case ast.Expr(value=value):
                self._put(self._inside, self._text(value))
            case ast.Delete(targets=targets):
                self._put(self._inside, "del " + ", ".join(self._text(t) for t in targets))
        if target in region.sizes:
            self._bound.add(str(target))

    def _between(self, left: ast.expr, right: ast.expr) -> str:
        start, end = self._facts.range(left)[1], self._facts.range(right)[0]
        return self._facts.source.data[start:end].decode().split("=")[0].strip() + "="

    def _put(self, lines: list[str], *new: str) -> None:
        """Add lines with the comments that stood in front of them."""
        lines += [*self._comments, *new]
        self._latest, self._comments = lines, []

    def _carry_comments(self, stmt: ast.stmt) -> None:
        """Take up the comments between the statement before and this one."""
        number = self._region.stmts.index(stmt)
        if number == 0:
            return
        start = self._facts.range(self._region.stmts[number - 1])[1]
        gap = self._facts.source.data[start : self._facts.range(stmt)[0]].decode()
        trailing, *own = re.split(r"\r\n|\r|\n", gap)
        if "#" in trailing:
            self._latest[-1] += f"  {trailing[trailing.index('#') :].strip()}"
        self._comments = [line.strip() for line in own if line.strip().startswith("#")]

    def _keep(self, name: str, block: str, size: Size, free: bool) -> None:
        """Put the blocks of a value together under `name`."""
        spell = self._facts.names.spell
        if size is Size.REDUCED:
            made = self._name(f"{name}_blocks")
            self._before.append(f"{made} = []")
            self._store.append(f"{made}.append({block})")
            self._behind.append(f"{name} = {spell('numpy.concatenate', self._region.last)}({made})")
            return
        whole = name if free else self._name(f"new_{name}")
        like = spell("numpy.empty_like", self._region.last)
        shape = f"({self._length}, *{block}.shape[1:])"
        if len(whole) + 2 * len(block) > _LONG:
            self._first.append(f"{self._shape} = {shape}")
            shape = self._shape
        self._first.append(f"{whole} = {like}({block}, shape={shape})")
        self._store.append(f"{whole}[{self._slice}] = {block}")
        if whole != name:
            self._behind.append(f"{name} = {whole}")

    def _add_up(self, name: str, node: ast.expr, how: str) -> str:
        """Add up a total over the blocks under `name`; what it is when they are done."""
        text = self._text(node)
        if how in ("max", "min"):
            block = self._name(f"{name}_block")
            more = self._facts.names.spell(f"numpy.{how}imum", node)
            self._put(self._inside, f"{block} = {text}")
            self._store.append(f"{name} = {block} if {self._start} == 0 else {more}({name}, {block})")
            return name
        self._before.append(f"{name} = 0")
        if how == "mean":
            self._put(self._inside, f"{name} += {text} * len({self._lead}[{self._slice}])")
            return f"{name} / {self._length}"
        self._put(self._inside, f"{name} += {text}")
        return name

    def _finished(self) -> list[str]:
        """The last statement, with names for what the blocks gave."""
        region, spell = self._region, self._facts.names.spell
        self._carry_comments(region.last)
        comments, self._comments = self._comments, []
        named: dict[ast.expr, str] = {}
        for part, how in region.added.items():
            whole = self._add_up(self._name("total"), part, how)
            plain = whole.isidentifier() or isinstance(self._facts.parent(part), (ast.Call, ast.stmt))
            named[part] = whole if plain else f"({whole})"
        for part, size in region.parts.items():
            if size is Size.REDUCED:
                made = self._name("blocks")
                self._before.append(f"{made} = []")
                self._inside.append(f"{made}.append({self._text(part)})")
                named[part] = f"{spell('numpy.concatenate', region.last)}({made})"
                continue
            named[part], block = self._name("result"), self._name("result_block")
            self._inside.append(f"{block} = {self._text(part)}")
            self._keep(named[part], block, size, free=True)
        return [*comments, patterns.with_parts(self._facts, region.last, named)]  # type: ignore[arg-type]

    def _text(self, node: ast.expr) -> str:
        """The text of an expression for one block; what has no rows and is computed goes before the loop."""
        parts: dict[ast.expr, str] = {}
        stack: list[ast.AST] = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.Name):
                parts.update(self._block_of(part))
                continue
            computed = isinstance(part, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript))
            if computed and part is not node and self._rows.size(part, self._region) is Size.SHARED:
                if any(isinstance(n, ast.Call) and not self._is_len(n) for n in ast.walk(part)):
                    parts[part] = self._hoist(part)  # type: ignore[arg-type, index]
                continue
            stack.extend(ast.iter_child_nodes(part))
        start, end = self._facts.range(node)
        edits = [e for part, text in parts.items() for e in self._facts.edits.replace(part, text)]
        before, behind = self._facts.source.data[:start].decode(), self._facts.source.data[end:].decode()
        whole = apply_edits(self._facts.source.text, edits)
        return _line(whole[len(before) : len(whole) - len(behind)])

    def _block_of(self, name: ast.Name) -> dict[ast.expr, str]:
        if name.id in self._bound:
            return {name: self._renamed[name.id]} if name.id in self._renamed else {}
        if name.id in self._region.inputs and (
            not self._rows.measured(name) or self._rows.counts_block(name)
        ):
            return {name: f"{name.id}[{self._slice}]"}
        return {}

    def _hoist(self, node: ast.expr) -> str:
        text = self._facts.text(node)
        if text not in self._hoisted:
            call = next(n for n in ast.walk(node) if isinstance(n, ast.Call))
            func = call.func
            made = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "shared")
            self._hoisted[text] = self._name(made, made.rpartition("_")[2], f"{made}_value")
            self._before.append(f"{self._hoisted[text]} = {_line(text)}")
        return self._hoisted[text]

    def _is_len(self, call: ast.Call) -> bool:
        return patterns.is_call(self._facts, call, "builtins.len")


def _line(text: str) -> str:
    """Text fit for a line of its own: where it goes on without brackets of its own, it gets some."""
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return f"({text})"
    return text

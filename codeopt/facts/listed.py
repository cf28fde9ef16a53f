"""Lists that are made only to be gone through once, and the files that such items come from."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codeopt.edit import Edit
from codeopt.facts import patterns
from codeopt.facts.few import ITEMS, tell, tell_of_data
from codeopt.facts.index import COMPREHENSIONS, DEFS

if TYPE_CHECKING:
    from codeopt.facts import Facts

_PURE = (
    ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.expr_context,
    ast.operator, ast.cmpop, ast.boolop, ast.unaryop,
)  # fmt: skip

_BLANK = re.compile(rb"[ \t]*\r?\n[ \t]*")
_LONG = frozenset(
    {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob", "csv.reader", "re.finditer"}
)
_LONG_METHODS = frozenset(
    {"readlines", "splitlines", "glob", "rglob", "iterdir", "finditer", "itertuples", "iterrows"}
)


def listed(facts: Facts, node: ast.AST | None) -> ast.expr | None:
    """What `list(x)` is made from; None for anything else."""
    if not isinstance(node, ast.Call) or facts.names.dotted(node.func) != "builtins.list":
        return None
    alone = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
    return node.args[0] if alone else None


def lazy(facts: Facts, comprehension: ast.ListComp) -> bool:
    """Whether the items of a list comprehension may be computed inside a generator of their own."""
    inside = facts.under(comprehension)
    if any(isinstance(n, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)) for n in inside):
        return False
    if any(part.is_async for part in comprehension.generators):
        return False
    # Inside a generator a StopIteration turns into a RuntimeError.
    calls = {facts.names.dotted(n.func) for n in inside if isinstance(n, ast.Call)}
    # Newer Pythons run the comprehension in the function's own frame, the generator never.
    if calls & {"builtins.next", "builtins.super", "builtins.locals", "builtins.vars", "builtins.eval"}:
        return False
    return not isinstance(facts.parent(facts.statement(comprehension)), ast.ClassDef)


def short(facts: Facts, node: ast.expr) -> bool:
    """Whether what is gone through surely is a handful of items: written out, or the axes of an array."""
    match node:
        case ast.ListComp() | ast.GeneratorExp():
            return all(short(facts, part.iter) for part in node.generators)
        case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
            return not any(isinstance(n, ast.Starred) for n in ast.iter_child_nodes(node))
        case ast.Attribute(attr="shape" | "ndim") | ast.Constant():
            return True
        case ast.BinOp(left=left, right=right):
            return short(facts, left) and short(facts, right)
        case ast.Subscript(value=value):
            return short(facts, value) and isinstance(value, ast.Attribute)
        case ast.Call(args=args):
            name = facts.names.dotted(node.func)
            if name in ("builtins.range", "builtins.len", "builtins.zip", "builtins.enumerate"):
                return bool(args) and all(short(facts, a) for a in args)
            return name in ("builtins.map", "builtins.filter") and bool(args) and short(facts, args[-1])
    return False


def many(facts: Facts, node: ast.expr) -> bool:
    """Whether what is gone through may well be long by the look of it: numbers, lines, words, files, "
    "pairs."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return any(many(facts, part.iter) for part in node.generators)
    if isinstance(node, ast.Name):
        return opened(facts, node) is not None
    if not isinstance(node, ast.Call) or short(facts, node):
        return False
    name = facts.names.dotted(node.func) or ""
    if name in ("builtins.map", "builtins.filter", "builtins.zip", "builtins.enumerate"):
        return any(many(facts, a) for a in node.args)
    if name == "builtins.range":
        return any(_is_length(a) or _is_given(facts, a) for a in node.args)
    if name in _LONG or name == "itertools.chain":
        return True
    return isinstance(node.func, ast.Attribute) and node.func.attr in _LONG_METHODS


def _is_given(facts: Facts, expr: ast.expr) -> bool:
    """Whether a number is what the caller of the function says it is: it may be any."""
    home = facts.names.home(expr) if isinstance(expr, ast.Name) else None
    if not isinstance(expr, ast.Name) or not isinstance(home, DEFS):
        return False
    return all(isinstance(node, ast.arg) for node in facts.names.bindings(expr.id, home))


def _is_length(expr: ast.expr) -> bool:
    """Whether a number is worked out from the length of something; any other may be a handful."""
    return any(
        (isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "len")
        or (isinstance(n, ast.Subscript) and isinstance(n.value, ast.Attribute) and _is_rows(n))
        for n in ast.walk(expr)
    )


def _is_rows(axis: ast.Subscript) -> bool:
    rows = isinstance(axis.slice, ast.Constant) and axis.slice.value == 0
    return rows and isinstance(axis.value, ast.Attribute) and axis.value.attr == "shape"


def few(facts: Facts, node: ast.expr) -> bool:
    """Whether names tell of a handful (keys, levels, options, losses), or the code of a module's top."""
    return tell(facts.under(node), ITEMS) or isinstance(facts.function(node), ast.Module)


def beside_objects(comprehension: ast.ListComp) -> bool:
    """Whether an item is read off an object of a list by its number, `xs[i].size` over `range(len(xs))`: the
    objects are all there anyway, and each is far larger than its place in one more list."""
    match comprehension.generators[0].iter:
        case ast.Call(
            func=ast.Name(id="range"), args=[*_, ast.Call(func=ast.Name(id="len"), args=[objects])]
        ):
            held = ast.dump(objects)
            read = (n.value for n in ast.walk(comprehension.elt) if isinstance(n, ast.Attribute))
            return any(isinstance(item, ast.Subscript) and ast.dump(item.value) == held for item in read)
    return False


def pure_items(comprehension: ast.ListComp) -> bool:
    """Whether computing the items is plain reads, comparisons and arithmetic on them."""
    parts = [comprehension.elt, *(test for g in comprehension.generators for test in g.ifs)]
    return all(isinstance(n, _PURE) for part in parts for n in ast.walk(part))


def without_brackets(facts: Facts, call: ast.Call, comprehension: ast.ListComp) -> list[Edit]:
    """Edits that make a list comprehension among the arguments of a call a generator."""
    start, end = facts.range(comprehension)
    tail = facts.source.data[end : facts.range(call)[1]].strip()
    alone = len(call.args) == 1 and not call.keywords and tail == b")"
    opening, closing = ("", "") if alone else ("(", ")")
    data, first, last = facts.source.data, start + 1, end - 1
    if alone and not data[data.rfind(b"\n", 0, start) + 1 : start].strip():
        # A bracket on a line of its own takes the line with it.
        blank, behind = _BLANK.match(data, first), _BLANK.match(data, end)
        before = len(data[:last].rstrip(b" \t"))
        first = blank.end() if blank else first
        own = data[before - 1 : before] == b"\n"
        last = before - (2 if data[before - 2 : before] == b"\r\n" else 1) if behind and own else last
    return [Edit(start, first, opening), Edit(last, end, closing)]


def lists_bound(facts: Facts, name: ast.Name) -> list[ast.expr]:
    """What makes the list, no handful, that a name of its own function surely holds; else empty."""
    function = facts.function(name)
    if not isinstance(function, DEFS) or facts.names.home(name) is not function:
        return []
    flow = facts.flow(function)
    made = flow.definitions(name.id, facts.statement(name))
    values = [d.value for d in made if isinstance(d, ast.Assign) and isinstance(d.targets[0], ast.Name)]
    known = len(values) == len(made) and all(_makes_list(facts, value) for value in values)
    return values if known and name.id not in flow.captured else []


def _makes_list(facts: Facts, value: ast.expr) -> bool:
    if isinstance(value, ast.ListComp):
        return not short(facts, value)
    if not isinstance(value, ast.Call):
        return False
    called = facts.names.dotted(value.func)
    if called in ("builtins.list", "builtins.sorted"):
        return bool(value.args) and not short(facts, value.args[0])
    method = value.func.attr if isinstance(value.func, ast.Attribute) else ""
    return called is None and method in ("readlines", "splitlines")


def iterated(facts: Facts, node: ast.AST) -> ast.For | ast.comprehension | None:
    """The loop, or the part of a comprehension, that goes straight over an expression."""
    parent = facts.parent(node)
    if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node:
        return None if getattr(parent, "is_async", False) else parent
    return None


def gone_through_here(facts: Facts, loop: ast.For | ast.comprehension) -> bool:
    """Whether all turns of a loop are over when its statement is: not those of a generator kept for later."""
    owner = loop if isinstance(loop, ast.For) else facts.parent(loop)
    if not isinstance(owner, ast.GeneratorExp):
        return isinstance(owner, (ast.For, *COMPREHENSIONS))
    return isinstance(facts.parent(owner), ast.Call)


def used_inside(facts: Facts, name: ast.Name, loop: ast.For | ast.comprehension) -> bool:
    """Whether a loop says a name at another place than `name`."""
    owner = loop if isinstance(loop, ast.For) else facts.parent(loop)
    nodes = facts.under(owner) if owner is not None else []
    return any(isinstance(n, ast.Name) and n.id == name.id and n is not name for n in nodes)


def kept(facts: Facts, loop: ast.For | ast.comprehension) -> bool:
    """Whether all items are in a list again when the loop is through."""
    around = facts.parent(loop)
    if isinstance(loop, ast.comprehension):
        stored = [around.elt] if isinstance(around, ast.ListComp) else []
    else:
        appended = [found for n in facts.under(loop) if (found := patterns.method(n, "append", "add"))]
        stored = [arg for _, call in appended for arg in call.args]
    item = loop.target.id if isinstance(loop.target, ast.Name) else ""
    return any(isinstance(part, ast.Name) and part.id == item for part in stored)


def is_of_data(facts: Facts, file: ast.expr) -> bool:
    """Whether the name of an opened file does not stand in the text and tells of data of any size."""
    call = _opening(facts, file)
    if not isinstance(call, ast.Call) or not call.args or isinstance(call.args[0], ast.Constant):
        return False
    path = call.args[0]
    while True:
        match path:
            case ast.BinOp(op=ast.Div(), right=last):
                path = last
            case ast.Call(func=ast.Attribute(attr="join"), args=[*_, last]):
                path = last
            case _:
                return tell_of_data(ast.walk(path))


def opened(facts: Facts, file: ast.expr) -> str | None:
    """The mode in which `open(...)` in plain sight opened a file; None where that is not seen."""
    call: ast.expr | None = file
    if isinstance(file, ast.Name):
        function = facts.names.home(file)
        if not isinstance(function, (*DEFS, ast.Module)):
            return None
        bound = facts.names.bindings(file.id, function)
        call = _bound_call(facts, bound[0]) if len(bound) == 1 else None
    if not isinstance(call, ast.Call) or facts.names.dotted(call.func) != "builtins.open":
        return None
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    if not modes:
        return "r"
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else None
    return mode if isinstance(mode, str) else None


def read_for(facts: Facts, node: ast.expr) -> tuple[ast.Call, ast.Assign | None] | None:
    """The `file.read()` that an expression is, or that a name holds which nothing else reads.

    With the statement that binds the name, whose value may then as well be made there: the name is
    read once a binding. The file is a plain name.
    """
    call, bound = node, None
    function = facts.function(node)
    if isinstance(node, ast.Name) and isinstance(function, DEFS) and facts.names.home(node) is function:
        flow = facts.flow(function)
        made = list(flow.definitions(node.id, facts.statement(node)))
        bound = made[0] if len(made) == 1 and isinstance(made[0], ast.Assign) else None
        once = facts.names.uses(node.id, function) == [node] and node.id not in flow.captured
        if bound is None or not once or not isinstance(bound.targets[0], ast.Name) or len(bound.targets) > 1:
            return None
        if facts.loops.around(bound) != facts.loops.around(node):
            return None
        call = bound.value
    read = patterns.method(call, "read")
    if read is None or read[1].args or read[1].keywords or not isinstance(read[0], ast.Name):
        return None
    return read[1], bound


def default_newlines(facts: Facts, file: ast.expr) -> bool:
    """Whether the `open(...)` behind a file says nothing about newlines, and nothing unseen."""
    call = _opening(facts, file)
    return isinstance(call, ast.Call) and len(call.args) < 6 and not {k.arg for k in call.keywords} & {
        "newline", "opener", None
    }  # fmt: skip


def _opening(facts: Facts, file: ast.expr) -> ast.expr | None:
    """The expression itself, or what the one binding of a name gives it."""
    if not isinstance(file, ast.Name) or not isinstance(home := facts.names.home(file), (*DEFS, ast.Module)):
        return file
    bound = facts.names.bindings(file.id, home)
    return _bound_call(facts, bound[0]) if len(bound) == 1 else None


def _bound_call(facts: Facts, node: ast.AST) -> ast.expr | None:
    parent = facts.parent(node)
    if isinstance(parent, ast.withitem):
        return parent.context_expr
    return parent.value if isinstance(parent, ast.Assign) else None

"""The calls that a project's own files and docstrings make: arguments that somebody found sensible.

Names are put in by what they were assigned, as far as the text tells: an argument whose names all lead
to imports, literals and other calls is a source text that stands on its own.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from codeopt.source import write_atomic
from codeopt.target import module_of
from codeopt.workload.guess.bindings import (
    Before,
    Told,
    assigned,
    helpers,
    imported,
    in_full,
    statements,
)
from codeopt.workload.passages.cases import SET_UP
from codeopt.workload.passages.heads import BESIDE
from codeopt.workload.passages.mentions import mentions
from codeopt.workload.passages.pages import example_of, page_of
from codeopt.workload.passages.parameters import Bound, defaults, parametrized
from codeopt.workload.passages.reader import Place
from codeopt.workload.passages.slices import fails

_MOST_SITES = 8
_MOST_PLACES = 10
_DEEPEST = 6
_EMPTY = {"[]", "''", "()", "{}", "None"}
_DEFINITION = re.compile(rb"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+([A-Za-z_][A-Za-z_0-9]*)", re.MULTILINE)
_SET_UP = {*SET_UP, "__init__", "setup_function"}


class CallSite(msgspec.Struct, frozen=True, array_like=True):
    """One call: its arguments as source texts by place and by name, None or absent where they are not told.

    `needs` are the lines for them: imports, small functions. `before` are the calls made on the object
    earlier, for a method's; `passed` are the arguments by place that are names, by these.
    """

    positional: tuple[str | None, ...]
    named: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> int:
        """How many arguments have a text."""
        return sum(text is not None for text in self.positional) + len(self.named)


CallSites = dict[str, tuple[CallSite, ...]]
"""By what is called: `function`, `Class`, `Class.method`; a called object counts as `Class.__call__`."""


class CallsMade(msgspec.Struct, frozen=True):
    """What a project calls of its own: arguments that stand on their own, and where calls are made.

    `places` are those in tests, examples and documentation, the shortest ways to a call first; by `@NAME`
    calls in functions that take a parameter of that name, as they do a fixture; by `=NAME` where it is read
    and not called. `root` is the project's folder, `homes` tells the module that a function or class is
    defined in, where it is one.
    """

    sites: CallSites = {}
    places: dict[str, tuple[Place, ...]] = {}
    root: str = ""
    homes: dict[str, str] = {}


def read_calls_made(files: Iterable[Path], importable: Path, root: Path) -> CallsMade:
    """The calls of what Python files define, those with the most arguments told first.

    What stands at the head of a file below `importable` can be imported from it; files that cannot be
    parsed are left out. Pages of documentation are read for the code in them.
    """
    found: defaultdict[str, dict[CallSite, None]] = defaultdict(dict)
    places: defaultdict[str, dict[Place, int]] = defaultdict(dict)
    homes: dict[str, str] = {}
    files = list(files)
    own = frozenset(name for file in files for name in _defined(file))
    for file in files:
        try:
            tree = page_of(file)
        except (OSError, SyntaxError, ValueError):
            continue
        inside = file.suffix == ".py" and file.is_relative_to(importable)
        module = module_of(file)[1] if inside else ""
        folders = file.relative_to(importable).parts if inside else BESIDE
        is_aside = bool({*BESIDE} & {*folders}) or file.name.startswith("test_")
        above, _, last = module.rpartition(".")
        if inside and not is_aside:
            homes[last] = "" if last in homes else above or last
        for node in tree.body if inside and not is_aside else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                # One that two modules define has none.
                homes[node.name] = "" if node.name in homes else module
        for name, site, call, doc, begin in _sites_of(tree, module, own, is_aside=is_aside):
            if site.told:
                found[name].setdefault(site)
            if is_aside or doc >= 0:
                places[name].setdefault(_place(file, call, doc), call.lineno - begin)
        for name, call, begin in _given_to(tree) if is_aside else ():
            places[f"@{name}"].setdefault(_place(file, call, -1), call.lineno - begin)
        for name, read, begin in mentions(tree, own) if is_aside else ():
            places[f"={name}"].setdefault(_place(file, read, -1), read.lineno - begin)
    sites = {name: tuple(sorted(found[name], key=_rank)[:_MOST_SITES]) for name in sorted(found)}
    near = {name: _spread(places[name])[:_MOST_PLACES] for name in sorted(places)}
    return CallsMade(sites, near, str(root), {name: home for name, home in homes.items() if home})


def _place(file: Path, call: ast.expr, doc: int) -> Place:
    end = call.end_lineno or call.lineno, call.end_col_offset or call.col_offset
    return Place(str(file), call.lineno, call.col_offset, *end, doc)


def _given_to(tree: ast.Module) -> Iterator[tuple[str, ast.Call, int]]:
    """Parameters of a file's functions and methods, which may be fixtures, with a call in the function."""
    classes = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    for node in itertools.chain(tree.body, *classes):
        if isinstance(node, ast.FunctionDef):
            call = next((n for inner in node.body for n in ast.walk(inner) if isinstance(n, ast.Call)), None)
            if call is not None:
                yield from ((arg.arg, call, node.lineno) for arg in node.args.args if arg.arg != "self")


def _spread(steps: dict[Place, int]) -> tuple[Place, ...]:
    """The nearest place of each file, then the next of each, and so on."""
    seen: defaultdict[str, int] = defaultdict(int)
    turns: dict[Place, int] = {}
    for place in sorted(steps, key=lambda place: steps[place]):
        turns[place] = seen[place.file]
        seen[place.file] += 1
    return tuple(sorted(turns, key=lambda place: turns[place]))


def _defined(file: Path) -> list[str]:
    """Names of functions and classes of a file, without parsing it."""
    try:
        return [name.decode() for name in _DEFINITION.findall(file.read_bytes())]
    except OSError:
        return []


def keep_calls(calls: CallsMade, folder: Path) -> Path:
    """Write calls to a file in the folder that their content names."""
    body = msgspec.json.encode(calls)
    file = folder / f"calls_made_{hashlib.sha256(body).hexdigest()[:12]}.json"
    if not file.exists():
        write_atomic(file, body)
    return file


def calls_in(file: Path | None) -> CallsMade:
    """Calls that were kept, or none where there is no file."""
    return msgspec.json.decode(file.read_bytes(), type=CallsMade) if file is not None else CallsMade()


def _rank(site: CallSite) -> tuple[bool, bool, int]:
    texts = (*site.positional, *(text for _, text in site.named))
    empty = any(text in _EMPTY or "([])" in (text or "") for text in texts)
    return (None in site.positional, empty, -site.told)


_Found = tuple[str, CallSite, ast.Call, int, int]
"""What is called, its arguments, the call, the line of the definition whose docstring it stands in or -1,
and the line where the way to it begins."""


def _sites_of(tree: ast.Module, module: str, own: frozenset[str], *, is_aside: bool) -> Iterator[_Found]:
    head = imported(tree, module)
    for node in tree.body:
        if module and isinstance(node, ast.FunctionDef | ast.ClassDef):
            head[node.name] = f"from {module} import {node.name}"
    top: Bound = {**head, **assigned(tree.body)}
    if is_aside:
        top |= helpers(tree.body, top)
    yield from ((*found, -1, 0) for found in _calls(tree.body, top, {}, own))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from ((*found, -1, node.lineno) for found in _of_function(node, top, {}, own))
        elif isinstance(node, ast.ClassDef):
            fields: Bound = {}
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            for method in methods:
                if method.name in _SET_UP:
                    fields.update(assigned(method.body, "self"))
            for method in methods:
                yield from ((*found, -1, method.lineno) for found in _of_function(method, top, fields, own))
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef):
            example = example_of(ast.get_docstring(part, clean=False) or "")
            if example is not None:
                bound = {**head, **imported(example, ""), **assigned(example.body)}
                line = getattr(part, "lineno", 0)
                yield from ((*found, line, 0) for found in _calls(example.body, bound, {}, own))


def _of_function(
    node: ast.FunctionDef, top: Bound, fields: Bound, own: frozenset[str]
) -> Iterator[tuple[str, CallSite, ast.Call]]:
    arguments = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    outer = {name: value for name, value in top.items() if name not in arguments}
    bound: Bound = {**outer, **defaults(node.args), **parametrized(node)}
    bound |= imported(ast.Module(node.body, []), "")
    bound |= assigned(node.body)
    bound |= helpers(node.body, bound)
    yield from _calls(node.body, bound, fields, own)


def _calls(
    body: list[ast.stmt], bound: Bound, fields: Bound, own: frozenset[str]
) -> Iterator[tuple[str, CallSite, ast.Call]]:
    before: defaultdict[str, list[Told]] = defaultdict(list)
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        for node in _working(statement):
            if isinstance(node, ast.Call):
                yield from ((*found, node) for found in _of_call(node, bound, fields, own, before))
        for node in statements(statement):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                _note(node.value, bound, fields, before)


def _working(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement without those that are there to fail."""
    if not fails(node):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _working(child)


def _note(
    call: ast.Call,
    bound: Bound,
    fields: Bound,
    before: defaultdict[str, list[Told]],
) -> None:
    """Remember a call that is made on an object, or with one first, for what it does to it."""
    if isinstance(call.func, ast.Attribute):
        told = _on_instance(call, call.func.attr, bound, fields, before)
        if told is not None:
            before[ast.unparse(call.func.value)].append(told)
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Name) and _class_of(first, bound, fields):
        # A built-in name stands for the object here too.
        given = ast.Call(call.func, [ast.Name("dict"), *call.args[1:]], call.keywords)
        told = in_full(given, bound, fields, before)
        if told is not None and ";" not in told[0]:
            before[first.id].append((told[0].replace("(dict", "(instance", 1), told[1]))


def _on_instance(call: ast.Call, name: str, bound: Bound, fields: Bound, before: Before) -> Told | None:
    """A call of a method as a text that calls it on `instance`, in a line that may stand with others."""
    # A built-in name stands for the object, for nothing else is known to be bound.
    changed = ast.Call(ast.Attribute(ast.Name("dict"), name), call.args, call.keywords)
    told = in_full(changed, bound, fields, before)
    return (told[0].replace("dict.", "instance.", 1), told[1]) if told and ";" not in told[0] else None


def _of_call(
    call: ast.Call,
    bound: Bound,
    fields: Bound,
    own: frozenset[str],
    before: Before,
) -> Iterator[tuple[str, CallSite]]:
    name, made, known = _callee(call.func, bound, fields)
    if name.partition(".")[0] not in own:
        return
    needs: dict[str, None] = {}
    positional: list[str | None] = []
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            break
        told = in_full(argument, bound, fields, before)
        positional.append(told[0] if told else None)
        needs |= told[1] if told else {}
    named: dict[str, str] = {}
    for keyword in call.keywords:
        told = in_full(keyword.value, bound, fields, before) if keyword.arg else None
        if told and keyword.arg:
            named[keyword.arg] = told[0]
            needs |= told[1]
    earlier = [*made, *before.get(known, ())]
    for _, more in earlier:
        needs |= more
    texts = tuple(text for text, _ in earlier)
    passed = tuple(
        (argument.id, text)
        for argument, text in zip(call.args, positional, strict=False)
        if isinstance(argument, ast.Name) and text is not None
    )
    yield name, CallSite(tuple(positional), tuple(named.items()), tuple(needs), texts, passed)


def _callee(func: ast.expr, bound: Bound, fields: Bound) -> tuple[str, list[Told], str]:
    """What is called, the calls chained on the object before, and the text of the object's name."""
    if isinstance(func, ast.Name):
        owner = _class_of(func, bound, fields)
        return (f"{owner[0]}.__call__", owner[1], func.id) if owner else (func.id, [], "")
    if not isinstance(func, ast.Attribute):
        return "", [], ""
    owner = _class_of(func.value, bound, fields)
    if owner:
        return f"{owner[0]}.{func.attr}", owner[1], ast.unparse(func.value)
    return func.attr, [], ""


def _class_of(expr: ast.expr, bound: Bound, fields: Bound, depth: int = 0) -> tuple[str, list[Told]] | None:
    """The class that an expression is an object of, where it leads to its construction, and calls on it."""
    value: ast.expr | str | None = expr
    if isinstance(expr, ast.Name):
        value = bound.get(expr.id)
    elif isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and expr.value.id == "self":
        value = fields.get(expr.attr)
    if depth > _DEEPEST or not isinstance(value, ast.Call):
        return None
    func = value.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    if name.lstrip("_")[:1].isupper():
        return name, []
    if isinstance(func, ast.Attribute) and name.startswith(("fit", "build", "set", "to", "eval", "double")):
        owner = _class_of(func.value, bound, fields, depth + 1)
        told = _on_instance(value, name, bound, fields, {})
        if owner and told:
            return owner[0], [*owner[1], told]
    return None

"""One workload file for a person to edit, from the guesses of many: imports once, builders in a row."""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from codeopt.edit import Edit, apply_edits
from codeopt.errors import WorkloadError
from codeopt.facts import Facts
from codeopt.facts.index import DEFS, DefNode
from codeopt.source import Problem, SourceFile, parse_file
from codeopt.workload.trace.start import find_function

_HEAD = '"""How codeopt calls the functions of this project; at a scale of 1 they are measured."""'
_OWN_IMPORT = "from codeopt import Call, workload"
_OWN_MODULES = ("codeopt", "codeopt.workload.call")
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of calling one target, `PATH::QUALNAME` with the path relative to the root.

    `text` is a workload file with one builder, empty where there is no guess; `signature` is that of the
    function, and `note` one line on where the guess comes from, or why there is none.
    """

    target: str
    text: str = ""
    signature: str = ""
    note: str = ""


@dataclass
class _File:
    """Imports and chunks so far, and the names that they take."""

    imports: dict[str, None] = field(default_factory=dict)
    chunks: dict[str, None] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)


def draft_file(drafts: Iterable[Draft]) -> str:
    """The whole text of a new file. Raises WorkloadError for a guess that is no workload file."""
    file = _merged(drafts, "")
    chunks = "".join(f"\n\n{chunk}" for chunk in file.chunks)
    return f"{_HEAD}\n\n{_grouped(file.imports)}\n{chunks}"


def added_text(existing: str, drafts: Iterable[Draft]) -> str:
    """What to append to a file so that it has these targets too: the imports it lacks, then builders.

    Raises WorkloadError for a guess that is no workload file, and where the existing text is none.
    """
    file = _merged(drafts, existing)
    if not file.chunks:
        return ""
    imports = f"\n\n{_grouped(file.imports)}" if file.imports else ""
    return f"{imports}\n\n\n" + "\n\n".join(file.chunks)


def lacking(drafts: Iterable[Draft], existing: str) -> list[Draft]:
    """Those of some drafts whose targets a workload file does not name: a stub does for one without a guess.

    Raises WorkloadError where the file cannot be parsed.
    """
    tree = _facts(existing).tree
    declared = {name for node in ast.walk(tree) if isinstance(node, DEFS) for name in _targets(node)}
    stubs = set(re.findall(r"^# @workload\([\"']([^\"']+)[\"']\)", existing, re.MULTILINE))
    return [d for d in drafts if d.target not in declared and (d.text or d.target not in stubs)]


def signature_of(path: Path, qualname: str) -> str:
    """`f(x, y=1)` as the source has it; empty where it cannot be found."""
    try:
        found = find_function(parse_file(path), qualname)
    except (OSError, SyntaxError, ValueError):
        return ""
    return f"{found.name}({ast.unparse(found.args)})" if found is not None else ""


def _merged(drafts: Iterable[Draft], existing: str) -> _File:
    file = _File()
    known: set[str] = set()
    if existing:
        facts = _facts(existing)
        known = {line for node in facts.tree.body for line in _import_lines(node)}
        for node in facts.tree.body:
            file.taken |= dict.fromkeys(_bound(node), ast.unparse(node))
    file.imports[_OWN_IMPORT] = None
    file.taken |= {"Call": _OWN_IMPORT, "workload": _OWN_IMPORT}
    for draft in drafts:
        if draft.text:
            _add(file, draft)
        else:
            file.chunks[_stub(draft, file)] = None
    for line in known:
        file.imports.pop(line, None)
    return file


def _add(file: _File, draft: Draft) -> None:
    """Take over one guess: names of its own that mean something else here get another."""
    facts = _facts(draft.text)
    edits: list[Edit] = []
    # What stands beside the builder hangs together: a name of it means the same only if all is the same.
    beside = "\n".join(ast.unparse(node) for node in facts.tree.body if _bound(node) and not _builds(node))
    for node in facts.tree.body:
        for line in _import_lines(node):
            file.imports[line] = None
        builds = _builds(node)
        for name in _bound(node):
            meaning = draft.target if builds else beside
            wanted = builder_name(draft.target) if builds else name
            chosen = _free(wanted, meaning, file)
            file.taken[chosen] = meaning
            if chosen != name:
                edits += _renamed(facts, name, chosen)
        if isinstance(node, DEFS):
            edits += [_retargeted(facts, place, draft.target) for place in _target_places(node)]
    text = apply_edits(draft.text, edits)
    note = "".join(f"# {line}\n" for line in textwrap.wrap(draft.note, _WIDTH))
    for chunk, builds in _chunks(text):
        file.chunks[f"{note}{chunk}" if builds else chunk] = None


def _chunks(text: str) -> Iterator[tuple[str, bool]]:
    """Statements with the comments above them, without imports and docstring; whether each is the builder."""
    lines = text.splitlines(keepends=True)
    after = 0
    for node in ast.parse(text).body:
        begin, after = after, node.end_lineno or node.lineno
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_docstring and not isinstance(node, (ast.Import, ast.ImportFrom)):
            builds = _builds(node)
            yield "".join(lines[begin:after]).strip("\n") + "\n", builds


def _stub(draft: Draft, file: _File) -> str:
    name = _free(builder_name(draft.target), draft.target, file)
    file.taken[name] = draft.target
    reason = draft.note or "nothing tells how to call it"
    lines = [*textwrap.wrap(f"No workload yet: {reason}", _WIDTH)]
    if draft.signature:
        lines += textwrap.wrap(draft.signature, _WIDTH, subsequent_indent="    ")
    lines += [
        f'@workload("{draft.target}")',
        f"def {name}(scale: float, seed: int) -> Call:",
        "    return Call(args=())",
    ]
    return "".join(f"# {line}\n" for line in lines)


def builder_name(target: str) -> str:
    """The name of the builder of a target: its qualified name, in words."""
    words = re.sub(r"\W+", "_", target.partition("::")[2]).strip("_")
    return f"{words}_inputs" if words.isidentifier() and not keyword.iskeyword(words) else "inputs"


def _free(name: str, meaning: str, file: _File) -> str:
    """The name, with a number where it means something else already."""
    chosen, number = name, 2
    while file.taken.get(chosen, meaning) != meaning:
        chosen, number = f"{name}{number}", number + 1
    return chosen


def _facts(text: str) -> Facts:
    facts = Facts.of(SourceFile(Path("codeopt_workloads.py"), "codeopt_workloads.py", text))
    if isinstance(facts, Problem):
        raise WorkloadError(f"{facts.path}:{facts.line}: {facts.message}")
    return facts


def _import_lines(node: ast.stmt) -> Iterator[str]:
    """An import, one line for each name, but for our own and those of the future."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield ast.unparse(ast.Import([alias]))
    elif isinstance(node, ast.ImportFrom) and node.module not in ("__future__", *_OWN_MODULES):
        for alias in node.names:
            yield ast.unparse(ast.ImportFrom(node.module, [alias], node.level))
    elif isinstance(node, ast.ImportFrom) and {a.name for a in node.names} == {"Call", "workload"}:
        yield _OWN_IMPORT


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement of the top gives a meaning, but for imports."""
    if isinstance(node, (*DEFS, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)]


def _renamed(facts: Facts, name: str, chosen: str) -> Iterator[Edit]:
    """Every place of a name that the top of the text binds."""
    for use in facts.names.occurrences(name, facts.tree):
        start, end = facts.range(use)
        yield Edit(start, end, chosen)
    for node in facts.tree.body:
        if isinstance(node, (*DEFS, ast.ClassDef)) and node.name == name:
            start = facts.source.offset(node.lineno, node.col_offset)
            at = facts.source.data.index(name.encode(), start)
            yield Edit(at, at + len(name.encode()), chosen)


def _target_places(node: DefNode) -> Iterator[ast.Constant]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("workload"):
            first = decorator.args[0] if decorator.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first


def _builds(node: ast.stmt) -> bool:
    return isinstance(node, DEFS) and any(_target_places(node))


def _targets(node: DefNode) -> Iterator[str]:
    for place in _target_places(node):
        yield str(place.value)


def _retargeted(facts: Facts, place: ast.Constant, target: str) -> Edit:
    start, end = facts.range(place)
    return Edit(start, end, f'"{target}"')


def _grouped(imports: Iterable[str]) -> str:
    """Import lines, those of the standard library's form first, our own last."""
    lines = sorted(imports, key=lambda line: (line == _OWN_IMPORT, line.startswith("from "), line))
    return "\n".join(lines)

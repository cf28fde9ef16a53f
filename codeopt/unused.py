"""Suppression comments that switch nothing off, as findings of their own, and how they are taken out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from codeopt.edit import Edit, Site, Trust, apply_edits
from codeopt.notices import NOTICES, UNUSED
from codeopt.source import SourceFile
from codeopt.suppress import EVERYTHING, Comment, Suppressions

_OWN = {code for notice in NOTICES for code in (notice.code, notice.name)}
_OURS = re.compile(r"MEM\d{3}")
_HINT = re.compile(r"codeopt:\s*ignore|noqa:[^\r\n]*MEM\d", re.IGNORECASE)
_BEFORE = re.compile(rb"[ \t\f]*\Z")


def may_hold_one(text: str) -> bool:
    """Whether a text may hold a comment to judge: far cheaper than reading its comments."""
    return _HINT.search(text) is not None


def unused_suppressions(
    source: SourceFile, off: Suppressions, sites: Sequence[Site], names: Mapping[str, str]
) -> Iterator[Site]:
    """A finding for each comment of which nothing, or not every code, is used.

    `sites` is all that any rule finds in the file, `names` all rules by code. Codes that are neither of a
    known rule nor of the form of ours may be those of another program and are let be.
    """
    for comment in off.comments:
        used = {code for site in sites for code in comment.hides(site, names[site.rule])}
        idle = [code for code in comment.codes if code not in used and judged(code, comment, names)]
        if idle:
            site = _finding(source, comment, idle, names)
            # A comment that switches everything off does not thereby switch off what is said of itself.
            off_by = ((c, code) for c in off.comments for code in c.hides(site, UNUSED.name))
            if all(c is comment and code == EVERYTHING for c, code in off_by):
                yield site


def judged(code: str, comment: Comment, names: Mapping[str, str]) -> bool:
    """Whether a code of a comment is certainly meant for codeopt; `names` are all rules by code."""
    if comment.kind == "noqa":
        return code not in _OWN and bool(_OURS.fullmatch(code))
    if code == EVERYTHING:
        return True
    known = code in names or code in names.values()
    return code not in _OWN and (known or bool(_OURS.fullmatch(code)))


def _finding(source: SourceFile, comment: Comment, idle: Sequence[str], names: Mapping[str, str]) -> Site:
    strange = [code for code in idle if code != EVERYTHING and code not in (*names, *names.values())]
    named = ", ".join(idle)
    message = f"no rule called {named} is there" if strange == idle else f"{named} switches nothing off here"
    if idle == [EVERYTHING]:
        message = "the comment switches nothing off"
    return Site(
        UNUSED.code,
        source.name,
        _function(source, comment.line),
        source.span(comment.start, comment.end),
        message,
        Trust.EXACT,
        _taken_out(source, comment, idle),
    )


def _taken_out(source: SourceFile, comment: Comment, idle: Sequence[str]) -> tuple[Edit, ...]:
    """The edit that takes codes out of a comment, or the whole comment; none where it says more than that."""
    left = [code for code in comment.codes if code not in idle]
    if left:
        return (Edit(*comment.listed, ", ".join(left)),)
    text = source.data[comment.start : comment.end].decode()
    if "#" in text[1:] or not re.match(r"#\s*(codeopt:|noqa)", text, re.IGNORECASE):
        return ()
    begin = source.line_starts[comment.line - 1]
    blank = _BEFORE.search(source.data, begin, comment.start)
    start = blank.start() if blank else comment.start
    if start > begin or comment.line == len(source.line_starts):
        return (Edit(start, comment.end, ""),)
    return (Edit(begin, source.line_starts[comment.line], ""),)


def _function(source: SourceFile, line: int) -> str:
    """The qualified name of the function around a line, as findings of rules have it."""
    inside = False
    names: list[str] = []
    node: ast.AST | None = ast.parse(source.text)
    while node is not None:
        if isinstance(node, ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names += [node.name, "<locals>"]
            inside = True
        around = (child for child in ast.iter_child_nodes(node) if _holds(child, line))
        node = next(around, None)
    return ".".join(names).removesuffix(".<locals>") if inside else "<module>"


def _holds(node: ast.AST, line: int) -> bool:
    return getattr(node, "lineno", line + 1) <= line <= getattr(node, "end_lineno", 0)


def without(source: SourceFile, findings: Sequence[Site]) -> str:
    """The text without the comments that are not needed; the text as it is where that would change code.

    Raises ValueError where two findings overlap.
    """
    text = apply_edits(source.text, [edit for site in findings for edit in site.edits])
    same = ast.dump(ast.parse(text)) == ast.dump(ast.parse(source.text))
    return text if same else source.text

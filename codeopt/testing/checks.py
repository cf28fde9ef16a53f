"""What every rule has to pass: each check takes a loaded rule and yields a line for each thing wrong."""

from __future__ import annotations

import ast
import importlib.util
import io
import itertools
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codeopt.candidate import render
from codeopt.edit import Site, Trust, conflict
from codeopt.equivalence.results import difference
from codeopt.registry import OWN_RULES, Found, LoadedRule, find_sites
from codeopt.rule import NAME, OWN_CODE
from codeopt.source import SourceFile

HEADINGS = ("What it does", "Why it costs memory", "Example", "Use instead", "When it is safe")
_ALL_SUBSETS = 6


def source_of(text: str, *, bom: bool = False) -> SourceFile:
    """A source file that exists only in memory."""
    return SourceFile(Path("example.py"), "example.py", text, bom=bom)


def sites_in(loaded: LoadedRule, text: str) -> Found:
    """What one rule finds in a text."""
    return find_sites(source_of(text), [loaded])


def apply_sites(text: str, sites: Sequence[Site]) -> str:
    """Apply sites in order, leaving out what conflicts with one already taken."""
    taken: list[Site] = []
    for site in sites:
        if not any(conflict(site, other) for other in taken):
            taken.append(site)
    return render({"example.py": source_of(text)}, taken).get("example.py", text)


def check_page(loaded: LoadedRule) -> Iterator[str]:
    """The docstring has every heading; code, name, summary and measured pair make sense."""
    rule = loaded.rule
    for heading in HEADINGS:
        if not re.search(rf"^#* ?{re.escape(heading)}", loaded.page, re.MULTILINE):
            yield f"the page has no heading {heading!r}"
    if loaded.place.module.startswith(f"{OWN_RULES}.") and not OWN_CODE.fullmatch(rule.code):
        yield f"code {rule.code!r} is not MEM, a digit from 1 to 5 and two more"
    if not NAME.fullmatch(rule.name):
        yield f"name {rule.name!r} is not words in lower case joined by hyphens"
    if not rule.area:
        yield "RULE.area does not say which library the rule is about"
    if not rule.summary or rule.summary.endswith("."):
        yield "the summary is empty or ends with a full stop"
    if rule.pair is None:
        yield "RULE.pair is missing: `codeopt measure-pair` prints it"
    elif not rule.pair.id or rule.pair.after >= rule.pair.before:
        yield "the measured pair does not pay"
    if len(rule.examples) < 2 or len(rule.counterexamples) < 3:
        yield "at least 2 examples and 3 counterexamples are needed"


def check_examples(loaded: LoadedRule) -> Iterator[str]:
    """Each example has its number of sites and becomes its expected text, which then is clean."""
    for number, example in enumerate(loaded.rule.examples, 1):
        found = sites_in(loaded, example.before)
        yield from (f"example {number}: {p.message}" for p in found.problems)
        if len(found.sites) != example.sites:
            yield f"example {number}: {len(found.sites)} sites instead of {example.sites}"
        result = apply_sites(example.before, found.sites)
        if result != example.after:
            yield f"example {number} becomes\n{result}instead of\n{example.after}"
        again = sites_in(loaded, example.after)
        if again.sites:
            yield f"example {number}: a second run still finds {[s.message for s in again.sites]}"
        yield from (f"example {number}: {line}" for line in _unresolved_imports(example.after))


def check_counterexamples(loaded: LoadedRule) -> Iterator[str]:
    """No counterexample has a site."""
    for number, text in enumerate(loaded.rule.counterexamples, 1):
        found = sites_in(loaded, text)
        yield from (f"counterexample {number}: {p.message}" for p in found.problems)
        yield from (f"counterexample {number} has a site: {s.message}" for s in found.sites)


def check_layout(loaded: LoadedRule) -> Iterator[str]:
    """CRLF, tabs, a byte order mark and comments come through the rewrite."""
    for number, example in enumerate(loaded.rule.examples, 1):
        for name, change in (("CRLF", _crlf), ("tabs", _tabs)):
            before = change(example.before)
            result = apply_sites(before, sites_in(loaded, before).sites)
            if result != change(example.after):
                yield f"example {number} with {name} becomes {result!r}"
        source = source_of(example.before, bom=True)
        result = apply_sites(source.text, find_sites(source, [loaded]).sites)
        if source.encode(result) != b"\xef\xbb\xbf" + example.after.encode():
            yield f"example {number} loses its byte order mark"
        commented, count = _commented(example.before)
        result = apply_sites(commented, sites_in(loaded, commented).sites)
        lost = [n for n in range(count) if f"# keep-{n}." not in result]
        if lost:
            yield f"example {number} loses comments {lost}:\n{result}"


def check_subsets(loaded: LoadedRule) -> Iterator[str]:
    """Any choice of sites that do not conflict still parses."""
    for number, example in enumerate(loaded.rule.examples, 1):
        sites = sites_in(loaded, example.before).sites
        sizes = range(1, len(sites) + 1) if len(sites) <= _ALL_SUBSETS else (1, len(sites))
        for chosen in itertools.chain.from_iterable(itertools.combinations(sites, n) for n in sizes):
            if any(conflict(a, b) for a, b in itertools.combinations(chosen, 2)):
                continue
            try:
                ast.parse(apply_sites(example.before, chosen))
            except (SyntaxError, ValueError) as error:
                yield f"example {number}: sites {[s.id for s in chosen]} do not parse: {error}"


def check_calls(loaded: LoadedRule) -> Iterator[str]:
    """Examples that can run give the same result before and after."""
    for number, example in enumerate(loaded.rule.examples, 1):
        if example.call:
            before, after = (_run(text, example.call) for text in (example.before, example.after))
            why = difference(before, after, exact=loaded.rule.trust is Trust.EXACT)
            if why:
                yield f"example {number}: {example.call} differs: {why}"


def _run(text: str, call: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(text, "example.py", "exec"), namespace)
    return eval(call, namespace)


def _unresolved_imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        yield from (f"cannot import {name}" for name in names if importlib.util.find_spec(name) is None)


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _tabs(text: str) -> str:
    return re.sub(r"^(?: {4})+", lambda m: "\t" * (len(m.group()) // 4), text, flags=re.MULTILINE)


def _commented(text: str) -> tuple[str, int]:
    """The text with a numbered comment at the end of every logical line."""
    lines = text.splitlines(keepends=True)
    ends = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.NEWLINE]
    ends = [t for t in ends if "#" not in t.line]
    for number, token in enumerate(ends):
        line = lines[token.start[0] - 1].rstrip("\r\n")
        lines[token.start[0] - 1] = f"{line}  # keep-{number}.\n"
    return "".join(lines), len(ends)

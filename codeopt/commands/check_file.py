"""Checking one file: what the rules are sure of in it, and with `--fix` writing the exact ones."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

from codeopt import looks
from codeopt.candidate import compatible, render
from codeopt.edit import Site, Trust
from codeopt.errors import UsageError
from codeopt.looks import Look
from codeopt.notices import UNUSED
from codeopt.output_check import RefusedOutput, check_output
from codeopt.plugins import Place
from codeopt.registry import Found, LoadedRule, find_sites, load_rules, rules_in
from codeopt.source import Problem, SourceFile, display_name, read_source, write_atomic
from codeopt.suggestion import FileChange, change_of
from codeopt.suppress import read_suppressions
from codeopt.unused import judged, may_hold_one, unused_suppressions, without

_FILES_WORTH_A_POOL = 24
_MOST_PASSES = 10
# Trees live as long as their file: looking for garbage in them every 700 objects, as Python does,
# finds none and costs a tenth of the time.
_COLLECT_AFTER = 50_000


@dataclass(frozen=True)
class FileResult:
    """What one file gave: certain sites that are not suppressed, problems, its lines, and findings fixed.

    `rests_on`: all that was looked at on disk, the file itself first; None where the result is not
    for keeping.
    """

    sites: tuple[Site, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: int = 0
    fixed: int = 0
    rests_on: tuple[Look, ...] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the files: rules by their places, fixes to write up to a trust (None: write nothing),
    and whether suppressions that are not needed are findings."""

    places: tuple[Place, ...]
    fixing: Trust | None = None
    unused: bool = False


def check_files(
    files: Sequence[Path], asked: Asked, off: Sequence[frozenset[str]], workers: int
) -> Iterator[FileResult]:
    """Check files, each without the rules whose codes are `off` for it: in turn, or many of them in several
    processes. Results come in the order of the files, as soon as they are there."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER)
    try:
        # Loaded before the processes part, so that they are loaded and held once.
        rules_in(asked.places)
        if workers == 1 or len(files) < _FILES_WORTH_A_POOL:
            yield from map(_check_one, files, repeat(asked), off)
            return
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(workers, initializer=_leave_interrupts) as pool:
            yield from pool.map(_check_one, files, repeat(asked), off, chunksize=8)
    finally:
        gc.set_threshold(*thresholds)


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; the first one alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_one(path: Path, asked: Asked, off: frozenset[str]) -> FileResult:
    return check_file(
        path, _without(asked, off), asked.fixing, unused=asked.unused and UNUSED.code not in off
    )


def _without(asked: Asked, off: frozenset[str]) -> list[LoadedRule]:
    return [loaded for loaded in rules_in(asked.places) if loaded.rule.code not in off]


def check_file(
    path: Path, rules: Sequence[LoadedRule], fixing: Trust | None, *, unused: bool = False
) -> FileResult:
    """Check one file, and write its fixes up to the trust `fixing` (None: write nothing); with `unused`,
    suppressions that are not needed are findings.

    Whatever fails in here is a problem of this file: the rest is checked all the same.
    """
    name = display_name(path)
    try:
        return _check_file(path, name, rules, fixing, unused)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  one file or rule that fails must not stop the others
        return FileResult(problems=(Problem(name, 1, f"check failed: {type(error).__name__}: {error}"),))


def _check_file(
    path: Path, name: str, rules: Sequence[LoadedRule], fixing: Trust | None, unused: bool
) -> FileResult:
    with looks.noted() as seen:
        known = looks.look("text", path.absolute())
        source = read_source(path, name)
        if isinstance(source, Problem):
            return FileResult(problems=(source,), rests_on=(known,) if known.state else None)
        found, sites = _said(source, rules, unused)
    if fixing is not None and any(_fits(site, fixing) for site in sites):
        return _fixed(path, source, sites, found.problems, rules, fixing, unused)
    rests_on = None if found.failed else tuple(seen.values())
    return _result(source, sites, found.problems, rests_on=rests_on)


def _result(
    source: SourceFile, sites: Sequence[Site], problems: Sequence[Problem], fixed: int = 0,
    rests_on: tuple[Look, ...] | None = None,
) -> FileResult:  # fmt: skip
    """Sites and problems of a text as reports place them."""
    placed, located = tuple(map(source.placed, sites)), tuple(map(source.located, problems))
    return FileResult(placed, located, source.text.count("\n") + 1, fixed, rests_on)


def _fixed(
    path: Path, source: SourceFile, sites: list[Site], problems: tuple[Problem, ...],
    rules: Sequence[LoadedRule], trust: Trust, unused: bool,
) -> FileResult:  # fmt: skip
    """The result of a file once its fixes are written: not for keeping, since the text has changed."""
    try:
        fixed_source, fixed = _rewritten(source, rules, trust, unused)
    except RefusedOutput as refused:
        problem = Problem(source.name, refused.line, f"fixes not written: {refused.reason}")
        return _result(source, sites, (*problems, problem))
    if fixed:
        write_atomic(path, source.encode(fixed_source.text))
        found, sites = _said(fixed_source, rules, unused)
        problems = found.problems
    return _result(fixed_source, sites, problems, fixed)


def _rewritten(
    source: SourceFile, rules: Sequence[LoadedRule], trust: Trust, unused: bool
) -> tuple[SourceFile, int]:
    """The text with all that fits, and how many findings that mends. Raises RefusedOutput."""
    fixed_source, fixed = fix_source(source, rules, trust)
    check_output(source.name, source.text, fixed_source.text)
    if unused:
        idle = [site for site in _unused(fixed_source) if site.edits]
        text = without(fixed_source, idle)
        if text != fixed_source.text:
            return replace(fixed_source, text=text), fixed + len(idle)
    return fixed_source, fixed


def planned_change(path: Path, asked: Asked, trust: Trust, off: frozenset[str]) -> FileChange | None:
    """What fixes up to a trust would make of a file; None for nothing, or where that would be refused."""
    source = read_source(path, display_name(path))
    if isinstance(source, Problem):
        return None
    try:
        fixed_source, fixed = _rewritten(
            source, _without(asked, off), trust, asked.unused and UNUSED.code not in off
        )
    except RefusedOutput:
        return None
    return change_of(source, fixed_source.text) if fixed else None


def _said(source: SourceFile, rules: Sequence[LoadedRule], unused: bool) -> tuple[Found, list[Site]]:
    """All that is to be reported of a text, in its order."""
    found, sites = _certain(source, rules)
    if unused and not any(problem.path == source.name for problem in found.problems):
        sites += _unused(source)
        sites.sort(key=lambda site: (site.span, site.rule))
    return found, sites


def _unused(source: SourceFile) -> list[Site]:
    """Suppressions that are not needed: what counts is all that any rule finds, not only what is asked."""
    if not may_hold_one(source.text):
        return []
    off = read_suppressions(source)
    names = {loaded.rule.code: loaded.rule.name for loaded in load_rules()}
    if not any(judged(code, comment, names) for comment in off.comments for code in comment.codes):
        return []
    found = find_sites(source, load_rules())
    return [] if found.failed else list(unused_suppressions(source, off, found.sites, names))


def _certain(source: SourceFile, rules: Sequence[LoadedRule]) -> tuple[Found, list[Site]]:
    """What the rules say, and the sites among it that facts alone decide and that are not switched off."""
    found = find_sites(source, rules, deciding=True)
    sites = list(found.sites)
    if sites:
        names = {loaded.rule.code: loaded.rule.name for loaded in rules}
        off = read_suppressions(source)
        sites = [site for site in sites if not off.hides(site, names[site.rule])]
    return found, sites


def _fits(site: Site, trust: Trust) -> bool:
    return bool(site.edits) and site.trust.within(trust)


def fix_source(source: SourceFile, rules: Sequence[LoadedRule], trust: Trust) -> tuple[SourceFile, int]:
    """Apply fixes until none is left that fits, one rule at a time.

    Rewrites of two rules may contradict each other without touching the same bytes (a name
    unbound here, its memory reused there), so each rule sees what the one before it left. Rules
    on lifetimes, which have the first codes, come last: the others decide how long names live.
    """
    fixed = 0
    for _ in range(_MOST_PASSES):
        found = {site.rule for site in _certain(source, rules)[1] if _fits(site, trust)}
        before = fixed
        for loaded in reversed([r for r in rules if r.rule.code in found]):
            source, more = _fix_rule(source, loaded, trust)
            fixed += more
        if fixed == before:
            break
    return source, fixed


def _fix_rule(source: SourceFile, loaded: LoadedRule, trust: Trust) -> tuple[SourceFile, int]:
    """Apply the sites of one rule that fit; a set that would not parse is given up whole."""
    chosen: list[Site] = []
    for site in _certain(source, [loaded])[1]:
        if _fits(site, trust) and compatible(site, chosen):
            chosen.append(site)
    try:
        texts = render({source.name: source}, chosen)
    except ValueError:
        return source, 0
    return replace(source, text=texts.get(source.name, source.text)), len(chosen)

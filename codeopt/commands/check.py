"""`codeopt check`: find sites without running anything, and with `--fix` write the exact ones."""

from __future__ import annotations

import atexit
import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

from codeopt.candidate import compatible, render
from codeopt.config import Config
from codeopt.edit import Site, Trust
from codeopt.errors import UsageError
from codeopt.output_check import RefusedOutput, check_output
from codeopt.registry import LoadedRule, find_sites, rule_problems, select_rules
from codeopt.report.outcome import CheckOutcome
from codeopt.source import Problem, SourceFile, discover, display_name, read_source, write_atomic
from codeopt.suppress import read_suppressions

_FILES_WORTH_A_POOL = 24
_MOST_PASSES = 10
# Trees live as long as their file: looking for garbage in them every 700 objects, as Python does,
# finds none and costs a tenth of the time.
_COLLECT_AFTER = 50_000
# Nor is there any to find when the interpreter ends, which would take another tenth of a second.
atexit.register(gc.freeze)


@dataclass(frozen=True)
class FileResult:
    """What one file gave: sites that stay reported, problems, its lines, and findings fixed."""

    sites: tuple[Site, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: int = 0
    fixed: int = 0


def check(paths: Sequence[Path], config: Config, *, fix: bool, fix_trust: Trust) -> CheckOutcome:
    """Check the Python files under `paths`; raises UsageError for a path that does not exist."""
    begin = time.perf_counter()
    files = list(discover(paths, config.exclude))
    fixing = fix_trust if fix else None
    thresholds = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER)
    try:
        results = list(_results(files, config, fixing))
    finally:
        gc.set_threshold(*thresholds)
    rules = select_rules(config.select, config.ignore)
    return CheckOutcome(
        sites=tuple(site for r in results for site in r.sites),
        problems=(*rule_problems(), *(problem for r in results for problem in r.problems)),
        names={loaded.rule.code: loaded.rule.name for loaded in rules},
        files=len(files),
        lines=sum(r.lines for r in results),
        seconds=time.perf_counter() - begin,
        fixed=sum(r.fixed for r in results),
    )


def _results(files: Sequence[Path], config: Config, fixing: Trust | None) -> Iterable[FileResult]:
    if config.workers == 1 or len(files) < _FILES_WORTH_A_POOL:
        return map(check_file, files, repeat(config), repeat(fixing))
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(config.workers) as pool:
        return list(pool.map(check_file, files, repeat(config), repeat(fixing), chunksize=8))


def check_file(path: Path, config: Config, fixing: Trust | None) -> FileResult:
    """Check one file, and write its fixes up to the trust `fixing` (None: write nothing).

    Whatever fails in here is a problem of this file: the rest is checked all the same.
    """
    name = display_name(path)
    try:
        return _check_file(path, name, config, fixing)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  one file or rule that fails must not stop the others
        return FileResult(problems=(Problem(name, 1, f"check failed: {type(error).__name__}: {error}"),))


def _check_file(path: Path, name: str, config: Config, fixing: Trust | None) -> FileResult:
    source = read_source(path, name)
    if isinstance(source, Problem):
        return FileResult(problems=(source,))
    rules = select_rules(config.select, config.ignore)
    sites, problems = _certain(source, rules, config)
    fixed = 0
    if fixing is not None and any(_fits(site, fixing) for site in sites):
        fixed_source, fixed = fix_source(source, config, fixing)
        try:
            check_output(name, source.text, fixed_source.text)
        except RefusedOutput as refused:
            problem = Problem(name, refused.line, f"fixes not written: {refused.reason}")
            return FileResult(tuple(sites), (*problems, problem), _lines(source))
        if fixed:
            write_atomic(path, source.encode(fixed_source.text))
            sites, problems = _certain(fixed_source, rules, config)
    return FileResult(tuple(sites), problems, _lines(source), fixed)


def _lines(source: SourceFile) -> int:
    return source.text.count("\n") + 1


def _certain(
    source: SourceFile, rules: Sequence[LoadedRule], config: Config
) -> tuple[list[Site], tuple[Problem, ...]]:
    """Sites that facts alone decide, within the accepted trust and not switched off."""
    found = find_sites(source, rules)
    names = {loaded.rule.code: loaded.rule.name for loaded in rules}
    off = read_suppressions(source)
    sites = [
        site
        for site in found.sites
        if site.certain and site.trust.within(config.allow) and not off.hides(site, names[site.rule])
    ]
    return sites, found.problems


def _fits(site: Site, trust: Trust) -> bool:
    return bool(site.edits) and site.trust.within(trust)


def fix_source(source: SourceFile, config: Config, trust: Trust) -> tuple[SourceFile, int]:
    """Apply fixes until none is left that fits, one rule at a time.

    Rewrites of two rules may contradict each other without touching the same bytes (a name
    unbound here, its memory reused there), so each rule sees what the one before it left. Rules
    on lifetimes, which have the first codes, come last: the others decide how long names live.
    """
    rules = select_rules(config.select, config.ignore)
    fixed = 0
    for _ in range(_MOST_PASSES):
        found = {site.rule for site in _certain(source, rules, config)[0] if _fits(site, trust)}
        before = fixed
        for loaded in reversed([r for r in rules if r.rule.code in found]):
            source, more = _fix_rule(source, loaded, config, trust)
            fixed += more
        if fixed == before:
            break
    return source, fixed


def _fix_rule(source: SourceFile, loaded: LoadedRule, config: Config, trust: Trust) -> tuple[SourceFile, int]:
    """Apply the sites of one rule that fit; a set that would not parse is given up whole."""
    chosen: list[Site] = []
    for site in _certain(source, [loaded], config)[0]:
        if _fits(site, trust) and compatible(site, chosen):
            chosen.append(site)
    try:
        texts = render({source.name: source}, chosen)
    except ValueError:
        return source, 0
    return replace(source, text=texts.get(source.name, source.text)), len(chosen)

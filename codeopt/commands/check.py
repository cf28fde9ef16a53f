"""`codeopt check`: find sites without running anything, and with `--fix` write the exact ones."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

from codeopt.candidate import compatible, render
from codeopt.config import Config
from codeopt.edit import Site, Trust
from codeopt.registry import find_sites, select_rules
from codeopt.report.outcome import CheckOutcome
from codeopt.source import Problem, SourceFile, discover, display_name, read_source, write_atomic
from codeopt.suppress import read_suppressions

_FILES_WORTH_A_POOL = 24
_MOST_PASSES = 10


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
    results = list(_results(files, config, fixing))
    rules = select_rules(config.select, config.ignore)
    return CheckOutcome(
        sites=tuple(site for r in results for site in r.sites),
        problems=tuple(problem for r in results for problem in r.problems),
        names={loaded.rule.code: loaded.rule.name for loaded in rules},
        files=len(files),
        lines=sum(r.lines for r in results),
        seconds=time.perf_counter() - begin,
        fixed=sum(r.fixed for r in results),
    )


def _results(files: Sequence[Path], config: Config, fixing: Trust | None) -> Iterable[FileResult]:
    if config.workers == 1 or len(files) < _FILES_WORTH_A_POOL:
        return map(check_file, files, repeat(config), repeat(fixing))
    with ProcessPoolExecutor(config.workers) as pool:
        return list(pool.map(check_file, files, repeat(config), repeat(fixing), chunksize=8))


def check_file(path: Path, config: Config, fixing: Trust | None) -> FileResult:
    """Check one file, and write its fixes up to the trust `fixing` (None: write nothing)."""
    source = read_source(path, display_name(path))
    if isinstance(source, Problem):
        return FileResult(problems=(source,))
    sites, problems = _certain(source, config)
    fixed = 0
    if fixing is not None:
        fixed_source, fixed = _fix(source, config, fixing)
        if fixed:
            write_atomic(path, source.encode(fixed_source.text))
            sites, problems = _certain(fixed_source, config)
    return FileResult(tuple(sites), problems, source.text.count("\n") + 1, fixed)


def _certain(source: SourceFile, config: Config) -> tuple[list[Site], tuple[Problem, ...]]:
    """Sites that facts alone decide, within the accepted trust and not switched off."""
    rules = select_rules(config.select, config.ignore)
    found = find_sites(source, rules)
    names = {loaded.rule.code: loaded.rule.name for loaded in rules}
    off = read_suppressions(source)
    sites = [
        site
        for site in found.sites
        if site.certain and site.trust.within(config.allow) and not off.hides(site, names[site.rule])
    ]
    return sites, found.problems


def _fix(source: SourceFile, config: Config, trust: Trust) -> tuple[SourceFile, int]:
    """Apply fixes until none is left that fits; a set that would not parse is given up whole."""
    fixed = 0
    for _ in range(_MOST_PASSES):
        chosen: list[Site] = []
        for site in _certain(source, config)[0]:
            if site.edits and site.trust.within(trust) and compatible(site, chosen):
                chosen.append(site)
        if not chosen:
            break
        try:
            text = render({source.name: source}, chosen)[source.name]
        except ValueError:
            break
        fixed += len(chosen)
        source = replace(source, text=text)
    return source, fixed

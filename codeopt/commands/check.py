"""`codeopt check`: find sites without running anything, and with `--fix` write the exact ones."""

from __future__ import annotations

import atexit
import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from codeopt.cache import Cache, Kept, open_cache
from codeopt.config import Config
from codeopt.edit import Site, Trust
from codeopt.report.outcome import CheckOutcome
from codeopt.source import Problem, discover, display_name

# There is no garbage worth the looking when the interpreter ends, which would take a tenth of a second.
atexit.register(gc.freeze)


def check(
    paths: Sequence[Path], config: Config, *, fix: bool, fix_trust: Trust, cache_folder: Path | None = None
) -> CheckOutcome:
    """Check the Python files and notebooks under `paths`; raises UsageError for a path that does not exist.

    Results are kept in `cache_folder`, and taken from there where they still hold.
    """
    begin = time.perf_counter()
    files = list(discover(paths, config.exclude, notebooks=True))
    fixing = fix_trust if fix else None
    cache = None if cache_folder is None else open_cache(cache_folder, config.select, config.ignore)
    results = {} if cache is None else _known(cache, files, fixing)
    names = {} if cache is None else cache.names
    problems: tuple[Problem, ...] = ()
    fixed = 0
    missing = [file for file in files if file not in results]
    places = () if cache is None else cache.places
    # The rules and all that they ask take longer to load than a warm run takes.
    if not names:
        from codeopt.registry import deciding_rules, rule_problems, select_rules

        names = {loaded.rule.code: loaded.rule.name for loaded in select_rules(config.select, config.ignore)}
        places = tuple(loaded.place for loaded in deciding_rules(config.select, config.ignore))
        problems = rule_problems()
    if missing:
        from codeopt.commands.check_file import check_files

        checked = check_files(missing, tuple(places), config.workers, fixing)
        for file, result in zip(missing, checked, strict=True):
            results[file] = Kept(result.lines, [*result.sites], [*result.problems], [])
            fixed += result.fixed
            if cache is not None and result.rests_on is not None:
                cache.put(file, results[file], result.rests_on)
            elif cache is not None:
                cache.drop(file)
    if cache is not None and not problems:
        cache.save(names, places)
    found = [_named(results[file], display_name(file)) for file in files]
    return CheckOutcome(
        sites=tuple(s for kept in found for s in kept.sites if s.trust.within(config.allow)),
        problems=(*problems, *(problem for kept in found for problem in kept.problems)),
        names=names,
        files=len(files),
        lines=sum(kept.lines for kept in found),
        seconds=time.perf_counter() - begin,
        fixed=fixed,
    )


def _known(cache: Cache, files: Iterable[Path], fixing: Trust | None) -> dict[Path, Kept]:
    """What still holds; a file with something to fix is checked anew."""
    known = {file: kept for file in files if (kept := cache.get(file)) is not None}
    if fixing is None:
        return known
    return {f: k for f, k in known.items() if not any(s.edits and s.trust.within(fixing) for s in k.sites)}


def _named(kept: Kept, name: str) -> Kept:
    """A result under the name that this run's report calls the file by."""
    if {site.path for site in kept.sites} | {problem.path for problem in kept.problems} <= {name}:
        return kept
    sites: list[Site] = [replace(site, path=name) for site in kept.sites]
    problems: list[Problem] = [replace(problem, path=name) for problem in kept.problems]
    return Kept(kept.lines, sites, problems, kept.rests_on)

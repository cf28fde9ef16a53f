"""`codeopt check`: find sites without running anything, and with `--fix` write the exact ones."""

from __future__ import annotations

import atexit
import gc
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codeopt.cache import Cache, Kept, open_cache
from codeopt.config import Config
from codeopt.edit import Site, Trust
from codeopt.notices import UNUSED
from codeopt.per_file import all_named, ignored_by_file
from codeopt.report.outcome import CheckOutcome
from codeopt.selectors import chosen
from codeopt.source import Problem, SourceFile, discover, display_name, read_source

if TYPE_CHECKING:
    from codeopt.commands.check_file import Asked
    from codeopt.plugins import Place
    from codeopt.suggestion import FileChange

# There is no garbage worth the looking when the interpreter ends, which would take a tenth of a second.
atexit.register(gc.freeze)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a check is to do beside looking: write `fixes` (None: nothing), and bring along the `texts` of
    files with findings and the `changes` that fixes up to a trust would make (None: not asked for)."""

    fixes: Trust | None = None
    texts: bool = False
    changes: Trust | None = None


def check(
    paths: Sequence[Path], config: Config, root: Path, wanted: Wanted, cache_folder: Path | None = None
) -> CheckOutcome:
    """Check the Python files and notebooks under `paths`; raises UsageError for a path that does not exist.

    Results are kept in `cache_folder`, and taken from there where they still hold; on Ctrl-C, those of the
    files that are done.
    """
    begin = time.perf_counter()
    files = {file: display_name(file) for file in discover(paths, config.exclude, notebooks=True)}
    cache = None if cache_folder is None else open_cache(cache_folder, _key(config, root))
    results = {} if cache is None else _known(cache, files, wanted.fixes)
    rules = _rules(config, cache)
    off = ignored_by_file(files, config.per_file_ignores, root, rules.names)
    missing = [file for file in files if file not in results]
    asked: Asked | None = None
    fixed = 0
    if missing or wanted.changes is not None:
        from codeopt.commands.check_file import Asked

        asked = Asked(rules.places, wanted.fixes, rules.unused)
    if missing and asked is not None:
        for file, kept, mended in _check_missing(missing, asked, off, config.workers, cache, rules):
            results[file] = kept
            fixed += mended
    found = [_named(results[file], name) for file, name in files.items()]
    sites = tuple(s for kept in found for s in kept.sites if s.trust.within(config.allow))
    problems = (*rules.problems, *(problem for kept in found for problem in kept.problems))
    holding = {site.path for site in sites} | {one.path for one in problems if one.cell is not None}
    with_sites = [file for file, name in files.items() if name in holding]
    return CheckOutcome(
        sites=sites,
        problems=problems,
        names=rules.names,
        files=len(files),
        lines=sum(kept.lines for kept in found),
        seconds=time.perf_counter() - begin,
        fixed=fixed,
        checked=tuple(files.values()),
        sources=_sources(with_sites) if wanted.texts else {},
        changes=()
        if asked is None or wanted.changes is None
        else tuple(_changes(with_sites, asked, wanted.changes, off)),
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """Names of all that is asked by code, where the rules are that decide, and what is wrong with rules."""

    names: Mapping[str, str]
    places: tuple[Place, ...]
    problems: tuple[Problem, ...]
    unused: bool


def _rules(config: Config, cache: Cache | None) -> _Rules:
    """From the cache if it knows: the rules take longer to load than a warm run takes."""
    unused = chosen(UNUSED.code, UNUSED.name, config.select, config.ignore)
    if cache is not None and cache.names:
        return _Rules(cache.names, cache.places, (), unused)
    from codeopt.registry import deciding_rules, rule_problems, select_rules

    select_rules(all_named(config.per_file_ignores))  # raises for one that is not there
    names = {loaded.rule.code: loaded.rule.name for loaded in select_rules(config.select, config.ignore)}
    if unused:
        names[UNUSED.code] = UNUSED.name
    places = tuple(loaded.place for loaded in deciding_rules(config.select, config.ignore))
    return _Rules(names, places, rule_problems(), unused)


def _key(config: Config, root: Path) -> tuple[object, ...]:
    """What has a say in the result of a file beside the file and the rules."""
    ignores = (str(root), *config.per_file_ignores.items()) if config.per_file_ignores else ()
    return (config.select, config.ignore, *ignores)


def _check_missing(
    missing: Sequence[Path], asked: Asked, off: Mapping[Path, frozenset[str]], workers: int,
    cache: Cache | None, rules: _Rules,
) -> Iterator[tuple[Path, Kept, int]]:  # fmt: skip
    """The results of files, and how many findings were fixed in each; kept at the end, come what may."""
    from codeopt.commands.check_file import check_files

    try:
        checked = check_files(missing, asked, [off.get(file, frozenset()) for file in missing], workers)
        for file, result in zip(missing, checked, strict=True):
            kept = Kept(result.lines, [*result.sites], [*result.problems], [])
            if cache is not None and result.rests_on is not None:
                cache.put(file, kept, result.rests_on)
            elif cache is not None:
                cache.drop(file)
            yield file, kept, result.fixed
    finally:
        if cache is not None and not rules.problems:
            cache.save(dict(rules.names), rules.places)


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


def _sources(files: Iterable[Path]) -> dict[str, SourceFile]:
    """The texts of files by name; without those that can no longer be read."""
    read = (read_source(file, display_name(file)) for file in files)
    return {source.name: source for source in read if isinstance(source, SourceFile)}


def _changes(
    files: Iterable[Path], asked: Asked, trust: Trust, off: Mapping[Path, frozenset[str]]
) -> Iterator[FileChange]:
    from codeopt.commands.check_file import planned_change

    changes = (planned_change(file, asked, trust, off.get(file, frozenset())) for file in files)
    yield from (change for change in changes if change is not None)

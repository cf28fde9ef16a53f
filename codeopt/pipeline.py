"""find -> search -> prove -> measure -> rank, as a generator of events.

Reports are built from these events alone. Closing the generator (Ctrl-C) ends the sandbox.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codeopt.config import ORIGINS, Config
from codeopt.edit import Site
from codeopt.events import Event, Finished, ProblemFound, TargetProgress, TargetStarted
from codeopt.per_file import all_named, ignored_by_file
from codeopt.registry import find_sites, select_rules
from codeopt.run.command import parse, run_target
from codeopt.run.session import RunSession, held_modules
from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.sandbox.configured import Sandboxes
from codeopt.search.conclude import conclude, rejections
from codeopt.search.rounds import Finder, Progress, Search
from codeopt.search.session import Baseline, Session, Subject, TargetFailure
from codeopt.source import Problem, SourceFile, discover, display_name, problem_at, read_source
from codeopt.store import refused_folder
from codeopt.suggestion import Rejection, Stats, Suggestion, UnprovenSite
from codeopt.suppress import read_suppressions
from codeopt.target import Target, is_named
from codeopt.workload.declarations import declared_targets
from codeopt.workload.declared import FILE_NAME as WORKLOAD_FILE_NAME
from codeopt.workload.declared import check_target, libraries
from codeopt.workload.origins import Provider, providers
from codeopt.workload.own_tests.check import check_tests
from codeopt.workload.own_tests.find import OwnTests, find_tests
from codeopt.workload.own_tests.targets import test_modules
from codeopt.workload.preload import preload
from codeopt.workload.wanted import Unserved, Wanted, wanted_in

_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]", re.MULTILINE)


@dataclass
class Run:
    """One `suggest` run over some paths; iterate `events()` once."""

    config: Config
    paths: Sequence[Path]
    root: Path
    sources: dict[str, SourceFile] = field(default_factory=dict)
    evaluations: int = 0
    functions: int = 0
    targets: int = 0
    isolation: str = ""
    _reached: set[str] = field(default_factory=set)
    _reasons: dict[Wanted, str] = field(default_factory=dict)
    _begin: float = field(default_factory=time.monotonic)
    _tests: OwnTests | None = None

    def events(self) -> Generator[Event, None, None]:
        """Everything the run finds, as it finds it."""
        yield from self._read()
        with Sandboxes(self.config) as self._sandboxes:
            yield from self._search_runs() if self.config.run else self._search_functions()
            yield from self._left_over()
        yield Finished(self.stats())

    def _search_functions(self) -> Iterator[Event]:
        targets = []
        for found in self._declared_targets():
            if isinstance(found, Target):
                targets.append(found)
            else:
                yield ProblemFound(found)
        self.targets = len(targets)
        yield from self._search_all(targets)
        yield from self._search_undeclared(targets)

    def _is_late(self) -> bool:
        """Whether the time for the whole run is spent."""
        budget = self.config.time_budget
        return bool(budget) and time.monotonic() > self._begin + budget

    def stats(self) -> Stats:
        """Totals so far; also of a run that was interrupted."""
        seconds = time.monotonic() - self._begin
        return Stats(len(self.sources), self.functions, self.targets, self.evaluations, seconds)

    def targets_only(self) -> list[Target]:
        """The targets that the workload files declare, for benchmarks that run them their own way."""
        list(self._read())
        with Sandboxes(self.config) as self._sandboxes:
            return [found for found in self._declared_targets() if isinstance(found, Target)]

    def _read(self) -> Iterator[Event]:
        select_rules(all_named(self.config.per_file_ignores))  # raises for one that is not there
        self._rules = select_rules(self.config.select, self.config.ignore)
        self.by_file: dict[str, list[Site]] = {}
        named = {Path(file).resolve() for file in self.config.workloads}
        for path in discover(self.paths, self.config.exclude, notebooks=True):
            if path.name == WORKLOAD_FILE_NAME or path.resolve() in named:
                continue
            source = read_source(path, display_name(path))
            if isinstance(source, Problem):
                yield ProblemFound(source)
                continue
            found = find_sites(source, self._rules)
            for problem in found.problems:
                yield ProblemFound(problem)
            self.sources[source.name] = source
            self.by_file[source.name] = self._active(source, found.sites)
            self.functions += len(_DEFINITION.findall(source.text))

    def _active(self, source: SourceFile, sites: Sequence[Site]) -> list[Site]:
        """Sites within the accepted trust, and not switched off by a comment or for the file."""
        off = read_suppressions(source)
        names = {loaded.rule.code: loaded.rule.name for loaded in self._rules}
        ignored = ignored_by_file([source.path], self.config.per_file_ignores, self.root, names)
        without = ignored.get(source.path, frozenset())
        allowed = [s for s in sites if s.trust.within(self.config.allow) and s.rule not in without]
        return [s for s in allowed if not off.hides(s, names[s.rule])]

    def _declared_targets(self) -> Iterator[Target | Problem]:
        folders = [p if p.is_dir() else p.parent for p in self.paths]
        roots = list(dict.fromkeys([self.root, *(f.resolve() for f in folders)]))
        sources = [source.path for source in self.sources.values()]
        scanned = {path.resolve() for path in sources}
        for found in declared_targets(self.config, sources, roots, self._sandbox_for):
            if isinstance(found, Problem) or (found.path in scanned and self._is_named(found)):
                yield found

    def _is_named(self, found: Target | Wanted) -> bool:
        return is_named(found.path, found.qualname, self.config.target, self.root)

    def _sandbox_for(self, modules: tuple[str, ...]) -> Sandbox:
        """The zygote that holds these modules; only the last one is kept."""
        sandbox = self._sandboxes.holding(modules)
        self.isolation = sandbox.isolation
        return sandbox

    def _search_all(self, targets: Sequence[Target]) -> Iterator[Event]:
        ordered = sorted(targets, key=lambda t: (libraries(t), str(t.path), t.qualname))
        for number, target in enumerate(ordered, 1):
            if self._is_late():
                yield ProblemFound(
                    problem_at(target.path, 1, f"{target.qualname}: the time budget was spent")
                )
                continue
            yield from self._search(target, ordered, number)

    def _search_undeclared(self, declared: Sequence[Target]) -> Iterator[Event]:
        """Functions with sites that nothing declares: each by the first origin that can call it."""
        wanted = self._undeclared(declared)
        targets = list(declared)
        # Who declares some workloads has said what matters; what a command recorded was asked for too.
        for provide in self._origins(self.config.origins or (("traced",) if declared else ORIGINS)):
            served: set[Wanted] = set()
            for found in provide(wanted):
                if isinstance(found, Unserved):
                    self._reasons[found.wanted] = found.reason
                    continue
                own = [w for w in wanted if w.is_called_by(found)]
                targets.append(found)
                self.targets += 1
                before = len(self._reached)
                failure = yield from self._search(found, targets, self.targets)
                if not failure and len(self._reached) == before:
                    failure = "its calls do not run the lines in question"
                if failure:
                    self._reasons |= dict.fromkeys(own, f"{found.origin}: {failure}")
                else:
                    served.update(own)
                if self._is_late():
                    return
            wanted = [w for w in wanted if w not in served]

    def _undeclared(self, declared: Sequence[Target]) -> list[Wanted]:
        return [
            found
            for name, sites in self.by_file.items()
            for found in wanted_in(self.sources[name].path.resolve(), self._unreached(sites), declared)
            if self._is_named(found)
        ]

    def _unreached(self, sites: Sequence[Site]) -> list[Site]:
        """Sites that no target has run so far, as a function that it calls."""
        return [site for site in sites if site.id not in self._reached]

    def _origins(self, names: Sequence[str]) -> Sequence[Provider]:
        return providers(
            names, self.root, self.config.seed, self._sandbox_for, self._own_tests,
            self._is_late,
        )  # fmt: skip

    def _left_over(self) -> Iterator[UnprovenSite]:
        """Every site that nothing ran."""
        usual = "no run reaches this line" if self.config.run else "no workload runs this line"
        reasons = {(w.path, w.qualname): reason for w, reason in self._reasons.items()}
        for name, sites in self.by_file.items():
            path = self.sources[name].path.resolve()
            for site in sites:
                if site.id not in self._reached and site.edits:
                    outermost = site.function.partition(".<locals>")[0]
                    reason = reasons.get((path, outermost), usual)
                    yield UnprovenSite(name, site.function, site.span.line, site.rule, reason)

    def _search_runs(self) -> Iterator[Event]:
        """Whole runs of commands, each as one target that may change every file."""
        folder = Path.cwd()
        files = [source.path.resolve() for source in self.sources.values()]
        targets = [run_target(parse(text, folder), self.root, files) for text in self.config.run]
        self.targets = len(targets)
        for number, target in enumerate(targets, 1):
            if self._is_late():
                yield ProblemFound(problem_at(target.path, 1, f"{target.ref}: the time budget was spent"))
                continue
            sandbox = self._sandbox_for(held_modules(preload(target), self.root, self.sources))
            session = RunSession(sandbox, target, folder, self.sources, self.config)
            yield from self._search_with(session, self._sites_of, number, len(targets))
            if session.note:
                yield ProblemFound(problem_at(target.path, 1, f"{target.ref}: {session.note}"))

    def _search(self, target: Target, targets: Sequence[Target], number: int) -> Generator[Event, None, str]:
        sandbox = self._sandbox_for(preload(target))
        if not any(self.by_file.values()):
            end = sandbox.call(check_target, target)
            if not isinstance(end, Completed):
                yield ProblemFound(problem_at(target.workload_file, target.workload_line, describe_end(end)))
            return ""
        session = Session(sandbox, target, self.sources, self.config)
        return (
            yield from self._search_with(
                session, lambda source: self._sites_for(source, target, targets), number, len(targets)
            )
        )

    def _search_with(
        self, session: Subject, find: Finder, number: int, total: int
    ) -> Generator[Event, None, str]:
        """Search one target; the end is empty, or why the workload that was found for it cannot be used."""
        target = session.target
        search = Search(session, self.sources, find, self.config, self._is_late)
        sites: list[Site] = []
        try:
            reach = session.reach({})
            sites = search.reachable({}, reach)
            yield TargetStarted(target, number, total, len(sites))
            if not sites:
                return ""
            baseline = session.baseline(reach)
            progress = yield from _watch(target, baseline, search.run(baseline.sample, reach, sites))
        except TargetFailure as failure:
            if target.origin in ORIGINS:
                return str(failure)
            yield ProblemFound(problem_at(target.workload_file, target.workload_line, str(failure)))
            for site in sites:
                self._reached.add(site.id)
                yield UnprovenSite(site.path, site.function, site.span.line, site.rule, str(failure))
            return ""
        self.evaluations += progress.evaluations
        self._reached.update(site.id for site in sites)
        for site, verdict in progress.overclaims:
            claim = f"{site.rule} claims {site.trust}, its proof shows {verdict.level}: a defect of the rule"
            yield ProblemFound(Problem(site.path, site.span.line, claim))
        yield from rejections(progress, target, refused_folder(self.root))
        for found in list(conclude(session, self.sources, baseline, progress)):
            yield self._held_against_tests(found, target) if isinstance(found, Suggestion) else found
        return ""

    def _held_against_tests(self, found: Suggestion, target: Target) -> Suggestion | Rejection:
        """A suggestion with what the project's own tests that call the target say of it."""
        wanted = "tests" in (self.config.origins or ORIGINS) and target.origin != "run"
        if not wanted or not self._own_tests().tests:
            return found
        overlay = {change.path: change.after for change in found.changes}
        checked = check_tests(
            self._sandbox_for(test_modules([target.path])), self._own_tests(), target, overlay
        )
        if not checked.failed:
            return replace(found, tests=checked.passed)
        said = "\n".join(checked.failed)
        return Rejection(found.path, found.function, found.line, found.rules, "fails a test", said)

    def _own_tests(self) -> OwnTests:
        if self._tests is None:
            self._tests = find_tests(self.root, [source.path for source in self.sources.values()])
        return self._tests

    def _sites_of(self, source: SourceFile) -> list[Site]:
        """Sites of a file as it now reads."""
        if source.text == self.sources[source.name].text:
            return self.by_file[source.name]
        return self._active(source, find_sites(source, self._rules).sites)

    def _sites_for(self, source: SourceFile, target: Target, targets: Sequence[Target]) -> list[Site]:
        """Sites of a file that this target may change: not those in another target's own body."""
        found = self._sites_of(source)
        path = source.path.resolve()
        others = [t.qualname for t in targets if t.path == path and t.qualname != target.qualname]
        return [s for s in found if _owns(target, path, s) or not any(_inside(s, q) for q in others)]


def _watch(
    target: Target, baseline: Baseline, run: Generator[Progress, None, Progress]
) -> Generator[Event, None, Progress]:
    """The progress of a search as events; returns its end."""
    original = baseline.sample.peak_bytes
    while True:
        try:
            progress = next(run)
        except StopIteration as stop:
            end: Progress = stop.value
            return end
        best = min((p.sample.peak_bytes for p in progress.proven), default=original)
        yield TargetProgress(target, progress.evaluations, original, min(best, original))


def _owns(target: Target, path: Path, site: Site) -> bool:
    return target.path == path and _inside(site, target.qualname)


def _inside(site: Site, qualname: str) -> bool:
    return site.function == qualname or site.function.startswith(qualname + ".")

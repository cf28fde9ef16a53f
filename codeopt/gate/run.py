"""changes -> workloads that run them -> peaks as they were and as they are -> entries, one by one."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from codeopt.config import ORIGINS, Config
from codeopt.gate.changes import ChangedFile, changed_files, is_new
from codeopt.gate.entry import GateEntry, Judgement, Verdict
from codeopt.gate.functions import line_of
from codeopt.gate.measure import measure_both, measure_new
from codeopt.gate.past import Past
from codeopt.gate.targets import runs_of
from codeopt.sandbox.configured import Sandboxes
from codeopt.source import Problem, SourceFile, discover, display_name, read_source
from codeopt.target import Target, is_named
from codeopt.workload.declarations import declared_targets
from codeopt.workload.declared import FILE_NAME as WORKLOAD_FILE_NAME
from codeopt.workload.origins import Provider, providers
from codeopt.workload.own_tests.find import OwnTests, find_tests
from codeopt.workload.own_tests.settings import PytestSettings, pytest_settings
from codeopt.workload.preload import preload
from codeopt.workload.wanted import Unserved, Wanted

Found = GateEntry | Problem


class Gate:
    """One run of the gate over some paths; iterate `entries()` once."""

    def __init__(self, config: Config, paths: Sequence[Path], root: Path, past: Past) -> None:
        self._config = config
        self._paths = paths
        self._root = root
        self._past = past
        self._begin = time.monotonic()
        self._served: set[Wanted] = set()
        self._reasons: dict[Wanted, str] = {}
        self._changed: list[ChangedFile] = []
        self._tests: OwnTests | None = None
        self._sandboxes = Sandboxes(config)

    @property
    def files(self) -> int:
        """Files with changed functions."""
        return len(self._changed)

    @property
    def functions(self) -> int:
        """Functions that changed or were added."""
        return sum(len(changed.functions) for changed in self._changed)

    @property
    def isolation(self) -> str:
        """The rung of the sandbox; empty where none was needed."""
        return self._sandboxes.isolation

    def entries(self) -> Generator[Found, None, None]:
        """Everything found, as it is found; closing it ends the sandbox."""
        patterns = self._test_patterns()
        files = discover(self._paths, self._config.exclude, notebooks=True)
        kept = [path for path in files if not any(fnmatch(path.name, pattern) for pattern in patterns)]
        self._changed, problems = changed_files(kept, self._past, self._is_named)
        yield from problems
        wanted = [one for changed in self._changed for one in changed.wanted()]
        if not wanted:
            return
        with self._sandboxes:
            declared = yield from self._measure_declared(wanted)
            yield from self._measure_others(wanted, declared)
            yield from self._left_over(wanted)

    def _measure_declared(self, wanted: Sequence[Wanted]) -> Generator[Found, None, bool]:
        """Measure what is declared and runs anything that changed; returns whether anything is declared."""
        folders = [path if path.is_dir() else path.parent for path in self._paths]
        roots = list(dict.fromkeys([self._root, *(folder.resolve() for folder in folders)]))
        changed = [one.path for one in wanted]
        is_declared = False
        for found in declared_targets(self._config, changed, roots, self._sandboxes.holding):
            if isinstance(found, Problem):
                yield found
            else:
                is_declared = True
                yield from self._measure(found, wanted)
        return is_declared

    def _measure_others(self, wanted: Sequence[Wanted], declared: bool) -> Iterator[Found]:
        """Measure what no declared workload runs, each function by the first other origin that can."""
        # Who declares some workloads has said what matters; what a command recorded was asked for too.
        for provide in self._origins(self._config.origins or (("traced",) if declared else ORIGINS)):
            left = [one for one in wanted if one not in self._served]
            for found in provide(left) if left else ():
                if isinstance(found, Unserved):
                    self._reasons[found.wanted] = found.reason
                else:
                    yield from self._measure(found, left)
                if self._is_late():
                    return

    def _measure(self, target: Target, wanted: Sequence[Wanted]) -> Iterator[Found]:
        """Measure a target if it runs any of the wanted functions."""
        own = [one for one in wanted if one.is_called_by(target)]
        if self._is_late():
            return
        runs = runs_of(target, wanted, self._sandboxes.holding, self._config.seed)
        if isinstance(runs, str):
            if target.origin in ORIGINS:
                self._reasons |= dict.fromkeys(own, f"{target.origin}: {runs}")
            elif own:
                self._served.update(own)
                yield self._entry(target, own, Judgement(Verdict.UNMEASURED, reason=runs))
            else:
                yield Problem(display_name(target.workload_file), target.workload_line, runs)
            return
        if not runs:
            return
        sandbox = self._sandboxes.holding(preload(target))
        if is_new(target.path, target.qualname, target.original(), self._past):
            judgement = measure_new(sandbox, target, self._config.seed)
        else:
            percent = self._config.min_saving
            judgement = measure_both(sandbox, target, self._past, percent, self._config.seed)
        self._served.update(runs)
        yield self._entry(target, runs, judgement)

    def _entry(self, target: Target, runs: Sequence[Wanted], judgement: Judgement) -> GateEntry:
        line = line_of(target.original(), target.qualname)
        changed = tuple(f"{display_name(one.path)}::{one.qualname}" for one in runs)
        entry = GateEntry(
            display_name(target.path), target.qualname, line, judgement, changed, target.origin, target.ref
        )
        return _in_cell(entry, target.path)

    def _left_over(self, wanted: Sequence[Wanted]) -> Iterator[GateEntry]:
        """Every changed function that nothing runs."""
        usual = "the time budget was spent" if self._is_late() else "no workload runs what changed in it"
        lines = {(c.path, f.qualname): f.line for c in self._changed for f in c.functions}
        for one in wanted:
            if one not in self._served:
                reason = self._reasons.get(one, usual)
                judgement = Judgement(Verdict.UNMEASURED, reason=reason)
                line = lines[one.path, one.qualname]
                yield _in_cell(GateEntry(display_name(one.path), one.qualname, line, judgement), one.path)

    def _origins(self, names: Sequence[str]) -> Sequence[Provider]:
        return providers(
            names, self._root, self._config.seed, self._sandboxes.holding, self._own_tests, self._is_late
        )

    def _own_tests(self) -> OwnTests:
        if self._tests is None:
            self._tests = find_tests(self._root, [changed.path for changed in self._changed])
        return self._tests

    def _is_late(self) -> bool:
        budget = self._config.time_budget
        return bool(budget) and time.monotonic() > self._begin + budget

    def _is_named(self, path: Path, qualname: str) -> bool:
        return is_named(path, qualname, self._config.target, self._root)

    def _test_patterns(self) -> tuple[str, ...]:
        """Names of files of tests, and of workloads: what these take is not what the project takes."""
        read = pytest_settings(self._root)
        settings = PytestSettings(self._root) if isinstance(read, Problem) else read
        return (*settings.python_files, "conftest.py", WORKLOAD_FILE_NAME)


def _in_cell(entry: GateEntry, path: Path) -> GateEntry:
    """An entry with its line in a cell, if its file is a notebook."""
    source = read_source(path, entry.path)
    if not isinstance(source, SourceFile) or source.layout is None:
        return entry
    cell, line = source.layout.place(entry.line)
    return replace(entry, cell=cell, line=line)

"""Guessed targets for functions that no declaration calls."""

from __future__ import annotations

import hashlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import msgspec

from codeopt.sandbox import Completed, Died, Expired, Failed, JobEnd, Limits, Sandbox
from codeopt.source import write_atomic
from codeopt.target import Target, module_of
from codeopt.workload.guess.call_sites import CallsMade, keep_calls, read_calls_made
from codeopt.workload.guess.callers import Calls, callers_of, kin_of, read_calls
from codeopt.workload.guess.job import Guess, Request, guess_job
from codeopt.workload.passages.heads import BESIDE
from codeopt.workload.wanted import Unserved, Wanted

SandboxFor = Callable[[Sequence[Path]], Sandbox]
"""The sandbox for functions of some files: one whose zygote holds what the files import."""

BUDGET = 250
_SECONDS = 240.0
_MOST_FILES = 1200


class Kept(msgspec.Struct, frozen=True):
    """A guess as it is kept beside its file."""

    key: str
    text: str
    module: str
    qualname: str
    lines: dict[str, list[int]]
    trials: int
    reason: str


@dataclass(frozen=True, slots=True)
class Guessed:
    """What came of a wanted function: a guess and the targets that rest on it, one for each builder."""

    wanted: Wanted
    guess: Guess
    targets: tuple[Target, ...]


def guessed_targets(
    wanted: Sequence[Wanted],
    sandbox_for: SandboxFor,
    root: Path,
    folder: Path,
    seed: int,
    budget: int = BUDGET,
) -> Iterator[Target | Unserved]:
    """Targets with a workload file in `folder` for each wanted function, or why there is none.

    A function that only another one reaches is served by that one's targets, which come once. There are
    several where no single call runs all lines of the sites.
    """
    given: set[Path] = set()
    for found in guess_all(wanted, sandbox_for, root, folder, seed, budget):
        if not found.targets:
            yield Unserved(found.wanted, found.guess.reason)
        elif found.targets[0].workload_file not in given:
            given.add(found.targets[0].workload_file)
            yield from found.targets


def guess_all(
    wanted: Sequence[Wanted],
    sandbox_for: SandboxFor,
    root: Path,
    folder: Path,
    seed: int,
    budget: int = BUDGET,
) -> Iterator[Guessed]:
    """A guess for each wanted function: by its own arguments, another's that reaches it, or its callers'."""
    folder.mkdir(parents=True, exist_ok=True)
    project = _Project(root, folder)
    first = list(_tried(wanted, sandbox_for, project, seed, budget, by_callers=False))
    left = []
    for found in first:
        other = None if found.targets else _reached_by(found.wanted, first)
        if found.targets or other is not None:
            yield other or found
        else:
            left.append(found)
    again = [found.wanted for found in left]
    second = list(_tried(again, sandbox_for, project, seed, budget, by_callers=True)) if again else []
    for before, found in zip(left, second, strict=True):
        if not found.targets:
            found = _reached_by(found.wanted, second) or replace(found, guess=before.guess)
        yield found


@dataclass(frozen=True, slots=True)
class _Project:
    """What the files of a project say of each other; `folder` is where guesses are kept."""

    root: Path
    folder: Path
    _calls: dict[Path, Calls] = field(default_factory=dict)
    _made: dict[Path, tuple[CallsMade, Path]] = field(default_factory=dict)

    def calls(self, top: Path) -> Calls:
        """Who calls whom in a package, or in the modules of a folder that is none."""
        if top not in self._calls:
            self._calls[top] = read_calls(_modules(top))
        return self._calls[top]

    def calls_made(self, top: Path) -> tuple[CallsMade, Path]:
        """The calls that a package, or a folder's modules, and the project's tests, examples and pages make,
        and the file that they are kept in."""
        if top not in self._made:
            beside = [file for name in BESIDE for file in sorted((self.root / name).rglob("*.py"))]
            files = dict.fromkeys([*_modules(top), *beside, *_pages(self.root)])
            made = read_calls_made(itertools.islice(files, _MOST_FILES), _importable(top), self.root)
            self._made[top] = made, keep_calls(made, self.folder)
        return self._made[top]


def _pages(root: Path) -> Iterator[Path]:
    """The documentation of a project, that of its first page first."""
    for kind in (".md", ".rst"):
        yield from sorted(root.glob(f"README*{kind}"))
        yield from (page for name in ("docs", "doc") for page in sorted((root / name).rglob(f"*{kind}")))


def _modules(top: Path) -> list[Path]:
    return sorted(top.rglob("*.py") if _is_package(top) else top.glob("*.py"))


def _importable(top: Path) -> Path:
    return top.parent if _is_package(top) else top


def _is_package(top: Path) -> bool:
    return (top / "__init__.py").exists()


def _reached_by(wanted: Wanted, others: Sequence[Guessed]) -> Guessed | None:
    """The guess for another function that runs the most lines of this one's sites, if any does."""
    path = str(wanted.path)

    def hits(other: Guessed) -> int:
        return len(other.guess.lines.get(path, frozenset()) & wanted.lines) if other.targets else 0

    best = max(others, key=hits, default=None)
    return Guessed(wanted, best.guess, best.targets) if best is not None and hits(best) else None


def _tried(
    wanted: Sequence[Wanted],
    sandbox_for: SandboxFor,
    project: _Project,
    seed: int,
    budget: int,
    *,
    by_callers: bool,
) -> Iterator[Guessed]:
    """Jobs for some functions, as many at a time as the sandbox takes; what is kept needs none."""
    asked = [_asked(one, project, seed, budget, by_callers=by_callers) for one in wanted]
    kept = [_read(one.file, one.key) for one in asked]
    open_ones = [number for number, guess in enumerate(kept) if guess is None]
    ends: dict[int, Future[JobEnd]] = {}
    if open_ones:
        sandbox = sandbox_for(tuple(dict.fromkeys(wanted[number].path for number in open_ones)))
        limits = _limits(sandbox)
        ends = {n: sandbox.submit(guess_job, asked[n].request, limits=limits) for n in open_ones}
    for number, (one, ask) in enumerate(zip(wanted, asked, strict=True)):
        guess = kept[number]
        if guess is None:
            guess = _guess_of(ends[number].result(), ask.request)
            _keep(ask.file, guess, ask.key)
        yield Guessed(one, guess, _targets(ask.request, guess, ask.file))


def _limits(sandbox: Sandbox) -> Limits:
    return replace(
        sandbox.limits,
        seconds=_SECONDS,
        memory_bytes=min(sandbox.limits.memory_bytes, 6 << 30),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, the file for what comes of it, and the digest of what that rests on."""

    request: Request
    file: Path
    key: str


def _asked(wanted: Wanted, project: _Project, seed: int, budget: int, *, by_callers: bool) -> _Asked:
    folder, module = module_of(wanted.path)
    inside = wanted.path.is_relative_to(project.root)
    name = str(wanted.path.relative_to(project.root) if inside else wanted.path)
    target = Target(wanted.path, wanted.qualname, module, folder, wanted.path, 0, 1, origin="guessed")
    package = folder / module.partition(".")[0]
    top = package if _is_package(package) else folder
    made, kept = project.calls_made(top)
    request = Request(target, name, wanted.lines, seed, budget, calls_made=kept)
    if by_callers:
        graph = project.calls(top)
        kin = kin_of(graph, module, wanted.qualname)
        callers = callers_of(graph, module, wanted.qualname)
        request = replace(request, callers=callers, kin=kin, direct=bool(kin), again=True)
    parts = wanted.qualname.split(".")
    related = [(made.sites.get(part), made.places.get(part)) for part in (*parts, wanted.qualname)]
    return _Asked(request, project.folder / _name_of(wanted, by_callers), _key(request, related))


def _guess_of(end: JobEnd, request: Request) -> Guess:
    if isinstance(end, Completed) and isinstance(end.value, Guess):
        return end.value
    reason = "its trials gave no answer"
    if isinstance(end, Expired):
        reason = f"no arguments were found within {end.seconds:g} s"
    elif isinstance(end, Died):
        reason = f"its trials ended: {end.reason}"
    elif isinstance(end, Failed):
        reason = f"its trials failed: {end.kind}: {end.message}"
    return Guess("", request.target.module, request.target.qualname, {}, 0, reason)


def _targets(request: Request, guess: Guess, file: Path) -> tuple[Target, ...]:
    path = request.target.path
    if guess.module != request.target.module:
        base = request.target.root.joinpath(*guess.module.split("."))
        path = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
    made = replace(
        request.target,
        path=path,
        module=guess.module,
        qualname=guess.qualname,
        workload_file=file,
    )
    builders = [i for i, text in enumerate(guess.text.splitlines(), 1) if text.startswith("@workload(")]
    return tuple(replace(made, workload_index=n, workload_line=line) for n, line in enumerate(builders))


def _name_of(wanted: Wanted, by_callers: bool) -> str:
    digest = hashlib.sha256(f"{wanted.path}::{wanted.qualname}".encode()).hexdigest()[:8]
    safe = wanted.qualname.replace(".", "_").strip("_")
    return f"guessed_{wanted.path.stem}_{safe}_{digest}{'_callers' if by_callers else ''}.py"


def _key(request: Request, related: object) -> str:
    """What a kept guess rests on: the file's text, what was asked, calls of it, and how guesses are made."""
    asked = (
        request.seed,
        request.budget,
        sorted(request.lines),
        request.callers,
        request.kin,
        request.name,
        related,
    )
    return hashlib.sha256(request.target.path.read_bytes() + f"{_own_code()} {asked}".encode()).hexdigest()


@cache
def _own_code() -> str:
    folders = (Path(__file__).parent.parent, Path(inspect.getfile(Sandbox)).parent)
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _read(file: Path, key: str) -> Guess | None:
    try:
        kept = msgspec.json.decode(file.with_suffix(".json").read_bytes(), type=Kept)
        text = file.read_text(encoding="utf-8") if kept.text else ""
    except (OSError, msgspec.DecodeError):
        return None
    if kept.key != key:
        return None
    lines = {name: frozenset(found) for name, found in kept.lines.items()}
    return Guess(text, kept.module, kept.qualname, lines, kept.trials, kept.reason)


def _keep(file: Path, guess: Guess, key: str) -> None:
    """Keep a guess; that there is none is kept too, for it takes the longest to find out."""
    lines = {name: sorted(found) for name, found in guess.lines.items()}
    kept = Kept(
        key,
        "" if not guess.text else "yes",
        guess.module,
        guess.qualname,
        lines,
        guess.trials,
        guess.reason,
    )
    if guess.text:
        write_atomic(file, guess.text.encode())
    write_atomic(file.with_suffix(".json"), msgspec.json.encode(kept))

"""Re-measure the figures of `corpus/expected.toml`.

    python bench/corpus_expected.py                 # every program, a table in Markdown
    python bench/corpus_expected.py --write         # and put the figures into expected.toml
    python bench/corpus_expected.py softmax kmeans  # only these

A program's rewrite (`best.py`, for a trap `tempting.py`) is the whole new text of the target's
file: it is measured in a copy of the folder, in the place of the original. Each peak comes from
a forked child: one warming call, then one under memray. Time is that of another call, without it.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from codeopt.workload.call import take_declared

CORPUS = Path(os.environ.get("CODEOPT_CORPUS") or Path(__file__).resolve().parent.parent / "corpus")
REWRITE = {"program": "best.py", "trap": "tempting.py"}
FIGURE = {"program": "after_bytes", "trap": "tempting_bytes"}


@dataclass(frozen=True)
class Program:
    """One entry of expected.toml."""

    name: str
    entry: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return CORPUS / self.name

    @property
    def kind(self) -> str:
        return str(self.entry["kind"])

    @property
    def target(self) -> str:
        return str(self.entry["target"])

    @property
    def rewrite(self) -> Path:
        return self.folder / REWRITE[self.kind]


def programs() -> list[Program]:
    """Everything expected.toml lists, in its order."""
    listed = tomllib.loads((CORPUS / "expected.toml").read_text())
    return [Program(name, entry) for name, entry in listed.items()]


@dataclass(frozen=True)
class Loaded:
    """A target and its workload builder, imported from a copy of the program's folder."""

    target: Callable[..., Any]
    builder: Callable[[float, int], Any]

    def call(self, scale: float, seed: int) -> Prepared:
        """A call made ready: the inputs built, an object target constructed."""
        call = self.builder(scale, seed)
        target = self.target
        if call.init is not None:
            target = target(*call.init.args, **call.init.kwargs)
        return Prepared(target, call.args, dict(call.kwargs), call.train)


@dataclass(frozen=True)
class Prepared:
    """A target with its arguments; calling it makes the call, or the training step."""

    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    train: bool

    def __call__(self) -> Any:
        result = self.target(*self.args, **self.kwargs)
        if not self.train:
            return result
        result.sum().backward()
        module: Any = self.target
        gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
        return result.detach(), gradients


@contextmanager
def loaded(program: Program, rewritten: bool) -> Iterator[Loaded]:
    """Import a program, or its rewrite, inside a working directory of its own."""
    file, qualname = program.target.split("::")
    home, before = Path.cwd(), set(sys.modules)
    with tempfile.TemporaryDirectory() as scratch:
        root, work = Path(scratch, "program"), Path(scratch, "work")
        work.mkdir()
        shutil.copytree(program.folder, root, ignore=shutil.ignore_patterns("__pycache__"))
        if rewritten:
            shutil.copy(program.rewrite, root / file)
        sys.path.insert(0, str(root))
        os.chdir(work)
        importlib.invalidate_caches()
        try:
            module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
            take_declared()
            importlib.import_module("codeopt_workloads")
            (declared,) = take_declared()
            yield Loaded(_walk(module, qualname), declared.builder)
        finally:
            os.chdir(home)
            sys.path.remove(str(root))
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", None)).startswith(str(root)):
                    del sys.modules[name]


def _walk(module: ModuleType, qualname: str) -> Any:
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def measure(program: Program, rewritten: bool) -> tuple[int, float]:
    """Peak bytes and seconds of a call at scale 1, from a forked child."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(program, rewritten, sender))
    child.start()
    sender.close()
    try:
        peak, seconds = receiver.recv()
    except EOFError:
        raise SystemExit(f"{program.name}: the child died") from None
    child.join()
    return peak, seconds


def _child(program: Program, rewritten: bool, answer: Connection) -> None:
    import memray

    with loaded(program, rewritten) as load:
        _outcome(load.call(1.0, 0))
        call = load.call(1.0, 0)
        gc.collect()
        start = time.perf_counter()
        kept = _outcome(call)
        seconds = time.perf_counter() - start
        del kept, call
        call = load.call(1.0, 0)
        gc.collect()
        results = Path("peak.bin").resolve()
        with memray.Tracker(
            destination=memray.FileDestination(results, overwrite=True),
            file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS,
        ):
            kept = _outcome(call)
        with memray.FileReader(results) as reader:
            answer.send((reader.metadata.peak_memory, seconds))
        del kept


def _outcome(call: Prepared) -> Any:
    """The result, kept alive by the caller; what raises (as some tempting rewrites do) has none."""
    try:
        return call()
    except (TypeError, RuntimeError) as error:
        return repr(error)


def put_figures(text: str, name: str, figures: Mapping[str, int]) -> str:
    """The text of expected.toml with figures of one entry replaced."""
    head, marker, rest = text.partition(f"[{name}]\n")
    body, following, tail = rest.partition("\n[")
    for key, value in figures.items():
        body, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", body)
        if not marker or count != 1:
            raise SystemExit(f"expected.toml: no single {key!r} under [{name}]")
    return head + marker + body + following + tail


def main() -> None:
    parser = argparse.ArgumentParser(description="Re-measure the corpus.")
    parser.add_argument("names", nargs="*", help="programs to measure; all where none is given")
    parser.add_argument("--write", action="store_true", help="put the figures into expected.toml")
    chosen = parser.parse_args()
    warm_imports()
    path = CORPUS / "expected.toml"
    print("| program | kind | trust | before MB | after MB | saved | before s | after s | rules |")
    print("|---|---|---|---:|---:|---:|---:|---:|---|")
    for program in programs():
        if chosen.names and program.name not in chosen.names:
            continue
        before, slow = measure(program, rewritten=False)
        after, fast = measure(program, rewritten=True)
        entry = program.entry
        print(
            f"| {program.name} | {program.kind} | {entry.get('trust', 'wrong')} "
            f"| {before / 1e6:.1f} | {after / 1e6:.1f} | {1 - after / before:.0%} "
            f"| {slow:.2f} | {fast:.2f} | {' '.join(entry['rules'])} |",
            flush=True,
        )
        if chosen.write:
            figures = {"before_bytes": before, FIGURE[program.kind]: after}
            path.write_text(put_figures(path.read_text(), program.name, figures))


def warm_imports() -> None:
    """Import the libraries once, so that the forked children start fast."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in ("numpy", "scipy.spatial.distance", "pandas", "sklearn.linear_model", "memray", "torch"):
        importlib.import_module(name)
    sys.modules["torch"].set_num_threads(1)


if __name__ == "__main__":
    main()

"""Judging labelled rewrites as `codeopt suggest` judges its own, in a sandbox.

A function of a public package is proven in a copy of its module, made when the study runs: the module
itself cannot be loaded twice in one process where it belongs to NumPy or torch.
"""

from __future__ import annotations

import ast
import importlib.util
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codeopt.config import Config
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven, Verdict
from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.sandbox.configured import open_sandbox
from codeopt.search.session import Session
from codeopt.source import Problem, SourceFile, read_source
from codeopt.target import Target
from codeopt.workload.declared import Declaration, locate, read_declarations
from codeopt.workload.preload import BASE_MODULES, preload
from tests.quality.rewrites import (
    numpy_corpus,
    numpy_package,
    pandas_package,
    records_corpus,
    scipy_package,
    signals_corpus,
    sklearn_package,
    torch_corpus,
    torch_package,
)
from tests.quality.rewrites.model import Rewrite

ROOT = Path(__file__).parents[3]
WORKLOADS = Path(__file__).with_name("workloads")
FAMILIES: dict[str, tuple[Rewrite, ...]] = {
    "numpy corpus": numpy_corpus.REWRITES,
    "signals corpus": signals_corpus.REWRITES,
    "torch corpus": torch_corpus.REWRITES,
    "records corpus": records_corpus.REWRITES,
    "numpy package": numpy_package.REWRITES,
    "scipy package": scipy_package.REWRITES,
    "sklearn package": sklearn_package.REWRITES,
    "pandas package": pandas_package.REWRITES,
    "torch package": torch_package.REWRITES,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A rewrite and what came of it."""

    rewrite: Rewrite
    verdict: Verdict

    @property
    def outcome(self) -> str:
        """`exact`, `close` or `precision` where accepted; `differs`, `crashed`, `timed out`, `unproven`."""
        match self.verdict:
            case Same(level):
                return level.value
            case Differs():
                return "differs"
            case Crashed():
                return "crashed"
            case TimedOut():
                return "timed out"
            case Unproven():
                return "unproven"

    @property
    def right(self) -> bool:
        """Refused with a counterexample where unsound, else accepted at the level of the label."""
        wanted = "differs" if self.rewrite.label == "unsound" else self.rewrite.label
        return self.outcome == wanted

    @property
    def accepted(self) -> bool:
        return isinstance(self.verdict, Same)

    def __str__(self) -> str:
        match self.verdict:
            case Differs(text) | Crashed(text) | Unproven(text):
                found = " | ".join(text.splitlines())
            case Same(caveats=caveats):
                found = " | ".join(caveats)
            case TimedOut(seconds):
                found = f"{seconds:g} s"
        return f"{self.rewrite.name} [{self.rewrite.label}]: {self.outcome}: {found}"


def judge(rewrites: Iterable[Rewrite], jobs: int = 1) -> Iterator[Judged]:
    """The verdict on every rewrite; those of one target share its reference.

    Raises ValueError where an edit does not fit its target, TargetFailure where an original cannot run.
    """
    by_target: dict[str, list[Rewrite]] = {}
    for rewrite in rewrites:
        by_target.setdefault(rewrite.target, []).append(rewrite)
    with tempfile.TemporaryDirectory(prefix="codeopt-study-") as folder:
        targets = _targets(by_target, Path(folder))
        wanted = {module for target in targets.values() for module in preload(target)}
        with open_sandbox(Config(jobs=jobs), sorted(wanted)) as sandbox:
            for name, group in by_target.items():
                yield from _judge_target(sandbox, targets[name], group)


def _judge_target(sandbox: Sandbox, target: Target, group: Sequence[Rewrite]) -> Iterator[Judged]:
    source = read_source(target.path, target.path.name)
    assert isinstance(source, SourceFile)
    session = Session(sandbox, target, {source.name: source}, Config(jobs=sandbox.jobs))
    baseline = session.baseline(session.reach({}))
    texts = [{source.name: rewrite.apply(source.text)} for rewrite in group]
    for rewrite, text, (verdict, _) in zip(group, texts, session.trial(texts), strict=True):
        if isinstance(verdict, Same):
            yield Judged(rewrite, session.controlled(text, verdict, baseline))
        else:
            yield Judged(rewrite, verdict)


def _targets(names: Iterable[str], folder: Path) -> dict[str, Target]:
    """The targets by their names, those of packages as copies in `folder`."""
    packages = {name: name.split("::")[0] for name in names if not name.startswith("corpus/")}
    for module in set(packages.values()):
        _copy_module(module, folder / _file_name(module))
    declared: dict[Path, list[Declaration]] = {}
    with open_sandbox(Config(), BASE_MODULES) as sandbox:
        found = {}
        for name in names:
            file, root, wanted = _workload(name, folder)
            if file not in declared:
                end = sandbox.call(read_declarations, file)
                if not isinstance(end, Completed):
                    raise ValueError(f"{file}: {describe_end(end)}")
                declared[file] = end.value
            found[name] = _located(file, declared[file], wanted, root)
    return found


def _workload(name: str, folder: Path) -> tuple[Path, Path, str]:
    """The file that declares the workload of a target, its root, and the target's name in there."""
    where, qualname = name.split("::")
    if name.startswith("corpus/"):
        _, program, file = where.split("/", 2)
        root = ROOT / "corpus" / program
        return root / "codeopt_workloads.py", root, f"{file}::{qualname}"
    file_name = f"{where.split('.')[0]}_workloads.py"
    if not (folder / file_name).exists():
        shutil.copy(WORKLOADS / file_name, folder)
    return folder / file_name, folder, f"{_file_name(where)}::{qualname}"


def _located(file: Path, declarations: Sequence[Declaration], wanted: str, root: Path) -> Target:
    for index, declaration in enumerate(declarations):
        if declaration.target == wanted:
            target = locate(file, index, declaration, [root])
            if isinstance(target, Problem):
                raise ValueError(target.message)
            return replace(target, origin="study")
    raise ValueError(f"{file}: declares no workload for {wanted}")


def _file_name(module: str) -> str:
    return f"{module.replace('.', '_')}.py"


def _copy_module(module: str, file: Path) -> None:
    """The module's text under another name, relative imports made absolute."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module {module}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module.rsplit(".", node.level)[0]
            relative = "." * node.level + (node.module or "")
            absolute = f"{base}.{node.module}" if node.module else base
            at = node.lineno - 1
            lines[at] = lines[at].replace(f"from {relative} import", f"from {absolute} import", 1)
    file.write_text("".join(lines), encoding="utf-8")

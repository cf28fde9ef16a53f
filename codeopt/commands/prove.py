"""`codeopt prove`: the verdict on two versions of a function, whoever wrote the second."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.commands.environment import environment
from codeopt.config import Config
from codeopt.equivalence.verdict import Crashed, Differs, Same, Verdict
from codeopt.errors import UsageError, WorkloadError
from codeopt.report.outcome import ProveOutcome
from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.sandbox.configured import open_sandbox
from codeopt.search.replay import script_of
from codeopt.search.session import Session, TargetFailure, Texts
from codeopt.source import Problem, SourceFile, display_name, read_source
from codeopt.suggestion import Figures
from codeopt.target import Target
from codeopt.workload.declared import find_workload_files, locate, read_declarations
from codeopt.workload.preload import BASE_MODULES, preload
from codeopt.workload.spelled import write_workload


def prove(
    old: Path, new: Path, qualname: str, config: Config, root: Path, call: str = "", case: str = ""
) -> ProveOutcome:
    """Hold `qualname` of the file `new` against that of `old`.

    The workload is one declared for either file, or for a function of that name, or `call`: the
    arguments of one call as Python source. With `case`, only the case that a counterexample names
    is tried, and nothing is measured. Raises UsageError where a file cannot be read or no
    workload is there, WorkloadError where the old version cannot be run, UntrustedCode for the code of a fork
    beside a token that may write.
    """
    refuse_foreign_code("prove", root, (old, new))
    before, after = _read(old), _read(new)
    with open_sandbox(config, BASE_MODULES) as plain:
        target = _target(plain, before, after, qualname, config, root, call)
        target = replace(target, text=before.text)
        modules = preload(target)
        if modules == BASE_MODULES:
            return _judge(plain, target, before, after, config, call, case)
        with open_sandbox(config, modules) as sandbox:
            return _judge(sandbox, target, before, after, config, call, case)


def _read(path: Path) -> SourceFile:
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    source = read_source(path, display_name(path))
    if isinstance(source, Problem):
        raise UsageError(f"{source.path}:{source.line}: {source.message}")
    try:
        ast.parse(source.text)
    except SyntaxError as error:
        raise UsageError(f"{source.name}:{error.lineno}: {error.msg}") from error
    return source


def _target(
    sandbox: Sandbox, old: SourceFile, new: SourceFile, qualname: str, config: Config, root: Path, call: str
) -> Target:
    if call:
        file = sandbox.folder / "codeopt_workloads.py"
        line = write_workload(file, old.path.resolve(), qualname, call)
        found = locate(file, 0, line, [root])
        if isinstance(found, Problem):
            raise UsageError(found.message)
        return found
    files = [Path(f).resolve() for f in config.workloads]
    folders = [root, old.path.resolve().parent, new.path.resolve().parent]
    targets: list[Target] = []
    for file in files or find_workload_files([], folders):
        end = sandbox.call(read_declarations, file)
        if not isinstance(end, Completed):
            raise WorkloadError(describe_end(end))
        located = [locate(file, i, found, folders) for i, found in enumerate(end.value)]
        targets += [t for t in located if isinstance(t, Target) and t.qualname == qualname]
    return _choose(targets, old, new, qualname)


def _choose(targets: Sequence[Target], old: SourceFile, new: SourceFile, qualname: str) -> Target:
    """The declaration for the old file, else for the new one, else the only one of that name."""
    for source in (old, new):
        for target in targets:
            if target.path == source.path.resolve():
                return target
    if len(targets) == 1:
        return targets[0]
    what = "several workloads are" if targets else "no workload is"
    raise UsageError(
        f"{what} declared for {qualname!r} in {old.name} or {new.name}: name one with --workloads, or give "
        "the arguments of a call with --call"
    )


def _judge(
    sandbox: Sandbox,
    target: Target,
    old: SourceFile,
    new: SourceFile,
    config: Config,
    call: str,
    case: str,
) -> ProveOutcome:
    home = replace(old, path=target.path, name=old.name)
    session = Session(sandbox, target, {old.name: home}, config)
    changed = {old.name: new.text}
    try:
        if case:
            verdict, before, after, floor = session.replay(changed, case), None, None, 0
        else:
            verdict, before, after, floor = _prove(session, changed)
    except TargetFailure as failure:
        raise WorkloadError(f"{old.name}: {target.qualname}: {failure}") from failure
    script = ""
    if isinstance(verdict, Crashed):
        # It ran in the place of the declared file.
        verdict = Crashed(verdict.reason.replace(str(target.path), new.name))
    elif isinstance(verdict, Differs):
        script = script_of(target, str(old.path.resolve()), str(new.path.resolve()), verdict, call)
    return ProveOutcome(
        environment=environment(sandbox.isolation),
        old=old.name,
        new=new.name,
        function=target.qualname,
        workload=f"--call {call!r}" if call else target.ref,
        verdict=verdict,
        baseline=before,
        optimized=after,
        floor_bytes=floor,
        script="" if case else script,
    )


def _prove(session: Session, changed: Texts) -> tuple[Verdict, Figures, Figures | None, int]:
    """The verdict with its controls, and the figures of both versions; the floor in bytes."""
    baseline = session.baseline(session.reach({}))
    verdict, sample = session.trial([changed])[0]
    if isinstance(verdict, Differs):
        verdict = session.shrink(changed, verdict)
    elif isinstance(verdict, Same):
        verdict = session.controlled(changed, verdict, baseline)
    seconds, new_seconds = session.seconds([{}, changed], main=2)
    peak = baseline.sample
    before = Figures(peak.peak_bytes, seconds, peak.resident_bytes)
    after = Figures(sample.peak_bytes, new_seconds, sample.resident_bytes) if sample is not None else None
    return verdict, before, after, peak.floor_bytes

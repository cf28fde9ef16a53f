"""`codeopt suggest --baseline`: the memory gate; collects its entries as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.commands.environment import environment, need_run_extra
from codeopt.config import Config
from codeopt.errors import UsageError
from codeopt.gate.entry import GateEntry, GateOutcome
from codeopt.source import Problem


def gate(
    baseline: str, paths: Sequence[Path], config: Config, root: Path, tell: Callable[[GateEntry], None]
) -> GateOutcome:
    """Measure what changed since `baseline`, a git revision or a file that `write_baseline` wrote.

    Each entry is handed to `tell` as it comes. On Ctrl-C what had finished is returned, marked as
    interrupted. Raises UsageError for a baseline that cannot be used, MissingExtra where the packages of the
    extra `run` are not installed, UntrustedCode for the code of a fork beside a token that may write.
    """
    refuse_foreign_code("suggest", root, paths)
    need_run_extra("suggest")
    from codeopt.gate.git_past import git_past
    from codeopt.gate.run import Gate
    from codeopt.gate.stored import stored_past
    from codeopt.workload.declarations import workload_files

    begin = time.monotonic()
    outcome = GateOutcome(baseline, environment())
    skipped = workload_files(config)
    if Path(baseline).is_file():
        _check_below(paths, root)
        past = stored_past(Path(baseline), root, config.exclude, skipped)
    else:
        past = git_past(baseline, root, paths, skipped)
    run = Gate(config, paths, root, past)
    entries = run.entries()
    try:
        for found in entries:
            if isinstance(found, Problem):
                outcome.problems.append(found)
            else:
                outcome.entries.append(found)
                tell(found)
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:
        entries.close()
    outcome.environment["isolation"] = run.isolation or None
    outcome.files, outcome.functions = run.files, run.functions
    outcome.seconds = time.monotonic() - begin
    return outcome


def write_baseline(file: Path, config: Config, root: Path) -> tuple[Problem, ...]:
    """Keep the texts of the project's files for a later `gate`; returns the files that cannot be read.

    Raises UsageError if `file` cannot be written.
    """
    from codeopt.gate.stored import write_texts
    from codeopt.workload.declarations import workload_files

    return write_texts(file, root, config.exclude, workload_files(config))


def _check_below(paths: Sequence[Path], root: Path) -> None:
    for path in paths:
        if not path.resolve().is_relative_to(root):
            raise UsageError(f"{path}: outside of the project {root}, so what it was is not known")

"""`codeopt trace`: run a command of the user's, and record calls of the functions that hold sites."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.config import Config
from codeopt.errors import UsageError
from codeopt.registry import find_sites, select_rules
from codeopt.source import Problem, discover, display_name, read_source
from codeopt.workload.trace import bootstrap
from codeopt.workload.trace.collect import Traced, gather, seen, traces_folder
from codeopt.workload.trace.plan import make_plan, write_plan
from codeopt.workload.wanted import Wanted, wanted_in

PLAN_VARIABLE = "CODEOPT_TRACE_PLAN"
STOPPED = 124
"""The exit code where the command was stopped at its time limit, as that of `timeout`."""

_GRACE = 5.0
"""Seconds that the command has to end by itself after each signal."""


def trace(
    command: Sequence[str], paths: Sequence[Path], config: Config, root: Path, calls: int, time_limit: float
) -> Traced:
    """Run the command, recording at most `calls` calls of each function that holds sites in `paths`.

    It is stopped after `time_limit` seconds (0: never), with all that it started; what was recorded
    until then is kept. Raises UsageError for a command that is not found, UntrustedCode for the code of a
    fork beside a token that may write.
    """
    refuse_foreign_code("trace", root, paths)
    if shutil.which(command[0]) is None:
        raise UsageError(f"{command[0]}: command not found")
    plan = make_plan(_wanted(paths, config))
    try:
        folder = traces_folder(root)
    except OSError as error:
        raise UsageError(f"{root / '.codeopt'}: traces cannot be kept there: {error.strerror}") from error
    with tempfile.TemporaryDirectory(prefix="incoming-", dir=folder) as name:
        incoming = Path(name).resolve()
        file = incoming / "plan.json"
        write_plan(plan, file, incoming, calls)
        code, ended_by = _run(command, _environment(file), time_limit)
        recorded = tuple(gather(plan, incoming, root.resolve(), calls))
        interpreters, loaded = seen(incoming)
    return Traced(code, ended_by, plan, recorded, interpreters, loaded)


def _wanted(paths: Sequence[Path], config: Config) -> Iterator[Wanted]:
    """The functions under the paths that hold sites."""
    rules = select_rules(config.select, config.ignore)
    for path in discover(paths, config.exclude, notebooks=True):
        source = read_source(path, display_name(path))
        if isinstance(source, Problem):
            continue
        yield from wanted_in(path.resolve(), find_sites(source, rules).sites, ())


def _environment(plan: Path) -> Mapping[str, str]:
    folders = [str(Path(bootstrap.__file__).resolve().parent), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        PLAN_VARIABLE: str(plan),
        "PYTHONPATH": os.pathsep.join(folder for folder in folders if folder),
    }


def _run(command: Sequence[str], environment: Mapping[str, str], limit: float) -> tuple[int, str]:
    """The exit code of the command, and what ended it before its time, if anything did."""
    deadline = time.monotonic() + limit if limit else None
    try:
        # A group of its own, so that all it starts can be stopped with it.
        process = subprocess.Popen(command, env=environment, start_new_session=True)
    except OSError as error:
        raise UsageError(f"{command[0]}: cannot be run: {error.strerror}") from error
    ended_by = ""
    try:
        with _terminated_as_interrupted():
            process.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        ended_by = "time limit"
    except KeyboardInterrupt:
        ended_by = "Ctrl-C"
    _end_group(process, gently=bool(ended_by))
    if ended_by:
        return (130 if ended_by == "Ctrl-C" else STOPPED), ended_by
    code = process.wait()
    return (128 - code if code < 0 else code), ""


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM be a Ctrl-C: the command must not outlive us."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_group(process: subprocess.Popen[bytes], gently: bool) -> None:
    """Stop what is left of the command's group: asked first where it still runs, then killed."""
    for number in (signal.SIGINT, signal.SIGTERM) if gently else ():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            break
    if gently:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

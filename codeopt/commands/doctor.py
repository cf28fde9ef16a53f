"""`codeopt doctor`: what works here, found out by trying it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from codeopt import __version__
from codeopt.commands.environment import LIBRARIES, RUN_EXTRA, missing_packages, version_of
from codeopt.config import Config
from codeopt.errors import CodeoptError
from codeopt.measure.probe import PROBE_BYTES, probe_peak
from codeopt.plugins import rule_packages
from codeopt.registry import load_rules, rule_problems
from codeopt.report.outcome import Finding
from codeopt.sandbox import Completed, Sandbox
from codeopt.sandbox.isolation import RUNGS, rungs
from codeopt.source import discover
from codeopt.workload.declared import find_workload_files

_NAMED = 3


def examine(config: Config, root: Path) -> Iterator[Finding]:
    """Everything there is to say, in the order of a run."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    own = sum(not loaded.place.origin for loaded in load_rules())
    yield Finding("codeopt", "ok", f"{__version__} with {own} rules, Python in {sys.prefix}")
    yield from _rule_packages()
    yield Finding(
        "system",
        "ok" if sys.platform == "linux" else "missing",
        f"Python {platform.python_version()} on {system}",
    )
    for name in LIBRARIES:
        found = version_of(name)
        absent = "missing" if name in RUN_EXTRA else "ok"
        yield Finding(name, "ok" if found else absent, found or "not installed")
    if not missing_packages():
        yield from _sandboxes(config)
    yield from project(config, root)


def _rule_packages() -> Iterator[Finding]:
    for package in rule_packages():
        number = sum(loaded.place.origin == package.distribution for loaded in load_rules())
        wrong = [p.message for p in rule_problems() if p.message.startswith(f"rule package {package}: ")]
        detail = "; ".join([f"{package.version} with {number} rule{'s' * (number != 1)}", *wrong])
        yield Finding(f"rules of {package.distribution}", "warning" if wrong else "ok", detail)


def _sandboxes(config: Config) -> Iterator[Finding]:
    chosen = ""
    for rung in RUNGS:
        try:
            with Sandbox((), isolation=rung.name) as sandbox:
                end = sandbox.call(probe_peak)
        except CodeoptError as error:
            yield Finding(f"isolation {rung.name}", "warning", str(error).partition(f"{rung.name}: ")[2])
            continue
        if not isinstance(end, Completed):
            yield Finding(f"isolation {rung.name}", "warning", f"starts, but runs nothing: {end}")
            continue
        in_use = not chosen and rung in rungs(config.isolation)
        chosen = chosen or (rung.name if in_use else "")
        exact = end.value == PROBE_BYTES
        seen = f"memray sees {end.value} of {PROBE_BYTES} bytes"
        note = "in use; " if in_use else ""
        yield Finding(f"isolation {rung.name}", "ok" if exact else "warning", f"{note}{rung.promise}; {seen}")
    if chosen == "rlimits":
        yield Finding("isolation", "warning", "install bubblewrap, or use a kernel with Landlock (6.12)")
    elif not chosen:
        yield Finding("isolation", "missing", f"nothing works for isolation = {config.isolation!r}")


def project(config: Config, root: Path) -> Iterator[Finding]:
    """The workload files of a project, looked for where `check` looks for code."""
    files = sorted(find_workload_files(discover([root], config.exclude), [root]))
    named = [str(path.relative_to(root)) for path in files[:_NAMED]] + ["..."] * (len(files) > _NAMED)
    detail = f"{len(files)} workload file{'s' * (len(files) != 1)} below {root}"
    if named:
        detail += f" ({', '.join(named)})"
    yield Finding("workloads", "ok" if files else "warning", detail)

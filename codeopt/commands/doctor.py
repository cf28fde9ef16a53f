"""`codeopt doctor`: what works here, found out by trying it."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from codeopt import __version__
from codeopt.commands.environment import LIBRARIES, version_of
from codeopt.config import Config
from codeopt.errors import CodeoptError
from codeopt.measure.probe import PROBE_BYTES, probe_peak
from codeopt.registry import load_rules
from codeopt.report.outcome import Finding
from codeopt.sandbox import Completed, Sandbox
from codeopt.sandbox.isolation import RUNGS, rungs
from codeopt.workload.declared import FILE_NAME

_RUN = ("numpy", "hypothesis", "memray")


def examine(config: Config, root: Path) -> Iterator[Finding]:
    """Everything there is to say, in the order of a run."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding("codeopt", "ok", f"{__version__} with {len(load_rules())} rules, Python in {sys.prefix}")
    yield Finding(
        "system",
        "ok" if sys.platform == "linux" else "missing",
        f"Python {platform.python_version()} on {system}",
    )
    for name in LIBRARIES:
        found = version_of(name)
        absent = "missing" if name in _RUN else "ok"
        yield Finding(name, "ok" if found else absent, found or "not installed")
    if all(importlib.util.find_spec(name) for name in _RUN):
        yield from _sandboxes(config)
    yield from _project(root)


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


def _project(root: Path) -> Iterator[Finding]:
    files = [path for path in root.rglob(FILE_NAME) if not any(p.startswith(".") for p in path.parts[1:])]
    named = ", ".join(str(path.relative_to(root)) for path in sorted(files)[:3])
    detail = f"{len(files)} workload files below {root}" + (f" ({named}, ...)" if named else "")
    yield Finding("workloads", "ok" if files else "warning", detail)

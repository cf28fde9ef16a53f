"""`codeopt doctor`: what works here, found out by trying it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from codeopt import __version__
from codeopt.bot.trust import TOKENS
from codeopt.commands.bot import NEEDED as BOT_EXTRA
from codeopt.commands.environment import LIBRARIES, RUN_EXTRA, missing_packages, version_of
from codeopt.commands.set_up import HOOKS
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
    yield from around(root)


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


def around(root: Path) -> Iterator[Finding]:
    """What the hook and the bot need: git, packages, tokens by name."""
    git = shutil.which("git")
    told = subprocess.run([git, "--version"], capture_output=True, text=True) if git else None
    where = "a repository" if (root / ".git").exists() else "no repository"
    found = told is not None and told.returncode == 0
    version = told.stdout.strip() if told is not None and found else "git is not installed"
    yield Finding("git", "ok" if found else "warning", f"{version}; {where} at {root}")
    absent = [name for name in BOT_EXTRA if importlib.util.find_spec(name) is None]
    versions = ", ".join(f"{name} {version_of(name)}" for name in BOT_EXTRA if name not in absent)
    lacking = f"not installed: {', '.join(absent)}; `codeopt bot` needs codeopt[bot]"
    yield Finding("extra bot", "ok", lacking if absent else versions)
    # What they hold is never read: a report of doctor is what people paste into issues.
    held = [name for name in TOKENS if name in os.environ]
    yield Finding(
        "tokens", "ok", f"in the environment: {', '.join(held)}" if held else "none in the environment"
    )
    hooks = root / HOOKS
    hooked = hooks.is_file() and "codeopt" in hooks.read_text(encoding="utf-8", errors="replace")
    yield Finding("hook", "ok", f"{HOOKS} {'names codeopt' if hooked else 'has no hook of codeopt'}")

"""How fast `codeopt check` reads public ML code, beside ruff, Fixit and TorchFix on the same files.

    python bench/scan_speed.py                   # the table of docs/speed.md
    python bench/scan_speed.py --tools codeopt   # without the others; --write puts it into the page

The files are those of the packages under `speed` (see `packages.py`), copied to one folder. Each tool
has a virtual environment of its own below the packages' cache, since they do not agree on LibCST and
click. CPU seconds are user and system time of the process and its children, everything included;
memory is the greatest resident size of one process, and the sum of those alive at once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.packages import cache, fetch, pinned

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "speed.md"
TOOLS = {"ruff": ["ruff"], "fixit": ["fixit"], "torchfix": ["torchfix", "flake8"]}
FAMILIES = "PERF,NPY,PD,B,C4,FURB"
HEAD = "| run | files | lines | CPU s | wall s | lines per CPU-s | MiB | MiB with workers | findings |"
_CHANGED = 5


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool; memory in MiB."""

    name: str
    cpu: float
    wall: float
    resident: float
    together: float
    findings: int


def source_tree(folder: Path) -> list[Path]:
    """The packages' Python files below `folder`, which is made anew; modified long before now."""
    shutil.rmtree(folder, ignore_errors=True)
    for package in fetch(pinned("speed")):
        for file in sorted(package.folder.rglob("*.py")):
            target = folder / package.name / package.relative(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    (folder / "pyproject.toml").touch()
    return sorted(folder.rglob("*.py"))


def tool(name: str) -> Path:
    """The folder of programs of a tool's own environment, made if need be."""
    folder = cache() / f"tool-{name}"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *TOOLS[name]], check=True)
    return folder / "bin"


def measure(name: str, command: Sequence[str | Path], folder: Path, count: Callable[[str], int]) -> Run:
    """Run a command in `folder`, and count what it reports on stdout."""
    output = folder / ".output"
    with output.open("wb") as out:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        sums: list[float] = []
        watch = threading.Thread(target=_watch, args=(process, sums))
        watch.start()
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = 0
        watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = count(output.read_text(encoding="utf-8", errors="replace"))
    output.unlink()
    return Run(name, cpu, wall, used.ru_maxrss / 1024, max(sums, default=0.0), found)


def _watch(process: subprocess.Popen[bytes], sums: list[float]) -> None:
    """Resident sizes of a process and its children, every 20 ms until it is gone."""
    while process.returncode is None:
        sizes = [_resident(pid) for pid in (process.pid, *_children(process.pid))]
        sums.append(sum(sizes))
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 2**20


def codeopt_runs(folder: Path, files: Sequence[Path]) -> list[Run]:
    """Cold, warm and after a change of five files; all rules, and cold in one process too."""
    command = [sys.executable, "-m", "codeopt", "check", "--format", "json"]
    shutil.rmtree(folder / ".codeopt", ignore_errors=True)
    runs = [measure("codeopt, one process", [*command, "--jobs", "1", "--no-cache"], folder, _findings)]
    time.sleep(2.5)
    runs.append(measure("codeopt, cold", command, folder, _findings))
    runs.append(measure("codeopt, warm", command, folder, _findings))
    for file in files[:: len(files) // _CHANGED][:_CHANGED]:
        file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    runs.append(measure(f"codeopt, {_CHANGED} files changed", command, folder, _findings))
    return runs


def other_run(name: str, folder: Path) -> Run:
    """One run of another tool, without a cache."""
    programs = tool(name)
    commands: dict[str, list[str | Path]] = {
        "ruff": [programs / "ruff", "check", "--isolated", "--no-cache", "--select", FAMILIES,
                 "--output-format", "concise", "--quiet", "."],
        "fixit": [programs / "fixit", "--quiet", "lint", "."],
        "torchfix": [programs / "flake8", "--isolated", "--select", "TOR", "."],
    }  # fmt: skip
    label = f"ruff ({FAMILIES})" if name == "ruff" else {"fixit": "Fixit", "torchfix": "TorchFix"}[name]
    return measure(label, commands[name], folder, lambda text: text.count(".py:") + text.count(".py@"))


def _findings(report: str) -> int:
    return len(json.loads(report)["findings"])


def table(runs: Sequence[Run], files: int, lines: int) -> str:
    """The runs as a Markdown table."""
    rows = [
        f"| {r.name} | {files} | {lines:,} | {r.cpu:.2f} | {r.wall:.2f} | {lines / r.cpu:,.0f} | "
        f"{r.resident:.0f} | {r.together:.0f} | {r.findings} |"
        for r in runs
    ]
    return "\n".join([HEAD, "|---" + "|---:" * 8 + "|", *rows]) + "\n"


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, and with --write put it into the page."""
    parser = argparse.ArgumentParser(description="Time codeopt check beside other linters.")
    parser.add_argument("--tools", nargs="*", default=["codeopt", *TOOLS], choices=["codeopt", *TOOLS])
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    chosen = parser.parse_args(argv)
    folder = cache() / "speed-tree"
    files = source_tree(folder)
    lines = sum(file.read_bytes().count(b"\n") + 1 for file in files)
    runs = codeopt_runs(folder, files) if "codeopt" in chosen.tools else []
    runs += [other_run(name, folder) for name in TOOLS if name in chosen.tools]
    text = table(runs, len(files), lines)
    print(text, end="")
    if chosen.write:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = page.index(HEAD), page.index("\n\n", page.index(HEAD)) + 1
        PAGE.write_text(page[:begin] + text + page[end:], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

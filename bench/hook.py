"""What the hook costs, as pre-commit installs and runs it: `PYTHONPATH=. python bench/hook.py`.

The size of all wheels of its environment, the time to install them, and the time that pre-commit shows for
five files, the first time and once results are kept.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.checkout import ROOT, git, project_repository
from tests.tools import program

RUNS = 7


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = project_repository(folder)
        wheels = folder / "wheels"
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(wheels), str(built)]
        subprocess.run(command, check=True)
        sizes = {wheel.name.partition("-")[0]: wheel.stat().st_size for wheel in sorted(wheels.iterdir())}
        print(f"{sum(sizes.values()) / 1e6:.2f} MB in {len(sizes)} wheels: {', '.join(sizes)}")
        project, names = files_to_check(folder)
        revision = git(built, "rev-parse", "HEAD").strip()
        hook = f"repos:\n- repo: {built}\n  rev: {revision}\n  hooks:\n  - id: codeopt\n"
        (project / ".pre-commit-config.yaml").write_text(hook)
        git(project, "add", ".")
        begin = time.perf_counter()
        pre_commit(project, "install-hooks")
        print(f"installed in {time.perf_counter() - begin:.1f} s")
        seconds = [
            hook_seconds(pre_commit(project, "run", "--verbose", "--files", *names)) for _ in range(RUNS)
        ]
        lines = sum((project / name).read_text().count("\n") for name in names)
        cold, warm = seconds[0], statistics.median(seconds[1:])
        print(f"{len(names)} files of {lines} lines: {cold:.2f} s cold, {warm:.2f} s warm")


def files_to_check(folder: Path) -> tuple[Path, list[str]]:
    """A repository of five large modules of this project."""
    place = folder / "project"
    git(folder, "init", "--quiet", str(place))
    largest = sorted((ROOT / "codeopt").rglob("*.py"), key=lambda file: -file.stat().st_size)[:5]
    for file in largest:
        (place / file.name).write_text(file.read_text())
    return place, [file.name for file in largest]


def pre_commit(project: Path, *arguments: str) -> str:
    """What pre-commit prints."""
    environment = {**os.environ, "PRE_COMMIT_HOME": str(project.parent / "pre-commit")}
    command = [str(program("pre-commit==4.7.0", "pre-commit")), *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True).stdout


def hook_seconds(printed: str) -> float:
    """The seconds that it shows for the hook."""
    (found,) = re.findall(r"^- duration: ([\d.]+)s", printed, re.MULTILINE)
    return float(found)


if __name__ == "__main__":
    main()

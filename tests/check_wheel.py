"""Build the wheel and try it in an empty environment: every package is in it, and `check` runs.

Run by `make wheel`. It needs the registry for the core dependencies, not the `run` extra,
which is the point: the hook's environment holds neither NumPy nor torch.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent

WITHOUT_EXTRAS = (
    "clean",
    "completion bash",
    "config-schema",
    "init --no-workloads --dry-run",
    "explain MEM101",
    "bot --help",
)
"""Verbs that work where only the core dependencies are installed."""


def main() -> None:
    """Exit with a message if the wheel lacks a file or does not work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("/", sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT))
        (wheel,) = folder.glob("*.whl")
        check_contents(wheel)
        venv.create(folder / "env", with_pip=True)
        python = str(folder / "env" / "bin" / "python")
        run(name, python, "-m", "pip", "install", "--quiet", str(wheel))
        sample = folder / "sample.py"
        sample.write_text("def total(n):\n    return sum([x * x for x in range(n)])\n")
        # Not in the checkout, whose own packages would be found before the installed ones.
        answer = subprocess.run(
            [python, "-m", "codeopt", "check", str(sample)], capture_output=True, text=True, cwd=name
        )
        if answer.returncode != 1 or "MEM1" not in answer.stdout:
            raise SystemExit(f"the installed wheel does not check: {answer.stdout}{answer.stderr}")
        for verb in WITHOUT_EXTRAS:
            run(name, python, "-m", "codeopt", *verb.split())
        listed = run(name, python, "-m", "codeopt", "rules")
        wanted = len([p for p in (ROOT / "rules").glob("*.py") if p.name != "__init__.py"])
        if len(listed.splitlines()) != wanted:
            raise SystemExit(f"the wheel lists {len(listed.splitlines())} rules, not {wanted}")
        sys.stdout.write(f"{wheel.name}: complete, {wanted} rules, checks without the run extra\n")


def check_contents(wheel: Path) -> None:
    """Every Python file of the packages is in the wheel."""
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [(f, f.relative_to(ROOT).as_posix()) for f in (ROOT / "codeopt").rglob("*.py")]
    files += [(f, f"codeopt/rules/{f.name}") for f in (ROOT / "rules").glob("*.py")]
    missing = [name for _, name in files if name not in held]
    if missing or "codeopt/py.typed" not in held:
        raise SystemExit(f"missing from the wheel: {', '.join(missing) or 'py.typed'}")


def run(folder: str, *command: str) -> str:
    """Run a command in a folder and return what it printed; exit with its errors if it fails."""
    answer = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if answer.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{answer.stdout[-3000:]}{answer.stderr[-3000:]}")
    return answer.stdout


if __name__ == "__main__":
    main()

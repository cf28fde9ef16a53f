"""What the steps of action.yml do: install codeopt, run it, and write the outputs.

Everything comes in by variables of the environment and goes on as arguments of a process, never
through a shell. Needs the standard library alone, since nothing is installed when it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
VERBS = ("check", "suggest")


class Refused(Exception):
    """An input that cannot be used; the message is shown as an annotation."""


def look(given: Mapping[str, str]) -> int:
    """Run the verb, or take over a report of another job; write the outputs. Returns the exit code."""
    folder = _folder(given)
    if artifact := given.get("INPUT_ARTIFACT", ""):
        report, code = Path(artifact).resolve(), 0
        if not report.is_file():
            raise Refused(f"artifact: there is no file {report}")
        # What another job wrote is read by the bot alone, which trusts nothing in it.
        _output(given, {"report": str(report)})
        return code
    report = Path(_temporary(given)) / "codeopt-report.json"
    may_fail = _yes(given, "INPUT_FAIL")
    if (verb := given.get("INPUT_VERB", "")) not in VERBS:
        raise Refused(f"verb: {verb!r} is none of {', '.join(VERBS)}")
    python = _installed("run") if verb == "suggest" else _apart(given, "")
    # One that an earlier use of the Action left must not pass for this one's.
    report.unlink(missing_ok=True)
    command = [*python, *verb_arguments(given, report)]
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if not report.is_file():
        return code or 2
    _output(given, {**figures(json.loads(report.read_bytes())), "report": str(report)})
    _add_summary(given, report.with_suffix(".md"))
    return 0 if code == 1 and not may_fail else code


def verb_arguments(given: Mapping[str, str], report: Path) -> list[str]:
    """The command line of the verb, which also writes the report beside what it prints."""
    verb = given["INPUT_VERB"]
    reports = [f"--report=json={report}", f"--report=markdown={report.with_suffix('.md')}"]
    if sarif := given.get("INPUT_SARIF", ""):
        reports.append(f"--report=sarif={Path(sarif).resolve()}")
    failing = ["--fail-on-suggestion"] if verb == "suggest" and _yes(given, "INPUT_FAIL") else []
    arguments, paths = _lines(given, "INPUT_ARGUMENTS"), _lines(given, "INPUT_PATHS")
    # A line that begins with a dash is a flag in `arguments` alone.
    return ["-m", "codeopt", verb, "--format=github", *reports, *failing, *arguments, "--", *paths]


def figures(report: Mapping[str, Any]) -> dict[str, str]:
    """The outputs that a report of either verb holds."""
    suggestions = report.get("suggestions", [])
    unproven = len(report.get("unproven", []))
    sites = sum(len(suggestion["sites"]) for suggestion in suggestions)
    savings = [s["baseline"]["peak_bytes"] - s["optimized"]["peak_bytes"] for s in suggestions]
    return {
        "findings": str(len(report.get("findings", [])) + sites + unproven),
        "proven": str(len(suggestions)),
        "best-saving": str(max(savings, default=0)),
    }


def bot(given: Mapping[str, str]) -> int:
    """Bring pull requests to what the report says."""
    command = [*_apart(given, "bot"), *bot_arguments(given)]
    return subprocess.run(command, cwd=_folder(given), check=False).returncode


def bot_arguments(given: Mapping[str, str]) -> list[str]:
    """The command line of the bot: comments on one pull request, or several for the base."""
    review = given.get("INPUT_REVIEW", "")
    limits = [f"--base={given.get('INPUT_BASE', '')}", f"--most-open={given.get('INPUT_MOST_OPEN', '')}"]
    return [
        "-m", "codeopt", "bot", "--forge=github", f"--artifact={given['INPUT_REPORT']}",
        f"--repository={given['GITHUB_REPOSITORY']}", f"--github-output={given['GITHUB_OUTPUT']}",
        *([f"--review={review}"] if review else limits),
        *(["--dry-run"] if _yes(given, "INPUT_DRY_RUN") else []),
    ]  # fmt: skip


def _installed(extra: str) -> list[str]:
    """Install this checkout into the Python in use, which has the packages of the project."""
    _install([sys.executable], extra)
    # Without the working directory, whose files could pass for modules of the standard library.
    return [sys.executable, "-P"]


def _apart(given: Mapping[str, str], extra: str) -> list[str]:
    """Install it into an environment of its own; isolated, so that no file of the project is imported."""
    place = Path(_temporary(given)) / f"codeopt-{extra or 'core'}"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True, symlinks=True)
        _install([str(python), "-I"], extra)
    return [str(python), "-I"]


def _install(python: Sequence[str], extra: str) -> None:
    wanted = f"{HERE}[{extra}]" if extra else str(HERE)
    command = [*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]
    if subprocess.run(command, cwd=HERE, stdout=sys.stderr, check=False).returncode:
        raise Refused(f"codeopt could not be installed from {HERE}")


def _folder(given: Mapping[str, str]) -> Path:
    folder = Path(given.get("GITHUB_WORKSPACE", "."), given.get("INPUT_FOLDER", "."))
    if not folder.is_dir():
        raise Refused(f"working-directory: there is no folder {folder}")
    return folder


def _temporary(given: Mapping[str, str]) -> str:
    return given.get("RUNNER_TEMP") or tempfile.gettempdir()


def _yes(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "")
    if value not in ("true", "false"):
        raise Refused(f"{name.removeprefix('INPUT_').lower()}: {value!r} is neither true nor false")
    return value == "true"


def _lines(given: Mapping[str, str], name: str) -> list[str]:
    return [line.strip() for line in given.get(name, "").splitlines() if line.strip()]


def _output(given: Mapping[str, str], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if "\n" in value or "\r" in value:
            raise Refused(f"{name} would end its line: {value!r}")
    if file := given.get("GITHUB_OUTPUT", ""):
        with open(file, "a", encoding="utf-8") as out:
            out.writelines(f"{name}={value}\n" for name, value in values.items())


def _add_summary(given: Mapping[str, str], text: Path) -> None:
    summary = given.get("GITHUB_STEP_SUMMARY", "")
    if summary and text.is_file():
        with open(summary, "a", encoding="utf-8") as out:
            out.write(text.read_text(encoding="utf-8"))


def main(step: str) -> NoReturn:
    """Run one of the steps and exit with its code."""
    try:
        if sys.version_info < OLDEST:
            raise Refused(f"python: {sys.executable} is {sys.version.split()[0]}, and 3.11 is the oldest")
        code = {"look": look, "bot": bot}[step](os.environ)
    except Refused as refused:
        sys.stdout.write(
            f"::error title=codeopt::{str(refused).replace('%', '%25').replace(chr(10), '%0A')}\n"
        )
        code = 2
    raise SystemExit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])

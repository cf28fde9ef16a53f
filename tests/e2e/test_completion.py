"""Shells complete verbs and flags with the scripts that `codeopt completion` prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
BASH = """
source <(codeopt completion bash)
COMP_WORDS=({words})
COMP_CWORD={word}
_codeopt_completion codeopt
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **more}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("codeopt su", ["suggest"]),
        ("codeopt check --fo", ["--force-exclude", "--format"]),
        ("codeopt completion z", ["zsh"]),
    ],
)
def test_bash_completes(words: str, found: list[str]) -> None:
    if shutil.which("bash") is None or not (BIN / "codeopt").exists():
        pytest.skip("bash, or the program beside the interpreter, is not there")
    script = BASH.format(words=words, word=len(words.split()) - 1)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment())
    assert (sorted(ran.stdout.split()), ran.stderr) == (found, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_script_that_asks_codeopt(shell: str) -> None:
    command = [sys.executable, "-m", "codeopt", "completion", shell]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"_CODEOPT_COMPLETE={shell}_complete" in ran.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.stdout, text=True, check=True)


@pytest.mark.parametrize(("shell", "words"), [("zsh", "codeopt cle"), ("fish", "codeopt cle")])
def test_what_they_ask_is_answered(shell: str, words: str) -> None:
    asked = environment(_CODEOPT_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD="1")
    if shell == "fish":
        asked["COMP_CWORD"] = "cle"
    command = [sys.executable, "-c", "from codeopt.cli import main; main()"]
    ran = subprocess.run(command, capture_output=True, text=True, env=asked)
    assert "clean" in ran.stdout

"""The page on writing a rule, done: its files written, its commands run, its outputs compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sysconfig
import venv
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "your-first-rule.md"
_BLOCK = re.compile(r"^```(python|console)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def environment(folder: Path) -> dict[str, str]:
    """An environment in `folder`, with everything that this one has, into which the page may install."""
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "all.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name in ("codeopt", "pip", "pytest"):
        script = folder / "bin" / name
        python = shlex.quote(str(folder / "bin" / "python"))
        script.write_text(f'#!/bin/sh\nexec {python} -P -m {name} "$@"\n')
        script.chmod(0o755)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    return {
        **kept,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "false",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def expected(output: str) -> re.Pattern[str]:
    """A pattern of what the page shows; `in ...` stands for the time that pytest took."""
    return re.compile(r"in .*s\n".join(map(re.escape, output.split("in ...\n"))))


def test_the_page_holds(tmp_path: Path) -> None:
    variables = environment(tmp_path / "environment")
    folder = tmp_path
    ran = 0
    for kind, title, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if title:
            (folder / title).write_text(text)
        if kind != "console":
            continue
        for command, output in _COMMAND.findall(text):
            if command.startswith("cd "):
                folder /= command.removeprefix("cd ")
                continue
            done = subprocess.run(
                command, shell=True, cwd=folder, env=variables, capture_output=True, text=True, timeout=240
            )
            assert expected(output).fullmatch(done.stdout), f"$ {command}\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran > 8


def test_the_test_on_the_page_is_what_new_rule_writes() -> None:
    from codeopt.commands.skeleton import TEST

    written = TEST.substitute(package="acme_rules").partition('"""\n\n')[2]
    assert f"```python\n{written}```" in PAGE.read_text(encoding="utf-8")

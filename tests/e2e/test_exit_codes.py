"""What scripts rely on, for every verb: exit codes, what goes to which stream, colour, and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from codeopt.cli import app
from tests.e2e.terminal import Ran, in_pipes, on_terminal, started, stuck_at_output

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])\n"
CLEAN = "def total(n):\n    return n\n"
SCORES = """import numpy as np


def scores(x):
    shifted = x - x.mean()
    squashed = np.tanh(shifted)
    return float((squashed * 2.0).sum())
"""
WORKLOAD = """import numpy as np
from codeopt import Call, workload


@workload("lib/scores.py::scores")
def build(scale, seed):
    rng = np.random.default_rng(seed)
    return Call(args=(rng.standard_normal(max(1, int(500_000 * scale))),))
"""
PAIR = '''"""Squares of numbers."""


def arguments():
    return (range({size}),)


def run(values):
    other = list(range({other}))
    return len(other) + sum([x * x for x in values])
'''
FILES = {
    "pyproject.toml": "[project]\nname = 'sample'\n[tool.codeopt]\ncases = 16\nbudget = 8\n",
    "clean.py": CLEAN,
    "found.py": FOUND,
    "broken.py": "def f(:\n",
    "wrong.toml": "[tool.codeopt]\nbudget = 5\nspeed = 'fast'\n",
    "lib/scores.py": SCORES,
    "lib/codeopt_workloads.py": WORKLOAD,
    "same.py": FOUND.replace("[", "").replace("]", ""),
    "other.py": FOUND.replace("x * x", "x + x"),
    "pays.py": PAIR.format(size=500_000, other=0),
    "small.py": PAIR.format(size=1000, other=4_000_000),
    "empty.json": '{"version": 1, "environment": {}, "suggestions": [], "unproven": [], "rejected": []}',
}  # fmt: skip


_COLORS = re.compile(r"\x1b\[[0-9;]*m")


class Row(NamedTuple):
    """A call: its exit code, what its outputs hold (a pattern; empty: nothing at all), and whether what it
    prints has colours on a terminal."""

    arguments: str
    code: int
    out: str = ""
    err: str = ""
    colored: bool = False


NOT_THERE = "nowhere: no such file or directory"
TABLE = [
    Row("", 2, "", "Usage: codeopt"),
    Row("frobnicate", 2, "", "No such command 'frobnicate'"),
    Row("--version", 0, r"codeopt, version \d"),
    Row("check clean.py", 0, "Nothing found in 1 file"),
    Row("check found.py", 1, "found.py:2:12: MEM101", colored=True),
    Row("check broken.py clean.py", 1, "broken.py:1: error: cannot parse", colored=True),
    Row("check --fix found.py", 0, "Fixed 1 finding"),
    Row("check --fix found.py broken.py", 1, "Fixed 1 finding", colored=True),
    Row("check nowhere", 2, "", NOT_THERE),
    Row("check --select NOPE", 2, "", "no rule is called 'NOPE'"),
    Row("check --format yaml", 2, "", "'yaml'"),
    Row("check --config wrong.toml", 2, "", "wrong.toml:3: unknown key 'speed'"),
    Row("check --output none/report.txt found.py", 2, "", "none/report.txt: the report cannot be written"),
    Row("check --baseline none.json", 2, "", "none.json: the baseline cannot be read"),
    Row(
        "check --write-baseline known.json found.py", 0, "Nothing new found", "wrote 1 finding to known.json"
    ),
    *(
        Row(f"check --format {form} clean.py", 0, ".")
        for form in ("json", "sarif", "gitlab", "junit", "markdown")
    ),
    *(Row(f"check --format {form} found.py", 1, "MEM101") for form in ("json", "sarif", "github", "gitlab")),
    *(
        Row(f"check --format {form} found.py", 1, "(?s)MEM101|total")
        for form in ("junit", "markdown", "patch")
    ),
    Row("check --format github clean.py", 0),
    Row("check --format patch clean.py", 0),
    Row("check --output report.txt found.py", 1),
    Row("suggest lib --origins none", 0, "1 suggestion from 1 target", "scores", colored=True),
    Row("suggest lib --origins none --fail-on-suggestion", 1, "1 suggestion", "scores", colored=True),
    Row("suggest lib --origins none --fail-on-suggestion --min-saving 99", 0, "0 suggestions", "scores"),
    Row("suggest lib --origins none --quiet --format sarif", 0, '"saved_bytes"'),
    Row("suggest clean.py --origins none", 0, "0 suggestions", "no workload was declared or found"),
    Row("suggest --workloads none.py", 2, "", "none.py: no such workload file"),
    Row("suggest nowhere", 2, "", NOT_THERE),
    Row("apply", 2, "", "--all"),
    Row("apply --all", 2, "", "run `codeopt suggest` first"),
    Row("trace --source clean.py -- {python} -c pass", 0, "", "codeopt: "),
    Row("trace --source clean.py -- {python} -c exit(3)", 3, "", "codeopt: "),
    Row("trace -- no-such-command", 2, "", "no-such-command: command not found"),
    Row("prove found.py same.py --target total --call [1,2,3,4]", 0, "the same", colored=True),
    Row("prove found.py other.py --target total --call [1,2,3,4]", 1, "they differ", colored=True),
    Row("prove found.py same.py --target missing --call [1]", 2, "", "missing"),
    Row("explain MEM101", 0, "MEM101 list-built-to-reduce"),
    Row("explain unused-suppression", 0, "MEM001 unused-suppression"),
    Row("explain MEM999", 2, "", "no rule is called 'MEM999'"),
    Row("rules", 0, "MEM101"),
    Row("new-rule own-thing --path made", 0, "OWN001|own-thing works as it stands"),
    Row("new-rule nothing", 2, "", "nothing"),
    Row("measure-pair MEM101 pays.py", 0, "; pays"),
    Row("measure-pair MEM101 small.py", 1, "does not pay"),
    Row("measure-pair MEM101 none.py", 2, "", "none.py"),
    Row("doctor", 0, "isolation", colored=True),
    Row("doctor --isolation heaven", 2, "", "heaven"),
    Row("init --dry-run found.py", 0, "found.py::total"),
    Row("init nowhere", 2, "", NOT_THERE),
    Row("clean --dry-run", 0, "nothing to remove"),
    Row("clean now", 2, "", "unexpected extra argument"),
    Row("completion bash", 0, "_codeopt_completion"),
    Row("completion none", 2, "", "'none'"),
    Row("config-schema", 0, '"\\$schema"'),
    Row("config-schema now", 2, "", "unexpected extra argument"),
    Row("bot", 2, "", "Missing option"),
    Row("bot --artifact none.json --forge git --repository . --base main", 2, "", "none.json"),
]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project that is its own root, with the files that the table names."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


def words(arguments: str) -> tuple[str, ...]:
    return tuple(word.replace("{python}", sys.executable) for word in arguments.split())


def agrees(ran: Ran, row: Row) -> None:
    """The exit code and both outputs are as the table says."""
    assert ran.code == row.code, ran
    assert "internal error" not in ran.err
    assert "Traceback" not in ran.err
    for told, wanted in ((_COLORS.sub("", ran.out), row.out), (ran.err, row.err)):
        assert re.search(wanted, told) if wanted else told == "", (wanted, ran)


def has_colors(text: str) -> bool:
    return _COLORS.search(text) is not None


def test_every_verb_is_in_the_table() -> None:
    assert {row.arguments.split()[0] for row in TABLE if row.arguments} - {"--version", "frobnicate"} == set(
        app.commands
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.arguments or "nothing")
def test_in_a_pipe(here: Path, row: Row) -> None:
    ran = in_pipes(words(row.arguments), here)
    agrees(ran, row)
    assert "\x1b" not in ran.out + ran.err
    assert "\r" not in ran.out + ran.err


# A whole run takes seconds, and one shows what a terminal makes of it.
QUICK = [row for row in TABLE if not row.arguments.startswith("suggest lib")]
QUICK += [row for row in TABLE if row.arguments.endswith("--fail-on-suggestion")]


@pytest.mark.parametrize("row", QUICK, ids=lambda row: row.arguments or "nothing")
def test_on_a_terminal(here: Path, row: Row) -> None:
    ran = on_terminal(words(row.arguments), here)
    agrees(ran, row)
    assert has_colors(ran.out) is row.colored
    assert not has_colors(ran.err)


@pytest.mark.parametrize("row", [row for row in QUICK if row.colored], ids=lambda row: row.arguments)
def test_on_a_terminal_without_colour(here: Path, row: Row) -> None:
    ran = on_terminal(words(row.arguments), here, NO_COLOR="1")
    agrees(ran, row)
    assert not has_colors(ran.out + ran.err)


PRINTING = [
    "check found.py", "suggest lib --origins none", "prove found.py same.py --target total --call [1,2]",
    "explain MEM101", "rules", "new-rule own-thing --path made", "measure-pair MEM101 pays.py", "doctor",
    "init --dry-run found.py", "clean --dry-run", "completion bash", "config-schema", "bot --help",
    "apply --help",
]  # fmt: skip


@pytest.mark.parametrize("arguments", PRINTING)
def test_ctrl_c_exits_130(here: Path, arguments: str) -> None:
    if not Path("/proc/self/wchan").exists():
        pytest.skip("the kernel does not tell what a process waits for")
    ran = stuck_at_output(words(arguments), here)
    assert (ran.code, ran.err.splitlines()[-1]) == (130, "codeopt: interrupted")
    assert "Traceback" not in ran.err
    if arguments.startswith("suggest"):
        assert "applied" in in_pipes(("apply", "--all"), here).out


def test_ctrl_c_at_a_command_that_is_traced(here: Path) -> None:
    code = "import pathlib, time; pathlib.Path('begun').touch(); time.sleep(100)"
    command = ("trace", "--source", "clean.py", "--", sys.executable, "-c", code)
    with started(command, here, subprocess.DEVNULL, subprocess.DEVNULL, {}) as process:
        until = time.monotonic() + 60
        while not (here / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 130


def once_read(pipe: Path) -> int:
    """The writing end of a pipe, opened once the other side waits for something to read."""
    until = time.monotonic() + 60
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < until, "nobody reads"
            time.sleep(0.02)


def test_ctrl_c_while_checking_keeps_what_was_checked(here: Path) -> None:
    os.mkfifo(here / "pipe.py")
    command = ("check", "found.py", "pipe.py")
    with started(command, here, subprocess.DEVNULL, subprocess.DEVNULL, {}) as process:
        writing = once_read(here / "pipe.py")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 130
    os.close(writing)
    (kept,) = (here / ".codeopt" / "cache").iterdir()
    assert str(here / "found.py").encode() in kept.read_bytes()
    before = kept.stat().st_mtime_ns
    again = json.loads(in_pipes(("check", "found.py", "--format", "json"), here).out)
    assert [finding["path"] for finding in again["findings"]] == ["found.py"]
    assert kept.stat().st_mtime_ns == before, "the result came from the cache"


def test_many_files_end_quietly_at_ctrl_c_too(here: Path) -> None:
    """Workers hear the Ctrl-C of a terminal as well, and say nothing of it."""
    for number in range(60):
        (here / f"m{number:02}.py").write_text(FOUND)
    os.mkfifo(here / "z.py")
    reading, writing = os.pipe()
    command = ("check", ".", "--jobs", "2")
    with started(command, here, subprocess.DEVNULL, writing, {}) as process:
        os.close(writing)
        held = once_read(here / "z.py")
        until = time.monotonic() + 60
        os.killpg(process.pid, signal.SIGINT)
        os.close(held)
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                os.close(os.open(here / "z.py", os.O_WRONLY | os.O_NONBLOCK))
            time.sleep(0.02)
        assert process.wait(timeout=30) == 130
    with os.fdopen(reading) as errors:
        assert errors.read().strip() == "codeopt: interrupted"

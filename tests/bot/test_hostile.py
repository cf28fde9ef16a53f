"""The verb beside hostile things: a report that must not be posted, and a checkout that must not be run."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codeopt.bot.naming import branch_name
from codeopt.suggestion import unified_diff

PATH = "src/a.py"
BEFORE = "def f(a):\n    b = a * 2\n    return b + 1\n"
AFTER = "def f(a):\n    b = a * 2\n    b += 1\n    return b\n"
SUGGESTION: dict[str, Any] = {
    "path": PATH, "function": "f", "rules": ["MEM201"], "trust": "exact",
    "diff": unified_diff(PATH, BEFORE, AFTER), "source": AFTER, "workload": {"origin": "declared"},
    "baseline": {"peak_bytes": 100, "seconds": 1.0}, "optimized": {"peak_bytes": 50, "seconds": 1.0},
    "floor_bytes": 8,
    "equivalence": {
        "verdict": "same", "level": "exact", "cases": 9, "faults_planted": 3, "faults_caught": 3,
    },
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=p", "-c", "user.email=p@example.com", "-c", "core.hooksPath=/dev/null")
    command = ["git", "-C", str(folder), *settings, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "src").mkdir(parents=True)
    (folder / PATH).write_text(BEFORE)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "clone", "-q", "--bare", str(folder), str(tmp_path / "remote.git"))
    return folder


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that nobody may knock at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.settimeout(0)
        yield found


def bot(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return codeopt(checkout, "bot", *words, **environment)


def codeopt(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # The installed program, as CI calls it: `python -m` would put the checkout on the path.
    program = Path(sys.executable).with_name("codeopt")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_", "CI_"))}
    return subprocess.run(
        [str(program), *words], cwd=checkout, env={**inherited, **environment}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip


def written(tmp_path: Path, *suggestions: dict[str, Any]) -> Path:
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"version": 1, "suggestions": suggestions}))
    return file


def with_value(place: str, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(SUGGESTION)
    *parents, last = place.split(".")
    inner = found
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return found


HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "path traversal": (
        lambda p: written(p, with_value("path", "../../etc/x.py")),
        "leads out of the repository",
    ),
    "workflow": (lambda p: written(p, with_value("path", ".github/workflows/x.py")), "leads into .github"),
    "huge diff": (
        lambda p: written(p, with_value("diff", SUGGESTION["diff"] + "+x\n" * 5_000)),
        "600 are allowed",
    ),
    "markdown": (
        lambda p: written(p, with_value("function", "f](http://x) @all")),
        "suggestions[0].function`",
    ),
    "html": (lambda p: written(p, with_value("rules", ["<img src=x>"])), "suggestions[0].rules[0]`"),
    "wrong schema": (lambda p: written(p, with_value("baseline", [])), "Expected `object`, got `array`"),
    "absurd figures": (
        lambda p: written(p, with_value("optimized.peak_bytes", 10**40)),
        "optimized.peak_bytes`",
    ),
    "duplicates": (lambda p: written(p, SUGGESTION, SUGGESTION), "more than once"),
    "good and bad": (lambda p: written(p, SUGGESTION, with_value("path", "/x.py")), "is absolute"),
    "binary": (lambda p: written(p).write_bytes(b"\x89PNG\r\n\x1a\n\x00"), "malformed"),
    "truncated": (lambda p: written(p).write_bytes(b'{"version": 1, "sugg'), "truncated"),
    "huge file": (lambda p: os.truncate(written(p), 2**33), "8589934592 bytes"),
    "link": (lambda p: (p / "report.json").symlink_to("/etc/passwd"), "is a symbolic link"),
}


@pytest.mark.parametrize(
    ("name", "forge"),
    [*((name, "github") for name in HOSTILE), ("good and bad", "gitlab"), ("good and bad", "git")],
)
def test_a_hostile_report_posts_nothing_and_says_why(
    name: str, forge: str, checkout: Path, tmp_path: Path, listener: socket.socket
) -> None:
    make, cause = HOSTILE[name]
    make(tmp_path)
    remote = tmp_path / "remote.git"
    done = bot(
        checkout, "--artifact", str(tmp_path / "report.json"), "--forge", forge, "--base", "main",
        "--repository", str(remote) if forge == "git" else "o/r", CODEOPT_TOKEN="secret",
        GITHUB_API_URL=f"http://127.0.0.1:{listener.getsockname()[1]}",
        CI_API_V4_URL=f"http://127.0.0.1:{listener.getsockname()[1]}",
    )  # fmt: skip
    assert cause in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert "secret" not in done.stderr
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert git(remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"


PYTHON_TRAPS = (
    "conftest.py", "sitecustomize.py", "usercustomize.py", "codeopt_workloads.py", "setup.py", "httpx.py",
    "tenacity.py", "msgspec.py", "codeopt/__init__.py", "evil_rules.py",
)  # fmt: skip
HOOKS = (
    "pre-push", "post-checkout", "pre-commit", "post-index-change", "reference-transaction",
    "fsmonitor-watchman", "pre-auto-gc", "post-rewrite",
)  # fmt: skip
GIT_TRAPS = (
    "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv",
    "diff.evil.command",
    "diff.external", "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass",
    "gpg.program", "credential.helper", "core.alternateRefsCommand", "uploadpack.packObjectsHook",
)  # fmt: skip
SETTINGS = """
[project]
name = 'x'
[tool.codeopt]
workloads = ['codeopt_workloads.py']
run = ['python setup.py']
"""


def spring_traps(checkout: Path, caught: Path) -> None:
    """Make everything in a checkout that somebody could mistake for something to run leave a file behind."""
    touch = f"open({str(caught)!r}, 'a').write(__file__ + chr(10))\n"
    for name in PYTHON_TRAPS:
        file = checkout / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(touch)
    info = checkout / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[codeopt.rules]\nevil = evil_rules\n")
    (checkout / "pyproject.toml").write_text(SETTINGS)
    (checkout / "evil.pth").write_text(f"import os; {touch}")
    (checkout / ".gitattributes").write_text("* filter=evil diff=evil\n*.py working-tree-encoding=UTF-16\n")
    script = checkout / "trap.sh"
    script.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{caught}'\ncat\n")
    script.chmod(0o755)
    hooks = checkout / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in HOOKS:
        (hooks / hook).write_text(script.read_text())
        (hooks / hook).chmod(0o755)
    for key in GIT_TRAPS:
        git(checkout, "config", key, str(script))
    git(checkout, "config", "core.hooksPath", str(hooks))


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "beside"])
def test_nothing_of_a_checkout_is_run(committed: bool, checkout: Path, tmp_path: Path) -> None:
    caught = tmp_path / "caught"
    if committed:
        spring_traps(checkout, caught)
        # What the traps do to a commit that is made there is not what is asked.
        quiet = ("-c", "filter.evil.clean=", "-c", "filter.evil.process=", "-c", "core.fsmonitor=false")
        (checkout / ".gitattributes").rename(checkout / "later")
        git(checkout, *quiet, "add", "-A")
        git(checkout, *quiet, "commit", "-q", "-m", "traps")
        (checkout / "later").rename(checkout / ".gitattributes")
        git(checkout, *quiet, "push", "-q", str(tmp_path / "remote.git"), "HEAD:main")
        caught.unlink(missing_ok=True)
    else:
        spring_traps(checkout, caught)
    report, remote = str(written(tmp_path, SUGGESTION)), str(tmp_path / "remote.git")
    done = bot(checkout, "--artifact", report, "--forge", "git", "--repository", remote, "--base", "main")
    assert done.returncode == 0, done.stderr
    assert not caught.exists(), caught.read_text()
    branch = branch_name(f"{PATH}::f", "main")
    assert git(tmp_path / "remote.git", "show", f"{branch}:{PATH}") == AFTER


RUNNING = (
    ("suggest", "."),
    ("suggest", "--baseline", "HEAD", "."),
    ("suggest", "--run", "python setup.py"),
    ("trace", "--", "python", "setup.py"),
    ("prove", "src/a.py", "src/a.py", "--target", "f"),
    ("init", "--dry-run", "."),
    ("measure-pair", "MEM201", "setup.py"),
)


@pytest.mark.parametrize("words", RUNNING, ids=" ".join)
def test_verbs_that_run_code_refuse_a_forks_beside_a_token(
    words: tuple[str, ...], checkout: Path, tmp_path: Path
) -> None:
    caught, event = tmp_path / "caught", tmp_path / "event.json"
    spring_traps(checkout, caught)
    repository = {"full_name": "mallory/r"}
    event.write_text(
        json.dumps({"repository": {"full_name": "o/r"}, "workflow_run": {"head_repository": repository}})
    )
    job = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(event), "GITHUB_TOKEN": "secret"}
    # Git is asked what is checked out; the traps in its configuration are not what this is about.
    (checkout / ".gitattributes").unlink()
    done = codeopt(checkout, *words, **job)
    assert done.returncode == 2, done.stderr
    assert "refused: `workflow_run` has the rights of the repository" in done.stderr
    assert "the token in GITHUB_TOKEN may write" in done.stderr
    assert f"run `codeopt {words[0]}` in a job without a token" in done.stderr
    assert not caught.exists(), caught.read_text()


def test_the_traps_are_armed(checkout: Path, tmp_path: Path) -> None:
    """Somebody who does run the checkout springs them."""
    caught = tmp_path / "caught"
    spring_traps(checkout, caught)
    subprocess.run([sys.executable, "-m", "conftest"], cwd=checkout, check=True, capture_output=True)
    assert "conftest.py" in caught.read_text()
    caught.unlink()
    subprocess.run(["git", "status"], cwd=checkout, check=False, capture_output=True)
    assert "trap.sh" in caught.read_text()
    caught.unlink()
    (checkout / "new.py").write_text("")
    subprocess.run(["git", "add", "new.py"], cwd=checkout, check=False, capture_output=True)
    assert caught.exists()

"""`codeopt bot` as a process: killed in the middle, in a dry run, and what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind
from codeopt.bot.proposal import Proposal
from tests.bot.forge import TEXT, TOKEN, Fault, Project, Request, bot_command, proposal, write_checkout

OTHER = TEXT.replace("b = a * 2\n    return b + 1", "a = a * 2\n    a += 1\n    return a")
BRANCH = branch_name("src/a.py::f", "main")


def start(
    project: Project, folder: Path, offered: Proposal, *more: str, **given: str
) -> subprocess.Popen[str]:
    command = bot_command(project, folder, offered)
    variables = {**os.environ, "GITHUB_API_URL": project.proxy.address, "GITHUB_TOKEN": TOKEN, **given}
    return subprocess.Popen(
        [*command, "--base", "main", *more],
        cwd=folder, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def killed(project: Project, folder: Path, offered: Proposal, at: int, *, carried_out: bool) -> None:
    """Start the bot, and kill it when its request number `at` (from 0) that writes has come, or was done."""
    running: list[subprocess.Popen[str]] = []
    seen: list[Request] = []

    def kill() -> None:
        running[0].send_signal(signal.SIGKILL)
        running[0].wait()

    def before(request: Request) -> Fault | None:
        seen.extend([request] if request.writes else [])
        if not carried_out and request.writes and len(seen) == at + 1:
            kill()
            return Fault(500)
        return None

    def after(request: Request) -> None:
        if carried_out and request.writes and len(seen) == at + 1:
            kill()

    project.proxy.before, project.proxy.after = before, after
    running.append(start(project, folder, offered))
    running[0].communicate(timeout=60)
    assert running[0].returncode == -signal.SIGKILL, f"there was no request {at}"
    project.proxy.clear()


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(5))
def test_killed_while_opening_the_next_run_completes(
    project: Project, tmp_path: Path, at: int, carried_out: bool
) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    killed(project, tmp_path, proposal(), at, carried_out=carried_out)
    is_done = (at, carried_out) == (4, True)
    assert [one.kind for one in project.bot(proposal())] == [Kind.LEAVE if is_done else Kind.OPEN]
    settled(project, proposal())


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(5))
def test_killed_while_rebuilding_the_next_run_completes(
    project: Project, tmp_path: Path, at: int, carried_out: bool
) -> None:
    project.bot(proposal())
    write_checkout(tmp_path, {"src/a.py": TEXT})
    changed = proposal(after=OTHER)
    killed(project, tmp_path, changed, at, carried_out=carried_out)
    kind = {(3, True): Kind.DESCRIBE, (4, False): Kind.DESCRIBE, (4, True): Kind.LEAVE}
    done = [one.kind for one in project.bot(changed)]
    assert done == [kind.get((at, carried_out), Kind.REBUILD)]
    settled(project, changed)


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(3))
def test_killed_while_closing_the_next_run_completes(
    project: Project, tmp_path: Path, at: int, carried_out: bool
) -> None:
    (first,) = project.bot(proposal())
    elsewhere = proposal("g", TEXT.replace("b + 1", "1 + b"), path="src/b.py")
    project.write("src/b.py", TEXT)
    project.bot(elsewhere)
    project.write("src/a.py", TEXT + "# moved on\n")
    write_checkout(tmp_path, {"src/b.py": TEXT})
    killed(project, tmp_path, elsewhere, at, carried_out=carried_out)
    project.bot(elsewhere)
    project.proxy.clear()
    assert [one.kind for one in project.bot(elsewhere)] == [Kind.LEAVE]
    assert project.proxy.writes == []
    closed, still = project.pulls()
    assert (closed["number"], closed["state"], still["state"]) == (first.number, "closed", "open")
    assert len(project.comments(first.number)) == 1
    assert [ref["ref"] for ref in project.ask("GET", "/git/matching-refs/heads/codeopt/")] == [
        f"refs/heads/{still['head']['ref']}"
    ]


def settled(project: Project, offered: Proposal) -> None:
    """One open pull request with what is offered, and another run writes nothing."""
    project.proxy.clear()
    assert [one.kind for one in project.bot(offered)] == [Kind.LEAVE]
    assert project.proxy.writes == []
    (pull,) = project.pulls()
    assert pull["state"] == "open"
    assert project.text("src/a.py", BRANCH) == offered.after


def test_a_dry_run_prints_each_request_and_sends_none(project: Project, tmp_path: Path) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    shown, told = start(project, tmp_path, proposal(), "--dry-run").communicate(timeout=60)
    assert told == ""
    assert project.proxy.writes == []
    requests = [line.split(" ", 2) for line in shown.splitlines() if line.startswith("POST ")]
    home = f"/repos/{project.name}"
    assert [(method, path.removeprefix(home)) for method, path, _ in requests] == [
        ("POST", "/git/blobs"),
        ("POST", "/git/trees"),
        ("POST", "/git/commits"),
        ("POST", "/git/refs"),
        ("POST", "/pulls"),
    ]
    assert json.loads(requests[-1][2])["head"] == BRANCH
    assert shown.splitlines()[-1] == "would be created src/a.py::f: saves 1000 B"
    assert TOKEN not in shown


def test_what_was_done_is_written_for_the_workflow(project: Project, tmp_path: Path) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    said, told = start(project, tmp_path, proposal(), "--github-output", "out").communicate(timeout=60)
    (number,) = [pull["number"] for pull in project.pulls()]
    assert (said, told) == (f"created #{number} src/a.py::f: saves 1000 B\n", "")
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines[:2] == [f"pr-number={number}", "operation=created"]
    (tmp_path / "out").write_text("")
    start(project, tmp_path, proposal(), "--github-output", "out").communicate(timeout=60)
    assert (tmp_path / "out").read_text().splitlines()[:2] == ["pr-number=", "operation=none"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--repository", "nowhere"), "'nowhere' is not OWNER/NAME"),
        (("--base", "a..b"), "'a..b' is no name of a branch"),
        (("--base", "-x"), "'-x' is no name of a branch"),
        (("--base", "gone"), "has no branch 'gone' that"),
        (("--artifact", "none.json"), "none.json: refused, nothing is posted"),
    ],
)
def test_wrong_words_post_nothing(
    project: Project, tmp_path: Path, words: tuple[str, str], said: str
) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    process = start(project, tmp_path, proposal(), *words)
    shown, told = process.communicate(timeout=60)
    assert (process.returncode, shown, said in told) == (2, "", True), told
    assert project.proxy.writes == []


def test_interrupted_it_says_so_and_the_next_run_completes(project: Project, tmp_path: Path) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    running: list[subprocess.Popen[str]] = []

    def interrupt(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/git/refs"):
            running[0].send_signal(signal.SIGINT)

    project.proxy.after = interrupt
    running.append(start(project, tmp_path, proposal()))
    _, told = running[0].communicate(timeout=60)
    assert (running[0].returncode, told.strip()) == (130, "codeopt: interrupted")
    project.proxy.clear()
    assert [one.kind for one in project.bot(proposal())] == [Kind.OPEN]
    settled(project, proposal())


def test_another_forge_gets_its_own_requests_and_token(project: Project, tmp_path: Path) -> None:
    write_checkout(tmp_path, {"src/a.py": TEXT})
    process = start(
        project,
        tmp_path,
        proposal(),
        "--forge",
        "gitlab",
        CI_API_V4_URL=project.proxy.address,
        GITLAB_TOKEN="x",
    )
    _, told = process.communicate(timeout=60)
    assert (process.returncode, "has no branch 'main'" in told) == (2, True), told
    (asked,) = project.proxy.requests
    name = project.name.replace("/", "%2F")
    assert asked.path == f"/projects/{name}/repository/branches/main"

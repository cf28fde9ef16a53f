"""A review on somebody's open pull request, through the verb."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from codeopt.bot.proposal import Proposal
from tests.bot.forge import TEXT, TOKEN, Project, Proxy, Request, bot_command, proposal
from tests.bot.test_schema import description, prism

G_AFTER = TEXT.replace("return a - a.mean()", "a -= a.mean()\n    return a")


class WithDiffs(Proxy):
    """Gives the emulator what it lacks of reviews: the true diff of a pull request (it lists made-up files),
    and comments placed by line (it knows the older `position` alone)."""

    def passed_on(self, request: Request, given: dict[str, str]) -> httpx.Response:
        home, _, rest = request.path.partition("/pulls/")
        number = rest.partition("/")[0]
        if request.method == "GET" and "/files" in rest:
            pull = self.behind.get(f"{home}/pulls/{number}", headers=given).json()
            ends = f"{pull['base']['ref']}...{pull['head']['ref']}"
            compared = self.behind.get(f"{home}/compare/{ends}", headers=given).json()
            return httpx.Response(200, json=compared["files"])
        if request.method == "POST" and rest.endswith("/reviews"):
            body = json.loads(request.body)
            body["comments"] = [{**comment, "position": 1} for comment in body["comments"]]
            return self.behind.request(
                "POST", request.path, json=body, headers={"authorization": given["authorization"]}
            )
        return super().passed_on(request, given)


@pytest.fixture(scope="module")
def address(github: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    described = description(tmp_path_factory.mktemp("schema") / "github.json")
    with WithDiffs(github) as diffs, prism(diffs.address, described) as validating:
        yield validating


@pytest.fixture
def project(address: str, request: pytest.FixtureRequest) -> Iterator[Project]:
    with Proxy(address) as proxy:
        made = Project(address, re.sub(r"[^a-z0-9]+", "-", request.node.name), proxy)
        yield made
        made.close()


def their_pull(project: Project, text: str) -> int:
    """Somebody's pull request that turns `src/a.py` from another text into this one."""
    project.write("src/a.py", text.replace("b = a * 2", "b = a * 3"))
    project.ask("POST", "/git/refs", {"ref": "refs/heads/theirs", "sha": project.head("main")})
    project.write("src/a.py", text, branch="theirs")
    return int(project.ask("POST", "/pulls", {"title": "t", "head": "theirs", "base": "main"})["number"])


def fetched(project: Project, branch: str, folder: Path) -> None:
    """A repository that holds the commit at the head of a branch, and has nothing checked out."""

    def git(*words: str, given: str = "") -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, input=given, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    made: dict[str, Any] = project.ask("GET", f"/git/commits/{project.head(branch)}")
    for entry in project.ask("GET", f"/git/trees/{made['tree']['sha']}?recursive=1")["tree"]:
        if entry["type"] == "blob":
            blob = git("hash-object", "-w", "--stdin", given=project.text(entry["path"], branch))
            git("update-index", "--add", "--cacheinfo", f"{entry['mode']},{blob},{entry['path']}")
    lines = [f"tree {git('write-tree')}", *(f"parent {parent['sha']}" for parent in made["parents"])]
    for who in ("author", "committer"):
        seconds = int(datetime.fromisoformat(made[who]["date"]).timestamp())
        lines.append(f"{who} {made[who]['name']} <{made[who]['email']}> {seconds} +0000")
    commit = "\n".join([*lines, "", made["message"], ""])
    assert git("hash-object", "-w", "-t", "commit", "--stdin", given=commit) == made["sha"]


def review(project: Project, folder: Path, number: int, *offered: Proposal) -> tuple[int, str, str]:
    command = bot_command(project, folder, *offered)
    variables = {**os.environ, "GITHUB_API_URL": project.proxy.address, "GITHUB_TOKEN": TOKEN}
    done = subprocess.run(
        [*command, "--review", str(number)], cwd=folder, env=variables, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_a_review_is_posted_once_on_the_lines_of_the_pull_request(project: Project, tmp_path: Path) -> None:
    number = their_pull(project, TEXT)
    fetched(project, "theirs", tmp_path)
    assert review(project, tmp_path, number, proposal()) == (0, f"reviewed #{number}: 1 comment\n", "")
    (comment,) = project.ask("GET", f"/pulls/{number}/comments")
    assert "```suggestion\n    b += 1\n    return b\n```" in comment["body"]
    (sent,) = [r for r in project.proxy.requests if r.writes]
    assert json.loads(sent.body)["comments"][0]["line"] == 6
    assert [r.violations for r in project.proxy.requests if r.violations] == []
    project.proxy.clear()
    code, said, told = review(project, tmp_path, number, proposal())
    assert (code, said, project.proxy.writes) == (0, f"none #{number}: nothing new to say\n", [])
    assert "was said before" in told


def test_a_closed_pull_request_gets_none(project: Project, tmp_path: Path) -> None:
    number = their_pull(project, TEXT)
    fetched(project, "theirs", tmp_path)
    project.ask("PATCH", f"/pulls/{number}", {"state": "closed"})
    code, said, told = review(project, tmp_path, number, proposal())
    assert (code, said, project.proxy.writes) == (2, "", [])
    assert f"#{number} is closed" in told


def test_a_head_that_was_not_fetched_is_said(project: Project, tmp_path: Path) -> None:
    number = their_pull(project, TEXT)
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    code, said, told = review(project, tmp_path, number, proposal())
    assert (code, said, project.proxy.writes) == (2, "", [])
    assert f"git fetch origin refs/pull/{number}/head" in told

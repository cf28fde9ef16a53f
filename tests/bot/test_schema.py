"""Every request of the bot, held against GitHub's published description of its interface by Prism."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from codeopt.bot.github import headers
from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind
from tests import tools
from tests.bot.forge import TEXT, TOKEN, Project, Proxy, free_port, proposal, wait_for

OTHER = TEXT.replace("b = a * 2\n    return b + 1", "a = a * 2\n    a += 1\n    return a")
BRANCH = branch_name("src/a.py::f", "main")
_SERVED = ("git/", "pulls", "issues/{issue_number}/comments")


def description(file: Path) -> Path:
    """GitHub's description of what the bot uses, cut from the whole of it (13 MB), in `file`."""
    folder = tools.npm("@octokit/openapi", "23.0.2", "generated/")
    whole = json.loads((folder / "api.github.com.json").read_text(encoding="utf-8"))
    wanted = tuple(f"/repos/{{owner}}/{{repo}}/{part}" for part in _SERVED)
    cut: dict[str, Any] = {key: whole[key] for key in ("openapi", "info", "servers")}
    cut["paths"] = {path: what for path, what in whole["paths"].items() if path.startswith(wanted)}
    kept: set[tuple[str, str]] = set()
    left = [cut["paths"]]
    while left:
        for kind, name in re.findall(r'"#/components/([^/"]+)/([^/"]+)"', json.dumps(left.pop())):
            if (kind, name) not in kept:
                kept.add((kind, name))
                left.append(whole["components"][kind][name])
    cut["components"] = {kind: {} for kind, _ in kept}
    for kind, name in kept:
        cut["components"][kind][name] = whole["components"][kind][name]
    file.write_text(json.dumps(cut), encoding="utf-8")
    return file


@contextmanager
def prism(behind: str, described: Path) -> Iterator[str]:
    """The address of a Prism that passes requests on and says what is wrong with them."""
    node, program, port = tools.node(), tools.npm("@stoplight/prism-cli", "5.16.0", "prism"), free_port()
    command = [
        str(node),
        str(program),
        "proxy",
        str(described),
        behind,
        "--host",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"}
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def validated(github: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prism(github, description(tmp_path_factory.mktemp("schema") / "github.json")) as address:
        yield address


@pytest.fixture
def project(github: str, validated: str, request: pytest.FixtureRequest) -> Iterator[Project]:
    with Proxy(validated) as proxy:
        made = Project(github, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-"), proxy)
        yield made
        made.close()


def test_every_request_is_as_published(project: Project) -> None:
    done = [
        *project.bot(proposal()),
        *project.bot(proposal(after=OTHER)),
    ]
    number = done[0].number
    project.tick(number, "rebase")
    done += project.bot(proposal(after=OTHER))
    project.write("src/a.py", "# mine\n", branch=BRANCH)
    done += project.bot(proposal())
    project.ask("PATCH", f"/git/refs/heads/{BRANCH}", {"sha": project.head("main"), "force": True})
    project.ask("PATCH", f"/pulls/{number}", {"state": "closed"})
    project.ask("DELETE", f"/git/refs/heads/{BRANCH}")
    done += project.bot(proposal())
    project.write("src/a.py", TEXT + "# more\n")
    done += project.bot()
    assert [one.kind for one in done] == [
        Kind.OPEN, Kind.REBUILD, Kind.DESCRIBE, Kind.HAND_OVER, Kind.OPEN, Kind.CLOSE,
    ]  # fmt: skip
    sent = project.proxy.requests
    assert [(r.method, r.path, r.status, r.violations) for r in sent if r.violations or r.status >= 400] == []
    assert {r.method for r in sent} == {"GET", "POST", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "git/refs", {"ref": "refs/heads/x"}),
        ("POST", "pulls", {"title": 1, "head": "x", "base": "main"}),
        ("PATCH", "pulls/1", {"state": "withdrawn"}),
    ],
)
def test_the_validator_sees_a_wrong_request(
    project: Project, method: str, path: str, body: dict[str, Any]
) -> None:
    address = f"{project.proxy.address}/repos/{project.name}/{path}"
    httpx.request(method, address, json=body, headers=headers(TOKEN))
    (request,) = project.proxy.requests
    assert request.violations

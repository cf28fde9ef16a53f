"""A GitHub of its own to test against, something faulty in front of it, and changes to propose."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from codeopt.bot.github import GitHub, headers
from codeopt.bot.plan import Limits
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.bot.requests import Sending
from codeopt.bot.retry import Clock
from codeopt.bot.run import Done, run
from codeopt.edit import Trust
from tests import tools

TOKEN = "bot-token"
PERSON = "person-token"
STRANGER = "stranger-token"
OWNER = "owner"
TEXT = """\
import numpy as np


def f(a):
    b = a * 2
    return b + 1


def g(a):
    return a - a.mean()
"""


def proposal(function: str = "f", after: str = "", *, saved: int = 1000, path: str = "src/a.py") -> Proposal:
    """A change of one function of `TEXT`."""
    after = after or TEXT.replace("a * 2\n    return b + 1", "a * 2\n    b += 1\n    return b")
    group = f"{path}::{function}"
    return Proposal(
        group=group, path=path, before=TEXT, after=after, title=f"Lower the peak memory of {function}",
        rules=("NP001",), trust=Trust.EXACT, baseline_bytes=10_000, optimized_bytes=10_000 - saved,
        floor_bytes=10, baseline_seconds=1.0, optimized_seconds=0.9, origin="declared", cases=48,
        faults_planted=9, faults_caught=9, diff=unified_diff(path, TEXT, after),
        digest=change_digest(group, TEXT, after),
    )  # fmt: skip


def report(*proposals: Proposal) -> str:
    """The report of `codeopt suggest --format json` that reads as these proposals."""
    suggestions = [
        {
            "path": p.path, "function": p.group.partition("::")[2], "rules": p.rules, "trust": p.trust,
            "diff": unified_diff(p.path, p.before, p.after), "source": p.after,
            "workload": {"origin": p.origin, "ref": "w", "scale": 1.0},
            "baseline": {"peak_bytes": p.baseline_bytes, "seconds": p.baseline_seconds},
            "optimized": {"peak_bytes": p.optimized_bytes, "seconds": p.optimized_seconds},
            "floor_bytes": p.floor_bytes,
            "equivalence": {"verdict": "same", "level": p.trust, "cases": p.cases,
                            "faults_planted": p.faults_planted, "faults_caught": p.faults_caught},
        }
        for p in proposals
    ]  # fmt: skip
    return json.dumps({"version": 1, "suggestions": suggestions})


@dataclass
class FakeClock:
    """A clock on which waiting takes no time; `slept` are the seconds of each wait."""

    time: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


@contextmanager
def emulated() -> Iterator[str]:
    """The address of an emulated GitHub with state, for as long as the block runs."""
    node, program = tools.node(), tools.npm("emulate", "0.12.2")
    port = free_port()
    seed = {
        "tokens": {
            TOKEN: {"login": "codeopt-bot", "scopes": ["repo"]},
            PERSON: {"login": OWNER, "scopes": ["repo"]},
            STRANGER: {"login": "stranger", "scopes": ["repo"]},
        },
        "github": {
            "users": [
                {"login": OWNER, "name": "Owner", "email": "owner@example.com"},
                {"login": "codeopt-bot", "name": "Bot", "email": "bot@example.com"},
                {"login": "stranger", "name": "Stranger", "email": "stranger@example.com"},
            ]
        },
    }
    place = tools.folder() / f"emulate-seed-{port}.json"
    place.write_text(json.dumps(seed))
    command = [
        str(node),
        str(program),
        "start",
        "--service",
        "github",
        "--port",
        str(port),
        "--seed",
        str(place),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/users/{OWNER}", process)
        yield address
    finally:
        process.kill()
        process.wait()
        place.unlink()


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until a server answers; the test fails if it ends or stays silent."""
    for _ in range(int(seconds / 0.1)):
        if process.poll() is not None:
            pytest.fail(f"the server of {address} ended with {process.returncode}")
        try:
            httpx.get(address, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {address}")


@dataclass
class Request:
    """One request as the proxy saw it, and the status that it was answered with."""

    method: str
    path: str
    body: bytes
    status: int = 0
    violations: tuple[str, ...] = ()
    """What a validator behind the proxy has against it."""

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def own_path(path: str) -> str:
    """A path after that of the repository, decoded."""
    return unquote(re.sub(r"^/repos/[^/]+/[^/]+", "", path))


@dataclass(frozen=True)
class Fault:
    """An answer given in place of the real one; with `done` the request was carried out all the same."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "{}"
    done: bool = False


class Proxy:
    """Stands before a GitHub, records every request and may spoil it.

    `before` is asked before a request goes on and `after` when it was carried out; a fault they return is
    the answer. That no two open pull requests have the same head and base, which GitHub sees to and the
    emulator does not, is seen to here.
    """

    def __init__(self, behind: str) -> None:
        self.requests: list[Request] = []
        self.before: Callable[[Request], Fault | None] = lambda request: None
        self.after: Callable[[Request], None] = lambda request: None
        self.behind = httpx.Client(base_url=behind, timeout=60)
        self._opening = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.behind.close()

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Method and path of the requests that write, after the repository's own path."""
        return [(r.method, own_path(r.path)) for r in self.requests if r.writes]

    def clear(self) -> None:
        self.requests.clear()
        self.before, self.after = lambda request: None, lambda request: None

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: object) -> None:
                pass

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = Request(self.command, self.path, body)
                proxy.requests.append(request)
                status, kept, data = proxy.answer(request, dict(self.headers))
                request.status = status
                try:
                    self.send_response(status)
                    for name, value in kept.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        return Handler

    def answer(self, request: Request, given: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content for a request."""
        fault = self.before(request)
        if fault is not None and not fault.done:
            return fault.status, fault.headers, fault.body.encode()
        with self._opening:
            if request.method == "POST" and request.path.endswith("/pulls") and self._is_open(request, given):
                found = {
                    "message": "Validation Failed",
                    "errors": [{"message": "A pull request already exists"}],
                }
                return 422, {"content-type": "application/json"}, json.dumps(found).encode()
            passed = {
                k: v
                for k, v in given.items()
                if k.lower() not in ("host", "content-length", "connection", "accept-encoding")
            }
            answer = self.passed_on(request, passed)
        request.violations = tuple(
            f"{'.'.join(found['location'])}: {found['message']}"
            for found in json.loads(answer.headers.get("sl-violations", "[]"))
            if found["location"][0] == "request"
        )
        self.after(request)
        if fault is not None:
            return fault.status, fault.headers, fault.body.encode()
        kept = {k: answer.headers[k] for k in ("content-type", "link") if k in answer.headers}
        if "link" in kept:
            kept["link"] = re.sub(r"http://[^/>]+", self.address, kept["link"])
        return answer.status_code, kept, answer.content

    def passed_on(self, request: Request, given: dict[str, str]) -> httpx.Response:
        """The answer of what stands behind."""
        return self.behind.request(request.method, request.path, content=request.body, headers=given)

    def _is_open(self, request: Request, given: dict[str, str]) -> bool:
        wanted = json.loads(request.body)
        authorization = {"authorization": given.get("authorization", given.get("Authorization", ""))}
        listed = self.behind.get(f"{request.path}?per_page=100", headers=authorization).json()
        return any((p["head"]["ref"], p["base"]["ref"]) == (wanted["head"], wanted["base"]) for p in listed)


class Project:
    """A repository on the emulated GitHub, seen by a person, and by the bot through a proxy."""

    def __init__(self, address: str, name: str, proxy: Proxy) -> None:
        self.name = f"{OWNER}/{name}"
        self.proxy = proxy
        self._client = httpx.Client(base_url=address, headers=headers(PERSON), timeout=60)
        self._client.post("/user/repos", json={"name": name, "auto_init": True}).raise_for_status()
        self._client.put(f"/repos/{self.name}/collaborators/codeopt-bot", json={"permission": "push"})
        self.write("src/a.py", TEXT)

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        token: str = PERSON,
        name: str = "",
    ) -> Any:
        """What GitHub says to a person, of this repository or the one called `name`."""
        home = f"/repos/{name or self.name}"
        answer = self._client.request(method, f"{home}{path}", json=body, headers=headers(token))
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def write(self, path: str, text: str, branch: str = "main") -> str:
        """A person's commit of one file; the commit."""
        old = self._client.get(f"/repos/{self.name}/contents/{path}", params={"ref": branch})
        body = {"message": "by hand", "content": base64.b64encode(text.encode()).decode(), "branch": branch}
        if old.is_success:
            body["sha"] = old.json()["sha"]
        return str(self.ask("PUT", f"/contents/{path}", body)["commit"]["sha"])

    def text(self, path: str, ref: str) -> str:
        """A file's text at a branch."""
        return base64.b64decode(self.ask("GET", f"/contents/{path}?ref={ref}")["content"]).decode()

    def pulls(self) -> list[dict[str, Any]]:
        """All pull requests, oldest first."""
        return list(self.ask("GET", "/pulls?state=all&direction=asc&per_page=100"))

    def comments(self, number: int) -> list[str]:
        """The comments of a pull request."""
        return [comment["body"] for comment in self.ask("GET", f"/issues/{number}/comments")]

    def tick(self, number: int, control: str) -> None:
        """Tick a checkbox in a pull request's body."""
        body = self.ask("GET", f"/pulls/{number}")["body"]
        ticked = body.replace(
            f"- [ ] <!-- codeopt-control: {control}", f"- [x] <!-- codeopt-control: {control}"
        )
        assert ticked != body
        self.ask("PATCH", f"/pulls/{number}", {"body": ticked})

    def head(self, branch: str) -> str:
        """The commit at the head of a branch."""
        return str(self.ask("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def forge(self, sending: Sending) -> GitHub:
        return GitHub(sending, self.name, "main")

    def bot(
        self,
        *proposals: Proposal,
        most_open: int = 5,
        kept: frozenset[str] = frozenset(),
        clock: FakeClock | None = None,
    ) -> list[Done]:
        """One run of the bot, through the proxy."""
        with Sending(self.proxy.address, headers(TOKEN), (clock or FakeClock()).clock()) as sending:
            return list(run(self.forge(sending), "main", proposals, Limits(most_open), kept))


def write_checkout(folder: Path, files: dict[str, str]) -> None:
    """A git repository of one commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=p", "-c", "user.email=p@example.com"]
    subprocess.run([*git[:3], "init", "-q", "-b", "main"], check=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)


def bot_command(project: Project, folder: Path, *offered: Proposal) -> list[str]:
    """`codeopt bot` on a report of some proposals, which is written to the folder."""
    (folder / "report.json").write_text(report(*offered))
    named = ("--artifact", "report.json", "--repository", project.name)
    return [sys.executable, "-m", "codeopt", "bot", *named]

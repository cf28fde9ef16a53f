"""GitLab by a contract: a local server that knows these requests, in this order, and refuses any other.

The answers were written by hand after the examples in GitLab's published documentation of its REST
interface (branches, commits, repository files, merge requests, notes). No GitLab was asked, so what this
holds is that we speak as documented, not that a GitLab of today answers so.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from codeopt.bot.blob import blob_id
from codeopt.bot.body import pull_request_body
from codeopt.bot.forge import Change, Forge
from codeopt.bot.gitlab import GitLab, headers
from codeopt.bot.marker import Marker
from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind, Limits
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.bot.requests import Sending
from codeopt.bot.retry import Clock
from codeopt.bot.run import Done, run
from codeopt.edit import Trust

HOME = "/api/v4/projects/diaspora%2Fdiaspora-project"
BASE, HEAD, OTHER = "7b5c3cc8be40ee161ae89a06bba6229da1032a0c", "6" * 40, "a" * 40
BEFORE, AFTER = "x = [1]\ny = sum(x)\n", "y = 1\n"
PATH = "src/träin.py"
FILE = f"{HOME}/repository/files/src%2Ftr%C3%A4in.py?ref="
GROUP = f"{PATH}::fit"
BRANCH = branch_name(GROUP, "main")
QUOTED = BRANCH.replace("/", "%2F")
MERGES = f"{HOME}/merge_requests?state=all&source_branch={QUOTED}&target_branch=main&per_page=100"
BRANCHES = f"{HOME}/repository/branches?search=%5Ecodeopt%2F&per_page=100"
PROPOSAL = Proposal(
    group=GROUP,
    path=PATH,
    before=BEFORE,
    after=AFTER,
    title="Lower the peak memory of fit by 50 %",
    rules=("MEM210",),
    trust=Trust.EXACT,
    baseline_bytes=16 << 20,
    optimized_bytes=8 << 20,
    floor_bytes=0,
    baseline_seconds=0.5,
    optimized_seconds=0.5,
    origin="declared",
    cases=9,
    faults_planted=1,
    faults_caught=1,
    diff=unified_diff(PATH, BEFORE, AFTER),
    digest=change_digest(GROUP, BEFORE, AFTER),
)


@dataclass
class Contract:
    """What will be asked, in order, with the answers; and what was asked against it."""

    expected: list[tuple[str, str, Any, int, Any, Mapping[str, str]]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def on(
        self, method: str, path: str, answer: Any = None, *, body: Any = None, status: int = 200, **more: str
    ) -> Contract:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        self.expected.append((method, path, body, status, answer, named))
        return self

    def answer(
        self, method: str, path: str, body: Any, token: str | None
    ) -> tuple[int, Any, Mapping[str, str]]:
        if token != "glpat-secret":
            self.broken.append("the token is not there")
        if not self.expected:
            self.broken.append(f"{method} {path} after all that was expected")
            return 404, {"message": "not in the record"}, {}
        wanted = self.expected.pop(0)
        given = _without_message(body)
        if (method, path, given) != (wanted[0], wanted[1], _without_message(wanted[2])):
            self.broken.append(f"{method} {path} {given!r} in place of {wanted[:3]!r}")
            return 404, {"message": "not in the record"}, {}
        if isinstance(body, dict) and "commit_message" in body:
            self.messages.append(body["commit_message"])
        return wanted[3], wanted[4], wanted[5]


def _without_message(body: Any) -> Any:
    """A commit's message names the content; what it says is looked at by itself."""
    return {k: v for k, v in body.items() if k != "commit_message"} if isinstance(body, dict) else body


@contextlib.contextmanager
def serving(contract: Contract) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.loads(data) if data else None
            token = self.headers.get("PRIVATE-TOKEN")
            status, answer, more = contract.answer(self.command, self.path, body, token)
            out = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def gitlab(contract: Contract, slept: list[float] | None = None) -> Iterator[GitLab]:
    waits = [] if slept is None else slept
    with serving(contract) as address:
        with Sending(address, headers("glpat-secret"), Clock(lambda: 0.0, waits.append)) as sending:
            yield GitLab(sending, "diaspora/diaspora-project", "main")
        assert contract.broken == []
        assert contract.expected == []


def commit(sha: str, parents: list[str], message: str, **more: Any) -> dict[str, Any]:
    """As in "Retrieve a commit"."""
    return {
        "id": sha, "short_id": sha[:11], "title": message.partition("\n")[0], "message": message,
        "author_name": "Example User", "author_email": "user@example.com",
        "authored_date": "2021-09-20T09:06:12.300+03:00",
        "committer_name": "Administrator", "committer_email": "admin@example.com",
        "committed_date": "2021-09-20T09:06:12.300+03:00", "created_at": "2021-09-20T09:06:12.300+03:00",
        "parent_ids": parents, "status": "running",
        "stats": {"additions": 15, "deletions": 10, "total": 25},
        "web_url": f"https://gitlab.example.com/janedoe/gitlab-foss/-/commit/{sha}", **more,
    }  # fmt: skip


def branch(name: str, sha: str) -> dict[str, Any]:
    """As in "Retrieve a single repository branch"."""
    return {
        "name": name, "merged": False, "protected": False, "default": False, "developers_can_push": False,
        "developers_can_merge": False, "can_push": True, "web_url": "https://gitlab.example.com/-/tree/main",
        "commit": commit(sha, [], "add projects API"),
    }  # fmt: skip


def merge(iid: int, state: str, description: str, **more: Any) -> dict[str, Any]:
    """As in "List project merge requests"."""
    return {
        "id": 100 + iid, "iid": iid, "project_id": 3, "title": "test1", "description": description,
        "state": state, "merged_at": None, "target_branch": "main", "source_branch": BRANCH,
        "source_project_id": 2, "target_project_id": 2, "draft": False, "sha": HEAD,
        "web_url": "http://gitlab.example.com/my-group/my-project/merge_requests/1", **more,
    }  # fmt: skip


def file(text: str) -> dict[str, Any]:
    """As in "Retrieve a file from a repository"."""
    return {
        "file_name": "träin.py", "file_path": PATH, "size": len(text), "encoding": "base64",
        "content": base64.b64encode(text.encode()).decode(), "content_sha256": "0" * 64, "ref": "main",
        "blob_id": blob_id(text.encode()), "commit_id": BASE, "last_commit_id": OTHER,
        "execute_filemode": False,
    }  # fmt: skip


def changed(path: str = PATH) -> dict[str, Any]:
    """As in "Retrieve the diff of a commit"."""
    return {
        "diff": "@@ -1 +1 @@", "new_path": path, "old_path": path, "a_mode": None, "b_mode": "100644",
        "new_file": False, "renamed_file": False, "deleted_file": False,
    }  # fmt: skip


def update(**more: Any) -> dict[str, Any]:
    content = base64.b64encode(AFTER.encode()).decode()
    action = {"action": "update", "file_path": PATH, "encoding": "base64", "content": content}
    return {"branch": BRANCH, "start_sha": BASE, "actions": [action], **more}


def body(digest: str = PROPOSAL.digest, head: str = HEAD) -> str:
    return pull_request_body(dataclasses.replace(PROPOSAL, digest=digest), Marker(GROUP, digest, BASE, head))


def sealed() -> str:
    """The message of the commit that a push makes."""
    contract = (
        Contract()
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("POST", f"{HOME}/repository/commits", commit(HEAD, [BASE], ""), body=update(), status=201)
    )
    with gitlab(contract) as forge:
        assert forge.push(BRANCH, BASE, change(), None) == HEAD
    return contract.messages[0]


def change() -> Change:
    return Change(PATH, BEFORE.encode(), AFTER.encode(), "Lower it", PROPOSAL.digest)


def standing(contract: Contract, message: str, parents: list[str], pull: str, after: str = AFTER) -> Contract:
    """What is read of a base, a branch with one commit, and its merge request."""
    return (
        contract.on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
        .on("GET", BRANCHES, [branch(BRANCH, HEAD)])
        .on("GET", f"{HOME}/repository/commits/{HEAD}", commit(HEAD, parents, message))
        .on("GET", f"{HOME}/repository/commits/{HEAD}/diff?per_page=100", [changed()])
        .on("GET", f"{FILE}{HEAD}", file(after))
        .on("GET", MERGES, [merge(1, "opened", pull)])
    )


def done(forge: Forge) -> list[tuple[Kind, int]]:
    found: list[Done] = list(run(forge, "main", [PROPOSAL], Limits()))
    return [(one.kind, one.number) for one in found]


class _AnyNote:
    """Equal to any body of a note."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and set(other) == {"body"} and "codeopt-said" in other["body"]

    __hash__ = None  # type: ignore[assignment]


ANY_NOTE = _AnyNote()

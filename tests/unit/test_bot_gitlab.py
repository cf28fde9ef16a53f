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
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codeopt.bot.blob import blob_id
from codeopt.bot.body import pull_request_body
from codeopt.bot.forge import AlreadyThere, Change, Forge, ForgeError, Moved, OutOfDate, PullState
from codeopt.bot.gitlab import GitLab, headers
from codeopt.bot.marker import Marker, read_marker
from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind, Limits
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.bot.requests import Sending, Showing
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


def test_the_first_run_opens_a_merge_request() -> None:
    made = {
        "source_branch": BRANCH, "target_branch": "main", "title": PROPOSAL.title, "description": body(),
    }  # fmt: skip
    contract = (
        Contract()
        .on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
        .on("GET", BRANCHES, [])
        .on("GET", MERGES, [])
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("POST", f"{HOME}/repository/commits", commit(HEAD, [BASE], ""), body=update(), status=201)
        .on("GET", MERGES, [])
        .on("POST", f"{HOME}/merge_requests", merge(1, "opened", body()), body=made, status=201)
    )
    with gitlab(contract) as forge:
        assert done(forge) == [(Kind.OPEN, 1)]


def test_the_verb(tmp_path: Path) -> None:
    """The whole command: the report, the variables that GitLab's runner sets, the token, what is printed."""
    (tmp_path / "src").mkdir()
    (tmp_path / PATH).write_text(BEFORE)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        person = ("-c", "user.name=p", "-c", "user.email=p@example.com")
        subprocess.run(["git", *person, *words], cwd=tmp_path, check=True)
    suggestion = {
        "path": PATH, "function": "fit", "rules": ["MEM210"], "trust": "exact", "diff": PROPOSAL.diff,
        "source": AFTER, "workload": {"origin": "declared"},
        "baseline": {"peak_bytes": 16 << 20, "seconds": 0.5},
        "optimized": {"peak_bytes": 8 << 20, "seconds": 0.5}, "floor_bytes": 0,
        "equivalence": {
            "verdict": "same", "level": "exact", "cases": 9, "faults_planted": 1, "faults_caught": 1,
        },
    }  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps({"version": 1, "suggestions": [suggestion]}))
    made = {
        "source_branch": BRANCH, "target_branch": "main", "title": PROPOSAL.title, "description": body(),
    }  # fmt: skip
    contract = (
        Contract()
        .on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
        .on("GET", BRANCHES, [])
        .on("GET", MERGES, [])
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("POST", f"{HOME}/repository/commits", commit(HEAD, [BASE], ""), body=update(), status=201)
        .on("GET", MERGES, [])
        .on("POST", f"{HOME}/merge_requests", merge(1, "opened", body()), body=made, status=201)
    )
    with serving(contract) as address:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "codeopt", "bot", "--artifact", "report.json", "--forge", "gitlab",
             "--repository", "diaspora/diaspora-project", "--base", "main"],
            cwd=tmp_path, env={**os.environ, "CI_API_V4_URL": address, "GITLAB_TOKEN": "glpat-secret"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert contract.broken == []
    assert contract.expected == []
    assert done.stdout.startswith(f"created #1 {GROUP}: ")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_second_run_writes_nothing() -> None:
    with gitlab(standing(Contract(), sealed(), [BASE], body())) as forge:
        assert done(forge) == [(Kind.LEAVE, 1)]


def test_another_change_rebuilds_the_one_commit() -> None:
    old = "0123456789abcdef" * 2
    message = sealed().replace(PROPOSAL.digest, old)
    edited = {"title": PROPOSAL.title, "description": body(head=OTHER)}
    contract = (
        standing(Contract(), message, [BASE], body(old))
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", branch(BRANCH, HEAD))
        .on(
            "POST",
            f"{HOME}/repository/commits",
            commit(OTHER, [BASE], ""),
            body=update(force=True),
            status=201,
        )
        .on("PUT", f"{HOME}/merge_requests/1", merge(1, "opened", ""), body=edited)
    )
    with gitlab(contract) as forge:
        assert done(forge) == [(Kind.REBUILD, 1)]


@pytest.mark.parametrize(
    ("parents", "after"), [([OTHER], AFTER), ([BASE], AFTER + "z = 1\n")], ids=["on top", "amended"]
)
def test_a_persons_commit_is_left_alone_and_that_is_said_once(parents: list[str], after: str) -> None:
    notes = f"{HOME}/merge_requests/1/notes"
    said: list[dict[str, Any]] = []
    for turn in range(2):
        contract = standing(Contract(), sealed(), parents, body(head=OTHER), after)
        contract.on("GET", f"{notes}?per_page=100", said)
        if not turn:
            contract.on("POST", notes, {"id": 302, "body": ""}, body=ANY_NOTE, status=201)
        with gitlab(contract) as forge:
            assert done(forge) == [(Kind.LEAVE if turn else Kind.HAND_OVER, 1)]
        said = [{"id": 302, "body": "x\n\n<!-- codeopt-said: handed over -->\n", "system": False}]


class _AnyNote:
    """Equal to any body of a note."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and set(other) == {"body"} and "codeopt-said" in other["body"]

    __hash__ = None  # type: ignore[assignment]


ANY_NOTE = _AnyNote()


def test_another_run_was_faster() -> None:
    contract = (
        Contract()
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on(
            "POST", f"{HOME}/repository/commits",
            {"message": f"A branch called '{BRANCH}' already exists. Switch to that branch"},
            body=update(), status=400,
        )
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", branch(BRANCH, OTHER))
        .on("GET", f"{HOME}/repository/commits/{OTHER}", commit(OTHER, [BASE], "something else"))
        .on("GET", f"{HOME}/repository/commits/{OTHER}/diff?per_page=100", [changed(), changed("b.py")])
    )  # fmt: skip
    with gitlab(contract) as forge, pytest.raises(AlreadyThere):
        forge.push(BRANCH, BASE, change(), None)
    taken = {"message": ["Another open merge request already exists for this source branch: !1"]}
    opened = {"source_branch": BRANCH, "target_branch": "main", "title": "t", "description": "b"}
    contract = Contract().on("POST", f"{HOME}/merge_requests", taken, body=opened, status=409)
    with gitlab(contract) as forge, pytest.raises(AlreadyThere):
        forge.open_pull(BRANCH, "t", "b")


def test_a_push_that_was_done_though_it_failed_counts() -> None:
    """The server made the commit, answered 502, and refuses the same request when it comes again."""
    message = sealed()
    slept: list[float] = []
    contract = (
        Contract()
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("POST", f"{HOME}/repository/commits", body=update(), status=502)
        .on("POST", f"{HOME}/repository/commits", {"message": "exists"}, body=update(), status=400)
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", branch(BRANCH, HEAD))
        .on("GET", f"{HOME}/repository/commits/{HEAD}", commit(HEAD, [BASE], message))
        .on("GET", f"{HOME}/repository/commits/{HEAD}/diff?per_page=100", [changed()])
        .on("GET", f"{FILE}{HEAD}", file(AFTER))
    )
    with gitlab(contract, slept) as forge:
        assert forge.push(BRANCH, BASE, change(), None) == HEAD
    assert len(slept) == 1


def test_what_moved_is_not_written_over() -> None:
    contract = Contract().on("GET", f"{FILE}{BASE}", file("other"))
    with gitlab(contract) as forge, pytest.raises(OutOfDate):
        forge.push(BRANCH, BASE, change(), None)
    moved = branch(BRANCH, OTHER)
    contract = (
        Contract()
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", moved)
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", moved)
    )
    with gitlab(contract) as forge:
        with pytest.raises(Moved):
            forge.push(BRANCH, BASE, change(), HEAD)
        with pytest.raises(Moved):
            forge.drop(BRANCH, HEAD)


def test_closing_and_dropping() -> None:
    closed = {"state_event": "close", "description": "gone"}
    contract = (
        Contract()
        .on("PUT", f"{HOME}/merge_requests/7", merge(7, "closed", "gone"), body=closed)
        .on("GET", f"{HOME}/repository/branches/{QUOTED}", branch(BRANCH, HEAD))
        .on("DELETE", f"{HOME}/repository/branches/{QUOTED}", status=204)
    )
    with gitlab(contract) as forge:
        forge.close_pull(7, "gone")
        forge.drop(BRANCH, HEAD)


@pytest.mark.parametrize(
    "other",
    [
        {"new_file": True}, {"deleted_file": True}, {"old_path": "before.py", "renamed_file": True},
        {"new_path": "b.py", "old_path": "b.py"},
    ],
    ids=["new", "deleted", "renamed", "another"],
)  # fmt: skip
def test_a_commit_that_does_not_just_change_the_file_is_not_the_bots(other: dict[str, Any]) -> None:
    message = sealed()
    named = other.get("new_path", PATH)
    for more, is_ours in (({}, True), (other, False)):
        read = FILE if not more or named == PATH else f"{HOME}/repository/files/{named}?ref="
        contract = (
            Contract()
            .on("GET", BRANCHES, [branch(BRANCH, HEAD), branch("Codeopt/mine", OTHER)])
            .on("GET", f"{HOME}/repository/commits/{HEAD}", commit(HEAD, [BASE], message))
            .on("GET", f"{HOME}/repository/commits/{HEAD}/diff?per_page=100", [{**changed(), **more}])
        )
        if is_ours or named != PATH:
            contract.on("GET", f"{read}{HEAD}", file(AFTER))
        with gitlab(contract) as forge:
            (found,) = forge.branches("codeopt/")
        assert (found.name, found.seal is not None) == (BRANCH, is_ours)


def test_states_forks_and_pages() -> None:
    contract = Contract()
    with gitlab(contract) as forge:
        first = [merge(1, "merged", ""), merge(2, "closed", ""), merge(9, "opened", "", source_project_id=5)]
        second = [merge(3, "locked", ""), merge(4, "opened", "", target_branch="other")]
        address = str(forge._requests._client.base_url).rstrip("/")  # type: ignore[attr-defined]
        following = MERGES.removeprefix("/api/v4") + "&page=2"
        contract.on("GET", MERGES, first, link=f'<{address}{following}>; rel="next"')
        contract.on("GET", f"{MERGES}&page=2", second)
        pulls = forge.pulls(BRANCH)
    assert [(pull.number, pull.state) for pull in pulls] == [
        (3, PullState.OPEN), (2, PullState.CLOSED), (1, PullState.MERGED),
    ]  # fmt: skip


def test_a_limit_on_requests_is_waited_for() -> None:
    slept: list[float] = []
    contract = (
        Contract()
        .on("GET", f"{HOME}/repository/branches/main", {"message": "429"}, status=429, Retry_After="30")
        .on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
    )
    with gitlab(contract, slept) as forge:
        assert forge.base_commit() == BASE
    assert slept == [30.0]


def test_errors_name_the_cause() -> None:
    contract = Contract().on("GET", f"{HOME}/repository/branches/main", {"message": "404"}, status=404)
    with gitlab(contract) as forge, pytest.raises(ForgeError, match="has no branch 'main'"):
        forge.base_commit()
    contract = Contract().on("GET", f"{HOME}/repository/branches/main", {"message": "401"}, status=401)
    with gitlab(contract) as forge, pytest.raises(ForgeError, match="401"):
        forge.base_commit()
    contract = Contract().on("GET", f"{HOME}/repository/branches/main", {"name": "main", "commit": {}})
    with gitlab(contract) as forge, pytest.raises(ForgeError, match="not understood"):
        forge.base_commit()


def test_a_dry_run_only_reads() -> None:
    shown: list[tuple[str, str, Any]] = []
    contract = (
        Contract()
        .on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
        .on("GET", BRANCHES, [])
        .on("GET", MERGES, [])
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("GET", MERGES, [])
    )
    with gitlab(contract) as forge:
        showing = Showing(forge._requests, lambda *request: shown.append(request))
        assert done(GitLab(showing, "diaspora/diaspora-project", "main")) == [(Kind.OPEN, 0)]
    assert [(method, path.partition("project")[2]) for method, path, _ in shown] == [
        ("POST", "s/diaspora%2Fdiaspora-project/repository/commits"),
        ("POST", "s/diaspora%2Fdiaspora-project/merge_requests"),
    ]
    assert read_marker(shown[1][2]["description"])


def test_the_server_refuses_what_is_not_in_the_record() -> None:
    contract = Contract()
    with serving(contract) as address:
        with Sending(address, headers("glpat-secret"), Clock()) as sending:
            forge = GitLab(sending, "diaspora/diaspora-project", "main")
            with pytest.raises(ForgeError, match="not in the record"):
                forge.comment(1, "x")
        assert contract.broken

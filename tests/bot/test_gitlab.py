"""GitLab by its record: the same bot, merge requests in place of pull requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codeopt.bot.forge import AlreadyThere, ForgeError, Moved, OutOfDate, PullState
from codeopt.bot.gitlab import GitLab, headers
from codeopt.bot.marker import read_marker
from codeopt.bot.plan import Kind
from codeopt.bot.requests import Sending, Showing
from codeopt.bot.retry import Clock
from tests.bot.gitlab_record import (
    AFTER,
    ANY_NOTE,
    BASE,
    BEFORE,
    BRANCH,
    BRANCHES,
    FILE,
    GROUP,
    HEAD,
    HOME,
    MERGES,
    OTHER,
    PATH,
    PROPOSAL,
    QUOTED,
    Contract,
    body,
    branch,
    change,
    changed,
    commit,
    done,
    file,
    gitlab,
    merge,
    sealed,
    serving,
    standing,
    update,
)  # fmt: skip


def opening() -> Contract:
    """The requests of a run that opens a merge request, and their answers."""
    made = {
        "source_branch": BRANCH, "target_branch": "main", "title": PROPOSAL.title, "description": body(),
    }  # fmt: skip
    return (
        Contract()
        .on("GET", f"{HOME}/repository/branches/main", branch("main", BASE))
        .on("GET", BRANCHES, [])
        .on("GET", MERGES, [])
        .on("GET", f"{FILE}{BASE}", file(BEFORE))
        .on("POST", f"{HOME}/repository/commits", commit(HEAD, [BASE], ""), body=update(), status=201)
        .on("GET", MERGES, [])
        .on("POST", f"{HOME}/merge_requests", merge(1, "opened", body()), body=made, status=201)
    )


def test_the_first_run_opens_a_merge_request() -> None:
    with gitlab(opening()) as forge:
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
    contract = opening()
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

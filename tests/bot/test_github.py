"""The bot against an emulated GitHub that keeps state."""

from __future__ import annotations

import threading

import httpx
import pytest

from codeopt.bot.forge import ForgeError
from codeopt.bot.github import GitHub, headers
from codeopt.bot.marker import read_marker, write_marker
from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind, Limits
from codeopt.bot.requests import Sending
from codeopt.bot.run import Done, run
from tests.bot.forge import STRANGER, TEXT, TOKEN, FakeClock, Fault, Project, Request, proposal

OTHER = TEXT.replace("b = a * 2\n    return b + 1", "a = a * 2\n    a += 1\n    return a")
OPENING = [
    ("POST", "/git/blobs"),
    ("POST", "/git/trees"),
    ("POST", "/git/commits"),
    ("POST", "/git/refs"),
    ("POST", "/pulls"),
]
BRANCH = branch_name("src/a.py::f", "main")
G_AFTER = TEXT.replace("return a - a.mean()", "a -= a.mean()\n    return a")


def kinds(done: list[Done]) -> list[Kind]:
    return [one.kind for one in done]


def test_run_twice_makes_one_pull_request(project: Project) -> None:
    (first,) = project.bot(proposal())
    assert (first.kind, project.proxy.writes) == (Kind.OPEN, OPENING)
    project.proxy.clear()
    (second,) = project.bot(proposal())
    assert (second.kind, second.number, project.proxy.writes) == (Kind.LEAVE, first.number, [])
    (pull,) = project.pulls()
    assert (pull["number"], pull["head"]["ref"]) == (first.number, BRANCH)
    assert project.text("src/a.py", BRANCH) == proposal().after
    marker = read_marker(pull["body"])
    assert marker is not None
    assert (marker.group, marker.digest, marker.head) == (
        "src/a.py::f",
        proposal().digest,
        project.head(BRANCH),
    )


def test_the_commit_changes_one_file_and_keeps_its_mode(project: Project) -> None:
    tree = project.ask("GET", f"/git/commits/{project.head('main')}")["tree"]["sha"]
    blob = project.ask("POST", "/git/blobs", {"content": TEXT})["sha"]
    entry = {"path": "src/a.py", "mode": "100755", "type": "blob", "sha": blob}
    tree = project.ask("POST", "/git/trees", {"base_tree": tree, "tree": [entry]})["sha"]
    parents = [project.head("main")]
    commit = project.ask("POST", "/git/commits", {"message": "x", "tree": tree, "parents": parents})["sha"]
    project.ask("PATCH", "/git/refs/heads/main", {"sha": commit})
    project.bot(proposal())
    made = project.ask("GET", f"/git/commits/{project.head(BRANCH)}")
    assert [parent["sha"] for parent in made["parents"]] == [commit]

    def files(sha: str) -> dict[str, tuple[str, str]]:
        listed = project.ask("GET", f"/git/trees/{sha}?recursive=1")["tree"]
        return {e["path"]: (e["mode"], e["sha"]) for e in listed if e["type"] == "blob"}

    before, after = files(tree), files(made["tree"]["sha"])
    assert {path for path in after if before.get(path) != after[path]} == {"src/a.py"}
    assert after["src/a.py"][0] == "100755"
    assert before.keys() == after.keys()


def test_a_new_digest_rebuilds_the_one_commit_of_the_same_pull_request(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.write("README.md", "moved on\n")
    project.proxy.clear()
    (second,) = project.bot(proposal(after=OTHER))
    assert (second.kind, second.number) == (Kind.REBUILD, first.number)
    assert project.proxy.writes[-2:] == [
        ("PATCH", f"/git/refs/heads/{BRANCH}"),
        ("PATCH", f"/pulls/{first.number}"),
    ]
    (pull,) = project.pulls()
    assert project.text("src/a.py", BRANCH) == OTHER
    parents = project.ask("GET", f"/git/commits/{project.head(BRANCH)}")["parents"]
    assert [parent["sha"] for parent in parents] == [project.head("main")]
    marker = read_marker(pull["body"])
    assert marker is not None
    assert marker.head == project.head(BRANCH)
    project.proxy.clear()
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.LEAVE]
    assert project.proxy.writes == []


def test_a_moved_base_alone_writes_nothing(project: Project) -> None:
    project.bot(proposal())
    project.write("README.md", "moved on\n")
    project.proxy.clear()
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]
    assert project.proxy.writes == []


def test_closed_unmerged_stays_closed_until_the_change_is_another(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.ask("PATCH", f"/pulls/{first.number}", {"state": "closed"})
    project.proxy.clear()
    (refused,) = project.bot(proposal())
    assert (refused.kind, project.proxy.writes) == (Kind.LEAVE, [])
    assert f"#{first.number}" in refused.reason
    (again,) = project.bot(proposal(after=OTHER))
    assert again.kind is Kind.OPEN
    assert again.number != first.number
    assert project.text("src/a.py", BRANCH) == OTHER


def test_a_merged_change_is_not_offered_again(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.ask("PUT", f"/pulls/{first.number}/merge", {})
    project.write("src/a.py", TEXT)
    project.proxy.clear()
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]
    assert project.proxy.writes == []


def test_a_persons_commit_is_left_alone_and_that_is_said_once(project: Project) -> None:
    (first,) = project.bot(proposal())
    theirs = project.write("src/a.py", proposal().after + "# mine\n", branch=BRANCH)
    project.proxy.clear()
    (said,) = project.bot(proposal(after=OTHER))
    assert (said.kind, project.proxy.writes) == (
        Kind.HAND_OVER,
        [("POST", f"/issues/{first.number}/comments")],
    )
    project.proxy.clear()
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.LEAVE]
    assert project.proxy.writes == []
    assert project.head(BRANCH) == theirs
    assert len(project.comments(first.number)) == 1


@pytest.mark.parametrize("kept", ["tree", "message"])
def test_an_amended_commit_is_a_persons(project: Project, kept: str) -> None:
    project.bot(proposal())
    made = project.ask("GET", f"/git/commits/{project.head(BRANCH)}")
    tree = made["tree"]["sha"]
    if kept == "message":
        blob = project.ask("POST", "/git/blobs", {"content": OTHER})["sha"]
        entry = {"path": "src/a.py", "mode": "100644", "type": "blob", "sha": blob}
        tree = project.ask("POST", "/git/trees", {"base_tree": tree, "tree": [entry]})["sha"]
    message = made["message"] if kept == "message" else "my own words"
    parents = [parent["sha"] for parent in made["parents"]]
    body = {"message": message, "tree": tree, "parents": parents, "author": made["author"]}
    amended = project.ask("POST", "/git/commits", body)["sha"]
    project.ask("PATCH", f"/git/refs/heads/{BRANCH}", {"sha": amended, "force": True})
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.HAND_OVER]
    assert project.head(BRANCH) == amended


def test_a_commit_that_a_person_pushes_meanwhile_survives(project: Project) -> None:
    project.bot(proposal())
    theirs: list[str] = []

    def meanwhile(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/git/trees"):
            theirs.append(project.write("src/a.py", "# mine\n", branch=BRANCH))

    project.proxy.after = meanwhile
    (done,) = project.bot(proposal(after=OTHER))
    assert (done.kind, [project.head(BRANCH)]) == (Kind.LEAVE, theirs)
    assert "moved by somebody else" in done.reason
    project.proxy.clear()
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.HAND_OVER]


def test_a_persons_branch_of_that_name_is_left_alone(project: Project) -> None:
    project.ask("POST", "/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": project.head("main")})
    project.proxy.clear()
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]
    assert project.proxy.writes == []


def test_the_most_saving_ones_are_open_first(project: Project) -> None:
    small, large = proposal("f", saved=10), proposal("g", G_AFTER, saved=500)
    assert [(one.group, one.kind) for one in project.bot(small, large, most_open=1)] == [
        ("src/a.py::g", Kind.OPEN),
        ("src/a.py::f", Kind.LEAVE),
    ]
    assert len(project.pulls()) == 1
    assert kinds(project.bot(small, large, most_open=2)) == [Kind.LEAVE, Kind.OPEN]


def test_what_vanished_is_closed_with_the_reason_and_may_come_back(project: Project) -> None:
    (first,) = project.bot(proposal())
    (kept,) = project.bot()
    assert (kept.kind, len(project.pulls())) == (Kind.LEAVE, 1)
    project.write("src/a.py", TEXT.replace("b + 1", "b + 2"))
    assert project.bot(kept=frozenset({"src/a.py::f"})) == []
    (closed,) = project.bot()
    assert (closed.kind, closed.number) == (Kind.CLOSE, first.number)
    assert project.pulls()[0]["state"] == "closed"
    assert "nothing is found there any more" in project.comments(first.number)[0]
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        project.head(BRANCH)
    project.write("src/a.py", TEXT)
    (again,) = project.bot(proposal())
    assert (again.kind, len(project.pulls())) == (Kind.OPEN, 2)


def test_ticked_ignore_closes_it_for_good(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.tick(first.number, "ignore")
    assert kinds(project.bot(proposal())) == [Kind.CLOSE]
    project.proxy.clear()
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.LEAVE]
    assert project.proxy.writes == []


def test_ticked_rebase_makes_it_again_on_the_newest_base(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.write("README.md", "moved on\n")
    project.tick(first.number, "rebase")
    assert kinds(project.bot(proposal())) == [Kind.REBUILD]
    parents = project.ask("GET", f"/git/commits/{project.head(BRANCH)}")["parents"]
    assert [parent["sha"] for parent in parents] == [project.head("main")]
    assert "- [x]" not in project.pulls()[0]["body"]
    project.tick(first.number, "rebase")
    assert kinds(project.bot(proposal())) == [Kind.DESCRIBE]
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]


def test_a_file_that_changed_since_is_not_written_over(project: Project) -> None:
    project.write("src/a.py", TEXT + "\n# more\n")
    project.proxy.clear()
    (left,) = project.bot(proposal())
    assert (left.kind, project.proxy.writes) == (Kind.LEAVE, [])
    assert "another file" in left.reason


def test_a_forks_pull_request_with_our_marker_says_nothing(project: Project) -> None:
    (first,) = project.bot(proposal())
    body = project.pulls()[0]["body"]
    marker = read_marker(body)
    assert marker is not None
    project.ask("POST", "/forks", {}, token=STRANGER)
    forged = write_marker(marker).replace(marker.digest, proposal(after=OTHER).digest)
    opened = {"title": "t", "head": f"stranger:{BRANCH}", "base": "main"}
    opened["body"] = body.replace(write_marker(marker), forged)
    number = project.ask("POST", "/pulls", opened, token=STRANGER)["number"]
    project.ask("PATCH", f"/pulls/{number}", {"state": "closed"})
    project.ask("PATCH", f"/pulls/{first.number}", {"state": "closed"})
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.OPEN]


def test_pull_requests_for_another_base_are_others(project: Project) -> None:
    project.bot(proposal())
    project.ask("POST", "/git/refs", {"ref": "refs/heads/next", "sha": project.head("main")})
    project.write("src/a.py", TEXT + "# next\n", branch="next")
    with Sending(project.proxy.address, headers(TOKEN), FakeClock().clock()) as sending:
        forge = GitHub(sending, project.name, "next")
        assert list(run(forge, "next", [], Limits())) == []
    assert [pull["state"] for pull in project.pulls()] == ["open"]


def test_two_bots_rebuild_at_once(project: Project) -> None:
    project.bot(proposal())
    start = threading.Barrier(3)
    done: list[Done] = []

    def one() -> None:
        start.wait()
        done.extend(project.bot(proposal(after=OTHER)))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 3
    project.bot(proposal(after=OTHER))
    project.proxy.clear()
    assert kinds(project.bot(proposal(after=OTHER))) == [Kind.LEAVE]
    assert project.proxy.writes == []
    assert project.text("src/a.py", BRANCH) == OTHER
    assert len(project.pulls()) == 1


def test_a_branch_that_cannot_be_made_is_said(project: Project) -> None:
    said = Fault(422, body='{"message": "Reference cannot be created"}')
    project.proxy.before = lambda request: said if request.path.endswith("/git/refs") else None
    with pytest.raises(ForgeError, match="Reference cannot be created"):
        project.bot(proposal())


LIMITS = [
    Fault(403, {"retry-after": "7"}),
    Fault(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000041"}),
    Fault(403, body='{"message": "You have exceeded a secondary rate limit."}'),
    Fault(429, {"retry-after": "3"}),
    Fault(500),
    Fault(502, done=True),
    Fault(503, {"retry-after": "2"}),
]


@pytest.mark.parametrize("fault", LIMITS, ids=lambda fault: f"{fault.status}-{'-'.join(fault.headers)}")
def test_every_request_survives_one_fault(project: Project, fault: Fault) -> None:
    spoiled: set[str] = set()

    def once(request: Request) -> Fault | None:
        key = f"{request.method} {request.path}"
        if key in spoiled:
            return None
        spoiled.add(key)
        return fault

    for offered, kind in ((proposal(), Kind.OPEN), (proposal(after=OTHER), Kind.REBUILD)):
        spoiled.clear()
        project.proxy.before = once
        clock = FakeClock()
        (done,) = project.bot(offered, clock=clock)
        # The pull request that was opened by a request which then failed is found, not made again.
        assert done.kind is (Kind.LEAVE if fault.done and kind is Kind.OPEN else kind)
        assert done.number
        assert len(clock.slept) == len(spoiled)
        asked = fault.headers.get("retry-after")
        assert asked is None or set(clock.slept) == {float(asked)}
        project.proxy.clear()
        assert kinds(project.bot(offered)) == [Kind.LEAVE]
        assert project.proxy.writes == []
    assert [pull["state"] for pull in project.pulls()] == ["open"]


def test_waits_grow_and_end(project: Project) -> None:
    project.proxy.before = lambda request: Fault(503)
    clock = FakeClock()
    with pytest.raises(ForgeError, match=r"503 .* 6 times"):
        project.bot(proposal(), clock=clock)
    assert clock.slept == [1, 2, 4, 8, 16]


def test_a_wait_of_an_hour_is_left_to_the_next_run(project: Project) -> None:
    project.proxy.before = lambda request: Fault(403, {"retry-after": "3600"})
    clock = FakeClock()
    with pytest.raises(ForgeError, match="3600 s"):
        project.bot(proposal(), clock=clock)
    assert clock.slept == []


def test_what_is_refused_is_not_tried_again(project: Project) -> None:
    project.proxy.before = lambda request: Fault(
        403, body='{"message": "Resource not accessible by integration"}'
    )
    clock = FakeClock()
    with pytest.raises(ForgeError, match="403 Resource not accessible by integration"):
        project.bot(proposal(), clock=clock)
    assert (clock.slept, len(project.proxy.requests)) == ([], 1)


def test_a_comment_is_never_sent_twice(project: Project) -> None:
    (first,) = project.bot(proposal())
    project.write("src/a.py", TEXT + "# mine\n", branch=BRANCH)

    def lost(request: Request) -> Fault | None:
        return Fault(502, done=True) if request.writes else None

    project.proxy.before = lost
    with pytest.raises(ForgeError, match="502"):
        project.bot(proposal())
    project.proxy.clear()
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]
    assert len(project.comments(first.number)) == 1


@pytest.mark.parametrize("at", OPENING, ids=lambda at: at[1].rsplit("/", 1)[-1])
def test_two_bots_one_between_the_requests_of_the_other(project: Project, at: tuple[str, str]) -> None:
    other: list[Done] = []

    def meanwhile(request: Request) -> None:
        if (request.method, request.path) == (at[0], f"/repos/{project.name}{at[1]}"):
            project.proxy.before = lambda request: None
            other.extend(project.bot(proposal()))

    def before(request: Request) -> Fault | None:
        meanwhile(request)
        return None

    project.proxy.before = before
    (done,) = project.bot(proposal())
    assert {done.kind, *kinds(other)} == {Kind.OPEN, Kind.LEAVE}
    assert len(project.pulls()) == 1


def test_two_bots_at_once(project: Project) -> None:
    start = threading.Barrier(4)
    done: list[Done] = []

    def one() -> None:
        start.wait()
        done.extend(project.bot(proposal()))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(done).count(Kind.OPEN) == 1
    assert len(done) == 4
    assert len(project.pulls()) == 1
    project.proxy.clear()
    assert kinds(project.bot(proposal())) == [Kind.LEAVE]
    assert project.proxy.writes == []

"""A plain remote: a bare repository, written to over git's own protocol."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeopt.bot.forge import AlreadyThere, Change, ForgeError, Moved
from codeopt.bot.git import GitRemote
from codeopt.bot.naming import branch_name
from codeopt.bot.plan import Kind, Limits
from codeopt.bot.proposal import Proposal
from codeopt.bot.run import Done, run
from tests.bot.forge import TEXT, free_port, proposal, report, write_checkout

OTHER = TEXT.replace("b = a * 2\n    return b + 1", "a = a * 2\n    a += 1\n    return a")
G_AFTER = TEXT.replace("return a - a.mean()", "a -= a.mean()\n    return a")
BRANCH = branch_name("src/a.py::f", "main")


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=p", "-c", "user.email=p@example.com", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    write_checkout(folder, {"src/a.py": TEXT, "src/b.py": "x = 1\n", "run.sh": "echo\n"})
    return folder


@pytest.fixture
def remote(tmp_path: Path, checkout: Path) -> Path:
    bare = tmp_path / "served" / "project.git"
    git(checkout, "clone", "-q", "--bare", str(checkout), str(bare))
    git(bare, "config", "http.receivepack", "true")
    git(bare, "config", "daemon.receivepack", "true")
    return bare


@pytest.fixture
def served(remote: Path) -> Iterator[str]:
    """The address of git's own daemon before the remote."""
    port = free_port()
    command = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all"]
    command += [f"--base-path={remote.parent}", "--enable=receive-pack", str(remote.parent)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert process.poll() is None
            threading.Event().wait(0.05)
    yield f"git://127.0.0.1:{port}/project.git"
    os.killpg(process.pid, 15)
    process.wait()


def bot(remote: str | Path, *proposals: Proposal, most_open: int = 5) -> list[Done]:
    with GitRemote(str(remote), "main") as forge:
        return list(run(forge, "main", proposals, Limits(most_open)))


def head(remote: Path, branch: str = BRANCH) -> str:
    return git(remote, "rev-parse", f"refs/heads/{branch}").strip()


def test_a_branch_is_pushed_over_gits_protocol_once(remote: Path, served: str) -> None:
    (first,) = bot(served, proposal())
    assert (first.kind, first.number) == (Kind.OPEN, 0)
    assert git(remote, "show", f"{BRANCH}:src/a.py") == proposal().after
    assert git(remote, "diff", "--name-only", "main", BRANCH).split() == ["src/a.py"]
    assert git(remote, "rev-list", "--count", f"main..{BRANCH}").strip() == "1"
    made = head(remote)
    (second,) = bot(served, proposal())
    assert (second.kind, head(remote)) == (Kind.LEAVE, made)


def test_a_new_digest_rebuilds_the_one_commit(remote: Path, checkout: Path) -> None:
    bot(remote, proposal())
    (checkout / "src/b.py").write_text("x = 2\n")
    git(checkout, "commit", "-qam", "second")
    git(checkout, "push", "-q", str(remote), "main")
    assert [one.kind for one in bot(remote, proposal(after=OTHER))] == [Kind.REBUILD]
    assert git(remote, "show", f"{BRANCH}:src/a.py") == OTHER
    assert git(remote, "rev-parse", f"{BRANCH}^") == git(remote, "rev-parse", "main")


@pytest.mark.parametrize("how", ["on top", "amended", "rebased"])
def test_a_persons_commit_is_left_alone(remote: Path, checkout: Path, how: str) -> None:
    bot(remote, proposal())
    git(checkout, "fetch", "-q", str(remote), BRANCH)
    git(checkout, "switch", "-q", "-c", "mine", "FETCH_HEAD")
    if how == "rebased":
        git(checkout, "switch", "-q", "main")
        (checkout / "src/b.py").write_text("x = 2\n")
        git(checkout, "commit", "-qam", "second")
        git(checkout, "push", "-q", str(remote), "main")
        git(checkout, "rebase", "-q", "main", "mine")
    else:
        (checkout / "src/b.py").write_text("x = 3\n")
        git(checkout, "commit", "-qa", *(["--amend", "--no-edit"] if how == "amended" else ["-m", "mine"]))
    git(checkout, "push", "-qf", str(remote), f"mine:{BRANCH}")
    theirs = head(remote)
    assert [one.kind for one in bot(remote, proposal(after=OTHER))] == [Kind.LEAVE]
    assert head(remote) == theirs


def test_what_vanished_is_dropped_when_the_base_moved_on(remote: Path, checkout: Path) -> None:
    bot(remote, proposal())
    assert bot(remote) == []
    (checkout / "src/b.py").write_text("x = 2\n")
    git(checkout, "commit", "-qam", "second")
    git(checkout, "push", "-q", str(remote), "main")
    assert [one.kind for one in bot(remote)] == [Kind.DROP]
    assert git(remote, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_most_open_counts_branches(remote: Path) -> None:
    done = bot(remote, proposal(saved=1), proposal("g", G_AFTER, saved=5), most_open=1)
    assert [(one.group, one.kind) for one in done] == [
        ("src/a.py::g", Kind.OPEN),
        ("src/a.py::f", Kind.LEAVE),
    ]


def test_two_bots_at_once_make_one_branch(remote: Path) -> None:
    start = threading.Barrier(3)
    done: list[Done] = []

    def one() -> None:
        start.wait()
        done.extend(bot(remote, proposal()))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Bots that push in the same second push the same commit, and both are told that it is there.
    kinds = {one.kind for one in done}
    assert len(done) == 3
    assert Kind.OPEN in kinds
    assert kinds <= {Kind.OPEN, Kind.LEAVE}
    assert [one.kind for one in bot(remote, proposal())] == [Kind.LEAVE]
    assert git(remote, "rev-list", "--count", f"main..{BRANCH}").strip() == "1"


def test_the_remote_itself_refuses_a_push_against_another_head(remote: Path) -> None:
    change = Change("src/a.py", TEXT.encode(), OTHER.encode(), "x", "1" * 32)
    with GitRemote(str(remote), "main") as forge:
        base = forge.base_commit()
        made = forge.push("codeopt/x", base, change, None)
        with pytest.raises(AlreadyThere):
            forge.push("codeopt/x", base, Change("src/a.py", TEXT.encode(), b"1\n", "y", "2" * 32), None)
        with pytest.raises(Moved):
            forge.push("codeopt/x", base, Change("src/a.py", TEXT.encode(), b"1\n", "y", "2" * 32), base)
        with pytest.raises(Moved):
            forge.drop("codeopt/x", base)
        assert head(remote, "codeopt/x") == made


def test_bytes_and_modes_survive(remote: Path, checkout: Path) -> None:
    before = "# café\r\nx = 1\r\n"
    (checkout / "src/c.py").write_bytes(before.encode())
    (checkout / "src/c.py").chmod(0o755)
    (checkout / ".gitattributes").write_text("* text=auto eol=lf\n*.py filter=steal\n")
    git(checkout, "-c", "core.autocrlf=false", "add", "src/c.py")
    git(checkout, "add", ".gitattributes")
    blob = git(checkout, "hash-object", "-w", "--no-filters", "src/c.py").strip()
    git(checkout, "update-index", "--cacheinfo", f"100755,{blob},src/c.py")
    git(checkout, "commit", "-qm", "c")
    git(checkout, "push", "-q", str(remote), "main")
    after = before.replace("1", "2").encode()
    with GitRemote(str(remote), "main") as forge:
        forge.push(
            "codeopt/c", forge.base_commit(), Change("src/c.py", before.encode(), after, "x", "1" * 32), None
        )
    shown = subprocess.run(
        ["git", "-C", str(remote), "cat-file", "blob", "codeopt/c:src/c.py"], capture_output=True
    )
    assert shown.stdout == after
    assert git(remote, "ls-tree", "codeopt/c", "src/c.py").split()[0] == "100755"


@pytest.mark.parametrize("address", ["--upload-pack=touch x", "ext::sh -c touch% x", ""])
def test_no_address_runs_anything(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ForgeError), GitRemote(address, "main") as forge:
        forge.base_commit()
    assert list(tmp_path.iterdir()) == []


def test_the_verb_pushes_and_in_a_dry_run_does_not(remote: Path, checkout: Path) -> None:
    (checkout / "report.json").write_text(report(proposal()))
    command = [sys.executable, "-m", "codeopt", "bot", "--artifact", "report.json", "--forge", "git"]
    command += ["--repository", str(remote), "--base", "main"]
    shown = subprocess.run([*command, "--dry-run"], cwd=checkout, capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("git push --porcelain")
    assert git(remote, "branch", "--list", "codeopt/*") == ""
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("created src/a.py::f: saves 1000 B\n", "")
    assert git(remote, "show", f"{BRANCH}:src/a.py") == proposal().after

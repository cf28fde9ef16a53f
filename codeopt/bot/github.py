"""GitHub through its REST interface; commits are made of blobs and trees there, so no checkout is needed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from codeopt.bot.blob import blob_id
from codeopt.bot.forge import AlreadyThere, Branch, Change, ForgeError, Moved, OutOfDate, Pull, PullState
from codeopt.bot.requests import Requests, pages
from codeopt.bot.seal import Commit, Seal, seal_of, sealed_message

ADDRESS = "https://api.github.com"
_FILE_MODES = ("100644", "100755")
_T = TypeVar("_T")


class _Ref(msgspec.Struct):
    ref: str
    object: dict[str, Any]


class _Person(msgspec.Struct):
    name: str
    email: str
    date: str


class _Object(msgspec.Struct):
    sha: str


class _Commit(msgspec.Struct):
    sha: str
    message: str
    tree: _Object
    parents: list[_Object]
    author: _Person
    committer: _Person


class _Entry(msgspec.Struct):
    path: str
    mode: str
    type: str
    sha: str


class _Repository(msgspec.Struct):
    full_name: str


class _End(msgspec.Struct):
    ref: str
    repo: _Repository | None = None


class _Pull(msgspec.Struct):
    number: int
    state: str
    head: _End
    base: _End
    body: str | None = None
    merged_at: str | None = None


class _Comment(msgspec.Struct):
    body: str | None = None


def headers(token: str) -> Mapping[str, str]:
    """What every request to GitHub carries."""
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "codeopt",
        **given,
    }


class GitHub:
    """One repository (`owner/name`) on GitHub and one base branch of it; a `Forge`."""

    has_pulls = True

    def __init__(self, requests: Requests, repository: str, base: str) -> None:
        self._requests = requests
        self._repository = repository
        self._base = base
        self._home = f"/repos/{quote(repository)}"
        self._entries = cache(self._list_tree)

    def base_commit(self) -> str:
        head = self._head(self._base)
        if head is None:
            raise ForgeError(f"{self._repository} has no branch {self._base!r} that the token may read")
        return head

    def file_id(self, commit: str, path: str) -> str | None:
        answer = self._requests("GET", self._commit_at(commit), accept=(404, 409, 422))
        if answer.status != 200:
            return None
        entry = self._entry(_read(answer.data, _Commit).tree.sha, path)
        return entry.sha if entry is not None and entry.mode in _FILE_MODES else None

    def branches(self, prefix: str) -> tuple[Branch, ...]:
        listed = pages(self._requests, f"{self._home}/git/matching-refs/{_ref(prefix)}")
        refs = sorted((_read(ref, _Ref) for ref in listed), key=lambda ref: ref.ref)
        return tuple(self._branch(ref.ref.removeprefix("refs/heads/"), ref.object["sha"]) for ref in refs)

    def pulls(self, branch: str) -> tuple[Pull, ...]:
        head = f"{self._repository.partition('/')[0]}:{branch}"
        query = urlencode({"state": "all", "head": head, "base": self._base, "per_page": 100})
        listed = [_read(pull, _Pull) for pull in pages(self._requests, f"{self._home}/pulls?{query}")]
        own = [pull for pull in listed if self._is_own(pull, branch)]
        return tuple(
            Pull(pull.number, _state(pull), branch, pull.body or "")
            for pull in sorted(own, key=lambda pull: -pull.number)
        )

    def push(self, branch: str, base: str, change: Change, expected: str | None) -> str:
        commit = self._commit(base, change)
        if expected is None:
            ref = {"ref": f"refs/heads/{branch}", "sha": commit}
            answer = self._requests("POST", f"{self._home}/git/refs", ref, accept=(422,))
            if answer.status == 422:
                self._settle(branch, commit, answer.data)
            return commit
        self._expect(branch, expected)
        self._requests("PATCH", f"{self._home}/git/refs/{_ref(branch)}", {"sha": commit, "force": True})
        return commit

    def drop(self, branch: str, expected: str) -> None:
        self._expect(branch, expected)
        self._requests("DELETE", f"{self._home}/git/refs/{_ref(branch)}", accept=(404, 422))

    def open_pull(self, branch: str, title: str, body: str) -> int:
        opened = {"title": title, "head": branch, "base": self._base, "body": body}
        answer = self._requests("POST", f"{self._home}/pulls", opened, accept=(422,))
        if answer.status != 422:
            return int(answer.data["number"])
        if any(pull.state is PullState.OPEN for pull in self.pulls(branch)):
            raise AlreadyThere(f"a pull request from {branch} is open already")
        raise ForgeError(f"no pull request from {branch}: {_message(answer.data)}")

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        self._requests("PATCH", f"{self._home}/pulls/{number}", {"title": title, "body": body})

    def close_pull(self, number: int, body: str) -> None:
        self._requests("PATCH", f"{self._home}/pulls/{number}", {"state": "closed", "body": body})

    def comments(self, number: int) -> tuple[str, ...]:
        listed = pages(self._requests, f"{self._home}/issues/{number}/comments?per_page=100")
        return tuple(_read(comment, _Comment).body or "" for comment in listed)

    def comment(self, number: int, text: str) -> None:
        self._requests("POST", f"{self._home}/issues/{number}/comments", {"body": text}, repeatable=False)

    def _commit(self, base: str, change: Change) -> str:
        tree = self._read_commit(base).tree.sha
        entry = self._entry(tree, change.path)
        if entry is None or entry.sha != blob_id(change.before) or entry.mode not in _FILE_MODES:
            raise OutOfDate(f"{change.path} is another file at the base {base[:12]}")
        content = {"content": base64.b64encode(change.after).decode(), "encoding": "base64"}
        blob = self._requests("POST", f"{self._home}/git/blobs", content).data["sha"]
        put = {"path": change.path, "mode": entry.mode, "type": "blob", "sha": blob}
        made = {"base_tree": tree, "tree": [put]}
        new_tree = self._requests("POST", f"{self._home}/git/trees", made).data["sha"]
        message = sealed_message(change.subject, Seal(change.digest, base, new_tree))
        commit = {"message": message, "tree": new_tree, "parents": [base]}
        return str(self._requests("POST", f"{self._home}/git/commits", commit).data["sha"])

    def _entry(self, tree: str, path: str) -> _Entry | None:
        # One folder at a time: a listing of a whole large repository comes cut short.
        *folders, name = path.split("/")
        for folder in folders:
            inner = self._entries(tree).get(folder)
            if inner is None or inner.type != "tree":
                return None
            tree = inner.sha
        return self._entries(tree).get(name)

    def _list_tree(self, tree: str) -> Mapping[str, _Entry]:
        listed = self._requests("GET", f"{self._home}/git/trees/{tree}").data["tree"]
        return {entry["path"]: _read(entry, _Entry) for entry in listed if entry["type"] != "commit"}

    def _branch(self, name: str, head: str) -> Branch:
        commit = self._read_commit(head)
        said = Commit(
            commit.message,
            tuple(parent.sha for parent in commit.parents),
            commit.tree.sha,
            msgspec.structs.astuple(commit.author),
            msgspec.structs.astuple(commit.committer),
        )
        return Branch(name, head, seal_of(said))

    def _read_commit(self, commit: str) -> _Commit:
        return _read(self._requests("GET", self._commit_at(commit)).data, _Commit)

    def _commit_at(self, commit: str) -> str:
        return f"{self._home}/git/commits/{quote(commit, safe='')}"

    def _head(self, branch: str) -> str | None:
        answer = self._requests("GET", f"{self._home}/git/ref/{_ref(branch)}", accept=(404,))
        return None if answer.status == 404 else str(_read(answer.data, _Ref).object["sha"])

    def _settle(self, branch: str, commit: str, said: Any) -> None:
        """Find out why a branch could not be made: a request that failed within the server may have been
        done all the same, and then it is where it should be."""
        head = self._head(branch)
        if head is None:
            raise ForgeError(f"no branch {branch}: {_message(said)}")
        if head != commit:
            raise AlreadyThere(f"the branch {branch} exists already")

    def _expect(self, branch: str, expected: str) -> None:
        if self._head(branch) != expected:
            raise Moved(f"the branch {branch} was moved by somebody else just now")

    def _is_own(self, pull: _Pull, branch: str) -> bool:
        home = pull.head.repo.full_name.lower() if pull.head.repo else ""
        return home == self._repository.lower() and (pull.head.ref, pull.base.ref) == (branch, self._base)


def _ref(branch: str) -> str:
    # One part of the path, as GitHub's description of its interface has it, slashes and all.
    return quote(f"heads/{branch}", safe="")


def _state(pull: _Pull) -> PullState:
    if pull.merged_at:
        return PullState.MERGED
    return PullState.OPEN if pull.state == "open" else PullState.CLOSED


def _message(said: Any) -> str:
    return msgspec.json.encode(said).decode()


def _read(data: Any, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ForgeError(f"GitHub's answer is not understood: {error}") from error

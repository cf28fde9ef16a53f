"""GitLab through its REST interface: merge requests, and commits made without a checkout.

GitLab names no tree, so the content that a seal names is the one file of the commit: its path and the id
of its bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from codeopt.bot.blob import blob_id
from codeopt.bot.forge import AlreadyThere, Branch, Change, ForgeError, Moved, OutOfDate, Pull, PullState
from codeopt.bot.requests import Requests, pages
from codeopt.bot.seal import Commit, Seal, seal_of, sealed_message

ADDRESS = "https://gitlab.com/api/v4"
_STATES = {"opened": PullState.OPEN, "locked": PullState.OPEN, "merged": PullState.MERGED}
_T = TypeVar("_T")


class _Head(msgspec.Struct):
    id: str


class _Branch(msgspec.Struct):
    name: str
    commit: _Head


class _Commit(msgspec.Struct):
    id: str
    message: str
    parent_ids: tuple[str, ...]
    authored_date: str
    committed_date: str


class _Changed(msgspec.Struct):
    old_path: str
    new_path: str
    new_file: bool
    deleted_file: bool


class _File(msgspec.Struct):
    blob_id: str


class _Merge(msgspec.Struct):
    iid: int
    state: str
    source_project_id: int | None
    target_project_id: int
    source_branch: str
    target_branch: str
    description: str | None = None


class _Note(msgspec.Struct):
    body: str


def headers(token: str) -> Mapping[str, str]:
    """What every request to GitLab carries."""
    return {"User-Agent": "codeopt", **({"PRIVATE-TOKEN": token} if token else {})}


class GitLab:
    """One project (`group/name`, or its number) on GitLab and one base branch of it; a `Forge`."""

    has_pulls = True

    def __init__(self, requests: Requests, project: str, base: str) -> None:
        self._requests = requests
        self._project = project
        self._base = base
        self._home = f"/projects/{quote(project, safe='')}"

    def base_commit(self) -> str:
        head = self._head(self._base)
        if head is None:
            raise ForgeError(f"{self._project} has no branch {self._base!r}")
        return head

    def file_id(self, commit: str, path: str) -> str | None:
        query = urlencode({"ref": commit})
        file = f"{self._home}/repository/files/{quote(path, safe='')}?{query}"
        answer = self._requests("GET", file, accept=(404,))
        return None if answer.status == 404 else _read(answer.data, _File).blob_id

    def branches(self, prefix: str) -> tuple[Branch, ...]:
        query = urlencode({"search": f"^{prefix}", "per_page": 100})
        listed = pages(self._requests, f"{self._home}/repository/branches?{query}")
        found = sorted((_read(branch, _Branch) for branch in listed), key=lambda branch: branch.name)
        # The search does not tell upper from lower case.
        return tuple(self._branch(b.name, b.commit.id) for b in found if b.name.startswith(prefix))

    def pulls(self, branch: str) -> tuple[Pull, ...]:
        query = urlencode(
            {"state": "all", "source_branch": branch, "target_branch": self._base, "per_page": 100}
        )
        listed = [_read(m, _Merge) for m in pages(self._requests, f"{self._home}/merge_requests?{query}")]
        own = [merge for merge in listed if self._is_own(merge, branch)]
        return tuple(
            Pull(merge.iid, _STATES.get(merge.state, PullState.CLOSED), branch, merge.description or "")
            for merge in sorted(own, key=lambda merge: -merge.iid)
        )

    def push(self, branch: str, base: str, change: Change, expected: str | None) -> str:
        if self.file_id(base, change.path) != blob_id(change.before):
            raise OutOfDate(f"{change.path} is another file at the base {base[:12]}")
        if expected is not None:
            self._expect(branch, expected)
        seal = Seal(change.digest, base, _content(change.path, blob_id(change.after)))
        update = {
            "action": "update",
            "file_path": change.path,
            "encoding": "base64",
            "content": base64.b64encode(change.after).decode(),
        }
        commit: dict[str, Any] = {
            "branch": branch,
            "start_sha": base,
            "commit_message": sealed_message(change.subject, seal),
            "actions": [update],
        }
        if expected is not None:
            # The branch begins anew at `start_sha`, in place of what it held.
            commit["force"] = True
        answer = self._requests("POST", f"{self._home}/repository/commits", commit, accept=(400,))
        if answer.status != 400:
            return str(answer.data["id"])
        head = self._head(branch)
        if expected is not None or head is None:
            raise ForgeError(f"no commit on {branch}: {answer.data}")
        # A request that failed within the server may have been done all the same.
        if self._branch(branch, head).seal != seal:
            raise AlreadyThere(f"the branch {branch} exists already")
        return head

    def drop(self, branch: str, expected: str) -> None:
        self._expect(branch, expected)
        self._requests("DELETE", f"{self._home}/repository/branches/{quote(branch, safe='')}", accept=(404,))

    def open_pull(self, branch: str, title: str, body: str) -> int:
        opened = {"source_branch": branch, "target_branch": self._base, "title": title, "description": body}
        answer = self._requests("POST", f"{self._home}/merge_requests", opened, accept=(409,))
        if answer.status == 409:
            raise AlreadyThere(f"a merge request from {branch} is open already")
        return int(answer.data["iid"])

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        self._requests("PUT", f"{self._home}/merge_requests/{number}", {"title": title, "description": body})

    def close_pull(self, number: int, body: str) -> None:
        closed = {"state_event": "close", "description": body}
        self._requests("PUT", f"{self._home}/merge_requests/{number}", closed)

    def comments(self, number: int) -> tuple[str, ...]:
        listed = pages(self._requests, f"{self._home}/merge_requests/{number}/notes?per_page=100")
        return tuple(_read(note, _Note).body for note in listed)

    def comment(self, number: int, text: str) -> None:
        notes = f"{self._home}/merge_requests/{number}/notes"
        self._requests("POST", notes, {"body": text}, repeatable=False)

    def _head(self, branch: str) -> str | None:
        path = f"{self._home}/repository/branches/{quote(branch, safe='')}"
        answer = self._requests("GET", path, accept=(404,))
        return None if answer.status == 404 else _read(answer.data, _Branch).commit.id

    def _expect(self, branch: str, expected: str) -> None:
        if self._head(branch) != expected:
            raise Moved(f"the branch {branch} was moved by somebody else just now")

    def _branch(self, name: str, head: str) -> Branch:
        commit = _read(self._requests("GET", f"{self._home}/repository/commits/{head}").data, _Commit)
        # GitLab may sign what is committed through it, and then commits in its own name: only times tell.
        times = (commit.authored_date,), (commit.committed_date,)
        said = Commit(commit.message, commit.parent_ids, self._content(head), *times)
        return Branch(name, head, seal_of(said))

    def _content(self, commit: str) -> str:
        """What a commit holds, if it changes one file where it stands; else nothing that a seal names."""
        path = f"{self._home}/repository/commits/{commit}/diff?per_page=100"
        changed = [_read(one, _Changed) for one in pages(self._requests, path)]
        if len(changed) != 1:
            return ""
        (one,) = changed
        if one.old_path != one.new_path or one.new_file or one.deleted_file:
            return ""
        return _content(one.new_path, self.file_id(commit, one.new_path) or "")

    def _is_own(self, merge: _Merge, branch: str) -> bool:
        places = (merge.source_branch, merge.target_branch)
        return merge.source_project_id == merge.target_project_id and places == (branch, self._base)


def _content(path: str, blob: str) -> str:
    return hashlib.sha256(f"{path}\0{blob}".encode()).hexdigest()


def _read(data: Any, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ForgeError(f"GitLab's answer is not understood: {error}") from error

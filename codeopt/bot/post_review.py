"""Reads an open pull request on GitHub and posts a review on it, in one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from codeopt.bot.forge import ForgeError
from codeopt.bot.proposal import Proposal
from codeopt.bot.requests import Requests, pages
from codeopt.bot.review import Comment, Review, review

_T = TypeVar("_T")


class _Head(msgspec.Struct):
    sha: str


class _Pull(msgspec.Struct):
    state: str
    head: _Head


class _File(msgspec.Struct):
    filename: str
    patch: str = ""


class _Comment(msgspec.Struct):
    body: str | None = None


@dataclass(frozen=True, slots=True)
class OpenPull:
    """An open pull request of a repository (`owner/name`) and the commit at its head."""

    repository: str
    number: int
    head: str

    @property
    def address(self) -> str:
        return f"/repos/{quote(self.repository)}/pulls/{self.number}"


def open_pull(requests: Requests, repository: str, number: int) -> OpenPull:
    """The pull request as it stands now. Raises ForgeError if it is not open."""
    pull = _read(requests("GET", f"/repos/{quote(repository)}/pulls/{number}").data, _Pull)
    if pull.state != "open":
        raise ForgeError(f"{repository}: pull request {number} is {pull.state}")
    return OpenPull(repository, number, pull.head.sha)


def post_review(requests: Requests, pull: OpenPull, proposals: Iterable[Proposal]) -> Review:
    """Show what is proposed on the head of a pull request; what is posted, without comments if nothing is.

    The proposals must have been read at that head. Raises ForgeError.
    """
    files = [_read(file, _File) for file in pages(requests, f"{pull.address}/files?per_page=100")]
    said = [_read(one, _Comment) for one in pages(requests, f"{pull.address}/comments?per_page=100")]
    found = review(
        proposals, {file.filename: file.patch for file in files}, pull.head, [one.body or "" for one in said]
    )
    if found.comments:
        given = {
            "commit_id": found.head,
            "event": "COMMENT",
            "body": found.body,
            "comments": [_place(comment) for comment in found.comments],
        }
        requests("POST", f"{pull.address}/reviews", given, repeatable=False)
    return found


def _place(comment: Comment) -> dict[str, Any]:
    place: dict[str, Any] = {
        "path": comment.path, "line": comment.end, "side": "RIGHT", "body": comment.body,
    }  # fmt: skip
    if comment.start < comment.end:
        place |= {"start_line": comment.start, "start_side": "RIGHT"}
    return place


def _read(data: Any, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ForgeError(f"GitHub's answer is not understood: {error}") from error

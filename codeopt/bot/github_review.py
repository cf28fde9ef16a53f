"""Reading a pull request's diff and comments on GitHub, and posting a review on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from codeopt.bot.forge import ForgeError
from codeopt.bot.requests import Requests, pages
from codeopt.bot.review import Comment, Review

_T = TypeVar("_T")


class _End(msgspec.Struct):
    sha: str


class _Pull(msgspec.Struct):
    state: str
    head: _End


class _File(msgspec.Struct):
    filename: str
    patch: str | None = None


class _Comment(msgspec.Struct):
    body: str


def open_head(requests: Requests, repository: str, number: int) -> str:
    """The commit at the head of an open pull request. Raises ForgeError where it is not open."""
    pull = _read(requests("GET", f"/repos/{repository}/pulls/{number}").data, _Pull)
    if pull.state != "open":
        raise ForgeError(f"{repository}: pull request #{number} is {pull.state}")
    return pull.head.sha


def patches(requests: Requests, repository: str, number: int) -> Mapping[str, str]:
    """The diff of each file that the pull request changes; files without a textual one are left out."""
    listed = pages(requests, f"/repos/{repository}/pulls/{number}/files?per_page=100")
    files = (_read(file, _File) for file in listed)
    return {file.filename: file.patch for file in files if file.patch}


def line_comments(requests: Requests, repository: str, number: int) -> tuple[str, ...]:
    """The texts of the comments on lines of the pull request."""
    listed = pages(requests, f"/repos/{repository}/pulls/{number}/comments?per_page=100")
    return tuple(_read(comment, _Comment).body for comment in listed)


def post(requests: Requests, repository: str, number: int, review: Review) -> None:
    """Post a review with all its comments, in one request."""
    body = {
        "commit_id": review.head,
        "event": "COMMENT",
        "body": review.body,
        "comments": [_comment(comment) for comment in review.comments],
    }
    requests("POST", f"/repos/{repository}/pulls/{number}/reviews", body, repeatable=False)


def _comment(comment: Comment) -> dict[str, Any]:
    place: dict[str, Any] = {"path": comment.path, "line": comment.end, "side": "RIGHT"}
    if comment.start != comment.end:
        place |= {"start_line": comment.start, "start_side": "RIGHT"}
    return {**place, "body": comment.body}


def _read(data: Any, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ForgeError(f"GitHub's answer is not understood: {error}") from error

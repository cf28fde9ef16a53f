"""What the bot asks of a place that keeps branches and pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from codeopt.bot.seal import Seal
from codeopt.errors import CodeoptError


class ForgeError(CodeoptError):
    """A forge refuses a request, or cannot be reached."""


class AlreadyThere(ForgeError):
    """What was to be made exists: another run was faster."""


class Moved(ForgeError):
    """A branch is not where it was seen last; nothing was written."""


class OutOfDate(ForgeError):
    """The file at the base is not the one that the change was made from; nothing was written."""


class PullState(StrEnum):
    """What became of a pull request."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch and the commit at its head; `seal` is None where that commit is not the bot's."""

    name: str
    head: str
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request (on GitLab a merge request) from a branch of the repository itself."""

    number: int
    state: PullState
    branch: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """One file's new bytes, as one commit."""

    path: str
    before: bytes
    after: bytes
    subject: str
    digest: str


class Forge(Protocol):
    """A forge, seen from one repository and one base branch. Every method may raise ForgeError."""

    @property
    def has_pulls(self) -> bool:
        """Whether there are pull requests; a plain remote has branches alone."""
        ...

    def base_commit(self) -> str:
        """The commit at the head of the base branch. Raises ForgeError if there is no such branch."""
        ...

    def file_id(self, commit: str, path: str) -> str | None:
        """What git calls the content of a file in a commit (40 hexadecimal digits).

        None where there is no such file, or no such commit.
        """
        ...

    def branches(self, prefix: str) -> tuple[Branch, ...]:
        """Branches of the repository whose names begin with `prefix`, by name."""
        ...

    def pulls(self, branch: str) -> tuple[Pull, ...]:
        """Pull requests in any state from this branch of the repository (never a fork's) to the base
        branch, newest first."""
        ...

    def push(self, branch: str, base: str, change: Change, expected: str | None) -> str:
        """Put `branch` at a new, sealed commit on `base` that makes the change; returns the commit.

        `expected` is the head the branch has now, None where it must not exist. Raises AlreadyThere where
        it exists against that, Moved where it is elsewhere, OutOfDate where the file at `base` is not
        `change.before`.
        """
        ...

    def drop(self, branch: str, expected: str) -> None:
        """Delete a branch whose head is `expected`. Raises Moved where it is elsewhere."""
        ...

    def open_pull(self, branch: str, title: str, body: str) -> int:
        """Open a pull request to the base branch; its number. Raises AlreadyThere where one is open."""
        ...

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        """Set the title and the body."""
        ...

    def close_pull(self, number: int, body: str) -> None:
        """Set the body and close it, in one request."""
        ...

    def comments(self, number: int) -> tuple[str, ...]:
        """The texts of all comments."""
        ...

    def comment(self, number: int, text: str) -> None:
        """Add a comment."""
        ...

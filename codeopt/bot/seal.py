"""How a commit of the bot is told from a person's: trailers that name what the commit must hold.

A commit is the bot's when it lies directly on the base that its trailers name, holds exactly the content
that they name, and was committed as it was written. A commit put on top, an amended or a rebased one
fails at least one of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TRAILERS = re.compile(
    r"^Codeopt-Change: ([0-9a-f]{8,64})\n"
    r"Codeopt-Base: ([0-9a-f]{40,64})\n"
    r"Codeopt-Content: ([0-9a-f]{40,64})$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Seal:
    """The digest of the change, the commit it was made on, and the id of what the commit holds (on forges
    that speak git: of its tree)."""

    digest: str
    base: str
    content: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What a forge says of a commit; `author` and `committer` with their dates, in the forge's own words."""

    message: str
    parents: tuple[str, ...]
    content: str
    author: tuple[str, ...]
    committer: tuple[str, ...]


def sealed_message(subject: str, seal: Seal) -> str:
    """A commit message of one line that carries the seal."""
    return (
        f"{' '.join(subject.split())}\n\n"
        f"Codeopt-Change: {seal.digest}\nCodeopt-Base: {seal.base}\nCodeopt-Content: {seal.content}\n"
    )


def seal_of(commit: Commit) -> Seal | None:
    """The seal of a commit that is the bot's; None for anybody else's."""
    found = _TRAILERS.findall(commit.message.replace("\r\n", "\n"))
    if len(found) != 1:
        return None
    seal = Seal(*found[0])
    unbroken = commit.parents == (seal.base,) and commit.content == seal.content
    return seal if unbroken and commit.author == commit.committer else None

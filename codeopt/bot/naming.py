"""Names of the bot's branches: the same for the same thing, always."""

from __future__ import annotations

import hashlib
import re

PREFIX = "codeopt/"
_OF_BASE, _OF_GROUP = 4, 8


def branch_name(group: str, base: str) -> str:
    """The branch for a group's change of a base branch: readable first, then told apart by hashes.

    Only lower case letters, digits, dashes and one slash, so it is a fit name on any forge.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")[-60:].strip("-")
    told_apart = f"{_hash(base, _OF_BASE)}{_hash(group, _OF_GROUP)}"
    return f"{PREFIX}{readable}-{told_apart}" if readable else f"{PREFIX}{told_apart}"


def is_for(branch: str, base: str) -> bool:
    """Whether a branch of the bot is for changes of this base branch."""
    return branch[-(_OF_BASE + _OF_GROUP) :].startswith(_hash(base, _OF_BASE))


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]

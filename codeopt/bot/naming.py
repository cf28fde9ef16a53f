"""Names of the bot's branches: the same for the same thing, always."""

from __future__ import annotations

import hashlib
import re

PREFIX = "codeopt/"


def branch_name(group: str, base: str) -> str:
    """The branch for a group's change of a base branch: readable first, then told apart by a hash.

    Only lower case letters, digits, dashes and one slash, so it is a fit name on any forge.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")[-60:].strip("-")
    told_apart = hashlib.sha256(f"{base}\0{group}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{PREFIX}{readable}-{told_apart}" if readable else f"{PREFIX}{told_apart}"

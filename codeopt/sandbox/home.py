"""A home folder that code may write to and that is gone afterwards, with links to what the user's holds.

Many libraries make a folder in the home of whoever imports them, and cannot be imported where they may not.
"""

from __future__ import annotations

import contextlib
import os

USERS_HOME = os.path.expanduser("~")
_OPENED = {".cache", ".config", ".local", ".local/share", ".local/state"}
"""Folders below the home in which libraries make folders of their own."""

_lent: list[str] = []


def lend_home(folder: str) -> None:
    """Make a home in a folder and name it in HOME, for this process.

    What stands in it but links is compared after a call like what stands in the working directory. What would
    be written through a link is refused as it was; what cannot be read is not there.
    """
    lent = os.path.join(folder, "home")
    _link(USERS_HOME, lent, "")
    os.environ["HOME"] = lent
    _lent.append(lent)


def lent_home() -> str:
    """The folder that was lent to this process, or an empty text."""
    return _lent[-1] if _lent else ""


def _link(users: str, lent: str, below: str) -> None:
    os.mkdir(os.path.join(lent, below))
    with contextlib.suppress(OSError):
        for entry in os.scandir(os.path.join(users, below)):
            name = os.path.join(below, entry.name)
            if name in _OPENED and entry.is_dir():
                _link(users, lent, name)
            else:
                os.symlink(entry.path, os.path.join(lent, name))

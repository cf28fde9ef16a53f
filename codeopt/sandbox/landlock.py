"""Landlock through the package sandlock: what a process may write, read and signal, for good.

The package can also supervise processes call by call, which hides paths by name; but then a
job that starts many processes keeps the supervisor, and with it the zygote, from its work.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from codeopt.sandbox.isolation import devices, hidden_paths

_WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


def unavailable() -> str:
    """Why there is no Landlock here, empty if there is. Imports the package."""
    try:
        import sandlock
    except ImportError:
        return "the package sandlock is not installed"
    if sandlock.landlock_abi_version() < sandlock.min_landlock_abi():
        return "the kernel has no Landlock, or too old a one"
    return ""


def confine_to(folder: str, shared: tuple[str, ...] = (), *, hide: bool = False) -> None:
    """Let this process write in `folder` and `shared` only, and signal none but its own children.

    With `hide`, it can also read nothing of the hidden paths, and not list the folders on the way
    to them.
    """
    import sandlock

    hidden = [path for path in hidden_paths() if not path.is_socket()] if hide else []
    writable = [folder, *shared, *(name for name in _WRITABLE_DEVICES if Path(name).exists())]
    readable = list(_readable("/", hidden))
    sandlock.confine(sandlock.Sandbox(fs_readable=readable, fs_writable=[*writable, *map(str, devices())]))


def _readable(folder: str, hidden: Collection[Path]) -> Iterator[str]:
    """The whole of a folder, or what is beside the hidden paths in it."""
    if not hidden:
        yield folder
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        # What is behind a link is allowed at its own place, or is hidden.
        for entry in (e for e in entries if not e.is_symlink()):
            path = Path(entry.path)
            if path not in hidden:
                yield from _readable(entry.path, [h for h in hidden if path in h.parents])

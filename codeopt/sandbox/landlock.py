"""Landlock and seccomp through the package sandlock: around the zygote, and around each child.

Run as `python -m codeopt.sandbox.landlock FOLDER -- COMMAND`: the command can write in the folder
only, connects to nowhere and signals nobody outside. It can read everything but the hidden
paths, though it cannot list the folders on the way to them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from codeopt.sandbox.isolation import devices, hidden_paths

_WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


def main() -> None:
    """Run the command confined and exit as it does."""
    from sandlock import Sandbox

    folder, _, *command = sys.argv[1:]
    sandbox = Sandbox(
        fs_readable=list(_readable("/", [path for path in hidden_paths() if not path.is_socket()])),
        # Every process its own part, where resident memory is measured.
        fs_writable=[folder, "/proc/self", *_writable()],
        no_randomize_memory=True,
    )
    sys.exit(sandbox.run_interactive(command))


def load() -> None:
    """Import the package where it is there, once for all processes forked from this one."""
    with contextlib.suppress(ImportError):
        importlib.import_module("sandlock")


def confine_to(folder: str, shared: tuple[str, ...] = ()) -> None:
    """Let this process write in `folder` and `shared` only, and signal none but its own children,
    for good. Does nothing where the package or the kernel cannot.
    """
    try:
        import sandlock
    except ImportError:
        return
    if sandlock.landlock_abi_version() >= sandlock.min_landlock_abi():
        writable = [folder, *shared, *_writable()]
        sandlock.confine(sandlock.Sandbox(fs_readable=["/"], fs_writable=writable))


def _readable(folder: str, hidden: Collection[Path]) -> Iterator[str]:
    """The whole of a folder, or what is beside the hidden paths in it.

    Sandlock can deny paths by name, but then opens files on behalf of the processes that it
    confines, past the narrower confinement of each.
    """
    if not hidden:
        yield folder
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        # What is behind a link is allowed at its own place, or is hidden.
        for entry in (e for e in entries if not e.is_symlink()):
            path = Path(entry.path)
            if path not in hidden:
                yield from _readable(entry.path, [h for h in hidden if path in h.parents])


def _writable() -> list[str]:
    return [*(name for name in _WRITABLE_DEVICES if Path(name).exists()), *map(str, devices())]


if __name__ == "__main__":
    main()

"""Landlock and seccomp through the package sandlock: around the zygote, and around each child.

Run as `python -m codeopt.sandbox.landlock FOLDER -- COMMAND`: the command can read everything
but the hidden paths and write in the folder only, opens no sockets to anywhere, and signals
nobody outside.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path

from codeopt.sandbox.isolation import devices, hidden_paths

_WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


def main() -> None:
    """Run the command confined and exit as it does."""
    from sandlock import Sandbox

    folder, _, *command = sys.argv[1:]
    sandbox = Sandbox(
        fs_readable=["/"],
        # Every process its own part, where resident memory is measured.
        fs_writable=[folder, "/proc/self", *_writable()],
        fs_denied=[str(path) for path in hidden_paths()],
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


def _writable() -> list[str]:
    return [*(name for name in _WRITABLE_DEVICES if Path(name).exists()), *map(str, devices())]


if __name__ == "__main__":
    main()

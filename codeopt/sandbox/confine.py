"""Confining a job's own process, after the fork and before any of the user's code."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from codeopt.sandbox import landlock
from codeopt.sandbox.audit import refuse_outside
from codeopt.sandbox.seccomp import refuse_calls

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


def confine_zygote(rung: str, folder: str) -> None:
    """Let the zygote of a rung that no program surrounds write in the jobs' `folder` only. Raises
    OSError where it cannot."""
    # Imported on every rung: what the zygote holds decides in how many arenas Python's objects fit.
    reason = landlock.unavailable()
    if rung == "sandlock":
        if reason:
            raise OSError(reason)
        landlock.confine_to(folder, ("/proc",), hide=True)


def confine(rung: str, folder: str, processes: int) -> None:
    """Let this process write in `folder` only, as far as the rung can see to it.

    The zygote's own confinement is shared by all jobs; this one also keeps them from the zygote
    and from one another.
    """
    _drop_privileges()
    if rung == "rlimits":
        _refuse_shared_memory()
    elif not landlock.unavailable():
        # In namespaces /dev/shm is the sandbox's own; elsewhere it is the machine's.
        landlock.confine_to(folder, ("/dev/shm", "/proc/self") if rung == "bubblewrap" else ("/proc/self",))
    refuse_calls(sockets=rung != "bubblewrap", programs=rung == "rlimits")
    refuse_outside(rung, folder, processes)


def _drop_privileges() -> None:
    """Give up, for good, what root may do beyond other users: lift limits, change root, mount."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)())


def _refuse_shared_memory() -> None:
    """`multiprocessing.shared_memory` makes files for the whole machine, in C and unasked."""
    import _posixshmem  # type: ignore[import-not-found]

    def shm_open(path: str, flags: int, mode: int = 0o777) -> Any:
        if flags & os.O_CREAT:
            raise PermissionError(f"shared memory outside of the sandbox's folder: {path!r}")
        return opened(path, flags, mode)

    opened = _posixshmem.shm_open
    _posixshmem.shm_open = shm_open

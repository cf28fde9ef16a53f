"""Confining a job's own process, after the fork and before any of the user's code."""

from __future__ import annotations

from codeopt.sandbox.audit import refuse_outside
from codeopt.sandbox.landlock import confine_to
from codeopt.sandbox.seccomp import refuse_sockets


def confine(rung: str, folder: str, processes: int) -> None:
    """Let this process write in `folder` only, as far as the rung can see to it.

    The zygote's own confinement is shared by all jobs; this one also keeps them from the zygote
    and from one another.
    """
    if rung == "rlimits":
        refuse_sockets()
        refuse_outside(folder, processes)
    else:
        # In namespaces /dev/shm is the sandbox's own; elsewhere it is the machine's, and /proc is
        # seen to by what surrounds the zygote.
        confine_to(folder, ("/dev/shm", "/proc/self") if rung == "bubblewrap" else ())

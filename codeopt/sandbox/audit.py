"""An audit hook for the last rung: Python code may change nothing outside of its folder.

It holds against accidents and plain Python. C code, and programs that were started, do not ask
it, which is why no programs may be started here at all.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ONE_PATH = {
    "os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.chmod", "os.chown", "os.utime", "os.chflags",
    "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod", "shutil.rmtree", "sqlite3.connect",
}  # fmt: skip
_TWO_PATHS = {"os.rename", "os.link"}
_ONE_PROCESS = {"os.kill", "os.killpg", "resource.prlimit"}
_PROGRAMS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.spawn", "pty.spawn"}
_TALKING = {"socket.connect", "socket.bind", "socket.sendto"}
_DEVICES = {"/dev/null", "/dev/zero", "/dev/full"}


def refuse_outside(folder: str, processes: int) -> None:
    """Install the hook in this process and all it forks: writes outside of `folder`, programs,
    signals to others, other processes' files below /proc, and more than `processes` forks raise
    PermissionError."""
    sys.addaudithook(_hook(os.path.realpath(folder), processes))


def refuse_listeners(folder: str) -> None:
    """Refuse Python code to talk to local sockets outside of `folder`: those that began to listen after
    the sandbox was started are not hidden."""
    realpath = os.path.realpath

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in _TALKING and isinstance(args[1], str | bytes):
            path = os.fsdecode(args[1])
            if not path.startswith("\0") and not realpath(path).startswith(folder + "/"):
                raise PermissionError(f"{event} outside of the sandbox's folder: {path!r}")

    folder = realpath(folder)
    sys.addaudithook(hook)


def _hook(folder: str, processes: int) -> Callable[[str, tuple[Any, ...]], None]:
    own = os.getsid(0)
    # Shared with every process forked from here on.
    forks = mmap.mmap(-1, 8)
    realpath, fspath, readlink, isdir = os.path.realpath, os.fspath, os.readlink, os.path.isdir

    def full(path: Any) -> str:
        if isinstance(path, int):
            return readlink(f"/proc/self/fd/{path}")
        return realpath(os.fsdecode(fspath(path)))

    def within(path: str) -> bool:
        return path == folder or path.startswith(folder + "/") or path in _DEVICES

    def need(good: bool, event: str, what: Any) -> None:
        if not good:
            raise PermissionError(f"{event} outside of the sandbox's folder: {what!r}")

    def opened(path: Any, mode: Any, flags: Any) -> None:
        if path is None or isinstance(path, int) or not isinstance(flags, int):
            return
        real = full(path)
        if real.startswith("/proc/") and (who := real.split("/")[2]).isdigit():
            need(_session(int(who)) == own, "opening", path)
        elif flags & _WRITING:
            need(within(real), "writing", path)
        # An open folder is where other names may start from, which no event tells of.
        elif mode is None and isdir(real):
            need(within(real), "opening a folder", path)

    def forked() -> None:
        count = int.from_bytes(forks[:8], "little") + 1
        forks[:8] = count.to_bytes(8, "little")
        if count > processes:
            raise PermissionError(f"more than {processes} processes were started")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            opened(*args)
        elif event in _ONE_PATH:
            need(within(full(args[0])), event, args[0])
        elif event in _TWO_PATHS:
            # Whoever links a file may then write to it under the new name.
            need(within(full(args[1])) and within(full(args[0])), event, args[:2])
        elif event == "os.symlink":
            need(within(full(args[1])), event, args[:2])
        elif event in _PROGRAMS:
            raise PermissionError(f"{event}: this rung of the sandbox starts no programs")
        elif event in ("os.fork", "os.forkpty"):
            forked()
        elif event in _ONE_PROCESS:
            need(args[0] == 0 or _session(args[0]) == own, event, args[0])
        elif event in _TALKING:
            local = isinstance(args[1], str) and not args[1].startswith("\0")
            need(local and within(full(args[1])), event, args[1])

    return hook


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1

"""Audit hooks: Python code may change nothing outside of its folder.

They hold against accidents and plain Python. C code, and programs that were started, do not ask
them. On the last rung they are most of what there is, which is why no programs may be started
there at all; on the others they see to what the kernel does not.
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
    "os.setxattr", "os.removexattr", "shutil.rmtree", "sqlite3.connect",
}  # fmt: skip
_TWO_PATHS = {"os.rename", "os.link"}
_ONE_PROCESS = {"os.kill", "os.killpg", "resource.prlimit"}
_PROGRAMS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.spawn", "pty.spawn"}
_FORKS = {"os.fork", "os.forkpty"}
_TALKING = {"socket.connect", "socket.bind", "socket.sendto"}
_CHANGES = _ONE_PATH | _TWO_PATHS | {"os.symlink"}
_GAPS = {"bubblewrap": _TALKING, "sandlock": _CHANGES | _TALKING}
"""What Python code is refused outside of its folder on rungs that confine it otherwise: to talk to
local sockets that began to listen when the sandbox was there already, and to change the
permissions and times of files, to which Landlock does not see."""

_ALL = _CHANGES | _TALKING | _ONE_PROCESS | _PROGRAMS | _FORKS | {"open"}
_DEVICES = {"/dev/null", "/dev/zero", "/dev/full"}

Hook = Callable[[str, tuple[Any, ...]], None]


def refuse_outside(rung: str, folder: str, processes: int) -> None:
    """Install the hook in this process and all it forks: what the rung does not see to raises
    PermissionError. On the last one that is writing outside of `folder`, programs, signals to
    others, other processes' files below /proc, and more than `processes` forks."""
    sys.addaudithook(_hook(os.path.realpath(folder), processes, _GAPS.get(rung, _ALL)))


def _hook(folder: str, processes: int, watched: set[str]) -> Hook:
    own = os.getsid(0)
    # Shared with every process forked from here on.
    forks = mmap.mmap(-1, 8)
    realpath, fspath, readlink, isdir = os.path.realpath, os.fspath, os.readlink, os.path.isdir

    def full(path: Any) -> str:
        if isinstance(path, int):
            return readlink(f"/proc/self/fd/{path}")
        return realpath(os.fsdecode(fspath(path)))

    def within(path: Any) -> bool:
        real = full(path)
        return real == folder or real.startswith(folder + "/") or real in _DEVICES

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
            need(within(path), "writing", path)
        # An open folder is where other names may start from, which no event tells of.
        elif mode is None and isdir(real):
            need(within(path), "opening a folder", path)

    def forked() -> None:
        count = int.from_bytes(forks[:8], "little") + 1
        forks[:8] = count.to_bytes(8, "little")
        if count > processes:
            raise PermissionError(f"more than {processes} processes were started")

    def talked(event: str, address: Any) -> None:
        if isinstance(address, str | bytes):
            name = os.fsdecode(address)
            need(not name.startswith("\0") and within(name), event, address)
        else:
            need(watched is not _ALL, event, address)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in watched:
            return
        if event == "open":
            opened(*args)
        elif event in _ONE_PATH:
            need(within(args[0]), event, args[0])
        elif event in _TWO_PATHS:
            # Whoever links a file may then write to it under the new name.
            need(within(args[1]) and within(args[0]), event, args[:2])
        elif event == "os.symlink":
            need(within(args[1]), event, args[:2])
        elif event in _TALKING:
            talked(event, args[1])
        elif event in _PROGRAMS:
            raise PermissionError(f"{event}: this rung of the sandbox starts no programs")
        elif event in _FORKS:
            forked()
        else:
            need(args[0] == 0 or _session(args[0]) == own, event, args[0])

    return hook


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1

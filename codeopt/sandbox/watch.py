"""What the zygote looks after while a job runs: the processes it started, their memory, its files.

Limits of the kernel's count a single process; a job that forks has as many of them as it has
processes, and a folder has none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from codeopt.sandbox.protocol import Limits

_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROUNDS = 200
MOST_FILES = 10_000
MOST_NESTED = 100
MARK = "CODEOPT_SANDBOX"
"""The variable by which processes of a sandbox are told from others once their parents are gone."""


def children_of(pid: int) -> list[int]:
    """The direct children of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def tree_of(pid: int) -> Iterator[int]:
    """A process and all below it."""
    waiting, seen = [pid], {pid}
    while waiting:
        current = waiting.pop()
        yield current
        for child in children_of(current):
            if child not in seen:
                seen.add(child)
                waiting.append(child)


def kill_all(pids: Iterable[int]) -> None:
    """Kill processes with everything below them, until nothing new turns up."""
    roots = list(pids)
    for _ in range(_ROUNDS):
        alive = [pid for root in roots for pid in tree_of(root) if _runs(pid)]
        if not alive:
            return
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def reap_orphans(known: Iterable[int]) -> None:
    """Kill and bury what was handed to this process when its own parent died."""
    kept = set(known)
    for _ in range(_ROUNDS):
        orphans = [pid for pid in children_of(os.getpid()) if pid not in kept]
        if not orphans:
            return
        kill_all(orphans)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def sweep(folder: Path) -> None:
    """Kill what was started below a zygote that is gone, as far as this user may."""
    mark = f"{MARK}={folder}".encode()
    for _ in range(_ROUNDS):
        left = [int(name) for name in os.listdir("/proc") if name.isdigit() and _is_marked(name, mark)]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _is_marked(pid: str, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def empty(folder: str) -> None:
    """Remove what is in a folder."""
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def excess(pid: int, folder: Path, limits: Limits, resident: int) -> str:
    """Which limit a job exceeds, in words; empty if none.

    `resident` are the bytes that a fresh child shares with the zygote.
    """
    pids = list(tree_of(pid))
    if len(pids) > limits.processes:
        return f"it started more than {limits.processes} processes"
    if len(pids) > 1:
        used = sum(max(0, _resident(p) - resident) for p in pids)
        if used > limits.memory_bytes:
            return f"its processes took more than {limits.memory_bytes >> 20} MiB of memory"
    files, size, depth = _on_disk(folder)
    if size + _unnamed(pids) > limits.disk_bytes:
        return f"it wrote more than {limits.disk_bytes >> 20} MiB of files"
    if files > MOST_FILES:
        return f"it made more than {MOST_FILES} files"
    if depth > MOST_NESTED:
        return f"it nested folders deeper than {MOST_NESTED}"
    return ""


def _unnamed(pids: Iterable[int]) -> int:
    """Bytes in files that processes hold open and that no folder shows: removed ones, and memory."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    status = os.stat(f"/proc/{pid}/fd/{name}")
                    if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                        found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def resident_bytes() -> int:
    """Bytes of this process that are in memory."""
    return _resident(os.getpid())


def _on_disk(folder: Path) -> tuple[int, int, int]:
    """Files and folders in a folder, bytes that they take, and how deep they go."""
    files = size = depth = 0
    waiting = [(str(folder), 0)]
    while waiting and files <= MOST_FILES and depth <= MOST_NESTED:
        current, depth = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(current) as entries:
            for entry in entries:
                files += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
    return files, size, depth

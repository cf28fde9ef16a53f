"""The zygote: a process that has imported the target's libraries and forks one child a job.

A fork costs tens of milliseconds where a fresh interpreter that imports torch costs seconds.
The zygote runs none of the user's code itself and starts no threads, so forking it is safe.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import resource
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from codeopt.sandbox.protocol import Ended, Limits, Preload, Ready, Run, receive, send

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ADDR_NO_RANDOMIZE = 0x0040000
_ASK = 0xFFFFFFFF


@dataclass
class _Child:
    job: int
    pid: int
    pidfd: int
    started: float
    deadline: float
    limit: float


def main() -> None:
    """Serve requests from the pipe named on the command line until it is closed."""
    requests, notices = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    _fix_addresses(libc)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    children: dict[int, _Child] = {}
    try:
        while True:
            timeout = min((c.deadline for c in children.values()), default=None)
            wait = None if timeout is None else max(0.0, timeout - time.monotonic())
            ready, _, _ = select.select([requests, *children], [], [], wait)
            if requests in ready:
                message = receive(requests)
                if message is None:
                    return
                if isinstance(message, Preload):
                    send(notices, _preload(message.modules))
                elif isinstance(message, Run):
                    child = _fork(message, libc, (requests, notices))
                    children[child.pidfd] = child
            for pidfd in [fd for fd in ready if fd in children]:
                send(notices, _reap(children.pop(pidfd), timed_out=False))
            now = time.monotonic()
            for child in [c for c in children.values() if c.deadline <= now]:
                del children[child.pidfd]
                send(notices, _reap(child, timed_out=True))
    finally:
        for child in children.values():
            _kill(child)


def _fix_addresses(libc: ctypes.CDLL) -> None:
    """Start over at fixed addresses, where the kernel allows it.

    An arena of Python's allocator that is not aligned to its pools loses one of them, so with
    random addresses the number of arenas, and with it the peak, would vary by a MiB from run to run.
    """
    current = libc.personality(_ASK)
    if current == -1 or current & _ADDR_NO_RANDOMIZE:
        return
    libc.personality(current | _ADDR_NO_RANDOMIZE)
    if libc.personality(_ASK) & _ADDR_NO_RANDOMIZE:
        for fd in (int(sys.argv[1]), int(sys.argv[2])):
            os.set_inheritable(fd, True)
        os.execv(sys.executable, sys.orig_argv)


def _preload(modules: tuple[str, ...]) -> Ready:
    failed = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - a library may fail in any way, the child will say so
            failed[name] = f"{type(error).__name__}: {error}"
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    return Ready(failed, len(os.listdir("/proc/self/task")))


def _fork(run: Run, libc: ctypes.CDLL, pipes: tuple[int, int]) -> _Child:
    pid = os.fork()
    if pid == 0:
        try:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            for fd in pipes:
                os.close(fd)
            _run_child(run)
        finally:
            os._exit(70)
    started = time.monotonic()
    pidfd = os.pidfd_open(pid)
    return _Child(run.job, pid, pidfd, started, started + run.limits.seconds, run.limits.seconds)


def _run_child(run: Run) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(run.workdir)
    os.environ["TMPDIR"] = run.workdir
    null = os.open(os.devnull, os.O_RDWR)
    # Python-level output is captured with the outcome; what C code writes to the descriptors is dropped.
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    _limit(run.limits)
    try:
        function, arguments = pickle.loads(run.payload)
        answer: tuple[str, object] = ("value", function(*arguments))
    except MemoryError as error:
        answer = ("memory", f"out of memory under the limit of {run.limits.memory_bytes >> 20} MiB: {error}")
    except Exception as error:  # noqa: BLE001 - whatever the user's code raised is the job's result
        answer = ("error", (type(error).__name__, str(error)))
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of the target
        answer = ("error", (type(error).__name__, str(error)))
    _limit_off()
    part = run.result + ".part"
    with open(part, "wb") as file:
        pickle.dump(answer, file)
    os.replace(part, run.result)
    os._exit(0)


def _limit(limits: Limits) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * resource.getpagesize() + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (address_space, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, resource.RLIM_INFINITY))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _limit_off() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _kill(child: _Child) -> None:
    # The child may not have made its group yet when its time is up.
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child.pid, signal.SIGKILL)


def _reap(child: _Child, *, timed_out: bool) -> Ended:
    if timed_out:
        _kill(child)
    _, status = os.waitpid(child.pid, 0)
    os.close(child.pidfd)
    # Processes the child left behind share its group, or were handed to us when it died.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    return Ended(child.job, code, timed_out or code == -signal.SIGXCPU, time.monotonic() - child.started)


if __name__ == "__main__":
    main()

"""The zygote: a process that has imported the target's libraries and forks one child a job.

A fork costs tens of milliseconds where a fresh interpreter that imports torch costs seconds.
The zygote runs none of the user's code itself and starts no threads, so forking it is safe.
Requests come on its standard input, notices leave on its standard output; nothing else does.
"""

from __future__ import annotations

import builtins
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
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.sandbox.confine import confine, confine_zygote
from codeopt.sandbox.home import lend_home
from codeopt.sandbox.protocol import Ended, Limits, Preload, Ready, Run, receive, send
from codeopt.sandbox.watch import children_of, empty, excess, kill_all, reap_orphans, resident_bytes, tree_of

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_ADDR_NO_RANDOMIZE = 0x0040000
_ASK = 0xFFFFFFFF
_ROOM = 64 << 20
"""Bytes of memory beyond the limit for writing down how a job ended."""

_LOOK = 0.1
"""Seconds between two looks at what the jobs do."""


@dataclass
class _Child:
    run: Run
    pid: int
    pidfd: int
    started: float

    @property
    def deadline(self) -> float:
        return self.started + self.run.limits.seconds


class _Zygote:
    def __init__(self, requests: int, notices: int, rung: str, libc: ctypes.CDLL) -> None:
        self.requests = requests
        self.notices = notices
        self.rung = rung
        self.libc = libc
        self.resident = 0
        self.children: dict[int, _Child] = {}

    def serve(self) -> None:
        """Take requests until their pipe is closed."""
        try:
            while self.turn():
                pass
        finally:
            kill_all(child.pid for child in self.children.values())

    def turn(self) -> bool:
        """Wait for the next thing to happen and see to it; False when no more requests can come."""
        next_deadline = min((c.deadline for c in self.children.values()), default=None)
        wait = None if next_deadline is None else min(_LOOK, max(0.0, next_deadline - time.monotonic()))
        ready, _, _ = select.select([self.requests, *self.children], [], [], wait)
        if self.requests in ready:
            message = receive(self.requests)
            if message is None:
                return False
            self.answer(message)
        for pidfd in [fd for fd in ready if fd in self.children]:
            self.bury(self.children.pop(pidfd))
        now = time.monotonic()
        for child in list(self.children.values()):
            why = "" if child.deadline <= now else self.look(child)
            if why or child.deadline <= now:
                del self.children[child.pidfd]
                self.bury(child, timed_out=not why, why=why)
        return True

    def answer(self, message: Preload | Run) -> None:
        if isinstance(message, Preload):
            send(self.notices, self.preload(message.modules))
            return
        try:
            child = self.fork(message)
        except OSError as error:
            send(self.notices, Ended(message.job, 0, False, 0.0, f"no process could be started: {error}"))
        else:
            self.children[child.pidfd] = child

    def look(self, child: _Child) -> str:
        why = excess(child.pid, Path(child.run.folder), child.run.limits, self.resident)
        return f"{why}, and was killed" if why else ""

    def preload(self, modules: Iterable[str]) -> Ready:
        for name in modules:
            # A library may fail in any way; the child that needs it will say so.
            with contextlib.suppress(BaseException):
                importlib.import_module(name)
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(1)
        # What libraries say while they are imported was for the parent, what children say is not.
        _to_nowhere(2)
        # Other processes of this user, jobs among them, shall not look into this one.
        self.libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        gc.collect()
        gc.freeze()
        self.resident = resident_bytes()
        return Ready()

    def fork(self, run: Run) -> _Child:
        pid = os.fork()
        if pid == 0:
            try:
                self.libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                # What a job leaves behind stays below it, not among the zygote's other children.
                self.libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
                self.libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
                for fd in (self.requests, self.notices, *self.children):
                    os.close(fd)
                _run_child(run, self.rung)
            finally:
                os._exit(70)
        return _Child(run, pid, os.pidfd_open(pid), time.monotonic())

    def bury(self, child: _Child, *, timed_out: bool = False, why: str = "") -> None:
        """Kill what is left of a job, and report its end."""
        if timed_out or why:
            kill_all([child.pid])
        left = [pid for pid in tree_of(child.pid) if pid != child.pid]
        _, status = os.waitpid(child.pid, 0)
        os.close(child.pidfd)
        kill_all(left)
        if set(children_of(os.getpid())) - {c.pid for c in self.children.values()}:
            reap_orphans(c.pid for c in self.children.values())
        if self.rung == "bubblewrap" and not self.children:
            empty("/dev/shm")
        code = os.waitstatus_to_exitcode(status)
        timed_out = timed_out or code == -signal.SIGXCPU
        seconds = time.monotonic() - child.started
        send(self.notices, Ended(child.run.job, code, timed_out, seconds, why))


def main() -> None:
    """Serve requests until standard input is closed. Named on the command line: the rung."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    _fix_addresses(libc)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    confine_zygote(sys.argv[1], os.getcwd())
    requests, notices = os.dup(0), os.dup(1)
    _to_nowhere(0, 1)
    _Zygote(requests, notices, sys.argv[1], libc).serve()


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
        os.execv(sys.executable, sys.orig_argv)


def _to_nowhere(*fds: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for fd in fds:
        os.dup2(null, fd)
    os.close(null)


def _run_child(run: Run, rung: str) -> None:
    own, names = os.getpid(), dict(vars(builtins))
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(run.workdir)
    os.environ["TMPDIR"] = tempfile.tempdir = run.workdir
    lend_home(run.folder)
    os.environ["NUMBA_CACHE_DIR"] = run.workdir
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = run.workdir
    payload = Path(run.call).read_bytes()
    _limit(run.limits)
    try:
        confine(rung, run.folder, run.limits.processes)
        function, arguments = pickle.loads(payload)
        answer: tuple[str, object] = ("value", function(*arguments))
    except MemoryError as error:
        text = f"out of memory under the limit of {run.limits.memory_bytes >> 20} MiB: {error}"
        answer = ("error", ("MemoryError", text))
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are results too
        answer = ("error", _describe(error, _put_back(names)))
    _put_back(names)
    if os.getpid() != own:
        # The target has forked, and the copy came back from the call as well.
        os._exit(0)
    _leave(answer, run)


def _put_back(names: dict[str, object]) -> str:
    """Put builtins back, for what follows needs them, and say in words which were replaced."""
    now = vars(builtins)
    found = [name for name, value in names.items() if now.get(name) is not value]
    now.update(names)
    return f" (it had replaced builtins.{', builtins.'.join(found)})" if found else ""


def _describe(error: BaseException, replaced: str) -> tuple[str, str]:
    try:
        return type(error).__name__, str(error) + replaced
    except BaseException as another:  # noqa: BLE001 - the user's exception has a `__str__` of the user's
        return type(error).__name__, f"(its text cannot be had: {type(another).__name__})"


def _leave(
    answer: tuple[str, object],
    run: Run,
    dump: Callable[..., None] = pickle.dump,
    opened: Callable[..., Any] = open,
    replace: Callable[..., None] = os.replace,
    leave: Callable[[int], Any] = os._exit,
) -> None:
    """Write the answer and end at once, whatever threads and exit handlers the target left, and
    whatever it put in place of the functions needed for it."""
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE):
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (hard, hard))
    part = run.result + ".part"
    with opened(part, "wb") as file:
        file.write(run.token)
        dump(answer, file)
    replace(part, run.result)
    leave(0)


def _limit(limits: Limits) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * resource.getpagesize() + limits.memory_bytes
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    room = limits.open_files + 16 if files == resource.RLIM_INFINITY else min(limits.open_files + 16, files)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space + _ROOM))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.disk_bytes, limits.disk_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits.open_files, room), room))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


if __name__ == "__main__":
    main()

"""The parent's side of the sandbox: submit a function, get a future of how its process ended."""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from codeopt.sandbox.isolation import AUTO
from codeopt.sandbox.launch import Zygote, start_zygote
from codeopt.sandbox.plain import load_plain
from codeopt.sandbox.protocol import Ended, Limits, Run


@dataclass(frozen=True, slots=True)
class Completed:
    """The function returned `value`; the child lived `seconds`."""

    value: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The function raised; `kind` is the exception's type name."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Died:
    """The child ended without an answer: killed by a signal or for what it used, `os._exit`, or a
    broken result."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The child was killed at its time limit of `seconds`."""

    seconds: float


JobEnd = Completed | Failed | Died | Expired
_PLAIN = ("WorkloadError", "BrokenTrace")
"""Errors whose message says it all."""


def describe_end(end: JobEnd) -> str:
    """How a job ended, in words for the user."""
    match end:
        case Completed():
            return "completed"
        case Failed(kind, message):
            return message if kind in _PLAIN else f"{kind}: {message}"
        case Died(reason):
            return reason
        case Expired(seconds):
            return f"did not finish within {seconds:g} s"


_TICK = 2.0
_GRACE = 30.0
"""Seconds beyond its limit after which a job without an end means that the zygote hangs."""

_MOST_RESTARTS = 3
"""Zygotes in a row that may die before a job ends."""

_LONGEST = 10_000
"""Characters of an exception's message that are kept."""


@dataclass
class _Job:
    """A job that was there when a zygote died is `suspect`: it then runs alone."""

    future: Future[JobEnd]
    run: Run
    payload: bytes
    suspect: bool = False
    due: float = 0.0

    @property
    def folder(self) -> Path:
        return Path(self.run.folder)

    def lay_out(self) -> None:
        """Make its folder afresh."""
        _remove(self.folder)
        Path(self.run.workdir).mkdir(parents=True)
        Path(self.run.call).write_bytes(self.payload)

    def settle(self, end: JobEnd) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(end)


class Sandbox:
    """A zygote and the children it forks, at most `jobs` at a time.

    Use as a context manager; leaving it kills whatever still runs. Each child works in an
    empty folder of its own that is removed when it ends. `isolation` names the rung, `auto` takes
    the strongest that works. Raises CodeoptError where none works.
    """

    def __init__(
        self,
        preload: Sequence[str] = (),
        *,
        jobs: int = 1,
        limits: Limits | None = None,
        isolation: str = AUTO,
        passed: Sequence[str] = (),
    ) -> None:
        self.jobs = jobs
        self.limits = limits or Limits()
        self.folder = Path(tempfile.mkdtemp(prefix="codeopt-")).resolve()
        self._jobs_folder = self.folder / "jobs"
        self._jobs_folder.mkdir()
        self._preload = tuple(preload)
        self._passed = tuple(passed)
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._next = 0
        self._restarts = 0
        self._closed = False
        self._ended = False
        self._up = True
        self._newest: subprocess.Popen[bytes] | None = None
        try:
            self._zygote = self._start(isolation)
        except BaseException:
            _remove(self.folder)
            raise
        self._reader = threading.Thread(target=self._read, name="codeopt-sandbox", daemon=True)
        self._reader.start()

    @property
    def isolation(self) -> str:
        """The name of the rung in use."""
        return self._zygote.rung.name

    def _start(self, isolation: str) -> Zygote:
        return start_zygote(isolation, self._jobs_folder, self._preload, self._passed, self._note)

    def _note(self, process: subprocess.Popen[bytes]) -> None:
        """A zygote has been started, and may import for long: closing must find it."""
        with self._lock:
            self._newest = process
            if self._closed:
                process.kill()

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: Limits | None = None
    ) -> Future[JobEnd]:
        """Call `function(*arguments)` in a child of its own; both must pickle.

        A sandbox that was closed, or whose zygotes keep dying, answers Died at once.
        """
        payload = pickle.dumps((function, arguments))
        with self._lock:
            job = self._next
            self._next += 1
        run = Run(job, str(self._jobs_folder / f"job{job}"), secrets.token_bytes(16), limits or self.limits)
        entry = _Job(Future(), run, payload)
        with self._lock:
            ended = self._ended or self._closed
            if not ended:
                entry.lay_out()
                self._waiting.append(entry)
        if ended:
            entry.settle(Died("the sandbox ended"))
        else:
            self._fill()
        return entry.future

    def call(self, function: Callable[..., Any], *arguments: Any, limits: Limits | None = None) -> JobEnd:
        """`submit` and wait."""
        return self.submit(function, *arguments, limits=limits).result()

    def _fill(self) -> None:
        with self._lock:
            while self._waiting and self._up and self._has_room(self._waiting[0]):
                entry = self._waiting[0]
                if not self._zygote.send(entry.run):
                    break
                entry.due = time.monotonic() + entry.run.limits.seconds + _GRACE
                self._running[entry.run.job] = self._waiting.popleft()

    def _has_room(self, entry: _Job) -> bool:
        alone = entry.suspect or any(job.suspect for job in self._running.values())
        return len(self._running) < (1 if alone else self.jobs)

    def _read(self) -> None:
        try:
            while True:
                self._listen()
                if self._closed or not self._start_over():
                    break
        finally:
            with self._lock:
                self._ended = True
                left = [*self._running.values(), *self._waiting]
                self._running.clear()
                self._waiting.clear()
            for entry in left:
                entry.settle(Died("the sandbox ended"))

    def _listen(self) -> None:
        """Take notices until the zygote is gone, or must be taken for hung."""
        while True:
            if not self._zygote.speaks(_TICK):
                with self._lock:
                    if any(job.due < time.monotonic() for job in self._running.values()):
                        return
                continue
            notice = self._zygote.receive()
            if not isinstance(notice, Ended):
                return
            with self._lock:
                entry = self._running.pop(notice.job, None)
                self._restarts = 0
            if entry is not None:
                self._finish(entry, _judge(notice, entry.run))

    def _finish(self, entry: _Job, end: JobEnd) -> None:
        _remove(entry.folder)
        self._fill()
        entry.settle(end)

    def _start_over(self) -> bool:
        """Start another zygote in place of one that died; whether there is one.

        A job that ran alone when it died has killed it. Of several any may have: each is run again
        by itself.
        """
        with self._lock:
            self._up = False
        old = self._zygote
        old.kill()
        old.close_pipes()
        self._restarts += 1
        if self._restarts > _MOST_RESTARTS:
            return False
        try:
            fresh = self._start(old.rung.name)
        except Exception:  # noqa: BLE001 - whatever it was, all that waits must be told
            return False
        with self._lock:
            self._zygote = fresh
            self._up = not self._closed
            if self._closed:
                fresh.kill()
                return False
            suspects = list(self._running.values())
            self._running.clear()
            guilty = suspects if len(suspects) == 1 else []
            for entry in [] if guilty else suspects:
                entry.suspect = True
                entry.lay_out()
                self._waiting.appendleft(entry)
            if suspects:
                self._restarts = 0
        for entry in guilty:
            self._finish(entry, Died("it killed or stopped the sandbox's own process"))
        self._fill()
        return True

    def close(self) -> None:
        """Kill what runs and remove the folder; safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._up = False
            zygote, newest = self._zygote, self._newest
            zygote.hang_up()
        if newest is not None and newest is not zygote.process:
            newest.kill()
        zygote.wait()
        self._reader.join()
        self._zygote.close_pipes()
        _remove(self.folder)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _judge(notice: Ended, run: Run) -> JobEnd:
    if notice.timed_out:
        return Expired(run.limits.seconds)
    if notice.excess:
        return Died(notice.excess)
    if notice.status < 0:
        return Died(f"killed by {_signal_name(-notice.status)}")
    try:
        data = _read_regular(run)
        if not data.startswith(run.token):
            return Died("the result was not left by the process that made the call")
        kind, value = load_plain(data[len(run.token) :])
        if kind == "value":
            return Completed(value, notice.seconds)
        return Failed(*(text.encode("utf-8", "backslashreplace").decode()[:_LONGEST] for text in value))
    except FileNotFoundError:
        return Died(f"the process exited with status {notice.status} before the call returned")
    except Exception as error:  # noqa: BLE001 - the bytes may be anything, and break the reader in any way
        return Died(f"the result could not be read: {error}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _read_regular(run: Run) -> bytes:
    """The bytes of the result, if the job left a file there and no pipe or link."""
    status = os.lstat(run.result)
    if not stat.S_ISREG(status.st_mode) or status.st_size > run.limits.disk_bytes:
        raise ValueError("it is no ordinary file")
    return Path(run.result).read_bytes()


def _remove(folder: Path) -> None:
    """Remove a folder that a job may have filled with anything, and locked."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        # These two go to any depth, and follow no links.
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], check=False, stderr=subprocess.DEVNULL)

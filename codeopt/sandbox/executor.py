"""The parent's side of the sandbox: submit a function, get a future of how its process ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from codeopt.sandbox.isolation import AUTO
from codeopt.sandbox.launch import start_zygote
from codeopt.sandbox.protocol import Ended, Limits, Run, load_plain


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


@dataclass
class _Job:
    """A job that was there when a zygote died is `suspect`: it then runs alone."""

    future: Future[JobEnd]
    run: Run
    folder: Path
    suspect: bool = False


class Sandbox:
    """A zygote and the children it forks, at most `jobs` at a time.

    Use as a context manager; leaving it kills whatever still runs. Each child works in an
    empty folder of its own that is removed when it ends. `isolation` names the rung, `auto` takes
    the strongest that works; `skipped` says why stronger ones do not. Raises CodeoptError where
    none works.
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
        self._closed = False
        try:
            self._zygote, self.skipped = start_zygote(
                isolation, self._jobs_folder, self._preload, self._passed
            )
        except BaseException:
            _remove(self.folder)
            raise
        self.failed_imports = self._zygote.failed_imports
        self._reader = threading.Thread(target=self._read, name="codeopt-sandbox", daemon=True)
        self._reader.start()

    @property
    def isolation(self) -> str:
        """The name of the rung in use."""
        return self._zygote.rung.name

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: Limits | None = None
    ) -> Future[JobEnd]:
        """Call `function(*arguments)` in a child of its own; both must pickle."""
        payload = pickle.dumps((function, arguments))
        with self._lock:
            job = self._next
            self._next += 1
            folder = self._jobs_folder / f"job{job}"
            workdir = folder / "work"
            workdir.mkdir(parents=True)
            run = Run(job, payload, str(workdir), str(folder / "result"), limits or self.limits)
            entry = _Job(Future(), run, folder)
            self._waiting.append(entry)
        self._fill()
        return entry.future

    def call(self, function: Callable[..., Any], *arguments: Any, limits: Limits | None = None) -> JobEnd:
        """`submit` and wait."""
        return self.submit(function, *arguments, limits=limits).result()

    def _fill(self) -> None:
        with self._lock:
            while self._waiting and not self._closed and self._has_room(self._waiting[0]):
                entry = self._waiting.popleft()
                self._running[entry.run.job] = entry
                self._zygote.send(entry.run)

    def _has_room(self, entry: _Job) -> bool:
        alone = entry.suspect or any(job.suspect for job in self._running.values())
        return len(self._running) < (1 if alone else self.jobs)

    def _read(self) -> None:
        while True:
            while isinstance(notice := self._zygote.receive(), Ended):
                with self._lock:
                    entry = self._running.pop(notice.job, None)
                if entry is not None:
                    self._finish(entry, _judge(notice, entry.run))
            if self._closed or not self._start_over():
                break
        with self._lock:
            left = [*self._running.values(), *self._waiting]
            self._running.clear()
            self._waiting.clear()
        for entry in left:
            entry.future.set_result(Died("the sandbox ended"))

    def _finish(self, entry: _Job, end: JobEnd) -> None:
        _remove(entry.folder)
        self._fill()
        entry.future.set_result(end)

    def _start_over(self) -> bool:
        """Start another zygote in place of one that died; whether there is one.

        A job that ran alone when it died has killed it. Of several any may have: each is run again
        by itself.
        """
        old = self._zygote
        old.kill()
        old.close_pipes()
        try:
            fresh, _ = start_zygote(old.rung.name, self._jobs_folder, self._preload, self._passed)
        except Exception:  # noqa: BLE001 - whatever it was, all that waits must be told
            return False
        with self._lock:
            self._zygote = fresh
            if self._closed:
                return False
            suspects = list(self._running.values())
            self._running.clear()
            guilty = suspects if len(suspects) == 1 else []
            for entry in [] if guilty else suspects:
                entry.suspect = True
                _remove(entry.folder)
                Path(entry.run.workdir).mkdir(parents=True)
                self._waiting.appendleft(entry)
        for entry in guilty:
            self._finish(entry, Died("it killed the sandbox's own process"))
        self._fill()
        return True

    def close(self) -> None:
        """Kill what runs and remove the folder; safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            zygote = self._zygote
        zygote.hang_up()
        self._reader.join(timeout=10)
        if self._zygote is not zygote:
            self._zygote.hang_up()
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
        return Died(f"it {notice.excess}, and was killed")
    if notice.status < 0:
        return Died(f"killed by {signal.Signals(-notice.status).name}")
    try:
        kind, value = load_plain(_read_regular(run))
    except FileNotFoundError:
        return Died(f"the process exited with status {notice.status} before the call returned")
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, ImportError) as error:
        return Died(f"the result could not be read: {error}")
    if kind == "value":
        return Completed(value, notice.seconds)
    if kind == "memory":
        return Failed("MemoryError", value)
    return Failed(*value)


def _read_regular(run: Run) -> bytes:
    """The bytes of the result, if the job left a file there and no pipe or link."""
    status = os.lstat(run.result)
    if not stat.S_ISREG(status.st_mode) or status.st_size > run.limits.disk_bytes:
        raise ValueError("it is no ordinary file")
    return Path(run.result).read_bytes()


def _remove(folder: Path) -> None:
    """Remove a folder that a job may have filled with anything."""

    def open_up(function: Callable[..., Any], path: str, error: object) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            os.chmod(path, 0o700, follow_symlinks=not os.path.islink(path))
            function(path)

    try:
        shutil.rmtree(folder, onerror=open_up)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False)

"""The parent's side of the sandbox: submit a function, get a future of how its process ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from codeopt.errors import CodeoptError
from codeopt.sandbox.protocol import Ended, Limits, Preload, Ready, Run, load_plain, receive, send

ISOLATION = "rlimits"
_ONE_THREAD = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip


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
    """The child ended without an answer: killed by a signal, `os._exit`, or a broken result."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The child was killed at its time limit of `seconds`."""

    seconds: float


JobEnd = Completed | Failed | Died | Expired


@dataclass
class _Job:
    future: Future[JobEnd]
    run: Run
    folder: Path


class Sandbox:
    """A zygote and the children it forks, at most `jobs` at a time.

    Use as a context manager; leaving it kills whatever still runs. Each child works in an
    empty folder of its own that is removed when it ends.
    """

    def __init__(self, preload: Sequence[str] = (), *, jobs: int = 1, limits: Limits | None = None) -> None:
        self.jobs = jobs
        self.limits = limits or Limits()
        self.folder = Path(tempfile.mkdtemp(prefix="codeopt-"))
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._next = 0
        self._closed = False
        self._start(tuple(preload))

    def _start(self, preload: tuple[str, ...]) -> None:
        request_read, self._requests = os.pipe()
        self._notices, notice_write = os.pipe()
        environment = {
            **os.environ,
            **dict.fromkeys(_ONE_THREAD, "1"),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            # Not the first entry, the script's own folder: a user's `types.py` there would shadow ours.
            "PYTHONPATH": os.pathsep.join(p for p in sys.path[1:] if p),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "codeopt.sandbox.zygote", str(request_read), str(notice_write)],
            pass_fds=(request_read, notice_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self.folder,
            start_new_session=True,
        )
        os.close(request_read)
        os.close(notice_write)
        send(self._requests, Preload(preload))
        ready = receive(self._notices)
        if not isinstance(ready, Ready):
            error = self._process.stderr.read().decode(errors="replace") if self._process.stderr else ""
            self.close()
            raise CodeoptError(f"the sandbox did not start: {error.strip()[-2000:]}")
        self.failed_imports = ready.failed
        self._reader = threading.Thread(target=self._read, name="codeopt-sandbox", daemon=True)
        self._reader.start()

    def submit(
        self, function: Callable[..., Any], *arguments: Any, limits: Limits | None = None
    ) -> Future[JobEnd]:
        """Call `function(*arguments)` in a child of its own; both must pickle."""
        payload = pickle.dumps((function, arguments))
        with self._lock:
            job = self._next
            self._next += 1
            folder = self.folder / f"job{job}"
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
            while self._waiting and len(self._running) < self.jobs and not self._closed:
                entry = self._waiting.popleft()
                self._running[entry.run.job] = entry
                with contextlib.suppress(BrokenPipeError):
                    send(self._requests, entry.run)

    def _read(self) -> None:
        while isinstance(notice := receive(self._notices), Ended):
            with self._lock:
                entry = self._running.pop(notice.job)
            end = _judge(notice, entry.run)
            shutil.rmtree(entry.folder, ignore_errors=True)
            self._fill()
            entry.future.set_result(end)
        with self._lock:
            left = [*self._running.values(), *self._waiting]
            self._running.clear()
            self._waiting.clear()
        for entry in left:
            entry.future.set_result(Died("the sandbox ended"))

    def close(self) -> None:
        """Kill what runs and remove the folder; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        os.close(self._requests)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if hasattr(self, "_reader"):
            self._reader.join(timeout=5)
        os.close(self._notices)
        if self._process.stderr:
            self._process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _judge(notice: Ended, run: Run) -> JobEnd:
    if notice.timed_out:
        return Expired(run.limits.seconds)
    if notice.status < 0:
        return Died(f"killed by {signal.Signals(-notice.status).name}")
    try:
        kind, value = load_plain(Path(run.result).read_bytes())
    except FileNotFoundError:
        return Died(f"the process exited with status {notice.status} before the call returned")
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, ImportError) as error:
        return Died(f"the result could not be read: {error}")
    if kind == "value":
        return Completed(value, notice.seconds)
    if kind == "memory":
        return Failed("MemoryError", value)
    return Failed(*value)

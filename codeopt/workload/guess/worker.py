"""A process that makes trial calls, forked from a sandbox job that has imported the module.

A trial that crashes or hangs ends the worker, and the next trial gets a fresh one. The text of a
trial is that of the workload file it would become.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import itertools
import os
import pickle
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from codeopt.plots import close_figures
from codeopt.workload.alarm import answers, cpu_seconds
from codeopt.workload.call import Call, take_declared
from codeopt.workload.guess.effect import effect_of, effect_of_figures, with_other_values
from codeopt.workload.guess.failure import Frame, frames_of
from codeopt.workload.invoke import prepare, quiet

_HEADER = struct.Struct("!Q")
_MOST_ITEMS = 50
_LEAST_SECONDS = 1.0
_MOST_BYTES = 4 << 30
"""That a trial may map beyond what the module's import has."""
TRIAL = "<guess>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended.

    `error` is empty if it returned. `frames` are those of the exception's traceback in the project, innermost
    last; `lines` those of the project that ran, by file; `effect` is empty if nothing came of the call, else
    a digest of it.
    """

    error: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    lines: dict[str, frozenset[int]] = field(default_factory=dict)
    effect: str = ""


class CpuClock:
    """Seconds of CPU that a process and its trials have used since the clock was made."""

    def __init__(self) -> None:
        self._began = time.process_time()
        self._trials = 0.0

    def now(self) -> float:
        """What it shows."""
        return time.process_time() - self._began + self._trials

    @contextlib.contextmanager
    def counting(self, pid: int) -> Iterator[None]:
        """Count what another process, not reaped yet, uses in the block."""
        began = cpu_seconds(pid)
        yield
        self._trials += cpu_seconds(pid) - began


class Worker:
    """Makes trials of one function; `within` says which files count as the project's.

    A trial ends after `seconds` of CPU, so that it finds the same on a busy machine; once one has, those
    that follow have half of it, down to a second. `kind` is the class that the first argument has to be of;
    a `patient` worker gives all trials the same time.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        within: Callable[[str], bool],
        seconds: float,
        clock: CpuClock,
        kind: type | None = None,
        *,
        patient: bool = False,
    ) -> None:
        self._patient = patient
        self._kind = kind
        self._function = function
        self._within = within
        self._seconds = seconds
        self.clock = clock
        self._pid = 0
        self._ends = (-1, -1)
        self.trials = 0

    def trial(
        self, text: str, seed: int = 0, scale: float = 1.0, *, effect: bool = False, changed: int = -1
    ) -> Outcome:
        """Make one call; a crash or a time-out is an outcome too. `changed` is the place of an argument whose
        arrays get other values."""
        if not self._pid:
            self._start()
        self.trials += 1
        with self.clock.counting(self._pid):
            answer = self._answer((text, seed, scale, effect, changed))
        if isinstance(answer, Outcome):
            return answer
        self.close()
        if answer is None:
            return Outcome("Ended", "the call did not end")
        # Who hangs once hangs again: the time that is left is for other arguments.
        if not self._patient:
            self._seconds = max(_LEAST_SECONDS, self._seconds / 2)
        return Outcome("TimeoutError", "the call did not end")

    def _answer(self, message: object) -> object:
        """What the process makes of a message; False if it takes too long, None if it ended."""
        source, sink = self._ends
        try:
            _send(sink, message)
            return _receive(source) if answers(source, self._pid, self._seconds) else False
        except (OSError, EOFError, pickle.UnpicklingError):
            return None

    def _start(self) -> None:
        ask, tell = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(ask[1])
                os.close(tell[0])
                _bound_memory()
                self._serve(ask[0], tell[1])
            finally:
                os._exit(0)
        os.close(ask[0])
        os.close(tell[1])
        self._ends = (tell[0], ask[1])

    def _serve(self, source: int, sink: int) -> None:
        home = os.getcwd()
        for number in itertools.count():
            try:
                message = _receive(source)
            except EOFError:
                return
            folder = os.path.join(home, f"trial{os.getpid()}-{number}")
            os.makedirs(folder, exist_ok=True)
            os.chdir(folder)
            _send(sink, _attempt(self._function, self._within, self._kind, *message))

    def close(self) -> None:
        """End the process, if there is one."""
        if self._pid:
            for end in self._ends:
                os.close(end)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0


def _bound_memory() -> None:
    """Let a trial that wants too much fail by MemoryError, before the sandbox ends the whole search."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + _MOST_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def load_builder(text: str) -> Callable[[float, int], Call]:
    """The builder that the text of a workload file declares; raises what running it raises."""
    take_declared()
    exec(compile(text, TRIAL, "exec", dont_inherit=True), {"__name__": TRIAL})
    builder: Callable[[float, int], Call] = take_declared()[0].builder
    return builder


def _attempt(
    function: Callable[..., Any],
    within: Callable[[str], bool],
    kind: type | None,
    text: str,
    seed: int,
    scale: float,
    effect: bool,
    changed: int,
) -> Outcome:
    lines: dict[str, set[int]] = {}
    call: Call | None = None
    close_figures()
    try:
        with quiet(), contextlib.redirect_stdout(io.StringIO()):
            with _traced(within, lines):
                call = load_builder(text)(scale, seed)
            if kind is not None and not isinstance(next(iter(call.args), None), kind):
                raise TypeError(f"the call is not one of an object of {kind.__name__}")
            if changed >= 0:
                given = call
                call = with_other_values(given, changed)
                if effect_of((call.args, call.kwargs)) == effect_of((given.args, given.kwargs)):
                    return Outcome("Unchanged", "nothing there has other values")
            lines.clear()
            before = effect_of((call.args, call.kwargs)) if effect else ""
            with _traced(within, lines):
                # What a constructor runs counts where it is the call.
                step = prepare(function, call)
                result = step()
                if inspect.isgenerator(result):
                    result = list(itertools.islice(result, _MOST_ITEMS))
            found = _effect(before, call, result) if effect else ""
    except BaseException as error:  # noqa: BLE001 - the user's code may raise anything, and has to be told
        frames = frames_of(error, call, lambda file: file == TRIAL or within(file))
        return Outcome(type(error).__name__, _message(error), frames, _frozen(lines))
    return Outcome(lines=_frozen(lines), effect=found)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:  # noqa: BLE001 - the text of a user's exception is the user's code
        return ""


def _effect(before: str, call: Call, result: Any) -> str:
    """A digest of what a call returned, changed, drew and left as files, empty if nothing."""
    after = effect_of((call.args, call.kwargs))
    changed = after if after != before else ""
    files = sorted(str(path) for path in Path.cwd().rglob("*"))
    drawn = effect_of_figures()
    if result is None and not changed and not files and not drawn:
        return ""
    return effect_of((result if result is not None else "nothing", changed, files, drawn))


def _frozen(lines: dict[str, set[int]]) -> dict[str, frozenset[int]]:
    return {file: frozenset(found) for file, found in lines.items()}


@contextlib.contextmanager
def _traced(within: Callable[[str], bool], lines: dict[str, set[int]]) -> Iterator[None]:
    known: dict[str, bool] = {}

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        inside = known.get(file)
        if inside is None:
            inside = known[file] = within(file)
        if not inside:
            return None
        lines.setdefault(file, set())
        return local

    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(None)


def _send(fd: int, message: object) -> None:
    body = pickle.dumps(message)
    view = memoryview(_HEADER.pack(len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def _receive(fd: int) -> Any:
    """The next message. Raises EOFError at the end."""
    size = _HEADER.unpack(_exactly(fd, _HEADER.size))[0]
    return pickle.loads(_exactly(fd, size))


def _exactly(fd: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(fd, size - len(parts))
        if not chunk:
            raise EOFError
        parts += chunk
    return bytes(parts)

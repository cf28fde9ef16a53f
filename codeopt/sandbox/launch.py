"""Starting a zygote on the strongest rung that works here, and talking to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.errors import CodeoptError
from codeopt.sandbox.isolation import Rung, Unavailable, clean_environment, rungs
from codeopt.sandbox.protocol import Preload, Ready, receive, send
from codeopt.sandbox.watch import MARK, sweep


@dataclass(frozen=True)
class Zygote:
    """A running zygote, and the folder below which its jobs may write."""

    rung: Rung
    folder: Path
    process: subprocess.Popen[bytes]

    def send(self, message: object) -> bool:
        """Hand over a request; whether it was taken, by a zygote that is not gone."""
        assert self.process.stdin is not None
        try:
            send(self.process.stdin.fileno(), message)
        except (BrokenPipeError, ValueError):
            return False
        return True

    def receive(self) -> Any:
        """The next notice; None when there will be no more, or what came is none."""
        assert self.process.stdout is not None
        try:
            return receive(self.process.stdout.fileno())
        except Exception:  # noqa: BLE001 - a job may have found the pipe, and written anything
            return None

    def speaks(self, seconds: float) -> bool:
        """Whether there is a notice, or an end, within so many seconds."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def hang_up(self) -> None:
        """Ask it to end, by closing its standard input."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def wait(self) -> None:
        """Wait for its end after `hang_up`, and end it if it takes more than 5 s."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.kill()

    def kill(self) -> None:
        """End it with everything that runs in it."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.rung.name != "bubblewrap":
            sweep(self.folder)

    def close_pipes(self) -> None:
        """To be called when nobody reads any more."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def start_zygote(
    wanted: str,
    folder: Path,
    modules: Sequence[str],
    passed: Sequence[str],
    note: Callable[[subprocess.Popen[bytes]], None],
) -> Zygote:
    """The zygote on the first of the wanted rungs that works.

    Jobs may write below `folder`; `passed` names variables of the environment that they may see
    beside the usual ones; `note` is told of each process before it is ready. Raises CodeoptError
    where no rung works.
    """
    skipped: dict[str, str] = {}
    for rung in rungs(wanted):
        try:
            return _start(rung, folder, tuple(modules), tuple(passed), note)
        except Unavailable as reason:
            skipped[rung.name] = str(reason)
    reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
    raise CodeoptError(f"the sandbox did not start: {reasons or f'there is no isolation {wanted!r}'}")


def _start(
    rung: Rung,
    folder: Path,
    modules: tuple[str, ...],
    passed: tuple[str, ...],
    note: Callable[[subprocess.Popen[bytes]], None],
) -> Zygote:
    # No folder of ours on the path: a job might leave a module there, for the next zygote to import.
    command = [*rung.prefix(folder), sys.executable, "-P", "-m", "codeopt.sandbox.zygote", rung.name]
    said = folder.parent / "said"
    # A file, for a pipe that nobody reads would stop a library that warns at length.
    with said.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            # numba refuses to define what it is to keep compiled where it finds no folder to write in.
            env={**clean_environment(passed), MARK: str(folder), "NUMBA_CACHE_DIR": str(folder)},
            cwd=folder,
            start_new_session=True,
        )
    note(process)
    zygote = Zygote(rung, folder, process)
    zygote.send(Preload(modules))
    if isinstance(zygote.receive(), Ready):
        return zygote
    zygote.kill()
    zygote.close_pipes()
    error = said.read_text(errors="replace").strip()
    raise Unavailable(error.splitlines()[-1] if error else "it ended before it was ready")

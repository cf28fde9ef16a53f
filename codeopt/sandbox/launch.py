"""Starting a zygote on the strongest rung that works here, and talking to it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.errors import CodeoptError
from codeopt.sandbox.isolation import Rung, Unavailable, clean_environment, rungs
from codeopt.sandbox.protocol import Preload, Ready, receive, send


@dataclass(frozen=True)
class Zygote:
    """A running zygote; `failed_imports` maps the modules it could not import to the reason."""

    rung: Rung
    process: subprocess.Popen[bytes]
    failed_imports: dict[str, str]

    def send(self, message: object) -> None:
        """Hand over a request; one that is gone takes none."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            send(self.process.stdin.fileno(), message)

    def receive(self) -> Any:
        """The next notice; None when there will be no more, or what came is none."""
        assert self.process.stdout is not None
        try:
            return receive(self.process.stdout.fileno())
        except (pickle.UnpicklingError, OSError, ValueError, EOFError, AttributeError, TypeError):
            return None

    def hang_up(self) -> None:
        """Ask it to end, by closing its standard input, and kill it if it does not within 5 s."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it with everything that runs in it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close_pipes(self) -> None:
        """To be called when nobody reads any more."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def start_zygote(
    wanted: str, folder: Path, modules: Sequence[str], passed: Sequence[str] = ()
) -> tuple[Zygote, dict[str, str]]:
    """The zygote on the first of the wanted rungs that works, and why those before it do not.

    Jobs may write below `folder`; `passed` names variables of the environment that they may see
    beside the usual ones. Raises CodeoptError where no rung works.
    """
    skipped: dict[str, str] = {}
    for rung in rungs(wanted):
        try:
            return _start(rung, folder, tuple(modules), tuple(passed)), skipped
        except Unavailable as reason:
            skipped[rung.name] = str(reason)
    reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
    raise CodeoptError(f"the sandbox did not start: {reasons or f'there is no isolation {wanted!r}'}")


def _start(rung: Rung, folder: Path, modules: tuple[str, ...], passed: tuple[str, ...]) -> Zygote:
    command = [*rung.prefix(folder), sys.executable, "-m", "codeopt.sandbox.zygote", rung.name]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(passed),
        cwd=folder,
        start_new_session=True,
    )
    zygote = Zygote(rung, process, {})
    zygote.send(Preload(modules))
    ready = zygote.receive()
    if isinstance(ready, Ready):
        return Zygote(rung, process, ready.failed)
    zygote.kill()
    error = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    zygote.close_pipes()
    raise Unavailable(error.splitlines()[-1] if error else "it ended before it was ready")

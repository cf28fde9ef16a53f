"""Runs the command line as a person does, on a terminal, or as a script does, into pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Ran(NamedTuple):
    """How a run ended: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """This environment without wishes about colour, and what is given."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "TERM": "xterm-256color", **given}


def start(
    arguments: tuple[str, ...], folder: Path, out: int, err: int, given: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """The real program, started in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "codeopt", *arguments], cwd=folder, env=environment(given),
        stdin=out if out >= 0 and os.isatty(out) else subprocess.DEVNULL, stdout=out, stderr=err,
        start_new_session=True,
        # A suite started in the background has Ctrl-C ignored, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@contextlib.contextmanager
def started(
    arguments: tuple[str, ...], folder: Path, out: int, err: int, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """The same, ended with all that it started once the test is over, however that ends."""
    process = start(arguments, folder, out, err, given)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def in_pipes(arguments: tuple[str, ...], folder: Path, **given: str) -> Ran:
    """Run it with both outputs into pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "codeopt", *arguments],
        cwd=folder, env=environment(given), stdin=subprocess.DEVNULL, capture_output=True, timeout=240,
        check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(arguments: tuple[str, ...], folder: Path, **given: str) -> Ran:
    """Run it with input and both outputs on terminals, one for each output to tell them apart."""
    screens = os.openpty(), os.openpty()
    process = start(arguments, folder, screens[0][1], screens[1][1], given)
    for _, inside in screens:
        os.close(inside)
    shown: list[bytes] = [b"", b""]

    def watch(number: int) -> None:
        while True:
            try:
                read = os.read(screens[number][0], 65536)
            except OSError:
                return
            if not read:
                return
            shown[number] += read

    watchers = [threading.Thread(target=watch, args=(number,)) for number in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        code = process.wait(timeout=240)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for watcher in watchers:
        watcher.join(timeout=10)
    for outside, _ in screens:
        os.close(outside)
    out, err = (text.decode().replace("\r\n", "\n") for text in shown)
    return Ran(code, out, err)


def stuck_at_output(arguments: tuple[str, ...], folder: Path) -> Ran:
    """Run it into a pipe that is full and that nobody reads; once it waits there, press Ctrl-C."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    error_reading, error_writing = os.pipe()
    with started(arguments, folder, writing, error_writing, {}) as process:
        os.close(writing)
        os.close(error_writing)
        _wait_until_stuck(process)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGINT)
        code = process.wait(timeout=30)
    os.close(reading)
    with os.fdopen(error_reading, "rb") as errors:
        return Ran(code, "", errors.read().decode())


def _wait_until_stuck(process: subprocess.Popen[bytes]) -> None:
    """Until the process waits in a write to a pipe, as the kernel tells."""
    until = time.monotonic() + 120
    place = Path(f"/proc/{process.pid}/wchan")
    while time.monotonic() < until:
        if process.poll() is not None or "pipe_write" in place.read_text():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to write anything")

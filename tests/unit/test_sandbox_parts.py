from __future__ import annotations

import ctypes
import errno
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from codeopt.edit import Trust
from codeopt.equivalence.verdict import Differs, Same
from codeopt.errors import CodeoptError
from codeopt.sandbox import Completed, Died, Limits, Sandbox
from codeopt.sandbox.isolation import clean_environment
from codeopt.sandbox.plain import load_plain
from codeopt.sandbox.protocol import Run
from codeopt.sandbox.watch import MARK, MOST_NESTED, excess, kill_all, sweep, tree_of


class _Reduced:
    """Pickles as a call of what is given."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], tuple(self.call[1:])


def kill_parent_in_c(delay: float) -> None:
    """Job: what no Python code may do."""
    time.sleep(delay)
    ctypes.CDLL(None).kill(os.getppid(), signal.SIGKILL)
    time.sleep(5)


def call_c(name: str, *arguments: Any) -> int:
    """Job: the error number of a C function."""
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if getattr(libc, name)(*arguments) < 0 else 0


def test_plain_data_comes_through() -> None:
    for value in (Same(Trust.EXACT, 3), [Differs("x", index=2)], {"a": (1, 2.5, None)}, Path("a"), {1, 2}):
        assert load_plain(pickle.dumps(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        _Reduced(os.system, "true"),
        _Reduced(bytearray, 10),
        _Reduced(frozenset, range(10)),
        _Reduced(Sandbox),
        Same(Trust.EXACT, "many"),  # type: ignore[arg-type]
        Differs("x", case=[1]),  # type: ignore[arg-type]
        10**2000,
    ],
    ids=["a call", "a large buffer", "a large set", "a class", "a word for a number", "a list for a word",
         "a huge number"],
)  # fmt: skip
def test_what_is_no_plain_data_is_refused(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError):
        load_plain(pickle.dumps(value))


@pytest.mark.parametrize(
    "data",
    [
        # A name that reaches through one of our modules into what it imports.
        b"\x80\x04\x8c\x18codeopt.sandbox.protocol\x8c\x06pickle\x93.",
        b"\x80\x04\x8c\x18codeopt.sandbox.protocol\x8c\x10pickle.Unpickler\x93.",
        # Attributes set on a class.
        b"\x80\x04\x8c\x1bcodeopt.equivalence.verdict\x8c\x04Same\x93N}\x8c\x05cases\x8c\x01xs\x86b.",
        b"\x80\x04",
        b"",
    ],
)
def test_data_made_by_hand_is_refused(data: bytes) -> None:
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        load_plain(data)


def test_shared_parts_count_each_time() -> None:
    value: list[Any] = []
    for _ in range(40):
        value = [value, value]
    with pytest.raises(pickle.UnpicklingError, match="larger"):
        load_plain(pickle.dumps(value))


def test_tokens_stay_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("WANTED", "yes")
    kept = clean_environment(("WANTED",))
    assert "SOME_TOKEN" not in kept
    assert kept["WANTED"] == "yes"


def test_an_unknown_rung_is_an_error() -> None:
    with pytest.raises(CodeoptError, match="there is no isolation"):
        Sandbox(isolation="wishes")


def test_after_closing_a_job_is_answered_at_once() -> None:
    with Sandbox(isolation="rlimits") as sandbox:
        assert isinstance(sandbox.call(abs, -1), Completed)
    assert sandbox.call(abs, -1) == Died("the sandbox ended")
    sandbox.close()


def test_a_job_that_kills_the_zygote_is_named_and_the_others_get_their_results() -> None:
    with Sandbox(isolation="rlimits", jobs=3, limits=Limits(seconds=20)) as sandbox:
        killer = sandbox.submit(kill_parent_in_c, 0.3)
        others = [sandbox.submit(pow, 2, n) for n in range(6)]
        slow = sandbox.submit(time.sleep, 0.6)
        assert killer.result(timeout=60) == Died("it killed or stopped the sandbox's own process")
        ends = [future.result(timeout=60) for future in others]
        assert [end.value for end in ends if isinstance(end, Completed)] == [1, 2, 4, 8, 16, 32]
        assert isinstance(slow.result(timeout=60), Completed)


def test_a_zygote_that_dies_idle_is_replaced() -> None:
    with Sandbox(isolation="rlimits") as sandbox:
        end = sandbox.call(os.getppid)
        assert isinstance(end, Completed)
        os.kill(end.value, signal.SIGKILL)
        time.sleep(0.2)
        again = sandbox.call(os.getppid)
        assert isinstance(again, Completed)
        assert again.value != end.value


def test_the_filter_holds_for_c_code() -> None:
    with Sandbox(isolation="rlimits") as sandbox:
        calls = [
            ("socket", 2, 1, 0), ("socket", 1, 1, 0), ("shmget", 0, 100, 0o1600), ("execv", b"/bin/true", 0),
        ]  # fmt: skip
        for name, *arguments in calls:
            end = sandbox.call(call_c, name, *arguments)
            assert isinstance(end, Completed)
            assert end.value == errno.EACCES, name


def test_a_process_and_all_below_it_are_found_and_killed() -> None:
    parent = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"])
    try:
        for _ in range(100):
            if len(list(tree_of(parent.pid))) == 3:
                break
            time.sleep(0.02)
        assert len(list(tree_of(parent.pid))) == 3
    finally:
        kill_all([parent.pid])
        parent.wait()
    assert list(tree_of(parent.pid)) == [parent.pid]


def test_what_lost_its_parents_is_swept_by_its_mark(tmp_path: Path) -> None:
    source = (
        "import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n        time.sleep(60)"
    )
    environment = {**os.environ, MARK: str(tmp_path)}
    subprocess.run([sys.executable, "-c", source], env=environment, check=True)
    mark = f"{MARK}={tmp_path}".encode()

    def left() -> list[str]:
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if mark in Path(f"/proc/{name}/environ").read_bytes():
                    found.append(name)
            except OSError:
                continue
        return found

    assert left()
    sweep(tmp_path)
    assert not left()


def test_what_a_job_uses_is_looked_at(tmp_path: Path) -> None:
    limits = Limits(disk_bytes=1 << 20)
    assert excess(os.getpid(), tmp_path, limits, 0) == ""
    (tmp_path / "big").write_bytes(bytes(2 << 20))
    assert "MiB of files" in excess(os.getpid(), tmp_path, limits, 0)
    (tmp_path / "big").unlink()
    with open(tmp_path / "gone", "wb") as file:
        (tmp_path / "gone").unlink()
        file.write(bytes(2 << 20))
        file.flush()
        assert "MiB of files" in excess(os.getpid(), tmp_path, limits, 0)
    (tmp_path / "/".join("d" * (MOST_NESTED + 2))).mkdir(parents=True)
    assert "deeper than" in excess(os.getpid(), tmp_path, limits, 0)


def test_a_run_names_its_files() -> None:
    run = Run(1, "/x/job1", b"", Limits())
    assert (run.call, run.workdir, run.result) == ("/x/job1/call", "/x/job1/work", "/x/job1/result")

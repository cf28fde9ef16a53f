from __future__ import annotations

import os
import pydoc
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeopt.sandbox import Completed, Died, Expired, Failed, Limits, Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(jobs=2, limits=Limits(seconds=20, memory_bytes=1 << 30)) as opened:
        yield opened


def test_a_value_comes_back(sandbox: Sandbox) -> None:
    end = sandbox.call(divmod, 7, 2)
    assert isinstance(end, Completed)
    assert end.value == (3, 1)


def test_an_exception_is_a_failure_with_its_type(sandbox: Sandbox) -> None:
    assert sandbox.call(int, "x") == Failed("ValueError", "invalid literal for int() with base 10: 'x'")


def test_exiting_at_once_and_aborting_are_deaths(sandbox: Sandbox) -> None:
    assert sandbox.call(os._exit, 3) == Died("the process exited with status 3 before the call returned")
    assert sandbox.call(os.abort) == Died("killed by SIGABRT")


def test_a_sleeper_is_killed_at_its_limit(sandbox: Sandbox) -> None:
    assert sandbox.call(time.sleep, 60, limits=Limits(seconds=0.3)) == Expired(0.3)


def test_memory_beyond_the_limit_is_refused(sandbox: Sandbox) -> None:
    end = sandbox.call(bytearray, 100 << 30)
    assert isinstance(end, Failed)
    assert end.kind == "MemoryError"
    assert "1024 MiB" in end.message


def test_every_child_works_in_an_empty_folder_that_is_removed(sandbox: Sandbox) -> None:
    ends = [sandbox.call(os.getcwd), sandbox.call(os.getcwd)]
    folders = [end.value for end in ends if isinstance(end, Completed)]
    assert len(set(folders)) == 2
    assert not any(Path(folder).exists() for folder in folders)


def test_a_home_is_lent_and_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local" / "share" / "kept").mkdir(parents=True)
    (tmp_path / ".local" / "share" / "kept" / "words.txt").write_text("seven")
    monkeypatch.setenv("HOME", str(tmp_path))
    with Sandbox(jobs=1, limits=Limits(seconds=20)) as sandbox:
        for _ in range(2):
            end = sandbox.call(exec, """
from pathlib import Path
home = Path.home()
assert (home / ".local/share/kept/words.txt").read_text() == "seven"
for name in (".made", ".local/share/made"):
    (home / name).mkdir()
    (home / name / "settings.json").write_text("{}")
try:
    (home / ".local/share/kept/more.txt").write_text("eight")
except OSError:
    pass
else:
    raise AssertionError("a link was written through")
""")  # fmt: skip
            assert isinstance(end, Completed), end
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".local", "kept", "share", "words.txt"]


def test_what_numba_keeps_compiled_goes_into_the_folder_of_the_child(sandbox: Sandbox) -> None:
    end = sandbox.call(os.path.expandvars, "$NUMBA_CACHE_DIR is $TMPDIR")
    assert isinstance(end, Completed)
    cache, _, folder = str(end.value).partition(" is ")
    assert cache == folder
    assert Path(cache).is_absolute()


def test_a_result_cannot_carry_code_into_the_parent(sandbox: Sandbox) -> None:
    end = sandbox.call(pydoc.locate, "os.system")
    assert isinstance(end, Died)
    assert "may not hold posix.system" in end.reason


def test_jobs_beyond_the_limit_wait_and_all_finish(sandbox: Sandbox) -> None:
    futures = [sandbox.submit(pow, 2, n) for n in range(12)]
    ends = [future.result(timeout=30) for future in futures]
    assert [end.value for end in ends if isinstance(end, Completed)] == [2**n for n in range(12)]


def test_closing_ends_what_still_runs() -> None:
    with Sandbox(limits=Limits(seconds=60)) as opened:
        future = opened.submit(time.sleep, 60)
        time.sleep(0.2)
        folder = opened.folder
    assert future.result(timeout=10) == Died("the sandbox ended")
    assert not folder.exists()


def test_one_process_survives_many_children(sandbox: Sandbox) -> None:
    pids = [sandbox.call(os.getppid) for _ in range(5)]
    assert len({end.value for end in pids if isinstance(end, Completed)}) == 1

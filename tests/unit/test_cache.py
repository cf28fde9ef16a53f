"""What is kept of a check holds only as long as all that it rests on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from codeopt import cache as module
from codeopt import looks
from codeopt.cache import Cache, Kept, open_cache
from codeopt.edit import Edit, Site, Span, Trust
from codeopt.looks import Look
from codeopt.plugins import Place
from codeopt.source import Problem

SITE = Site(
    "MEM101", "a.py", "f", Span(1, 1, 1, 5), "say", Trust.CLOSE, (Edit(0, 1, "x"),), ("import a",), "g", "l"
)
KEPT = Kept(3, [SITE], [Problem("a.py", 1, "odd")], [])
OLD = time.time() - 100


def write(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def aged(file: Path) -> None:
    """A file as it is once its last change lies back long enough for its times to tell."""
    looks._TICK = -(10**18)
    os.utime(file, (OLD, OLD))


@pytest.fixture(autouse=True)
def _tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_TICK", looks._TICK)


def kept_with(folder: Path, file: Path, *others: Look) -> None:
    """Keep a result of a file that rests on its text and on others."""
    cache = open_cache(folder, ((), ()))
    with looks.noted() as seen:
        looks.look("text", file)
        for other in others:
            looks.look(other.kind, other.path)
    cache.put(file, KEPT, seen.values())
    cache.save({"MEM101": "a-name"}, (Place("m", ""),))


def test_what_was_kept_comes_back_whole(tmp_path: Path) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    kept_with(tmp_path / ".codeopt/cache", file)
    cache = open_cache(tmp_path / ".codeopt/cache", ((), ()))
    found = cache.get(file)
    assert found is not None
    assert (found.lines, found.sites, found.problems) == (3, [SITE], KEPT.problems)
    assert cache.names == {"MEM101": "a-name"}
    assert cache.places == (Place("m", ""),)
    assert (tmp_path / ".codeopt/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize("old", [False, True])
def test_another_text_of_one_size_is_another(tmp_path: Path, old: bool) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    if old:
        aged(file)
    kept_with(tmp_path / "cache", file)
    write(file, "x = 2\n")
    if old:
        os.utime(file, (OLD, OLD))
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is None


def test_a_text_written_again_is_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    aged(file)
    kept_with(tmp_path / "cache", file)
    file.unlink()
    write(file, "x = 1\n")
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is not None


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("file", lambda folder: write(folder / "b.py", "")),
        ("text", lambda folder: write(folder / "b.py", "")),
        ("folder", lambda folder: write(folder / "b.py", "")),
        ("tree", lambda folder: write(folder / "below" / "b.py", "")),
    ],
)
def test_what_a_result_rests_on(tmp_path: Path, kind: str, change) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "src"
    (folder / "below").mkdir(parents=True)
    file = write(folder / "a.py", "x = 1\n")
    asked = folder / "b.py" if kind in ("file", "text") else folder
    kept_with(tmp_path / "cache", file, Look(kind, str(asked), ""))
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is not None
    change(folder)
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is None


def test_other_rules_are_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    kept_with(tmp_path / "cache", file)
    assert open_cache(tmp_path / "cache", (("MEM1",), ())).get(file) is None
    assert open_cache(tmp_path / "cache", ((), ("MEM1",))).get(file) is None
    state = module._state
    monkeypatch.setattr(module, "_state", lambda name: [*state(name), ("new.py", 1, 1)])
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is None


def test_a_package_of_rules_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    kept_with(tmp_path / "cache", file)
    metadata = tmp_path / "site" / "their_rules-1.0.dist-info"
    metadata.mkdir(parents=True)
    write(metadata / "METADATA", "Name: their-rules\nVersion: 1.0\n\n")
    write(metadata / "entry_points.txt", "[codeopt.rules]\nall = their_rules\n")
    write(tmp_path / "site" / "their_rules.py", "RULE = None\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    first = open_cache(tmp_path / "cache", ((), ()))
    assert first.get(file) is None
    write(metadata / "METADATA", "Name: their-rules\nVersion: 1.1\n\n")
    assert open_cache(tmp_path / "cache", ((), ()))._file != first._file


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    kept_with(tmp_path / "cache", file)
    (stored,) = (tmp_path / "cache").glob("*.bin")
    whole = stored.read_bytes()
    body = b"\x93\x80\x90\x81\xa1a\x94\x01\x90\x90\x91\xce\x7f\xff\xff\xff"
    broken = [b"", whole[:7], whole[:-9], whole[:-1] + b"\x7f", b"\x80" * 999, module._sum(b"\xc1") + b"\xc1"]
    for data in (*broken, module._sum(body) + body):
        stored.write_bytes(data)
        assert open_cache(tmp_path / "cache", ((), ())).get(file) is None
    kept_with(tmp_path / "cache", file)
    assert open_cache(tmp_path / "cache", ((), ())).get(file) is not None


def test_a_place_out_of_the_table_holds_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "a.py", "x = 1\n")
    kept_with(tmp_path / "cache", file)
    cache = open_cache(tmp_path / "cache", ((), ()))
    cache._files[str(file)].rests_on.append(10**6)
    assert cache.get(file) is None


def test_caches_stay_few_and_forget_files_that_are_gone(tmp_path: Path) -> None:
    file, gone = write(tmp_path / "a.py", "x = 1\n"), write(tmp_path / "b.py", "y = 1\n")
    kept_with(tmp_path / "cache", gone)
    gone.unlink()
    kept_with(tmp_path / "cache", file)
    assert list(open_cache(tmp_path / "cache", ((), ()))._files) == [str(file)]
    for number in range(9):
        cache = open_cache(tmp_path / "cache", ((str(number),), ()))
        cache.put(file, KEPT, [])
        cache.save({}, ())
    assert len(list((tmp_path / "cache").iterdir())) == module._MOST_CACHES


def test_a_cache_that_is_too_big_loses_its_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 3)
    cache = Cache(tmp_path / "cache" / "check-0.bin")
    for number in range(5):
        cache.put(write(tmp_path / f"{number}.py", ""), KEPT, [])
    cache.save({}, ())
    again = Cache(tmp_path / "cache" / "check-0.bin")
    assert [Path(name).stem for name in again._files] == ["2", "3", "4"]

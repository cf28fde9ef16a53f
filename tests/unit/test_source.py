from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeopt.errors import UsageError
from codeopt.source import Problem, SourceFile, discover, read_source, unless_excluded, write_atomic


def read(path: Path) -> SourceFile:
    source = read_source(path, path.name)
    assert isinstance(source, SourceFile)
    return source


@pytest.mark.parametrize(
    "raw",
    [
        b"x = 1\r\ny = 2\r\n",
        b"\xef\xbb\xbfx = 1\n",
        b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
        b"x = 1",
        b"",
        b"x = 1\rprint(x)\r",
    ],
)
def test_reading_and_encoding_is_the_identity(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(raw)
    source = read(path)
    assert source.encode(source.text) == raw


def test_offsets_and_spans_count_bytes_and_characters(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("é = 1\r\nü = é\r\n", encoding="utf-8", newline="")
    source = read(path)
    start = source.offset(2, len("ü = ".encode()))
    assert source.data[start : start + 2].decode() == "é"
    assert source.span(start, start + 2).column == 5
    assert source.newline == "\r\n"


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [(b"a = 1\nb = '\xff'\n", 2, "not valid utf-8"), (b"# coding: nonsense\n", 1, "cannot decode")],
)
def test_undecodable_files_are_problems_with_a_line(
    tmp_path: Path, raw: bytes, line: int, words: str
) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(raw)
    problem = read_source(path, "m.py")
    assert isinstance(problem, Problem)
    assert (problem.line, words in problem.message) == (line, True)


def test_discovery_skips_what_git_and_the_user_ignore(tmp_path: Path) -> None:
    for name in ("a.py", "b.txt", "skip/c.py", "pkg/d.py", "pkg/gen/e.py", ".venv/f.py", "__pycache__/g.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (tmp_path / ".gitignore").write_text("skip/\n")
    (tmp_path / "pkg" / ".gitignore").write_text("gen\n")
    found = [p.relative_to(tmp_path).as_posix() for p in discover([tmp_path])]
    assert found == ["a.py", "pkg/d.py"]
    assert [p.name for p in discover([tmp_path], ["pkg/"])] == ["a.py"]
    assert [p.name for p in discover([tmp_path / "skip" / "c.py", tmp_path / "a.py", tmp_path])] == [
        "c.py",
        "a.py",
        "d.py",
    ]


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        list(discover([tmp_path / "nowhere"]))


def test_atomic_writing_keeps_the_mode_and_follows_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.py", tmp_path / "link.py"
    real.write_text("old")
    real.chmod(0o755)
    link.symlink_to(real)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o755
    assert os.listdir(tmp_path) in (["real.py", "link.py"], ["link.py", "real.py"])


def test_what_is_excluded_may_be_left_out_even_if_named(tmp_path: Path) -> None:
    for name in ("pkg/a.py", "b.py", "gen/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    named = [tmp_path / "pkg" / "a.py", tmp_path / "b.py", tmp_path / "gen", tmp_path.parent / "c.py"]
    left = unless_excluded(named, ["pkg/", "gen/"], tmp_path)
    assert left == [tmp_path / "b.py", tmp_path.parent / "c.py"]
    assert unless_excluded(named, [], tmp_path) == named

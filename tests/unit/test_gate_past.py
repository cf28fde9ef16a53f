"""What files there were: from a repository, from a file, and as modules that can be imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codeopt.errors import UsageError
from codeopt.gate.git_past import git_past
from codeopt.gate.past import make_past
from codeopt.gate.restored import _PastFinder
from codeopt.gate.stored import stored_past, write_texts

LONG = "".join(f"x{n} = {n}\n" for n in range(20))


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *author, *words], cwd=folder, env=variables, check=True, capture_output=True)


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A repository whose only commit holds some files, in a folder with a name of its own."""
    top = tmp_path / "a folder"
    top.mkdir()
    git(top, "init", "-q", f"--object-format={request.param}")
    (top / "same.py").write_text("x = 1\n")
    (top / "edited.py").write_text("x = 1\n")
    (top / "latin.py").write_bytes("# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"))
    (top / "wrong.py").write_bytes(b"x = '\xff'\n")
    (top / "gone.py").write_text(LONG)
    (top / "été\n.py").write_text("x = 1\n")
    (top / "notes.txt").write_text("x\n")
    (top / "codeopt_workloads.py").write_text("x = 1\n")
    (top / "link.py").symlink_to("same.py")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "first")
    return top


def names(top: Path, found: object) -> list[str]:
    assert isinstance(found, (dict, frozenset))
    return sorted(str(Path(name).relative_to(top)) for name in found)


def test_a_repository_without_changes(repository: Path) -> None:
    past = git_past("HEAD", repository, [repository], [])
    assert (past.texts, past.added, past.unreadable, past.renamed) == ({}, frozenset(), {}, {})


def test_what_a_repository_held(repository: Path) -> None:
    for name in ("edited.py", "latin.py", "wrong.py", "été\n.py", "codeopt_workloads.py", "notes.txt"):
        (repository / name).write_text("x = 2\n")
    (repository / "moved.py").write_text(LONG.replace("x3 = 3", "x3 = 4"))
    (repository / "gone.py").unlink()
    (repository / "new.py").write_text("y = 1\n")
    (repository / ".gitignore").write_text("ignored.py\n")
    (repository / "ignored.py").write_text("y = 1\n")
    git(repository, "add", "moved.py", "latin.py")
    past = git_past("HEAD", repository, [repository], [])
    assert names(repository, past.texts) == ["edited.py", "gone.py", "latin.py", "été\n.py"]
    assert past.texts[str(repository / "latin.py")].endswith("x = 'ä'\n")
    assert names(repository, past.added) == ["moved.py", "new.py"]
    assert past.renamed == {str(repository / "moved.py"): str(repository / "gone.py")}
    assert past.text_of(str(repository / "moved.py")) == LONG
    assert past.overlay()[str(repository / "moved.py")] == LONG
    assert "cannot decode" in past.unreadable[str(repository / "wrong.py")]
    assert names(repository, past.absent()) == ["new.py", "wrong.py"]
    assert names(repository, past.changed) == [
        "edited.py", "latin.py", "moved.py", "new.py", "wrong.py", "été\n.py",
    ]  # fmt: skip


def test_the_named_files_and_the_revision_matter(repository: Path) -> None:
    (repository / "edited.py").write_text("x = 2\n")
    assert git_past("HEAD", repository, [repository], [repository / "edited.py"]).changed == frozenset()
    git(repository, "commit", "-qam", "second")
    assert git_past("HEAD", repository, [], []).texts == {}
    assert list(git_past("HEAD~1", repository, [], []).texts.values()) == ["x = 1\n"]
    with pytest.raises(UsageError, match="no such git revision"):
        git_past("HEAD~2", repository, [], [])


def test_it_works_as_a_hook_of_git_too(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "below").mkdir()
    (repository / "below" / "new.py").write_text("x = 1\n")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    past = git_past("HEAD", repository / "below", [], [])
    assert names(repository, past.changed) == ["below/new.py"]


def test_files_unlike_each_other_are_not_renamed(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("import os\n")
    (tmp_path / "new.ipynb").write_text("{}")
    new = [str(tmp_path / "new.py"), str(tmp_path / "new.ipynb")]
    assert make_past("", {str(tmp_path / "old.py"): LONG}, {}, new).renamed == {}


def test_a_file_keeps_what_there_is(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "package").mkdir()
    (root / "package" / "a.py").write_text("x = 1\n")
    (root / "b.py").write_bytes(b"\xef\xbb\xbfx = 'b'\r\n")
    (root / "wrong.py").write_bytes(b"x = '\xff'\n")
    kept = root / ".codeopt" / "baseline.json"
    (problem,) = write_texts(kept, root, [], [])
    assert problem.path == "wrong.py"
    assert (root / ".codeopt" / ".gitignore").read_text() == "*\n"
    (root / "wrong.py").unlink()
    assert stored_past(kept, root, [], []).changed == frozenset()
    (root / "package" / "a.py").unlink()
    (root / "b.py").write_text("x = 2\n")
    (root / "c.py").write_text("x = 3\n")
    past = stored_past(kept, root, [], [])
    assert past.texts == {str(root / "package" / "a.py"): "x = 1\n", str(root / "b.py"): "x = 'b'\r\n"}
    assert past.added == {str(root / "c.py")}
    with pytest.raises(UsageError, match="cannot be written"):
        write_texts(root / "nowhere" / "kept.json", root, [], [])


def test_modules_are_found_where_they_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "added.py").write_text("x = 1\n")
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "__init__.py").write_text("x = 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    gone = {str(tmp_path / name) for name in ("package/__init__.py", "package/inner/a.py", "both.py")}
    absent = dict.fromkeys([str(tmp_path / "added.py"), str(tmp_path / "both" / "__init__.py")], "not there")
    finder = _PastFinder(frozenset(gone), absent)

    def found(name: str, path: list[str] | None = None) -> tuple[str | None, list[str] | None]:
        spec = finder.find_spec(name, path)
        assert spec is not None
        inside = spec.submodule_search_locations
        return spec.origin, None if inside is None else list(inside)

    package, inner = str(tmp_path / "package"), str(tmp_path / "package" / "inner")
    assert found("package") == (f"{package}/__init__.py", [package])
    assert found("package.inner", [package]) == (None, [inner])
    assert found("package.inner.a", [inner]) == (f"{inner}/a.py", None)
    assert found("both") == (str(tmp_path / "both.py"), None)
    assert finder.find_spec("json", None) is None
    assert finder.find_spec("package.inner.b", [inner]) is None
    with pytest.raises(ModuleNotFoundError, match="No module named 'added': not there"):
        finder.find_spec("added", None)

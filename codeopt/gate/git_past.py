"""The files of a git repository at a revision, read without hooks, filters, pagers or a shell.

Blobs are compared by their ids with the bytes of the working tree, so that no setting for line ends and no
filter takes part, and only those that differ are read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.errors import UsageError
from codeopt.gate.past import SUFFIXES, Past, decode, is_taken, make_past
from codeopt.source import Problem

_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.quotePath=false")
_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks, and what would stand for another repository, or for this one in part."""

_FILE_MODES = (b"100644", b"100755")
_SUBMODULE = b"160000"
_LONGEST = 500
"""Characters that are kept of what git says."""


@dataclass(frozen=True, slots=True)
class _Blob:
    id: str
    path: Path


def git_past(ref: str, folder: Path, paths: Sequence[Path], skipped: Iterable[Path]) -> Past:
    """What the Python files and notebooks of the repository around `folder` were at a revision.

    `paths` must lie in it, outside of its submodules; the `skipped` files are left out. Raises UsageError
    for those that do not, where there is no repository, and for a revision that is not there.
    """
    if not ref or ref.startswith("-") or "\0" in ref:
        raise UsageError(f"--baseline {ref!r}: not the name of a git revision")
    top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()
    commit = _commit(ref, top)
    left_out = {file.resolve() for file in skipped}
    index = [record.split(b"\t", 1) for record in _records(top, "ls-files", "-s", "-z")]
    _check_inside(paths, top, [top / os.fsdecode(p) for head, p in index if head.split()[0] == _SUBMODULE])
    then = {blob.path: blob.id for blob in _blobs(top, commit) if is_taken(blob.path, left_out)}
    now = {path for path in _present(top, [p for _, p in index]) if is_taken(path, left_out)}
    wanted = {path: blob for path, blob in then.items() if not _is_same(path, blob)}
    texts, unreadable = _read(top, wanted)
    return make_past(ref, texts, unreadable, (str(path) for path in now - then.keys()))


def _commit(ref: str, top: Path) -> str:
    done = _run(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if done.returncode == 0:
        return os.fsdecode(done.stdout).strip()
    why = "no such git revision, and no such file"
    if _git(top, "rev-parse", "--is-shallow-repository").strip() == b"true":
        why += (
            "; this is a shallow clone, which may lack it: `git fetch --unshallow`, or `fetch-depth: 0` of"
            " actions/checkout, fetches all"
        )
    raise UsageError(f"--baseline {ref}: {why}")


def _check_inside(paths: Sequence[Path], top: Path, submodules: Sequence[Path]) -> None:
    for path in paths:
        whole = path.resolve()
        if not whole.is_relative_to(top):
            raise UsageError(f"{path}: outside of the git repository {top}, so what it was is not known")
        for module in submodules:
            if whole.is_relative_to(module):
                raise UsageError(f"{path}: in the submodule {module}, which has a history of its own")


def _blobs(top: Path, commit: str) -> Iterable[_Blob]:
    for record in _records(top, "ls-tree", "-r", "-z", "--full-tree", commit):
        head, _, path = record.partition(b"\t")
        mode, _, blob = head.split()
        if mode in _FILE_MODES and path.endswith(tuple(s.encode() for s in SUFFIXES)):
            yield _Blob(blob.decode(), top / os.fsdecode(path))


def _present(top: Path, tracked: Iterable[bytes]) -> Iterable[Path]:
    """Files that are there now: those in the index, and others that nothing ignores."""
    others = _records(top, "ls-files", "-z", "--others", "--exclude-standard")
    for name in {*tracked, *others}:
        path = top / os.fsdecode(name)
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            yield path


def _is_same(path: Path, blob: str) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    kind = hashlib.sha1 if len(blob) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == blob


def _read(top: Path, wanted: Mapping[Path, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of blobs, and why others cannot be read. Raises UsageError where git lacks one."""
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    answer = _git(top, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted.values()).encode())
    for path in wanted:
        head, _, rest = answer.partition(b"\n")
        if not head.split()[1:2] == [b"blob"]:
            raise UsageError(f"{path}: git cannot read what it was: {os.fsdecode(head)}")
        size = int(head.split()[2])
        data, answer = rest[:size], rest[size + 1 :]
        source = decode(data, path.name)
        if isinstance(source, Problem):
            unreadable[str(path)] = source.message
        else:
            texts[str(path)] = source.text
    return texts, unreadable


def _records(top: Path, *words: str) -> list[bytes]:
    return [record for record in _git(top, *words).split(b"\0") if record]


def _git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    done = _run(folder, *words, given=given)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise UsageError(f"--baseline: git {words[0]} in {folder}: {said[:_LONGEST] or 'failed'}")
    return done.stdout


def _run(folder: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", "--no-pager", *settings, *words]
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    variables = {**kept, **_ENVIRONMENT}
    try:
        return subprocess.run(
            command, cwd=folder, env=variables, input=given, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        why = "git is not installed; a file that --write-baseline wrote would do"
        raise UsageError(f"--baseline: {why}") from error

"""Files of a commit, read from git's own store: no file of the working tree is opened for them.

So symbolic links lead nowhere, and neither filters, hooks nor anything else of the repository runs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.errors import CodeoptError

_FILE_MODES = ("100644", "100755")
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)


class CheckoutUnreadable(CodeoptError):
    """The checkout is no git repository, or has no such commit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit holds at a path: the id of the blob and its size in bytes; `reason` says why it is
    no plain file."""

    blob: str
    size: int
    reason: str = ""


def entries(checkout: Path, commit: str, paths: Sequence[str]) -> Mapping[str, Entry]:
    """What stands at the paths in a commit; those it does not track are left out.

    Raises CheckoutUnreadable for a folder that is no repository, or an unknown commit.
    """
    if not paths:
        return {}
    listed = _git(checkout, "ls-tree", "-l", "-z", "--full-tree", commit, "--", *paths)
    return dict(_entry(line) for line in listed.decode("utf-8", "surrogateescape").split("\0") if line)


def _entry(line: str) -> tuple[str, Entry]:
    about, path = line.split("\t", 1)
    mode, _, blob, size = about.split()
    if mode == "120000":
        return path, Entry(blob, 0, "is a symbolic link")
    if mode not in _FILE_MODES:
        return path, Entry(blob, 0, "is no file")
    return path, Entry(blob, int(size))


def contents(checkout: Path, found: Sequence[Entry]) -> Iterator[bytes]:
    """The bytes of the files, in their order, as they were committed.

    Raises CheckoutUnreadable where the clone is a partial one that lacks them.
    """
    if not found:
        return
    wanted = "".join(f"{entry.blob}\n" for entry in found).encode()
    data = _git(checkout, "cat-file", "--batch", given=wanted)
    at = 0
    for entry in found:
        begin = data.index(b"\n", at) + 1
        if data[at : begin - 1] != f"{entry.blob} blob {entry.size}".encode():
            raise CheckoutUnreadable(f"{checkout}: the object {entry.blob} is not there")
        yield data[begin : begin + entry.size]
        at = begin + entry.size + 1


def commit_of(checkout: Path, revision: str) -> str:
    """The full id of the commit that a revision names. Raises CheckoutUnreadable if there is none."""
    given = f"{revision}^{{commit}}"
    return _git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", given).decode().strip()


def place_in_repository(folder: Path) -> str:
    """Where a folder lies in its repository: empty for the root, else ending in a slash.

    Raises CheckoutUnreadable.
    """
    return _git(folder, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")


def settings(checkout: Path, pattern: str) -> tuple[tuple[str, str], ...]:
    """Names and values of git's configuration whose names match. Raises CheckoutUnreadable."""
    listed = _git(checkout, "config", "--null", "--get-regexp", pattern, fine=(0, 1)).decode(errors="replace")
    found = (entry.partition("\n") for entry in listed.split("\0") if entry)
    return tuple((name, value) for name, _, value in found)


def is_changed(checkout: Path) -> bool:
    """Whether a tracked file is not as it was committed. Raises CheckoutUnreadable."""
    return bool(_git(checkout, "status", "--porcelain", "--untracked-files=no"))


def _git(checkout: Path, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
    command = ["git", "-C", str(checkout), "--no-replace-objects", "--literal-pathspecs"]
    for setting in _SETTINGS:
        command += ["-c", setting]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(
            [*command, *arguments], input=given, capture_output=True, env=environment, check=False
        )
    except OSError as error:
        raise CheckoutUnreadable(f"git cannot be run: {error.strerror}") from error
    if done.returncode not in fine:
        said = done.stderr.decode(errors="replace").strip() or f"`git {arguments[0]}` failed"
        raise CheckoutUnreadable(f"{checkout}: {said}")
    return done.stdout

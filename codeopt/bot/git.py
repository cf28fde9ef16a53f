"""A plain remote, over git's own protocol: branches and no pull requests.

Everything is made in a bare repository of its own in a temporary folder, so that no checkout, hook,
filter or setting of the project takes part.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from codeopt.bot.blob import blob_id
from codeopt.bot.forge import AlreadyThere, Branch, Change, ForgeError, Moved, OutOfDate, Pull
from codeopt.bot.seal import Commit, Seal, seal_of, sealed_message

_NAME, _EMAIL = "codeopt", "codeopt@users.noreply.invalid"
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false",
    "commit.gpgSign=false", "protocol.ext.allow=never", "submodule.recurse=false",
)  # fmt: skip
_FORMAT = "%P%x00%T%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B"
_FILE_MODES = ("100644", "100755")


class GitRemote:
    """A repository at a URL or path and one base branch of it; a `Forge`, and a context manager.

    With `show`, pushes are handed to it as the words of the command instead of being made.
    """

    has_pulls = False

    def __init__(self, remote: str, base: str, show: Callable[[list[str]], None] | None = None) -> None:
        if remote.startswith("-") or not remote:
            raise ForgeError(f"{remote!r} is no address of a repository")
        self._remote = remote if "://" in remote or not Path(remote).exists() else str(Path(remote).resolve())
        self._base = base
        self._show = show
        self._folder = tempfile.TemporaryDirectory(prefix="codeopt-bot-")
        self._fetched = False

    def __enter__(self) -> GitRemote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def base_commit(self) -> str:
        self._fetch()
        return self._git("rev-parse", "--verify", f"refs/heads/{self._base}").strip()

    def file_id(self, commit: str, path: str) -> str | None:
        if self._run(["cat-file", "-e", "--end-of-options", f"{commit}^{{commit}}"]).returncode:
            return None
        entry = self._entry(commit, path)
        return entry[1] if entry and entry[0] in _FILE_MODES else None

    def branches(self, prefix: str) -> tuple[Branch, ...]:
        self._fetch()
        listed = self._git("for-each-ref", "--format=%(refname) %(objectname)", f"refs/heads/{prefix}**")
        heads = (line.removeprefix("refs/heads/").split(" ") for line in listed.splitlines())
        return tuple(Branch(name, head, seal_of(self._commit(head))) for name, head in heads)

    def push(self, branch: str, base: str, change: Change, expected: str | None) -> str:
        entry = self._entry(base, change.path)
        if entry is None or entry[0] not in _FILE_MODES or entry[1] != blob_id(change.before):
            raise OutOfDate(f"{change.path} is another file at the base {base[:12]}")
        blob = self._git("hash-object", "-w", "--no-filters", "--stdin", given=change.after).strip()
        self._git("read-tree", f"{base}^{{tree}}")
        self._git("update-index", "-z", "--index-info", given=f"{entry[0]} {blob}\t{change.path}\0".encode())
        tree = self._git("write-tree").strip()
        message = sealed_message(change.subject, Seal(change.digest, base, tree))
        commit = self._git("commit-tree", tree, "-p", base, given=message.encode()).strip()
        self._move(branch, commit, expected)
        return commit

    def drop(self, branch: str, expected: str) -> None:
        self._move(branch, "", expected)

    def pulls(self, branch: str) -> tuple[Pull, ...]:
        return ()

    def open_pull(self, branch: str, title: str, body: str) -> int:
        raise self._without_pulls()

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        raise self._without_pulls()

    def close_pull(self, number: int, body: str) -> None:
        raise self._without_pulls()

    def comments(self, number: int) -> tuple[str, ...]:
        return ()

    def comment(self, number: int, text: str) -> None:
        raise self._without_pulls()

    def _without_pulls(self) -> ForgeError:
        return ForgeError(f"{self._remote}: a plain remote has no pull requests")

    def _move(self, branch: str, commit: str, expected: str | None) -> None:
        ref = f"refs/heads/{branch}"
        # The remote itself compares and swaps; an empty lease says that the branch must not exist.
        lease = f"--force-with-lease={ref}:{expected or ''}"
        command = ["push", "--porcelain", "--no-verify", lease, "--", self._remote, f"{commit}:{ref}"]
        if self._show is not None:
            self._show(["git", *command])
            return
        done = self._run(command)
        if not done.returncode:
            return
        said = (done.stdout + done.stderr).decode(errors="replace")
        if "stale info" in said or "already exists" in said or "cannot lock ref" in said:
            kind = Moved if expected else AlreadyThere
            raise kind(f"the branch {branch} was written by somebody else just now")
        raise ForgeError(f"git push to {self._remote}: {said.strip()}")

    def _fetch(self) -> None:
        if self._fetched:
            return
        self._git("init", "--quiet", "--bare", "--template=", "--object-format=sha1", str(self._store))
        wanted = [
            f"+refs/heads/{self._base}:refs/heads/{self._base}",
            "+refs/heads/codeopt/*:refs/heads/codeopt/*",
        ]
        fetch = ["fetch", "--quiet", "--no-tags", "--depth=2", "--no-recurse-submodules"]
        self._git(*fetch, "--", self._remote, *wanted)
        self._fetched = True

    def _commit(self, commit: str) -> Commit:
        shown = self._git(
            "log", "-1", "--no-show-signature", "--date=raw", f"--format={_FORMAT}", commit, "--"
        )
        parents, tree, *people, message = shown.split("\0", 8)
        return Commit(message, tuple(parents.split()), tree, tuple(people[:3]), tuple(people[3:]))

    def _entry(self, commit: str, path: str) -> tuple[str, str] | None:
        listed = self._git("--literal-pathspecs", "ls-tree", "-z", commit, "--", path)
        found = [line.split("\t", 1) for line in listed.split("\0") if line]
        modes = [about.split(" ") for about, name in found if name == path]
        return (modes[0][0], modes[0][2]) if modes else None

    @property
    def _store(self) -> Path:
        return Path(self._folder.name) / "store.git"

    def _git(self, *words: str, given: bytes = b"") -> str:
        done = self._run(list(words), given)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise ForgeError(f"git {words[0]} ({self._remote}): {said or 'failed'}")
        return done.stdout.decode("utf-8", "surrogateescape")

    def _run(self, words: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        outside = {name: value for name, value in os.environ.items() if not _steers(name)}
        person = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", _NAME), ("EMAIL", _EMAIL))
        }
        own = {"GIT_TERMINAL_PROMPT": "0", "GIT_DIR": str(self._store), "LC_ALL": "C"}
        try:
            return subprocess.run(
                ["git", *settings, *words],
                input=given, capture_output=True, cwd=self._folder.name, env={**outside, **person, **own},
            )  # fmt: skip
        except OSError as error:
            raise ForgeError(f"git cannot be run: {error.strerror}") from error


def _steers(name: str) -> bool:
    """Whether a variable would turn git to another repository; those for reaching a remote are kept."""
    return name.startswith("GIT_") and not name.startswith(
        ("GIT_SSH", "GIT_ASKPASS", "GIT_CONFIG", "GIT_SSL")
    )

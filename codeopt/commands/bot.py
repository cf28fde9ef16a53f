"""`codeopt bot`: opens and maintains pull requests from a report, and runs nothing of the repository."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeopt.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from codeopt.bot.forge import Forge
    from codeopt.bot.proposal import Proposal
    from codeopt.bot.run import Done

FORGES = ("github", "gitlab", "git")
GROUPS = ("function", "file")
_NEEDED = {"github": ("httpx", "tenacity"), "gitlab": ("httpx", "tenacity"), "git": ()}
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_BRANCH = re.compile(r"(?![-/.])(?!.*(\.\.|//|@\{|\.lock$))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks of the bot."""

    artifact: Path
    forge: str
    repository: str
    base: str
    most_open: int
    group: str
    dry_run: bool


def bot(
    order: Order, checkout: Path, tell: Callable[[str], None], show: Callable[[str], None]
) -> Iterator[Done]:
    """Bring the forge to what the report says, and yield what was done.

    `tell` gets a line for each suggestion left out, `show` in a dry run each request that would write.
    Raises MissingExtra, UsageError for an unfit name, ArtifactRefused before anything is sent, and
    ForgeError.
    """
    _check(order)
    from codeopt.bot.artifact import ArtifactLimits, read_artifact
    from codeopt.bot.plan import Limits
    from codeopt.bot.run import run

    reading = read_artifact(order.artifact, checkout, ArtifactLimits())
    for skipped in reading.skipped:
        tell(f"{skipped.group}: left out: {skipped.reason}")
    kept = frozenset(skipped.group for skipped in reading.skipped)
    proposals: Sequence[Proposal] = reading.proposals
    if order.group == "file":
        from codeopt.bot.group import by_file

        proposals = by_file(proposals)
        kept = frozenset(group.partition("::")[0] for group in kept)
    with _forge(order, show) as forge:
        yield from run(forge, order.base, proposals, Limits(order.most_open), kept)


def _check(order: Order) -> None:
    if missing := [name for name in _NEEDED[order.forge] if importlib.util.find_spec(name) is None]:
        raise MissingExtra(f"`codeopt bot` needs {', '.join(missing)}: pip install 'codeopt[bot]'")
    if order.forge == "github" and not _REPOSITORY.fullmatch(order.repository):
        raise UsageError(f"--repository: {order.repository!r} is not OWNER/NAME")
    if not _BRANCH.fullmatch(order.base):
        raise UsageError(f"--base: {order.base!r} is no name of a branch")


@contextmanager
def _forge(order: Order, show: Callable[[str], None]) -> Iterator[Forge]:
    if order.forge == "git":
        from codeopt.bot.git import GitRemote

        shown = (lambda words: show(" ".join(words))) if order.dry_run else None
        with GitRemote(order.repository, order.base, shown) as remote:
            yield remote
        return
    from codeopt.bot.github import GitHub
    from codeopt.bot.gitlab import GitLab
    from codeopt.bot.requests import Sending, Showing
    from codeopt.bot.retry import Clock

    def show_request(method: str, path: str, body: Mapping[str, Any] | None) -> None:
        show(f"{method} {path} {json.dumps(body, ensure_ascii=False)}" if body else f"{method} {path}")

    with Sending(*_door(order.forge), Clock()) as sending:
        requests = Showing(sending, show_request) if order.dry_run else sending
        kind = GitLab if order.forge == "gitlab" else GitHub
        yield kind(requests, order.repository, order.base)


def _door(forge: str) -> tuple[str, Mapping[str, str]]:
    """Where a forge is asked, and what every request to it carries."""
    from codeopt.bot import github, gitlab

    if forge == "gitlab":
        address = os.environ.get("CI_API_V4_URL") or gitlab.ADDRESS
        return address, gitlab.headers(_token("CODEOPT_TOKEN", "GITLAB_TOKEN"))
    address = os.environ.get("GITHUB_API_URL") or github.ADDRESS
    return address, github.headers(_token("CODEOPT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"))


def _token(*names: str) -> str:
    for name in names:
        if token := os.environ.get(name, "").strip():
            return token
    raise UsageError(f"no token to write with: set {' or '.join(names)}")


def line(done: Done) -> str:
    """What was done, for people."""
    number = f" #{done.number}" if done.number else ""
    return f"{done.kind}{number} {done.group or done.branch}: {done.reason}"


def outputs(done: Sequence[Done]) -> str:
    """What was done, for a file of `name=value` lines: `operation` and `pr-number` of the first pull request
    or branch that was written (`none` and nothing where all stand as they did), and all of it as JSON."""
    from codeopt.bot.plan import Kind

    first = next((one for one in done if one.kind is not Kind.LEAVE), None)
    listed = [
        {"operation": str(one.kind), "pr-number": one.number, "branch": one.branch, "group": one.group}
        for one in done
    ]
    number = str(first.number) if first and first.number else ""
    operation = str(first.kind) if first else str(Kind.LEAVE)
    # ASCII alone: nothing in a group's name can then end the line.
    return f"pr-number={number}\noperation={operation}\noperations={json.dumps(listed, ensure_ascii=True)}\n"

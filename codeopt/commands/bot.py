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
    from codeopt.bot.requests import Requests
    from codeopt.bot.run import Done

FORGES = ("github", "gitlab", "git")
GROUPS = ("function", "file")
NEEDED = ("httpx", "tenacity")
_REPOSITORY = {
    "github": re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
    "gitlab": re.compile(r"[1-9][0-9]*|[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+"),
    "git": re.compile(r"(?s).+"),
}
_TOKENS = {
    "github": ("CODEOPT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("CODEOPT_TOKEN", "GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN"),
}
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
    review: int | None = None


def bot(
    order: Order, checkout: Path, tell: Callable[[str], None], show: Callable[[str], None]
) -> Iterator[Done]:
    """Bring the forge to what the report says, and yield what was done.

    `tell` gets a line for each suggestion left out, `show` in a dry run each request that would write.
    Raises MissingExtra, UsageError for an unfit name, UntrustedCode for the report of a fork's run,
    ArtifactRefused before anything is sent, and ForgeError.
    """
    _check(order)
    from codeopt.bot.trust import refuse_foreign_report

    if order.review is not None:
        yield from _review(order, order.review, checkout, tell, show)
        return
    refuse_foreign_report()
    proposals, kept = _read(order, checkout, "HEAD", tell)
    from codeopt.bot.plan import Limits
    from codeopt.bot.run import run

    with _forge(order, show) as forge:
        yield from run(forge, order.base, proposals, Limits(order.most_open), kept)


def _read(
    order: Order, checkout: Path, commit: str, tell: Callable[[str], None]
) -> tuple[Sequence[Proposal], frozenset[str]]:
    """What is proposed, and the groups of what was left out."""
    from codeopt.bot.artifact import ArtifactLimits, read_artifact

    reading = read_artifact(order.artifact, checkout, ArtifactLimits(), base=commit)
    for skipped in reading.skipped:
        tell(f"{skipped.group}: left out: {skipped.reason}")
    kept = frozenset(skipped.group for skipped in reading.skipped)
    if order.group != "file":
        return reading.proposals, kept
    from codeopt.bot.group import by_file

    return by_file(reading.proposals), frozenset(group.partition("::")[0] for group in kept)


def _review(
    order: Order, number: int, checkout: Path, tell: Callable[[str], None], show: Callable[[str], None]
) -> Iterator[Done]:
    """Show the changes on the lines of an open pull request; only of its own head, and in one review."""
    from codeopt.bot import github_review as forge
    from codeopt.bot.checkout import CheckoutUnreadable, commit_of
    from codeopt.bot.plan import Kind
    from codeopt.bot.review import review
    from codeopt.bot.run import Done

    with _requests(order, show) as requests:
        head = forge.open_head(requests, order.repository, number)
        try:
            commit_of(checkout, head)
        except CheckoutUnreadable as error:
            missing = f"{checkout} does not hold {head}, the head of #{number}"
            raise UsageError(f"{missing}: git fetch origin refs/pull/{number}/head") from error
        proposals, _ = _read(order, checkout, head, tell)
        shown = forge.patches(requests, order.repository, number)
        made = review(proposals, shown, head, forge.line_comments(requests, order.repository, number))
        for group, reason in made.left_out:
            tell(f"{group}: left out: {reason}")
        if made.comments:
            forge.post(requests, order.repository, number, made)
            yield Done(Kind.REVIEW, "", "", number, _comments(len(made.comments)))
        else:
            yield Done(Kind.LEAVE, "", "", number, "nothing new to say")


def _comments(count: int) -> str:
    return "1 comment" if count == 1 else f"{count} comments"


def _check(order: Order) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing and order.forge != "git":
        raise MissingExtra(f"`codeopt bot` needs {', '.join(missing)}: pip install 'codeopt[bot]'")
    if not _REPOSITORY[order.forge].fullmatch(order.repository):
        raise UsageError(f"--repository: {order.repository!r} is not OWNER/NAME")
    if order.review is None and not _BRANCH.fullmatch(order.base):
        raise UsageError(f"--base: {order.base!r} is no name of a branch")
    if order.review is not None and order.forge != "github":
        raise UsageError("--review: only with `--forge github`")


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

    kind = GitHub if order.forge == "github" else GitLab
    with _requests(order, show) as requests:
        yield kind(requests, order.repository, order.base)


@contextmanager
def _requests(order: Order, show: Callable[[str], None]) -> Iterator[Requests]:
    from codeopt.bot import github, gitlab
    from codeopt.bot.requests import Sending, Showing
    from codeopt.bot.retry import Clock

    def show_request(method: str, path: str, body: Mapping[str, Any] | None) -> None:
        show(f"{method} {path} {json.dumps(body, ensure_ascii=False)}" if body else f"{method} {path}")

    if order.forge == "github":
        address, headers = os.environ.get("GITHUB_API_URL") or github.ADDRESS, github.headers
    else:
        address, headers = os.environ.get("CI_API_V4_URL") or gitlab.ADDRESS, gitlab.headers
    with Sending(address, headers(_token(*_TOKENS[order.forge])), Clock()) as sending:
        yield Showing(sending, show_request) if order.dry_run else sending


def _token(*names: str) -> str:
    for name in names:
        if token := os.environ.get(name, "").strip():
            return token
    raise UsageError(f"no token to write with: set {' or '.join(names)}")


def line(done: Done, *, dry_run: bool) -> str:
    """What was done, for people."""
    number = f"#{done.number}" if done.number else ""
    words = ("would be" if dry_run else "", done.kind, number, done.group or done.branch)
    return f"{' '.join(filter(None, words))}: {done.reason}"


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

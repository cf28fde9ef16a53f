"""The verb that opens and maintains pull requests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codeopt.commands.bot import FORGES, GROUPS
from codeopt.config import project_root
from codeopt.flags import PATHS

if TYPE_CHECKING:
    from codeopt.bot.run import Done


@click.command()
@click.option("--artifact", required=True, type=PATHS, metavar="FILE", help="JSON report of `suggest`.")
@click.option("--forge", type=click.Choice(FORGES), default="github", help="What --repository is on.")
@click.option("--repository", required=True, metavar="NAME", help="OWNER/NAME; with `git` a URL or path.")
@click.option("--base", default="", metavar="BRANCH", help="The branch to offer changes to.")
@click.option("--most-open", type=click.IntRange(0), default=5, help="Pull requests at once (default: 5).")
@click.option("--group", type=click.Choice(GROUPS), default="function", help="What one is for.")
@click.option(
    "--review", type=click.IntRange(1), metavar="NUMBER", help="Comment on this pull request instead."
)
@click.option("--dry-run", is_flag=True, help="Print the requests that would write, and send none.")
@click.option("--github-output", type=PATHS, metavar="FILE", help="Add what was done as `name=value` lines.")
def bot(
    artifact: Path, forge: str, repository: str, base: str, most_open: int, group: str, review: int | None,
    dry_run: bool, github_output: Path | None,
) -> None:  # fmt: skip
    """Open and maintain pull requests from a report; runs nothing of the repository.

    The token is read from CODEOPT_TOKEN, GITHUB_TOKEN or GH_TOKEN, the address of GitHub's interface from
    GITHUB_API_URL; for GitLab from CODEOPT_TOKEN, GITLAB_TOKEN or GITLAB_PRIVATE_TOKEN, and CI_API_V4_URL.
    """
    from codeopt.commands.bot import Order, line, outputs
    from codeopt.commands.bot import bot as run

    order = Order(artifact, forge, repository, base, most_open, group, dry_run, review)
    done: list[Done] = []
    try:
        for one in run(
            order, project_root(), lambda said: click.echo(f"codeopt: {said}", err=True), click.echo
        ):
            click.echo(line(one, dry_run=dry_run))
            done += [] if dry_run else [one]
    finally:
        if github_output is not None:
            with github_output.open("a", encoding="utf-8") as file:
                file.write(outputs(done))

"""Verbs that set a project up for codeopt, and say what is there: `init`, `doctor`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from codeopt.config import ISOLATIONS
from codeopt.flags import ASIDE, PATHS, configure, in_color, print_report, shared, split


@click.command()
@click.option("--isolation", type=click.Choice(ISOLATIONS), help="The rung to be used.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--config", "config_file", type=PATHS, metavar="FILE", help="Read [tool.codeopt] of FILE.")
def doctor(isolation: str | None, form: str, config_file: Path | None) -> None:
    """Say what works here: packages, the sandbox and its rungs, measuring, workloads."""
    from codeopt.commands.doctor import examine
    from codeopt.report.json import encode_json
    from codeopt.report.text import doctor_text

    config, root = configure(config_file, isolation=isolation)
    findings = list(examine(config, root))
    if form == "json":
        click.echo(encode_json({"version": 1, "findings": findings}))
    else:
        click.echo(doctor_text(findings, color=in_color(None)), nl=False)
    raise SystemExit(1 if any(finding.state == "missing" for finding in findings) else 0)


@click.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--append", is_flag=True, help="Add what is missing to the workload file that is there.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--time-budget", type=click.FloatRange(0), metavar="SECONDS", help="For the whole run.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@shared
def init(paths: tuple[Path, ...], append: bool, yes: bool, dry_run: bool, form: str, **flags: Any) -> None:
    """Say which functions have which workload, and write a file to edit for the others."""
    from codeopt.commands.init import finish, survey
    from codeopt.report.survey import survey_report

    flags["select"], flags["ignore"] = split(flags["select"]), split(flags["ignore"])
    config, root = configure(**{name: value for name, value in flags.items() if name not in ASIDE})
    found = survey(paths or (Path(),), config, root)
    print_report(survey_report(found, form), flags["output"])
    if found.text and not dry_run:
        agreed = yes or (sys.stdin.isatty() and click.confirm(f"write {found.file}?", err=True))
        click.echo(f"codeopt: {finish(found, root, append=append, agreed=agreed)}", err=True)


VERBS = (doctor, init)
"""Commands for the command line to have."""

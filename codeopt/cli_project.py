"""Verbs that set a project up for codeopt, say what is there, and take away what was kept."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from codeopt.cli_bot import bot
from codeopt.config import ISOLATIONS, project_root
from codeopt.flags import ASIDE, PATHS, configure, in_color, print_report, shared, split


@click.command()
@click.option("--isolation", type=click.Choice(ISOLATIONS), help="The rung to be used.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--config", "config_file", type=PATHS, metavar="FILE", help="Read [tool.codeopt] of FILE.")
def doctor(isolation: str | None, form: str, config_file: Path | None) -> None:
    """Say what works here: packages, the sandbox and its rungs, measuring, workloads, git, tokens."""
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
@click.option("--workloads/--no-workloads", default=True, help="Whether to look for workloads at all.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--time-budget", type=click.FloatRange(0), metavar="SECONDS", help="For the whole run.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@shared
def init(
    paths: tuple[Path, ...], append: bool, workloads: bool, yes: bool, dry_run: bool, form: str, **flags: Any
) -> None:
    """Say which functions have which workload; propose a file to edit for the others, the configuration,
    the hook for pre-commit, and a job for CI."""
    from codeopt.commands.set_up import pieces, write_piece
    from codeopt.report.survey import Survey, survey_report

    flags["select"], flags["ignore"] = split(flags["select"]), split(flags["ignore"])
    config, root = configure(**{name: value for name, value in flags.items() if name not in ASIDE})
    if workloads:
        from codeopt.commands.init import survey

        found = replace(survey(paths or (Path(),), config, root), pieces=pieces(root))
    else:
        found = Survey((), (), "", "", False, pieces(root), workloads=False)
    print_report(survey_report(found, form), flags["output"])
    if dry_run:
        return
    if found.text:
        from codeopt.commands.init import finish

        agreed = _agreed(f"write {found.file}?", yes)
        click.echo(f"codeopt: {finish(found, root, append=append, agreed=agreed)}", err=True)
    for piece in filter(lambda piece: piece.text, found.pieces):
        verb = "add to" if piece.exists else "write"
        done = "nothing was written; --yes writes without asking"
        if _agreed(f"{verb} {piece.file}?", yes):
            done = write_piece(piece, root)
        click.echo(f"codeopt: {piece.file}: {done}", err=True)


def _agreed(question: str, yes: bool) -> bool:
    return yes or (sys.stdin.isatty() and click.confirm(question, err=True))


@click.command()
@click.option("--yes", "-y", is_flag=True, help="Remove traces, generated workloads and the last run too.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def clean(yes: bool, dry_run: bool, form: str) -> None:
    """Remove what is kept under `.codeopt/` and can be made again; say how many bytes that was."""
    from codeopt.commands.clean import clean as remove
    from codeopt.commands.clean import clean_plan
    from codeopt.report.cleaned import clean_report

    root = project_root()
    plan = clean_plan(root, everything=yes)
    if not dry_run:
        remove(root, plan)
    print_report(clean_report(plan, root, form, done=not dry_run), None)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that makes SHELL complete verbs, flags and files, for its start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "one of the shells that click knows"
    script = kind(context.find_root().command, {}, "codeopt", "_CODEOPT_COMPLETE").source()
    print_report(script.strip("\n") + "\n", None)


@click.command("config-schema")
@click.option("--output", type=PATHS, metavar="FILE", help="Write the schema to FILE.")
def config_schema(output: Path | None) -> None:
    """Print the JSON schema of a TOML file with [tool.codeopt], for editors and checks."""
    from codeopt.config_schema import config_schema as schema
    from codeopt.report.json import encode_json

    print_report(encode_json(schema()) + "\n", output)


VERBS = (bot, clean, completion, config_schema, doctor, init)
"""Commands for the command line to have."""

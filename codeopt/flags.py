"""Flags that verbs have in common, and how their values are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from codeopt.config import Config, load_config, project_root, with_flags
from codeopt.edit import Trust
from codeopt.errors import UsageError
from codeopt.source import write_atomic

PATHS = click.Path(path_type=Path)
TRUST = click.Choice([level.value for level in Trust])
FORMS = click.Choice(["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "patch"])
ASIDE = ("output", "no_cache", "quiet", "verbose")
"""Shared flags that are no part of the configuration."""

Reports = tuple[tuple[str, Path], ...]
"""Forms of a report, and the files to write them to."""


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Flags that every verb which looks at code has."""
    options = [
        click.option(
            "--select", multiple=True, metavar="CODES", help="Only these rules (codes, prefixes, names)."
        ),
        click.option("--ignore", multiple=True, metavar="CODES", help="All but these rules."),
        click.option("--output", type=PATHS, metavar="FILE", help="Write the report to FILE."),
        click.option(
            "--config", "config_file", type=PATHS, metavar="FILE", help="Read [tool.codeopt] of FILE."
        ),
        click.option("--jobs", type=click.IntRange(0), help="Processes to use (0: one a core)."),
        click.option("--no-cache", is_flag=True, help="Keep no results, and use none."),
        click.option("--quiet", "-q", is_flag=True, help="No progress."),
        click.option("--verbose", "-v", is_flag=True, help="More progress."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def also_reported(command: Callable[..., None]) -> Callable[..., None]:
    """The flag for more reports of one run than the one that is printed: pairs of form and file."""

    def read(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Any:
        return tuple(_report(value) for value in values)

    told = "Write the report in this form to FILE too (repeatable)."
    flag = click.option("--report", "reports", multiple=True, metavar="FORM=FILE", callback=read, help=told)
    return flag(command)


def _report(value: str) -> tuple[str, Path]:
    form, _, file = value.partition("=")
    if form not in FORMS.choices or not file:
        raise click.BadParameter(f"{value!r} is not FORM=FILE with FORM one of {', '.join(FORMS.choices)}")
    return form, Path(file)


def some_of(choices: Sequence[str]) -> Callable[..., tuple[str, ...] | None]:
    """Reads several of some names, given one by one or with commas; `none` alone is none of them."""

    def read(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Any:
        names = split(values)
        wrong = [name for name in names if name not in (*choices, "none")]
        if wrong:
            raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(choices)}")
        return names or None

    return read


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a flag that may be given several times, each with commas or spaces."""
    return tuple(part for value in values for part in value.replace(",", " ").split())


def configure(config_file: Path | None, **flags: Any) -> tuple[Config, Path]:
    """The configuration with these flags in place, and the root of the project.

    Raises ConfigError for a file that cannot be read or understood.
    """
    root = project_root()
    return with_flags(load_config(config_file, root), flags), root


def print_report(text: str, output: Path | None) -> None:
    """Write a report to standard output or, in one step, into a file. Raises UsageError if that fails."""
    if output is not None:
        try:
            write_atomic(output, text.encode(errors="surrogateescape"))
        except OSError as error:
            raise UsageError(f"{output}: the report cannot be written: {error.strerror}") from error
        return
    sys.stdout.write(text)
    sys.stdout.flush()


def in_color(output: Path | None) -> bool:
    """Whether a report goes to a terminal that wants colour."""
    return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")

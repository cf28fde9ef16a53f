"""`codeopt suggest --baseline` and `--write-baseline`: the gate in place of the search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from codeopt.config import Config
from codeopt.flags import Reports, in_color, print_report
from codeopt.gate.entry import GateEntry


def run_gate(
    baseline: str | None,
    write_to: Path | None,
    paths: Sequence[Path],
    config: Config,
    root: Path,
    form: str,
    reports: Reports,
    output: Path | None,
    *,
    verbose: bool,
) -> int:
    """Compare with a baseline, then keep one, each where asked for; returns the code to exit with.

    With `verbose`, entries are told on stderr as they come.
    """
    from codeopt.commands.gate import gate, write_baseline
    from codeopt.report.gate import entry_line, gate_report

    def tell(entry: GateEntry) -> None:
        if verbose:
            click.echo(entry_line(entry, color=False), err=True)

    code = 0
    if baseline is not None:
        outcome = gate(baseline, paths, config, root, tell)
        for another, file in reports:
            print_report(gate_report(outcome, another, color=False), file)
        print_report(gate_report(outcome, form, color=in_color(output)), output)
        code = 130 if outcome.interrupted else int(bool(outcome.grew))
    if write_to is not None and code != 130:
        for problem in write_baseline(write_to, config, root):
            told = f"{problem.path}:{problem.line}: not in the baseline: {problem.message}"
            click.echo(f"codeopt: {told}", err=True)
    return code


def refuse_with_gate(**given: object) -> None:
    """Raises click.UsageError for flags of the search that were given."""
    flags = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if flags:
        raise click.UsageError(
            f"{', '.join(flags)}: not with --baseline or --write-baseline, which search nothing"
        )

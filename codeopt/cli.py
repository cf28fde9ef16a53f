"""The command line: parses, calls a verb, prints its report, exits with the contract's code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from codeopt import __version__
from codeopt.cli_gate import refuse_with_gate, run_gate
from codeopt.cli_project import VERBS
from codeopt.config import ISOLATIONS, ORIGINS, project_root
from codeopt.edit import Trust
from codeopt.errors import CodeoptError
from codeopt.flags import (
    FORMS,
    PATHS,
    TRUST,
    Reports,
    also_reported,
    configure,
    in_color,
    print_report,
    shared,
    some_of,
    split,
)
from codeopt.source import unless_excluded


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="codeopt")
def app() -> None:
    """Lower the peak memory of Python ML code, and prove that nothing else changed."""


def _tell_rule_problems() -> None:
    from codeopt.registry import rule_problems

    for problem in rule_problems():
        click.echo(f"codeopt: {problem.path}:{problem.line}: {problem.message}", err=True)


@app.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--fix", is_flag=True, help="Write rewrites of trust `exact`.")
@click.option("--allow", type=TRUST, help="Report, and with --fix write, up to this trust level.")
@click.option("--format", "form", type=FORMS, default="text")
@click.option("--force-exclude", is_flag=True, help="Leave out what is excluded, even if named here.")
@click.option("--baseline", type=PATHS, metavar="FILE", help="Leave out the known findings that FILE holds.")
@click.option("--write-baseline", type=PATHS, metavar="FILE", help="Write the findings to FILE as known.")
@also_reported
@shared
def check(
    paths: tuple[Path, ...], fix: bool, allow: str | None, form: str, force_exclude: bool,
    baseline: Path | None, write_baseline: Path | None, reports: Reports, select: tuple[str, ...],
    ignore: tuple[str, ...], output: Path | None, config_file: Path | None, jobs: int | None, no_cache: bool,
    quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Find memory anti-patterns without running any code."""
    from codeopt.commands.check import Wanted
    from codeopt.commands.check import check as run
    from codeopt.report.forms import IN_TERMS_OF_LINES, check_report

    if baseline and write_baseline:
        raise click.UsageError("--baseline and --write-baseline exclude each other")
    config, root = configure(
        config_file, select=split(select), ignore=split(ignore), jobs=jobs,
        allow=Trust(allow) if allow else None,
    )  # fmt: skip
    chosen: Sequence[Path] = paths or (Path(),)
    if force_exclude:
        chosen = unless_excluded(chosen, config.exclude, root)
    trust = Trust(allow) if allow else Trust.EXACT
    forms = {form, *(another for another, _ in reports)}
    texts = bool(forms & IN_TERMS_OF_LINES or baseline or write_baseline)
    wanted = Wanted(trust if fix else None, texts, trust if "patch" in forms else None)
    outcome = run(chosen, config, root, wanted, None if no_cache else root / ".codeopt" / "cache")
    if accepted := baseline or write_baseline:
        from codeopt.baseline import held_against, written_to

        known = (held_against if baseline else written_to)(outcome, accepted, root)
        outcome = known.outcome
        click.echo(known.told, err=True, nl=False)
    for another, file in reports:
        print_report(check_report(outcome, another, color=False), file)
    print_report(check_report(outcome, form, color=in_color(output)), output)
    raise SystemExit(1 if outcome.sites or outcome.problems else 0)


@app.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--workloads", multiple=True, metavar="FILE", help="Workload file (repeatable).")
@click.option("--target", multiple=True, metavar="PATH::QUALNAME", help="Only this target (repeatable).")
@click.option(
    "--run",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Judge by whole runs of this command, in place of workloads (repeatable).",
)
@click.option(
    "--origins", multiple=True, metavar="NAMES", callback=some_of(ORIGINS),
    help=f"Where to look for workloads beside the declared ones: {', '.join(ORIGINS)}, or none.",
)  # fmt: skip
@click.option("--allow", type=TRUST, help="Accept rewrites up to this trust level (default: close).")
@click.option("--budget", type=click.IntRange(1), help="Candidate evaluations per target.")
@click.option("--time-budget", type=click.FloatRange(0), metavar="SECONDS", help="For the whole run.")
@click.option("--seed", type=int, help="Seed of the search and of the inputs.")
@click.option(
    "--min-saving", type=click.FloatRange(0, 100), metavar="PERCENT", help="Least saving to suggest."
)
@click.option("--objective", type=click.Choice(["peak", "time", "both"]), help="What to lower.")
@click.option("--fail-on-suggestion", is_flag=True, help="Exit with 1 if anything is suggested.")
@click.option("--baseline", metavar="REF|FILE", help="Search nothing: fail if a peak grew since then.")
@click.option("--write-baseline", type=PATHS, metavar="FILE", help="Keep what --baseline compares with.")
@click.option("--format", "form", type=FORMS, default="text")
@also_reported
@shared
def suggest(
    paths: tuple[Path, ...], workloads: tuple[str, ...], target: tuple[str, ...], commands: tuple[str, ...],
    origins: tuple[str, ...] | None, allow: str | None, budget: int | None, time_budget: float | None,
    seed: int | None, min_saving: float | None, objective: str | None, fail_on_suggestion: bool,
    baseline: str | None, write_baseline: Path | None, form: str, reports: Reports,
    select: tuple[str, ...], ignore: tuple[str, ...], output: Path | None, config_file: Path | None,
    jobs: int | None, no_cache: bool, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Find, prove and measure rewrites; print them ranked, and keep them for `apply`."""
    from codeopt.commands.suggest import suggest as run
    from codeopt.report.forms import suggest_report
    from codeopt.report.progress import Progress
    from codeopt.store import save_refused, save_run

    config, root = configure(
        config_file, select=split(select), ignore=split(ignore), jobs=jobs, workloads=workloads,
        target=target, allow=Trust(allow) if allow else None, budget=budget, time_budget=time_budget,
        seed=seed, min_saving=min_saving, objective=objective, run=commands, origins=origins,
    )  # fmt: skip
    if baseline is not None or write_baseline is not None:
        refuse_with_gate(
            run=commands, allow=allow, budget=budget, objective=objective, select=select, ignore=ignore
        )  # fmt: skip
        chosen = paths or (Path(),)
        code = run_gate(
            baseline, write_baseline, chosen, config, root, form, reports, output, verbose=verbose
        )  # fmt: skip
        raise SystemExit(code)
    outcome = run(paths or (Path(),), config, root, Progress(verbosity=verbose - quiet))
    if outcome.stats is not None and not outcome.stats.targets and not outcome.interrupted:
        message = "no workload was declared or found, so nothing could be run; see the docs on workloads"
        click.echo(f"codeopt: {message}", err=True)
    try:
        save_run(root, outcome.suggestions)
        save_refused(root, outcome.rejections)
    except OSError as error:
        click.echo(f"codeopt: the suggestions could not be kept for `apply`: {error}", err=True)
    for another, file in reports:
        print_report(suggest_report(outcome, another, color=False), file)
    print_report(suggest_report(outcome, form, color=in_color(output)), output)
    if outcome.interrupted:
        raise SystemExit(130)
    raise SystemExit(1 if fail_on_suggestion and outcome.suggestions else 0)


@app.command(context_settings={"allow_interspersed_args": False})
@click.option("--source", multiple=True, type=PATHS, metavar="PATH", help="Code to record (repeatable).")
@click.option("--calls", type=click.IntRange(1), default=5, help="Calls to keep of a function (default: 5).")
@click.option("--time-limit", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Stop it then.")
@click.option("--select", multiple=True, metavar="CODES", help="Only functions with sites of these rules.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not those of these rules.")
@click.option("--config", "config_file", type=PATHS, metavar="FILE", help="Read [tool.codeopt] of FILE.")
@click.option("--quiet", "-q", is_flag=True, help="No report.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def trace(
    source: tuple[Path, ...], calls: int, time_limit: float, select: tuple[str, ...], ignore: tuple[str, ...],
    config_file: Path | None, quiet: bool, command: tuple[str, ...],
) -> None:  # fmt: skip
    """Run COMMAND (put `--` before it), and record calls of functions that hold sites, as workloads."""
    from codeopt.commands.trace import trace as run
    from codeopt.report.traced import trace_text

    config, root = configure(config_file, select=split(select), ignore=split(ignore))
    traced = run(command, source or (Path(),), config, root, calls, time_limit)
    if not quiet:
        click.echo(trace_text(traced, root / ".codeopt" / "traces"), err=True, nl=False)
    raise SystemExit(traced.code)


@app.command()
@click.argument("old", type=PATHS)
@click.argument("new", type=PATHS)
@click.option("--target", required=True, metavar="QUALNAME", help="The function or class in both files.")
@click.option("--workloads", multiple=True, metavar="FILE", help="Workload file (repeatable).")
@click.option("--call", default="", metavar="ARGUMENTS", help="Arguments of a call, in place of a workload.")
@click.option("--case", default="", help="Only this case, as a counterexample names it.")
@click.option("--allow", type=TRUST, help="Weakest level that counts as the same (default: close).")
@click.option("--seed", type=int, help="Seed of the inputs.")
@click.option("--cases", type=click.IntRange(1), help="Inputs to draw.")
@click.option("--isolation", type=click.Choice(ISOLATIONS), help="Rung of the sandbox.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--output", type=PATHS, metavar="FILE", help="Write the report to FILE.")
@click.option("--config", "config_file", type=PATHS, metavar="FILE", help="Read [tool.codeopt] of FILE.")
def prove(
    old: Path, new: Path, target: str, workloads: tuple[str, ...], call: str, case: str, allow: str | None,
    seed: int | None, cases: int | None, isolation: str | None, form: str, output: Path | None,
    config_file: Path | None,
) -> None:  # fmt: skip
    """Hold two versions of a function against each other: the same, or where they differ."""
    from codeopt.commands.environment import need_run_extra

    need_run_extra("prove")
    from codeopt.commands.prove import prove as run
    from codeopt.equivalence.verdict import Same
    from codeopt.report.json import prove_json
    from codeopt.report.text import prove_text

    config, root = configure(
        config_file, workloads=workloads, allow=Trust(allow) if allow else None, seed=seed, cases=cases,
        isolation=isolation,
    )  # fmt: skip
    outcome = run(old, new, target, config, root, call, case)
    report = prove_json(outcome) + "\n" if form == "json" else prove_text(outcome, color=in_color(output))
    print_report(report, output)
    raise SystemExit(0 if isinstance(outcome.verdict, Same) else 1)


@app.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every suggestion of the last run.")
def apply(ids: tuple[str, ...], everything: bool) -> None:
    """Write suggestions of the last run into their files."""
    from codeopt.commands.apply import apply as run
    from codeopt.report.text import format_bytes

    if not ids and not everything:
        raise click.UsageError("name the suggestions to apply by id, or give --all")
    outcome = run(ids, project_root(), everything=everything)
    for suggestion in outcome.applied:
        saved = format_bytes(suggestion.saved_bytes)
        click.echo(f"applied {suggestion.id} {suggestion.path} {suggestion.function} (saves {saved})")
    for suggestion, reason in outcome.refused:
        click.echo(f"codeopt: {suggestion.id} not applied: {reason}", err=True)
    if not outcome.applied and not outcome.refused:
        click.echo("nothing to apply")
    raise SystemExit(2 if outcome.refused else 0)


@app.command()
@click.argument("code")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def explain(code: str, form: str) -> None:
    """Show the page of a rule, named by code or name."""
    from codeopt.commands.explain import describe, find_page, page_text
    from codeopt.report.json import encode_json

    _tell_rule_problems()
    loaded = find_page(code)
    click.echo(encode_json(describe(loaded)) if form == "json" else page_text(loaded), nl=form == "json")


@app.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def rules(form: str) -> None:
    """List the rules."""
    from codeopt.commands.explain import describe, list_text
    from codeopt.registry import load_rules, rule_problems
    from codeopt.report.json import encode_json

    if form == "json":
        listed = [describe(loaded) for loaded in load_rules()]
        click.echo(encode_json({"version": 1, "rules": listed, "errors": rule_problems()}))
    else:
        _tell_rule_problems()
        click.echo(list_text(), nl=False)


@app.command("new-rule")
@click.argument("name")
@click.option("--path", "folder", type=PATHS, default=Path(), metavar="DIR", help="Project of the rule.")
@click.option("--prefix", default="", metavar="LETTERS", help="Letters that its code begins with.")
def new_rule(name: str, folder: Path, prefix: str) -> None:
    """Write a rule that works, its pair and its test, to turn into your own."""
    from codeopt.commands.new_rule import new_rule as write

    written = write(name, folder, prefix)
    for file in written.files:
        click.echo(f"wrote {file}")
    if written.snippet:
        click.echo(f"add this to {folder / 'pyproject.toml'}:\n\n{written.snippet}")
    click.echo(f"{written.code} {name} works as it stands: run pytest, then make it yours")


@app.command("measure-pair")
@click.argument("code")
@click.argument("file", type=PATHS)
def measure_pair(code: str, file: Path) -> None:
    """Run a rule's pair program before and after the rule, and print what `RULE.pair` states."""
    from codeopt.commands.measure_pair import measure_pair as run
    from codeopt.commands.measure_pair import pair_text

    _tell_rule_problems()
    measured = run(code, file)
    click.echo(pair_text(measured), nl=False)
    raise SystemExit(0 if measured.pays else 1)


for verb in VERBS:
    app.add_command(verb)


def _print_nothing_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 clean, 1 found, 2 usage or internal error, 130 on Ctrl-C."""
    try:
        code = app.main(args=arguments, prog_name="codeopt", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except CodeoptError as error:
        click.echo(f"codeopt: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        # What is left to print may be what could not be: without this, the end would wait for it again.
        _print_nothing_more()
        click.echo("codeopt: interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # The reader of a pipe went away; there is nobody left to tell.
        _print_nothing_more()
        code = 2
    except Exception as error:
        click.echo(f"codeopt: internal error: {type(error).__name__}: {error}", err=True)
        if os.environ.get("CODEOPT_DEBUG"):
            raise
        code = 2
    raise SystemExit(code or 0)

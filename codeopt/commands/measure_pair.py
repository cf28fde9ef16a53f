"""`codeopt measure-pair`: what a rule saves on its pair program, as the rule states it."""

from __future__ import annotations

from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.commands.environment import need_run_extra
from codeopt.commands.explain import find_rule
from codeopt.edit import Trust
from codeopt.errors import UsageError
from codeopt.testing import Measured, check_pair
from codeopt.testing import measure_pair as measure


def measure_pair(code: str, file: Path) -> Measured:
    """Measure the rule with this code or name on the pair program `file`.

    Raises UsageError for a file that is no pair of this rule, MissingExtra without the extra `run`,
    UntrustedCode for the code of a fork beside a token that may write.
    """
    refuse_foreign_code("measure-pair", file.parent)
    need_run_extra("measure-pair")
    loaded = find_rule(code)
    for wrong in check_pair(loaded, file):
        raise UsageError(wrong)
    return measure(loaded, file)


def pair_text(measured: Measured) -> str:
    """One line for people, one to paste into the rule."""
    rule, pair = measured.loaded.rule, measured.pair
    head = f"{rule.code} {rule.name}"
    if pair is None:
        return f"{head}: {measured.problem}\n"
    result = measured.problem or ("same bits" if rule.trust is Trust.EXACT else "close")
    saved = f"{pair.before} MiB before, {pair.after} MiB after, {measured.saved:.0%} saved"
    verdict = "pays" if measured.pays else "does not pay"
    stated = f'pair=Pair("{pair.id}", {pair.before}, {pair.after}),'
    return f"{head}: {saved}; {result}; {verdict}\n    {stated}\n"

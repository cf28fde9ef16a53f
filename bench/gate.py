"""The memory gate on a repository of corpus programs: a commit that doubles a peak, and ten that do not.

Each commit is gated TIMES times against the one before it. Prints a table in Markdown: how often the gate
failed, the verdicts, and the median of its seconds.

Run: python bench/gate.py [TIMES]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
PROGRAMS = ("softmax", "kmeans", "log_records", "mlp_training", "feature_table")
TIMES = 10


class Commit(NamedTuple):
    """A change of one program: `old` becomes `new`; `fails` says what the gate should do."""

    what: str
    program: str
    old: str
    new: str
    fails: bool = False


UNRELATED = (
    Commit("another docstring", "softmax", '"""Class probabilities of', '"""Probabilities of'),
    Commit("another constant", "softmax", "EPSILON = 1e-6", "EPSILON = 1e-7"),
    Commit("a local renamed", "kmeans", "difference", "apart"),
    Commit("a check at the start", "kmeans", "    rng = np.random.default_rng(seed)\n    centres",
           "    if k < 1:\n        raise ValueError(k)\n    rng = np.random.default_rng(seed)\n    centres"),
    Commit("an import of the standard library", "log_records", "import hashlib\n",
           "import argparse\nimport hashlib\n"),
    Commit("a comparison written otherwise", "log_records", "worst = max(worst, record[\"loss\"])",
           "worst = record[\"loss\"] if record[\"loss\"] > worst else worst"),
    Commit("a class added", "mlp_training", "def train_epoch(",
           "class History(list):\n    \"\"\"Losses.\"\"\"\n\n\ndef train_epoch("),
    Commit("one more figure kept", "mlp_training", '"worst": worst}', '"worst": worst, "best": best}'),
    Commit("a function moved into another", "feature_table",
           '    return table["price"] * table["quantity"] * (1.0 + tax)',
           '    def with_tax(value):\n        return value * (1.0 + tax)\n\n'
           '    return with_tax(table["price"] * table["quantity"])'),
    Commit("a function that nothing calls", "feature_table", "def revenue(",
           "def orders_of(table, country):\n    return table[table.country == country]\n\n\ndef revenue("),
)  # fmt: skip
DOUBLES = Commit(
    "four arrays kept to the end", "softmax", "    totals = exps",
    "    kept = [a.copy() for a in (scores, scaled, shifted, exps)]\n    totals = 0 * kept[0][:, :1] + exps",
    fails=True,
)  # fmt: skip


def main() -> None:
    """Gate every commit, and exit with 1 if any verdict is not the one expected."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    wrong = 0
    print(
        "| commit | program | should fail | failed | verdicts | seconds |\n|---|---|---|---:|---|---:|",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="codeopt-gate-") as name:
        folder = Path(name)
        _lay_out(folder)
        for commit in (*UNRELATED, DOUBLES):
            _make(folder, commit)
            codes, verdicts, seconds = _gate(folder, times)
            failed = codes[1]
            wrong += times - codes[int(commit.fails)]
            told = (
                ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
                or "nothing changed"
            )
            should = "yes" if commit.fails else "no"
            row = (commit.what, commit.program, should, f"{failed} of {times}", told, f"{seconds:.1f}")
            print(f"| {' | '.join(row)} |", flush=True)
    print(f"\n{wrong} of {times * (len(UNRELATED) + 1)} runs ended otherwise than they should")
    raise SystemExit(int(wrong > 0))


def _lay_out(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\nname = 'programs'\n", encoding="utf-8")
    for program in PROGRAMS:
        shutil.copytree(
            CORPUS / program, folder / program, ignore=shutil.ignore_patterns("best.py", "__pycache__")
        )
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "first")


def _make(folder: Path, commit: Commit) -> None:
    file = folder / commit.program / f"{commit.program}.py"
    text = file.read_text(encoding="utf-8")
    if commit.old not in text:
        raise SystemExit(f"{commit.program}: no {commit.old!r}")
    file.write_text(text.replace(commit.old, commit.new), encoding="utf-8")
    _git(folder, "commit", "-qam", commit.what)


def _gate(folder: Path, times: int) -> tuple[Counter[int], Counter[str], float]:
    """Exit codes, verdicts and the median of the seconds of so many runs."""
    codes: Counter[int] = Counter()
    verdicts: Counter[str] = Counter()
    seconds = []
    command = [sys.executable, "-m", "codeopt", "suggest", "--baseline", "HEAD~1", "--format", "json"]
    for _ in range(times):
        begin = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - begin)
        codes[done.returncode] += 1
        if done.returncode > 1:
            raise SystemExit(done.stderr)
        verdicts.update(entry["verdict"] for entry in json.loads(done.stdout)["gate"])
    return codes, verdicts, statistics.median(seconds)


def _git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *author, *words], cwd=folder, env=variables, check=True, capture_output=True)


if __name__ == "__main__":
    main()

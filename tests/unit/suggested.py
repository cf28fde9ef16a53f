"""Suggestions as a run would make them, for tests of reports."""

from __future__ import annotations

import json
from typing import Any

from codeopt.edit import Trust
from codeopt.equivalence.verdict import Same
from codeopt.notebook import read_notebook
from codeopt.report.outcome import SuggestOutcome
from codeopt.source import Problem
from codeopt.suggestion import (
    Figures,
    FileChange,
    ParetoPoint,
    Rejection,
    SiteReport,
    Stats,
    Suggestion,
    UnprovenSite,
)
from codeopt.workload.coverage import Coverage

BEFORE = "import numpy as np\n\n\ndef f(x):\n    y = np.exp(x)\n    z = y * 2\n    return z.sum()\n"
AFTER = BEFORE.replace("    z = y * 2\n", "    z = y\n    z *= 2\n    del y\n").replace(
    "np.exp(x)", "np.exp(x, x)"
)
CELL: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
    "source": BEFORE.splitlines(True),
}
NOTEBOOK = json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def suggestion(path: str = "src/a b.py", function: str = "f", cell: int | None = None) -> Suggestion:
    """Two edits in one function, of a file or of the only cell of a notebook."""
    if cell is None:
        change = FileChange(path, f"/p/{path}", BEFORE, AFTER)
    else:
        notebook = read_notebook(NOTEBOOK)
        python = notebook.python.replace(BEFORE, AFTER)
        whole = (NOTEBOOK, notebook.write(python))
        change = FileChange(path, f"/p/{path}", notebook.python, python, whole, "readable diff\n")
    return Suggestion(
        path, function, 4, Trust.CLOSE,
        sites=(
            SiteReport("MEM101", path, 5, 5, 1 << 20, cell), SiteReport("MEM103", path, 6, 7, 3 << 20, cell),
        ),
        changes=(change,), origin="declared", ref="codeopt_workloads.py:7", scale=1.0,
        baseline=Figures(16 << 20, 0.5, 20 << 20), optimized=Figures(8 << 20, 0.4, 12 << 20), floor_bytes=64,
        verdict=Same(Trust.CLOSE, 48, faults_planted=9, faults_caught=9),
        pareto=(ParetoPoint(("a",), 8 << 20, 0.4, Trust.CLOSE, 0.0),), coverage=Coverage(3, 3, 0, 0),
        cell=cell,
    )  # fmt: skip


def outcome() -> SuggestOutcome:
    """A run with something of everything."""
    return SuggestOutcome(
        {"python": "3.11.0", "numpy": None, "isolation": "rlimits"},
        [suggestion(), suggestion("n.ipynb", "f", 1)],
        [UnprovenSite("src/c.py", "g", 3, "MEM103", "no workload runs it")],
        [Rejection("src/c.py", "h", 9, ("MEM101",), "differs", "input 3: 1 is not 2")],
        [Problem("bad.py", 2, "cannot parse: invalid syntax")],
        Stats(3, 4, 2, 17, 1.25),
    )

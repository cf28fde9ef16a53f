"""Notebooks on the command line: found, fixed, suggested, applied, run and traced."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])  # squares é"
MAGICS = "%matplotlib inline\nimport numpy as np\n!pip install \\\n    nothing\nfiles = !ls\nnp?"
SCORES = "def scores(x):\n    squashed = np.tanh(x - x.mean())\n    return float(squashed.sum()) * SCALE"
WORKLOAD = """
import numpy as np
from codeopt import Call, workload
from n_ipynb import SCALE

@workload("n.ipynb::scores")
def build(scale, seed):
    rng = np.random.default_rng(seed)
    assert SCALE == 2.0
    return Call(args=(rng.standard_normal(max(1, int(1_000_000 * scale))),))
"""


def notebook(sources: Sequence[str]) -> str:
    cells: list[dict[str, object]] = [{"cell_type": "markdown", "metadata": {}, "source": "# Ü"}]
    for source in sources:
        outputs = [{"output_type": "stream", "name": "stdout", "text": ["é\n"]}]
        cell = {"cell_type": "code", "execution_count": 3, "metadata": {"x": 1}, "outputs": outputs}
        cells.append({**cell, "source": source.splitlines(keepends=True)})
    document = {"cells": cells, "metadata": {"b": 1, "a": 2}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def test_findings_name_the_cell_and_fixes_change_nothing_else(project: Path, codeopt: Run) -> None:
    text = notebook([MAGICS, f"%%time\n{FOUND}\n%timeit total('ab')", "%%bash\nls 'x", "def f(:"])
    file = project / "n.ipynb"
    file.write_bytes(text.encode())
    (project / ".ipynb_checkpoints").mkdir()
    (project / ".ipynb_checkpoints" / "n-checkpoint.ipynb").write_text(text)
    first, warm = codeopt("check"), codeopt("check")
    assert first.returncode == 1
    assert first.stdout.splitlines()[:2] == [
        "n.ipynb:cell 5:1: error: cannot parse: invalid syntax",
        "n.ipynb:cell 3:3:12: MEM101 [*] `sum` needs one item at a time; the list holds all of them "
        "(list-built-to-reduce)",
    ]
    assert warm.stdout == first.stdout
    report = json.loads(codeopt("check", "--format", "json").stdout)
    (finding,) = report["findings"]
    assert (finding["path"], finding["cell"], finding["line"], finding["column"]) == ("n.ipynb", 3, 3, 12)
    assert [(e["cell"], e["line"]) for e in report["errors"]] == [(5, 1)]
    data = f"%%time\n{FOUND}\n%timeit total('ab')".encode()
    for edit in reversed(finding["fix"]["edits"]):
        data = data[: edit["start"]] + edit["text"].encode() + data[edit["end"] :]
    fixed = FOUND.replace("([", "(").replace("])  #", ")  #")
    assert data.decode() == f"%%time\n{fixed}\n%timeit total('ab')"
    done = codeopt("check", "--fix")
    assert "Fixed 1 finding." in done.stdout
    assert file.read_bytes().decode() == text.replace(FOUND.splitlines()[1], fixed.splitlines()[1])
    assert codeopt("check").stdout.splitlines() == first.stdout.splitlines()[:1]


@pytest.mark.parametrize("comment", ["# codeopt: ignore[MEM101] few", "# noqa: MEM101", "# codeopt: ignore"])
def test_comments_in_cells_switch_findings_off(project: Path, codeopt: Run, comment: str) -> None:
    (project / "n.ipynb").write_text(notebook([MAGICS, FOUND.replace("# squares é", comment)]))
    done = codeopt("check")
    assert (done.returncode, done.stdout) == (0, "Nothing found in 1 file.\n")


def test_what_is_no_notebook_is_reported_and_the_rest_is_checked(project: Path, codeopt: Run) -> None:
    (project / "a.ipynb").write_text('{"nbformat": 3, "worksheets": []}')
    (project / "b.ipynb").write_text("")
    (project / "c.ipynb").write_text(notebook([FOUND]))
    (project / "d.ipynb").write_text(notebook(["x <- 1"]).replace('"b": 1', '"language_info": {"name": "R"}'))
    lines = codeopt("check").stdout.splitlines()
    assert lines[0].startswith("a.ipynb:1: error: notebook format 3 is not read")
    assert lines[1] == "b.ipynb:1: error: not a notebook: the file is empty"
    assert lines[2].startswith("c.ipynb:cell 2:2:12: MEM101")
    assert len(lines) == 4


def test_a_function_of_a_notebook_is_proven_and_applied(project: Path, codeopt: Run) -> None:
    data = "data = np.load('nowhere.npy')\nSCALE = 2.0"
    text = notebook([MAGICS, data, SCORES, "%timeit scores(data)\nscores(data)"])
    file = project / "n.ipynb"
    file.write_text(text)
    (project / "codeopt_workloads.py").write_text(WORKLOAD)
    done = codeopt("suggest", "--format", "json", "--budget", "3")
    report = json.loads(done.stdout)
    (suggestion,) = report["suggestions"]
    assert (suggestion["path"], suggestion["cell"], suggestion["function"]) == ("n.ipynb", 4, "scores")
    assert {(s["cell"], s["line"]) for s in suggestion["sites"]} == {(4, 2)}
    assert suggestion["optimized"]["peak_bytes"] < suggestion["baseline"]["peak_bytes"]
    new = json.loads(suggestion["source"])["cells"]
    old = json.loads(text)["cells"]
    assert [n for n, cell in enumerate(new) if cell != old[n]] == [3]
    (project / "fix.patch").write_text(suggestion["diff"])
    assert subprocess.run(["git", "apply", "--check", "fix.patch"], cwd=project, check=False).returncode == 0
    # It was run anew meanwhile; its code is the same.
    file.write_text(text.replace('"execution_count": 3', '"execution_count": 4'))
    assert codeopt("apply", "--all").returncode == 0
    assert file.read_text() == suggestion["source"].replace('"execution_count": 3', '"execution_count": 4')
    file.write_text(text.replace("SCALE = 2.0", "SCALE = 3.0"))
    refused = codeopt("apply", suggestion["id"])
    assert refused.returncode == 2
    assert "not applied" in refused.stderr


def test_a_whole_notebook_is_a_run(project: Path, codeopt: Run) -> None:
    sources = [
        MAGICS,
        "%%time\nimport os\nx = [1.0] * 300",
        FOUND.replace("len(n)", "len(n) * 2000"),
        "total(x)",
    ]
    (project / "sub").mkdir()
    (project / "sub" / "n.ipynb").write_text(notebook([*sources, "os.listdir('.')"]))
    done = codeopt(
        "suggest", "--run", "sub/n.ipynb", "--select", "MEM101", "--budget", "1", "--format", "json"
    )
    report = json.loads(done.stdout)
    assert report["errors"] == []
    (suggestion,) = report["suggestions"]
    assert suggestion["workload"]["origin"] == "run"
    assert [(s["rule"], s["cell"], s["line"]) for s in suggestion["sites"]] == [("MEM101", 4, 2)]
    assert suggestion["equivalence"]["level"] == "exact"


def test_calls_of_its_functions_are_recorded_while_a_notebook_runs(project: Path, codeopt: Run) -> None:
    sources = [MAGICS, "SCALE = 2.0", SCORES, "scores(np.arange(9.0))"]
    (project / "n.ipynb").write_text(notebook(sources))
    done = codeopt("trace", "--", "python", "-m", "codeopt.notebook_runner", "n.ipynb")
    assert done.returncode == 0, done.stderr
    assert "n.ipynb::scores: 1 call" in done.stderr

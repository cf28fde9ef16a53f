"""Reports of `suggest` to be read, and a repository that they are for."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeopt.bot.artifact import ArtifactLimits, ArtifactRefused, Reading
from codeopt.suggestion import unified_diff

BEFORE = "import numpy as np\n\n\ndef mean(x):\n    y = x * 2\n    return y.mean()\n"
AFTER = BEFORE.replace("y = x * 2\n    return y.mean()", "return (x * 2).mean()")
LIMITS = ArtifactLimits()


def cell(kind: str, source: list[str]) -> dict[str, Any]:
    outputs = {"execution_count": 3, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, **outputs, "source": source}


CELLS = [
    cell("markdown", ["# Title\n", "text"]),
    cell("code", ["%matplotlib inline\n", "y = x * 2\n", "z = y.mean()"]),
    cell("code", ["print(z)"]),
]


def notebook(*cells: dict[str, Any]) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


NOTEBOOK = notebook(*CELLS)
NEW_NOTEBOOK = NOTEBOOK.replace('"y = x * 2\\n"', '"y = x + x\\n"')


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *settings, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write_repository(root: Path) -> None:
    """A repository with files of every kind that a report could name."""
    git(root, "init", "-q", "-b", "main")
    (root / "src").mkdir()
    (root / "src/stats.py").write_text(BEFORE)
    (root / "src/marked.py").write_bytes(b"\xef\xbb\xbf" + BEFORE.replace("\n", "\r\n").encode())
    (root / "src/latin.py").write_bytes("# -*- coding: latin-1 -*-\nname = 'Zoë'\n".encode("latin-1"))
    (root / "nb.ipynb").write_text(NOTEBOOK)
    (root / "marked.ipynb").write_text("\ufeff" + NOTEBOOK)
    (root / "outside.py").symlink_to("/etc/hostname")
    (root / "linked").symlink_to("/tmp")
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/tool.py").write_text(BEFORE)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    (root / "src/untracked.py").write_text(BEFORE)


def suggestion(path: str = "src/stats.py", before: str = BEFORE, after: str = AFTER) -> dict[str, Any]:
    return {
        "id": "0123abcd",
        "path": path,
        "function": "mean",
        "line": 4,
        "rules": ["MEM210"],
        "trust": "exact",
        "sites": [{"rule": "MEM210", "path": path, "line": 5, "end_line": 6, "saved_bytes": 8_000_000}],
        "diff": unified_diff(path, before, after),
        "source": after,
        "other_files": [],
        "workload": {"origin": "declared", "ref": "w.py:3", "scale": 1.0, "coverage": {}},
        "baseline": {"peak_bytes": 16_000_000, "seconds": 0.25, "resident_bytes": 1},
        "optimized": {"peak_bytes": 8_000_000, "seconds": 0.2, "resident_bytes": 1},
        "floor_bytes": 8,
        "equivalence": {
            "verdict": "same", "level": "exact", "cases": 120, "self_check": True, "unstable": [],
            "faults_planted": 9, "faults_caught": 9, "max_error": 0.0, "caveats": [],
        },
        "tests": [],
        "pareto": [],
    }  # fmt: skip


def report(*suggestions: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "environment": {}, "suggestions": list(suggestions), "unproven": [], "stats": {}}


Read = Callable[..., Reading]


def refusal(read: Read, *given: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ArtifactRefused) as error:
        read(*given, **more)
    message = str(error.value)
    assert "report.json: refused, nothing is posted: " in message
    assert message.isprintable()
    assert error.value.exit_code == 2
    return message


def changed(place: str, value: Any, base: dict[str, Any] | None = None) -> dict[str, Any]:
    """A suggestion with another value at a place such as `baseline.seconds`."""
    found = copy.deepcopy(base or suggestion())
    *parents, last = place.split(".")
    inner = found
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return found

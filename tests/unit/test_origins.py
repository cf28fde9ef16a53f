"""Which origin serves a function: the first whose workload runs lines of its sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from codeopt.config import Config
from codeopt.events import TargetStarted
from codeopt.pipeline import Run
from codeopt.suggestion import UnprovenSite
from codeopt.target import Target, module_of
from codeopt.workload.origins import Provider
from codeopt.workload.wanted import Unserved, Wanted

CODE = """\
import numpy as np


def f(x, early):
    if early:
        return x
    y = np.exp(x - x.mean(axis=0)) + 1.0
    return (y * y).sum(axis=1)
"""
BUILDER = """\
import numpy as np

from codeopt import Call, workload


@workload("m.py::f")
def build(scale, seed):
    return Call(args=(np.random.default_rng(seed).random((max(1, int(40 * scale)), 4)), {early}))
"""


def provider(folder: Path, origin: str, early: bool) -> Provider:
    """An origin that calls `f` in one way."""
    file = folder / f"{origin}.py"
    file.write_text(BUILDER.format(early=early))

    def provide(wanted: Sequence[Wanted]) -> Iterator[Target | Unserved]:
        for one in wanted:
            root, module = module_of(one.path)
            yield Target(one.path, one.qualname, module, root, file, 0, 6, origin=origin)

    return provide


@pytest.mark.parametrize(("first", "asked"), [(True, ["traced", "guessed"]), (False, ["traced"])])
def test_the_next_origin_is_asked_where_the_lines_do_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool, asked: list[str]
) -> None:
    (tmp_path / "m.py").write_text(CODE)
    kept = tmp_path / ".codeopt"
    kept.mkdir()
    origins = (provider(kept, "traced", first), provider(kept, "guessed", False))
    monkeypatch.setattr(Run, "_origins", lambda run, names: origins)
    events = list(Run(Config(budget=1, cases=4), [tmp_path / "m.py"], tmp_path).events())
    assert [e.target.origin for e in events if isinstance(e, TargetStarted)] == asked


def test_what_no_origin_runs_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.py").write_text(CODE)
    origins = (provider(tmp_path, "traced", True),)
    monkeypatch.setattr(Run, "_origins", lambda run, names: origins)
    events = list(Run(Config(budget=1, cases=4), [tmp_path / "m.py"], tmp_path).events())
    reasons = {e.reason for e in events if isinstance(e, UnprovenSite)}
    assert reasons == {"traced: its calls do not run the lines in question"}

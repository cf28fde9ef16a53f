"""Hostile code as the original of a target and as a candidate, on every rung this machine offers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from codeopt.config import Config
from codeopt.equivalence.verdict import Same, Verdict
from codeopt.errors import CodeoptError
from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.sandbox import Completed, Limits, Sandbox
from codeopt.search.session import Session, TargetFailure
from codeopt.source import SourceFile
from codeopt.target import Target
from codeopt.workload.preload import BASE_MODULES
from tests.hostile.surroundings import TOKEN, Surroundings, processes_of, surroundings, wait_until_gone
from tests.hostile.targets import INNOCENT, TARGETS, Hostile

RUNGS = ("bubblewrap", "sandlock", "rlimits")
LIMITS = Limits(seconds=2, memory_bytes=256 << 20, disk_bytes=64 << 20, processes=16)
CONFIG = Config(timeout=LIMITS.seconds, memory_limit=LIMITS.memory_bytes >> 20, cases=4)
WORKLOAD = """
import numpy as np
from codeopt.workload.call import Call, workload

@workload("target.py::run")
def calls(scale, seed):
    return Call(args=(np.arange(max(1, int(1000 * scale)), dtype=float),))
"""


class Place(NamedTuple):
    """One sandbox for the targets of a rung, and what is around it."""

    sandbox: Sandbox
    around: Surroundings
    processes: set[int]
    innocent: Session


@pytest.fixture(scope="module", params=RUNGS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("target", "innocent"):
        (folder / name).mkdir()
    with surroundings(folder) as around:
        try:
            sandbox = Sandbox(BASE_MODULES, jobs=2, limits=LIMITS, isolation=request.param)
        except CodeoptError as reason:
            pytest.skip(str(reason))
        with sandbox:
            around.listen_later()
            sandbox.call(abs, 1)
            innocent = session_for(sandbox, folder / "innocent", INNOCENT)
            innocent.baseline(innocent.reach({"target.py": INNOCENT}))
            yield Place(sandbox, around, processes_of(sandbox.folder), innocent)
        assert not processes_of(sandbox.folder)
        assert not sandbox.folder.exists()


def session_for(sandbox: Sandbox, folder: Path, source: str) -> Session:
    """A session on a target with this source in this folder."""
    path, workload = folder / "target.py", folder / "codeopt_workloads.py"
    path.write_text(source)
    workload.write_text(WORKLOAD)
    target = Target(path, "run", "target", folder, workload, 0, 5)
    return Session(sandbox, target, {"target.py": SourceFile(path, "target.py", source)}, CONFIG)


def as_original(place: Place, source: str) -> str:
    """What is said of it, empty if it is measured like any other."""
    session = session_for(place.sandbox, place.around.folder / "target", source)
    try:
        session.baseline(session.reach({"target.py": source}))
    except TargetFailure as failure:
        return str(failure)
    return ""


def as_candidate(place: Place, source: str) -> Verdict:
    """The verdict on it where an innocent original was proven before."""
    [(verdict, _)] = place.innocent.trial([{"target.py": source}])
    return verdict


def check_innocent(place: Place) -> None:
    """An innocent target is measured as if nothing had been there."""
    end = place.sandbox.call(measure_peak, place.innocent.target, {}, 1.0, 0, frozenset())
    assert isinstance(end, Completed), end
    assert isinstance(end.value, PeakSample)
    assert end.value.peak_bytes >= 8000


def wait_until_empty(folder: Path) -> list[Path]:
    """What is in the folder; waits for its removal, up to 10 s."""
    end = time.monotonic() + 10
    while (left := list(folder.iterdir())) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def check_nothing_left(place: Place, before: dict[str, str]) -> None:
    assert wait_until_gone(place.sandbox.folder, place.processes) == set()
    # Of two jobs at a time, the other may still be on its way out.
    assert wait_until_empty(place.sandbox.folder / "jobs") == []
    assert place.around.picture() == before


@pytest.mark.parametrize("hostile", TARGETS, ids=lambda hostile: hostile.name)
def test_hostile_code_is_contained_and_reported(place: Place, hostile: Hostile) -> None:
    if place.sandbox.isolation in hostile.escapes:
        pytest.skip(f"{place.sandbox.isolation} cannot hold it: {hostile.why}")
    before = place.around.picture()
    source = place.around.fill_in(hostile.source)
    said = as_original(place, source)
    verdict = as_candidate(place, source)
    check_innocent(place)
    check_nothing_left(place, before)
    assert place.around.secret not in f"{said} {verdict}"
    assert TOKEN not in said
    if hostile.original is None:
        assert said == ""
    else:
        assert any(text in said for text in hostile.original), said
    if hostile.candidate is None:
        assert isinstance(verdict, Same)
    else:
        assert not isinstance(verdict, Same)
        assert any(text in str(verdict) for text in hostile.candidate), verdict

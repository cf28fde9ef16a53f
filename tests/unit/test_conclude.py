"""What is told to the user from plain results: promises, refusals, the Pareto front, controls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codeopt.candidate import Candidate
from codeopt.edit import Edit, Site, Span, Trust
from codeopt.equivalence.verdict import Crashed, Differs, Same, TimedOut, Unproven, Verdict
from codeopt.measure.peak import PeakSample
from codeopt.search.archive import Evaluation
from codeopt.search.conclude import _front, rejections
from codeopt.search.controls import with_controls
from codeopt.search.jobs import FaultCount
from codeopt.search.replay import script_of
from codeopt.search.rounds import Progress, Proven, _overclaims
from codeopt.suggestion import Rejection, UnprovenSite, original_lines, unified_diff
from codeopt.target import Target

TARGET = Target(Path("/p/m.py"), "f", "m", Path("/p"), Path("/p/codeopt_workloads.py"), 0, 1)
SITE = Site("MEM000", "m.py", "f", Span(3, 1, 3, 2), "message", Trust.EXACT, (Edit(0, 1, "x"),))


def refused(verdict: Verdict) -> Rejection | UnprovenSite:
    progress = Progress()
    progress.refused.append((SITE, Evaluation(Candidate(frozenset([SITE])), {}, verdict, None)))
    (told,) = rejections(progress, TARGET, Path("/refused"))
    return told


def test_every_verdict_is_told_as_what_it_is() -> None:
    differs = refused(Differs("x[0]: 1 becomes 2"))
    assert isinstance(differs, Rejection)
    assert (differs.verdict, differs.counterexample, differs.line) == ("differs", "x[0]: 1 becomes 2", 3)
    assert refused(Crashed("SIGSEGV")) == Rejection("m.py", "f", 3, ("MEM000",), "crashed", "SIGSEGV")
    timed_out = refused(TimedOut(2.5))
    assert isinstance(timed_out, Rejection)
    assert "2.5 s" in timed_out.counterexample
    assert refused(Unproven("cannot tell")) == UnprovenSite("m.py", "f", 3, "MEM000", "cannot tell")
    assert isinstance(refused(Same(Trust.EXACT, 3)), UnprovenSite)


def proven(peak: int, seconds: float, level: Trust) -> Proven:
    return Proven({}, Same(level, 1), PeakSample(peak, 0, 0, seconds), ())


def test_the_front_keeps_what_no_other_beats_in_peak_time_and_error() -> None:
    winner = proven(100, 2.0, Trust.CLOSE)
    exact = proven(150, 2.0, Trust.EXACT)
    fast = proven(300, 0.5, Trust.CLOSE)
    beaten = proven(200, 3.0, Trust.EXACT)
    front = _front([exact, fast, beaten, winner])
    assert front[0] is winner
    assert [p for p in (exact, fast, beaten) if p in front] == [exact, fast]


def test_lines_of_a_later_round_are_told_in_the_original() -> None:
    before = "a\nb\nc\nd\n"
    after = "a\nx\nb\nc\nd\n"
    assert original_lines(before, after, 4, 5) == (3, 4)
    assert original_lines(before, before, 2, 2) == (2, 2)


def test_a_diff_marks_a_missing_newline() -> None:
    assert unified_diff("m.py", "a\nb", "a\nc").endswith("+c\n\\ No newline at end of file\n")


def test_a_rule_overclaims_only_where_the_workload_itself_shows_less() -> None:
    assert _overclaims(SITE, Same(Trust.CLOSE, 1))
    assert not _overclaims(SITE, Same(Trust.CLOSE, 1, caveats=("0-d: raises",)))
    assert not _overclaims(SITE, Same(Trust.EXACT, 1))
    assert not _overclaims(replace(SITE, certain=False), Same(Trust.CLOSE, 1))


@pytest.mark.parametrize(
    ("counts", "kept"),
    [([(9, 9), (0, 0)], True), ([(9, 4), (9, 5)], True), ([(9, 4), (9, 4)], False), ([], False)],
)
def test_a_verdict_stands_where_the_inputs_catch_half_of_the_faults(
    counts: list[tuple[int, int]], kept: bool
) -> None:
    told = with_controls(
        Same(Trust.EXACT, 3), ("result",), [FaultCount(p, c, ("line 3",)) for p, c in counts]
    )
    if not kept:
        assert isinstance(told, Unproven)
        assert "cannot tell" in told.reason
        return
    assert isinstance(told, Same)
    assert told.faults_planted == sum(p for p, _ in counts)
    assert not told.self_check


def test_a_refusal_without_source_is_a_command_that_proves_the_case_again() -> None:
    command = script_of(TARGET, "/p/m.py", "/refused/a.py", Differs("x", "scale 0.1, seed 3", 0))
    assert command.startswith(
        "codeopt prove /p/m.py /refused/a.py --target f --workloads /p/codeopt_workloads.py"
    )
    assert command.endswith("--case 'scale 0.1, seed 3'\n")
    assert (
        script_of(TARGET, "/p/m.py", "/refused/a.py", Differs("x", "example 3 of the declared strategy"))
        == ""
    )

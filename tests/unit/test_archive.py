"""The door through which candidates are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from codeopt.candidate import Candidate
from codeopt.edit import Edit, Site, Span, Trust
from codeopt.equivalence.verdict import Crashed, Verdict
from codeopt.measure.peak import PeakSample
from codeopt.search.archive import Archive
from codeopt.source import SourceFile


def site(rule: str) -> Site:
    return Site(rule, "m.py", "f", Span(1, 1, 1, 6), "said", Trust.EXACT, (Edit(0, 5, "x = 2"),))


def test_candidates_of_one_text_are_tried_once_and_each_stays_itself() -> None:
    tried: list[Mapping[str, str]] = []

    def trial(batch: Sequence[Mapping[str, str]]) -> list[tuple[Verdict, PeakSample | None]]:
        tried.extend(batch)
        return [(Crashed("no"), None) for _ in batch]

    archive = Archive({"m.py": SourceFile(Path("m.py"), "m.py", "x = 1\n")}, trial, 9)
    one, other = Candidate(frozenset({site("MEM101")})), Candidate(frozenset({site("MEM102")}))
    found = archive.consider([one, other])
    assert len(tried) == 1
    assert [evaluation and evaluation.candidate for evaluation in found] == [one, other]

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeopt.edit import Edit, Site, Span, Trust, apply_edits, conflict, edits_overlap


def site(path: str, *edits: Edit, group: str = "") -> Site:
    return Site("MEM000", path, "f", Span(1, 1, 1, 2), "message", Trust.EXACT, edits, group=group)


def test_apply_splices_by_bytes_not_characters() -> None:
    text = "é = 1  # naïve\nb = 2\n"
    start = len("é = 1  # naïve\nb = ".encode())
    assert apply_edits(text, [Edit(start, start + 1, "3")]) == "é = 1  # naïve\nb = 3\n"


def test_apply_keeps_two_line_insertions_and_drops_a_repeated_one() -> None:
    edits = [Edit(2, 2, "a\n"), Edit(2, 2, "b\n"), Edit(2, 2, "a\n")]
    assert apply_edits("x\ny\n", edits) == "x\na\nb\ny\n"


@pytest.mark.parametrize("edits", [[Edit(0, 3, ""), Edit(2, 4, "")], [Edit(0, 99, "")], [Edit(3, 1, "")]])
def test_apply_refuses_overlap_and_spans_outside(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcdef", edits)


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        (Edit(0, 2, "x"), Edit(2, 4, "y"), False),
        (Edit(0, 3, "x"), Edit(2, 4, "y"), True),
        (Edit(2, 2, "x"), Edit(2, 2, "y"), True),
        (Edit(2, 2, "x\n"), Edit(2, 2, "y\n"), False),
        (Edit(2, 2, "x"), Edit(2, 2, "x"), False),
        (Edit(2, 2, "x"), Edit(0, 4, "y"), True),
        (Edit(2, 2, "x"), Edit(2, 4, "y"), False),
    ],
)
def test_overlap(a: Edit, b: Edit, overlap: bool) -> None:
    assert edits_overlap(a, b) is overlap
    assert edits_overlap(b, a) is overlap


def test_alternatives_of_one_group_conflict_and_files_never_do() -> None:
    a, b = site("m.py", Edit(0, 1, "x"), group="g"), site("m.py", Edit(5, 6, "y"), group="g")
    assert conflict(a, b)
    assert not conflict(a, site("other.py", Edit(0, 1, "x"), group="g"))


def test_id_depends_on_rule_path_and_edits_only() -> None:
    a = site("m.py", Edit(0, 1, "x"))
    b = Site("MEM000", "m.py", "g", Span(9, 9, 9, 9), "other words", Trust.CLOSE, (Edit(0, 1, "x"),))
    assert a.id == b.id
    assert a.id != site("m.py", Edit(0, 1, "y")).id


def test_trust_levels_are_ordered() -> None:
    assert Trust.EXACT.within(Trust.CLOSE)
    assert not Trust.LOSSY.within(Trust.PRECISION)


@given(st.text(), st.data())
def test_disjoint_replacements_equal_replacing_from_the_back(text: str, data: st.DataObject) -> None:
    bounds = sorted({len(text[:i].encode()) for i in range(len(text) + 1)})
    cuts = sorted(data.draw(st.lists(st.sampled_from(bounds), max_size=6, unique=True)))
    edits = [Edit(a, b, "<>") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    expected = text.encode()
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.text.encode() + expected[edit.end :]
    assert apply_edits(text, edits) == expected.decode()

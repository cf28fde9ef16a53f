from __future__ import annotations

import pytest

from codeopt.merge import MergeConflict, merge

BASE = "import os\n\na = 1\nb = 2\nc = 3\n"


def test_changes_of_different_lines_join() -> None:
    assert merge(BASE, [BASE.replace("a = 1", "a = 9"), BASE.replace("c = 3", "c = 8")]) == (
        "import os\n\na = 9\nb = 2\nc = 8\n"
    )


def test_the_same_change_twice_counts_once() -> None:
    changed = BASE.replace("import os\n", "import os\nimport sys\n")
    assert merge(BASE, [changed, changed]) == changed


def test_two_imports_at_one_place_join() -> None:
    one = BASE.replace("import os\n", "import os\nimport sys\n")
    two = BASE.replace("import os\n", "import os\nfrom re import sub\n")
    merged = merge(BASE, [one, two])
    assert "import sys\n" in merged
    assert "from re import sub\n" in merged


def test_different_changes_of_one_line_conflict() -> None:
    with pytest.raises(MergeConflict, match="line"):
        merge(BASE, [BASE.replace("b = 2", "b = 5"), BASE.replace("b = 2", "b = 6")])


def test_no_change_gives_the_base() -> None:
    assert merge(BASE, []) == BASE
    assert merge(BASE, [BASE]) == BASE

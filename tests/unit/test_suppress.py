"""Comments that switch rules off: what they hide, which are not needed, and taking those out."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.commands.check_file import check_file
from codeopt.edit import Trust
from codeopt.registry import load_rules
from codeopt.source import SourceFile
from codeopt.suppress import read_suppressions

USED = "def f(n):\n    return sum([x * x for x in range(n)])"
IDLE = "def f(n):\n    return n"


def found(
    tmp_path: Path, text: str, fixing: Trust | None = None, newline: str = "\n"
) -> list[tuple[str, int, str]]:
    file = tmp_path / "a.py"
    file.write_text(text, newline=newline)
    result = check_file(file, load_rules(), fixing, unused=True)
    assert result.problems == ()
    return [(site.rule, site.span.line, site.message) for site in result.sites]


@pytest.mark.parametrize(
    "comment",
    [
        "# codeopt: ignore", "# codeopt: ignore[MEM101]", "# codeopt: ignore[list-built-to-reduce] small",
        "# noqa: MEM101", "# noqa", "# noqa: E501, MEM101", "# noqa: E501,MEM101",
    ],
)  # fmt: skip
def test_a_comment_that_hides_something_is_needed(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, f"{USED}  {comment}\n") == []
    if "codeopt" in comment:
        whole = comment.replace("ignore", "ignore-file")
        assert found(tmp_path, f"{whole}\n{USED}\n") == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# codeopt: ignore", "the comment switches nothing off"),
        ("# codeopt: ignore[MEM101] it is small", "MEM101 switches nothing off here"),
        ("# codeopt: ignore[list-built-to-reduce]", "list-built-to-reduce switches nothing off here"),
        ("# codeopt: ignore[MEM199]", "no rule called MEM199 is there"),
        ("# codeopt: ignore-file[MEM101]", "MEM101 switches nothing off here"),
        ("# noqa: MEM101", "MEM101 switches nothing off here"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_comment_that_hides_nothing_is_found_and_taken_out(
    tmp_path: Path, comment: str, message: str, newline: str
) -> None:
    assert found(tmp_path, f"{IDLE}  {comment}\n", newline=newline) == [("MEM001", 2, message)]
    assert found(tmp_path, f"{IDLE}  {comment}\n", Trust.EXACT, newline) == []
    assert (tmp_path / "a.py").read_bytes() == f"{IDLE}\n".replace("\n", newline).encode()
    assert found(tmp_path, f"def g():\n    {comment}\n    return 1\n", Trust.EXACT, newline) == []
    assert (tmp_path / "a.py").read_bytes() == "def g():\n    return 1\n".replace("\n", newline).encode()


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: E501", "# noqa: ABC123", "# codeopt: ignore[ABC123]", "# x"]
)
def test_what_may_be_meant_for_others_is_let_be(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, f"{IDLE}  {comment}\n") == []


def test_what_only_the_search_would_try_counts_as_found(tmp_path: Path) -> None:
    text = "import numpy as np\n\ndef f(x):\n    y = np.exp(x)\n    return y * 2  # codeopt: ignore\n"
    source = SourceFile(tmp_path / "a.py", "a.py", text)
    assert read_suppressions(source).comments
    assert found(tmp_path, text) == []


def test_some_codes_of_a_comment(tmp_path: Path) -> None:
    text = f"{USED}  # codeopt: ignore[MEM103, MEM101, ABC123] why\n"
    assert found(tmp_path, text) == [("MEM001", 2, "MEM103 switches nothing off here")]
    assert found(tmp_path, text, Trust.EXACT) == []
    assert (tmp_path / "a.py").read_text() == f"{USED}  # codeopt: ignore[MEM101, ABC123] why\n"


def test_a_comment_that_says_more_is_only_pointed_at(tmp_path: Path) -> None:
    text = f"{IDLE}  # the count  # codeopt: ignore[MEM101]\n"
    assert found(tmp_path, text, Trust.EXACT) == [("MEM001", 2, "MEM101 switches nothing off here")]
    assert (tmp_path / "a.py").read_text() == text


def test_the_finding_itself_can_be_switched_off(tmp_path: Path) -> None:
    assert found(tmp_path, f"{IDLE}  # codeopt: ignore[MEM101, MEM001]\n") == []
    assert found(tmp_path, f"# codeopt: ignore-file[unused-suppression]\n{IDLE}  # codeopt: ignore\n") == []


def test_a_fix_and_the_comment_it_makes_idle_go_together(tmp_path: Path) -> None:
    text = f"{USED}\n\ndef g(m):\n    return m  # codeopt: ignore[MEM101]\n"
    assert found(tmp_path, text, Trust.EXACT) == []
    assert (tmp_path / "a.py").read_text() == text.replace(
        "[x * x for x in range(n)]", "x * x for x in range(n)"
    ).replace("  # codeopt: ignore[MEM101]", "")


def test_where_a_comment_stands(tmp_path: Path) -> None:
    text = "class A:\n    def f(self):\n        def g():\n            pass  # codeopt: ignore\n\n"
    text += "x = 'é'  # codeopt: ignore\n"
    file = tmp_path / "a.py"
    file.write_text(text)
    inner, outer = check_file(file, load_rules(), None, unused=True).sites
    assert (inner.function, outer.function) == ("A.f.<locals>.g", "<module>")
    assert (outer.span.column, outer.span.end_column) == (10, 27)

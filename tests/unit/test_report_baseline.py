"""Known findings: recognised by content, counted, and named once they are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.baseline import Compared, held_against, read_baseline, written_to
from codeopt.commands.check import Wanted, check
from codeopt.config import Config
from codeopt.errors import UsageError
from codeopt.report.outcome import CheckOutcome

ONE = "def total(n):\n    return sum([x * x for x in range(len(n))])\n"
TWO = ONE + "    return max([x for x in range(len(n))])\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*paths: str) -> CheckOutcome:
    return check([Path(path) for path in paths or (".",)], Config(), Path.cwd(), Wanted(texts=True))


def known() -> None:
    written_to(checked(), Path("known.json"), Path.cwd())


def compared(*paths: str) -> Compared:
    return held_against(checked(*paths), Path("known.json"), Path.cwd())


def left(*paths: str) -> list[tuple[str, int]]:
    return [(site.path, site.span.line) for site in compared(*paths).outcome.sites]


def test_what_moves_stays_known_and_what_is_new_is_not(project: Path) -> None:
    (project / "a.py").write_text(TWO)
    known()
    assert left() == []
    (project / "a.py").write_text("import os\n\n\n" + TWO.replace("\n    ", "\n\n        "))
    assert left() == []
    (project / "a.py").write_text(TWO + "\n\n" + ONE.replace("total", "other"))
    assert left() == [("a.py", 7)]
    assert compared().outcome.known == 2


def test_what_is_edited_is_new_and_the_old_is_gone(project: Path) -> None:
    (project / "a.py").write_text(TWO)
    known()
    (project / "a.py").write_text(TWO.replace("x * x", "x + x"))
    assert left() == [("a.py", 2)]
    told = compared().told.splitlines()
    assert (
        told[0]
        == "codeopt: known.json: gone: MEM101 in a.py, total: return sum([x * x for x in range(len(n))])"
    )
    assert "--write-baseline known.json" in told[1]
    assert len(told) == 2


def test_equal_findings_are_counted(project: Path) -> None:
    line = ONE.split("\n", 1)[1]
    (project / "a.py").write_text(ONE + line)
    known()
    assert [entry.count for entry in read_baseline(Path("known.json")).findings] == [2]
    (project / "a.py").write_text(ONE + line + line)
    assert left() == [("a.py", 4)]
    (project / "a.py").write_text(ONE)
    assert left() == []
    assert "(2 times)" not in compared().told
    (project / "a.py").write_text("x = 1\n")
    assert "(2 times)" in compared().told


def test_findings_of_a_renamed_file_stay_known(project: Path) -> None:
    (project / "a.py").write_text(TWO)
    known()
    (project / "a.py").rename(project / "b.py")
    assert left() == []
    assert compared().told == ""
    (project / "a.py").write_text(TWO)
    assert left() == [("b.py", 2), ("b.py", 3)]


def test_nothing_is_said_of_files_that_were_not_looked_at(project: Path) -> None:
    (project / "a.py").write_text(ONE)
    (project / "b.py").write_text(ONE)
    known()
    (project / "a.py").write_text("x = 1\n")
    assert compared("b.py").told == ""
    assert "gone: MEM101 in a.py" in compared().told
    (project / "a.py").unlink()
    assert "gone: MEM101 in a.py" in compared("b.py").told


def test_paths_do_not_depend_on_where_it_is_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "a.py").write_text(ONE)
    known()
    monkeypatch.chdir(project / "sub")
    outcome = check([Path()], Config(), project, Wanted(texts=True))
    assert held_against(outcome, project / "known.json", project).outcome.sites == ()


def test_the_same_findings_make_the_same_file(project: Path) -> None:
    (project / "a.py").write_text(TWO)
    (project / "b.py").write_text(ONE)
    known()
    first = (project / "known.json").read_bytes()
    known()
    assert (project / "known.json").read_bytes() == first


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"version": 2, "findings": []}', "version 2"),
        ('{"version": 1, "findings": [{"path": 3}]}', r"\$.findings\[0\].path"),
        ('{"version": 1, "findings": [], "more": 1}', "more"),
        ("\udcff", "UTF-8|malformed"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_with_its_cause(project: Path, text: str, cause: str) -> None:
    (project / "known.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=cause) as caught:
        read_baseline(Path("known.json"))
    assert str(caught.value).startswith("known.json: ")

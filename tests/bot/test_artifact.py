"""A report may hold anything: what is malformed posts nothing and says why, what is old is left out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeopt.bot.artifact import ArtifactLimits, ArtifactRefused, Reading, read_artifact
from codeopt.bot.checkout import CheckoutUnreadable
from codeopt.suggestion import unified_diff
from tests.bot.reports import (
    AFTER,
    BEFORE,
    LIMITS,
    NEW_NOTEBOOK,
    NOTEBOOK,
    Read,
    changed,
    refusal,
    report,
    suggestion,
)  # fmt: skip


def test_a_good_report(read: Read) -> None:
    (found,) = read(suggestion()).proposals
    assert (found.group, found.path, found.before, found.after) == (
        "src/stats.py::mean", "src/stats.py", BEFORE, AFTER,
    )  # fmt: skip
    assert found.title == "Lower the peak memory of mean by 50 %"
    assert found.diff == unified_diff("src/stats.py", BEFORE, AFTER)
    assert (found.saved_bytes, found.cases, found.faults_caught) == (8_000_000, 120, 9)


def test_unknown_fields_and_an_empty_report_are_fine(read: Read) -> None:
    assert read(changed("from_the_future", [1, {"a": None}])).proposals
    assert read() == Reading((), ())


@pytest.mark.parametrize(
    "name", ["<module>", "Net.forward", "outer.<locals>.inner", "load, Net.fit", "größe"]
)
def test_names_of_functions(read: Read, name: str) -> None:
    assert read(changed("function", name)).proposals[0].group == f"src/stats.py::{name}"


def test_a_byte_order_mark_and_line_ends_stay(read: Read) -> None:
    before, after = (text.replace("\n", "\r\n") for text in (BEFORE, AFTER))
    (found,) = read(suggestion("src/marked.py", before, after)).proposals
    assert found.before == "\ufeff" + before
    assert found.after == "\ufeff" + after


def test_a_notebook(read: Read) -> None:
    (found,) = read(suggestion("nb.ipynb", NOTEBOOK, NEW_NOTEBOOK)).proposals
    assert found.after == NEW_NOTEBOOK
    (found,) = read(suggestion("marked.ipynb", NOTEBOOK, NEW_NOTEBOOK)).proposals
    assert found.after == "\ufeff" + NEW_NOTEBOOK


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("../etc/passwd.py", "leads out of the repository"),
        ("src/../../x.py", "leads out of the repository"),
        ("src/./stats.py", "not in its plain form"),
        ("src//stats.py", "not in its plain form"),
        ("/etc/x.py", "is absolute"),
        ("~root/x.py", "is absolute"),
        ("C:/x.py", "is absolute"),
        ("src\\stats.py", "characters that no path should hold"),
        ("src/a\nb.py", "characters that no path should hold"),
        ("src/a\x1b[2Jb.py", "characters that no path should hold"),
        ("src/\u202eyp.stats.py", "characters that no path should hold"),
        (".git/hooks/x.py", "leads into .git"),
        ("src/.GIT/x.py", "leads into .git"),
        (".git./x.py", "leads into .git"),
        ("GIT~1/x.py", "leads into git~1"),
        ("a/GITHUB~1/x.py", "leads into github~1"),
        ("a/.git::$INDEX_ALLOCATION/x.py", "leads into .git"),
        (".g\u200cit/x.py", "characters that no path should hold"),
        (".github/workflows/tool.py", "leads into .github"),
        (".gitlab/x.py", "leads into .gitlab"),
        (".github/workflows/ci.yml", "leads into .github"),
        ("action.yml", "neither that of a Python file nor of a notebook"),
        ("src/stats.PY", "neither that of a Python file nor of a notebook"),
        ("src/stats.py\x00.yml", "characters that no path should hold"),
        ("", "at `$.suggestions[0].path`"),
        ("a/" * 600 + "x.py", "at `$.suggestions[0].path`"),
    ],
)
def test_paths_that_no_run_would_name(read: Read, path: str, cause: str) -> None:
    assert cause in refusal(read, suggestion(path))


@pytest.mark.parametrize(
    ("place", "value", "cause"),
    [
        ("line", "4", ""),
        ("path", 7, "Expected `str`, got `int` - at `$.suggestions[0].path`"),
        ("rules", "MEM210", "Expected `array`, got `str` - at `$.suggestions[0].rules`"),
        ("rules", [], "`$.suggestions[0].rules`"),
        ("rules", ["[x](http://evil)"], "`$.suggestions[0].rules[0]`"),
        ("trust", "\x1b[2J", "\\x1b[2J"),
        ("trust", "certain", "Invalid enum value 'certain' - at `$.suggestions[0].trust`"),
        ("function", "f\n# Heading", "`$.suggestions[0].function`"),
        ("function", "f\n", "`$.suggestions[0].function`"),
        ("function", "f\u202e", "`$.suggestions[0].function`"),
        ("function", "@everyone", "`$.suggestions[0].function`"),
        ("function", "fixes #1", "`$.suggestions[0].function`"),
        ("function", "f/close", "`$.suggestions[0].function`"),
        ("function", "", "`$.suggestions[0].function`"),
        ("baseline", None, "`$.suggestions[0].baseline`"),
        ("baseline.peak_bytes", -1, "`$.suggestions[0].baseline.peak_bytes`"),
        ("baseline.peak_bytes", 10**30, "`$.suggestions[0].baseline.peak_bytes`"),
        ("baseline.peak_bytes", 1.5, "`$.suggestions[0].baseline.peak_bytes`"),
        ("baseline.seconds", 1e9, "`$.suggestions[0].baseline.seconds`"),
        ("baseline.seconds", -1.0, "`$.suggestions[0].baseline.seconds`"),
        ("floor_bytes", -3, "`$.suggestions[0].floor_bytes`"),
        ("equivalence.verdict", "differs", "`$.suggestions[0].equivalence.verdict`"),
        ("equivalence.cases", 0, "`$.suggestions[0].equivalence.cases`"),
        ("equivalence.faults_caught", 10, "more planted faults were caught"),
        ("equivalence.level", "lossy", "claims to be exact, but was proven lossy"),
        ("workload.origin", "@everyone", "`$.suggestions[0].workload.origin`"),
        ("source", ["a"], "`$.suggestions[0].source`"),
    ],
)
def test_wrong_schema_and_absurd_figures(read: Read, place: str, value: Any, cause: str) -> None:
    if not cause:
        # The line is of no use to the bot and not read at all.
        assert read(changed(place, value)).proposals
        return
    assert cause in refusal(read, changed(place, value))


def test_one_bad_suggestion_takes_the_good_ones_with_it(read: Read) -> None:
    message = refusal(read, suggestion(), suggestion("../x.py"))
    assert "suggestion 2, '../x.py::mean'" in message


@pytest.mark.parametrize("missing", ["source", "diff", "baseline", "equivalence", "rules", "function"])
def test_a_missing_field(read: Read, missing: str) -> None:
    found = suggestion()
    del found[missing]
    assert f"missing required field `{missing}` - at `$.suggestions[0]`" in refusal(read, found)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "truncated"),
        (json.dumps(report(suggestion())).encode()[:-40], "truncated"),
        (b"\x7fELF\x02\x01\x01\x00", "malformed"),
        (b"\x1f\x8b\x08\x00", "malformed"),
        (b'{"version": 1, "suggestions": [{"path": "\xff\xfe"}]}', "invalid start byte"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"version": 2, "suggestions": []}', "Invalid enum value 2 - at `$.version`"),
        (b'{"version": true, "suggestions": []}', "at `$.version`"),
        (b'{"version": 1}', "missing required field `suggestions`"),
        (b'{"version": 1, "suggestions": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply"),
        (b'{"version": 1, "suggestions": []} trailing', "trailing characters"),
        (b'{"version": 1, "suggestions": [], "x": NaN}', "malformed"),
    ],
    ids=[
        "empty", "truncated", "elf", "gzip", "not utf-8", "array", "version", "bool", "none", "deep",
        "trailing", "nan",
    ],
)  # fmt: skip
def test_what_is_no_report(read: Read, data: bytes, cause: str) -> None:
    assert cause in refusal(read, data=data)


def test_infinite_seconds(read: Read) -> None:
    data = json.dumps(report(suggestion())).replace("0.25", "1e999").encode()
    assert "Number out of range" in refusal(read, data=data)


def test_sizes(read: Read) -> None:
    assert "bytes, and 100 are allowed" in refusal(
        read, suggestion(), limits=ArtifactLimits(report_bytes=100)
    )
    limits = ArtifactLimits(suggestions=1)
    many = [changed("function", name) for name in "ab"]
    assert "holds 2 suggestions, and 1 are allowed" in refusal(read, *many, limits=limits)
    limits = ArtifactLimits(file_bytes=50)
    assert "more than 50 bytes" in refusal(read, suggestion(), limits=limits)


def test_a_huge_file_is_not_read(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with file.open("wb") as opened:
        opened.truncate(2**40)
    with pytest.raises(ArtifactRefused, match="1099511627776 bytes"):
        read_artifact(file, checkout, LIMITS)


def test_links_pipes_and_folders_are_not_read(checkout: Path, tmp_path: Path) -> None:
    good, link, pipe = tmp_path / "good.json", tmp_path / "link.json", tmp_path / "pipe.json"
    good.write_text(json.dumps(report()))
    link.symlink_to(good)
    os.mkfifo(pipe)
    cases = [
        (link, "symbolic link"), (pipe, "not a plain file"), (tmp_path, "not a plain file"),
        (tmp_path / "none.json", "No such file"),
    ]  # fmt: skip
    for file, cause in cases:
        with pytest.raises(ArtifactRefused, match=cause):
            read_artifact(file, checkout, LIMITS)


def test_a_huge_diff(read: Read) -> None:
    many = AFTER + "".join(f"x{n} = {n}\n" for n in range(700))
    assert "changes 70" in refusal(read, suggestion(after=many))
    wide = AFTER + f"x = '{'a' * 70_000}'\n"
    assert "characters; 60000 are allowed" in refusal(read, suggestion(after=wide))


def test_the_diff_that_is_told_is_not_the_one_that_counts(read: Read) -> None:
    told = changed("source", AFTER + "import os\nos.system('true')\n")
    (left_out,) = read(told).skipped
    assert left_out.reason == "its file changed since the report was made"
    assert not read(told).proposals


def test_duplicate_groups(read: Read) -> None:
    assert "is there more than once" in refusal(read, suggestion(), suggestion())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("src/untracked.py", "not tracked"),
        ("src/gone.py", "not tracked"),
        ("outside.py", "is a symbolic link"),
        ("linked/x.py", "not tracked"),
        ("src/latin.py", "not UTF-8"),
    ],
)
def test_what_does_not_fit_the_base_is_left_out_alone(read: Read, path: str, reason: str) -> None:
    found = read(suggestion(path), suggestion())
    assert [p.path for p in found.proposals] == ["src/stats.py"]
    assert [s.group for s in found.skipped] == [f"{path}::mean"]
    assert reason in found.skipped[0].reason


def test_a_file_that_changed_since_is_left_out_alone(read: Read) -> None:
    older = BEFORE.replace("import numpy", "import scipy\nimport numpy")
    (left_out,) = read(suggestion(before=older, after=AFTER)).skipped
    assert left_out.reason == "its file changed since the report was made"


def test_a_change_of_several_files_is_left_out(read: Read) -> None:
    other = [{"path": "src/b.py", "source": ""}]
    assert "several files" in read(changed("other_files", other)).skipped[0].reason


@pytest.mark.parametrize("peak", [16_000_000, 16_000_001])
def test_what_only_saves_time_is_left_out(read: Read, peak: int) -> None:
    found = read(changed("optimized.peak_bytes", peak))
    assert found.proposals == ()
    assert "does not lower the peak" in found.skipped[0].reason


def test_only_the_base_commit_counts_not_the_working_tree(read: Read, checkout: Path) -> None:
    file = checkout / "src/stats.py"
    file.write_text("something = 'else'\n")
    try:
        assert read(suggestion()).proposals[0].before == BEFORE
    finally:
        file.write_text(BEFORE)


def test_a_project_that_is_a_folder_of_its_repository(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report(suggestion("stats.py"))))
    (found,) = read_artifact(file, checkout / "src", LIMITS).proposals
    assert (found.path, found.group) == ("src/stats.py", "src/stats.py::mean")
    assert found.diff == unified_diff("src/stats.py", BEFORE, AFTER)
    with pytest.raises(ArtifactRefused, match="leads into"):
        read_artifact(file, checkout / ".github" / "workflows", LIMITS)
    file.write_text(json.dumps(report(suggestion("../nb.py"))))
    with pytest.raises(ArtifactRefused, match="leads out of the repository"):
        read_artifact(file, checkout / "src", LIMITS)


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report()))
    with pytest.raises(CheckoutUnreadable, match="not a git repository"):
        read_artifact(file, tmp_path, LIMITS)


def test_a_base_that_is_an_option(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report()))
    with pytest.raises(CheckoutUnreadable):
        read_artifact(file, checkout, LIMITS, base="--output=/tmp/x")


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_whatever_value_stands_anywhere_it_is_read_or_refused(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([
        "path", "function", "rules", "trust", "diff", "source", "workload", "baseline.peak_bytes",
        "optimized.seconds", "floor_bytes", "equivalence.level", "equivalence.cases", "other_files",
    ]))  # fmt: skip
    simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    value = data.draw(
        st.recursive(simple, lambda s: st.lists(s) | st.dictionaries(st.text(), s), max_leaves=5)
    )
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(json.dumps(report(changed(place, value))).encode())
    try:
        found = read_artifact(file, checkout, LIMITS)
    except ArtifactRefused as refused:
        said = str(refused)
    else:
        said = f"{file}: refused, nothing is posted: "
        assert all(p.path == "src/stats.py" and p.after == AFTER for p in found.proposals)
    assert said.startswith(f"{file}: refused, nothing is posted: ")
    assert said.isprintable()

"""Notebooks as one Python text, and back: nothing but the sources of edited cells ever changes."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.notebooks import outside
from codeopt.candidate import render
from codeopt.edit import Edit, Site, Span, Trust, apply_edits
from codeopt.magics import NEWLINE, masks_of
from codeopt.notebook import NotANotebook, Notebook, read_notebook
from codeopt.registry import find_sites, load_rules
from codeopt.source import Problem, SourceFile, discover, read_source
from codeopt.suggestion import change_of
from codeopt.suppress import read_suppressions
from codeopt.target import module_of

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])  # squares\n"


def code(source: str | Sequence[str] | None, **metadata: Any) -> dict[str, Any]:
    text = source.splitlines(keepends=True) if isinstance(source, str) else source
    cell = {"cell_type": "code", "execution_count": 1, "metadata": metadata, "outputs": [{"x": "é"}]}
    return {**cell, "source": text}


def text_of(cells: Sequence[Any], **more: Any) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=1)


def read(path: Path, raw: bytes | str) -> SourceFile:
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    source = read_source(path, path.name)
    assert isinstance(source, SourceFile), source
    return source


def site(
    source: SourceFile, line: int, *edits: Edit, end_line: int = 0, imports: tuple[str, ...] = ()
) -> Site:
    span = Span(line, 1, end_line or line, 1)
    return Site("MEM000", source.name, "f", span, "", Trust.EXACT, edits, imports)


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("x = 1\n", "x = 1\n"),
        ("%matplotlib inline\nx = 1", "get_ipython()\nx = 1"),
        ("!ls -l\n!!ls", "get_ipython()\nget_ipython()"),
        ("files = !ls", "files = get_ipython().getoutput()"),
        ("a, b.c = %who_ls int", "a, b.c = get_ipython().run_line_magic()"),
        ("x = a != b\n!ls", "x = a != b\nget_ipython()"),
        ("?len\nlen?\nx.y??\n%time?", "get_ipython()\n" * 3 + "get_ipython()"),
        ("!pip install a \\\n  b \\\n  c\nx = 1", "get_ipython()\n\n\nx = 1"),
        ("if x:\n    !ls {x}\nelse:\n\t%cd ..\n", "if x:\n    get_ipython()\nelse:\n\tget_ipython()\n"),
        ("%time y = f(x)", "y = f(x)"),
        ("%timeit -n 10 -r3 f(x)", "f(x)"),
        ("%timeit y = f(x)", "get_ipython()"),
        ("%time f(", "get_ipython()"),
        ("%%time\nx = 1\n%cd a", "\nx = 1\nget_ipython()"),
        ("\n%%capture out\n%%time\nx = 1", "\n\n\nx = 1"),
        ("%%bash\nls 'x\nif", "get_ipython()\n\n"),
        ("%%timeit\nx = f()", "get_ipython()\n"),
        ("x = '''\n%not\n!a\n'''\n%yes", "x = '''\n%not\n!a\n'''\nget_ipython()"),
        ("y = (a\n%b\n)\n%yes", "y = (a\n%b\n)\nget_ipython()"),
        ("y = a \\\n%b\n%yes", "y = a \\\n%b\nget_ipython()"),
        ("y = 'it\\'s (' # ( '''\n%yes", "y = 'it\\'s (' # ( '''\nget_ipython()"),
        ("/f x\n;f a\n,f a b", "get_ipython()\n" * 2 + "get_ipython()"),
        ("await f()\nasync with g: pass\n%x", "await f()\nasync with g: pass\nget_ipython()"),
    ],
)
def test_what_is_not_python_is_masked(source: str, python: str) -> None:
    masks = masks_of(source)
    assert masks.wrong is None
    assert [masks.lines.get(n, line) for n, line in enumerate(source.split("\n"))] == python.split("\n")


@pytest.mark.parametrize(
    ("source", "line"),
    [("x = 1\ndef f(:", 2), ("    x = 1", 1), ("%a\nx = (\n", 2), ("x = 1\n!ls '\ud800'", 2), ("\0", 1)],
)
def test_what_does_not_parse_is_masked_whole(source: str, line: int) -> None:
    masks = masks_of(source)
    assert masks.wrong is not None
    assert masks.wrong[0] == line
    assert sorted(masks.lines) == list(range(source.count("\n") + 1))


def test_a_broken_cell_is_a_problem_and_the_others_are_checked(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# total"},
        code("%cd x\ndef f(:"),
        code(FOUND),
        code("\ud800"),
    ]
    source = read(tmp_path / "n.ipynb", text_of(cells))
    found = find_sites(source, load_rules(), deciding=True)
    assert [(p.cell, p.line) for p in found.problems] == [(2, 2), (4, 1)]
    assert "cannot parse" in found.problems[0].message
    (only,) = map(source.placed, found.sites)
    assert (only.cell, only.span.line, only.function) == (3, 2, "total")
    assert apply_edits(FOUND, only.edits) == FOUND.replace("[", "", 1).replace("]", "", 1)


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b" \n", 1, "the file is empty"),
        (b"{\n 'a': 1}", 2, "not valid JSON"),
        (b"[]", 1, "not one JSON object"),
        (b"{} {}", 1, "not one JSON object"),
        (b"{}", 1, "states no format, or has no cells"),
        (b'{"nbformat": 4}', 1, "states no format, or has no cells"),
        (b'{"nbformat": 4, "cells": {}}', 1, "its cells are no list"),
        (
            b'{"nbformat": 3, "worksheets": []}',
            1,
            "format 3 is not read: write it anew with `jupyter nbconvert",
        ),
        (b'{"nbformat": 5, "cells": []}', 1, "format 5 is not read"),
        (b'{"nbformat": "4", "cells": []}', 1, "states no format"),
        (b'{\n"a": "\xff"}', 2, "not valid utf-8: byte 0xff"),
        (b'{"a": ' + b"[" * 100_000, 1, "not valid JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", 1, "not valid JSON"),
    ],
)
def test_what_is_no_notebook_is_a_problem_with_its_line(
    tmp_path: Path, raw: bytes, line: int, words: str
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(raw)
    problem = read_source(path, "n.ipynb")
    assert isinstance(problem, Problem)
    assert (problem.path, problem.line) == ("n.ipynb", line)
    assert words in problem.message


@pytest.mark.parametrize("source", [None, 3, [1, "x"], {"a": 1}])
def test_a_source_that_is_none_is_a_problem_of_its_cell(tmp_path: Path, source: Any) -> None:
    cell = {"cell_type": "code", "source": source}
    found = read(tmp_path / "n.ipynb", text_of([cell, code(FOUND), {"cell_type": "code"}, 5]))
    assert [(p.cell, p.line) for p in found.problems] == [(1, 1), (3, 1)]
    assert "total" in found.text


@pytest.mark.parametrize(
    "metadata", [{"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}, "kernelspec": 3}]
)
def test_notebooks_in_other_languages_have_no_python(tmp_path: Path, metadata: dict[str, Any]) -> None:
    raw = text_of([code("x <- 1")], metadata=metadata)
    source = read(tmp_path / "n.ipynb", raw)
    assert (source.text, source.problems) == ("", ())
    assert source.encode("") == raw.encode()


def test_cells_in_other_languages_are_left_out(tmp_path: Path) -> None:
    cells = [code("SELECT 1", vscode={"languageId": "sql"}), code("x = 1", vscode={"languageId": "python"})]
    source = read(tmp_path / "n.ipynb", text_of(cells))
    assert (source.problems, "SELECT" in source.text) == ((), False)


# --- round trips -----------------------------------------------------------------------------------

_LINES = st.sampled_from([
    "x = 1", "import numpy as np", "def f(a):", "    return a", "%matplotlib inline", "!ls \\", "  -l",
    "%%time", "%%bash", "y = !ls", "z?", "s = '''", "'''", "# %% cell 2", "# magic 0: x", "# é ü 🙂",
    "print('a\\n')",
    "", " ", "x = (", ")", "if x:", "    !echo {x}", "await g()", "\f", "\u2028", "'\\u00e9'", "\ud800", "\0",
])  # fmt: skip
_ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])


@st.composite
def sources(draw: st.DrawFn) -> Any:
    lines = draw(st.lists(st.tuples(_LINES, _ENDS), max_size=7))
    text = "".join(line + end for line, end in lines)
    text = text if draw(st.booleans()) else text.rstrip("\r\n")
    form = draw(st.integers(0, 3))
    if form == 0:
        return text
    if form == 1:
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
        return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return text.splitlines(keepends=True)


@st.composite
def notebooks(draw: st.DrawFn) -> str:
    cells = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["code", "code", "code", "markdown", "raw"]))
        outputs = {"outputs": [{"text": draw(st.text(max_size=8))}]} if draw(st.booleans()) else {}
        pairs = [("cell_type", kind), ("source", draw(sources())), ("metadata", {"b": 1, "a": None})]
        cells.append(dict([*draw(st.permutations(pairs)), *outputs.items()]))
    top = [("cells", cells), ("metadata", {"x": [1.0, -0.0, 1e5]}), ("nbformat", 4), ("nbformat_minor", 5)]
    indent, ascii_only = draw(st.sampled_from([None, 1, 2, "\t"])), draw(st.booleans())
    raw = json.dumps(dict(draw(st.permutations(top))), indent=indent, ensure_ascii=ascii_only)
    if not ascii_only:
        raw = raw.replace("\ud800", "\\ud800")
    if draw(st.booleans()):
        raw = raw.replace("\n", "\r\n")
    return raw + draw(st.sampled_from(["", "\n", "\r\n", "  "]))


def sources_in(raw: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(raw)["cells"]]


@given(notebooks())
@settings(max_examples=150, deadline=None)
def test_a_notebook_is_written_as_it_was_read(raw: str) -> None:
    notebook = read_notebook(raw)
    assert notebook.write(notebook.python) == raw
    ast.parse(notebook.python)
    texts = sources_in(raw)
    for cell in notebook.cells:
        assert cell.source == texts[cell.number - 1]
        assert notebook.unmasked(cell, cell.python) == cell.source
        assert len(NEWLINE.findall(cell.python)) == len(NEWLINE.findall(cell.source))
    assert dict(notebook.sources(notebook.python)) == {cell.number: cell.source for cell in notebook.cells}


@given(notebooks(), st.data())
@settings(max_examples=150, deadline=None)
def test_an_edit_changes_the_source_of_its_cell_and_no_other_byte(raw: str, data: st.DataObject) -> None:
    source = source_of(read_notebook(raw))
    whole = [n for n, line in enumerate(source.line_starts, 1) if can_be_edited(source, n)]
    if not whole:
        return
    line = data.draw(st.sampled_from(whole))
    start = source.offset(line, 0)
    end = start if data.draw(st.booleans()) else start + len(NEWLINE.split(source.text)[line - 1].encode())
    added = data.draw(st.sampled_from(["zz = 'é'\n", "zz = 1\nyy = 2\n"])).removesuffix(
        "\n" if end > start else ""
    )
    chosen = site(source, line, Edit(start, end, added))
    placed = source.placed(chosen)
    assert placed.cell is not None
    written = source.whole(apply_edits(source.text, chosen.edits))
    assert outside(written, {placed.cell}) == outside(raw, {placed.cell})
    before, after = sources_in(raw), sources_in(written)
    number = placed.cell - 1
    assert after[number] == apply_edits(before[number], placed.edits)
    assert [s for n, s in enumerate(after) if n != number] == [s for n, s in enumerate(before) if n != number]
    lines = NEWLINE.split(before[number])
    assert lines[placed.span.line - 1] == NEWLINE.split(source.text)[line - 1]


def source_of(notebook: Notebook) -> SourceFile:
    return SourceFile(Path("n.ipynb"), "n.ipynb", notebook.python, notebook=notebook)


def can_be_edited(source: SourceFile, line: int) -> bool:
    layout, lines = source.layout, NEWLINE.split(source.text)
    if layout is None or line > len(lines) - 1 or not layout.allows(site(source, line)):
        return False
    return bool(lines[line - 1].strip()) and "\ud800" not in lines[line - 1]


def test_lines_that_stay_keep_their_bytes(tmp_path: Path) -> None:
    cell = r'{"cell_type": "code", "source": "a = \"\u00E9\/\"\nb = 2\nc = \"\u00fc\""}'
    raw = f'{{"nbformat": 4, "cells": [{cell}]}}'
    source = read(tmp_path / "n.ipynb", raw)
    assert source.whole(source.text.replace("b = 2", "b = 3")) == raw.replace("b = 2", "b = 3")
    raw = (
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [\n  "a = \'\\u00E9\'\\n" ,\n  "b"\n ]}]}'
    )
    source = read(tmp_path / "n.ipynb", raw)
    assert source.whole(source.text.replace("b", "b\nc")) == raw.replace('"b"', '"b\\n" ,\n  "c"')


def test_a_bom_and_large_outputs_stay(tmp_path: Path) -> None:
    cell = code(FOUND)
    cell["outputs"] = [{"data": {"image/png": "iVBOR" * 500_000}}]
    raw = b"\xef\xbb\xbf" + text_of([cell], nbformat_minor=1).encode()
    source = read(tmp_path / "n.ipynb", raw)
    written = source.encode(source.text.replace("squares", "cubes"))
    assert written == raw.replace(b"squares", b"cubes")


# --- what may be edited ----------------------------------------------------------------------------


def test_edits_keep_to_their_cell_and_off_what_is_masked(tmp_path: Path) -> None:
    cells = [
        code("a = 1\n%cd x\nb = 2"),
        code("def f(x):\n    !ls {x}\n    return x\nc = 3\nfor i in c:\n    !ls {i}\n"),
    ]
    source = read(tmp_path / "n.ipynb", text_of(cells))
    lines = source.text.split("\n")
    allowed = {
        lines[line - 1]
        for line in range(1, len(lines))
        if source.layout is not None and source.layout.allows(site(source, line, *replaced(source, line)))
    }
    assert allowed == {"a = 1", "b = 2", "c = 3", ""}
    across = (*replaced(source, 2), *replaced(source, 9))
    assert source.layout is not None
    assert [lines[1], lines[8]] == ["a = 1", "c = 3"]
    assert not source.layout.allows(site(source, 2, *across))
    assert not source.layout.allows(site(source, 2, *replaced(source, 2), end_line=4))


def replaced(source: SourceFile, line: int) -> tuple[Edit, ...]:
    start = source.offset(line, 0)
    return (Edit(start, start + len(source.text.split("\n")[line - 1].encode()), "pass"),)


@pytest.mark.parametrize(
    "spoil", [("# magic 0", "# magic 1"), ("# %% cell 2", "# %% cell 3"), ("%cd x", "%cd x\n")]
)
def test_a_text_of_other_cells_is_refused(tmp_path: Path, spoil: tuple[str, str]) -> None:
    source = read(tmp_path / "n.ipynb", text_of([code("a"), code("%cd x\ny = 1")]))
    text = source.text.replace(*spoil) if spoil[1] != "%cd x\n" else source.text.split("get_ipython")[0]
    with pytest.raises(ValueError, match=r"cell|masked"):
        source.encode(text)


def test_imports_come_before_the_cell_that_needs_them(tmp_path: Path) -> None:
    cells = [code("%%bash\nls"), code("%%time\nx = 1"), code("import late\nlate.f()")]
    source = read(tmp_path / "n.ipynb", text_of(cells))
    line = source.text.split("\n").index("x = 1") + 1
    wanted = site(source, line, *replaced(source, line), imports=("import late",))
    written = source.whole(render({source.name: source}, [wanted])[source.name])
    assert sources_in(written) == ["%%bash\nls", "%%time\nimport late\npass", "import late\nlate.f()"]


def test_suppressions_are_read_in_every_cell(tmp_path: Path) -> None:
    cells = [code("x = 1  # noqa: MEM101\n!ls  # noqa"), code("# codeopt: ignore-file[MEM102]")]
    off = read_suppressions(read(tmp_path / "n.ipynb", text_of(cells)))
    assert off.file == {"MEM102"}
    assert off.lines[2] == {"MEM101"}


def test_a_change_is_told_by_cells_and_patches_the_file(tmp_path: Path) -> None:
    raw = text_of([code("%cd x\na = 1\n"), code("b = 1\n")])
    source = read(tmp_path / "n.ipynb", raw)
    change = change_of(source, source.text.replace("a = 1", "a = 2"))
    assert change.readable.splitlines()[:2] == ["--- a/n.ipynb:cell 1", "+++ b/n.ipynb:cell 1"]
    assert " %cd x\n-a = 1\n+a = 2\n" in change.readable
    assert change.written == raw.replace("a = 1", "a = 2")
    assert '-    "a = 1\\n"\n+    "a = 2\\n"\n' in change.diff


def test_notebooks_are_discovered_where_they_are_asked_for(tmp_path: Path) -> None:
    for name in ("a.ipynb", "m.py", ".ipynb_checkpoints/a-checkpoint.ipynb", "sub/b.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.name for p in discover([tmp_path])] == ["m.py"]
    assert [p.name for p in discover([tmp_path], notebooks=True)] == ["a.ipynb", "m.py", "b.ipynb"]
    assert module_of(tmp_path / "1. intro to numpy.ipynb") == (
        tmp_path,
        "_1__intro_to_numpy_ipynb".lstrip("_"),
    )


def test_other_formats_say_how_to_be_read() -> None:
    with pytest.raises(NotANotebook, match="nbconvert"):
        read_notebook('{"nbformat": 2, "worksheets": []}')

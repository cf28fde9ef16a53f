"""A notebook run as a script, and imported as a module of its definitions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from codeopt.notebook import read_notebook
from codeopt.sandbox.notebook_module import FAILURES, load_definitions

Cell = tuple[str, list[str]]


def notebook(cells: Sequence[str | Cell], **more: Any) -> str:
    made = []
    for cell in cells:
        source, tags = (cell, []) if isinstance(cell, str) else cell
        made.append({"cell_type": "code", "metadata": {"tags": tags}, "outputs": [], "source": source})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def run(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "n.ipynb").write_text(text)
    command = [sys.executable, "-m", "codeopt.notebook_runner", "sub/n.ipynb", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_cells_run_in_order_and_what_they_show_is_printed(tmp_path: Path) -> None:
    cells = [
        "%matplotlib inline\nimport os, sys, beside\n!pip install nothing\nfiles = !ls\nfiles",
        "%%time\nx = [1]\nx",
        "x;",
        "display(x, None, 'a')\nx.append(2)",
        "None",
        "%%bash\nexit 1",
        "%time y = 5\n%time y",
        "object()",
        "get_ipython().run_line_magic('load_ext', 'a')\n'IPKernelApp' in get_ipython().config",
        "os.path.basename(os.getcwd()), sys.argv[1:], __name__, os.environ['MPLBACKEND']",
        "class Bad:\n    def __repr__(self): raise KeyError(1)\nBad()",
        "len?",
    ]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "beside.py").touch()
    done = run(tmp_path, notebook(cells), "a", "b")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "[]", "[1]", "[1]", "'a'", "5", "<object object at 0x>", "False",
        "('sub', ['a', 'b'], '__main__', 'Agg')", "<Bad that cannot be shown: KeyError>",
    ]  # fmt: skip


def test_cells_may_wait_and_look_into_the_future(tmp_path: Path) -> None:
    cells = [
        "import asyncio\nx = await asyncio.sleep(0, 3)\nx",
        "[i async for i in asyncio.as_completed([])] if False else 4",
        "async def f(): return await asyncio.sleep(0, 5)\nawait f()",
        "from __future__ import annotations\ndef g(a: Unknown): pass\ng.__annotations__",
    ]
    done = run(tmp_path, notebook(cells))
    assert (done.stderr, done.stdout.splitlines()) == ("", ["3", "4", "5", "{'a': 'Unknown'}"])


def test_tags_say_what_may_fail_and_what_is_skipped(tmp_path: Path) -> None:
    cells: list[str | Cell] = [
        ("1 / 0", ["raises-exception"]),
        ("print('no')", ["skip-execution"]),
        "print('yes')",
    ]
    done = run(tmp_path, notebook(cells))
    assert (done.returncode, done.stdout) == (0, "yes\n")
    assert "ZeroDivisionError" in done.stderr


def test_a_cell_that_raises_ends_the_run_and_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, notebook(["x = 1", "%cd x\ndef f():\n    return unknown\nf()", "print('no')"]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "    return unknown\n" in done.stderr
    assert "notebook_runner.py" not in done.stderr
    assert done.stderr.splitlines()[-2:] == [
        "NameError: name 'unknown' is not defined", "in sub/n.ipynb:cell 2:3"
    ]  # fmt: skip


def test_plots_are_shown_and_closed_with_their_cell(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    cells = [
        "import matplotlib.pyplot as plt\nlines = plt.plot([1, 2])\nplt.title('T')\nplt.show()",
        "plt.get_fignums()",
        "plt.plot(range(100), label='many')\nplt.legend();",
    ]
    assert run(tmp_path, notebook(cells)).stdout.splitlines() == [
        "<plot>", "  axes[0] Axes 'T'", "  axes[0].lines[0] Line2D array([[0., 1.], [1., 2.]])", "[]",
        "<plot>", "  axes[0] Axes", "  axes[0].lines[0] Line2D [(100, 2) 0.0 99.0 49.5]",
        "  axes[0].legend[0] Text 'many'",
    ]  # fmt: skip


def test_the_exit_status_is_the_notebooks_own(tmp_path: Path) -> None:
    assert run(tmp_path, notebook(["import sys", "sys.exit(7)"])).returncode == 7


def test_a_broken_cell_is_left_out_and_said(tmp_path: Path) -> None:
    done = run(tmp_path, notebook(["def f(:", "print('yes')"]))
    assert (done.returncode, done.stdout) == (0, "yes\n")
    assert done.stderr == "sub/n.ipynb:cell 1:1: left out: cannot parse: invalid syntax\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "sub/n.ipynb:1: not a notebook: the file is empty"),
        (notebook(["x <- 1"], metadata={"language_info": {"name": "R"}}), "its language is not Python"),
    ],
)
def test_what_cannot_be_run_exits_2(tmp_path: Path, text: str, words: str) -> None:
    done = run(tmp_path, text)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_module_runs_definitions_and_what_they_need() -> None:
    names: dict[str, Any] = {"__name__": "n_ipynb", "ran": []}
    cells = [
        "%matplotlib inline\nimport math, sys\nfrom collections import OrderedDict",
        "sys.setrecursionlimit(sys.getrecursionlimit())\nran.append('setting of the caller')",
        "data = ran.append('data')\nn = ran.append('a local name of f')",
        "SCALE = 2\nSCALE += 1\ntable = {}\ntable['a'] = SCALE\nSTEP = missing()",
        "def f(x):\n    n = x * SCALE\n    return math.sqrt(n) + table['a']",
        "class A:\n    step = f(3)",
        "model = OrderedDict()\nmodel.update(a=1)\nmodel.update(b=data)",
        "def g():\n    return dict(model), STEP",
        "for i in range(3):\n    ran.append(i)\nf(1)\ndef h():\n    return waited",
        "import asyncio\nwaited = await asyncio.sleep(0, 4)",
    ]
    load_definitions(names, read_notebook(notebook(cells)).python, "/a/n.ipynb")
    assert names["ran"] == []
    assert (names["f"](3), names["A"].step, names["h"]()) == (6.0, 6.0, 4)
    assert names["model"] == {"a": 1}
    assert {"data", "n", "i"}.isdisjoint(names)
    assert names[FAILURES] == ["/a/n.ipynb:16: NameError: name 'missing' is not defined"]

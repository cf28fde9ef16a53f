"""`codeopt init`: the survey of a project, and the workload file it writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from codeopt.cli import app
from codeopt.errors import UsageError, WorkloadError
from codeopt.pipeline import Run
from codeopt.target import Target, module_of
from codeopt.workload.drafts import Draft, added_text, builder_name, draft_file, lacking, signature_of
from codeopt.workload.origins import Provider
from codeopt.workload.wanted import Unserved, Wanted

GUESS = dedent(
    '''\
    """Guessed from names and annotations."""

    import numpy as np

    from codeopt import Call, workload


    @workload('/somewhere/a.py::f')
    def build(scale, seed):
        rng = np.random.default_rng(seed)
        n = max(1, int(400 * scale))  # rows
        return Call(args=(rng.random(n),))
    '''
)
WITH_PARTS = dedent(
    '''\
    """Guessed from the calls of a caller."""

    import numpy as np
    import torch
    from codeopt.workload.call import Call, workload

    SIZE = 3


    # Makes rows.
    def rows(n):
        return np.ones((n, SIZE))


    @workload("/somewhere/b.py::K.g")
    def build(scale, seed):
        return Call(args=(rows(7), torch.zeros(SIZE)))
    '''
)


def run(text: str) -> dict[str, object]:
    """The names that a workload file defines, once it has run."""
    from codeopt.workload.call import take_declared

    take_declared()
    names: dict[str, object] = {}
    exec(compile(text, "codeopt_workloads.py", "exec"), names)
    names["declared"] = {one.target: one.builder.__name__ for one in take_declared()}
    return names


def test_guesses_become_one_file_with_imports_once() -> None:
    text = draft_file([Draft("a.py::f", GUESS, note="Guessed."), Draft("b.py::K.g", WITH_PARTS)])
    assert text.count("import numpy as np") == 1
    assert text.count("from codeopt import Call, workload") == 1
    assert '# Guessed.\n@workload("a.py::f")' in text
    assert "# Makes rows." in text
    assert "# rows\n" in text
    assert run(text)["declared"] == {"a.py::f": "f_inputs", "b.py::K.g": "K_g_inputs"}


def test_names_that_mean_something_else_get_another() -> None:
    other = WITH_PARTS.replace("SIZE = 3", "SIZE = 4")
    drafts = [Draft("a.py::g", WITH_PARTS), Draft("b.py::g", other), Draft("c.py::g", WITH_PARTS)]
    text = draft_file(drafts)
    names = run(text)
    assert names["declared"] == {"a.py::g": "g_inputs", "b.py::g": "g_inputs2", "c.py::g": "g_inputs3"}
    widths = [names[f"g_inputs{n}"](1.0, 0).args[0].shape[1] for n in ("", "2", "3")]  # type: ignore[operator]
    assert widths == [3, 4, 3]
    assert text.count("def rows") == 2


def test_a_function_without_a_guess_gets_a_stub() -> None:
    text = draft_file([Draft("a.py::f", signature="f(x, y=1)", note="no test leads to it")])
    assert '# No workload yet: no test leads to it\n# f(x, y=1)\n# @workload("a.py::f")\n' in text
    assert run(text)["declared"] == {}
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if not line.startswith(("# No ", "# f("))
    )
    assert run(uncommented)["declared"] == {"a.py::f": "f_inputs"}


def test_what_a_file_has_is_not_added_again() -> None:
    existing = draft_file([Draft("a.py::f", GUESS), Draft("b.py::h", note="nothing calls it")])
    drafts = [Draft("a.py::f", GUESS), Draft("b.py::h", note="still nothing"), Draft("c.py::k", GUESS)]
    left = lacking(drafts, existing)
    assert [draft.target for draft in left] == ["c.py::k"]
    more = added_text(existing, left)
    assert "import numpy" not in more
    assert run(existing + more)["declared"] == {"a.py::f": "f_inputs", "c.py::k": "k_inputs"}
    # A guess takes the place that a stub had kept.
    assert [d.target for d in lacking([Draft("b.py::h", GUESS)], existing)] == ["b.py::h"]


def test_a_name_of_the_file_is_not_taken() -> None:
    existing = "import numpy as np\nfrom codeopt import Call, workload\n\ndef f_inputs(): ...\nSIZE = 1\n"
    more = added_text(existing, [Draft("a.py::f", GUESS), Draft("b.py::K.g", WITH_PARTS)])
    names = run(existing + more)
    assert names["declared"] == {"a.py::f": "f_inputs2", "b.py::K.g": "K_g_inputs"}
    assert names["SIZE"] == 1


def test_a_guess_that_is_no_python_is_an_error() -> None:
    with pytest.raises(WorkloadError):
        draft_file([Draft("a.py::f", "def build(:\n")])


@pytest.mark.parametrize(
    ("target", "name"),
    [("a.py::f", "f_inputs"), ("a.py::K.forward", "K_forward_inputs"), ("a.py::größe", "größe_inputs")],
)
def test_builders_are_named_after_their_targets(target: str, name: str) -> None:
    assert builder_name(target) == name


def test_signatures_are_those_of_the_source(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("class K:\n    def f(self, x: int, *, y=1): ...\n")
    assert signature_of(file, "K.f") == "f(self, x: int, *, y=1)"
    assert signature_of(file, "K.g") == ""
    assert signature_of(tmp_path / "none.py", "f") == ""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two functions with sites, of which one origin guesses the first and another refuses the second."""
    (tmp_path / "pyproject.toml").write_text("")
    source = tmp_path / "a.py"
    source.write_text(
        "def f(x):\n    return sum([v for v in x])\n\n\ndef g(x, y=2):\n    return sum([v for v in x])\n"
    )
    guess = tmp_path / ".codeopt" / "workloads" / "guessed_f.py"
    guess.parent.mkdir(parents=True)
    guess.write_text(GUESS)

    def provide(wanted: Sequence[Wanted]) -> Iterator[Target | Unserved]:
        for one in wanted:
            if one.qualname == "f":
                root, module = module_of(one.path)
                yield Target(one.path, "f", module, root, guess, 0, 8, origin="guessed")
            else:
                yield Unserved(one, "its parameter x stays unknown")

    def origins(run: Run, names: Sequence[str]) -> Sequence[Provider]:
        return (provide,)

    monkeypatch.setattr(Run, "_origins", origins)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["init", "a.py", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_init_says_who_has_what_and_writes_only_when_told(project: Path) -> None:
    file = project / "codeopt_workloads.py"
    shown, told = init("--dry-run")
    assert "a.py::f  guessed   Guessed from names and annotations." in shown
    assert "a.py::g  none      its parameter x stays unknown" in shown
    assert "2 targets: 1 guessed, 1 none" in shown
    assert told == ""
    assert not file.exists()
    _, told = init()
    assert "nothing was written" in told
    assert not file.exists()
    _, told = init("--yes")
    assert "wrote" in told
    text = file.read_text()
    assert text in shown
    assert '@workload("a.py::f")' in text
    assert "# g(x, y=2)" in text


def test_a_file_that_is_there_is_only_added_to(project: Path) -> None:
    file = project / "codeopt_workloads.py"
    mine = "from codeopt import Call, workload\n\n\n# @workload('a.py::g')\nMINE = 1"
    file.write_text(mine)
    shown, told = init("--yes")
    assert "exists and stays as it is" in told
    assert "to be added to codeopt_workloads.py" in shown
    assert 'a.py::g")' not in shown
    assert file.read_text() == mine
    init("--yes", "--append")
    text = file.read_text()
    assert text.startswith(mine + "\n")
    assert run(text)["declared"] == {"a.py::f": "f_inputs"}
    shown, told = init("--yes", "--append")
    assert "1 declared" in shown
    assert told == ""
    assert file.read_text() == text


def test_a_workload_file_that_is_none_is_refused(project: Path) -> None:
    (project / "codeopt_workloads.py").write_text("def f(:\n")
    with pytest.raises(UsageError, match="cannot be used"):
        CliRunner().invoke(app, ["init", "a.py"], catch_exceptions=False, standalone_mode=False)


def test_init_as_json(project: Path) -> None:
    document = json.loads(init("--dry-run", "--format", "json")[0])
    assert [(row["target"], row["origin"]) for row in document["targets"]] == [
        ("a.py::f", "guessed"),
        ("a.py::g", "none"),
    ]
    assert document["file"] == "codeopt_workloads.py"
    assert not document["exists"]


def test_a_project_without_sites_needs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("def f(x):\n    return x\n")
    monkeypatch.chdir(tmp_path)
    shown, told = init("--yes")
    assert shown == "no function holds a site that could be rewritten\n"
    assert told == ""

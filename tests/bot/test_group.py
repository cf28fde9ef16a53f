"""Several changes of one file in one pull request."""

from __future__ import annotations

from dataclasses import replace

from codeopt.bot.body import pull_request_body
from codeopt.bot.group import by_file
from codeopt.bot.marker import Marker
from codeopt.edit import Trust
from tests.bot.forge import TEXT, Project, proposal

G_AFTER = TEXT.replace("return a - a.mean()", "a -= a.mean()\n    return a")
SAME_LINES = TEXT.replace("b = a * 2\n    return b + 1", "return 2 * a + 1")


def test_changes_of_one_file_come_together() -> None:
    small = replace(proposal("g", G_AFTER, saved=500), trust=Trust.CLOSE, rules=("NP002",))
    (made,) = by_file([small, proposal("f", saved=900)])
    assert made.after == proposal().after.replace("return a - a.mean()", "a -= a.mean()\n    return a")
    assert (made.group, made.trust, made.rules) == ("src/a.py", Trust.CLOSE, ("NP001", "NP002"))
    assert [part.group for part in made.parts] == ["src/a.py::f", "src/a.py::g"]
    assert made.saved_bytes == 900
    assert made.title == "Lower the peak memory of f and 1 more in src/a.py"
    body = pull_request_body(made, Marker(made.group, made.digest, "", ""))
    assert "all of them together were not run" in body
    assert body.count("| peak memory |") == 2


def test_of_two_changes_of_the_same_lines_the_more_saving_is_taken() -> None:
    (made,) = by_file([proposal("f", saved=10), proposal("h", SAME_LINES, saved=20)])
    assert (made.after, made.parts) == (SAME_LINES, ())


def test_changes_that_give_no_python_together_stay_apart() -> None:
    before = "def f():\n    a()\n    b()\n    c()\n"
    one = replace(proposal("f", "def f():\n    b()\n"), before=before)
    other = replace(proposal("g", "def f():\n    a()\n    c()\n", saved=5), before=before)
    (made,) = by_file([one, other])
    assert (made.after, made.parts) == (one.after, ())


def test_one_proposal_a_file() -> None:
    made = by_file([proposal("f"), proposal("f", path="src/b.py"), proposal("g", G_AFTER)])
    assert [one.path for one in made] == ["src/a.py", "src/b.py"]


def test_the_figures_of_many_changes_fit_a_body() -> None:
    lines = "".join(f"def f{n}(a):\n    return a * {n}\n\n\n" for n in range(40))
    many = [
        replace(proposal(f"f{n}", lines.replace(f"a * {n}\n", f"{n} * a\n"), saved=n + 1), before=lines)
        for n in range(40)
    ]
    (made,) = by_file(many)
    assert len(made.parts) == 40
    body = pull_request_body(made, Marker(made.group, made.digest, "", ""))
    assert body.count("| peak memory |") == 10
    assert len(body) < 60_000


def test_a_file_has_one_pull_request(project: Project) -> None:
    offered = by_file([proposal("f", saved=900), proposal("g", G_AFTER, saved=500)])
    (done,) = project.bot(*offered)
    assert project.text("src/a.py", done.branch) == offered[0].after
    (again,) = project.bot(*offered)
    assert again.number == done.number
    assert len(project.pulls()) == 1

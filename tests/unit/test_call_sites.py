from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.workload.guess.call_sites import CallSite, CallsMade, calls_in, keep_calls, read_calls_made

PACKAGE = '''
import numpy as np
from .inner import Irreps as Words


def scale(x, by=2.0, *, mode="all"):
    """Scale.

    >>> import numpy as np
    >>> a = np.ones(3)
    >>> scale(a, mode="first")
    """
    return x * by


class Model:
    def __init__(self, words, width=3):
        self.words = words

    def fit(self, x, y):
        return self

    def predict(self, x):
        return x


def helper():
    return Model(Words("1x0e"), width=5)
'''

TESTS = """
import numpy as np
import pytest
from pack.core import Model, scale


@pytest.mark.parametrize("width, mode", [(4, "rows"), (8, "all")])
def test_scale(width, mode, fixture):
    x = np.ones((3, width))
    scale(x, mode=mode)
    scale(fixture, 3.0)


def test_predict():
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 2)), rng.random(8)
    model = Model("2x1o").fit(x, y)
    model.predict(x)
    other = Model("0e")
    other.fit(x, y)
    other.predict(x)


class TestModel:
    def setUp(self):
        self.words = "3x2e"

    def test_it(self):
        Model(self.words)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "core.py").write_text(PACKAGE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_core.py").write_text(TESTS)
    (tmp_path / "tests" / "broken.py").write_text("def (:\n")
    return tmp_path


def sites_of(project: Path) -> dict[str, tuple[CallSite, ...]]:
    return read_calls_made(sorted(project.rglob("*.py")), project, project).sites


def test_names_are_put_in_by_what_they_were_assigned(project: Path) -> None:
    found = sites_of(project)["scale"]
    texts = [(site.positional, dict(site.named)) for site in found]
    assert (("np.ones((3, 4))",), {"mode": "'rows'"}) in texts
    assert (("np.ones(3)",), {"mode": "'first'"}) in texts
    # What a fixture gives cannot be told, and comes last.
    assert texts[-1] == ((None, "3.0"), {})
    assert "import numpy as np" in found[0].needs


def test_objects_are_known_by_their_construction_and_what_was_called_on_them(project: Path) -> None:
    found = sites_of(project)
    words = {site.positional[0] for site in found["Model"]}
    assert words == {"Words('1x0e')", "'2x1o'", "'0e'", "'3x2e'"}
    (imported,) = [site for site in found["Model"] if site.positional == ("Words('1x0e')",)]
    assert imported.needs == ("from pack.inner import Irreps as Words",)
    predicted = found["Model.predict"]
    drawn = "np.random.default_rng(0).random((8, 2))"
    assert {site.positional for site in predicted} == {(drawn,)}
    fitted = f"instance.fit({drawn}, np.random.default_rng(0).random(8))"
    assert {site.before for site in predicted} == {(fitted,)}


READY = """
import numpy as np
from pack.core import Model, scale


def grow(model, by):
    model.width += by


def cubic(x):
    return x**3


def unusable(x):
    return no_such_name(x)


def test_ready(fixture):
    model = Model("2x1o")
    model.fit(np.ones((4, 2)), np.ones(4))
    grow(model, 2)
    scale(model, by=cubic)
    scale(3.0, by=unusable)


def test_inner():
    def halved(x):
        return np.asarray(x) / 2

    scale(halved)
"""


@pytest.fixture
def ready(project: Path) -> dict[str, tuple[CallSite, ...]]:
    file = project / "tests" / "test_ready.py"
    file.write_text(READY)
    return dict(read_calls_made([project / "pack" / "core.py", file], project, project).sites)


def test_an_object_comes_with_the_calls_made_on_it_and_with_it(
    ready: dict[str, tuple[CallSite, ...]],
) -> None:
    site = next(s for s in ready["scale"] if s.positional[0] and "Model('2x1o')" in s.positional[0])
    text = site.positional[0] or ""
    assert text == (
        "(lambda instance: [instance.fit(np.ones((4, 2)), np.ones(4)), grow(instance, 2), instance][-1])"
        "(Model('2x1o'))"
    )
    assert site.passed == (("model", text),)


def test_small_functions_of_tests_come_as_text_with_what_they_rest_on(
    ready: dict[str, tuple[CallSite, ...]],
) -> None:
    needs = [need for site in ready["scale"] for need in site.needs]
    assert "def cubic(x):\n    return x ** 3" in needs
    assert "import numpy as np\ndef halved(x):\n    return np.asarray(x) / 2" in needs
    assert not any("no_such_name" in need for need in needs)


def test_calls_of_other_libraries_are_left_out(project: Path) -> None:
    assert not {"ones", "default_rng", "random"} & sites_of(project).keys()


def test_texts_that_grow_are_left_out(tmp_path: Path) -> None:
    lines = ["def f(x): return x", "a0 = 1", *(f"a{i} = a{i - 1} + a{i - 1}" for i in range(1, 40)), "f(a39)"]
    (tmp_path / "m.py").write_text("\n".join(lines))
    assert "f" not in read_calls_made([tmp_path / "m.py"], tmp_path, tmp_path).sites


def test_sites_are_kept_by_content(project: Path, tmp_path: Path) -> None:
    made = read_calls_made(sorted(project.rglob("*.py")), project, project)
    file = keep_calls(made, tmp_path)
    assert calls_in(file) == made
    assert keep_calls(made, tmp_path) == file
    assert calls_in(None) == CallsMade()

"""What tests, examples and pages do before a call, as texts that run on their own."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codeopt.workload.call import Call, take_declared
from codeopt.workload.guess.call_sites import CallsMade, read_calls_made
from codeopt.workload.passages.reader import passage_of, scene_of
from codeopt.workload.passages.text import caught_text, passage_text, smaller

_PACKAGE = """
class Model:
    def __init__(self, size):
        self.size, self.seen = size, []
    def add(self, values):
        self.seen.append(values)
        return self
    def total(self, weight):
        return self._weighed(weight)
    def _weighed(self, weight):
        return sum(map(sum, self.seen)) * weight
def scale(values, by):
    '''Scale.

    >>> model = Model(3)
    >>> scale(model.seen, by=2)
    []
    '''
    return [v * by for v in values]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "shown_pack").mkdir()
    (tmp_path / "shown_pack" / "__init__.py").write_text(_PACKAGE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "helpers.py").write_text(
        "SIZE = 5\ndef filled(n):\n    return [1.0] * (n + SIZE)\n"
    )
    (tmp_path / "tests" / "conftest.py").write_text(
        "import pytest\nfrom shown_pack import Model\n"
        "@pytest.fixture(params=[pytest.param(2, id='two'), 4])\n"
        "def size(request):\n    return request.param\n"
        "@pytest.fixture\ndef model(size):\n    yield Model(size)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("shown_pack", None)


def made(project: Path, text: str, name: str = "tests/test_it.py") -> CallsMade:
    file = project / name
    file.write_text(text)
    files = sorted(project.rglob("*.py")) + sorted(project.glob("*.md"))
    return read_calls_made(files, project, project)


def call_of(text: str) -> Call:
    take_declared()
    exec(compile(text, "workload", "exec"), {"__name__": "workload"})
    [declared] = take_declared()
    random.seed(5)
    np.random.seed(5)
    call: Call = declared.builder(1.0, 0)
    return call


def shown(calls: CallsMade, project: Path, name: str, *, with_owner: bool = False) -> Call:
    passage = passage_of(calls.places[name][0], project, calls.homes)
    assert passage is not None
    return call_of(passage_text(passage, f"shown_pack/__init__.py::{name}", with_owner=with_owner))


def test_fixtures_helpers_and_first_parameters_are_written_out(project: Path) -> None:
    calls = made(project, """
import pytest
from shown_pack import Model
from .helpers import filled as full

@pytest.mark.parametrize("weight", [3, 4])
def test_total(model, weight, capsys):
    model.add(full(2))
    unused = full(10 ** 9)
    assert model.total(weight) == 21
""")  # fmt: skip
    call = shown(calls, project, "total", with_owner=True)
    model, weight = call.args
    assert (model.size, model.seen, weight) == (2, [[1.0] * 7], 3)
    assert model.total(weight) == 21


def test_what_is_done_twice_is_done_twice_and_a_fixture_is_made_once(project: Path) -> None:
    calls = made(project, """
def test_total(model, size):
    model.add([1.0])
    model.add([1.0])
    size += 1
    size += 1
    model.total(size)
""")  # fmt: skip
    model, size = shown(calls, project, "total", with_owner=True).args
    assert (model.seen, size) == ([[1.0], [1.0]], 4)


def test_classes_of_tests_are_set_up(project: Path) -> None:
    calls = made(project, """
import unittest
from shown_pack import Model

class TestModel(unittest.TestCase):
    extra = 2.0
    def setUp(self):
        self.model = Model(1)
        self._fill()
    def _fill(self):
        self.model.add([self.extra])
    def test_other(self):
        raise ValueError
    def test_total(self):
        self.assertTrue(self.model)
        self.model.total(2)
""")  # fmt: skip
    call = shown(calls, project, "Model.total", with_owner=True)
    assert call.args[0].seen == [[2.0]]


def test_large_numbers_can_be_made_smaller() -> None:
    text = (
        "import x\n\ndef build(scale, seed):\n    return f(20000, dim=1024, heads=8, share=0.1234, a2048=255)"
    )
    assert smaller(text).endswith("return f(1250, dim=64, heads=8, share=0.1234, a2048=255)")


def test_accelerators_are_left_out(project: Path) -> None:
    page = "```py\nmodel = Model(7).cuda()\nmodel.to('cuda:0').add(np.ones(2).cuda())\n```\n"
    calls = made(project, page, "README.md")
    passage = passage_of(calls.places["Model.add"][0], project, calls.homes)
    assert passage is not None
    text = passage_text(passage, "shown_pack/__init__.py::Model.add", with_owner=True)
    assert "model = Model(7)\n" in text
    assert "args=(model.to('cpu'), np.ones(2))" in text


def test_benchmarks_get_the_first_of_their_parameters(project: Path) -> None:
    calls = made(project, """
from shown_pack import Model

class TimeModel:
    params = [[6, 7], ["plain"]]
    param_names = ["size", "kind"]
    def setup(self, size, kind):
        self.model = Model(size)
    def time_total(self, size, kind):
        from .helpers import filled
        self.model.add(filled(size)).total(2)
""")  # fmt: skip
    call = shown(calls, project, "Model.add", with_owner=True)
    assert call.args[0].size == 6
    assert call.args[1] == [1.0] * 11


def test_tests_of_a_base_are_run_for_what_a_class_makes(project: Path) -> None:
    (project / "tests" / "base.py").write_text(
        "class Base:\n"
        "    def test_broken(self):\n        raise ValueError\n"
        "    def test_total(self):\n        self.make().total(3)\n"
    )
    calls = made(project, """
import unittest
from shown_pack import Model
from tests.base import Base

class TestModel(Base, unittest.TestCase):
    def make(self):
        return Model(2).add([5.0])
""")  # fmt: skip
    body = scene_of(calls.places["Model"][-1], project, calls.homes)
    name = "Model._weighed"
    call = call_of(caught_text(body, f"shown_pack/__init__.py::{name}", "shown_pack", name))
    assert call.args[0].seen == [[5.0]]
    assert call.args[1] == 3


def test_docstrings_and_pages_are_read(project: Path) -> None:
    calls = made(project, "# It\n\n```python\nfrom shown_pack import Model\nmodel = Model(9)\n```\nand\n"
                          "```python\ny = model.add(np.zeros(3))\n```\n", "README.md")  # fmt: skip
    call = shown(calls, project, "Model.add", with_owner=True)
    assert call.args[0].size == 9
    assert call.args[1].tolist() == [0, 0, 0]
    call = shown(calls, project, "scale")
    assert (call.args, call.kwargs) == (([],), {"by": 2})


def test_a_private_method_is_caught_where_a_test_leads_to_it(project: Path) -> None:
    calls = made(project, """
from shown_pack import Model

def test_it():
    model = Model(1).add([4.0])
    assert model.total(2) == 8
""")  # fmt: skip
    body = scene_of(calls.places["Model"][-1], project, calls.homes)
    call = call_of(
        caught_text(body, "shown_pack/__init__.py::Model._weighed", "shown_pack", "Model._weighed")
    )
    model, weight = call.args
    assert model._weighed(weight) == 8


@pytest.mark.parametrize(
    "test",
    ["def test_it(unknown):\n    scale(unknown, 2)",
     "def test_it():\n    scale(undefined, 2)",
     "def test_it():\n    return lambda: scale([1], 2)"],
)  # fmt: skip
def test_what_leads_nowhere_is_no_passage(project: Path, test: str) -> None:
    calls = made(project, f"from shown_pack import scale\n{test}\n")
    places: Any = [place for place in calls.places["scale"] if place.file.endswith("test_it.py")]
    assert [passage_of(place, project, calls.homes) for place in places] == [None] * len(places)


@pytest.mark.parametrize(
    "test",
    ['@pytest.mark.parametrize("make", [Plain, pytest.param(Model, id="m")])\n'
     "def test_it(make):\n    make(3).add([2.0]).total(4)\n",
     'ALL = [Plain, Model]\n@pytest.mark.parametrize("make", ALL)\n'
     "def test_it(make):\n    make(3).add([2.0]).total(4)\n",
     "@pytest.fixture(params=[Plain, Model])\ndef made(request):\n    return request.param(3).add([2.0])\n"
     "def test_it(made):\n    made.total(4)\n",
     "def test_it():\n    for make in (Plain, Model):\n        make(3).add([2.0]).total(4)\n",
     "class Base:\n    def test_it(self):\n        self.kind(3).add([2.0]).total(4)\n"
     "class TestModel(Base):\n    kind = Model\n",
     "class Base:\n    def test_it(self):\n        self.ready(Model).total(4)\n"
     "class TestModel(Base):\n    def ready(self, kind):\n        return kind(3).add([2.0])\n"],
    ids=["parameter", "list at the head", "fixture", "loop", "attribute of a class", "base of a class"],
)  # fmt: skip
def test_what_a_test_is_run_with_is_used_in_it(project: Path, test: str) -> None:
    head = (
        "import pytest\nfrom shown_pack import Model\nclass Plain:\n    add = total = lambda *_: Plain(1)\n"
    )
    head += "    def __init__(self, size):\n        pass\n"
    calls = made(project, f"{head}{test}")
    places = [*calls.places["=Model"], *calls.places.get("@made", ())]
    body = scene_of(places[-1], project, calls.homes, {"Model"})
    name = "Model._weighed"
    call = call_of(caught_text(body, f"shown_pack/__init__.py::{name}", "shown_pack", name))
    assert call.args[0].seen == [[2.0]]
    assert call.args[1] == 4


def test_what_a_base_of_tests_says_of_a_class_is_read(project: Path) -> None:
    (project / "tests" / "helpers.py").write_text(
        "class Case:\n    def test_it(self):\n        self.kind(3).add(self.sizes).total(twice())\n"
        "def filled(n):\n    return [twice()] * n\ndef twice():\n    return SIZE * 2\nSIZE = 2\n"
    )
    calls = made(project, "import tests.helpers\nfrom shown_pack import Model\nfrom . import helpers as own\n"
                          "class Base(own.Case):\n    kind = Model\n"
                          "    sizes = own.filled(own.SIZE)\n")  # fmt: skip
    body = scene_of(calls.places["=Model"][0], project, calls.homes, {"Model"})
    name = "Model._weighed"
    call = call_of(caught_text(body, f"shown_pack/__init__.py::{name}", "shown_pack", name))
    assert call.args[0].seen == [[4, 4]]
    assert call.args[1] == 4


def test_images_that_would_be_downloaded_are_random_ones(project: Path) -> None:
    calls = made(project, """
import torchvision as vision
from torchvision import datasets
from torchvision.datasets import CIFAR10 as Small, ImageFolder
from shown_pack import data
from shown_pack import Model

def test_it():
    model = Model(1)
    model.add([datasets.MNIST('.', train=True, download=True, transform=len)])
    model.add([Small('.'), ImageFolder('.'), datasets.ImageFolder('.')])
    model.add([vision.datasets.SVHN('.'), data.MNIST('.')])
    model.total(2)
""")  # fmt: skip
    passage = passage_of(calls.places["Model.total"][0], project, calls.homes)
    assert passage is not None
    assert passage.body.split("\n")[0] == "import torchvision.datasets"
    assert "model.add([torchvision.datasets.FakeData(256, (1, 28, 28), transform=len)])" in passage.body
    others = "ImageFolder('.'), datasets.ImageFolder('.')"
    assert f"model.add([torchvision.datasets.FakeData(256, (3, 32, 32)), {others}])" in passage.body
    assert "model.add([torchvision.datasets.FakeData(256, (3, 32, 32)), data.MNIST('.')])" in passage.body

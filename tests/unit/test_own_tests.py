"""The project's own tests and benchmarks: which there are, where they lead, and running them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from codeopt.sandbox import Limits, Sandbox
from codeopt.source import Problem
from codeopt.target import Target
from codeopt.workload.own_tests.batch import FAILED, PASSED, SKIPPED, TOO_LONG, Batch
from codeopt.workload.own_tests.check import check_tests
from codeopt.workload.own_tests.discover import ASV, BENCHMARK, OwnTest
from codeopt.workload.own_tests.find import OwnTests, find_tests
from codeopt.workload.own_tests.run_apart import run_apart
from codeopt.workload.own_tests.settings import PytestSettings, asv_folders, pytest_settings
from codeopt.workload.wanted import Wanted


def write(root: Path, **files: str) -> Path:
    """Files by name, with `__` for a slash and `.py` left out."""
    for name, text in files.items():
        stem = name.replace("____init__", "/@").replace("__", "/").replace("@", "__init__")
        path = root / f"{stem}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return root


def project(root: Path) -> Path:
    write(
        root,
        shop__core="""
            def total(prices):
                return sum([price for price in prices])

            class Basket:
                def __init__(self, prices):
                    self.prices = prices

                def sum(self):
                    return total(self.prices)

                def mean(self):
                    return self.sum() / len(self.prices)
        """,
        shop__offers="""
            from . import core

            def half(prices):
                return core.total(prices) / 2

            def never(prices):
                return prices
        """,
        tests__test_core="""
            import pytest
            from shop import Basket, offers

            @pytest.fixture
            def basket():
                return Basket([1, 2, 3])

            class TestBasket:
                def test_mean(self, basket):
                    assert basket.mean() == 2

                def helper(self):
                    return offers.half([1])

            @pytest.mark.parametrize("count", range(10))
            def test_half(count):
                assert offers.half([1] * count) == count / 2

            def test_fast(benchmark):
                assert benchmark(offers.half, [2, 2]) == 2
        """,
    )
    (root / "shop/__init__.py").write_text("from .core import Basket\n")
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\ntestpaths = ['tests']\naddopts = '-n 3'\n"
    )
    return root


def names(tests: OwnTests) -> set[str]:
    return {test.qualname for test in tests.tests.values()}


def leading_to(root: Path, file: str, qualname: str) -> list[str]:
    wanted = Wanted(root / file, qualname, frozenset({1}))
    return [test.qualname for test in find_tests(root).nearest(wanted, 10)]


def test_tests_are_found_as_pytest_finds_them(tmp_path: Path) -> None:
    found = find_tests(project(tmp_path))
    assert names(found) == {"TestBasket.test_mean", "test_half", "test_fast"}
    kinds = {test.qualname: test.kind for test in found.tests.values()}
    assert kinds["test_fast"] == BENCHMARK
    assert kinds["test_half"] == "pytest"


def test_unittest_classes_need_no_name_and_inherit(tmp_path: Path) -> None:
    write(
        tmp_path,
        test_it="""
            import unittest

            class Base:
                def test_a(self): ...

            class Case(Base, unittest.TestCase):
                def test_b(self): ...

            class TestWithInit:
                def __init__(self): ...
                def test_c(self): ...
        """,
    )
    assert names(find_tests(tmp_path)) == {"Case.test_a", "Case.test_b"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py\npython_functions = check_* example\n"),
        ("setup.cfg", "[tool:pytest]\npython_files = check_*.py\npython_functions = check_* example\n"),
        ("tox.ini", "[pytest]\npython_files = check_*.py\npython_functions = check_* example\n"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\n"
            "python_files = 'check_*.py'\npython_functions = ['check_*', 'example']\n",
        ),
    ],
)
def test_settings_say_what_a_test_is(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    write(tmp_path, check_a="def check_x(): ...\ndef example_y(): ...\ndef test_z(): ...\n")
    write(tmp_path, test_a="def check_q(): ...\n")
    assert names(find_tests(tmp_path)) == {"check_x", "example_y"}


def test_of_the_options_only_how_to_import_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --cov=x --import-mode=importlib -n auto\n")
    settings = pytest_settings(tmp_path)
    assert isinstance(settings, PytestSettings)
    assert settings.options == ("--import-mode=importlib",)


def test_settings_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest\n")
    assert isinstance(pytest_settings(tmp_path), Problem)
    assert find_tests(tmp_path).problems


def test_asv_benchmarks_are_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        suite__bench="""
            def time_one(): ...
            def other(): ...

            class Sizes:
                params = [1, 2]
                def setup(self, n): ...
                def time_it(self, n): ...
                def peakmem_it(self, n): ...
                def helper(self): ...
        """,
    )
    (tmp_path / "asv.conf.json").write_text('{\n  // where they are\n  "benchmark_dir": "suite",\n}\n')
    found = find_tests(tmp_path)
    assert asv_folders(tmp_path) == [tmp_path / "suite"]
    assert names(found) == {"time_one", "Sizes.time_it", "Sizes.peakmem_it"}
    assert {test.kind for test in found.tests.values()} == {ASV}


def test_calls_are_followed_through_imports_fixtures_and_methods(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert leading_to(root, "shop/offers.py", "half") == ["test_half", "test_fast"]
    assert leading_to(root, "shop/core.py", "Basket.mean") == ["TestBasket.test_mean"]
    assert "TestBasket.test_mean" in leading_to(root, "shop/core.py", "total")
    assert leading_to(root, "shop/offers.py", "never") == []


def test_the_nearest_test_comes_first(tmp_path: Path) -> None:
    write(
        tmp_path,
        work="def f(x): return x\ndef g(x): return f(x)\ndef h(x): return g(x)\n",
        test_far="from work import h\ndef test_far(): h(1)\n",
        test_near="import work\ndef test_near():\n    # A longer file, yet nearer.\n    work.f(1)\n",
        test_large=f"from work import f\n# {'x' * 200}\ndef test_large(): f(1)\n",
    )
    assert leading_to(tmp_path, "work.py", "f") == ["test_near", "test_large", "test_far"]


def test_a_file_named_after_the_function_s_is_nearer(tmp_path: Path) -> None:
    write(
        tmp_path,
        ring="class Ring:\n    def size(self): return 1\n",
        shapes="from ring import Ring\ndef ring(): return Ring()\n",
        test_a="import shapes\nclass TestA:\n    def test_a(self): shapes.ring().size()\n",
        test_ring="import shapes\ndef test_ring():\n    # This one.\n    shapes.ring().size()\n",
    )
    assert leading_to(tmp_path, "ring.py", "Ring.size")[0] == "test_ring"


def test_a_method_of_an_unknown_object_is_any_of_that_name(tmp_path: Path) -> None:
    write(
        tmp_path,
        work="""
            class Model:
                def predict(self, x): return x

            def make(): return Model()
        """,
        test_work="""
            from work import make
            def test_predict():
                assert make().predict(1) == 1
        """,
    )
    assert leading_to(tmp_path, "work.py", "Model.predict") == ["test_predict"]


def test_names_that_tables_and_dispatchers_hold_lead_on(tmp_path: Path) -> None:
    write(
        tmp_path,
        pkg____init__="from .dispatch import kron\n",
        pkg__dispatch="def dispatched(name): ...\nkron = dispatched('kron')\n",
        pkg__dense="def kron(a, b): return a\n",
        pkg__losses="def l1(x): return x\nLOSSES = {'l1': l1}\n",
        test_pkg="""
            import pkg
            from pkg.losses import LOSSES

            def test_kron(): pkg.kron(1, 2)
            def test_losses(): LOSSES['l1'](1)
        """,
    )
    assert leading_to(tmp_path, "pkg/dense.py", "kron") == ["test_kron"]
    assert leading_to(tmp_path, "pkg/losses.py", "l1") == ["test_losses"]


def test_calls_that_go_round_end(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="from b import *\ndef f(): g()\n",
        b="from a import *\ndef g(): f()\nclass C(C): ...\n",
        test_a="from a import f\ndef test_f(): f()\n",
    )
    assert leading_to(tmp_path, "b.py", "g") == ["test_f"]


def test_tests_are_inherited_from_other_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        lib="class Square:\n    def area(self): return 1\nclass Disc:\n    def area(self): return 3\n",
        cases="""
            class AreaCase:
                def make(self): raise NotImplementedError
                def test_area(self): assert self.make().area()
        """,
        test_square="""
            import unittest
            from cases import AreaCase
            from lib import Square

            class Squares(AreaCase, unittest.TestCase):
                def make(self): return Square()
        """,
    )
    assert names(find_tests(tmp_path)) == {"Squares.test_area"}
    assert leading_to(tmp_path, "lib.py", "Square.area") == ["Squares.test_area"]


def test_files_elsewhere_bring_their_own_project(tmp_path: Path) -> None:
    root, here = tmp_path / "there", tmp_path / "here"
    here.mkdir()
    write(root, shop="def f(): ...\n", tests__test_shop="import shop\ndef test_f(): shop.f()\n")
    (root / "pyproject.toml").write_text("")
    assert names(find_tests(here, [root / "shop.py"])) == {"test_f"}


def test_a_project_without_tests_has_none(tmp_path: Path) -> None:
    write(tmp_path, work="def f(x): return x\n", broken="def f(:\n")
    assert find_tests(tmp_path).tests == {}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(("pytest",), limits=Limits(60)) as opened:
        yield opened


def batch(root: Path, seconds: float = 5.0, cases: int = 3) -> Batch:
    found = find_tests(root)
    return Batch(tuple(found.tests.values()), found.settings, (str(root),), seconds, cases)


def test_tests_run_in_the_sandbox(tmp_path: Path, sandbox: Sandbox) -> None:
    ends = run_apart(sandbox, batch(project(tmp_path))).ends
    assert {name: end.outcome for name, end in ends.items()} == dict.fromkeys(
        [
            "test_core.py::TestBasket::test_mean",
            "test_core.py::test_half[0]",
            "test_core.py::test_half[4]",
            "test_core.py::test_half[9]",
            "test_core.py::test_fast",
        ],
        PASSED,
    )


def test_every_way_to_go_wrong_costs_only_the_test_itself(tmp_path: Path, sandbox: Sandbox) -> None:
    write(
        tmp_path,
        test_bad="""
            import os, socket, time, pytest

            def test_good(): pass
            def test_fails(): assert 1 == 2
            def test_skipped(): pytest.skip("not here")
            def test_network(): socket.create_connection(("127.0.0.1", 9))
            def test_endless():
                while True:
                    try:
                        time.sleep(9)
                    except Exception:
                        pass
            def test_exits(): os._exit(3)
        """,
    )
    found = run_apart(sandbox, batch(tmp_path, seconds=0.3))
    assert {end.qualname: end.outcome for end in found.ends.values()} == {
        "test_good": PASSED,
        "test_fails": FAILED,
        "test_skipped": SKIPPED,
        "test_network": FAILED,
        "test_endless": TOO_LONG,
    }
    assert {test.qualname for test in found.lost} == {"test_exits"}


def test_a_conftest_that_raises_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, conftest="raise RuntimeError('no database')\n", test_a="def test_a(): pass\n")
    found = run_apart(sandbox, batch(tmp_path))
    assert not found.ends
    assert all("no database" in reason for reason in found.lost.values())


def test_asv_benchmarks_run_with_setup_and_some_of_their_parameters(tmp_path: Path, sandbox: Sandbox) -> None:
    write(
        tmp_path,
        benchmarks__bench="""
            class Sizes:
                params = ([1, 10, 100], ["a", "b"])
                def setup(self, n, kind):
                    if n == 1:
                        raise NotImplementedError
                    self.data = [kind] * n
                def time_it(self, n, kind):
                    assert len(self.data) == n
                def time_wrong(self, n, kind):
                    raise ValueError(kind)
        """,
    )
    ends = run_apart(sandbox, batch(tmp_path, cases=2)).ends
    assert {name: end.outcome for name, end in ends.items()} == {
        "bench.py::Sizes::time_it[1-a]": SKIPPED,
        "bench.py::Sizes::time_it[100-b]": PASSED,
        "bench.py::Sizes::time_wrong[1-a]": SKIPPED,
        "bench.py::Sizes::time_wrong[100-b]": FAILED,
    }


CHECKED = {
    "work": "def double(x): return x * 2\n",
    "test_work": """
        from work import double

        def test_double(): assert double(2) == 4
        def test_old(): assert double(1) == 3
    """,
}


def checked(root: Path, sandbox: Sandbox, text: str, qualname: str) -> tuple[tuple[str, ...], ...]:
    target = Target(root / "work.py", qualname, "work", root, root / "none.py", 0, 1)
    check = check_tests(sandbox, find_tests(root), target, {str(root / "work.py"): text}, 5.0)
    return check.passed, check.failed, check.left_out


def test_a_winner_keeps_the_tests_passing(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, **CHECKED)
    passed, failed, left_out = checked(tmp_path, sandbox, "def double(x): return x + x\n", "double")
    assert passed == ("test_work.py::test_double",)
    assert failed == ()
    assert len(left_out) == 1
    assert left_out[0].startswith("test_work.py::test_old: fails on the original")
    passed, failed, left_out = checked(tmp_path, sandbox, "def double(x): return x * 3\n", "double")
    assert failed == ("test_work.py::test_double: assert 6 == 4",)
    assert passed == ()


def test_tests_that_do_not_call_the_target_say_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    write(
        tmp_path,
        work="def f(): ...\ndef g(wanted):\n    return f() if wanted else 0\n",
        test_work="import work\ndef test_without(): work.g(False)\ndef test_with(): work.g(True)\n",
    )
    text = "def f(): return 1\ndef g(wanted):\n    return f() if wanted else 0\n"
    passed, _, left_out = checked(tmp_path, sandbox, text, "f")
    assert passed == ("test_work.py::test_with",)
    assert left_out == ("test_work.py::test_without: does not call f",)


def test_a_file_that_something_else_loads_is_not_checked(tmp_path: Path, sandbox: Sandbox) -> None:
    write(
        tmp_path,
        conftest="import pytest\npytest.register_assert_rewrite('work')\n",
        work="def f(): return 1\n",
        test_work="import work\ndef test_f(): assert work.f() == 1\n",
    )
    passed, failed, left_out = checked(tmp_path, sandbox, "def f(): return 2\n", "f")
    assert (passed, failed) == ((), ())
    assert left_out == ("test_work.py::test_f: does not import the file",)


def test_a_flaky_test_is_never_held_against_a_winner(tmp_path: Path, sandbox: Sandbox) -> None:
    write(
        tmp_path,
        work="def f(): return 1\n",
        test_work="""
            import os
            from work import f

            def test_flaky():
                assert f() and os.getpid() % 2
        """,
    )
    assert all(not checked(tmp_path, sandbox, "def f(): return 1\n", "f")[1] for _ in range(3))


def test_a_test_has_a_name_that_pytest_takes() -> None:
    test = OwnTest(Path("/p/test_a.py"), "TestA.test_b")
    assert test.node_id == "/p/test_a.py::TestA::test_b"
    assert test.short_id == "test_a.py::TestA::test_b"

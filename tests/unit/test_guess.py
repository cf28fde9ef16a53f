from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from codeopt.sandbox import Limits, Sandbox
from codeopt.sandbox.world import load_declared
from codeopt.target import Target
from codeopt.workload.guess.callers import callers_of, read_calls
from codeopt.workload.guess.containers import Container, container
from codeopt.workload.guess.effect import effect_of
from codeopt.workload.guess.targets import guessed_targets
from codeopt.workload.wanted import Unserved, Wanted

PACKAGE = '''
import os
import re

import numpy as np


def center(X, weights):
    """Parameters
    ----------
    X : array of shape (n_samples, n_features)
    weights : array of shape (n_samples,)
    """
    total = (X * weights[:, None]).sum(axis=0)
    return X - total / weights.sum()  # site


def leaves_early(X, mode="none"):
    if not hasattr(X, "no_such_attribute"):
        return None
    return X.copy() * 2  # site


def one_branch(kind):
    if kind == "usual":
        return 0  # site
    first = np.ones(5)
    second = first + 1
    third = second * first
    fourth = third - second
    fifth = fourth / 2
    sixth = fifth + fourth
    seventh = sixth * 2
    eighth = seventh - 1
    ninth = eighth + seventh
    return ninth.missing_attribute_of_arrays


def constant(X):
    return np.zeros(3).sum()  # site


def does_nothing(X):
    X.sum() + 1  # site


def crashes_on_floats(x):
    if x.dtype.kind == "f":
        os.abort()
    return np.cumsum(x) + 1  # site


_KEY = object()


class Model:
    def __init__(self, width, method="plain"):
        if method not in ("plain", "fancy"):
            raise ValueError(f"method must be one of 'plain', 'fancy', not {method!r}")
        self.width = width

    def scores(self, X):
        return self._inner(X @ np.ones((self.width, 2)), _KEY)

    def _inner(self, product, settings):
        if settings is not _KEY:
            raise RuntimeError("this is called by scores alone")
        return product + product  # site


class Calibrated:
    def __init__(self, width=3):
        self.width = width

    def fit_scale(self, X):
        self.scale = X.std()

    def conformalize(self, X):
        self.limit = np.abs(X / self.scale).max()

    def predict(self, X):
        if not hasattr(self, "limit"):
            raise ValueError("Incorrect method order: call conformalize before calling predict.")
        return np.clip(X, -self.limit, self.limit)  # site


def whitened(X):
    """Parameters
    ----------
    X : ndarray, shape (n, n)
        SPD matrix.
    """
    return np.linalg.cholesky(X) + X  # site


def stacked(frames: list[np.ndarray]):
    if not isinstance(frames, list) or any(frame.ndim < 1 for frame in frames):
        raise TypeError("no arrays")
    return np.concatenate(frames) * 2.0  # site


def switched(array, on):
    if on is True:
        array[...] = 0.0  # site


class Frame:
    def __init__(self, width):
        self.width = width

    @property
    def area(self):
        return np.ones((self.width, 4)) * 2  # site


class Sampler:
    def _kernel(self, x):
        raise NotImplementedError

    def sample(self, x):
        return self._kernel(x).cumsum()  # site


class Doubling:
    def doubled(self, x):
        return np.repeat(x, self.times)  # site


class Plain(Doubling):
    def other(self):
        return 0


class Timed(Doubling):
    def __init__(self):
        self.times = 2


class Masked:
    def __init__(self):
        self.settings = {}

    def randomize(self, x):
        self.settings.update({"limit": float(x.max())})

    def apply(self, x):
        return np.minimum(x, self.settings["limit"])  # site


class Lower(Frame):
    def __init__(self, scale, **more):
        super().__init__(5, **more)
        self.scale = scale

    def filled(self, x):
        return np.full(self.width, x.sum() * self.scale)  # site


def parsed(words, x):
    if not re.fullmatch(r"(\\d+x\\d[eo])( \\+ \\d+x\\d[eo])*", words):
        raise ValueError(f"Unable to convert {words}")
    return x * len(words)  # site


def greedy(count, x):
    if count > 1:
        return np.ones(1 << 33) * 2.0  # far more than a trial may have
    return x * count  # site


def between(low, high, x):
    if np.any(np.asarray(low) >= np.asarray(high)):
        raise ValueError("low must be less than high")
    return np.clip(x, low, high)  # site


class Metric:
    def __init__(self):
        self.estimate = None

    def __call__(self, x):
        self.estimate = np.asarray(x, dtype=float)
        return self.estimate.mean()

    def spread(self):
        assert self.estimate is not None
        return self.estimate - self.estimate.mean()  # site


class Flip:
    def __init__(self, key="image"):
        self.key = key

    def __call__(self, **data):
        image = data.get(self.key)
        if image is None:
            return data
        data[self.key] = image[:, :, ::-1, ::-1] * 1.5  # site
        return data


class Bound:
    __class_getitem__ = classmethod(type([]).__class_getitem__)

    @classmethod
    def compute(cls, points):
        bound = cls()
        bound.limits = np.abs(points).max(axis=0)
        return bound

    def inside(self, points):
        return (np.abs(points) <= self.limits) * 1.0  # site


class Counts:
    def __init__(self, values):
        self.values = np.asarray(values)

    def merged(self, other: "Counts"):
        return np.concatenate([self.values, other.values[::-1]])  # site


def driven(step, x):
    if step(3.0) != 10.0:
        raise ValueError("step must be a cubic")
    return step(x) * 2.0  # site


def loaded(image):
    """
    >>> loaded(np.load("no_such_file_anywhere.npy"))
    """
    return image * 2.0  # site


def five_only(x):
    if len(x) * x.ndim != 5 or x.min() != 0.0:
        raise LookupError("no")
    return x[1:] * 2.0  # site


def described(parser, x):
    parser.add_argument("--times", default=2)
    return x * parser.parse_args([]).times  # site


class Standard:
    def __init__(self):
        self._ready = False

    def __call__(self, values):
        self._mean, self._ready = values.mean(), True
        return values - self._mean

    def undo(self, values):
        if not self._ready:
            raise RuntimeError("must be called on data before calling this")
        return values[1:] + self._mean  # site


class Keyed:
    def __init__(self, key):
        if hash(key) != hash((3, 9, 27)):
            raise ValueError("no")

    def turned(self, values):
        return self._turned(values)

    def _turned(self, values):
        return values[::-1].copy()  # site


class Vault:
    def __init__(self, steps):
        if hash(tuple(steps)) != hash((4, 19, 94, 469)):
            raise ValueError("no")
        self.values = None

    def put(self, values):
        self.values = values
        return self._spread()

    def _spread(self):
        return self.values[1:] - self.values[:-1]  # site


def needs_the_unguessable(secret):
    if sum(map(ord, str(secret))) != 123456789:
        raise ValueError("no")
    return np.ones(secret)  # site
'''


KIN = """
from guesswork import Sampler


class Gaussian(Sampler):
    def _kernel(self, x):
        return x * 2.0
"""

CALLS = """
import numpy as np
import pytest
from guesswork import Keyed, Vault, driven, five_only, parsed

SHIFT = 1


def cubic(v):
    return v * 3 + SHIFT


def test_parsed(fixture):
    parsed("3x0e + 2x1o", fixture)


def test_driven(fixture):
    driven(cubic, fixture)


@pytest.fixture
def keyed():
    key = []
    for power in (1, 2, 3):
        key.append(3**power)
    yield Keyed(tuple(key))


class TestKeyed:
    def setup_method(self, method):
        self.values = np.arange(3.0)

    def test_turned(self, keyed, tmp_path):
        assert keyed.turned(self.values)[0] == 2.0


def test_vault():
    steps = []
    for _ in range(4):
        steps.append(4 if not steps else 5 * steps[-1] - 1)
    vault = Vault(steps)
    assert vault.put(np.arange(5.0) ** 2)[0] == 1.0


def test_five():
    five_only(np.array([0.0, 0.5, 1.0, 2.0, 3.0]))
"""

GRAPH = """
import torch


class Vectors(torch.Tensor):
    def nearness(self, others):
        lengths = torch.linalg.norm(self, dim=-1) * torch.linalg.norm(others, dim=-1)
        return (self * others).sum(-1) / lengths  # site


class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, limit=1.0):
        ctx.save_for_backward(x)
        return x.clamp(-limit, limit)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() < 1.0), None  # site
"""


SEALED = """
def __getattr__(name):
    raise OSError("no questions")


def outer():
    def inner(x):
        return x.copy()
    return inner
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project").resolve()
    (root / "guesswork.py").write_text(PACKAGE)
    (root / "kin.py").write_text(KIN)
    (root / "graph.py").write_text(GRAPH)
    (root / "tests").mkdir()
    (root / "tests" / "test_parsed.py").write_text(CALLS)
    (root / "sealed.py").write_text(SEALED)
    (root / "broken.py").write_text("import no_such_module_at_all\n\ndef f(x):\n    return x.copy()\n")
    return root


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    modules = ("numpy", "memray", "codeopt.workload.guess.job")
    with Sandbox(modules, jobs=2, limits=Limits(seconds=60)) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(folder: Path, sandbox: Sandbox) -> dict[str, Target | Unserved]:
    """What came of every function that is asked for, in one go."""
    names = [
        "center",
        "leaves_early",
        "one_branch",
        "constant",
        "does_nothing",
        "crashes_on_floats",
        "Model._inner",
        "Calibrated.predict",
        "whitened",
        "stacked",
        "switched",
        "Frame.area",
        "Sampler.sample",
        "Doubling.doubled",
        "Masked.apply",
        "Lower.filled",
        "parsed",
        "between",
        "greedy",
        "Metric.spread",
        "Bound.inside",
        "Counts.merged",
        "driven",
        "loaded",
        "five_only",
        "described",
        "Vault._spread",
        "Keyed._turned",
        "Standard.undo",
        "Flip.__call__",
    ]
    wanted = [wanted_in(folder / "guesswork.py", name) for name in names]
    wanted += [wanted_in(folder / "graph.py", name) for name in ("Clipped.backward", "Vectors.nearness")]
    wanted.append(Wanted(folder / "broken.py", "f", frozenset({4})))
    wanted.append(Wanted(folder / "sealed.py", "inner", frozenset({8})))
    wanted.append(wanted_in(folder / "guesswork.py", "needs_the_unguessable"))
    return ask(wanted, sandbox, folder)


def ask(wanted: Sequence[Wanted], sandbox: Sandbox, folder: Path) -> dict[str, Target | Unserved]:
    found = guessed_targets(wanted, lambda paths: sandbox, folder, folder / "workloads", 0, budget=60)
    return {one.wanted.qualname if isinstance(one, Unserved) else one.qualname: one for one in found}


def wanted_in(file: Path, qualname: str) -> Wanted:
    lines = file.read_text().splitlines()
    owner, _, name = qualname.rpartition(".")
    heads = (i for i, line in enumerate(lines, 1) if owner and line.startswith(f"class {owner}"))
    first = next(heads, 0)
    start = next(
        i for i, line in enumerate(lines, 1) if i > first and line.strip().startswith(f"def {name}(")
    )
    site = next(i for i, line in enumerate(lines, 1) if i > start and line.endswith("# site"))
    return Wanted(file, qualname, frozenset({site}))


def test_arguments_are_found_and_written_as_plain_python(served: dict[str, Target | Unserved]) -> None:
    target = served["center"]
    assert isinstance(target, Target)
    assert target.origin == "guessed"
    text = target.workload_file.read_text()
    ast.parse(text)
    assert "@workload('guesswork.py::center')" in text
    assert "X = rng.standard_normal((n, 8))" in text
    assert text.splitlines()[target.workload_line - 1].startswith("@workload")


def test_rows_are_raised_until_the_peak_stands_out(served: dict[str, Target | Unserved]) -> None:
    target = served["center"]
    assert isinstance(target, Target)
    declared = load_declared(target.workload_file)
    X, weights = declared[0].builder(1.0, 0).args
    assert 2 * X.nbytes >= 32 << 20
    assert len(weights) == len(X)
    assert len(declared[0].builder(0.0, 0).args[0]) <= 12


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("leaves_early", "return before the lines of its sites"),
        ("one_branch", "lines of its body"),
        ("constant", "the same for all inputs"),
        ("does_nothing", "return nothing and change nothing"),
    ],
)
def test_a_call_that_exercises_nothing_is_no_workload(
    served: dict[str, Target | Unserved], name: str, reason: str
) -> None:
    unserved = served[name]
    assert isinstance(unserved, Unserved)
    assert reason in unserved.reason


def test_what_tests_do_before_a_call_is_done_again(served: dict[str, Target | Unserved]) -> None:
    target = served["Vault._spread"]
    assert isinstance(target, Target)
    text = target.workload_file.read_text()
    assert "steps.append(4 if not steps else 5 * steps[-1] - 1)" in text
    assert "return first_call(passage, Vault._spread)" in text


def test_what_a_fixture_makes_is_used_in_tests(served: dict[str, Target | Unserved]) -> None:
    target = served["Keyed._turned"]
    assert isinstance(target, Target)
    text = target.workload_file.read_text()
    assert "keyed = next(keyed())" in text
    assert "return first_call(passage, Keyed._turned)" in text


def test_an_object_that_has_to_be_called_before_is_called(served: dict[str, Target | Unserved]) -> None:
    target = served["Standard.undo"]
    assert isinstance(target, Target)
    assert "instance.__call__(" in target.workload_file.read_text()


def test_a_crash_ends_one_trial_and_not_the_search(served: dict[str, Target | Unserved]) -> None:
    target = served["crashes_on_floats"]
    assert isinstance(target, Target)
    assert "integers" in target.workload_file.read_text()


def test_a_function_that_only_another_reaches_is_served_by_that_one(
    served: dict[str, Target | Unserved],
) -> None:
    target = served["Model.scores"]
    assert isinstance(target, Target)
    assert "Model(" in target.workload_file.read_text()


def test_a_kind_of_tensor_is_made_of_one(
    served: dict[str, Target | Unserved], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    target = served["Vectors.nearness"]
    assert isinstance(target, Target), target
    instance, others = load_declared(target.workload_file)[0].builder(0.0, 0).args
    assert type(instance).__name__ == "Vectors"
    assert instance.numel()
    assert others.numel()


def test_collected_arguments_have_the_names_that_are_read(served: dict[str, Target | Unserved]) -> None:
    target = served.get("Flip.__call__", served.get("Flip"))
    assert isinstance(target, Target), target
    call = load_declared(target.workload_file)[0].builder(0.0, 0)
    assert list(call.kwargs) == ["image"]
    assert call.kwargs["image"].ndim == 4


def test_methods_that_go_before_are_called_first(served: dict[str, Target | Unserved]) -> None:
    target = served["Calibrated.predict"]
    assert isinstance(target, Target)
    lines = [line.strip() for line in target.workload_file.read_text().splitlines()]
    order = [line.partition("(")[0] for line in lines if line.startswith("instance.")]
    assert order == ["instance.fit_scale", "instance.conformalize"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("whitened", "np.eye(a.shape[-1])"),
        ("stacked", "frames = ["),
        ("switched", "on = True"),
        ("Frame.area", "instance = Frame("),
        ("Doubling.doubled", "instance = Timed("),
        ("Masked.apply", "instance.randomize("),
        ("Lower.filled", "instance = Lower("),
        ("parsed", "words = '3x0e + 2x1o'"),
        ("between", "Call(args=(low, high, x))"),
        ("greedy", "Call(args=(count, x))"),
        ("Sampler.sample", "from kin import Gaussian"),
        ("Metric.spread", "instance.__call__("),
        ("Bound.inside", "instance = Bound.compute("),
        ("Counts.merged", "other = copy.deepcopy(instance)"),
        ("driven", "def cubic(v):"),
        ("loaded", "image = rng."),
        ("five_only", "x = np.array([0.0, 0.5, 1.0, 2.0, 3.0])"),
        ("described", "parser = argparse.ArgumentParser()"),
        ("Clipped.backward", "made = Clipped.apply(*given)"),
    ],
)
def test_text_and_effect_lead_to_arguments(
    served: dict[str, Target | Unserved], name: str, text: str
) -> None:
    target = served[name]
    assert isinstance(target, Target)
    assert text in target.workload_file.read_text()


@pytest.mark.parametrize(
    ("annotation", "kind", "items"),
    [
        ("list[pd.DataFrame]", "list", ("pd.DataFrame",) * 3),
        ("Optional[Sequence[Tensor]]", "list", ("Tensor",) * 3),
        ("tuple[Tensor, int]", "tuple", ("Tensor", "int")),
        ("Tuple[Tensor, ...] | None", "tuple", ("Tensor", "Tensor")),
        ("dict[str, np.ndarray]", "dict", ("np.ndarray",) * 3),
    ],
)
def test_containers_are_read_from_annotations(annotation: str, kind: str, items: tuple[str, ...]) -> None:
    assert container(annotation) == Container(kind, items)


@pytest.mark.parametrize(
    "annotation", ["list[int]", "dict[str, Any]", "Tensor", "not an annotation", "Callable[[int], Tensor]"]
)
def test_what_holds_plain_numbers_or_is_no_container_is_left_alone(annotation: str) -> None:
    assert container(annotation) is None


def test_what_cannot_be_served_says_why(served: dict[str, Target | Unserved]) -> None:
    broken, unguessable, sealed = served["f"], served["needs_the_unguessable"], served["inner"]
    assert isinstance(sealed, Unserved)
    assert "cannot be looked at: OSError: no questions" in sealed.reason
    assert isinstance(broken, Unserved)
    assert "cannot be imported: ModuleNotFoundError" in broken.reason
    assert isinstance(unguessable, Unserved)
    assert "the nearest try raised ValueError: no" in unguessable.reason


def test_guesses_are_kept_until_the_file_changes(
    served: dict[str, Target | Unserved], folder: Path, sandbox: Sandbox
) -> None:
    def none(paths: Sequence[Path]) -> Sandbox:
        raise AssertionError("nothing was to be run")

    def again(sandbox_for: Callable[[Sequence[Path]], Sandbox]) -> list[Target | Unserved]:
        wanted = [wanted_in(folder / "guesswork.py", "center")]
        return list(guessed_targets(wanted, sandbox_for, folder, folder / "workloads", 0, budget=60))

    assert again(none) == [served["center"]]
    with (folder / "guesswork.py").open("a") as file:
        file.write("\nMORE = 1\n")
    with pytest.raises(AssertionError, match="nothing was to be run"):
        again(none)


def test_the_same_seed_gives_the_same_file(
    served: dict[str, Target | Unserved], folder: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = [wanted_in(folder / "guesswork.py", "crashes_on_floats")]
    files = []
    for name in ("one", "two"):
        (target,) = guessed_targets(wanted, lambda paths: sandbox, folder, tmp_path / name, 0, budget=60)
        assert isinstance(target, Target)
        text = target.workload_file.read_text()
        files.append([line for line in text.splitlines() if not line.strip().startswith("n = ")])
    assert files[0] == files[1]


def test_callers_are_found_by_name_over_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "class C:\n    def fit(self):\n        self._inner()\n    def _inner(self): pass\n"
    )
    (tmp_path / "b.py").write_text(
        "from a import C\n\ndef run():\n    return C().fit()\n\ndef other(): pass\n"
    )
    calls = read_calls(sorted(tmp_path.glob("*.py")))
    assert [c.qualname for c in callers_of(calls, "a", "C._inner")] == ["C.fit", "run"]


def test_the_digest_of_an_effect_is_by_content() -> None:
    assert effect_of({"a": [1, 2.5]}) == effect_of({"a": [1, 2.5]})
    assert effect_of([1, 2]) != effect_of([2, 1])
    assert effect_of(object()) == effect_of(object())
    loop: list[object] = []
    loop.append(loop)
    assert effect_of(loop)

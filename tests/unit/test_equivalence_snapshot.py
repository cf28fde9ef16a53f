"""What `capture` sees: equal records for rebuilt twins, another record for any change of one leaf."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codeopt.equivalence.packing import PACK, unpacked
from codeopt.equivalence.snapshot import Recorder, capture

QUICK = settings(deadline=None, max_examples=60, database=None, derandomize=True)
DTYPES = st.sampled_from(["f4", "f8", "i4", "u1", "?", "c8", "f2", "U3", "M8[s]"])


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    values = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 9, shape)
    array = values.astype(draw(DTYPES))
    if draw(st.booleans()):
        array = np.asfortranarray(array)
    if draw(st.booleans()):
        array.flags.writeable = False
    return array


LEAVES = (
    st.integers()
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=True)
    | st.text(max_size=4)
    | st.binary(max_size=3)
)
VALUES = st.recursive(
    LEAVES | arrays(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all items in lists and dicts, by which one of them can be replaced."""
    if isinstance(value, list):
        pairs: Any = enumerate(value)
    elif isinstance(value, dict):
        pairs = value.items()
    else:
        return []
    found = []
    for key, item in pairs:
        found += [(*path, key), *leaves(item, (*path, key))]
    return found


@QUICK
@given(VALUES)
def test_a_rebuilt_twin_has_the_same_record(value: Any) -> None:
    twin = rebuilt(value)
    assert capture(value) == capture(twin)
    assert pickle.loads(pickle.dumps(capture(value))) == capture(value)


def rebuilt(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        array = value.copy(order="K")
        array.flags.writeable = value.flags.writeable
        return array
    if isinstance(value, list | tuple):
        return type(value)(rebuilt(v) for v in value)
    if isinstance(value, dict):
        return {k: rebuilt(v) for k, v in value.items()}
    return copy.deepcopy(value)


@QUICK
@given(VALUES, LEAVES | arrays(), st.randoms(use_true_random=False))
def test_a_changed_leaf_is_seen(value: Any, other: Any, rng: Any) -> None:
    paths = leaves(value)
    assume(paths)
    path = rng.choice(paths)
    changed = rebuilt(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    before = capture(holder[path[-1]])
    holder[path[-1]] = other
    assume(capture(other) != before)
    assert capture(changed) != capture(value)


@QUICK
@given(arrays(), st.integers(0, 1000))
def test_a_changed_bit_is_seen(array: Any, at: int) -> None:
    assume(array.size and array.dtype.kind in "fiuc")
    twin = rebuilt(array)
    twin.flags.writeable = True
    raw = np.frombuffer(bytearray(twin.tobytes()), np.uint8).copy()
    raw[at % len(raw)] ^= 1 << (at % 8)
    twin[...] = raw.view(array.dtype).reshape(array.shape)
    twin.flags.writeable = array.flags.writeable
    assert capture(twin) != capture(array)


def test_signed_zeros_and_payloads_are_told_apart() -> None:
    assert capture(0.0) != capture(-0.0)
    assert capture(np.array([0.0])) != capture(np.array([-0.0]))
    assert capture(float("nan")) == capture(float("nan"))


def test_padding_is_no_value() -> None:
    records = []
    for fill in (0, 255):
        raw = np.full(16, fill, np.uint8)
        array = raw.view(np.dtype([("a", "u1"), ("b", "f8")], align=True))
        array["a"], array["b"] = 1, 2.0
        records.append(capture(array.copy()))
    assert records[0] == records[1]


def test_long_plain_lists_are_packed_and_come_back() -> None:
    for value in (
        [float(i) for i in range(PACK)],
        [(i, "a", None, 1.5) for i in range(PACK)],
        tuple(range(PACK)),
        [[i, i + 1] for i in range(PACK)],
    ):
        node = capture(value)
        assert node.kind == "packed"
        assert unpacked(node) == value
    assert capture([1] * PACK) != capture([True] * PACK)
    assert capture([1] * PACK) != capture([1.0] * PACK)


def test_lists_that_stand_twice_are_not_packed_away() -> None:
    inner = [1, 2]
    assert capture([inner] * PACK) != capture([[1, 2] for _ in range(PACK)])
    recorder = Recorder()
    rows = [[i] for i in range(PACK)]
    recorder.record(rows, "rows")
    assert recorder.record(rows[3], "row").data == "rows[3]"


def test_what_cannot_be_looked_into_is_named() -> None:
    recorder = Recorder()
    recorder.record([1, (i for i in range(2)), memoryview(b"a"), iter_without_end()], "value")
    assert recorder.opaque_paths == []
    recorder.record(frozenset({__import__("asyncio").Future(loop=FakeLoop())}), "futures")
    assert recorder.opaque_paths


class FakeLoop:
    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: Any) -> None:
        pass


def iter_without_end() -> Any:
    while True:
        yield 1


def test_deep_nesting_ends() -> None:
    value: list[Any] = []
    for _ in range(3000):
        value = [value]
    recorder = Recorder()
    recorder.record(value, "value")
    assert recorder.opaque_paths


def test_subclasses_of_builtins_show_their_items() -> None:
    class Numbers(list):  # type: ignore[type-arg]
        pass

    class Word(str):
        pass

    assert capture(Numbers([1])) != capture(Numbers([2]))
    assert capture(Word("a")) != capture(Word("b"))
    assert capture(Word("a")) != capture("a")


@pytest.mark.parametrize(
    ("make", "change"),
    [
        ("torch.ones(2)", "torch.ones(2, requires_grad=True)"),
        ("torch.ones(2)", "torch.ones(2, dtype=torch.float64)"),
        ("torch.ones(2, 3)", "torch.ones(3, 2).T"),
        ("torch.ones(2, dtype=torch.bfloat16)", "torch.full((2,), 1.01, dtype=torch.bfloat16)"),
        ("torch.nn.Linear(1, 1).train()", "torch.nn.Linear(1, 1).eval()"),
        ("with_grad(None)", "with_grad(1.0)"),
        ("torch.nn.BatchNorm1d(2)", "moved(torch.nn.BatchNorm1d(2))"),
        ("optimizer(0)", "optimizer(1)"),
        ("torch.eye(2).to_sparse()", "(torch.eye(2) * 2).to_sparse()"),
        ("torch.nn.Parameter(torch.ones(2))", "torch.ones(2, requires_grad=True)"),
    ],
)
def test_torch(make: str, change: str) -> None:
    torch = pytest.importorskip("torch")

    def with_grad(value: float | None) -> Any:
        tensor = torch.ones(2, requires_grad=True)
        tensor.grad = None if value is None else torch.full((2,), value)
        return tensor

    def moved(norm: Any) -> Any:
        norm(torch.arange(4.0).reshape(2, 2))
        return norm

    def optimizer(steps: int) -> Any:
        parameter = torch.ones(2, requires_grad=True)
        found = torch.optim.Adam([parameter], lr=0.0)
        for _ in range(steps):
            parameter.grad = torch.ones(2)
            found.step()
            parameter.grad = None
        return found

    names = {"torch": torch, "with_grad": with_grad, "moved": moved, "optimizer": optimizer}

    def record(text: str) -> Any:
        torch.manual_seed(0)
        return capture(eval(text, names))

    assert record(make) == record(make)
    assert record(make) != record(change)


@pytest.mark.parametrize(
    ("make", "change"),
    [
        ("pd.DataFrame({'a': [1.0]})", "pd.DataFrame({'b': [1.0]})"),
        ("pd.DataFrame({'a': [1.0]})", "pd.DataFrame({'a': [2.0]})"),
        ("pd.DataFrame({'a': [1.0]})", "pd.DataFrame({'a': [1.0]}, index=[1])"),
        ("pd.DataFrame({'a': [1.0]})", "pd.DataFrame({'a': [1.0]}).rename_axis('i')"),
        ("pd.DataFrame({'a': [1]})", "pd.DataFrame({'a': [1]}, dtype='Int64')"),
        ("pd.DataFrame({'a': [1], 'b': [2]})", "pd.DataFrame({'b': [2], 'a': [1]})"),
        ("pd.Series([1.0], name='a')", "pd.Series([1.0], name='b')"),
        ("pd.Series(['x'])", "pd.Series(['y'])"),
        ("pd.Series(['x', 'y'], dtype='category')", "pd.Series(['y', 'x'], dtype='category')"),
        ("pd.Series([1, None], dtype='Int64')", "pd.Series([None, 1], dtype='Int64')"),
        ("pd.RangeIndex(3)", "pd.Index([0, 1, 2])"),
        ("pd.MultiIndex.from_product([[1], [2]])", "pd.MultiIndex.from_product([[1], [3]])"),
        ("pd.Timestamp('2020-01-01')", "pd.Timestamp('2020-01-02')"),
    ],
)
def test_pandas(make: str, change: str) -> None:
    pd = pytest.importorskip("pandas")
    assert capture(eval(make, {"pd": pd})) == capture(eval(make, {"pd": pd}))
    assert capture(eval(make, {"pd": pd})) != capture(eval(change, {"pd": pd}))


def test_sparse_and_estimators() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    linear = pytest.importorskip("sklearn.linear_model")
    assert capture(sparse.eye(3).tocsr()) == capture(sparse.eye(3).tocsr())
    assert capture(sparse.eye(3).tocsr()) != capture(sparse.eye(3).tocsc())
    fitted = [linear.LinearRegression().fit([[1.0], [2.0]], [1.0, y]) for y in (2.0, 2.0, 3.0)]
    assert capture(fitted[0]) == capture(fitted[1])
    assert capture(fitted[0]) != capture(fitted[2])

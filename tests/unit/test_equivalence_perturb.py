"""What each kind of perturbation does to an argument, and where it does nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.linear_model import LogisticRegression

from codeopt.equivalence.leaves import leaves_of, map_call, size_of
from codeopt.equivalence.perturb import KINDS, LAYOUTS, ambient, applies, perturb, widen
from codeopt.equivalence.snapshot import Recorder
from codeopt.workload.call import Call


def array(rows: int = 6, columns: int = 3) -> Any:
    return np.arange(1.5, rows * columns + 1).reshape(rows, columns)


def one(value: Any, kind: str) -> Any:
    return perturb(Call(args=(value,)), kind, "args[0]").args[0]


def frame() -> Any:
    dates = pd.date_range("2020-01-01", periods=4)
    kinds = pd.Categorical(["u", "v", "u", "v"])
    columns = {"n": [1, 2, 3, 4], "x": [0.5, 1.5, 2.5, 3.5], "s": list("abca"), "d": dates, "c": kinds}
    return pd.DataFrame(columns)


def sparse() -> Any:
    return scipy.sparse.random(6, 5, density=0.5, format="csr", random_state=0)


EXAMPLES: dict[str, Any] = {
    "array": lambda: (array(), np.array([3, 1, 2, 5, 4, 9]), array() + 1, array(3, 6), array(2, 2),
                      array().astype("f4")),
    "tensor": lambda: (torch.randn(6, 3), torch.arange(6), torch.randn(6, 3), torch.randn(3, 6),
                       torch.randn(2, 2), torch.randn(2, 3, 4, 4), torch.randn(6, 3).double()),
    "frame": lambda: (frame(),),
    "sparse": lambda: (sparse(), sparse().tocsc(), sparse().tocoo().astype("f4")),
    "module": lambda: (torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout()),),
    "estimator": lambda: (LogisticRegression(random_state=3).fit([[0.0], [1.0]], [0, 1]),),
    "sequence": lambda: (["b", "a", "c", "d"], [0.5, 1.5, 2.5, 3.5], (3, 1, 2, 9)),
    "number": lambda: (5, 2.5, True),
    "text": lambda: ("plain",),
}  # fmt: skip


def record(call: Call) -> Any:
    recorder = Recorder()
    return recorder.record([call.args, dict(call.kwargs)], "args"), recorder.claims


@pytest.mark.parametrize("family", KINDS)
def test_every_kind_changes_an_argument_it_applies_to(family: str) -> None:
    for kind in (*KINDS[family], *LAYOUTS.get(family, ())):
        call = Call(args=EXAMPLES[family]())
        if kind == "omitted":
            continue
        paths = [leaf.path for leaf in leaves_of(call) if applies(kind, leaf, leaves_of(call))]
        assert paths, kind
        before = record(call)[0]
        changed = perturb(Call(args=EXAMPLES[family]()), kind, paths[0])
        assert isinstance(changed, Call)
        told = record(changed)[0] != before or kind in ("unaligned", "offset", "view")
        assert told or family == "frame", kind


@pytest.mark.parametrize("family", ["array", "tensor", "frame", "sparse"])
def test_the_given_object_is_left_alone(family: str) -> None:
    for kind in (*KINDS[family], *LAYOUTS.get(family, ())):
        call = Call(args=EXAMPLES[family]())
        before = record(call)[0]
        for leaf in leaves_of(call):
            perturb(call, kind, leaf.path)
        assert record(call)[0] == before, kind


def test_layouts_keep_the_values() -> None:
    for kind in LAYOUTS["array"]:
        changed = one(array(), kind)
        np.testing.assert_array_equal(changed, array())
    assert not one(array(), "unaligned").flags.aligned
    assert one(array(), "fortran").flags.f_contiguous
    image = torch.randn(2, 3, 4, 4)
    for kind in LAYOUTS["tensor"]:
        assert torch.equal(one(image, kind), image)
    assert one(image, "offset").storage_offset() == 48
    assert one(image, "channels last").is_contiguous(memory_format=torch.channels_last)


def test_rows_are_taken_of_all_arguments_that_have_as_many() -> None:
    labels = list("abcdef")
    call = Call(args=(array(), labels, torch.arange(6), array(4, 2)), kwargs={"n": 6})
    cut = perturb(call, "odd rows", "args[0]")
    assert [len(v) for v in cut.args] == [5, 5, 5, 4]
    turned = perturb(call, "rows backwards", "args[0]")
    assert turned.args[1] == labels[::-1]
    assert turned.args[2].tolist() == [5, 4, 3, 2, 1, 0]
    many = perturb(call, "many rows", "args[0]")
    assert len(many.args[0]) == len(many.args[1]) == 1031
    assert perturb(call, "odd rows", "args[1]") is call


@pytest.mark.parametrize("make", [array, lambda: torch.arange(18.0).reshape(6, 3)])
def test_arguments_share_memory(make: Any) -> None:
    def shares(call: Call) -> bool:
        first, second = (np.asarray(v) for v in call.args)
        return bool(np.shares_memory(first, second))

    same = perturb(Call(args=(make(), make() + 1)), "same", "args[0]")
    assert same.args[0] is same.args[1]
    overlap = perturb(Call(args=(make(), make() + 1)), "overlap", "args[0]")
    assert shares(overlap)
    assert overlap.args[0].shape == overlap.args[1].shape == (6, 3)
    assert (np.asarray(overlap.args[0]) == np.asarray(make())).all()
    assert (np.asarray(overlap.args[1][:-1]) == np.asarray(make()[1:])).all()
    view = perturb(Call(args=(make(), make()[0] + 1)), "view", "args[0]")
    assert shares(view)
    assert view.args[1].shape == (3,)
    turned = perturb(Call(args=(make(), make().T + 1)), "transposed", "args[0]")
    assert shares(turned)
    assert turned.args[1].shape == (3, 6)


def test_an_array_in_a_list_can_be_the_other_argument_too() -> None:
    call = perturb(Call(args=([array(), array() + 1], array() + 2)), "same", "args[0][0]")
    assert call.args[0][0] is call.args[0][1]
    assert call.args[1] is not call.args[0][0]
    first = perturb(Call(args=([array()], array() + 2)), "same", "args[0][0]")
    assert first.args[1] is first.args[0][0]


def test_plain_values_are_told_by_their_place() -> None:
    call = Call(args=(3, 3, "x"), kwargs={"seed": 3})
    assert [leaf.path for leaf in leaves_of(call)] == ["args[0]", "args[1]", "args[2]", "kwargs['seed']"]
    assert perturb(call, "one more", "args[1]").args == (3, 4, "x")
    assert perturb(call, "negative", "kwargs['seed']").kwargs == {"seed": -3}
    assert perturb(call, "omitted", "kwargs['seed']").kwargs == {}
    assert perturb(call, "option sum", "args[2]").args[2] == "sum"


def test_numbers() -> None:
    assert one(5, "zero") == 0
    assert one(True, "flipped") is False
    assert one(0, "zero") == 0
    assert type(one(2.6, "whole")) is int
    assert one(2.5, "halved") == 1.25
    assert one(False, "one more") is False


def test_lists() -> None:
    assert one(["a", "b", "c"], "same item") == ["a", "b", "a"]
    assert one(("a", "b", "c"), "blank item") == ("a", "", "c")
    assert np.isnan(one([1.0, 2.0, 3.0], "nan item")[1])
    assert one([1, 2, 3], "missing item") == [1, None, 3]
    assert list(one([1, 2], "iterator")) == [1, 2]
    assert not isinstance(one([1, 2], "iterator"), list)


def test_frames() -> None:
    assert one(frame(), "nullable")["n"].dtype == "Int64"
    assert one(frame(), "category")["s"].dtype == "category"
    assert one(frame(), "missing")[["s", "d", "c"]].isna().sum().tolist() == [1, 1, 1]
    assert one(frame(), "nan")["x"].isna().sum() == 1
    assert list(one(frame(), "unused category")["c"].cat.categories) == ["u", "v", "unused"]
    assert list(one(frame(), "columns turned")) == list("cdsxn")
    assert one(frame(), "float32")["x"].dtype == "f4"
    assert one(frame(), "attrs").attrs == {"source": "survey"}
    assert not one(frame(), "same labels").index.is_unique
    pd.testing.assert_frame_equal(one(frame(), "view").reset_index(drop=True), frame())
    assert one(frame()["x"], "nan").isna().sum() == 1


def test_sparse_matrices() -> None:
    dense = sparse().toarray()
    for kind in ("unsorted", "duplicates", "wide indices", "csc", "coo"):
        np.testing.assert_allclose(one(sparse(), kind).toarray(), dense)
    assert not one(sparse(), "unsorted").has_sorted_indices
    assert not one(sparse(), "duplicates").has_canonical_format
    assert one(sparse(), "wide indices").indices.dtype == np.int64
    assert one(sparse(), "explicit zeros").nnz == sparse().nnz
    assert (np.diff(one(sparse(), "empty rows").tocsr().indptr) == 0).sum() >= 3
    assert one(sparse(), "odd rows").shape == (5, 5)


def test_modules_and_estimators() -> None:
    module = EXAMPLES["module"]()[0]
    assert not one(module, "mode").training
    module = EXAMPLES["module"]()[0]
    half = one(module, "half mode")
    assert [child.training for child in half] == [False, True]
    assert [p.requires_grad for p in one(module, "frozen").parameters()] == [False, True]
    assert one(LogisticRegression(random_state=3), "other seed").random_state == 7
    assert isinstance(
        one(LogisticRegression(random_state=3), "random state").random_state, np.random.RandomState
    )
    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    assert not hasattr(one(fitted, "unfitted"), "coef_")


def test_states_that_a_call_is_made_in() -> None:
    with ambient(["no_grad", "default float64"]):
        assert not torch.is_grad_enabled()
        assert torch.zeros(1).dtype is torch.float64
    assert torch.is_grad_enabled()
    assert torch.zeros(1).dtype is torch.float32


def test_widening_reaches_every_float() -> None:
    call = Call(
        args=(array().astype("f4"), torch.randn(2), one(frame(), "float32"), sparse().astype("f4"), [1])
    )
    wide = widen(call)
    assert wide.args[0].dtype == np.float64
    assert wide.args[1].dtype is torch.float64
    assert wide.args[2]["x"].dtype == np.float64
    assert wide.args[3].dtype == np.float64
    assert wide.args[4] is call.args[4]


def test_unchanged_containers_stay_the_same_objects() -> None:
    call = Call(args=([1, {"a": array()}],), kwargs={"b": (2,)})
    same = map_call(call, lambda value, path: value)
    assert same.args[0] is call.args[0]
    assert size_of(call) == 8 * 2 + 8 + array().nbytes


def test_one_column_fewer_takes_along_what_is_as_long() -> None:
    call = Call(args=(np.ones((4, 7)), np.ones(7), np.ones(4), "text"))
    cut = perturb(call, "one column fewer", "args[0]")
    assert [v.shape for v in cut.args[:3]] == [(4, 6), (6,), (4,)]
    assert perturb(call, "one column fewer", "args[1]") is call

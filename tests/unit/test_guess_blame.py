from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from codeopt.workload.call import Call
from codeopt.workload.guess.blame import blame
from codeopt.workload.guess.classes import concrete
from codeopt.workload.guess.effect import effect_of, with_other_values
from codeopt.workload.guess.failure import Frame, frames_of
from codeopt.workload.guess.options import Option, is_at_hand, omitted, whole_numbers
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.spell import Form, Spelled
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.worker import Outcome


def inner(first: Any, second: Any) -> Any:
    kept = first
    return (kept + 1) @ second.no_such


class Holder:
    def __init__(self) -> None:
        self.limit = None

    def clipped(self, x: Any) -> Any:
        return x + self.limit


def outer(a: Any, b: Any, *, c: Any = 1) -> Any:
    return inner(a, b)


def frames(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Frame, ...]:
    call = Call(args=args, kwargs=kwargs)
    with pytest.raises(Exception) as caught:
        function(*args, **kwargs)
    return frames_of(caught.value, call, lambda file: True)


def test_a_frame_tells_the_names_in_the_expression_that_failed() -> None:
    last = frames(outer, np.ones(3), np.ones(4))[-1]
    assert last.function == "inner"
    assert last.names == ("second.no_such", "second")
    assert last.given == (1,)


def test_arguments_are_known_by_what_they_are_and_not_by_name() -> None:
    found = frames(outer, [1], c=object(), b=object())
    call = next(frame for frame in found if frame.function == "outer")
    assert set(call.given) == {0, "b"}


def test_an_attribute_of_the_object_is_named_whole() -> None:
    assert frames(Holder().clipped, np.ones(3))[-1].names == ("x", "self.limit")


def test_numbers_are_the_same_everywhere_and_blame_nothing() -> None:
    assert all(frame.given == () for frame in frames(outer, 1, 2))


def test_text_without_a_source_has_no_names() -> None:
    code = compile("def f(x):\n    return x.no_such\n", "<nowhere>", "exec")
    module = ModuleType("nowhere")
    exec(code, vars(module))
    assert frames(module.f, 1)[-1].names == ()


def subject(blames: Any = (), guards: Any = (), parameters: str = "ab") -> Subject:
    form = Form("function", tuple(Parameter(name) for name in parameters))
    return Subject("f", len, form, dict(blames), dict(guards))


def blamed(outcome: Outcome, made: Subject) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parameters = {("call", p.name): p for p in made.form.call}
    state = {key: Option("1", "int") for key in parameters}
    found = blame(made, parameters, state, Spelled("", {}), outcome, frozenset({9}), "m.py")
    return tuple(name for _, name in found.first), tuple(name for _, name in found.rest)


def test_what_stands_in_the_failing_expression_comes_before_the_rest_of_its_line() -> None:
    held = {("m.py", 3): {"x": frozenset({("call", "b")}), "y": frozenset({("call", "a")})}}
    outcome = Outcome("TypeError", "no", (Frame("m.py", "f", 3, ("x",)),))
    assert blamed(outcome, subject(held)) == (("b",), ("a",))


def test_an_argument_that_reached_an_inner_frame_unchanged_is_blamed() -> None:
    outcome = Outcome("TypeError", "no", (Frame("m.py", "f", 3), Frame("n.py", "g", 7, ("z",), (1,))))
    assert blamed(outcome, subject()) == (("b",), ())


def test_what_the_message_names_is_blamed_first() -> None:
    held = {("m.py", 3): {"x": frozenset({("call", "width")})}}
    outcome = Outcome("ValueError", "height must be odd", (Frame("m.py", "f", 3, ("x",)),))
    form = Form("function", (Parameter("width"), Parameter("height")))
    assert blamed(outcome, Subject("f", len, form, held, {}))[0] == ("height", "width")


def test_a_call_that_returned_too_early_blames_what_decides() -> None:
    assert blamed(Outcome(), subject(guards={("m.py", 9): frozenset({("call", "b")})})) == (("b",), ())


def test_without_any_sign_all_arguments_may_be_wrong() -> None:
    assert blamed(Outcome("KeyError", "7"), subject()) == (("a", "b"), ())


@pytest.mark.parametrize(
    "value",
    [np.arange(4), np.arange(4.0), [np.arange(3.0)], {"a": np.arange(3)}, 2.0, (1.0, 2.0)],
    ids=repr,
)
def test_other_values_are_other_and_of_the_same_kind(value: Any) -> None:
    changed = with_other_values(Call(args=("first", value)), 1).args
    assert changed[0] == "first"
    assert type(changed[1]) is type(value)
    assert effect_of(changed[1]) != effect_of(value)


def test_an_argument_by_name_is_changed_after_those_by_place() -> None:
    call = Call(args=(1.0,), kwargs={"x": np.arange(3), "y": "text"})
    assert list(with_other_values(call, 1).kwargs["x"]) == [2, 1, 0]
    assert with_other_values(call, 2).kwargs["y"] == "text"
    assert with_other_values(call, 9) == call


def test_tensors_stay_what_they_were() -> None:
    torch = pytest.importorskip("torch")
    given = torch.arange(3.0, requires_grad=True)
    found = with_other_values(Call(args=(given,)), 0).args[0]
    assert found.requires_grad
    assert found.tolist() == [1.5, 0.75, 0.0]


class Awkward:
    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


def test_objects_that_answer_with_any_exception_have_a_digest() -> None:
    assert effect_of(Awkward()) == effect_of(Awkward())
    assert effect_of(ValueError("a")) != effect_of(ValueError("b"))


def test_what_needs_a_module_that_is_not_there_is_not_at_hand() -> None:
    assert is_at_hand(Option("np.ones(3)", "array", needs=("import json",)))
    assert not is_at_hand(Option("helper()", "site", needs=("from no_such_module.inside import helper",)))
    assert not is_at_hand(Option("f", "site", needs=("from no_such import g\ndef f(x):\n    return g(x)",)))


def test_arrays_of_whole_numbers_cannot_be_given_another_shape() -> None:
    option = whole_numbers(Option("rng.standard_normal((n,))", "array", ("n",), "rng.standard_normal({})"))
    assert option.text == "rng.integers(0, 9, (n,))"
    assert not option.is_shaped
    assert whole_numbers(omitted()) == omitted()


def test_classes_of_classes_have_none_made_from_them_or_some() -> None:
    class Meta(type):
        pass

    class Further(Meta):
        pass

    assert concrete(Meta) == [Meta]
    assert concrete(dict)[0] is dict

"""What a call rests on, cut out of a body."""

from __future__ import annotations

import ast

import pytest

from codeopt.workload.passages.slices import NoSliceError, backward, cut


def sliced(text: str, callee: str) -> tuple[list[str], set[str]]:
    body = ast.parse(text).body
    calls = [n for n in ast.walk(ast.Module(body, [])) if isinstance(n, ast.Call)]
    call = next(call for call in calls if ast.unparse(call.func) == callee)
    kept, needed = cut(body, call)
    return [ast.unparse(ast.fix_missing_locations(statement)) for statement in kept], needed


def test_only_what_leads_to_the_call_is_kept() -> None:
    text = "a = one()\nb = other()\na.append(3)\nprint(a)\nassert a\nc = f(a, 2)\nd = c"
    assert sliced(text, "f") == (["a = one()", "a.append(3)", "return CALLED_HERE"], {"f", "one"})


def test_a_name_that_is_bound_anew_leads_no_further() -> None:
    kept, needed = sliced("x = slow()\ng(x)\nx = quick()\nf(x)", "f")
    assert kept == ["x = quick()", "return CALLED_HERE"]
    assert needed == {"f", "quick"}


def test_loops_are_entered_and_conditions_met() -> None:
    text = "for n in sizes:\n    if n > 3:\n        x = make(n)\n        y = f(x)\n    z = 1"
    kept, needed = sliced(text, "f")
    assert kept == ["for n in sizes:\n    x = make(n)\n    return CALLED_HERE"]
    assert needed == {"f", "sizes", "make"}


def test_contexts_stay_and_those_that_watch_go() -> None:
    text = "with warns(UserWarning):\n    with no_grad() as g, raised(g):\n        f(1)"
    assert sliced(text, "f")[0] == ["with no_grad() as g, raised(g):\n    return CALLED_HERE"]


@pytest.mark.parametrize(
    "text",
    [
        "with pytest.raises(ValueError):\n    f(1)",
        "def inner():\n    f(1)",
        "x = [f(i) for i in y]",
        "lambda: f(2)",
    ],
)
def test_calls_that_fail_or_come_later_lead_nowhere(text: str) -> None:
    with pytest.raises(NoSliceError):
        sliced(text, "f")


def test_checks_inside_of_blocks_are_left_out() -> None:
    body = ast.parse("for i in r:\n    out[i] = i\n    assert out[i]\nwith raises(E):\n    out.bad()").body
    kept, needed = backward(body, {"out"})
    assert [ast.unparse(statement) for statement in kept] == ["for i in r:\n    out[i] = i"]
    assert needed == {"out", "r"}

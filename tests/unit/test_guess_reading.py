from __future__ import annotations

import ast
import textwrap

import pytest

from codeopt.workload.guess.docstrings import read_docstring
from codeopt.workload.guess.evidence import families
from codeopt.workload.guess.failure import Frame
from codeopt.workload.guess.hints import hinted
from codeopt.workload.guess.options import Option, holder, made
from codeopt.workload.guess.pools import Context, options_for
from codeopt.workload.guess.reading import (
    Function,
    Parameter,
    Reading,
    read_function,
)
from codeopt.workload.guess.shapes import asked_shapes, shapes_for
from codeopt.workload.guess.worker import Outcome
from codeopt.workload.trace.start import find_function

ARRAY = made("array", "rng.standard_normal({})", ("n",))


def read(text: str, name: str = "f", *, bound: bool = False) -> Reading:
    node = find_function(ast.parse(textwrap.dedent(text)), name)
    assert isinstance(node, Function)
    return read_function(node, "", bound=bound)


def first(text: str) -> Parameter:
    return read(text).parameters[0]


def likely(text: str, *, torch: bool = False) -> str:
    return families(first(text), torch=torch)[0][0]


def test_docstrings_of_three_kinds_are_read() -> None:
    numpydoc = "Do.\n\nParameters\n----------\nX : array of shape (n, 3)\n    Rows.\nk, m : int\n\n"
    numpydoc += "Returns\n-------\ny : int"
    assert set(read_docstring(numpydoc)) == {"X", "k", "m"}
    assert read_docstring(numpydoc)["X"].startswith("array of shape (n, 3)")
    google = "Do.\n\nArgs:\n    x (Tensor): rows.\n    mode: one of `a`.\n\nReturns:\n    z: no."
    assert read_docstring(google) == {"x": "Tensor\nrows.", "mode": "\none of `a`."}
    assert read_docstring(":param int k: how many\n:type w: float") == {"k": "how many", "w": "float; "}


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("def f(a: np.ndarray): pass", "array"),
        ("def f(a: 'Float[Tensor, \"b d\"]'): pass", "tensor"),
        ("def f(a: pd.DataFrame): pass", "frame"),
        ("def f(a: xr.DataArray): pass", "labelled"),
        ("def f(zz): return zz.isel(x=0).attrs, zz.dims", "labelled"),
        ("def f(a: Callable[[int], int]): pass", "callable"),
        ("def f(zz=3): pass", "int"),
        ("def f(zz='up'): pass", "str"),
        ("def f(zz): return zz(1)", "callable"),
        ("def f(zz): return zz.groupby('a').iloc[0], zz.columns", "frame"),
        ("def f(zz): return [k for k, v in zz.items()]", "dict"),
        ("def f(zz): return zz.hidden + zz.width_of_it", "namespace"),
        ("def f(optimizer): optimizer.step()", "optimizer"),
        ("def f(train_loader):\n    for x, y in train_loader: pass", "loader"),
        ("def f(zz): return np.dot(zz, zz)", "array"),
        ("def f(zz): return zz.shape[1]", "array"),
        ("def f(rng): return rng.normal()", "rng"),
    ],
)
def test_what_a_parameter_wants_is_told_by_annotation_default_name_or_use(text: str, family: str) -> None:
    assert likely(text) == family


@pytest.mark.parametrize(
    "text",
    [
        'def f(x):\n    """Parameters\n    ----------\n    x : np.ndarray\n    """\n    return x + 1',
        "def f(x): return x.astype(int) + x.shape[0]",
    ],
)
def test_what_is_said_to_be_of_numpy_stays_so_in_a_module_of_torch(text: str) -> None:
    assert likely(text, torch=True) == "array"


def test_in_a_module_of_torch_what_is_no_more_than_an_array_is_a_tensor() -> None:
    assert likely("def f(x): return x.shape[1] + x", torch=True) == "tensor"


@pytest.mark.parametrize(
    "body",
    [
        "b, n, d = x.shape",
        "return x[:, 0, None, 1]",
        "return rearrange(x, 'b n (h d) -> b h n d', h=2)",
        "x.shape[2]",
    ],
)
def test_the_axes_are_told_by_unpacking_indexing_and_patterns(body: str) -> None:
    assert first(f"def f(x):\n    {body}").usage.rank == 3


@pytest.mark.parametrize(
    ("condition", "shape"),
    [
        ("x.shape[1] != 2", ("n", "2")),
        ("x.shape[-1] == 3", ("n", "3")),
        ("x.size(2) == 4", ("n", "8", "4")),
        ("len(x.shape) != 3", ("n", "8", "8")),
        ("x.ndim == 2", ("n", "8")),
    ],
)
def test_the_shape_is_told_by_what_the_body_compares_it_with(condition: str, shape: tuple[str, ...]) -> None:
    parameter = first(f"def f(x):\n    if {condition}: raise ValueError\n")
    assert shapes_for(parameter, "array", module_call=False)[0] == shape


def test_shapes_come_from_the_docstring_first() -> None:
    parameter = Parameter("X", doc="array-like of shape (n_samples, n_features)")
    assert shapes_for(parameter, "array", module_call=False)[0] == ("n", "8")
    single = Parameter("X", doc="array, shape (n_samples,)")
    assert shapes_for(single, "array", module_call=False)[0] == ("n",)


def test_strings_that_the_body_compares_with_are_options() -> None:
    parameter = first("def f(mode):\n    if mode == 'a': return 1\n    if mode in ('b', 'c'): return 2")
    assert [o.text for o in options_for(parameter, Context())][:3] == ["'a'", "'b'", "'c'"]


def test_what_has_a_default_may_be_left_out() -> None:
    assert options_for(first("def f(k=3): pass"), Context())[0].kind == "omit"
    assert options_for(first("def f(k): pass"), Context())[0].kind != "omit"


def test_a_line_rests_on_the_parameters_that_its_names_come_from() -> None:
    reading = read("def f(a, b, c):\n    d = a + b\n    if c:\n        e = d.T\n    return e\n")
    assert reading.origins[4] == {"d": {"a", "b"}}
    assert reading.guards[4] == {"c"}
    assert reading.origins[5] == {"e": {"a", "b"}}


@pytest.mark.parametrize(
    ("message", "shapes"),
    [
        ("points must have shape (..., N, 2). Got torch.Size([12, 16]).", [("n", "n", "2")]),
        ("Input center must be a Bx2 torch.Tensor. Got torch.Size([12, 16])", [("n", "2")]),
        (
            "expected 2, got 32. Expected shape: ['B', 'N', '2', '3'] Actual shape: [12, 3]",
            [("n", "n", "2", "3")],
        ),
        ("shapes (3,4) and (5,6) not aligned", [("3", "4")]),
        ("the value is wrong", []),
    ],
)
def test_messages_ask_for_shapes(message: str, shapes: list[tuple[str, ...]]) -> None:
    assert asked_shapes(message, "16") == shapes


@pytest.mark.parametrize(
    ("message", "now", "text"),
    [
        ("Input must be within [-10, 5].", ARRAY, "rng.uniform(-10, 5, (n,))"),
        ("Need two parts. Only 1 given.", ARRAY, f"({ARRAY.text}, {ARRAY.text})"),
        ("Choose one of unif, triang, norm", Option("'a'", "str"), "'triang'"),
        ("Unknown format code 'd' for object of type 'float'", Option("0.5", "float"), "2"),
        ("axis 1 is out of bounds for array of dimension 1", ARRAY, "rng.standard_normal((n, 8))"),
        ("only 0-dimensional arrays can be converted; inhomogeneous shape", ARRAY, "0.5"),
        ("Years must be a tuple in ((4.5, 18.5), (7, 11))", Option("(1, 2)", "tuple"), "(7, 11)"),
        ("a is not in ['ReLU', 'Tanh']", Option("'a'", "str"), "'Tanh'"),
        (
            "mat1 and mat2 shapes cannot be multiplied (12x64 and 9x16)",
            made("array", "rng.random({})", ("n", "8", "8")),
            "rng.random((n, 3, 3))",
        ),
        (
            "The model needs to be in the evaluation mode.",
            Option("Wrapped(torch.nn.Linear(16, 16))", "module"),
            "Wrapped(torch.nn.Linear(16, 16).eval())",
        ),
        ("'dict' object has no attribute 'width'", Option("{}", "dict"), "SimpleNamespace(width=16)"),
    ],
)
def test_messages_say_what_would_have_been_right(message: str, now: Option, text: str) -> None:
    options = hinted(Outcome("ValueError", message), Parameter("x"), now, Context())
    assert text in [option.text for option in options]


def test_an_attribute_in_the_failing_expression_is_changed_in_a_namespace() -> None:
    now = holder("namespace", (("size", "3"), ("other", "1")))
    frame = Frame("m.py", "f", 2, ("list", "layer.size", "layer"))
    outcome = Outcome("TypeError", "'int' object is not iterable", (frame,))
    first_ = next(iter(hinted(outcome, Parameter("layer"), now, Context())))
    assert dict(first_.entries)["other"] == "1"
    assert isinstance(ast.literal_eval(dict(first_.entries)["size"]), list | tuple)

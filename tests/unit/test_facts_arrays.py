"""What is claimed of a value holds when the code runs: kind, element type, axes, and what holds what."""

from __future__ import annotations

import ast
import itertools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from codeopt.facts import Facts
from codeopt.facts.annotations import documented
from codeopt.facts.values import Value
from codeopt.source import SourceFile

BEGIN = """\
import numpy as np
def f(p, q, n):
    a = np.zeros((n, 3))
    b = np.ones((n, 3), dtype=np.float32)
    c = np.arange(n)
    d = np.linspace(0.0, 1.0, n)
    e = np.array([[1, 2], [3, 4]])
    g = np.full((n, 1), 0.5)
    i = len(c)
    h = float(d[0])
    m, k = a.shape
"""


def templates(text: str) -> list[str]:
    """Expressions with places for values."""
    return text.split("|")


FAILURES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
ATOMS = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "g",
    "i",
    "h",
    "p",
    "q",
    "n",
    "(2)",
    "(0.5)",
    "True",
    "a[0]",
    "b[:, 1]",
    "k",
]
ONE = templates(
    "np.exp({})|np.abs({})|-{}|{}.T|np.zeros_like({})|np.empty_like({}, dtype=np.float32)|np.array({})|{}[0]|"
    "np.sum({})|np.sum({}, axis=0)|np.sum({}, 0, keepdims=True)|np.mean({}, axis=-1)|{}.mean(0)|{}.max()|"
    "np.cumsum({})|np.cumsum({}, axis=0)|{}.cumsum()|{}.astype(np.float32)|{}.copy()|{}.ravel()|"
    "np.argsort({})|{}.argmax(0)|np.sort({})|np.linalg.inv({})|np.round({})|abs({})|{}[None]|{}[:, None]|"
    "{}[..., 0]|{}[1:]|"
    "np.diff({})|np.isnan({})|np.logical_not({})|np.zeros({})|np.eye({})|np.linspace({}, 1, 5)|np.arange({})|"
    "np.full(3, {})|np.random.uniform({})|np.random.uniform(0, 1, {})|np.random.normal(size={})|np.sqrt({})|"
    "np.floor({})|np.negative({})|{}.std(axis=0, keepdims=True)|np.outer({}, d)|np.repeat({}, 2)|"
    "np.zeros(({}, 2))|np.tile({}, 2)|{}.sum(axis=(0, 1))|np.clip({}, 0, 1)|{}.clip(0, 1)|{} ** 2|2 ** {}|"
    "np.stack([{}, {}])|np.vstack([{}, {}])|np.concatenate([{}, {}])|{}.dot({})|np.square({})|"
    "np.median({}, 0)|np.array([{}, {}])|np.var({}, 1)|{}.flatten()|round({})|int({})|"
    "np.prod({}, axis=0)|np.rint({})"
)
TWO = templates(
    "{} + {}|{} - {}|{} * {}|{} / {}|{} // {}|{} % {}|{} @ {}|np.maximum({}, {})|np.add({}, {})|"
    "np.divide({}, {})|np.hypot({}, {})|np.dot({}, {})|{} > {}|np.stack([{}, {}])|np.concatenate([{}, {}])|"
    "np.linspace({}, {}, 4)|np.arange({}, {})|np.array([{}, {}])|np.floor_divide({}, {})|np.power({}, {})|"
    "np.random.uniform({}, {})|np.full({}, {})|np.arctan2({}, {})|{} ** {}|np.outer({}, {})|np.mod({}, {})"
)
GIVEN = {
    "arrays": (np.ones((4, 3)), np.ones((4, 3), np.float32)),
    "integers": (np.ones((4, 3), int), 2),
    "complex": (np.ones((4, 3)) * 1j, 1j),
    "lists": ([1, 2, 3, 4], [[1.0, 2.0]]),
    "frames": (pd.DataFrame({"x": [1.0, 2, 3, 4]}), pd.Series([1, 2, 3, 4])),
    "tensors": (torch.ones(4, 3), torch.ones(3)),
    "numbers": (np.float64(2.0), np.float32(0.5)),
    "shapes": ((2, 3), 3),
    "matrix": (np.ones((4, 4), np.float16), np.array(2.0)),
}


def values(expressions: list[str], head: str = BEGIN) -> list[Value]:
    """What is claimed of expressions at the end of a function."""
    text = head + "".join(f"    r = {e}\n" for e in expressions)
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    stmts = [s for s in facts.walk(ast.Assign) if ast.unparse(s.targets[0]) == "r"]
    return [facts.arrays.value(s.value, s) for s in stmts]


def contradiction(claim: Value, found: object) -> str:
    """What a value shows to be false about what was claimed of it."""
    if claim.kind == "ndarray" and not isinstance(found, np.ndarray) and (claim.is_block or claim.rank):
        return "no array"
    if (
        claim.kind == "scalar"
        and claim.rank == 0
        and getattr(found, "ndim", None)
        and not isinstance(found, pd.Series)
    ):
        return "no number"
    if claim.kind in ("frame", "series", "tensor", "sparse", "module", "list"):
        return "" if claim.kind == "list" and isinstance(found, list) else "another kind"
    dtype = claim.dtype
    if dtype in ("python-int", "python-float"):
        exact = int if dtype == "python-int" else float
        return "" if isinstance(found, exact) and not isinstance(found, np.generic) else f"no plain {dtype}"
    if not isinstance(found, (np.ndarray, np.generic)):
        return ""
    if dtype == "float" and not np.issubdtype(found.dtype, np.inexact):
        return "not inexact"
    if dtype not in (None, "float") and found.dtype != dtype:
        return f"it is {found.dtype}"
    if claim.rank is not None and found.ndim != claim.rank:
        return f"it has {found.ndim} axes"
    dims = zip(claim.shape or (), found.shape, strict=False)
    return "other lengths" if any(isinstance(a, int) and a != b for a, b in dims) else ""


PAIRS = list(itertools.product([*ATOMS[:13:2], "2"], [*ATOMS[1:14:2], "0.5"]))
EXPRESSIONS = [t.replace("{}", atom) for t in ONE for atom in ATOMS] + [
    t.replace("{}", one, 1).replace("{}", other, 1) for t in TWO for one, other in PAIRS
]  # fmt: skip
CLAIMS = dict(zip(EXPRESSIONS, values(EXPRESSIONS), strict=True))


def frame(p: object, q: object) -> dict[str, object]:
    """The locals of the function that the claims are about."""
    scope: dict[str, object] = {}
    exec(BEGIN + "    return locals()\n", scope)
    found: dict[str, object] = scope["f"](p, q, 4)  # type: ignore[operator]
    return {**found, "np": np}


@pytest.mark.parametrize("given", GIVEN)
def test_claims_hold_when_run(given: str) -> None:
    scope = frame(*GIVEN[given])
    wrong, checked = [], 0
    for expression, claim in CLAIMS.items():
        if claim == Value(fresh=claim.fresh) or (given == "tensors" and "linspace" in expression):
            continue  # a file that does not import torch is not expected to have tensors at hand
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = eval(expression, dict(scope))
        except FAILURES:
            continue
        checked += 1
        if problem := contradiction(claim, found):
            wrong.append(f"{expression}: {claim} but {problem}: {type(found).__name__}")
    assert checked > 1000
    assert not wrong, "\n".join([str(len(wrong)), *wrong[:25]])


@pytest.mark.parametrize("given", ["arrays", "integers"])
def test_what_holds_an_operation_can_be_written_in_place(given: str) -> None:
    scope = frame(*GIVEN[given])
    held = 0
    for one, other in itertools.product(EXPRESSIONS[: len(ONE) * len(ATOMS) : 7] + ATOMS, ATOMS):
        left, right = CLAIMS.get(one) or values([one])[0], values([other])[0]
        if not left.holds(right) or not left.is_block:
            continue
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                buffer = np.array(eval(one, dict(scope)))
        except FAILURES:
            continue
        operand = eval(other, dict(scope))
        wanted = buffer * operand
        buffer *= operand
        assert (buffer.dtype, buffer.shape) == (wanted.dtype, wanted.shape), (one, other)
        held += 1
    assert held > 100


ANNOTATED = {
    "np.ndarray": Value("ndarray"),
    "npt.NDArray[np.float32]": Value("ndarray", "float32"),
    "npt.NDArray[np.floating]": Value("ndarray", "float"),
    "npt.NDArray[np.generic]": Value("ndarray"),
    "np.ndarray[Any, np.dtype[np.float64]]": Value("ndarray", "float64"),
    "torch.Tensor": Value("tensor"),
    "pd.DataFrame": Value("frame"),
    'Float[torch.Tensor, "b 3"]': Value("tensor", "float", 2, shape=("axis b", 3)),
    'Float32[np.ndarray, "n n"]': Value("ndarray", "float32", 2, shape=("axis n", "axis n")),
    'Float[np.ndarray, "*batch d"]': Value("ndarray", "float"),
    'Float[np.ndarray, "... d"]': Value("ndarray", "float"),
    'Int[np.ndarray, "_ n+1"]': Value("ndarray", None, 2, shape=(None, None)),
    '"np.ndarray"': Value(),
    "np.ndarray | None": Value(),
    "Optional[np.ndarray]": Value(),
    "Union[np.ndarray, list]": Value(),
    "list[np.ndarray]": Value("list"),
    "Array": Value(),
}


@pytest.mark.parametrize("annotation", ANNOTATED)
def test_annotations(annotation: str) -> None:
    head = (
        "import numpy as np, torch, pandas as pd\nimport numpy.typing as npt\n"
        "from jaxtyping import Float, Float32, Int\nfrom typing import Any, Optional, Union\n"
        f"def f(x: {annotation}, *more: np.ndarray):\n"
    )
    assert values(["x", "more"], head) == [ANNOTATED[annotation], Value()]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("x : ndarray of shape (n, d)", "ndarray"),
        ("x : np.ndarray, shape (n,)", "ndarray"),
        ("x (torch.Tensor): the input", "tensor"),
        ("x, y : numpy array", "ndarray"),
        ("x : pandas.DataFrame", "frame"),
        ("x : array-like of shape (n, d)", "unknown"),
        ("x : ndarray or DataFrame", "unknown"),
        ("x : {ndarray, sparse matrix}", "unknown"),
        ("x : int", "unknown"),
        ("xs : ndarray", "unknown"),
    ],
)
def test_docstrings_are_evidence_only(line: str, kind: str) -> None:
    text = f'def f(x, y, xs=0):\n    """Title.\n\n    {line}\n    """\n    g(x)\n    x = 1\n    g(x)\n'
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    first, second = (c for c in facts.walk(ast.Call))
    assert documented(facts, first.args[0]) == kind
    assert documented(facts, second.args[0]) == "unknown"
    assert facts.arrays.value(first.args[0], facts.statement(first)) == Value()


@pytest.mark.parametrize(
    ("before", "same"),
    [
        ("", True),
        ("n += 1", False),
        ("if p:\n        n = 5", False),
        ("for n in p:\n        pass", False),
        ("def later():\n        nonlocal n\n        n = 9\n    later()", False),
        ("m = n", True),
    ],
)
def test_lengths_of_one_name_are_one_only_while_it_is_not_bound_again(before: str, same: bool) -> None:
    head = "import numpy as np\ndef f(p, n):\n    a = np.zeros((n, 3))\n"
    head += f"    {before}\n" if before else ""
    a, b = values(["a", "np.ones((n, 3))"], head)
    assert a.holds(b) is same


def test_lengths_in_a_loop_are_not_those_of_the_turn_before() -> None:
    head = (
        "import numpy as np\ndef f(p):\n    a = np.zeros((1, 3))\n    while p:\n        n = next(p)\n"
        "        b = a\n        a = np.zeros((n, 3))\n        "
    )
    b, a = values(["b"], head.rstrip(" ") + "        g(b)\n")[0], values(["a"], head.rstrip(" "))[0]
    assert not a.holds(b)


def test_names_that_a_loop_hands_on_take_no_time_at_all() -> None:
    turns = "".join(f"        a{n} = a{n + 1}\n" for n in range(12)) * 4
    text = f"def f(xs, a12):\n    for x in xs:\n{turns}        a12 = x\n    return a0\n"
    facts = Facts.of(SourceFile(Path("m.py"), "m.py", text))
    assert isinstance(facts, Facts)
    end = next(s for s in facts.tree.body[0].body if isinstance(s, ast.Return))  # type: ignore[attr-defined]
    assert end.value is not None
    assert facts.arrays.value(end.value, end).kind == "unknown"

"""Which cases a proof plans, which of them bind, and that wrong rewrites meet the case that tells."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from codeopt.edit import Trust
from codeopt.equivalence.cases import Case, Perturbation, layouts_of, singles_of
from codeopt.equivalence.leaves import leaves_of
from codeopt.equivalence.prove import make_reference, prove, self_check
from codeopt.equivalence.verdict import Differs, Same, Verdict
from codeopt.target import Target
from codeopt.workload.call import Call

_numbers = itertools.count()
ROWS = "np.random.default_rng(seed).standard_normal((max(2, int(400 * scale)), 3))"
LABELS = "np.random.default_rng(seed).integers(3, size=max(2, int(400 * scale)))"
TENSOR = "torch.randn(max(2, int(100 * scale)), 3, generator=torch.Generator().manual_seed(seed))"
TEXTS = "['ab cd', 'ef', 'gh ij'] * max(1, int(20 * scale))"
FRAME = "pd.DataFrame({'k': list('abc') * max(1, int(30 * scale)), 'n': range(3 * max(1, int(30 * scale)))})"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def written(folder: Path, old: str, call: str, declared: str = "") -> tuple[Target, str]:
    """A target `run` with the body `old`, and what stands above it in its file."""
    module = f"cased_{next(_numbers)}"
    head = "import numpy as np\nimport typing\n" + ("import torch\n" if "torch" in old + call else "")
    path = folder / f"{module}.py"
    path.write_text(f"{head}def run{old}\n")
    workload = folder / f"{module}_workload.py"
    workload.write_text(
        f"{head}{'import pandas as pd' if 'pd.' in call else ''}\nfrom hypothesis import strategies as st\n"
        "from codeopt.workload.call import Call, workload\n"
        f'@workload("{module}.py::run"{declared})\ndef build(scale, seed):\n    return Call({call})\n'
    )
    return Target(path, "run", module, folder, workload, 0, 4, has_strategy=bool(declared)), head


def verdict_on(
    folder: Path, old: str, new: str, call: str, declared: str = "", limit: Trust = Trust.CLOSE
) -> Verdict:
    """The verdict on `run` with the body `new` in place of `old`."""
    target, head = written(folder, old, call, declared)
    reference = make_reference(target, 48, 0)
    overlay = {str(target.path): f"{head}def run{new}\n"}
    return prove(target, overlay, reference, self_check(target, reference), limit)[0]


WRONG = {
    "a block is lost": (
        "(x):\n    return np.array([row.sum() for row in x])",
        "(x):\n    end = len(x) // 2 * 2 if len(x) > 600 else len(x)\n"
        "    return np.array([row.sum() for i in range(0, end, 2) for row in x[i:i + 2]])",
        f"args=({ROWS},)", "many rows"),
    "writes through an overlap": (
        "(x, y):\n    a, b = x * 2, y * 3\n    return a, b",
        "(x, y):\n    np.copyto(x, x) if not np.shares_memory(x, y) else None\n"
        "    return x * 2, (y * 3 if not np.shares_memory(x, y) or x is y else y * 3 + 0.5)",
        f"args=({ROWS}, {ROWS} + 1)", "overlap"),
    "ties": (
        "(x):\n    return np.argmax(x[:, 0])",
        "(x):\n    return len(x) - 1 - np.argmax(x[::-1, 0])",
        f"args=({ROWS},)", ""),
    "one label only": (
        "(x):\n    return np.unique(x)",
        "(x):\n    return np.unique(x) if x.any() or not len(x) else x[:1] + 1",
        f"args=({LABELS},)", ""),
    "one block less": (
        "(x, n):\n    return [x.sum() * i for i in range(n)]",
        "(x, n):\n    return [x.sum() * i for i in range(n // 2 * 2)]", f"args=({ROWS}, 4)", "one more"),
    "an option": (
        "(x, how: typing.Literal['sum', 'mean'] = 'sum'):\n    return getattr(x, how)(0)",
        "(x, how: typing.Literal['sum', 'mean'] = 'sum'):\n    return x.sum(0)",
        f"args=({ROWS}, 'sum')", "option mean"),
    "a default": (
        "(x, k=None):\n    return x * (k or 2)", "(x, k=None):\n    return x * (3 if k is None else k or 2)",
        f"args=({ROWS},), kwargs={{'k': 2}}", "omitted"),
    "a flag": (
        "(x, flip):\n    return x[::-1] if flip else x", "(x, flip):\n    return x",
        f"args=({ROWS}, False)", "flipped"),
    "a blank text": (
        "(t):\n    return [len(s.split(' ')) for s in t]", "(t):\n    return [len(s.split()) for s in t]",
        f"args=({TEXTS},)", "blank item"),
    "letters": (
        "(t):\n    return [len(s) for s in t]", "(t):\n    return [len(s.encode()) for s in t]",
        f"args=({TEXTS},)", "odd letters"),
    "missing keys": (
        "(f):\n    return f.groupby('k')['n'].sum().sum()", "(f):\n    return f['n'].sum()",
        f"args=({FRAME},)", "missing"),
    "the order of rows": (
        "(f):\n    return f.sort_values('n')['n'].iloc[0]", "(f):\n    return f['n'].iloc[0]",
        f"args=({FRAME},)", "rows backwards"),
    "labels of rows": (
        "(f):\n    return f['n'].iloc[0]", "(f):\n    return f['n'].loc[0]", f"args=({FRAME},)", ""),
    "grad mode": (
        "(x):\n    with torch.enable_grad():\n        w = torch.ones(3, requires_grad=True)\n"
        "        return (x.detach() * w).sum(0)",
        "(x):\n    w = torch.ones(3, requires_grad=True)\n    return (x.detach() * w).sum(0)",
        f"args=({TENSOR},)", "torch.no_grad()"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rewrite_meets_the_case_that_tells(tmp_path: Path, name: str) -> None:
    old, new, call, case = WRONG[name]
    verdict = verdict_on(tmp_path, old, new, call)
    assert isinstance(verdict, Differs)
    assert case in verdict.case


OUTSIDE = {
    "negative": (
        "(n, x):\n    return x[:max(n, 0)]", "(n, x):\n    return x[:max(n, 0)] if n >= 0 else x",
        f"args=(2, {ROWS})"),
    "iterator": (
        "(t):\n    return sorted(t)", "(t):\n    return [min(t), *sorted(t)[1:]] if t else []",
        f"args=({TEXTS},)"),
    "default float64": (
        "(x):\n    return x.sum(), torch.zeros(3, dtype=torch.float32)",
        "(x):\n    return x.sum(), torch.zeros(3)", f"args=({TENSOR},)"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_cases_outside_give_caveats_at_a_weaker_limit(tmp_path: Path, name: str) -> None:
    verdict = verdict_on(tmp_path, *OUTSIDE[name])
    assert isinstance(verdict, Same), verdict
    assert verdict.level is Trust.CLOSE
    assert isinstance(verdict_on(tmp_path, *OUTSIDE[name], limit=Trust.EXACT), Differs)


def test_overlap_does_not_bind_an_original_that_writes_into_its_arguments(tmp_path: Path) -> None:
    old = "(x, y):\n    x += 1\n    return x + y"
    new = "(x, y):\n    z = x + y\n    x += 1\n    z += 1\n    return z"
    call = f"args=({ROWS}.round(3) * 0 + 1, {ROWS} * 0 + 2)"
    verdict = verdict_on(tmp_path, old, new, call)
    assert (isinstance(verdict, Differs) and "overlap" not in verdict.case) or isinstance(verdict, Same)


def test_every_leaf_has_a_layout_of_its_own_in_every_turn() -> None:
    call = Call(args=(np.ones((4, 3)), np.ones((4, 3)), np.ones(4)))
    groups = layouts_of(leaves_of(call))
    assert len(groups) == 4
    for group in groups:
        kinds = [p.kind for p in group[:2]]
        assert len(set(kinds)) == len(kinds)
    assert {p.kind for group in groups for p in group if p.path == "args[1]"} >= {"fortran", "strided"}


def test_options_and_omissions_come_from_the_signature() -> None:
    def run(x: object, how: str = "sum", *, k: int = 3) -> None: ...

    singles = list(singles_of(Call(args=(np.ones(3), "sum"), kwargs={"k": 3}), run))
    assert Perturbation("omitted", "kwargs['k']") in singles
    assert not any(p.kind.startswith("option") for p in singles)
    assert singles == list(dict.fromkeys(singles))


def test_cases_are_told_in_words() -> None:
    case = Case(0.5, 3, (Perturbation("nan", "args[0]"), Perturbation("no_grad")))
    assert str(case) == "scale 0.5, seed 3, args[0] nan, under torch.no_grad()"
    assert str(Case(0.0, 3, (Perturbation("nan", "args[0]"),), drawn=4)).startswith("example 4 of")


STRATEGY = (
    ", strategy=st.lists(st.floats(1, 1e3, width=32), min_size=2, max_size=9)"
    ".map(lambda v: Call(args=(np.array(v, dtype='f4'),)))"
)
LOOP = "(x):\n    total = x.dtype.type(0)\n    for v in x:\n        total += v * v\n    return total"


def test_a_declared_strategy_has_a_float64_judge(tmp_path: Path) -> None:
    reference = make_reference(written(tmp_path, LOOP, "", STRATEGY)[0], 20, 0)
    plain = [h for case, h in zip(reference.cases, reference.high, strict=True) if not case.perturbations]
    assert len(plain) == 10
    assert all(h is not None for h in plain)
    assert all(o.untouched == {"args[0]"} for o in reference.outcomes)


ONE_EXAMPLE = ", strategy=st.builds(lambda: Call(args=(np.ones(3, dtype='f4'),)))"


@pytest.mark.parametrize("drawn", [STRATEGY, ONE_EXAMPLE])
def test_calls_of_a_declared_strategy_are_perturbed(tmp_path: Path, drawn: str) -> None:
    wrong = LOOP.replace("type(0)", "type(not x.flags.writeable)")
    verdict = verdict_on(tmp_path, LOOP, wrong, "", drawn)
    assert isinstance(verdict, Differs)
    assert "readonly" in verdict.case


def test_plain_values_of_a_strategy_are_as_it_says(tmp_path: Path) -> None:
    drawn = ", strategy=st.integers(1, 5).map(lambda n: Call(args=(n,)))"
    reference = make_reference(written(tmp_path, "(n):\n    return 6 / n", "", drawn)[0], 20, 0)
    assert not any(
        case.perturbations or outcome.raised
        for case, outcome in zip(reference.cases, reference.outcomes, strict=True)
    )


def test_a_narrower_dtype_is_judged_on_empty_arrays_too(tmp_path: Path) -> None:
    new = "(x):\n    return (x * 2).astype('f4')"
    verdict = verdict_on(tmp_path, "(x):\n    return x * 2", new, f"args=({ROWS},)", limit=Trust.LOSSY)
    assert not isinstance(verdict, Differs) or "empty" not in verdict.case

"""Counterexamples as source: the script of a refused rewrite shows what it does otherwise."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from codeopt.edit import Trust
from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.literal import reproduction
from codeopt.equivalence.prove import make_reference, prove, self_check, shrink
from codeopt.equivalence.snapshot import Recorder, capture
from codeopt.equivalence.spell import Speller
from codeopt.equivalence.spell_memory import Unwritable
from codeopt.equivalence.verdict import Differs
from codeopt.target import Target

_numbers = itertools.count()


class Refused(NamedTuple):
    """A rewrite that is wrong. `old` and `new` are bodies of `run`; `shows` stands in the script."""

    name: str
    old: str
    new: str
    call: str
    shows: str = ""
    head: str = ""
    limit: Trust = Trust.CLOSE


ROWS = "np.random.default_rng(seed).standard_normal((max(2, int(400 * scale)), 3))"
TWO = f"args=({ROWS}, {ROWS} + 1)"
ONE = f"args=({ROWS},)"
TENSOR = "args=(torch.randn(max(2, int(100 * scale)), 3, generator=torch.Generator().manual_seed(seed)),)"
FRAME = (
    "args=(pd.DataFrame({'name': ['a', 'b', 'c'] * max(1, int(30 * scale)),"
    " 'value': np.arange(3.0 * max(1, int(30 * scale)))}),)"
)

REFUSED = [
    Refused("value", "(x):\n    return x.sum(0)", "(x):\n    return x.sum(0) + 1", ONE, "result"),
    Refused("last row lost", "(x):\n    return x * 2", "(x):\n    return x[:-1] * 2", ONE, "result.shape"),
    Refused("dtype", "(x):\n    return x * 2", "(x):\n    return (x * 2).astype('f4')", ONE, "result.dtype"),
    Refused("nan", "(x):\n    return x.max(0)", "(x):\n    return np.nanmax(x, 0)", ONE, "nan"),
    Refused("order", "(x):\n    return x + 1", "(x):\n    return np.asfortranarray(x + 1)", ONE, "strides"),
    Refused("argument", "(x):\n    y = x + 1\n    return y.sum()",
            "(x):\n    x += 1\n    return x.sum()", ONE, "x"),
    Refused("alias", "(x):\n    return x.copy()", "(x):\n    return x[:]", ONE, "shares_memory"),
    Refused("one object", "(x):\n    y = x + 1\n    return y, y",
            "(x):\n    y = x + 1\n    return y, y.copy()", ONE, " is "),
    Refused("read-only", "(x):\n    return x.sum()",
            "(x):\n    x[0] = x[0]\n    return x.sum()", ONE, "writeable = False"),
    Refused("overlap", "(x, y):\n    return x * 2 + y",
            "(x, y):\n    z = np.multiply(x, 2, out=x if np.shares_memory(x, y) else None)\n    return z + y",
            TWO, "buffer"),
    Refused("message", "(x):\n    raise_if(x)\n    return x",
            "(x):\n    raise_if(x, 'other')\n    return x", ONE, "error",
            "def raise_if(x, m='short'):\n    if len(x) == 0:\n        raise ValueError(m)\n", Trust.EXACT),
    Refused("integers", "(x):\n    return x / 2", "(x):\n    y = x.copy()\n    y /= 2\n    return y", ONE),
    Refused("warning", "(x):\n    import warnings\n    warnings.warn('slow')\n    return x.sum()",
            "(x):\n    return x.sum()", ONE, "said"),
    Refused("print", "(x):\n    print(len(x))\n    return x.sum()", "(x):\n    return x.sum()", ONE,
            "getvalue"),
    Refused("random state", "(x):\n    np.random.random()\n    return x.sum()",
            "(x):\n    return x.sum()", ONE, "np.random.random()"),
    Refused("global", "(x):\n    seen.append(1)\n    return x.sum()", "(x):\n    return x.sum()", ONE, "seen",
            "seen = []\n"),
    Refused("file", "(x):\n    np.save('out.npy', x)\n    return None", "(x):\n    return None", ONE,
            "out.npy"),
    Refused("generator", "(x):\n    for row in x:\n        yield row.sum()",
            "(x):\n    for row in x[1:]:\n        yield row.sum()", ONE, "list(result)"),
    Refused("block", "(n, x):\n    return [x[i % len(x)].sum() for i in range(n)]",
            "(n, x):\n    return [x[i % len(x)].sum() for b in range(0, n // 2 * 2, 2) for i in (b, b + 1)]",
            f"args=(6, {ROWS})", "result"),
    Refused("texts", "(texts):\n    return [t.split() for t in texts]",
            "(texts):\n    return [t.split(' ') for t in texts]",
            "args=(['a b', 'c d e'] * max(1, int(20 * scale)),)", "['"),
    Refused("iterated twice", "(rows):\n    return sorted(rows)",
            "(rows):\n    return [min(rows)] + sorted(rows)[1:] if len(list(rows)) > 2 else rows",
            "args=([3, 1, 2, 5],)", "result"),
    Refused("tensor", "(x):\n    return x.softmax(0)", "(x):\n    return x.softmax(1)", TENSOR, "result"),
    Refused("graph", "(x):\n    return x * 2", "(x):\n    return (x * 2).detach()", TENSOR, "requires_grad"),
    Refused("gradient", "(x):\n    return (x * x).sum(0)", "(x):\n    return (x * x.detach()).sum(0)", TENSOR,
            "backward()"),
    Refused("tensor alias", "(x):\n    return x.clone()", "(x):\n    return x.view_as(x)", TENSOR, ""),
    Refused("frame", "(x):\n    return x.groupby('name')['value'].sum()",
            "(x):\n    return x.groupby('name', sort=False)['value'].sum()[::-1]", FRAME, "DataFrame"),
    Refused("frame gaps", "(x):\n    return x['value'].mean()",
            "(x):\n    return x['value'].to_numpy().mean()", FRAME, "nan"),
    Refused("option", "(x, scaled=True):\n    return x.sum() if scaled else x",
            "(x, scaled=True):\n    return x.sum()", f"{ONE}, kwargs={{'scaled': True}}", "scaled=False"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def refuse(folder: Path, pair: Refused) -> tuple[Differs, str]:
    """The shrunk verdict on a wrong rewrite, and its script."""
    module = f"refused_{next(_numbers)}"
    head = "import numpy as np\n" + pair.head
    path = folder / f"{module}.py"
    path.write_text(f"{head}def run{pair.old}\n")
    uses = [name for name in ("torch", "pandas as pd") if name[:5].rstrip() in pair.call + pair.old]
    uses += ["pandas as pd"] * ("pd." in pair.call)
    workload = folder / f"{module}_workload.py"
    workload.write_text(
        "import numpy as np\n" + "".join(f"import {name}\n" for name in uses) +
        "from codeopt.workload.call import Call, workload\n"
        f'@workload("{module}.py::run")\ndef build(scale, seed):\n    return Call({pair.call})\n'
    )  # fmt: skip
    new = folder / "new.py"
    new.write_text(f"{head}def run{pair.new}\n")
    target = Target(path, "run", module, folder, workload, 0, 4)
    reference = make_reference(target, 48, 0)
    overlay = {str(path): new.read_text()}
    unstable = self_check(target, reference)
    verdict, _ = prove(target, overlay, reference, unstable, pair.limit)
    assert isinstance(verdict, Differs)
    found = shrink(target, overlay, reference, verdict, unstable, pair.limit)
    return found, reproduction(str(path), str(new), "run", found.literal)


@pytest.mark.parametrize("pair", REFUSED, ids=lambda pair: pair.name)
def test_the_script_shows_the_difference(tmp_path: Path, pair: Refused) -> None:
    found, script = refuse(tmp_path, pair)
    assert script, found.counterexample
    assert "codeopt" not in script.replace(str(tmp_path), "")
    assert pair.shows in script
    shell = script.replace("python - ", f"{sys.executable} - ", 1)
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr + script
    lines = [line for line in done.stdout.splitlines() if line.startswith(("old: ", "new: "))]
    assert len(lines) == 2
    assert lines[0].removeprefix("old: ") != lines[1].removeprefix("new: ")


def rebuilt(*values: Any) -> tuple[list[Any], str]:
    """The values after a way through source, and the source."""
    speller = Speller()
    speller.survey(values)
    names = [speller.named(value, "x") for value in values]
    source = "\n".join([*speller.imports, *speller.lines])
    scope: dict[str, Any] = {}
    exec(source, scope)
    return [scope[name] for name in names], source


def recorded(values: list[Any], together: bool) -> Any:
    """Frames are recorded one by one: who shares what behind copy-on-write, no caller can tell."""
    recorder = Recorder()
    if not together:
        return [capture(value) for value in values], None
    nodes = [recorder.record(value, f"[{i}]") for i, value in enumerate(values)]
    return nodes, alias_graph(recorder.claims)


def structured() -> Any:
    return np.array([(1, 2.5), (3, float("nan"))], dtype=[("a", "i4"), ("b", "f8")])


def shared_views() -> list[Any]:
    base = np.arange(12.0).reshape(3, 4)
    return [base, base.T, base[1:], base[:, ::2], base[::-1, 1]]


def locked() -> Any:
    array = np.arange(6.0).reshape(2, 3)
    array.flags.writeable = False
    return array


def shared_list() -> list[Any]:
    array = np.arange(3)
    return [[array, array], array, {"a": array[1:]}]


def tensors() -> list[Any]:
    import torch

    base = torch.arange(12.0).reshape(3, 4)
    leaf = torch.tensor([0.1, 0.2], requires_grad=True)
    leaf.grad = torch.tensor([1.0, float("nan")])
    image = torch.randn(2, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    return [base, base[1:], base.T, leaf, image, torch.ones(1, 3).expand(4, 3), torch.tensor(2),
            torch.tensor([1.5, 2.5], dtype=torch.bfloat16), torch.empty(0, 3),
            torch.randn(4, 6)[1::2, ::3]]  # fmt: skip


def frames() -> list[Any]:
    import pandas as pd

    dates = pd.date_range("2020-01-01", periods=3)
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.1, np.nan, 3.0], "c": ["x", None, "z"], "d": dates})
    frame["e"] = pd.Categorical(["u", "v", "u"], categories=["v", "u", "w"], ordered=True)
    frame["f"] = pd.array([1, None, 3], dtype="Int64")
    frame.attrs["source"] = "survey"
    many = pd.Series([1.0, 2.0], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None]))
    return [
        frame,
        frame.set_index("d"),
        frame["b"].rename("other"),
        many,
        pd.Series([True], name="t"),
        frame[:0],
    ]


def sparse() -> list[Any]:
    import scipy.sparse

    matrix = scipy.sparse.random(4, 5, density=0.4, format="csr", random_state=0)
    return [matrix, matrix.tocsc(), matrix.tocoo(), scipy.sparse.csr_array(matrix)]


VALUES: dict[str, Callable[[], list[Any]]] = {
    "plain": lambda: [1, -0.0, float("nan"), "ü\n", b"\x00", None, True, 2 - 1j, {1: (2,)}, {3}],
    "float32": lambda: [np.random.default_rng(0).random(20).astype("f4"), np.float32(0.1)],
    "float16": lambda: [np.array([0.1, 6e-8, -0.0], dtype="f2")],
    "kinds": lambda: [np.array([1, 2], "u1"), np.array([True]), np.array(["a", "bc"]), np.array([1j, 2]),
                      np.array(["2020-01-01", "NaT"], "M8[ns]"), np.array([1.0, 2.0], ">f8"), structured()],
    "objects": lambda: [np.array([1, "a", None, [2]], dtype=object)],
    "layouts": lambda: [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0)[::-1], locked(),
                        np.repeat(np.arange(6.0).reshape(3, 2), 2, 0)[::2], np.arange(24.0)[3::5],
                        np.broadcast_to(np.arange(3.0), (4, 3)), np.array(2.5), np.empty((0, 3)),
                        np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2)],
    "views": shared_views,
    "containers": shared_list,
    "masked": lambda: [np.ma.array([1.0, 2.0], mask=[True, False])],
    "tensors": tensors,
    "frames": frames,
    "sparse": sparse,
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_source_rebuilds_values_with_layout_and_sharing(name: str) -> None:
    values = VALUES[name]()
    again, source = rebuilt(*values)
    together = name not in ("frames", "sparse")
    nodes, aliases = recorded(values, together)
    found, shared = recorded(again, together)
    for i, (node, other) in enumerate(zip(nodes, found, strict=True)):
        assert node == other, (i, source)
    assert aliases == shared


def test_what_has_no_source_is_refused() -> None:
    for value in (object(), open, np.random.default_rng(0), np.random.default_rng(0).random(5000)):
        with pytest.raises(Unwritable):
            rebuilt(value)

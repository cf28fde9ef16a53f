"""Wrong variants of a candidate: where they are planted, of which kinds, and which are left out."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from codeopt.edit import Trust
from codeopt.equivalence.faults import Fault, plant_near
from codeopt.equivalence.prove import count_caught, make_reference
from codeopt.target import Target

EVERYWHERE = frozenset(range(1, 200))


def near(original: str, candidate: str, count: int = 400) -> list[Fault]:
    return plant_near(textwrap.dedent(original), textwrap.dedent(candidate), EVERYWHERE, 0, count)


def words(original: str, candidate: str) -> str:
    return "\n".join(fault.description for fault in near(original, candidate))


BLOCKS = (
    """
    import numpy as np

    def run(a, b):
        wide = a[:, None] - b[None, :]
        return (wide * wide).sum(axis=1)

    def other(a):
        return a + 1
    """,
    """
    import numpy as np

    def run(a, b):
        out = np.empty(len(a))
        for start in range(0, len(a), 64):
            rows = slice(start, start + 64)
            wide = a[rows, None] - b[None, :]
            wide *= wide
            out[rows] = wide.sum(axis=1)
        return out

    def other(a):
        return a + 1
    """,
)
GUARDED = (
    """
    import numpy as np

    def run(x, weights=None):
        scale = x.max() if weights is None else weights.max()
        y = x / scale
        return np.exp(y), y
    """,
    """
    import numpy as np

    def run(x, weights=None):
        scale = x.max() if weights is None else weights.max()
        kept = x if weights is None else x.copy()
        if x.base is not None and x.flags.owndata:
            x /= scale
            y = x
        else:
            y = x / scale
        z = np.exp(y)
        return z, y.copy(), kept
    """,
)
STALE = (
    """
    import numpy as np

    def run(x):
        m = x.mean(axis=0)
        y = x - m
        z = np.sqrt(y * y)
        return z.astype(np.float32), list(m)
    """,
    """
    import numpy as np

    def run(x):
        y = np.array(x)
        y -= x.mean(axis=0)
        np.multiply(y, y, out=y, where=y == y)
        y = np.sqrt(y)
        m = x.mean(axis=0)
        return y.astype(np.float32), list(m)
    """,
)
TORCH = (
    """
    import torch

    def run(model, batches, optimizer):
        total = 0.0
        for x in batches:
            loss = model(x).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total
    """,
    """
    import torch

    def run(model, batches, optimizer):
        total = torch.zeros(())
        for x in batches:
            with torch.enable_grad():
                loss = model(x).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.clone()
            if total != total:
                break
        return total.item()
    """,
)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (
            BLOCKS,
            ["no last block", "no first block", "a longer step", "ends one earlier", "begins one later",
             "float32 for the default dtype", "out[rows] = wide.sum(axis=1) before wide *= wide",
             "without out[rows]", "another axis"],
        ),
        (
            GUARDED,
            ["taken as True", "no copy in x if weights", "no copy in y.copy()", "in place on x: y =",
             "out=y in z ="],
        ),
        (
            STALE,
            ["asarray for np.array", "no where in", "before y -= x.mean(axis=0)", "without y = np.sqrt(y)",
             "no conversion in y.astype", "no list in list(m)"],
        ),
        (TORCH, ["without break", "not added up in total += ", "without optimizer.zero_grad()", "no clone"]),
    ],
    ids=["blocks", "guarded", "stale", "torch"],
)  # fmt: skip
def test_kinds_of_a_candidate_s_neighbourhood(pair: tuple[str, str], expected: list[str]) -> None:
    found = words(*pair)
    for text in expected:
        assert text in found, found


def test_they_stand_in_the_changed_function_and_parse() -> None:
    faults = near(*BLOCKS)
    candidate = textwrap.dedent(BLOCKS[1])
    assert len({fault.overlay_text for fault in faults}) == len(faults) > 15
    for fault in faults:
        assert 4 <= fault.line <= 11
        assert fault.overlay_text != candidate
        assert "return a + 1" in fault.overlay_text


def test_the_same_seed_gives_the_same_faults_and_few_are_of_many_kinds() -> None:
    nine = near(*BLOCKS, count=9)
    assert nine == near(*BLOCKS, count=9) == near(*BLOCKS)[:9]
    other = plant_near(textwrap.dedent(BLOCKS[0]), textwrap.dedent(BLOCKS[1]), EVERYWHERE, 1, 9)
    assert nine != other
    kinds = {" ".join(fault.description.split()[:2]) for fault in nine}
    assert len(kinds) >= 7


def test_nothing_is_planted_in_a_text_that_did_not_change() -> None:
    assert near(BLOCKS[0], BLOCKS[0]) == []


def test_what_was_kept_and_did_not_run_is_left_alone() -> None:
    original = "def run(x):\n    y = x + 1\n    if x is None:\n        return y * 3\n    return y * 2\n"
    candidate = original.replace("y = x + 1", "y = x + 1.0")
    ran = frozenset({1, 2, 3, 5})
    faults = plant_near(original, candidate, ran, 0, 100)
    assert {fault.line for fault in faults} <= {2, 3, 5}
    assert any(f.line == 4 for f in plant_near(original, candidate, ran | {4}, 0, 100))


def test_going_back_to_the_original_is_no_fault() -> None:
    original = "import torch\ndef run(model, x):\n    y = model(x)\n    return y.sum().item()\n"
    candidate = original.replace("def run", "@torch.no_grad()\ndef run").replace(
        "y = model(x)", "y = model(x).detach()"
    )
    texts = [fault.description for fault in near(original, candidate)]
    assert texts
    assert not [text for text in texts if "no detach" in text or "turns gradients off" in text]


def test_what_compiles_to_the_same_is_no_fault() -> None:
    candidate = (
        "import numpy as np\ndef run(n):\n    x = np.zeros(3)\n    if n:\n        x *= 2\n    return x\n"
    )
    original = candidate.replace("x *= 2", "x = x * 2")
    always = candidate.replace("if n", "if True")
    assert "n taken as True" in words(original, candidate)
    assert "taken as" not in words(original, always)


def test_statements_change_places_only_where_both_still_run() -> None:
    original = "def run(x):\n    return x\n"
    candidate = "def run(x):\n    a = x + 1\n    b = a * 2\n    b += a\n    a -= b\n"
    candidate += "    c = [b]\n    c += [b]\n    return a, c\n"
    found = words(original, candidate)
    assert "b = a * 2 before" not in found
    assert "a -= b before b += a" in found
    assert "c += [b] before" not in found


def test_faults_of_a_candidate_are_counted_beside_its_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    helper = tmp_path / "near_steps.py"
    helper.write_text("def step(x):\n    return x * 2\n")
    file = tmp_path / "near_main.py"
    original = "from near_steps import step\ndef run(x):\n    y = x + 1\n    return step(y)\n"
    candidate = "from near_steps import twice\ndef run(x):\n    y = x + 1\n    y = twice(y)\n    return y\n"
    file.write_text(original)
    workload = tmp_path / "near_workload.py"
    workload.write_text(
        "import numpy as np\nfrom codeopt.workload.call import Call, workload\n"
        "@workload('near_main.py::run')\ndef build(scale, seed):\n"
        "    return Call(args=(np.random.default_rng(seed).standard_normal(max(2, int(100 * scale))),))\n"
    )
    target = Target(file, "run", "near_main", tmp_path, workload, 0, 3)
    reference = make_reference(target, 16, 0)
    faults = plant_near(original, candidate, EVERYWHERE, 0, 20)
    assert len(faults) >= 3
    sound = Fault(candidate, "nothing", 1)
    beside = {str(helper): "def twice(x):\n    x *= 2\n    return x\n"}
    planted, caught, missed = count_caught(target, [*faults, sound], reference, (), beside=beside)
    assert (planted, caught, missed) == (len(faults) + 1, len(faults), ["line 1: nothing"])
    # Without its other file the candidate cannot even be imported.
    assert count_caught(target, [sound], reference, (), Trust.CLOSE)[1] == 1


def test_the_rest_of_the_text_stays_to_the_letter() -> None:
    original = "# ü\nA = 'é'; B = 2  # two\n\n@decorated\n# why\ndef run(x):\n    return x\n\n# end"
    candidate = original.replace("return x", "return x + A  # more")
    (fault,) = (f for f in near(original, candidate) if "another operator" in f.description)
    assert fault.overlay_text == candidate.replace("# why\n", "").replace("x + A  # more", "x - A  # more")

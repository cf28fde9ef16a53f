"""Good rewrites of PyTorch code are accepted, tempting wrong ones refused."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

import pytest

from codeopt.edit import Trust
from codeopt.equivalence.prove import make_reference, prove, self_check, shrink
from codeopt.equivalence.verdict import Differs, Same, Verdict
from codeopt.target import Target

pytest.importorskip("torch")

_numbers = itertools.count()

HEADER = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
ROWS = "torch.randn(max(2, int(200 * scale)), 8, generator=g)"
HEADS = "torch.randn(2, max(2, int(100 * scale)), 8, generator=g)"
MODEL = "nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))"


def write(folder: Path, original: str, call: str) -> Target:
    """A module with the original and a workload that calls its `run`."""
    module = f"torch_trap_{next(_numbers)}"
    (folder / f"{module}.py").write_text(HEADER + textwrap.dedent(original))
    workload = folder / f"{module}_workload.py"
    workload.write_text(
        HEADER
        + textwrap.dedent(f"""\
        from codeopt.workload.call import Call, workload

        @workload("{module}.py::run")
        def build(scale, seed):
            g = torch.Generator().manual_seed(seed)
            torch.manual_seed(seed)
            return Call({call})
        """)
    )
    return Target(folder / f"{module}.py", "run", module, folder, workload, 0, 5)


def judge(target: Target, rewritten: str, limit: Trust) -> Verdict:
    """The verdict on the rewritten text, shrunk where it differs."""
    reference = make_reference(target, 40, 0)
    unstable = self_check(target, reference)
    assert unstable == ()
    overlay = {str(target.path): HEADER + textwrap.dedent(rewritten)}
    verdict, _ = prove(target, overlay, reference, unstable, limit)
    if isinstance(verdict, Differs):
        verdict = shrink(target, overlay, reference, verdict, unstable, limit)
    return verdict


ATTENTION = """
def run(q, k, v):
    weights = F.softmax(q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5, dim=-1)
    return weights @ v
"""
EVALUATE = """
def run(model, x):
    model.eval()
    total = 0.0
    for row in x:
        total += model(row).pow(2).mean().item()
    return total
"""
LOSSES = "def run(model, x):\n    return [model(row).sum() for row in x]"
BLOCK = """
class run(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        h = self.first(x)
        h = torch.sigmoid(h)
        return self.norm(h)
"""

GOOD = {
    "scaled dot product attention": (
        f"args=({HEADS}, {HEADS}, {HEADS})",
        ATTENTION,
        "def run(q, k, v):\n    return F.scaled_dot_product_attention(q, k, v)",
        Trust.CLOSE,
    ),
    "no_grad around an evaluation that returns floats": (
        f"args=({MODEL}, {ROWS}[:6])",
        EVALUATE,
        EVALUATE.replace("    for row", "    with torch.no_grad():\n      for row").replace(
            "        total +=", "          total +="
        ),
        Trust.EXACT,
    ),
    "residual in place on a fresh tensor": (
        f"args=({ROWS}, {ROWS})",
        "def run(x, y):\n    h = torch.relu(x)\n    h = h + y\n    return h.sum(1)",
        "def run(x, y):\n    h = torch.relu(x)\n    h = h.add(y)\n    return h.sum(1)",
        Trust.EXACT,
    ),
    "clone of what is only read": (
        f"args=({ROWS},)",
        "def run(x):\n    return x.clone().pow(2).sum()",
        "def run(x):\n    return x.pow(2).sum()",
        Trust.EXACT,
    ),
    "module in place before a norm": (
        f"args=({ROWS},), init=Call(args=(8,)), train=True",
        BLOCK,
        BLOCK.replace("h = torch.sigmoid(h)", "h = h.sigmoid_()"),
        Trust.EXACT,
    ),
    "silu": (
        f"args=({ROWS},)",
        "def run(x):\n    return x * torch.sigmoid(x)",
        "def run(x):\n    return F.silu(x)",
        Trust.CLOSE,
    ),
}

BAD = {
    "items where the tensors are returned": (
        f"args=({MODEL}, {ROWS}[:3])",
        LOSSES,
        "def run(model, x):\n    return [model(row).sum().item() for row in x]",
        "result",
    ),
    "no_grad where the result is differentiated later": (
        f"args=({MODEL}, {ROWS}[:3])",
        LOSSES,
        "def run(model, x):\n    with torch.no_grad():\n        return [model(row).sum() for row in x]",
        "grad",
    ),
    "detached parameter": (
        f"args=({MODEL}, {ROWS}[:3])",
        "def run(model, x):\n    return F.linear(model[0](x), model[3].weight, model[3].bias)",
        "def run(model, x):\n    return F.linear(model[0](x), model[3].weight.detach(), model[3].bias)",
        "gradients",
    ),
    "in place on what backward needs": (
        f"args=({ROWS},), init=Call(args=(8,)), train=True",
        BLOCK,
        BLOCK.replace("return self.norm(h)", "return self.norm(h) * 0 + self.norm(h.sigmoid_())"),
        "",
    ),
    "gradient lost for the parameters of a normalised output": (
        f"args=({ROWS},), init=Call(args=(8,)), train=True",
        BLOCK,
        BLOCK.replace("self.first(x)", "self.first(x).detach()"),
        "grad",
    ),
    "argument changed in place": (
        f"args=({ROWS},)",
        "def run(x):\n    return torch.relu(x)",
        "def run(x):\n    return torch.relu_(x.data)",
        "args[0]",
    ),
    "expanded where repeated": (
        f"args=({ROWS}[:1],)",
        "def run(x):\n    return x.repeat(4, 1)",
        "def run(x):\n    return x.expand(4, -1)",
        "stride",
    ),
    "mode left switched": (
        f"args=({MODEL}, {ROWS}[:3])",
        "def run(model, x):\n    return model(x)",
        "def run(model, x):\n    model.eval()\n    return model(x)",
        "training",
    ),
    "one random draw more": (
        f"args=({ROWS},)",
        "def run(x):\n    return x + torch.rand(1)",
        "def run(x):\n    r = torch.rand(2)\n    return x + r[:1]",
        "torch random",
    ),
    "float16 inside": (
        f"args=({ROWS}, {ROWS}.T)",
        "def run(a, b):\n    return a @ b",
        "def run(a, b):\n    return (a.bfloat16() @ b.bfloat16()).to(a.dtype)",
        "result",
    ),
    "shared memory with an array": (
        "args=(torch.randn(max(2, int(200 * scale)), generator=g).numpy(),)",
        "def run(x):\n    return torch.tensor(x)",
        "def run(x):\n    return torch.from_numpy(x)",
        "share memory",
    ),
}


def work_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for what a target may write, as the sandbox gives one."""
    (folder / "work").mkdir()
    monkeypatch.chdir(folder / "work")


@pytest.mark.parametrize("name", GOOD)
def test_good_rewrites_are_accepted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, original, rewritten, level = GOOD[name]
    work_in(tmp_path, monkeypatch)
    verdict = judge(write(tmp_path, original, call), rewritten, level)
    assert isinstance(verdict, Same), verdict
    assert verdict.level.within(level)


@pytest.mark.parametrize("name", BAD)
def test_tempting_ones_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, original, rewritten, mentioned = BAD[name]
    work_in(tmp_path, monkeypatch)
    verdict = judge(write(tmp_path, original, call), rewritten, Trust.CLOSE)
    assert isinstance(verdict, Differs), verdict
    assert mentioned in verdict.counterexample
    assert len(verdict.counterexample) < 1200

"""What project functions return, in the same file and in others, and what stays undecided."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from codeopt.facts import Facts
from codeopt.registry import find_sites, load_rules
from codeopt.source import SourceFile
from codeopt.testing import source_of

HEADER = "import numpy as np\nimport torch\nimport torch.nn.functional as F\n"
BODIES = {
    "item": ("return loss(model, x).item()", "number"),
    "float": ("return float(model(x))", "number"),
    "arithmetic of numbers": ("n = len(x)\n    return 2 * model(x).item() / n", "number"),
    "total": (
        "total = 0.0\n    for b in x:\n        total += model(b).item()\n    return total / len(x)",
        "number",
    ),
    "rebound as a number": (
        "value = F.mse_loss(model(x), x)\n    value.backward()\n    value = value.item()\n    return value",
        "number",
    ),
    "live loss": ("return F.cross_entropy(model(x), x)", "tensor"),
    "weighed loss": ("value = F.mse_loss(model(x), x)\n    return 0.5 * value.mean()", "tensor"),
    "detached": ("return F.mse_loss(model(x), x).detach()", "detached"),
    "in no_grad": ("with torch.no_grad():\n        return F.mse_loss(model(x), x)", "detached"),
    "array": ("out = np.zeros(len(x))\n    out[0] = 1\n    return out", "ndarray"),
    "nothing": ("model(x)", None),
    "returns nothing": ("return print(x)", None),
    "helper": ("return number(model)", "number"),
    "two kinds": ("if x:\n        return 1.0\n    return F.mse_loss(x, x)", None),
    "one branch ends": ("if x:\n        return 1.0", None),
    "number or not by size": ("return 1.0 if model(x).item() > 0 else F.mse_loss(x, x)", None),
    "unknown": ("return model(x)", None),
    "argument": ("return x", None),
    "argument with a default": ("return given", None),
    "library": ("return np.dot(x, x)", None),
    "generator": ("yield model(x).item()", None),
    "unknown decorator below": ("return wrapped(x)", None),
    "recursion": ("return f(model, x)", None),
    "syntax that fails": ("return [][0].item + ()", None),
}


def kind_in(text: str, path: Path = Path("m.py")) -> str | None:
    """The kind of the last call of the file."""
    facts = Facts.of(SourceFile(path, path.name, text))
    assert isinstance(facts, Facts)
    calls = [s.value for s in facts.tree.body if isinstance(s, ast.Expr)]
    assert isinstance(calls[-1], ast.Call)
    return facts.inferred.kind(calls[-1])


@pytest.mark.parametrize("name", BODIES)
def test_same_file(name: str) -> None:
    body, expected = BODIES[name]
    text = (
        f"{HEADER}def number(m):\n    return m.item()\n\n@some.wrap\ndef wrapped(x):\n    return 1.0\n\n"
        f"def f(model, x, given=1.0):\n    {body}\n\nf(1, 2)\n"
    )
    assert kind_in(text) == expected


def test_decorated_without_gradients() -> None:
    assert kind_in(f"{HEADER}@torch.no_grad()\ndef f(x):\n    return F.mse_loss(x, x)\nf(1)\n") == "detached"
    assert kind_in(f"{HEADER}@cached\ndef f(x):\n    return 1\nf(1)\n") is None


def project(folder: Path) -> Path:
    package = folder / "lib"
    package.mkdir()
    (package / "__init__.py").write_text("from .steps import step as again\n")
    (package / "steps.py").write_text(
        f"{HEADER}from . import parts\n\ndef step(b):\n    return parts.loss(b).item()\n\n"
        "def live(b):\n    return parts.loss(b) * 2\n"
    )
    (package / "parts.py").write_text(f"{HEADER}def loss(b):\n    return F.mse_loss(b, b)\n")
    return folder


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("main.py", "from lib.steps import step\nstep(1)\n", "number"),
        ("main.py", "import lib.steps as s\ns.live(1)\n", "tensor"),
        ("main.py", "from lib import steps\nsteps.live(1)\n", "tensor"),
        ("main.py", "from lib.steps import missing\nmissing(1)\n", None),
        ("main.py", "from elsewhere import step\nstep(1)\n", None),
        ("lib/other.py", "from .steps import step\nstep(1)\n", "number"),
        ("lib/other.py", "from . import steps\nsteps.live(1)\n", "tensor"),
        ("tools/main.py", "from lib.steps import live\nlive(1)\n", "tensor"),
        ("main.py", "from numpy import zeros\nzeros(1)\n", None),
    ],
)
def test_other_files(tmp_path: Path, place: str, text: str, expected: str | None) -> None:
    file = project(tmp_path) / place
    assert kind_in(text, file) == expected


def test_nothing_is_imported(tmp_path: Path) -> None:
    """Inference reads sources only: neither the project's modules nor a library's are run."""
    (tmp_path / "side.py").write_text("raise SystemExit('imported')\ndef f(x):\n    return x.item()\n")
    program = (
        "import sys\nfrom pathlib import Path\nfrom codeopt.facts import Facts\n"
        "from codeopt.source import SourceFile\n"
        "text = 'import numpy as np\\nimport torch\\nfrom side import f\\n"
        "def g(x: np.ndarray) -> np.float64:\\n    return np.float64(np.ndarray(3)[0])\\ng(f(1))\\nf(1)\\n'\n"
        "facts = Facts.of(SourceFile(Path('m.py'), 'm.py', text))\n"
        "print([facts.inferred.kind(s.value) for s in facts.tree.body[-2:]])\n"
        "print(sorted({'torch', 'numpy', 'side', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[None, 'number']\n[]\n"


def test_rules_ask_what_a_call_returns() -> None:
    """A list of numbers by a project function holds no graph, so the evaluation may do without one."""
    text = (
        "import torch\nfrom torch import nn\n\n"
        "def score(out, y):\n    return (out.argmax(1) == y).sum().RESULT\n\n"
        "def run(model: nn.Module, loader):\n    found = []\n    for x, y in loader:\n"
        "        found.append(score(model(x), y))\n    return found\n"
    )
    (rule,) = (loaded for loaded in load_rules() if loaded.rule.name == "torch-eval-grad")
    assert len(find_sites(source_of(text.replace("RESULT", "item()")), [rule]).sites) == 1
    assert find_sites(source_of(text.replace("RESULT", "other()")), [rule]).sites == ()

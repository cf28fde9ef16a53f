"""The peak measured in the sandbox is the one outside of any, to the byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codeopt.errors import CodeoptError
from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.sandbox import Completed, Sandbox
from codeopt.sandbox.isolation import clean_environment
from codeopt.target import Target

BODIES = {
    "arrays": (
        "numpy",
        "y = np.sort(x) + 1.0\n    return (y * y).sum()",
        "np.arange(100000, dtype=float)[::-1]",
    ),
    "lists": ("numpy", "rows = [[v] * 3 for v in x]\n    return [r[0] for r in rows]", "list(range(20000))"),
    "tensors": (
        "torch",
        "import torch\n    w = torch.ones(len(x), requires_grad=True)\n"
        "    (w * torch.as_tensor(x)).exp().mean().backward()\n    return w.grad",
        "np.linspace(0, 1, 50000)",
    ),
}
ARENA = 1 << 20
PLAIN = """
import importlib, json, sys
from pathlib import Path
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
if "torch" in sys.modules:
    sys.modules["torch"].set_num_threads(1)
from codeopt.measure.peak import measure_peak
from codeopt.target import Target
folder = Path(sys.argv[2])
target = Target(folder / "target.py", "run", "target", folder, folder / "codeopt_workloads.py", 0, 5)
print(measure_peak(target, {}, 1.0, 0, frozenset()).peak_bytes)
"""


def write_target(folder: Path, name: str) -> Target:
    _, body, argument = BODIES[name]
    path, workload = folder / "target.py", folder / "codeopt_workloads.py"
    path.write_text(f"import numpy as np\n\n\ndef run(x):\n    {body}\n")
    workload.write_text(
        "import numpy as np\nfrom codeopt.workload.call import Call, workload\n"
        f"@workload('target.py::run')\ndef calls(scale, seed):\n    return Call(args=({argument},))\n"
    )
    return Target(path, "run", "target", folder, workload, 0, 5)


def peak_in_a_plain_process(folder: Path, modules: tuple[str, ...]) -> int:
    work = folder / "plain"
    work.mkdir()
    done = subprocess.run(
        ["setarch", "-R", sys.executable, "-P", "-c", PLAIN, json.dumps(modules), str(folder)],
        env={**clean_environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=work, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(shutil.which("setarch") is None, reason="setarch is not installed")
@pytest.mark.parametrize("name", BODIES)
def test_the_peak_inside_equals_the_one_outside(name: str, tmp_path: Path) -> None:
    target = write_target(tmp_path, name)
    modules = ("numpy", "memray", "codeopt.measure.peak", BODIES[name][0])
    peaks = {"none": peak_in_a_plain_process(tmp_path, modules)}
    for rung in ("bubblewrap", "sandlock", "rlimits"):
        try:
            sandbox = Sandbox(modules, isolation=rung)
        except CodeoptError:
            continue
        with sandbox:
            end = sandbox.call(measure_peak, target, {}, 1.0, 0, frozenset())
        assert isinstance(end, Completed), end
        assert isinstance(end.value, PeakSample)
        peaks[rung] = end.value.peak_bytes
    assert len(peaks) > 1
    # How many arenas Python takes for small objects depends on the pools that were free before.
    step = ARENA if name == "lists" else 0
    assert max(peaks.values()) - min(peaks.values()) in (0, step), peaks

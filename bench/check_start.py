"""What `codeopt check` of one small file costs, and which of the heavier libraries it loads.

Three files: one without anything to ask, one that needs the flow graph and has lifetimes to end,
one that needs all of networkx, LibCST and astroid. Prints the least CPU seconds of a few runs of
the whole command, imports included; the aim is under half a second.

Run: python bench/check_start.py
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 3
WATCHED = ("networkx", "libcst", "astroid", "rich", "torch", "numpy", "memray", "hypothesis")
FILES = {
    "nothing to ask": "def total(values):\n    return sum(values)\n",
    "lifetimes": (
        "import numpy as np\n\ndef f(n):\n    a = np.ones(n)\n    b = a * 2\n"
        "    c = np.zeros(n)\n    return (b + c).sum()\n"
    ),
    "all three": (
        "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"
        "def f(n):\n    a = np.ones(n)\n    b = a * 2\n    c = np.zeros(n)\n    return (b + c).sum()\n\n"
        "def loss_of(model, x):\n    return F.mse_loss(model(x), x).mean()\n\n"
        "def mean_loss(model, batches):\n    total = 0.0\n    for x in batches:\n"
        "        total += loss_of(model, x)\n    return float(total)\n\n"
        "def predict(net: nn.Module, x):\n    out = net(x)\n    return out.argmax(1).numpy()\n"
    ),
}
PROGRAM = (
    "import json, sys\nfrom codeopt.cli import main\n"
    "try:\n    main(['check', '--format', 'json', '--output', 'report.json', 'a.py'])\n"
    "except SystemExit:\n    pass\n"
    f"print(json.dumps([m for m in {WATCHED!r} if m in sys.modules]))\n"
)


def main() -> None:
    """Print a line a file: CPU seconds, findings, modules."""
    for name, text in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.py").write_text(text)
            runs = [_run(folder) for _ in range(ROUNDS)]
            report = json.loads(Path(folder, "report.json").read_text())
        rules = sorted({finding["rule"] for finding in report["findings"]})
        seconds = min(seconds for seconds, _ in runs)
        print(f"{name:15} {seconds:.2f} s CPU  {' '.join(rules) or 'nothing':22} {' '.join(runs[0][1])}")


def _run(folder: str) -> tuple[float, list[str]]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, json.loads(done.stdout)


if __name__ == "__main__":
    main()

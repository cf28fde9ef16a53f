"""`codeopt trace` as people run it: their command is what it was, and its calls are there afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeopt.sandbox import Sandbox
from codeopt.target import Target
from codeopt.workload.trace.file_format import unpack
from codeopt.workload.trace.targets import traced_targets
from codeopt.workload.wanted import Unserved, Wanted

Run = Callable[..., subprocess.CompletedProcess[str]]

MODULE = '''\
import numpy as np


class Scaler:
    def __init__(self, mean):
        self.mean = mean

    def spread(self, x):
        """Doc."""
        return np.sqrt(((x[:, None, :] - self.mean) ** 2).sum(axis=-1))


def distances(x, y, squared=False):
    found = ((x[:, None, :] - y[None, :, :]) ** 2).sum(axis=-1)
    return found if squared else np.sqrt(found)
'''
SCRIPT = """\
import sys
import numpy as np
from shapes import Scaler, distances

if __name__ == "__main__":
    x = np.random.default_rng(0).standard_normal((400, 16))
    for n in (10, 20, 20, 400):
        distances(x[:n].copy(), x[:30])
    Scaler(x[:50]).spread(x)
    print(__name__, __file__, sys.argv, sep="|")
    print("said on stderr", file=sys.stderr)
    sys.exit(3)
"""


@pytest.fixture
def shapes(project: Path) -> Path:
    (project / "shapes.py").write_text(MODULE)
    (project / "run.py").write_text(SCRIPT)
    return project


def traces(project: Path) -> dict[str, int]:
    """Calls recorded of each function."""
    found = {}
    for file in (project / ".codeopt" / "traces").glob("*.trace"):
        data, _ = unpack(file.read_bytes(), str(file))
        found[data["qualname"]] = len(data["calls"])
    return found


def targets(project: Path, *qualnames: str) -> Iterator[Target | Unserved]:
    wanted = [Wanted(project / "shapes.py", name, frozenset()) for name in qualnames]
    with Sandbox(["numpy"]) as sandbox:
        yield from traced_targets(wanted, project, lambda target: sandbox)


def test_a_script_runs_as_it_does_alone_and_its_calls_are_recorded(shapes: Path, codeopt: Run) -> None:
    alone = subprocess.run(
        [sys.executable, "run.py", "a", "--b"], cwd=shapes, capture_output=True, text=True, check=False
    )
    done = codeopt("trace", "--", sys.executable, "run.py", "a", "--b")
    assert (done.returncode, done.stdout) == (3, alone.stdout)
    assert done.stderr.startswith("said on stderr\ncodeopt: recorded 4 calls of 2 of the 2 functions")
    assert "shapes.py::distances: 3 calls" in done.stderr
    assert traces(shapes) == {"distances": 3, "Scaler.spread": 1}
    assert codeopt("trace", "--calls", "2", "-q", "--", sys.executable, "run.py").stderr == "said on stderr\n"
    assert traces(shapes) == {"distances": 2, "Scaler.spread": 1}
    assert not list((shapes / ".codeopt" / "traces").glob("incoming-*"))


def test_recorded_calls_too_small_to_measure_are_made_larger(shapes: Path, codeopt: Run) -> None:
    small = SCRIPT.replace("(400, 16)", "(40, 16)").replace("(10, 20, 20, 400)", "(10, 20)")
    (shapes / "run.py").write_text(small)
    assert codeopt("trace", "--", sys.executable, "run.py").returncode == 3
    (target,) = targets(shapes, "distances")
    assert isinstance(target, Target)
    grown = next(line for line in target.workload_file.read_text().splitlines() if line.startswith("GROWN"))
    assert "20:" in grown
    (shapes / "run.py").write_text(SCRIPT)
    codeopt("trace", "--", sys.executable, "run.py")
    (target,) = targets(shapes, "distances")
    assert isinstance(target, Target)
    assert "GROWN = {}" in target.workload_file.read_text()


def test_recorded_calls_give_a_proven_suggestion_without_the_script(shapes: Path, codeopt: Run) -> None:
    assert codeopt("trace", "--", sys.executable, "run.py").returncode == 3
    (shapes / "run.py").unlink()
    done = codeopt("suggest", "shapes.py", "--origins", "traced", "--budget", "8", "--format", "json")
    best = next(s for s in json.loads(done.stdout)["suggestions"] if s["function"] == "distances")
    assert best["workload"]["origin"] == "traced"
    assert best["optimized"]["peak_bytes"] < best["baseline"]["peak_bytes"]
    assert best["equivalence"]["verdict"] == "same"


def test_stale_and_broken_traces_are_said(shapes: Path, codeopt: Run) -> None:
    codeopt("trace", "--", sys.executable, "run.py")
    file = next((shapes / ".codeopt" / "traces").glob("shapes.Scaler*"))
    file.write_bytes(file.read_bytes()[:-5])
    (shapes / "shapes.py").write_text(MODULE.replace("squared=False", "squared=False, root=True"))
    reasons = {u.wanted.qualname: u.reason for u in targets(shapes, "distances", "Scaler.spread", "new")
               if isinstance(u, Unserved)}  # fmt: skip
    assert reasons["distances"] == (
        "its recorded calls are stale: it took (x, y, squared=False) then and takes "
        "(x, y, squared=False, root=True) now"
    )
    assert str(file) in reasons["Scaler.spread"]
    assert "truncated" in reasons["Scaler.spread"]
    assert reasons["new"] == "no call of it was recorded"


def test_a_poisoned_trace_does_not_run_what_it_names(shapes: Path, codeopt: Run) -> None:
    codeopt("trace", "--", sys.executable, "run.py")
    from codeopt.workload.trace.file_format import pack

    file = next((shapes / ".codeopt" / "traces").glob("shapes.distances*"))
    data, rest = unpack(file.read_bytes(), str(file))
    (shapes / "evil.py").write_text(f"open({str(shapes / 'ran')!r}, 'w')")
    data["calls"][0]["args"][0] = {"k": "function", "of": ["os", "system"]}
    data["module"] = "os"
    file.write_bytes(pack({**data, "calls": data["calls"][:1]}, [bytes(rest)]))
    reason = next(u.reason for u in targets(shapes, "distances") if isinstance(u, Unserved))
    assert reason.endswith(f"{file}: names the module os, which a trace may not")
    assert not (shapes / "ran").exists()


def test_a_command_that_fails_and_one_that_is_not_found(shapes: Path, codeopt: Run) -> None:
    done = codeopt("trace", "--", sys.executable, "-c", "import shapes; raise SystemExit('no')")
    assert done.returncode == 1
    assert done.stderr == "no\ncodeopt: recorded 0 calls of 0 of the 2 functions with sites\n" + (
        "codeopt: 2 functions were not called\n"
    )
    missing = codeopt("trace", "--", "no-such-command", "a")
    assert (missing.returncode, missing.stderr) == (2, "codeopt: no-such-command: command not found\n")
    killed = codeopt("trace", "-q", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert killed.returncode == 128 + 9
    assert codeopt("trace").returncode == 2


def test_an_exception_of_a_script_reads_as_it_does_alone(shapes: Path, codeopt: Run) -> None:
    (shapes / "shapes.py").write_text(MODULE + "\n\nif __name__ == '__main__':\n    distances(1, 2)\n")
    alone = subprocess.run(
        [sys.executable, "shapes.py"], cwd=shapes, capture_output=True, text=True, check=False
    )
    done = codeopt("trace", "-q", "--", sys.executable, "shapes.py")
    assert (done.returncode, done.stderr) == (alone.returncode, alone.stderr)


def test_what_cannot_be_captured_is_said(shapes: Path, codeopt: Run) -> None:
    (shapes / "more.py").write_text(
        "import numpy as np\nfrom shapes import distances\n"
        "x = np.ones((3, 2))\ndistances(x, x, squared=lambda: 1)\ndistances(x, x, squared=open('more.py'))\n"
    )
    done = codeopt("trace", "--", sys.executable, "more.py")
    assert done.returncode == 0
    assert "not captured: shapes.py::distances: argument 2: a lambda cannot be captured\n" in done.stderr
    assert "not captured: shapes.py::distances: argument 2: an open file cannot be captured\n" in done.stderr


ENDLESS = """\
import subprocess, sys, time
import numpy as np
from shapes import distances
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
distances(np.ones((9, 2)), np.ones((9, 2)))
print(child.pid, flush=True)
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        print("deaf", flush=True)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_command_without_end_is_stopped_with_all_it_started(shapes: Path, codeopt: Run) -> None:
    (shapes / "endless.py").write_text(ENDLESS)
    done = codeopt("trace", "--time-limit", "6", "--", sys.executable, "endless.py")
    assert done.returncode == 124
    assert (
        "codeopt: the command was stopped (time limit); what was recorded until then is kept" in done.stderr
    )
    assert traces(shapes) == {"distances": 1}
    assert not alive(int(done.stdout.split()[0]))


def test_ctrl_c_ends_the_command_and_keeps_what_was_recorded(shapes: Path) -> None:
    (shapes / "endless.py").write_text(ENDLESS.replace('print("deaf", flush=True)', "break"))
    process = subprocess.Popen(
        [sys.executable, "-m", "codeopt", "trace", "--", sys.executable, "endless.py"],
        cwd=shapes, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped (Ctrl-C)" in said
    assert traces(shapes) == {"distances": 1}
    assert not alive(child)


def test_workers_of_pytest_and_of_loaders_are_recorded(shapes: Path, codeopt: Run) -> None:
    (shapes / "test_shapes.py").write_text(
        "import numpy as np, pytest, shapes\n\n"
        "@pytest.mark.parametrize('n', range(6, 12))\n"
        "def test_distances(n):\n    x = np.ones((n, 2))\n    assert shapes.distances(x, x).shape == (n, n)\n"
    )
    done = codeopt("trace", "--", sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider")
    assert "6 passed" in done.stdout
    assert traces(shapes) == {"distances": 5}
    (shapes / "load.py").write_text(
        "import os, numpy as np, torch\nfrom shapes import Scaler\n\n"
        "class Rows(torch.utils.data.Dataset):\n"
        "    def __init__(self): self.scaler = Scaler(np.ones((4, 2)))\n"
        "    def __len__(self): return 4\n"
        "    def __getitem__(self, i): return self.scaler.spread(np.ones((i + 9, 2)))[:1]\n\n"
        "if __name__ == '__main__':\n    list(torch.utils.data.DataLoader(Rows(), num_workers=2))\n"
    )
    assert codeopt("trace", "-q", "--", sys.executable, "load.py").returncode == 0
    assert traces(shapes) == {"distances": 5, "Scaler.spread": 4}


def test_a_sitecustomize_of_the_users_still_runs(shapes: Path) -> None:
    (shapes / "site").mkdir()
    (shapes / "site" / "sitecustomize.py").write_text("import sys; sys.customised = True")
    code = "import sys, os; print(sys.customised, 'bootstrap' in ' '.join(sys.path))"
    environment = {**os.environ, "PYTHONPATH": str(shapes / "site")}
    done = subprocess.run(
        [sys.executable, "-m", "codeopt", "trace", "-q", "--", sys.executable, "-c", code],
        cwd=shapes, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "True False\n", done.stderr


def test_functions_stay_what_they_are(shapes: Path, codeopt: Run) -> None:
    (shapes / "look.py").write_text(
        "import inspect, pickle, shapes\n"
        "print(inspect.signature(shapes.distances), inspect.getsource(shapes.distances).count('codeopt'))\n"
        "again = pickle.loads(pickle.dumps(shapes.distances))\n"
        "print(shapes.Scaler.spread.__doc__, again is shapes.distances)\n"
        "print(shapes.distances.__code__.co_firstlineno, sorted(n for n in vars(shapes) if n[:2] != '__'))\n"
    )
    done = codeopt("trace", "-q", "--", sys.executable, "look.py")
    assert done.stdout == "(x, y, squared=False) 0\nDoc. True\n13 ['Scaler', 'distances', 'np']\n"
    again = subprocess.run(
        [sys.executable, "look.py"], cwd=shapes, capture_output=True, text=True, check=True
    )
    assert again.stdout == done.stdout


def test_a_loop_of_many_calls_is_hardly_slowed(shapes: Path, codeopt: Run) -> None:
    (shapes / "loop.py").write_text(
        "import time, numpy as np, shapes\nx = np.ones((40, 3))\nshapes.distances(x, x)\n"
        "begin = time.process_time()\nfor _ in range(4000): shapes.distances(x, x)\n"
        "print(time.process_time() - begin)\n"
    )
    plain = traced = float("inf")
    for _ in range(3):
        alone = subprocess.run(
            [sys.executable, "loop.py"], cwd=shapes, capture_output=True, text=True, check=True
        )
        plain = min(plain, float(alone.stdout))
        traced = min(traced, float(codeopt("trace", "-q", "--", sys.executable, "loop.py").stdout))
    assert traced < 2 * plain
    assert traces(shapes) == {"distances": 1}

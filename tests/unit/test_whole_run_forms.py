"""Forms of commands and programs, each run once in a fork and once as a process of its own."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeopt.config import Config
from codeopt.equivalence.observe import Outcome
from codeopt.run.command import parse, run_target
from codeopt.run.jobs import Ran, run_job
from codeopt.run.left import shown
from codeopt.run.order import PLAIN, TRACED, Order
from codeopt.run.session import RunSession
from codeopt.sandbox import Completed, Limits, Sandbox
from codeopt.source import SourceFile, read_source

FILES = {
    "kit/__init__.py": "",
    "kit/__main__.py": "from . import tool\nprint(tool.value, __name__, __package__)\n",
    "kit/tool.py": "value = 41\n",
    "data/x.txt": "hello\n",
    "spawn.py": """import multiprocessing as mp
from kit import tool
def f(x): return x + tool.value
if __name__ == "__main__":
    with mp.get_context("spawn").Pool(1) as pool:
        print(pool.map(f, [1, 2]))
""",
    "ends.py": """import atexit, sys, threading, time
f = open("left_open.txt", "w")
f.write("unclosed")
atexit.register(lambda: open("bye.txt", "w").write("bye"))
def late():
    time.sleep(0.1)
    print("from a thread")
threading.Thread(target=late).start()
sys.exit("goodbye")
""",
    "sub/near.py": """import pathlib
print(open("../data/x.txt").read().strip(), pathlib.Path(__file__).resolve().parent.name)
open("../data/new.txt", "w").write("n")
""",
    "draws.py": """import random
import numpy as np
def main():
    return random.random(), float(np.random.rand()), float(np.random.default_rng().random())
main()
""",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(("numpy", "memray", "codeopt.run.jobs"), limits=Limits(seconds=60)) as opened:
        if opened.isolation == "rlimits":
            pytest.skip("no programs may be started here")
        yield opened


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms").resolve()
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run(
    sandbox: Sandbox, root: Path, command: str, folder: str, seed: int, fresh: bool
) -> tuple[Ran, Outcome]:
    tool = root / "kit" / "tool.py"
    text = "value = 999\n"
    order = Order(
        parse(command, root / folder), str(root), str(root / folder), seed, sandbox.isolation,
        mode=PLAIN if fresh else TRACED, fresh=fresh, watched=frozenset([str(tool)]),
        texts={str(tool): text}, data={str(tool): text.encode()},
    )  # fmt: skip
    end = sandbox.call(run_job, order)
    assert isinstance(end, Completed), end
    ran: Ran = end.value
    assert ran.failure == ""
    return ran, pickle.loads(ran.data)


def said(outcome: Outcome, stream: str) -> list[str]:
    node = outcome.part(stream)
    assert node is not None
    return [shown(line) for _, line in node.children]


@pytest.mark.parametrize(
    ("command", "folder", "out", "changed"),
    [
        ("python -m kit", "", ["999 __main__ kit", ""], ()),
        ("python spawn.py", "", ["[1000, 1001]", ""], ()),
        ("python near.py", "sub", ["hello sub", ""], ("data/new.txt",)),
        ("A=7 python -c 'import os; print(os.environ[\"A\"])'", "", ["7", ""], ()),
        ("python ends.py", "", ["from a thread", ""], ("bye.txt", "left_open.txt")),
    ],
)
def test_forks_and_own_processes_do_the_same(
    sandbox: Sandbox, root: Path, command: str, folder: str, out: list[str], changed: tuple[str, ...]
) -> None:
    outcomes = []
    for fresh in (False, True):
        ran, outcome = run(sandbox, root, command, folder, 0, fresh)
        assert said(outcome, "stdout") == out
        assert ran.changed == changed
        outcomes.append(outcome.tree)
    assert outcomes[0] == outcomes[1]
    assert {name: (root / name).read_text() for name in FILES} == FILES
    assert not (root / "bye.txt").exists()


def test_an_exit_with_words_is_status_1(sandbox: Sandbox, root: Path) -> None:
    ran, outcome = run(sandbox, root, "python ends.py", "", 0, fresh=False)
    assert ran.note == "it ends with status 1: goodbye"
    assert said(outcome, "stderr") == ["goodbye", ""]


def test_what_a_program_does_not_seed_itself_follows_the_seed(sandbox: Sandbox, root: Path) -> None:
    for fresh in (False, True):
        trees = [
            run(sandbox, root, "python draws.py", "", seed, fresh)[1].part("result") for seed in (1, 1, 2)
        ]
        assert trees[0] == trees[1]
        for (_, first), (_, other) in zip(trees[0].children, trees[2].children, strict=True):  # type: ignore[union-attr]
            assert first != other


def test_a_command_that_walks_folders_keeps_them(sandbox: Sandbox, root: Path) -> None:
    """Folders that it leaves alone become links after the first run, which `os.walk` does not follow."""
    (root / "walks.py").write_text(
        "import os\nprint(sorted(f for _, _, files in os.walk('data') for f in files))\n"
        "def squash(x):\n    return x\nsquash(1)\n"
    )
    found = read_source(root / "walks.py", "walks.py")
    assert isinstance(found, SourceFile)
    target = run_target(parse("python walks.py", root), root, [found.path])
    session = RunSession(sandbox, target, root, {"walks.py": found}, Config())
    session.baseline(session.reach({}))
    ((verdict, sample),) = session.trial(
        [{"walks.py": found.text.replace("return x", "y = x\n    return y")}]
    )
    assert getattr(verdict, "level", None) == "exact", verdict
    assert sample is not None
    assert sample.peak_bytes > 0

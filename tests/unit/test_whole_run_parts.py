"""Parts of a whole run on plain data: commands, the private copy, what is left, what is stable."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from codeopt.edit import Trust
from codeopt.equivalence.compare import compare
from codeopt.equivalence.node import Node
from codeopt.equivalence.observe import Outcome
from codeopt.errors import UsageError
from codeopt.run.around import Around
from codeopt.run.command import parse, run_target
from codeopt.run.jobs import unstable_job
from codeopt.run.lay_out import lay_out, put, stamps
from codeopt.run.left import files_node, record_names, shown, text_node, without_float_warnings
from codeopt.run.session import function_at

NOWHERE = Around({}, 0.0, 0.0)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("print('x')\n")
    return tmp_path


def test_commands_are_read_as_a_shell_would_split_them(script: Path) -> None:
    command = parse("python -u train.py --name 'two words' --seed {seed}", script)
    assert (command.kind, command.name) == ("script", str(script / "train.py"))
    assert command.flags == ("-u",)
    assert command.seeded(7) == ("--name", "two words", "--seed", "7")
    assert not command.needs_interpreter
    assert parse("python -O train.py", script).needs_interpreter
    module = parse("LEVEL=3 python3 -m kit.train --epochs 1", script)
    assert (module.kind, module.name, module.variables) == ("module", "kit.train", (("LEVEL", "3"),))
    assert parse("python -c 'import train'", script).kind == "code"
    assert parse(f"{sys.executable} train.py", script).kind == "script"


def test_a_console_script_of_the_environment_is_a_script(script: Path) -> None:
    command = parse("pytest -q", script)
    assert command.kind == "script"
    assert Path(command.name).name == "pytest"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("python train.py | tee log", "without a shell, which | needs"),
        ("python train.py > log", "without a shell, which > needs"),
        ("cd x && python train.py", "without a shell, which && needs"),
        ("python train.py $(date)", "without a shell"),
        ("python train.py 'open", "No closing quotation"),
        ("", "no command"),
        ("python", "nothing to run"),
        ("python -m", "nothing to run"),
        ("python -i train.py", "option -i of Python is not supported"),
        ("python nowhere.py", "no such file: nowhere.py"),
        ("no-such-command-here", "command not found"),
        ("ls -l", "is no Python program"),
        ("/elsewhere/bin/python train.py", "belongs to another environment"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(script: Path, text: str, reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text, script)
    assert reason in str(refused.value)


def test_a_run_as_a_target_names_its_command(script: Path) -> None:
    kit = script / "src" / "kit" / "__main__.py"
    target = run_target(parse("python -m kit --fast", script), script, [script / "train.py", kit])
    assert (target.origin, target.ref, target.path) == ("run", "python -m kit --fast", kit)


def test_a_line_belongs_to_the_innermost_function() -> None:
    text = (
        "import a\n\nclass C:\n    def f(self):\n        if a:\n"
        "            def g():\n                return 1\n        return 2\n"
    )
    assert [function_at(text, line) for line in (1, 3, 5, 7, 8)] == [
        "<module>", "<module>", "C.f", "C.f.<locals>.g", "C.f",
    ]  # fmt: skip


def test_a_copy_is_writable_and_leaves_the_original_alone(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "work" / "deep").mkdir(parents=True)
    (root / "data" / "x.csv").write_text("1,2\n")
    (root / "data" / "x.csv").chmod(0o444)
    (root / "link").symlink_to("data")
    (root / "run.py").write_text("pass\n")
    copy = tmp_path / "copy"
    lay_out(str(root), str(root / "work"), str(copy))
    assert (copy / ".git").is_symlink(), "version control is only looked at"
    assert (copy / "link").resolve() == copy / "data"
    before = stamps(str(copy))
    assert put(str(copy), "run.py", b"print(1)\n")
    assert not put(str(copy), ".git/hook.py", b""), "nothing is written through a link"
    with (copy / "data" / "x.csv").open("a") as file:
        file.write("3,4\n")
    (copy / "out").mkdir()
    changed = dict(files_node(str(copy), before, stamps(str(copy)), NOWHERE).children)
    assert set(changed) == {"run.py", "data/x.csv", "out"}
    assert (root / "data" / "x.csv").read_text() == "1,2\n"
    assert (root / "run.py").read_text() == "pass\n"


def test_folders_that_a_command_leaves_alone_become_links(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name in ("data", "work", "other"):
        (root / name).mkdir(parents=True)
        (root / name / "file").write_text(name)
    copy = tmp_path / "copy"
    lay_out(str(root), str(root / "work"), str(copy), frozenset({"data"}))
    assert not (copy / "data").is_symlink()
    assert not (copy / "work").is_symlink()
    assert (copy / "other").is_symlink()
    assert (copy / "other" / "file").read_text() == "other"


def outcome(out: str = "", files: Node | None = None, narrow: str = "", **names: object) -> Outcome:
    recorded = record_names(names, "__returned__")
    parts = (
        ("result", recorded["result"]),
        ("stdout", text_node(out.encode(), NOWHERE)),
        ("files", files or Node("files", "")),
        ("globals", recorded["names"]),
    )
    return Outcome(Node("outcome", "", (), None, parts), False, (), narrow, 0.0)


def test_printed_floats_agree_within_their_tolerance_and_all_else_exactly() -> None:
    original = outcome("epoch 1 of 3: loss 0.123456789012\n")
    assert compare(original, outcome("epoch 1 of 3: loss 0.123456789012\n")).level is Trust.EXACT
    assert compare(original, outcome("epoch 1 of 3: loss 0.123456789013\n")).level is Trust.CLOSE
    beyond = compare(original, outcome("epoch 1 of 3: loss 0.124456789012\n")).level
    assert beyond is Trust.LOSSY
    for other in ("epoch 2 of 3: loss 0.123456789012\n", "epoch 1 of 3 loss 0.123456789012\n", "", "\n\n"):
        assert compare(original, outcome(other)).level is None, other


def test_names_of_the_main_module_are_compared_by_value() -> None:
    model = {"w": np.arange(4.0)}
    again = outcome(model={"w": np.arange(4.0)}, np=np, print_=print, _hidden=1)
    assert compare(outcome(model=model, np=np, _hidden=1), again).level is Trust.EXACT
    other = outcome(model={"w": np.arange(4.0) + 1}, _hidden=1)
    assert compare(outcome(model=model, _hidden=1), other).level is not Trust.EXACT
    with open(os.devnull) as handle, memoryview(b"x") as view:
        left = record_names({"handle": handle.fileno, "view": view, "thing": sys._getframe()}, "r")["names"]
    assert "thing" not in dict(left.children), "what cannot be looked into is left out"


def test_a_line_can_be_shown_again() -> None:
    node = text_node(b"took 3 steps, loss 2.5e-3\n", NOWHERE)
    assert shown(node.children[0][1]) == "took 3 steps, loss 0.0025"


def test_places_and_addresses_are_blotted_out() -> None:
    a = text_node(
        b"wrote /tmp/j1/copy/out, <object at 0x7f12345678>", Around({"/tmp/j1/copy": "/home/me"}, 0.0, 0.0)
    )
    b = text_node(
        b"wrote /tmp/j2/copy/out, <object at 0x7f87654321>", Around({"/tmp/j2/copy": "/home/me"}, 0.0, 0.0)
    )
    assert a == b


def test_the_clock_of_a_run_is_blotted_out_and_no_other() -> None:
    begin = time.mktime((2026, 11, 21, 23, 59, 50, 0, 0, -1))
    around = Around({}, begin, begin + 20)
    log = "2026-11-21 23:59:59,120 | INFO | step 3\nrun_20261122_000005 at 2026-11-22T00:00:07.5\n"
    assert around.blotted(log) == "<now> | INFO | step 3\nrun_<now> at <now>\n"
    assert around.blotted(f"saved at {begin + 3.25}, 00:00:05") == "saved at <now>, <now>"
    assert around.blotted("2020-01-01 23:59:59") == "2020-01-01 23:59:59", "that moment is another day's"
    for text in ("opens 09:30:00", "index 1234567890", "2020-01-01 12:00:00", "took 0:00:03"):
        assert around.blotted(text) == text


def test_of_a_progress_bar_only_the_last_state_counts() -> None:
    start = "\r  0%|     | 0/3 [00:00<?, ?it/s]"
    slow = f"{start}\r 33%|#  | 1/3 [00:01<00:02,  1.2s/it]\r100%|###| 3/3 [00:02<00:00,  1.1s/it]\n"
    fast = f"{start}\r100%|###| 3/3 [00:00<00:00, 30.1it/s]\n"
    assert NOWHERE.blotted(slow) == NOWHERE.blotted(fast) == "100%|###| 3/3 [...]\n"


def test_floating_point_warnings_stand_apart() -> None:
    said, warned = without_float_warnings(
        b"UserWarning: old\nRuntimeWarning: overflow encountered in exp\nend\n"
    )
    assert said == b"UserWarning: old\nend\n"
    assert warned.data == (("RuntimeWarning", "overflow encountered in exp"),)


def files_of(folder: Path) -> Node:
    return files_node(str(folder), {}, stamps(str(folder)), Around({str(folder): "."}, 0.0, 0.0))


def test_files_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    made = []
    for number, shift in enumerate((0.0, 0.0, 1e-9, 1.0)):
        folder = tmp_path / str(number)
        folder.mkdir()
        np.savez(folder / "a.npz", x=np.linspace(1, 2, 50) + shift)
        (folder / "m.json").write_text('{"loss": %r, "n": 3}' % (0.125 + shift))
        (folder / "t.csv").write_text(f"a,b\n1,{2.5 + shift!r}\n")
        (folder / "fake.npy").write_bytes(b"no array \0 at all")
        made.append(outcome(files=files_of(folder)))
    assert compare(made[0], made[1]).level is Trust.EXACT
    assert compare(made[0], made[2]).level is Trust.CLOSE
    assert compare(made[0], made[3]).level not in (Trust.EXACT, Trust.CLOSE)


def test_another_file_or_permission_kind_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "x.bin").write_bytes(b"\0\1")
    (tmp_path / "b" / "y.bin").write_bytes(b"\0\1")
    assert stat.S_ISREG(stamps(str(tmp_path / "a"))["x.bin"].mode)
    a, b = (outcome(files=files_of(tmp_path / name)) for name in "ab")
    assert compare(a, b).level is None


def test_timings_are_found_and_left_out_wherever_they_stand(tmp_path: Path) -> None:
    texts = (
        "epoch 1 took 0.51 s\nepoch 2 took 0.40 s\nepoch 3 took 0.30 s\nloss 1.5\n",
        "epoch 1 took 0.62 s\nepoch 2 took 0.40 s\nepoch 3 took 0.30 s\nloss 1.5\n",
    )
    paths = []
    for number, text in enumerate(texts):
        path = tmp_path / str(number)
        path.write_bytes(pickle.dumps(outcome(text)))
        paths.append(path)
    unstable = unstable_job(((paths[0], paths[1]),))
    later = outcome("epoch 1 took 9.00 s\nepoch 2 took 8.00 s\nepoch 3 took 7.00 s\nloss 1.5\n")
    assert compare(outcome(texts[0]), later, None, unstable).level is Trust.EXACT
    wrong = outcome("epoch 1 took 9.00 s\nepoch 7 took 8.00 s\nepoch 3 took 7.00 s\nloss 1.5\n")
    assert compare(outcome(texts[0]), wrong, None, unstable).level is None


def test_a_module_that_an_editable_install_maps_is_served_too(tmp_path: Path) -> None:
    kit = tmp_path / "far_away" / "mapped_kit.py"
    kit.parent.mkdir()
    kit.write_text("value = 1\n")
    text = """
import importlib.util, sys
from codeopt.sandbox.world import put_overlay
file = sys.argv[1]
class Mapped:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return importlib.util.spec_from_file_location(name, file) if name == "mapped_kit" else None
sys.meta_path.append(Mapped)
put_overlay({file: "value = 2"})
import json, mapped_kit
print(mapped_kit.value)
"""
    done = subprocess.run([sys.executable, "-c", text, str(kit)], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"

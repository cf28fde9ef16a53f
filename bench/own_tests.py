"""How many functions with sites get a workload from a package's own tests.

    python bench/own_tests.py ROOT PACKAGE [WORD]

ROOT is an unpacked source distribution with its tests, PACKAGE the folder in it that is looked at, WORD
a part of the names of the functions to take. ROOT gets a `.codeopt` folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.registry import find_sites, select_rules
from codeopt.sandbox import Completed, Limits, Sandbox
from codeopt.source import Problem, discover, read_source
from codeopt.target import Target
from codeopt.workload.own_tests.find import find_tests
from codeopt.workload.own_tests.targets import own_test_targets
from codeopt.workload.wanted import Unserved, Wanted, wanted_in

_TEST_FILES = ("test_", "conftest")
_ENOUGH = 32 << 20


def functions_with_sites(package: Path, word: str) -> list[Wanted]:
    """The functions of a package that hold sites, but for its tests."""
    rules = select_rules()
    found: list[Wanted] = []
    for path in discover([package]):
        source = read_source(path, str(path))
        if isinstance(source, Problem) or "tests" in path.parts or path.name.startswith(_TEST_FILES):
            continue
        found += wanted_in(path.resolve(), find_sites(source, rules).sites, [])
    return [one for one in found if word in f"{one.path}::{one.qualname}"]


def main(arguments: Sequence[str]) -> None:
    """Print a line for each function, and the table."""
    root = Path(arguments[0]).resolve()
    wanted = functions_with_sites(root / arguments[1], arguments[2] if len(arguments) > 2 else "")
    begin = time.monotonic()
    own = find_tests(root, [one.path for one in wanted])
    led = sum(bool(own.nearest(one, 1)) for one in wanted)
    static = time.monotonic() - begin
    sandboxes: dict[tuple[str, ...], Sandbox] = {}

    def sandbox_for(modules: tuple[str, ...]) -> Sandbox:
        if modules not in sandboxes:
            sandboxes[modules] = Sandbox(modules, jobs=2, limits=Limits(60))
        return sandboxes[modules]

    served = grown = large = 0
    for found in own_test_targets(wanted, sandbox_for, root, own=own):
        if isinstance(found, Unserved):
            print(f"none   {found.wanted.path.name}::{found.wanted.qualname}: {found.reason[:160]}")
            continue
        served += 1
        grown += "GROWN = {}" not in found.workload_file.read_text()
        peak = peak_of(found, next(iter(sandboxes.values())))
        large += peak >= _ENOUGH
        print(f"tests  {found.path.name}::{found.qualname}: {peak / 2**20:.1f} MiB")
    seconds = time.monotonic() - begin
    for sandbox in sandboxes.values():
        sandbox.close()
    print(f"functions with sites {len(wanted)}, tests {len(own.tests)}, read in {static:.1f} s")
    print(f"a test leads to {led}, a workload for {served}, made larger {grown}, peak of 32 MiB {large}")
    print(f"{seconds:.0f} s in all")


def peak_of(target: Target, sandbox: Sandbox) -> int:
    """Bytes at full scale; 0 where it cannot be measured."""
    end = sandbox.call(measure_peak, target, {}, 1.0, 0, frozenset({str(target.path)}))
    return end.value.peak_bytes if isinstance(end, Completed) and isinstance(end.value, PeakSample) else 0


if __name__ == "__main__":
    main(sys.argv[1:])

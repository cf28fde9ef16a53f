"""The tests and benchmarks of a project, and which of them may lead to which function."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from codeopt.config import project_root
from codeopt.facts import Facts
from codeopt.source import Problem, discover, display_name, read_source
from codeopt.workload.own_tests.call_graph import CallGraph, Node
from codeopt.workload.own_tests.discover import (
    ASV,
    BENCHMARK,
    OwnTest,
    asv_benchmarks,
    benchmark_files,
    is_test_class,
    pytest_tests,
    test_files,
)
from codeopt.workload.own_tests.references import FileReferences, read_references
from codeopt.workload.own_tests.settings import PytestSettings, pytest_settings
from codeopt.workload.wanted import Wanted

_MOST_FILES = 4000
_MOST_BYTES = 1_000_000
_MOST_RANKED = 32
_OWN_STEPS = 2
"""Steps that a test is nearer for standing in a file named after the function's."""

_OF_ERRORS = re.compile(r"error|raise|exception|invalid|wrong|fail|illegal|bad_", re.IGNORECASE)
_RANK = {BENCHMARK: 0, ASV: 1}


@dataclass
class OwnTests:
    """What was found below a root; `problems` are files that could not be used."""

    settings: PytestSettings
    tests: dict[Node, OwnTest]
    graph: CallGraph
    problems: tuple[Problem, ...] = ()
    _ranked: dict[Node, list[OwnTest]] = field(default_factory=dict)

    def nearest(self, wanted: Wanted, most: int) -> list[OwnTest]:
        """At most so many tests that may reach a function: the fewest steps first, fewer where file or test
        are named after the function, tests of errors after others, benchmarks before tests, small
        files before large ones."""
        node = Node(wanted.path.resolve(), wanted.qualname)
        if node not in self._ranked:
            keys = self._keys
            file, name = _telling(node.path), wanted.qualname.rpartition(".")[2].strip("_")

            def nearer(test: Node) -> int:
                named = len(name) > 2 and name in test.name
                return _OWN_STEPS * bool(file and file in test.path.stem) + named

            found = ((steps - nearer(test), *keys[test], test) for steps, test in self.graph.nearest(node))
            self._ranked[node] = [self.tests[test] for *_, test in heapq.nsmallest(_MOST_RANKED, found)]
        return self._ranked[node][:most]

    @cached_property
    def _keys(self) -> dict[Node, tuple[bool, int, int]]:
        """What tests at the same distance are ordered by."""
        sizes = {path: _size(path) for path in {node.path for node in self.tests}}
        return {node: (*_rank(test), sizes[node.path]) for node, test in self.tests.items()}


def find_tests(root: Path, sources: Sequence[Path] = ()) -> OwnTests:
    """Read a project and find its tests; `sources` are files of it that may lie outside of the root.

    Where all of them do, the project is theirs.
    """
    root = root.resolve()
    if sources and not any(file.resolve().is_relative_to(root) for file in sources):
        root = project_root(sources[0].resolve().parent)
    read = pytest_settings(root)
    settings = PytestSettings(root) if isinstance(read, Problem) else read
    problems = [read] if isinstance(read, Problem) else []
    pytest_files = {file.resolve() for file in test_files(root, settings)}
    asv_files = {file.resolve() for file in benchmark_files(root)}
    files: dict[Path, FileReferences] = {}
    tests: dict[Node, OwnTest] = {}
    known = dict.fromkeys(file.resolve() for file in (*sources, *sorted(pytest_files), *sorted(asv_files)))
    everything = dict.fromkeys([*known, *(file.resolve() for file in discover([root]))])
    if len(everything) > _MOST_FILES:
        message = f"{len(everything)} files are too many to follow calls through; {_MOST_FILES} are read"
        problems.append(Problem(display_name(root), 1, message))
    for file in islice(everything, _MOST_FILES):
        facts = _facts(file)
        if facts is None:
            continue
        files[file] = read_references(facts)
        found = list(pytest_tests(file, facts.tree, settings)) if file in pytest_files else []
        found += list(asv_benchmarks(file, facts.tree)) if file in asv_files else []
        tests |= {Node(file, test.qualname): test for test in found}
        facts.close()
    graph = CallGraph(files.values())
    for file in pytest_files & files.keys():
        # What stands in the file itself is known better: it may be a benchmark.
        tests = _inherited(files[file], settings, graph) | tests
    graph.add_tests(tests)
    return OwnTests(settings, tests, graph, tuple(problems))


def _inherited(file: FileReferences, settings: PytestSettings, graph: CallGraph) -> dict[Node, OwnTest]:
    """The tests that classes of a file get from bases in other files."""
    found: dict[Node, OwnTest] = {}
    for name, definition in file.definitions.items():
        is_unittest = any(base.endswith("TestCase") for base in definition.bases)
        if not definition.bases or not (is_unittest or is_test_class(name, settings)):
            continue
        for method in graph.methods(Node(file.path, name)):
            if method.startswith("test"):
                qualname = f"{name}.{method}"
                found[Node(file.path, qualname)] = OwnTest(file.path, qualname)
    return found


def _facts(file: Path) -> Facts | None:
    """The facts of a file, if it can be parsed and is none that a machine wrote."""
    source = read_source(file, str(file))
    if isinstance(source, Problem) or len(source.text) > _MOST_BYTES:
        return None
    facts = Facts.of(source)
    return None if isinstance(facts, Problem) else facts


def _telling(path: Path) -> str:
    """What names of the test files of a file hold; empty where its name says nothing."""
    name = (path.parent if path.stem == "__init__" else path).stem.strip("_")
    return name if len(name) > 2 else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rank(test: OwnTest) -> tuple[bool, int]:
    return bool(_OF_ERRORS.search(test.qualname)), _RANK.get(test.kind, 2)

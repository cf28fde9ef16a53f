"""Who may import whom, read from the import statements; and what must not be imported outside a child."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "codeopt").rglob("*.py"), *(ROOT / "rules").glob("*.py")])
HEAVY = {"torch", "numpy", "memray", "hypothesis", "pandas", "sklearn", "scipy"}
RUNS_IN_A_CHILD = (
    "codeopt.equivalence.", "codeopt.measure.", "codeopt.run.inside", "codeopt.run.jobs", "codeopt.run.left",
    "codeopt.workload.scaling", "codeopt.workload.trace.replay_",
    "codeopt.workload.universal",
)  # fmt: skip

# Each layer may import itself and those before it.
LAYERS = [
    ["errors", "edit", "merge", "notices", "selectors"],
    ["json_spans", "magics", "notebook", "plots"],
    ["source", "looks", "target"],
    ["config", "config_schema", "suppress", "output_check", "per_file"],
    ["facts"],
    ["rule"],
    ["unused"],
    ["plugins", "cache"],
    ["rules"],
    ["registry"],
    ["candidate", "workload", "sandbox", "notebook_runner"],
    ["equivalence", "measure"],
    ["suggestion"],
    ["search", "events"],
    ["run"],
    ["gate"],
    ["report", "store"],
    ["bot"],
    ["pipeline", "testing", "baseline"],
    ["commands", "flags"],
    ["cli_bot", "cli_gate"],
    ["cli_project"],
    ["cli", "__main__"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def module_name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    if parts[0] == "rules":
        parts.insert(0, "codeopt")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[str]:
    """Modules imported anywhere in the file, but for type checking."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> str:
    return module.split(".")[1] if module.startswith("codeopt.") else ""


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_go_down(file: Path) -> None:
    here = layer(module_name(file))
    if not here:
        return
    for module in imports(file):
        there = layer(module)
        if there in RANK:
            assert RANK[there] <= RANK[here], f"{here} imports {there}"
        if here == "rules":
            assert there != "rules", "no rule imports a rule"


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_heavy_libraries_are_imported_only_where_the_users_code_runs(file: Path) -> None:
    module = module_name(file)
    if module.startswith(RUNS_IN_A_CHILD):
        return
    assert not {name.split(".")[0] for name in imports(file)} & HEAVY


def test_there_are_no_circles() -> None:
    names = {module_name(file) for file in FILES}
    graph = nx.DiGraph(
        (module_name(file), found) for file in FILES for found in imports(file) if found in names
    )
    graph.remove_edges_from([(a, b) for a, b in graph.edges if a.startswith(f"{b}.") or a == b])
    circles = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert circles == []


def test_files_stay_small() -> None:
    for file in FILES:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file

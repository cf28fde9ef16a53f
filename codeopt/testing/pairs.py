"""The pair of a rule: a small program, what the rule makes of it, and what that saves.

A pair program holds `arguments()`, which makes the arguments, and `run(...)`, which is measured.
Both run in a sandbox child: one call warms, the next is measured by memray. Of several
alternatives of a rule the best counts.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.candidate import render
from codeopt.edit import Site, Trust, conflict
from codeopt.measure.pair import Sample, measure_texts
from codeopt.registry import LoadedRule, find_sites
from codeopt.rule import Pair
from codeopt.sandbox import Completed, Limits, Sandbox, describe_end
from codeopt.source import SourceFile

LEAST_SAVED = 0.05
_SECONDS = 120
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Variant:
    """The pair's text with one choice among the alternatives of every site."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule's pair takes before and after, or why it has no figures.

    A sample is peak bytes by memray, bytes of resident memory, and how the result differs.
    `label` names the alternative that was best.
    """

    loaded: LoadedRule
    file: Path
    before: Sample | None = None
    after: Sample | None = None
    label: str = ""
    problem: str = ""

    @property
    def saved(self) -> float:
        """The part of the peak that is saved, 0 to 1."""
        return 0.0 if not self.before or not self.after else 1 - self.after[0] / max(1, self.before[0])

    @property
    def pays(self) -> bool:
        """Whether the result is the same and at least 5 % of the peak is saved."""
        return not self.problem and self.saved >= LEAST_SAVED

    @property
    def pair(self) -> Pair | None:
        """The figures as a rule states them, in MiB; None where there are none."""
        if self.before is None or self.after is None:
            return None
        before, after = (round(sample[0] / (1 << 20), 2) for sample in (self.before, self.after))
        return Pair(self.file.stem, before, after)


def pair_file(loaded: LoadedRule, folder: Path) -> Path:
    """Where the pair of a rule stands: the file in `folder` that is called like the rule's module."""
    return folder / f"{loaded.place.module.rpartition('.')[2]}.py"


def variants(loaded: LoadedRule, text: str) -> list[Variant]:
    """What a rule makes of a text: the n-th alternative at every place, for each n there is."""
    source = SourceFile(Path("pair.py"), "pair.py", text)
    places: dict[str, list[Site]] = {}
    for site in find_sites(source, [loaded]).sites:
        places.setdefault(site.group or site.id, []).append(site)
    made: list[Variant] = []
    for number in range(max(map(len, places.values()), default=0)):
        taken: list[Site] = []
        for sites in places.values():
            site = sites[min(number, len(sites) - 1)]
            if not any(conflict(site, other) for other in taken):
                taken.append(site)
        made.append(Variant(taken[0].label, render({"pair.py": source}, taken)["pair.py"]))
    return made


def check_pair(loaded: LoadedRule, file: Path) -> Iterator[str]:
    """The pair is there, has `arguments` and `run`, and the rule makes something of it that parses."""
    if not file.is_file():
        yield f"there is no pair {file}"
        return
    text = file.read_text(encoding="utf-8")
    defined = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    yield from (f"{file} has no function {name}" for name in ("arguments", "run") if name not in defined)
    made = variants(loaded, text)
    if not made:
        yield f"the rule finds nothing in {file}"
    for variant in made:
        try:
            ast.parse(variant.text)
        except SyntaxError as error:
            yield f"what the rule makes of {file} does not parse: {error}"


def measure_pair(loaded: LoadedRule, file: Path) -> Measured:
    """Run the pair in `file` before and after the rule. Needs the packages of the extra `run`."""
    (result,) = measure_pairs([(loaded, file)])
    return result


def measure_pairs(pairs: Sequence[tuple[LoadedRule, Path]]) -> Iterator[Measured]:
    """The pairs of some rules, measured one after the other, all on one thread."""
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    modules = {module for _, file in pairs for module in _imported(file)}
    preload = ("memray", "numpy", "codeopt.measure.pair", *sorted(modules))
    with Sandbox(preload, limits=Limits(seconds=_SECONDS)) as sandbox:
        for loaded, file in pairs:
            yield _measure(loaded, file, sandbox)


def _measure(loaded: LoadedRule, file: Path, sandbox: Sandbox) -> Measured:
    if not file.is_file():
        return Measured(loaded, file, problem=f"no {file.name}")
    text = file.read_text(encoding="utf-8")
    made = variants(loaded, text)
    if not made:
        return Measured(loaded, file, problem="finds nothing in its pair")
    texts = (text, *(variant.text for variant in made))
    end = sandbox.call(measure_texts, texts, loaded.rule.trust is Trust.EXACT)
    if not isinstance(end, Completed):
        return Measured(loaded, file, problem=" ".join(describe_end(end).split())[:160])
    before, *samples = end.value
    best = min(range(len(made)), key=lambda n: (bool(samples[n][2]), samples[n][0]))
    why = " ".join(samples[best][2].split())[:80]
    problem = f"differs: {why}" if why else ""
    return Measured(loaded, file, before, samples[best], made[best].label, problem)


def _imported(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if file.is_file() else ()
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found

"""How many functions of public packages run with a guessed workload, and how far the guesses reach.

    python bench/guessed.py                     # the packages that were kept aside, a table in Markdown
    python bench/guessed.py --write             # and put the table into docs/guessed.md
    python bench/guessed.py mlxtend pingouin    # only these, of either list
    python bench/guessed.py --developed         # those that were used while the pools were made

Asked are functions and methods that hold at least one site of any rule, outside tests and examples;
where a package has more than `--most`, a seeded sample of them. *run*: a call returned, ran lines of the
sites and depends on its inputs, with arguments for the function itself or for one that calls it. *no
import*: its module cannot be imported here; such a function counts as one that does not run.
*lines*: of the sites' lines with code, those that ran, in functions that ran. *proven*: of a sample of
`--prove` functions that ran, those for which `codeopt suggest` had at least one suggestion.

Each package is installed into a folder of its own below `~/.cache/codeopt-bench`, with what it requires,
what its files or tests import and an extra of it names, Matplotlib, and what bench/packages.toml names
beside it; NumPy, torch and whatever else this environment has are taken from here. The tests, examples and
pages of its source distribution lie beside it, as in the repository that a user would have.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.packages import LIST, cache, fetch, pinned  # noqa: E402
from codeopt.registry import find_sites, load_rules  # noqa: E402
from codeopt.sandbox import Limits, Sandbox  # noqa: E402
from codeopt.source import Problem, discover, read_source  # noqa: E402
from codeopt.workload.guess.targets import Guessed, guess_all  # noqa: E402
from codeopt.workload.passages.heads import BESIDE  # noqa: E402
from codeopt.workload.wanted import Wanted, wanted_in  # noqa: E402

PAGE = ROOT / "docs" / "guessed.md"
_ASIDE = {
    "test",
    "tests",
    "testing",
    "examples",
    "example",
    "docs",
    "doc",
    "benchmarks",
    "tutorials",
    "_test_common",
    "build",
}
_MOST_EXTRAS = 15
FRAMEWORKS = {
    "tensorflow", "tensorflow-cpu", "tf-keras", "keras", "jax", "jaxlib", "paddlepaddle", "mxnet",
    "mindspore", "chainer", "ray", "pyspark", "torch", "vllm", "triton", "flash-attn", "bitsandbytes",
    "deepspeed", "apex",
}  # fmt: skip
"""What is too large to be installed beside a package, or needs an accelerator."""

_PRELOAD = (
    "numpy", "numpy.ma", "scipy.stats", "scipy.signal", "scipy.optimize", "scipy.sparse.linalg", "pandas",
    "memray",
    "sklearn.linear_model", "sklearn.cluster", "sklearn.tree", "sklearn.ensemble", "torch",
    "torch.nn.functional",
    "torch.utils.data", "torch.optim", "torch.distributions", "torch._dynamo", "matplotlib.pyplot",
    "codeopt.workload.guess.job",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one package."""

    name: str
    held: int
    asked: int
    ran: int
    lines: int
    ran_lines: int
    proven: int
    sampled: int
    seconds: float
    broken: int

    def cells(self) -> str:
        """One line of the table."""
        share = f"{self.ran / self.asked:.0%}" if self.asked else "-"
        reach = f"{self.ran_lines / self.lines:.0%}" if self.lines else "-"
        proven = f"{self.proven} of {self.sampled}" if self.sampled else "-"
        return (
            f"| {self.name} | {self.held} | {self.asked} | {self.broken} | {self.ran} | {share} | {reach} "
            f"| {proven} | {self.seconds:.0f} |"
        )


def environment(pin: str) -> tuple[Path, list[Path]]:
    """The folder that a package is installed in, made if need be, and its own files."""
    name, _, version = pin.partition("==")
    folder = cache() / "guess" / f"{name}-{version}" / "site-packages"
    if not (folder.parent / "complete").exists():
        if not any(folder.glob("*.dist-info")):
            install(folder, [pin])
        beside = tomllib.loads(LIST.read_text())["guess-beside"].get(name, [])
        held = {_plain(found.name) for found in distributions(path=[str(folder)])}
        waiting = [each for each in ("matplotlib", *beside) if _plain(each) not in held]
        while waiting:
            install(folder, waiting)
            waiting = missing(folder)
        (folder.parent / "complete").touch()
    if not (folder.parent / "with_pages").exists():
        put_beside(folder, pin)
        (folder.parent / "with_pages").touch()
    record = next(
        p
        for p in folder.glob("*.dist-info/RECORD")
        if _plain(p.parent.name).startswith(_plain(f"{name}-{version}"))
    )
    own = [folder / line.partition(",")[0] for line in record.read_text().splitlines()]
    files = sorted(file for file in own if file.suffix == ".py" and file.is_file())
    if not (folder.parent / "with_tests_extras").exists():
        put_extras(folder, name, files)
        without_operators(folder)
        (folder.parent / "with_tests_extras").touch()
    return folder, files


def put_extras(folder: Path, name: str, files: Sequence[Path]) -> None:
    """Install what its files and tests import and its extras name, as far as there are wheels."""
    aside = [file for beside in BESIDE for file in sorted((folder / beside).rglob("*.py"))]
    told = next(d for d in distributions(path=[str(folder)]) if _plain(d.name) == _plain(name))
    text = "\n".join(file.read_text("utf-8", "replace") for file in (*files, *aside))
    read = set(re.findall(r"^\s*(?:import|from)\s+(\w+)", text, re.MULTILINE))
    held = {_plain(d.name) for d in (*distributions(path=[str(folder)]), *distributions())} | FRAMEWORKS
    asked = {_plain(r.name): r for r in map(Requirement, told.requires or ()) if r.marker}
    named = sorted(name for name in asked if name.replace("-", "_") in read and name not in held)
    for name in named[:_MOST_EXTRAS]:
        waiting = [f"{asked[name].name}{asked[name].specifier}"]
        while waiting:
            waiting = missing(folder) if install_wheels(folder, waiting) else []
            if FRAMEWORKS & {_plain(re.split(r"[<>=!~ \[]", each)[0]) for each in waiting}:
                break


def without_operators(folder: Path) -> None:
    """Let torchvision be imported where its compiled operators, which ask for CUDA, are not there."""
    head = folder / "torchvision" / "__init__.py"
    if head.is_file():
        head.write_text(re.sub(r"^\s*_meta_registrations,\n", "", head.read_text(), flags=re.MULTILINE))


def put_beside(folder: Path, pin: str) -> None:
    """Copy the tests, examples and pages of a source distribution to where a repository would have them."""
    [package] = fetch([pin])
    top = next((path for path in sorted(package.folder.iterdir()) if path.is_dir()), package.folder)
    is_sdist = (package.folder / "is_sdist").exists()
    for name in (*BESIDE, "docs", "doc") if is_sdist else ():
        # A wheel of something else may have left its own there.
        shutil.rmtree(folder / name, ignore_errors=True)
        if (top / name).is_dir():
            aside = None if name in BESIDE else shutil.ignore_patterns("*.ipynb", "*.png", "*.gif", "*.svg")
            shutil.copytree(top / name, folder / name, ignore=aside)
    for page in top.glob("README*") if is_sdist else ():
        shutil.copy(page, folder / page.name)
    if not any(folder.glob("README*")):
        name = pin.partition("==")[0]
        told = next(d for d in distributions(path=[str(folder)]) if _plain(d.name) == _plain(name)).metadata
        kind = "rst" if "rst" in (told.get("Description-Content-Type") or "") else "md"
        (folder / f"README.{kind}").write_text(str(told.get_payload() or told.get("Description") or ""))


def install(folder: Path, requirements: Sequence[str]) -> None:
    """Install packages into a folder, without what they require."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--prefer-binary"]
    subprocess.run([*command, "--target", str(folder), *requirements], check=True)


def install_wheels(folder: Path, requirements: Sequence[str]) -> bool:
    """The same from wheels alone; whether that could be done."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--target", str(folder), *requirements], capture_output=True, timeout=300
    )
    return not done.returncode


def missing(folder: Path) -> list[str]:
    """What the packages in a folder require that neither it nor this environment has."""
    held = list(distributions(path=[str(folder)]))
    names = {_plain(d.name) for d in (*held, *distributions())}
    wanted = [Requirement(text) for found in held for text in found.requires or ()]
    asked = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    return sorted({f"{r.name}{r.specifier}" for r in asked if _plain(r.name) not in names})


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def wanted_of(folder: Path, files: Sequence[Path]) -> list[Wanted]:
    """Functions of a package that hold sites, tests and examples left out."""
    found: list[Wanted] = []
    rules = load_rules()
    kept = [file for file in files if not _ASIDE & set(file.relative_to(folder).parts)]
    kept = [file for file in kept if not re.match(r"test_|.*_test\.py|conftest\.py", file.name)]
    for path in discover(kept, ()):
        source = read_source(path, str(path))
        if not isinstance(source, Problem):
            found += wanted_in(path.resolve(), find_sites(source, rules).sites, [])
    return found


def code_lines(file: Path, lines: frozenset[int]) -> frozenset[int]:
    """Those of the lines that hold code."""

    def codes(code: object) -> Iterator[int]:
        for _, _, line in code.co_lines():  # type: ignore[attr-defined]
            if line:
                yield line
        for constant in code.co_consts:  # type: ignore[attr-defined]
            if hasattr(constant, "co_lines"):
                yield from codes(constant)

    return lines & frozenset(codes(compile(file.read_bytes(), str(file), "exec", dont_inherit=True)))


def measure(pin: str, most: int, prove: int, seed: int, jobs: int, verbose: bool) -> Row:
    """Guess for a sample of a package's functions and count."""
    folder, files = environment(pin)
    held = wanted_of(folder.resolve(), files)
    asked = sorted(
        random.Random(seed).sample(held, min(most, len(held))), key=lambda w: (str(w.path), w.qualname)
    )
    sys.path.append(str(folder))
    begin = time.perf_counter()
    ran = lines = ran_lines = broken = 0
    good: list[Guessed] = []
    out = folder.parent / "workloads"
    try:
        limits = Limits(seconds=90, memory_bytes=6 << 30)
        with Sandbox(_PRELOAD, jobs=jobs, limits=limits) as sandbox:
            for found in guess_all(asked, lambda paths: sandbox, folder.resolve(), out, seed):
                wanted = found.wanted
                held_lines = code_lines(wanted.path, wanted.lines)
                hit = found.guess.lines.get(str(wanted.path), frozenset()) & held_lines
                if found.targets:
                    ran, lines, ran_lines = ran + 1, lines + len(held_lines), ran_lines + len(hit)
                    good.append(found)
                broken += found.guess.reason.startswith("its module cannot be imported")
                if verbose:
                    say(folder.resolve(), found, len(hit), len(held_lines))
        seconds = time.perf_counter() - begin
        sample = random.Random(seed).sample(good, min(prove, len(good)))
        proven = sum(suggests(folder, found) for found in sample)
    finally:
        sys.path.remove(str(folder))
    return Row(pin, len(held), len(asked), ran, lines, ran_lines, proven, len(sample), seconds, broken)


def say(folder: Path, found: Guessed, hit: int, held: int) -> None:
    """Tell what came of one function."""
    wanted, guess = found.wanted, found.guess
    what = f"OK {guess.qualname} {hit}/{held}" if found.targets else f"-- {guess.reason}"
    where = f"{wanted.path.relative_to(folder)}::{wanted.qualname}"
    print(f"{where}: [{guess.trials}] {what}", file=sys.stderr, flush=True)


def suggests(folder: Path, found: Guessed) -> bool:
    """Whether `codeopt suggest` proves a suggestion with the guessed workload."""
    files = ("--workloads", str(found.targets[0].workload_file))
    limits = ("--time-budget", "120", "--budget", "40", "--origins", "none")
    command = [sys.executable, "-m", "codeopt", "suggest", str(found.wanted.path), *files, *limits]
    command += ["--format", "json", "-q"]
    environ = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environ, timeout=900)
    try:
        return bool(json.loads(done.stdout)["suggestions"])
    except (ValueError, KeyError):
        print(
            f"{found.wanted.qualname}: suggest ended with {done.returncode}: {done.stderr[-300:]}",
            file=sys.stderr,
        )
        return False


def table(rows: Sequence[Row]) -> str:
    """The whole table, with all packages in its last line."""
    total = Row("all", *(sum(getattr(row, name) for row in rows) for name in Row.__slots__[1:]))
    return "\n".join([
        "| package | with sites | asked | no import | run | share | lines | proven | s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(row.cells() for row in (*rows, total)),
    ])  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Print, and write if asked, the table."""
    parser = argparse.ArgumentParser(description="Guess workloads for public packages and count.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--developed", action="store_true", help="packages used while the pools were made")
    parser.add_argument("--most", type=int, default=60, help="functions a package")
    parser.add_argument(
        "--prove", type=int, default=0, metavar="N", help="functions a package to run suggest on"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="put the table into docs/guessed.md")
    parser.add_argument("--verbose", action="store_true", help="every function on standard error")
    chosen = parser.parse_args(argv)
    both = [*pinned("guess-developed"), *pinned("guess-kept-aside")]
    pins = pinned("guess-developed" if chosen.developed else "guess-kept-aside")
    if chosen.names:
        pins = [pin for pin in both if pin.partition("==")[0] in chosen.names]
    rows = []
    for pin in pins:
        rows.append(measure(pin, chosen.most, chosen.prove, chosen.seed, chosen.jobs, chosen.verbose))
        print(rows[-1].cells(), file=sys.stderr, flush=True)
    text = table(rows)
    print(text)
    if chosen.write and not chosen.developed and not chosen.names:
        put(text)
    return 0


def put(text: str) -> None:
    """Put the table between its marks in docs/guessed.md. Raises SystemExit if they are not there."""
    begin, end = "<!-- kept-aside: begin -->\n", "<!-- kept-aside: end -->\n"
    head, found, rest = PAGE.read_text().partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{PAGE}: the marks of the table are missing")
    PAGE.write_text(f"{head}{begin}{text}\n{end}{tail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

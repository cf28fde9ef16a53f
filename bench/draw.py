"""Draw packages for `bench/guessed.py` by a seed, from names that were written down beforehand.

    python bench/draw.py guess-repository-names --most 8     # NAME==VERSION, how many functions hold sites
    python bench/draw.py guess-repository-torch-names --most 8

What stands for a repository that is worked on is taken: a release of the past two years whose source
distribution holds tests. `--any` asks for neither, as the first draws did. The newest release must have a
wheel for this machine and install from wheels with what it requires, at most 30 of them; it must hold at
least 14 functions with sites, 19 in 20 of them in modules that can be imported here. What a function does,
and whether a workload can be guessed for it, plays no part. What was installed of a package that is not
taken is removed again; the reason is printed.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.utils import parse_wheel_filename
from pypi_simple import PyPISimple

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from bench.guessed import FRAMEWORKS, environment, install_wheels, missing, wanted_of  # noqa: E402
from bench.packages import LIST, cache, fetch  # noqa: E402
from codeopt.target import module_of  # noqa: E402

_MOST_PACKAGES = 30
_LEAST_FUNCTIONS = 14
_LEAST_TESTS = 14
_MOST_LOST = 0.05
_NEW = timedelta(days=730)
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|tests?\.py")
_IMPORT = """
import importlib, sys
sys.path.append(sys.argv[1])
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except BaseException:
        print("LOST", name)
"""


def newest_wheel(name: str) -> str:
    """`NAME==VERSION` of the release that pip takes where it may not build. Raises LookupError."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, "-d", folder, name], capture_output=True, timeout=120)
        wheels = [] if done.returncode else list(Path(folder).iterdir())
    if not wheels:
        raise LookupError("no wheel")
    return f"{name}=={parse_wheel_filename(wheels[0].name)[1]}"


def no_repository(pin: str) -> str:
    """Why a release does not stand for a repository that is worked on, or an empty text."""
    name, _, version = pin.partition("==")
    with PyPISimple() as index:
        releases = [p for p in index.get_project_page(name).packages if p.version == version]
    times = [p.upload_time for p in releases if p.upload_time is not None]
    if not times or max(times) < datetime.now(UTC) - _NEW:
        return f"released {max(times):%Y-%m}" if times else "no time of release"
    [package] = fetch([pin])
    if not (package.folder / "is_sdist").exists():
        return "no source distribution"
    files = [p for p in package.folder.rglob("*.py") if _TEST_FILE.fullmatch(p.name)]
    texts = (file.read_text("utf-8", "replace") for file in files)
    tests = sum(len(re.findall(r"^ *(?:async )?def test", text, re.MULTILINE)) for text in texts)
    return "" if tests >= _LEAST_TESTS else f"{tests} tests"


def why_not(pin: str) -> tuple[str, int]:
    """Why a release is not taken, or an empty text; and how many functions of it hold sites."""
    name, _, version = pin.partition("==")
    folder = cache() / "guess" / f"{name}-{version}" / "site-packages"
    if not (folder.parent / "complete").exists():
        reason = _installed(folder, [pin, "matplotlib"])
        if reason:
            return reason, 0
        (folder.parent / "complete").touch()
    folder, files = environment(pin)
    held = wanted_of(folder.resolve(), files)
    if len(held) < _LEAST_FUNCTIONS:
        return f"{len(held)} functions with sites", len(held)
    modules = Counter(module_of(one.path)[1] for one in held)
    command = [sys.executable, "-c", _IMPORT, str(folder.resolve()), *modules]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    lost = sum(modules[name] for name in re.findall(r"^LOST (\S+)", done.stdout, re.MULTILINE))
    if done.returncode or lost > _MOST_LOST * len(held):
        return f"{lost} of {len(held)} stand in modules that cannot be imported", len(held)
    return "", len(held)


def _installed(folder: Path, waiting: list[str]) -> str:
    """Install from wheels with all that is required; the reason if that cannot be done."""
    count = 0
    while waiting:
        count += len(waiting)
        frameworks = [w for w in waiting if re.split(r"[<>=!~ ]", w)[0].lower() in FRAMEWORKS]
        if frameworks or count > _MOST_PACKAGES:
            return f"requires {', '.join(frameworks) or f'{count} packages'}"
        if not install_wheels(folder, waiting):
            return "does not install from wheels"
        waiting = missing(folder)
    return ""


def main(argv: Sequence[str]) -> int:
    """Print the packages of a list of names in the order of the draw, taken or with the reason why not."""
    parser = argparse.ArgumentParser(description="Draw packages by a seed.")
    parser.add_argument("names", help="a list of names in bench/packages.toml")
    parser.add_argument("--most", type=int, default=12, help="packages to take")
    parser.add_argument("--skip", type=int, default=0, help="names at the head of the draw to pass over")
    parser.add_argument("--any", action="store_true", help="also old releases and those without tests")
    parser.add_argument("--seed", type=int, default=20261122)
    chosen = parser.parse_args(argv)
    names = sorted(set(tomllib.loads(LIST.read_text())[chosen.names]))
    random.Random(chosen.seed).shuffle(names)
    taken = 0
    for name in names[chosen.skip :]:
        try:
            pin = newest_wheel(name)
            reason, held = "" if chosen.any else no_repository(pin), 0
            if not reason:
                reason, held = why_not(pin)
        except (LookupError, ValueError, OSError, subprocess.TimeoutExpired) as error:
            pin, reason, held = name, f"{type(error).__name__}: {error}", 0
        print(pin, reason or f"taken, {held} functions", flush=True)
        taken += not reason
        if reason and "==" in pin:
            shutil.rmtree(cache() / "guess" / pin.replace("==", "-"), ignore_errors=True)
        if taken == chosen.most:
            break
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

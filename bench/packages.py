"""Public packages, pinned in `bench/packages.toml`, fetched and unpacked for the benchmarks.

    python bench/packages.py soundness           # prints one folder a package, fetching what is missing
    python bench/packages.py --newest NAME...    # prints NAME==VERSION of the newest releases

Source distributions where there are any, else wheels; digests are checked. They are kept under
`~/.cache/codeopt-bench` (or $CODEOPT_BENCH) and nothing in them is run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage, PyPISimple

LIST = Path(__file__).with_name("packages.toml")
_KINDS = ("sdist", "wheel")


@dataclass(frozen=True, slots=True)
class Package:
    """One release of a package and the folder that its files are unpacked in."""

    name: str
    version: str
    folder: Path

    def relative(self, path: Path) -> str:
        """A file's path inside the distribution, without the folder that names the version."""
        parts = path.relative_to(self.folder).parts
        return "/".join(parts[1:] if (self.folder / "is_sdist").exists() else parts)


def cache() -> Path:
    """Where packages are kept."""
    return Path(os.environ.get("CODEOPT_BENCH", Path.home() / ".cache" / "codeopt-bench"))


def pinned(purpose: str) -> list[str]:
    """The `NAME==VERSION` of a purpose; raises KeyError for one that the list does not know."""
    pins: list[str] = tomllib.loads(LIST.read_text())[purpose]
    return pins


def fetch(pins: Sequence[str]) -> list[Package]:
    """The packages, downloaded where the cache lacks them; raises LookupError for an unknown release."""
    found = []
    with PyPISimple() as index:
        for pin in pins:
            name, _, version = pin.partition("==")
            folder = cache() / f"{name}-{version}"
            if not folder.exists():
                _unpack(index, name, version, folder)
            found.append(Package(name, version, folder))
    return found


def _unpack(index: PyPISimple, name: str, version: str, folder: Path) -> None:
    releases = [p for p in index.get_project_page(name).packages if p.version == version]
    best = [p for kind in _KINDS for p in releases if p.package_type == kind]
    if not best:
        raise LookupError(f"{name}=={version}: no such release on the index")
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    archive = part / best[0].filename
    index.download_package(best[0], archive)
    if best[0].package_type == "sdist":
        shutil.unpack_archive(archive, part, filter="data" if archive.suffix == ".gz" else None)
        (part / "is_sdist").touch()
    else:
        shutil.unpack_archive(archive, part, "zip")
    archive.unlink()
    part.rename(folder)


def newest(name: str) -> str:
    """`NAME==VERSION` of the newest release that is no pre-release."""
    with PyPISimple() as index:
        releases = index.get_project_page(name).packages
    return f"{name}=={max((v for p in releases if (v := _final(p)) is not None), key=Version)}"


def _final(package: DistributionPackage) -> str | None:
    try:
        version = Version(package.version or "")
    except InvalidVersion:
        return None
    return None if version.is_prerelease or package.package_type not in _KINDS else package.version


def main(argv: Sequence[str]) -> int:
    """Fetch a purpose's packages and print their folders."""
    parser = argparse.ArgumentParser(description="Fetch pinned public packages.")
    parser.add_argument("names", nargs="+", metavar="PURPOSE|NAME")
    parser.add_argument("--newest", action="store_true")
    chosen = parser.parse_args(argv)
    if chosen.newest:
        print(*map(newest, chosen.names), sep="\n")
        return 0
    for package in fetch([pin for purpose in chosen.names for pin in pinned(purpose)]):
        print(package.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

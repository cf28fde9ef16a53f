from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeopt.bot.artifact import ArtifactLimits, Reading, read_artifact
from tests.bot.forge import Project, Proxy, emulated
from tests.bot.reports import LIMITS, Read, report, write_repository


@pytest.fixture(scope="session")
def github() -> Iterator[str]:
    with emulated() as address:
        yield address


@pytest.fixture
def project(github: str, request: pytest.FixtureRequest) -> Iterator[Project]:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    with Proxy(github) as proxy:
        made = Project(github, name, proxy)
        yield made
        made.close()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with files of every kind that a report could name."""
    root = tmp_path_factory.mktemp("checkout")
    write_repository(root)
    return root


@pytest.fixture
def read(checkout: Path, tmp_path: Path) -> Read:
    """Read a report that holds these suggestions, or these bytes."""

    def run(*given: dict[str, Any], data: bytes | None = None, limits: ArtifactLimits = LIMITS) -> Reading:
        file = tmp_path / "report.json"
        file.write_bytes(json.dumps(report(*given)).encode() if data is None else data)
        return read_artifact(file, checkout, limits)

    return run

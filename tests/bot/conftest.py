from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.bot.forge import Project, Proxy, emulated


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

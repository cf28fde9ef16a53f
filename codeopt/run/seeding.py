"""Seeds for a run that does not set its own: given when the library is first imported, not before,
so that a run imports nothing that it would not have imported anyway."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import random
import secrets
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any


def seed_run(seed: int) -> None:
    """Seed `random`, and NumPy and torch at once or when they come, in this process."""
    random.seed(seed)
    # What numpy.random.default_rng() and the like draw their entropy from.
    entropy = random.Random(seed).getrandbits
    for module in (secrets, sys.modules.get("numpy.random.bit_generator")):
        if module is not None:
            vars(module)["randbits"] = entropy
    for name, seed_library in _SEEDERS.items():
        if name in sys.modules:
            seed_library(sys.modules[name], seed)
    sys.meta_path.insert(0, _SeedingFinder(seed, set(_SEEDERS) - sys.modules.keys()))


def _seed_numpy(module: Any, seed: int) -> None:
    module.random.seed(seed & 0xFFFFFFFF)


def _seed_torch(module: Any, seed: int) -> None:
    module.manual_seed(seed)


_SEEDERS = {"numpy": _seed_numpy, "torch": _seed_torch}


class _SeedingFinder(importlib.abc.MetaPathFinder):
    def __init__(self, seed: int, waiting: set[str]) -> None:
        self.seed = seed
        self.waiting = waiting

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.waiting:
            return None
        self.waiting.discard(fullname)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _SeedingLoader(spec.loader, self.seed)
        return spec


class _SeedingLoader(importlib.abc.Loader):
    def __init__(self, loader: Any, seed: int) -> None:
        self.loader = loader
        self.seed = seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self.loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        # Whoever looks at the module finds what would have been there.
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        _SEEDERS[module.__name__](module, self.seed)

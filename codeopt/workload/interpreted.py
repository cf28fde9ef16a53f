"""What numba and torch would compile runs as Python, whose lines can be traced."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def interpret_all() -> None:
    """Let what would be compiled from now on run as Python; for this process."""
    os.environ.update(NUMBA_DISABLE_JIT="1", PYTORCH_JIT="0", TORCH_COMPILE_DISABLE="1")
    scripted, compiled = map(sys.modules.get, ("torch.jit._state", "torch._dynamo.config"))
    if scripted is not None:
        scripted.disable()
    if compiled is not None:
        compiled.disable = True  # type: ignore[attr-defined]
    numba = sys.modules.get("numba")
    if numba is not None:
        _interpret(numba)
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Changes numba as soon as it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "numba":
            return None
        # Whoever only asks whether it is there goes by here too, so the finder stays for the import.
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            plain = spec.loader.exec_module

            def execute(module: ModuleType) -> None:
                plain(module)
                _interpret(module)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec


def _interpret(numba: Any) -> None:
    from codeopt.workload.universal import guvectorize, jitclass, vectorize

    numba.config.DISABLE_JIT = True
    # The switch leaves these two out, and what they compile may call what is not compiled any more.
    numba.vectorize, numba.guvectorize = vectorize, guvectorize
    experimental: Any = importlib.import_module("numba.experimental")
    experimental.jitclass = jitclass

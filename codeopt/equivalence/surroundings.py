"""What a call changes beside its value: random state, modes, settings of the process."""

from __future__ import annotations

import contextlib
import decimal
import gc
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from codeopt.equivalence.node import Node
from codeopt.equivalence.process_state import process_settings, restore_process

_SIGNALS = ("SIGINT", "SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE", "SIGHUP")
_NUMBERS = tuple((name, getattr(signal, name)) for name in _SIGNALS if hasattr(signal, name))
_APART = 0x5EED
_NO_LOGGER = logging.PlaceHolder
_COMPILER = "torch._dynamo"
_BY_COMPILER = frozenset(
    {_COMPILER, "environment", "warning filters", "functions to run at exit", "log levels", "patched"}
)
"""What importing torch's compiler changes. Torch imports it on the first use of an optimizer or a
checkpoint, whoever uses them; the settings of that one call say nothing of the target."""


def seed_of_call(seed: int) -> int:
    """The seed of a call whose arguments were built with `seed`: another one, or a target that draws
    would draw its own arguments again, and weights that it makes equal those it is given."""
    return (seed + _APART) & 0xFFFFFFFF


def seed_everything(seed: int) -> None:
    """Seed `random`, NumPy's global generator and torch's, where torch is there, for a call."""
    seed = seed_of_call(seed)
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        from codeopt.equivalence.torch_state import seed_torch

        seed_torch(seed)


class Settings:
    """What was in force before a call, and after it once that was looked at."""

    def __init__(self) -> None:
        self.before = in_force()
        self.after: dict[str, Any] | None = None

    def looked_at(self) -> dict[str, Any]:
        """What is in force now, to be asked once, after the call."""
        self.after = in_force()
        return self.after


def in_force() -> dict[str, Any]:
    """The settings of this process, each entry comparable with `==`."""
    context = decimal.getcontext()
    root = logging.root
    loggers: Any = root.manager.loggerDict.items()
    found = {
        "numpy.geterr": np.geterr(),
        "numpy.get_printoptions": np.get_printoptions(),
        "working directory": os.getcwd(),
        "environment": vars(os.environ)["_data"].copy(),
        "sys.path": list(sys.path),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "warning filters": list(warnings.filters),
        "signal handlers": {name: signal.getsignal(number) for name, number in _NUMBERS},
        "decimal context": (context.prec, context.rounding),
        "garbage collector": (gc.isenabled(), gc.get_threshold()),
        "threads": threading.active_count(),
        "logging": (root.level, root.manager.disable, list(root.handlers)),
        "log levels": {n: log.level for n, log in loggers if type(log) is not _NO_LOGGER and log.level},
    }
    found |= process_settings()
    found[_COMPILER] = _COMPILER in sys.modules
    if "torch" in sys.modules:
        from codeopt.equivalence.torch_state import torch_settings

        found |= torch_settings()
    return found


def state_node(settings: Settings, patched: tuple[str, ...] = ()) -> Node:
    """Digests of every generator, equal where the next draws are, the settings that are no more
    what they were before the call, and what was `patched`."""
    before, now = settings.before, settings.looked_at()
    numpy_state: Any = np.random.get_state(legacy=False)
    bits = numpy_state["state"]
    numpy_bytes = bits["key"].tobytes() + repr((bits["pos"], numpy_state["has_gauss"])).encode()
    python_state = random.getstate()
    items: list[tuple[str, Any]] = [
        ("random", (hash(python_state[1]), python_state[2])),
        ("numpy.random", zlib.crc32(numpy_bytes)),
    ]
    excused = _BY_COMPILER if now[_COMPILER] != before[_COMPILER] else ()
    for name, value in before.items():
        if now[name] != value and name not in excused:
            items.append((name, _change(value, now[name], before["working directory"])))
    if patched and "patched" not in excused:
        items.append(("patched", ", ".join(patched)))
    if "torch" in sys.modules:
        from codeopt.equivalence.torch_state import torch_generators

        items += torch_generators()
    return Node("state", "", (), None, tuple((name, Node("text", "", (), v)) for name, v in items))


def _change(before: Any, now: Any, folder: str) -> str:
    """What was changed, in words that are the same in every process."""
    if isinstance(now, dict):
        changed = [f"{_word(k, folder)}: {_word(v, folder)}" for k, v in now.items() if before.get(k) != v]
        return ", ".join([*sorted(changed), *sorted(f"no {_word(k, folder)}" for k in before.keys() - now)])
    if isinstance(now, list):
        added = [f"{i}: {_word(v, folder)}" for i, v in enumerate(now) if v not in before]
        gone = [f"no {_word(v, folder)}" for v in before if v not in now]
        return ", ".join([*added, *gone]) or "reordered"
    if isinstance(now, tuple):
        return ", ".join(_word(v, folder) for v in now)
    if isinstance(now, str) and os.path.isabs(now):
        return os.path.relpath(now, folder)
    return _word(now, folder)


def _word(value: Any, folder: str) -> str:
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    if isinstance(value, list | tuple):
        return f"({', '.join(_word(v, folder) for v in value)})"
    if isinstance(value, type) or callable(value):
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    if isinstance(value, str | int | float | None):
        return str(value).replace(folder, ".")
    return type(value).__qualname__


@contextlib.contextmanager
def settings_restored() -> Iterator[Settings]:
    """Give what is in force, and put back at the end what would disturb the observer or the next
    case; the environment and the like stay as a call left them, as they would for any caller."""
    torch = sys.modules.get("torch")
    repeats = torch.is_warn_always_enabled() if torch is not None else False
    if torch is not None:
        # Warnings given once a process would be heard by the first of two runs only.
        torch.set_warn_always(True)
    settings = Settings()
    try:
        yield settings
    finally:
        if settings.after != settings.before:
            _put_back(settings.before)
        if torch is not None:
            torch.set_warn_always(repeats)


def _put_back(before: dict[str, Any]) -> None:
    np.seterr(**before["numpy.geterr"])
    if sys.getrecursionlimit() != before["recursion limit"]:
        sys.setrecursionlimit(before["recursion limit"])
    os.chdir(before["working directory"])
    for name, handler in before["signal handlers"].items():
        number = getattr(signal, name)
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)
    restore_process(before)
    if "torch grad mode" in before:
        from codeopt.equivalence.torch_state import restore_torch

        restore_torch(before)

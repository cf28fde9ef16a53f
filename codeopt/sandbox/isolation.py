"""The rungs of isolation, strongest first: how the zygote is started on each, and with what environment.

Bubblewrap gives the zygote namespaces of its own: no network, no other processes, a file
system that is read-only but for the jobs' folders. Where no namespaces may be made, Landlock
(through the package sandlock) sees to files and signals, and a seccomp filter refuses sockets.
Plain resource limits come last: there, an audit hook refuses what Python code would write
outside, which holds against accidents but not against C code.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codeopt.errors import CodeoptError

ONE_THREAD = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip
_PASSED = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV", "CONDA_PREFIX",
    "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_OFFLINE", "TORCH_HOME", "SCIKIT_LEARN_DATA",
    "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES",
}  # fmt: skip
_PASSED_PREFIXES = ("LC_", "MKL_", "OMP_", "OPENBLAS_", "KMP_")
_SHARED = 1 << 30
"""Bytes of shared memory (/dev/shm) that a sandbox has where it has one of its own."""

_DEVICES = ("nvidia*", "dri", "kfd")
_CREDENTIALS = (
    ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".config/gcloud", ".config/gh", ".netrc",
    ".pypirc", ".npmrc", ".git-credentials",
)  # fmt: skip


class Unavailable(CodeoptError):
    """This machine does not offer the rung; the message says why."""


@dataclass(frozen=True)
class Rung:
    """One way to confine. `prefix` gives what stands before the zygote's own command, for a
    folder in which alone it may write; it raises Unavailable."""

    name: str
    promise: str
    prefix: Callable[[Path], list[str]]


def _bubblewrap(writable: Path) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise Unavailable("the program bwrap is not installed")
    command = [
        program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
    ]  # fmt: skip
    for device in devices():
        command += ["--dev-bind", str(device), str(device)]
    for path in hidden_paths():
        command += ["--tmpfs", str(path)] if path.is_dir() else ["--ro-bind", "/dev/null", str(path)]
    command += ["--size", str(_SHARED), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    return [*command, "--bind", str(writable), str(writable), "--"]


RUNGS = (
    Rung(
        "bubblewrap",
        "namespaces of its own: no network, no other processes, files read-only outside its folder",
        _bubblewrap,
    ),
    Rung(
        "sandlock",
        "Landlock and seccomp: no network, no signals to others, files read-only outside its folder",
        lambda writable: [],
    ),
    Rung(
        "rlimits",
        "time, memory and size limits; no sockets; Python code cannot write outside its folder, C code can",
        lambda writable: [],
    ),
)
AUTO = "auto"


def rungs(wanted: str) -> tuple[Rung, ...]:
    """The rungs to try in order: all of them for `auto`, else the one named."""
    return RUNGS if wanted == AUTO else tuple(rung for rung in RUNGS if rung.name == wanted)


def devices() -> list[Path]:
    """Device files of accelerators."""
    return [path for pattern in _DEVICES for path in sorted(Path("/dev").glob(pattern))]


def hidden_paths() -> list[Path]:
    """What the code under test has no business to see: credentials at their usual places below
    the home folder, and sockets on which somebody listens."""
    home = Path(os.environ.get("HOME", "/"))
    places = [home / name for name in _CREDENTIALS]
    return [path.resolve() for path in (*places, *_sockets()) if path.exists()]


def _sockets() -> list[Path]:
    try:
        lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    except OSError:
        return []
    names = {fields[7] for fields in (line.split(maxsplit=7) for line in lines) if len(fields) == 8}
    return sorted(Path(name) for name in names if name.startswith("/"))


def clean_environment(passed: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The environment of the sandbox: what interpreters and numeric libraries need, what `passed`
    names, and nothing else, so that tokens and passwords of the user's stay out of reach."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED or name in passed or name.startswith(_PASSED_PREFIXES)
    }
    return {
        **kept,
        **dict.fromkeys(ONE_THREAD, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Not the first entry, the script's own folder: a user's `types.py` there would shadow ours.
        "PYTHONPATH": os.pathsep.join(p for p in sys.path[1:] if p),
    }

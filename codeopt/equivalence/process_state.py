"""What a call leaves changed in its process for whoever runs in it afterwards."""

from __future__ import annotations

import atexit
import gc
import locale
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any

_LIMITS = tuple(
    (name, getattr(resource, name)) for name in sorted(vars(resource)) if name.startswith("RLIMIT_")
)
_HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook")


def process_settings() -> dict[str, Any]:
    """Settings of the process, each entry comparable with `==`; about 0.03 ms."""
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "umask": mask,
        "tracing": (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()),
        "hooks": (*(getattr(sys, name) for name in _HOOKS), threading.excepthook),
        "resource limits": {name: resource.getrlimit(number) for name, number in _LIMITS},
        "functions to run at exit": _exit_functions(),
        "switch interval": sys.getswitchinterval(),
        "import hooks": (list(sys.meta_path), list(sys.path_hooks)),
        "arguments of the program": list(sys.argv),
        "alarm": signal.getitimer(signal.ITIMER_REAL)[0] > 0.0,
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "time zone": time.tzname,
        "processes left": _children(),
    }


def _exit_functions() -> int:
    count: int = atexit._ncallbacks()
    return count


def _children() -> int:
    """How many child processes there are, as far as the calling thread has started them."""
    try:
        with open("/proc/thread-self/children", "rb", buffering=0) as file:
            return len(file.read().split())
    except OSError:
        return 0


def restore_process(before: dict[str, Any]) -> None:
    """Put back what would disturb the observer or the next case, as far as it can be."""
    os.umask(before["umask"])
    gc_on, thresholds = before["garbage collector"]
    if (gc.isenabled(), gc.get_threshold()) != (gc_on, thresholds):
        (gc.enable if gc_on else gc.disable)()
        gc.set_threshold(*thresholds)
    if locale.setlocale(locale.LC_ALL) != before["locale"]:
        locale.setlocale(locale.LC_ALL, before["locale"])
    trace, profile, thread_trace, thread_profile = before["tracing"]
    if (sys.gettrace(), sys.getprofile()) != (trace, profile):
        sys.settrace(trace)
        sys.setprofile(profile)
    if (threading.gettrace(), threading.getprofile()) != (thread_trace, thread_profile):
        threading.settrace(thread_trace)
        threading.setprofile(thread_profile)
    for name, hook in zip(_HOOKS, before["hooks"], strict=False):
        setattr(sys, name, hook)
    threading.excepthook = before["hooks"][-1]
    for name, number in _LIMITS:
        # A hard limit that was lowered stays: nobody may raise it again.
        if resource.getrlimit(number) != before["resource limits"][name]:
            with suppress(ValueError, OSError):
                resource.setrlimit(number, before["resource limits"][name])
    if sys.getswitchinterval() != before["switch interval"]:
        sys.setswitchinterval(before["switch interval"])
    finders, hooks = before["import hooks"]
    if (sys.meta_path, sys.path_hooks) != (finders, hooks):
        sys.meta_path[:], sys.path_hooks[:] = finders, hooks
    if not before["alarm"] and signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.setitimer(signal.ITIMER_REAL, 0.0)

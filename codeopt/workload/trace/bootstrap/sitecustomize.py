"""Run by every interpreter of a traced command as it starts; then steps aside for the user's own."""

import os
import sys


def _begin() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    plan = os.environ.get("CODEOPT_TRACE_PLAN")
    if plan and sys.version_info >= (3, 11):
        _start(plan, os.path.dirname(here))
    _hand_over(here)


def _start(plan: str, folder: str) -> None:
    """Begin to record. `folder` is that of the recorder, which need not be installed in this environment."""
    from importlib import util

    try:
        spec = util.spec_from_file_location("_codeopt_trace_start", os.path.join(folder, "start.py"))
        if spec is not None and spec.loader is not None:
            module = util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
            module.begin(plan)
    except Exception as error:  # noqa: BLE001 - nothing of ours may keep the user's command from running
        sys.stderr.write(f"codeopt: this interpreter is not recorded: {type(error).__name__}: {error}\n")


def _hand_over(here: str) -> None:
    """Run the `sitecustomize` that this one hides."""
    mine = sys.modules.pop("sitecustomize", None)
    import importlib
    from importlib.machinery import PathFinder

    if PathFinder.find_spec("sitecustomize") is not None:
        importlib.import_module("sitecustomize")
    elif mine is not None:
        sys.modules["sitecustomize"] = mine


_begin()

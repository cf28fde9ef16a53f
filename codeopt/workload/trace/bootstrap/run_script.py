"""Runs the script that is named next on the command line as `python SCRIPT` would, with probes in it."""

import sys


def _prepare() -> None:
    """Make this module look like the script's, and leave its code in `__codeopt_code__`."""
    import json
    import os
    from importlib.machinery import SourceFileLoader
    from pathlib import Path
    from typing import Any

    del sys.argv[0]
    script = os.path.abspath(sys.argv[0])
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    plan = json.loads(Path(os.environ["CODEOPT_TRACE_PLAN"]).read_text(encoding="utf-8"))
    start: Any = sys.modules["_codeopt_trace_start"]
    code = start.probed(Path(script).read_bytes(), script, plan["files"][os.path.realpath(script)])
    hook = sys.excepthook

    def without_our_frame(kind: Any, error: Any, trace: Any) -> None:
        inner = trace.tb_next if trace is not None and trace.tb_next is not None else trace
        hook(kind, error.with_traceback(inner), inner)

    sys.excepthook = without_our_frame
    names = globals()
    names.update(__file__=script, __doc__=None, __cached__=None, __codeopt_code__=code)
    names["__loader__"] = SourceFileLoader("__main__", script)
    del names["_prepare"], names["sys"]


_prepare()
exec(globals().pop("__codeopt_code__"))

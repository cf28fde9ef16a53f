"""The shell command that shows where a refused version differs."""

from __future__ import annotations

import shlex

from codeopt.equivalence.literal import reproduction
from codeopt.equivalence.verdict import Differs
from codeopt.source import NOTEBOOK
from codeopt.target import Target


def script_of(target: Target, old: str, new: str, differs: Differs, call: str = "") -> str:
    """A script that needs no codeopt, where the arguments can be written as source; else the
    command that proves the one case again, with the workload or the given arguments of a `call`.
    Empty where the case was drawn from a declared strategy."""
    # Nothing but codeopt imports a notebook.
    literal = "" if target.path.suffix == NOTEBOOK else differs.literal
    script = reproduction(old, new, target.qualname, literal, target.module, str(target.root))
    if script or not differs.case.startswith("scale "):
        return script
    workload = ["--call", call] if call else ["--workloads", str(target.workload_file)]
    command = ["codeopt", "prove", old, new, "--target", target.qualname, *workload, "--case", differs.case]
    return shlex.join(command) + "\n"

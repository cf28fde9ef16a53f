"""A target whose workload file replays recorded calls, whoever made them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codeopt.sandbox import Completed, Sandbox, describe_end
from codeopt.source import make_folder, write_atomic
from codeopt.target import Target
from codeopt.workload.trace.grow import Grown, grow
from codeopt.workload.trace.names import home_of
from codeopt.workload.wanted import Wanted

_SECONDS = 90.0
"""For trying calls again and at other sizes, all calls of a function together."""


def target_of(wanted: Wanted, module: str, root: Path, origin: str, trace: Path) -> Target:
    """The target that a workload file below the root is to call, for a function recorded in that module."""
    file = make_folder(root / ".codeopt") / "workloads" / f"{origin}_{trace.stem}.py"
    folder, module = home_of(wanted.path, module)
    # The object does not exist yet when its constructor is called: the class is what is called.
    called = wanted.qualname.removesuffix(".__init__")
    return Target(wanted.path, called, module, folder, file, 0, 1, origin=origin)


def served(
    target: Target, trace: Path, made: str, lines: frozenset[int], least: int, sandbox: Sandbox
) -> Target | str:
    """The target with its workload file in place, or why none of its calls can be used.

    `made` says who made the calls; those below `least` bytes of peak are made larger where they can be.
    """
    limits = replace(sandbox.limits, seconds=max(_SECONDS, sandbox.limits.seconds))
    end = sandbox.call(grow, target, str(trace), made, lines, least, limits=limits)
    if not isinstance(end, Completed) or not isinstance(end.value, Grown):
        return describe_end(end)
    text = end.value.text
    if not text:
        return end.value.failures[0]
    target.workload_file.parent.mkdir(exist_ok=True)
    write_atomic(target.workload_file, text.encode())
    return replace(target, workload_line=text[: text.index("@workload")].count("\n") + 1)

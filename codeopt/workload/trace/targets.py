"""Targets with recorded calls, for functions that no declaration calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codeopt.sandbox import Sandbox
from codeopt.target import Target
from codeopt.workload.trace.collect import NO_CALLS, name_below, trace_file
from codeopt.workload.trace.file_format import BrokenTrace, unpack
from codeopt.workload.trace.plan import parse, signature_of
from codeopt.workload.trace.serve import served, target_of
from codeopt.workload.trace.start import find_function
from codeopt.workload.wanted import Unserved, Wanted

SandboxFor = Callable[[Target], Sandbox]
"""The sandbox whose zygote holds what a target imports."""

_SMALL = 1 << 20
"""Bytes of peak below which calls are made larger: what they save could not be told from noise."""


@dataclass(frozen=True, slots=True)
class _Trace:
    file: Path
    module: str
    signature: str


def traced_targets(
    wanted: Sequence[Wanted], root: Path, sandbox_for: SandboxFor
) -> Iterator[Target | Unserved]:
    """A target for each wanted function whose recorded calls run again in the sandbox, or why there is none.

    Its workload file is written under `.codeopt/workloads/` of the root. Functions without a trace
    are passed over in silence if there is no trace at all.
    """
    known = {one: trace_file(root, one.path, one.qualname) for one in wanted}
    if not any(file.is_file() for file in known.values()):
        return
    for one, file in known.items():
        if not file.is_file():
            yield Unserved(one, _why_none(file.with_suffix(NO_CALLS)))
            continue
        try:
            found = _read(file, one, root)
        except BrokenTrace as error:
            yield Unserved(one, str(error))
            continue
        yield _served(one, found, root, sandbox_for)


def _why_none(refused: Path) -> str:
    try:
        return f"its calls could not be recorded: {refused.read_text(encoding='utf-8')[:300]}"
    except (OSError, ValueError):
        return "no call of it was recorded"


def _read(file: Path, wanted: Wanted, root: Path) -> _Trace:
    """What a trace file says of itself. Raises BrokenTrace for one that cannot be used for the function."""
    try:
        data = unpack(file.read_bytes(), str(file))[0]
        path, qualname = str(data["path"]), str(data["qualname"])
        found = _Trace(file, str(data["module"]), str(data["signature"]))
        calls = len(data["calls"])
    except OSError as error:
        raise BrokenTrace(f"{file}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenTrace(f"{file}: holds no trace ({type(error).__name__}: {error})") from error
    if (path, qualname) != (name_below(root, wanted.path), wanted.qualname) or not calls:
        raise BrokenTrace(f"{file}: holds calls of another function ({qualname} in {path})")
    return found


def _served(wanted: Wanted, trace: _Trace, root: Path, sandbox_for: SandboxFor) -> Target | Unserved:
    tree = parse(wanted.path)
    node = find_function(tree, wanted.qualname) if tree is not None else None
    if node is None:
        return Unserved(wanted, "its recorded calls are stale: it is not in the file any more")
    now = signature_of(node)
    if now != trace.signature:
        then = f"({trace.signature})"
        return Unserved(wanted, f"its recorded calls are stale: it took {then} then and takes ({now}) now")
    target = target_of(wanted, trace.module, root, "traced", trace.file)
    answer = served(target, trace.file, "as they were recorded", wanted.lines, _SMALL, sandbox_for(target))
    if isinstance(answer, str):
        return Unserved(wanted, f"its recorded calls cannot be used: {answer}")
    return answer

"""Targets with recorded calls, for functions that no declaration calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codeopt.sandbox import Completed, Died, Expired, Failed, JobEnd, Sandbox
from codeopt.source import make_folder, write_atomic
from codeopt.target import Target
from codeopt.workload.trace.collect import NO_CALLS, name_below, trace_file
from codeopt.workload.trace.confirm import Confirmed, confirm
from codeopt.workload.trace.file_format import BrokenTrace, unpack
from codeopt.workload.trace.names import home_of
from codeopt.workload.trace.plan import parse, signature_of
from codeopt.workload.trace.start import find_function
from codeopt.workload.wanted import Unserved, Wanted

SandboxFor = Callable[[Target], Sandbox]
"""The sandbox whose zygote holds what a target imports."""

_FILE = '''\
"""Calls of {qualname} as they were recorded. Written by codeopt, and written anew when they change."""

from codeopt import Call, workload
from codeopt.workload.trace.replay import replay

FILE = {file!r}
HOME = {home!r}  # what its module is imported from, and as
CALLS = {calls!r}  # the first is measured, the others take part in the proof
FIXED = {fixed!r}  # lengths that stay at smaller scales


@workload({target!r})
def build(scale: float, seed: int) -> Call:
    return replay(FILE, HOME, CALLS, scale, seed, FIXED)
'''


@dataclass(frozen=True, slots=True)
class _Trace:
    file: Path
    module: str
    signature: str
    sizes: tuple[int, ...]
    digest: str


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
        content = file.read_bytes()
        data = unpack(content, str(file))[0]
        path, qualname = str(data["path"]), str(data["qualname"])
        sizes = tuple(int(call["size"]) for call in data["calls"])
        found = _Trace(
            file, str(data["module"]), str(data["signature"]), sizes, hashlib.sha256(content).hexdigest()
        )
    except OSError as error:
        raise BrokenTrace(f"{file}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenTrace(f"{file}: holds no trace ({type(error).__name__}: {error})") from error
    if (path, qualname) != (name_below(root, wanted.path), wanted.qualname) or not sizes:
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
    folder, module = home_of(wanted.path, trace.module)
    workload = make_folder(root / ".codeopt") / "workloads" / f"traced_{trace.file.stem}.py"
    # The object does not exist yet when its constructor is called: the class is what is called.
    called = wanted.qualname.removesuffix(".__init__")
    target = Target(wanted.path, called, module, folder, workload, 0, 1, origin="traced")
    end = sandbox_for(target).call(confirm, target, str(trace.file), wanted.lines)
    if not isinstance(end, Completed) or not isinstance(end.value, Confirmed):
        return Unserved(wanted, f"its recorded calls cannot be replayed: {_told(end)}")
    if not end.value.calls:
        return Unserved(wanted, f"no recorded call of it runs again: {end.value.failures[0]}")
    if wanted.lines and not any(end.value.hits):
        return Unserved(wanted, "no recorded call of it runs these lines")
    return _written(target, trace, end.value)


def _written(target: Target, trace: _Trace, confirmed: Confirmed) -> Target:
    """The target with its workload file in place."""
    hits = dict(zip(confirmed.calls, confirmed.hits, strict=True))
    calls = tuple(sorted(confirmed.calls, key=lambda number: (-hits[number], -trace.sizes[number])))
    name = f"{target.path}::{target.qualname}"
    text = _FILE.format(
        qualname=target.qualname,
        file=str(trace.file),
        home=(str(target.root), target.module),
        calls=calls,
        fixed=confirmed.fixed,
        target=name,
    )
    target.workload_file.parent.mkdir(exist_ok=True)
    write_atomic(target.workload_file, text.encode())
    return replace(target, workload_line=text[: text.index("@workload")].count("\n") + 1)


def _told(end: JobEnd) -> str:
    match end:
        case Failed(kind, message):
            return message if kind in ("WorkloadError", "BrokenTrace") else f"{kind}: {message}"
        case Died(reason):
            return reason
        case Expired(seconds):
            return f"they did not finish within {seconds:g} s"
        case _:
            return "the sandbox gave no answer"

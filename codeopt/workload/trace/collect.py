"""Gathering what the command's interpreters left into one file a function, under `.codeopt/traces/`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeopt.source import make_folder, write_atomic
from codeopt.workload.trace.file_format import VERSION, BrokenTrace, pack, unpack
from codeopt.workload.trace.part import PART, REFUSED
from codeopt.workload.trace.plan import Plan, Planned
from codeopt.workload.trace.start import SEEN

SUFFIX = ".trace"
NO_CALLS = ".refused"
"""The suffix of a file that says why no call of a function could be recorded."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A function of which `calls` calls are kept in `file`, and why others could not be."""

    planned: Planned
    calls: int
    file: Path | None
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """What came of a run: its exit code, whether its time was up or Ctrl-C was pressed, the records,
    how many interpreters were watched, and the files to record that they loaded, or copies of them."""

    code: int
    ended_by: str
    plan: Plan
    recorded: tuple[Recorded, ...]
    interpreters: int
    loaded: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    order: tuple[str, int]
    module: str
    call: dict[str, Any]
    file: Path


def traces_folder(root: Path, name: str = "traces") -> Path:
    """Where the traces of a project are kept, made if need be. Raises OSError."""
    folder = make_folder(root / ".codeopt") / name
    folder.mkdir(exist_ok=True)
    return folder


def trace_file(root: Path, path: Path, qualname: str, folder: str = "traces") -> Path:
    """The file that holds the recorded calls of a function."""
    name = name_below(root, path)
    digest = hashlib.sha256(f"{name}::{qualname}".encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9_.]+", "_", f"{path.stem}.{qualname}")[:60]
    return root / ".codeopt" / folder / f"{readable}-{digest}{SUFFIX}"


def name_below(root: Path, path: Path) -> str:
    """How a trace names a file: the same wherever the project is."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def gather(plan: Plan, incoming: Path, root: Path, most: int, folder: str = "traces") -> Iterator[Recorded]:
    """Write the trace of each function of which there is a call; yields those with calls or refusals.

    The greatest call is kept, and of the others those that came first. Raises OSError.
    """
    parts: dict[int, list[_Part]] = {}
    refused = _refusals(incoming)
    for file in sorted(incoming.glob(f"*{PART}")):
        try:
            data, _ = unpack(file.read_bytes(), str(file))
            part = _Part((file.name.partition("-")[0], data["order"]), data["module"], data["call"], file)
            parts.setdefault(data["number"], []).append(part)
        except (BrokenTrace, KeyError):
            # A process that was killed while it wrote, or the user's own code: what is whole counts.
            continue
    for number, planned in enumerate(plan.functions):
        found = _chosen(parts.get(number, []), most)
        reasons = tuple(refused.get(number, ()))
        if found:
            target = trace_file(root, planned.wanted.path, planned.wanted.qualname, folder)
            write_atomic(target, _packed(planned, found, name_below(root, planned.wanted.path)))
            target.with_suffix(NO_CALLS).unlink(missing_ok=True)
            yield Recorded(planned, len(found), target, reasons)
        elif reasons:
            target = trace_file(root, planned.wanted.path, planned.wanted.qualname, folder)
            write_atomic(target.with_suffix(NO_CALLS), reasons[0].encode("utf-8", "backslashreplace"))
            yield Recorded(planned, 0, None, reasons)


def seen(incoming: Path) -> tuple[int, frozenset[str]]:
    """How many interpreters were watched, and the files that they loaded which were planned or look it."""
    found: set[str] = set()
    files = list(incoming.glob(f"*{SEEN}"))
    for file in files:
        found.update(file.read_text(encoding="utf-8", errors="replace").splitlines())
    return len(files), frozenset(found - {""})


def _refusals(incoming: Path) -> dict[int, dict[str, None]]:
    found: dict[int, dict[str, None]] = {}
    for file in sorted(incoming.glob(f"*{REFUSED}")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                number, reason = json.loads(line)
            except ValueError:
                continue
            found.setdefault(number, {})[str(reason)] = None
    return found


def _chosen(parts: Sequence[_Part], most: int) -> list[_Part]:
    """One part for each kind of call, the greatest first, at most as many."""
    kinds: dict[str, _Part] = {}
    for part in sorted(parts, key=lambda p: p.order):
        kinds.setdefault(part.call["alike"], part)
    if not kinds:
        return []
    greatest = max(kinds.values(), key=lambda p: int(p.call["size"]))
    return [greatest, *(p for p in kinds.values() if p is not greatest)][:most]


def _packed(planned: Planned, parts: Sequence[_Part], name: str) -> bytes:
    calls: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    at = 0
    for part in parts:
        calls.append({**part.call, "blobs": [[at + start, size] for start, size in part.call["blobs"]]})
        blobs.append(bytes(unpack(part.file.read_bytes(), str(part.file))[1]))
        at += len(blobs[-1])
    data = {
        "version": VERSION, "path": name, "qualname": planned.wanted.qualname,
        "module": parts[0].module, "signature": planned.signature, "calls": calls,
    }  # fmt: skip
    return pack(data, blobs)

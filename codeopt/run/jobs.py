"""Jobs of a whole run: what the sandbox's children do around the process that runs the command.

A fresh run is an interpreter of its own, with its own hash seed, imports and end. A forked one costs
the seconds of the command alone. The job lays out the copy that either works in, and looks at what
is left afterwards.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from codeopt.edit import Trust
from codeopt.equivalence.compare import Comparison, Difference, compare
from codeopt.equivalence.node import Node
from codeopt.equivalence.observe import Outcome
from codeopt.equivalence.prove import stable_part
from codeopt.equivalence.verdict import Crashed, Differs, Same, Verdict
from codeopt.errors import WorkloadError
from codeopt.measure.peak import HotLine, PeakSample, hot_lines
from codeopt.run.around import Around
from codeopt.run.inside import be_forked
from codeopt.run.lay_out import lay_out, put, stamps
from codeopt.run.left import MOST_TEXT, files_node, shown, text_node, without_float_warnings
from codeopt.run.order import MEASURED, PROFILE, RECORD, Inside, Order, real_name
from codeopt.sandbox.home import USERS_HOME

_STREAMS = ("stdout", "stderr")
_SHOWN = 3
_BROKEN = 70


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the original: the pickled outcome, which only children read, and in words how it
    failed, if it did.

    `note` tells of an exit status other than 0. `changed` are the paths below the project's root that
    it wrote or removed. `seconds` are those of the process.
    """

    data: bytes
    failure: str
    note: str
    changed: tuple[str, ...]
    seconds: float
    sample: PeakSample | None
    lines: dict[str, frozenset[int]]
    arcs: dict[str, frozenset[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one run of a candidate, and its figures where they were measured."""

    verdict: Verdict
    sample: PeakSample | None
    seconds: float


class _Process(NamedTuple):
    """What a finished process left, `record` being empty where it ended before its main module."""

    status: int
    seconds: float
    out: bytes
    err: bytes
    record: dict[str, Any]
    sample: PeakSample | None
    files: Node
    around: Around


def run_job(order: Order) -> Ran:
    """Run the original and record all it leaves behind. Raises WorkloadError where no process starts."""
    done = _perform(order)
    raised = done.record.get("raised")
    failure = note = ""
    if raised is not None:
        kind, message, where, hint = raised
        failure = f"{kind}: {message}" + (f" ({where})" if where else "") + (f"; {hint}" if hint else "")
    elif not done.record:
        failure = f"the process ended before its main module did, {_ending(done.status)}{_last(done.err)}"
    elif done.status:
        note = f"it ends {_ending(done.status)}{_last(done.err)}"
    empty: dict[str, Any] = {}
    return Ran(
        pickle.dumps(_outcome(done), pickle.HIGHEST_PROTOCOL),
        failure,
        note,
        tuple(name for name, _ in done.files.children),
        done.seconds,
        done.sample,
        done.record.get("lines", empty),
        done.record.get("arcs", empty),
    )


def judge_job(order: Order, reference: Path, unstable: tuple[str, ...], limit: Trust) -> Judged:
    """Run a candidate and hold what it leaves behind against what the original left."""
    done = _perform(order)
    if not done.record:
        reason = f"the process ended before its main module did, {_ending(done.status)}{_last(done.err)}"
        return Judged(Crashed(reason), None, done.seconds)
    original, outcome = _load(reference), _outcome(done)
    # Nobody reads a name of the main module after its end: a rewrite may leave one away.
    kept = {name for name, _ in _names(outcome)}
    original = _with_names(original, kept)
    found = compare(original, outcome, None, unstable)
    if found.level is not None and found.level.within(limit):
        verdict = Same(found.level, 1, not unstable, unstable, 0, 0, found.max_error)
        return Judged(verdict, done.sample, done.seconds)
    return Judged(
        Differs(_explain(order, original, outcome, found), f"seed {order.seed}"), None, done.seconds
    )


def unstable_job(pairs: tuple[tuple[Path, Path], ...]) -> tuple[str, ...]:
    """Paths in which runs of the original with one seed differ from each other."""
    unstable: dict[str, None] = {}
    for first, second in pairs:
        a, b = _load(first), _load(second)
        found, count = compare(a, b, None, tuple(unstable)), -1
        while found.differences and len(unstable) > count:
            count = len(unstable)
            unstable.update((stable_part(d.path), None) for d in found.differences)
            unstable.update((path, None) for d in found.differences for path in _alike(a, d))
            found = compare(a, b, None, tuple(unstable))
    return tuple(unstable)


def _load(file: Path) -> Outcome:
    with file.open("rb") as source:
        outcome: Outcome = pickle.load(source)
    return outcome


def _perform(order: Order) -> _Process:
    work = os.getcwd()
    copy, aside = f"{work}/copy", f"{work}/aside"
    temporary = f"{aside}/tmp"
    os.makedirs(temporary)
    lay_out(order.root, order.folder, copy, order.kept)
    for file, data in order.data.items():
        if file.startswith(order.root + os.sep):
            put(copy, file[len(order.root) + 1 :], data)
    before = stamps(copy)
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        # What a run writes there is not compared, so it may not write there.
        "HOME": USERS_HOME,
        **dict(order.command.variables),
        "PYTHONHASHSEED": str(order.seed & 0xFFFFFFFF),
        "TMPDIR": temporary,
        "PWD": copy + order.folder[len(order.root) :],
    }
    out, err = f"{aside}/stdout", f"{aside}/stderr"
    begin, moment = time.perf_counter(), time.time()
    start = _start if order.fresh else _fork
    status = start(Inside(order, copy, aside), environment, out, err)
    seconds = time.perf_counter() - begin
    around = Around({temporary: "<temporary>", copy: order.root}, moment, time.time())
    record = _read_record(Path(aside, RECORD))
    return _Process(
        status,
        seconds,
        Path(out).read_bytes(),
        Path(err).read_bytes(),
        record,
        _sample(order, Path(aside, PROFILE), copy, record, seconds) if order.mode == MEASURED else None,
        files_node(copy, before, stamps(copy), around),
        around,
    )


def _start(inside: Inside, environment: dict[str, str], out: str, err: str) -> int:
    """Run in an interpreter of its own; its exit status. Raises WorkloadError where none may be started."""
    order = inside.order
    if order.rung == "rlimits":
        raise WorkloadError(
            "the last rung of the sandbox starts no processes of their own, and a whole run is one: install "
            "bubblewrap, or the package sandlock"
        )
    spec = Path(inside.aside, "order")
    spec.write_bytes(pickle.dumps(inside))
    command = [sys.executable, *order.command.flags, "-P", "-m", "codeopt.run.inside", str(spec)]
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        done = subprocess.run(
            command, cwd=environment["PWD"], env=environment, stdin=subprocess.DEVNULL, stdout=stdout,
            stderr=stderr, check=False,
        )  # fmt: skip
    return done.returncode


def _fork(inside: Inside, environment: dict[str, str], out: str, err: str) -> int:
    """Run in a fork of this process, which holds the libraries already; its exit status."""
    pid = os.fork()
    if pid == 0:
        status = _BROKEN
        try:
            status = be_forked(inside, environment, out, err)
        except BaseException:  # noqa: BLE001 - this process must not go on as the one it was forked from
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = pickle.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    return record


def _sample(
    order: Order, profile: Path, copy: str, record: dict[str, Any], seconds: float
) -> PeakSample | None:
    import memray

    if not record or not profile.is_file():
        return None
    root = order.root + os.sep
    seen = {copy + f[len(order.root) :] if f.startswith(root) else f: f for f in order.watched}
    with memray.FileReader(profile) as reader:
        peak = reader.metadata.peak_memory
        hot = hot_lines(reader, seen.keys() | order.watched)
    named = tuple(HotLine(real_name(h.file, order.root, copy), h.line, h.bytes) for h in hot)
    # A process leaves no memory behind.
    return PeakSample(peak, 0, record["resident"], seconds, named)


def _outcome(done: _Process) -> Outcome:
    """Everything that somebody could notice about a run, as the comparator takes it."""
    err, warned = without_float_warnings(done.err)
    record = done.record
    result = record.get("result", Node("none", "None"))
    parts = [("result", result)]
    if raised := record.get("raised"):
        parts = [("raised", Node("error", raised[0], (), raised[1]))]
    parts += [
        ("exit status", Node("int", "int", (), done.status)),
        ("stdout", text_node(done.out, done.around)),
        ("stderr", text_node(err, done.around)),
        ("warnings", warned),
        ("files", done.files),
        ("globals", record.get("names", Node("globals", ""))),
    ]
    tree = Node("outcome", "", (), None, tuple(parts))
    return Outcome(tree, "raised" in record, (), record.get("narrow", ""), done.seconds)


def _names(outcome: Outcome) -> tuple[tuple[str, Node], ...]:
    node = outcome.part("globals")
    return node.children if node is not None else ()


def _with_names(outcome: Outcome, kept: set[str]) -> Outcome:
    names = Node("globals", "", (), None, tuple(p for p in _names(outcome) if p[0] in kept))
    parts = tuple((name, names if name == "globals" else node) for name, node in outcome.tree.children)
    return outcome._replace(tree=outcome.tree._replace(children=parts))


def _place(path: str) -> tuple[str, int, str] | None:
    """Stream, line (from 0) and the rest of a path into what was printed."""
    stream = next((name for name in _STREAMS if path.startswith(f"{name}[")), None)
    if stream is None:
        return None
    number, _, rest = path[len(stream) + 1 :].partition("]")
    return stream, int(number), rest


def _alike(outcome: Outcome, difference: Difference) -> list[str]:
    """The same number in all lines that read alike: what takes a time in one may do so in each."""
    place = _place(difference.path)
    if place is None or not place[2].startswith("["):
        return []
    stream, line, rest = place
    node = outcome.part(stream)
    assert node is not None
    pattern = node.children[line][1].meta
    return [f"{stream}{name}{rest}" for name, other in node.children if other.meta == pattern]


def _explain(order: Order, original: Outcome, outcome: Outcome, found: Comparison) -> str:
    lines = [f"{order.command.text} (seed {order.seed})"]
    for difference in found.differences[:_SHOWN]:
        place = _place(difference.path)
        pair = [o.part(place[0]) for o in (original, outcome)] if place else []
        nodes = [n.children[place[1]][1] for n in pair if n and place and place[1] < len(n.children)]
        if place and len(nodes) == 2:
            lines.append(f"{place[0]}, line {place[1] + 1}")
            lines += [
                f"  {word}  {shown(n)}" for word, n in zip(("expected", "got     "), nodes, strict=True)
            ]
        else:
            lines.append(str(difference))
    return "\n".join(dict.fromkeys(lines))


def _ending(status: int) -> str:
    if status >= 0:
        return f"with status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def _last(err: bytes) -> str:
    lines = err[-MOST_TEXT:].decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""

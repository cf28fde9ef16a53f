"""What `codeopt trace` tells at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from codeopt.source import display_name
from codeopt.workload.trace.collect import Recorded, Traced

_MOST = 20


def trace_text(traced: Traced, folder: Path) -> str:
    """Functions recorded, calls, and what could not be captured, as lines."""
    return "".join(f"codeopt: {line}\n" for line in (*_lines(traced, folder), *_hints(traced)))


def _hints(traced: Traced) -> Iterator[str]:
    """Why there may be nothing: the two mistakes that are easily made."""
    wanted = {str(planned.wanted.path) for planned in traced.plan.functions}
    if wanted and not traced.interpreters:
        yield "no Python interpreter could be watched: none was started, or one before 3.11, or with -I"
    elif wanted and traced.loaded and not wanted & traced.loaded:
        copy = min(traced.loaded)
        yield f"none of these files was loaded, but a copy: {copy}; record that, or run this one"


def _lines(traced: Traced, folder: Path) -> Iterator[str]:
    plan, recorded = traced.plan, traced.recorded
    if traced.ended_by:
        yield f"the command was stopped ({traced.ended_by}); what was recorded until then is kept"
    kept = [one for one in recorded if one.calls]
    calls = sum(one.calls for one in kept)
    total = len(plan.functions) + len(plan.left_out)
    if not total:
        yield "no function here holds a site, so there was nothing to record"
        return
    where = f" under {display_name(folder)}" if kept else ""
    functions = f"{len(kept)} of the {_count(total, 'function')} with sites"
    yield f"recorded {_count(calls, 'call')} of {functions}{where}"
    for one in kept[:_MOST]:
        yield f"  {_name(one)}: {_count(one.calls, 'call')}"
    if len(kept) > _MOST:
        yield f"  and {len(kept) - _MOST} more"
    yield from _refusals(recorded)
    unseen = len(plan.functions) - len(recorded)
    if unseen:
        yield f"{_count(unseen, 'function')} {'was' if unseen == 1 else 'were'} not called"
    for reason, number in Counter(reason for _, reason in plan.left_out).items():
        yield f"{_count(number, 'function')} left out: {reason}"


def _refusals(recorded: Iterable[Recorded]) -> Iterator[str]:
    told = 0
    for one in recorded:
        for reason in one.refused[:2]:
            if told == _MOST:
                yield "more could not be captured"
                return
            told += 1
            yield f"not captured: {_name(one)}: {reason}"


def _name(one: Recorded) -> str:
    return f"{display_name(one.planned.wanted.path)}::{one.planned.wanted.qualname}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

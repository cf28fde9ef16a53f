"""Whether calls run enough of a function to say anything about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codeopt.workload.guess.definitions import executable_lines
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.worker import Outcome, Worker

_LEAST_BODY = 0.2
_PLACES = range(4)
"""Arguments whose values are changed to see whether anything depends on them."""


def too_little(subject: Subject, outcomes: Sequence[Outcome]) -> str:
    """How little of the function's body calls run together, or an empty text where it is enough."""
    if subject.code is None:
        return ""
    body = executable_lines(subject.code)
    ran = set().union(*(outcome.lines.get(subject.code.co_filename, ()) for outcome in outcomes)) & body
    if len(body) > 4 and len(ran) < _LEAST_BODY * len(body):
        return f"the calls that were found run {len(ran)} of {len(body)} lines of its body"
    return ""


def with_values_changed(worker: Worker, text: str, seed: int) -> Iterator[Outcome]:
    """What becomes of a call with other values in the arrays of one argument after the other, where it
    has any and returns."""
    trials = (worker.trial(text, seed, effect=True, changed=place) for place in _PLACES)
    yield from (outcome for outcome in trials if not outcome.error)

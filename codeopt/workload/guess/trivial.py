"""Whether calls run enough of a function to say anything about it."""

from __future__ import annotations

from collections.abc import Sequence

from codeopt.workload.guess.definitions import executable_lines
from codeopt.workload.guess.subject import Subject
from codeopt.workload.guess.worker import Outcome

_LEAST_BODY = 0.2


def too_little(subject: Subject, outcomes: Sequence[Outcome]) -> str:
    """How little of the function's body calls run together, or an empty text where it is enough."""
    if subject.code is None:
        return ""
    body = executable_lines(subject.code)
    ran = set().union(*(outcome.lines.get(subject.code.co_filename, ()) for outcome in outcomes)) & body
    if len(body) > 4 and len(ran) < _LEAST_BODY * len(body):
        return f"the calls that were found run {len(ran)} of {len(body)} lines of its body"
    return ""

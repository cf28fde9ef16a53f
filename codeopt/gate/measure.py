"""The peaks of one call as the code was and as it is, in turns."""

from __future__ import annotations

from codeopt.gate.entry import Judgement, Verdict
from codeopt.gate.judge import is_settled, judge
from codeopt.gate.past import Past
from codeopt.gate.restored import measure_restored
from codeopt.measure.peak import PeakSample
from codeopt.sandbox import Completed, JobEnd, Sandbox, describe_end
from codeopt.target import Target

_OUT_OF_MEMORY = "MemoryError"


def measure_both(sandbox: Sandbox, target: Target, past: Past, percent: float, seed: int) -> Judgement:
    """Measure a target until its peaks are settled, and judge them."""
    overlay, absent = past.overlay(), past.absent()
    before: list[int] = []
    after: list[int] = []
    while True:
        # Both at once where there is room: a peak does not depend on what else runs.
        was = sandbox.submit(measure_restored, target, overlay, absent, seed)
        now = sandbox.submit(measure_restored, target, {}, {}, seed)
        then_sample, now_sample = _sample(was.result()), _sample(now.result())
        if isinstance(then_sample, str) or isinstance(now_sample, str):
            return _failed(then_sample, now_sample)
        before.append(then_sample.peak_bytes)
        after.append(now_sample.peak_bytes)
        if is_settled(before, after, percent):
            return judge(before, after, percent)


def measure_new(sandbox: Sandbox, target: Target, seed: int) -> Judgement:
    """Measure a target that was not there before."""
    sample = _sample(sandbox.call(measure_restored, target, {}, {}, seed))
    if isinstance(sample, str):
        return Judgement(Verdict.UNMEASURED, reason=sample)
    return Judgement(Verdict.NEW, after_bytes=sample.peak_bytes, reason="it was not there before")


def _sample(end: JobEnd) -> PeakSample | str:
    """A sample of a call that returned, or in words why there is none."""
    if not isinstance(end, Completed) or not isinstance(end.value, PeakSample):
        return describe_end(end)
    return f"it raises {end.value.raised}" if end.value.raised else end.value


def _failed(before: PeakSample | str, after: PeakSample | str) -> Judgement:
    if isinstance(before, PeakSample) and isinstance(after, str):
        if _is_out_of_memory(after):
            reason = f"it ran before, and now takes more memory than there may be: {after}"
            return Judgement(Verdict.GREW, before.peak_bytes, reason=reason)
        return Judgement(Verdict.UNMEASURED, before.peak_bytes, reason=f"as it is now: {after}")
    if isinstance(before, str) and isinstance(after, PeakSample):
        return Judgement(Verdict.UNMEASURED, after_bytes=after.peak_bytes, reason=f"as it was: {before}")
    return Judgement(Verdict.UNMEASURED, reason=str(after))


def _is_out_of_memory(reason: str) -> bool:
    return _OUT_OF_MEMORY in reason or "MiB of memory" in reason

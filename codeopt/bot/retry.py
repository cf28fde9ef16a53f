"""When a request is sent again, and after how long: what forges ask of their clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from codeopt.bot.forge import ForgeError

ATTEMPTS = 6
LONGEST_WAIT = 900.0
"""Seconds; a forge that asks for more is asked again by the next run, not by this one."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time in seconds since the epoch, and how to let some pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Again(Exception):
    """A request that may succeed when sent again; `wait` is in seconds, None where the forge names none."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def check(response: httpx.Response, now: float, *, repeatable: bool) -> httpx.Response:
    """The response, if it is the final one.

    Raises Again for a limit on the rate of requests, and where the request may be repeated for a
    failure of the server's. A limit was hit before anything was done, so it never matters for that.
    """
    status = response.status_code
    reason = f"{status} {response.reason_phrase}"
    if status == 429 or (status == 403 and _limited(response)):
        raise Again(f"{reason}: too many requests", _wait(response.headers, now))
    if status >= 500 and repeatable:
        raise Again(reason, _wait(response.headers, now))
    return response


def _limited(response: httpx.Response) -> bool:
    headers = response.headers
    said = "rate limit" in response.text.lower() or "abuse detection" in response.text.lower()
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or said


def _wait(headers: Mapping[str, str], now: float) -> float | None:
    after = headers.get("retry-after", "").strip()
    if after.isdigit():
        return float(after)
    if after:
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now)
        except ValueError:
            return None
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(0.0, float(reset) - now) + 1
    return None


def persist(send: Callable[[], httpx.Response], clock: Clock, said: str) -> httpx.Response:
    """Call `send` until it raises no `Again`; `said` names the request in errors.

    Raises ForgeError after the last attempt, and at once where the forge asks for too long a wait.
    """
    backing_off = wait_exponential(multiplier=1, max=60)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, Again) else None
        if asked is not None and asked > LONGEST_WAIT:
            raise ForgeError(
                f"{said}: {error}; the forge asks to wait {asked:.0f} s, run again then"
            ) from error
        return backing_off(state) if asked is None else asked

    attempts = Retrying(
        retry=retry_if_exception_type(Again),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait,
        sleep=clock.sleep,
        reraise=True,
    )
    try:
        return attempts(send)
    except Again as error:
        raise ForgeError(f"{said}: {error}, {ATTEMPTS} times") from error

"""How long the bot waits before it sends a request again."""

from __future__ import annotations

import httpx
import pytest

from codeopt.bot.retry import Again, check

NOW = 1_800_000_000.0


def wait(status: int, headers: dict[str, str], text: str = "", *, repeatable: bool = True) -> float | None:
    with pytest.raises(Again) as caught:
        check(httpx.Response(status, headers=headers, text=text), NOW, repeatable=repeatable)
    return caught.value.wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:25 GMT"}, 25),
        ({"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000060"}, 61),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, 1),
        ({"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "1800000060"}, None),
        ({}, None),
    ],
)
def test_the_forges_own_figure_counts(headers: dict[str, str], seconds: float | None) -> None:
    assert wait(429, headers) == seconds


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_limit_was_hit_before_anything_was_done(repeatable: bool) -> None:
    assert wait(403, {"X-RateLimit-Remaining": "0"}, repeatable=repeatable) is None
    assert wait(403, {}, "You have exceeded a secondary rate limit", repeatable=repeatable) is None
    assert wait(429, {}, repeatable=repeatable) is None


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 401, 403, 404, 409, 422])
def test_other_answers_are_final(status: int) -> None:
    answer = httpx.Response(status, headers={"X-RateLimit-Remaining": "7"})
    assert check(answer, NOW, repeatable=True) is answer


def test_a_failure_of_the_server_is_final_where_the_request_may_have_been_done() -> None:
    assert wait(503, {"Retry-After": "4"}) == 4
    answer = httpx.Response(503)
    assert check(answer, NOW, repeatable=False) is answer

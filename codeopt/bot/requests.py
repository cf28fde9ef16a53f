"""Requests to a forge's HTTP interface, one way for all: sent with patience, or only shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import msgspec

from codeopt.bot.forge import ForgeError
from codeopt.bot.retry import Again, Clock, check, persist

_TIMEOUT = 30.0
_MOST_PAGES = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, decoded JSON (None without any), and the address of the next page where there is one."""

    status: int
    data: Any
    following: str = ""


class Requests(Protocol):
    """Something that answers requests. Raises ForgeError for a status of failure not in `accept`."""

    def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: tuple[int, ...] = (),
        repeatable: bool = True,
    ) -> Answer: ...


class Sending:
    """Sends requests, again where that may help; a context manager that holds the connection.

    `repeatable` says that a request which failed within the server may be sent a second time.
    """

    def __init__(self, address: str, headers: Mapping[str, str], clock: Clock) -> None:
        self._client = httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT)
        self._clock = clock

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: tuple[int, ...] = (),
        repeatable: bool = True,
    ) -> Answer:
        def send() -> httpx.Response:
            try:
                response = self._client.request(method, path, json=body)
            except httpx.TransportError as error:
                if not repeatable and not isinstance(error, httpx.ConnectError):
                    raise ForgeError(f"{method} {path}: {_said(error)}") from error
                raise Again(_said(error)) from error
            return check(response, self._clock.now(), repeatable=repeatable)

        response = persist(send, self._clock, f"{method} {path}")
        if not response.is_success and response.status_code not in accept:
            raise ForgeError(f"{method} {path}: {response.status_code} {_message(response)}")
        return Answer(response.status_code, _decoded(response), response.links.get("next", {}).get("url", ""))


@dataclass(slots=True)
class Showing:
    """Sends what only reads; what would write is handed to `show` (method, path, body) and answered with
    a made-up id: the number of the request, with zeros before it."""

    reading: Requests
    show: Callable[[str, str, Mapping[str, Any] | None], None]
    shown: int = field(default=0)

    def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: tuple[int, ...] = (),
        repeatable: bool = True,
    ) -> Answer:
        if method == "GET":
            return self.reading(method, path, body, accept=accept, repeatable=repeatable)
        self.show(method, path, body)
        self.shown += 1
        made_up = f"{self.shown:040x}"
        return Answer(201, {"sha": made_up, "id": made_up, "number": 0, "iid": 0, "object": {"sha": made_up}})


def pages(requests: Requests, path: str) -> Iterator[Any]:
    """The items of a listing that comes in pages."""
    for _ in range(_MOST_PAGES):
        answer = requests("GET", path)
        yield from answer.data
        if not answer.following:
            return
        path = answer.following
    raise ForgeError(f"GET {path}: more than {_MOST_PAGES} pages")


def _said(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _decoded(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise ForgeError(f"{response.request.url}: the answer is no JSON: {error}") from error


def _message(response: httpx.Response) -> str:
    try:
        data = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return response.reason_phrase
    if not isinstance(data, dict):
        return response.reason_phrase
    errors = data.get("errors")
    details = [e.get("message") or e.get("code", "") for e in errors if isinstance(e, dict)] if errors else []
    return ": ".join(str(part) for part in (data.get("message", ""), *details) if part)

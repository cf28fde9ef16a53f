"""What the interpreters of a traced command leave behind: one file a call, one line a refusal.

Each is written whole at once, so that a command which is killed keeps what was recorded.
"""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

from codeopt.workload.trace.capture_call import Captured
from codeopt.workload.trace.file_format import pack

PART = ".part"
REFUSED = ".refused"
_numbers = itertools.count()
_told: set[tuple[int, str]] = set()


def call_data(captured: Captured, alike: str, size: int, at: int = 0) -> dict[str, Any]:
    """One call as plain data; its blobs begin `at` bytes behind the data of its file."""
    places = []
    for blob in captured.blobs:
        places.append([at, len(blob)])
        at += len(blob)
    return {
        "alike": alike, "size": size, "args": captured.args, "kwargs": captured.kwargs,
        "ambient": captured.ambient, "blobs": places,
    }  # fmt: skip


def write_part(folder: str, number: int, alike: str, size: int, module: str, captured: Captured) -> None:
    """Leave one call of the function with that number in the plan. Raises OSError."""
    order = next(_numbers)
    data = {"number": number, "module": module, "order": order, "call": call_data(captured, alike, size)}
    path = os.path.join(folder, f"{os.getpid()}-{order}")
    with open(path, "wb") as file:
        file.write(pack(data, captured.blobs))
    os.replace(path, path + PART)


def write_refusal(folder: str, number: int, reason: str) -> None:
    """Leave the reason why a call was not recorded, once for each reason. Raises OSError."""
    if (number, reason) in _told:
        return
    _told.add((number, reason))
    line = json.dumps([number, reason]) + "\n"
    handle = os.open(
        os.path.join(folder, f"{os.getpid()}{REFUSED}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644
    )
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)

"""The file of a trace: a line with its version, a checksum, plain data as JSON, then raw bytes.

Reading one runs no code and makes nothing but dicts, lists, texts and numbers.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from codeopt.errors import CodeoptError

VERSION = 1
MAGIC = b"codeopt trace "
_HEAD = f"{MAGIC.decode()}{VERSION}\n".encode()
_DIGEST = 64
_LENGTH = 8
MOST_BYTES = 1 << 30


class BrokenTrace(CodeoptError):
    """A trace file that cannot be used; the text says which and why."""


def pack(data: dict[str, Any], blobs: list[bytes]) -> bytes:
    """The bytes of a file that holds plain data and blobs."""
    header = json.dumps(data, separators=(",", ":")).encode()
    rest = b"".join([len(header).to_bytes(_LENGTH, "little"), header, *blobs])
    return b"".join([_HEAD, hashlib.sha256(rest).hexdigest().encode(), b"\n", rest])


def unpack(content: bytes, name: str) -> tuple[dict[str, Any], memoryview]:
    """The data of a file, and the bytes after it. Raises BrokenTrace, which names the file by `name`."""
    if not content.startswith(MAGIC):
        raise BrokenTrace(f"{name}: not a trace file")
    if not content.startswith(_HEAD):
        version = content[len(MAGIC) :].partition(b"\n")[0][:20].decode("ascii", "replace")
        raise BrokenTrace(f"{name}: of version {version}, not {VERSION}; record it again")
    digest = content[len(_HEAD) : len(_HEAD) + _DIGEST]
    rest = memoryview(content)[len(_HEAD) + _DIGEST + 1 :]
    if len(rest) < _LENGTH or hashlib.sha256(rest).hexdigest().encode() != digest:
        raise BrokenTrace(f"{name}: truncated or changed since it was written (its checksum does not fit)")
    length = int.from_bytes(rest[:_LENGTH], "little")
    try:
        data = json.loads(bytes(rest[_LENGTH : _LENGTH + length]))
    except (ValueError, RecursionError) as error:
        raise BrokenTrace(f"{name}: cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise BrokenTrace(f"{name}: holds no trace")
    return data, rest[_LENGTH + length :]

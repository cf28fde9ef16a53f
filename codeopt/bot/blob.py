"""The id that git gives to the bytes of a file."""

from __future__ import annotations

import hashlib


def blob_id(data: bytes) -> str:
    """40 hexadecimal digits."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

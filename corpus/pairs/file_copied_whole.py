"""Unpack a download."""

import gzip
import io
import os
import tempfile

PACKED = gzip.compress(b"some line of data\n" * 500_000)


def arguments():
    return (PACKED,)


def run(packed):
    path = os.path.join(tempfile.gettempdir(), f"unpacked-{os.getpid()}.txt")
    with gzip.open(io.BytesIO(packed), "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    size = os.path.getsize(path)
    os.remove(path)
    return size

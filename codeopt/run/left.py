"""What a run leaves behind, as nodes for the comparator: names of its main module, text, files."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from codeopt.equivalence.node import Node
from codeopt.equivalence.said import FLOAT_WARNING
from codeopt.equivalence.snapshot import Recorder
from codeopt.run.around import Around
from codeopt.run.lay_out import Stamp

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_MOST_LINES = 20_000
MOST_TEXT = 8 << 20
"""Bytes of a stream or of a text file that are compared line by line; the rest by digest."""

_CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def record_names(names: Mapping[str, Any], returned: str) -> dict[str, Any]:
    """The values that a module's names have, and what its last call returned, as far as they can be
    looked into: what a process does shows elsewhere too."""
    parts: list[tuple[str, Node]] = []
    result = Node("none", "None")
    for name, value in sorted(names.items()):
        if (name.startswith("__") and name != returned) or isinstance(value, _CODE):
            continue
        recorder = Recorder(peeks=True)
        node = recorder.record(value, name)
        if recorder.opaque_paths:
            continue
        if name == returned:
            result = node
        else:
            parts.append((name, node))
    return {"names": Node("globals", "", (), None, tuple(parts)), "result": result}


def text_node(data: bytes, around: Around) -> Node:
    """A text line by line, each as a pattern and the numbers in it, so that floats can be compared
    within their tolerance."""
    rest = data[MOST_TEXT:]
    text = around.blotted(data[:MOST_TEXT].decode("utf-8", "backslashreplace"))
    lines = text.split("\n")
    tail = "\n".join(lines[_MOST_LINES:]).encode("utf-8", "backslashreplace") + rest
    parts = [(f"[{i}]", _line(line)) for i, line in enumerate(lines[:_MOST_LINES])]
    meta = (("rest", hashlib.sha256(tail).hexdigest()),) if tail else ()
    return Node("sequence", "text", meta, None, tuple(parts))


def _line(line: str) -> Node:
    numbers: list[tuple[str, Node]] = []

    def take(match: re.Match[str]) -> str:
        numbers.append((f"[{len(numbers)}]", _number(match.group())))
        return "#"

    return Node("sequence", "line", (("text", _NUMBER.sub(take, line)),), None, tuple(numbers))


def _number(token: str) -> Node:
    if token.lstrip("+-").isdigit():
        return Node("text", "number", (), token)
    return Node("float", "float", (), struct.pack("<d", float(token)))


def shown(node: Node) -> str:
    """A line as it was read, but for the spelling of its floats."""
    text = str(dict(node.meta).get("text", ""))
    for _, number in node.children:
        value = number.data if number.kind == "text" else repr(struct.unpack("<d", number.data)[0])
        text = text.replace("#", value, 1)
    return text


def without_float_warnings(data: bytes) -> tuple[bytes, Node]:
    """What was said on stderr, and apart from it numpy's floating-point warnings, which name the
    operation that met the value."""
    kept: list[bytes] = []
    warned: list[tuple[str, str]] = []
    for line in data.split(b"\n"):
        kind, _, message = line.decode("utf-8", "replace").partition(": ")
        if kind == "RuntimeWarning" and FLOAT_WARNING.match(message):
            warned.append((kind, message))
        else:
            kept.append(line)
    return b"\n".join(kept), Node("lines", "", (), tuple(warned))


def files_node(copy: str, before: Mapping[str, Stamp], after: Mapping[str, Stamp], around: Around) -> Node:
    """What became of the files below `copy`."""
    parts: list[tuple[str, Node]] = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            parts.append((around.blotted(name), _became(os.path.join(copy, name), after.get(name), around)))
    return Node("files", "", (), None, tuple(parts))


def _became(path: str, stamp: Stamp | None, around: Around) -> Node:
    if stamp is None:
        return Node("text", "file", (), "removed")
    if stat.S_ISDIR(stamp.mode):
        return Node("text", "folder", (), "a folder")
    if stat.S_ISLNK(stamp.mode):
        return Node("text", "link", (), f"a link to {around.blotted(stamp.target)}")
    if not stat.S_ISREG(stamp.mode):
        return Node("text", "file", (), f"a special file of type {stat.S_IFMT(stamp.mode):o}")
    decode = _DECODERS.get(Path(path).suffix.lower())
    if decode is not None:
        recorder = Recorder(peeks=True)
        try:
            node = recorder.record(decode(path), path)
        except Exception:  # noqa: BLE001 - a file may hold anything, whatever its name says
            return _content(path, stamp, around)
        if not recorder.opaque_paths:
            return node
    return _content(path, stamp, around)


def _content(path: str, stamp: Stamp, around: Around) -> Node:
    """Text line by line, anything else by its digest."""
    if stamp.size <= MOST_TEXT:
        data = Path(path).read_bytes()
        if b"\0" not in data:
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                return text_node(data, around)
    with open(path, "rb") as file:
        return Node("bytes", "file", (), hashlib.file_digest(file, "sha256").digest())


def _load_arrays(path: str) -> Any:
    found = np.load(path, allow_pickle=False)
    return dict(found) if isinstance(found, np.lib.npyio.NpzFile) else found


def _load_tensors(path: str) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _load_safetensors(path: str) -> Any:
    from safetensors.numpy import load_file  # type: ignore[import-not-found,unused-ignore]

    return load_file(path)


def _load_table(path: str) -> Any:
    import pandas

    data = io.BytesIO(Path(path).read_bytes())
    return pandas.read_parquet(data) if path.endswith(".parquet") else pandas.read_feather(data)


_DECODERS: dict[str, Callable[[str], Any]] = {
    ".npy": _load_arrays, ".npz": _load_arrays, ".pt": _load_tensors, ".pth": _load_tensors,
    ".ckpt": _load_tensors, ".safetensors": _load_safetensors, ".parquet": _load_table,
    ".feather": _load_table,
}  # fmt: skip

"""The hidden line in a pull request's body that says what it is for; the bot's only memory.

Anybody who may edit the body may edit it, so whatever does not read as exactly one marker is none.
"""

from __future__ import annotations

import json
import re
from typing import Annotated

import msgspec

_TEXT = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
_OPEN, _CLOSE = "<!-- codeopt: ", " -->"
_LINE = re.compile(rf"^{_OPEN}(\{{.*\}}){_CLOSE}\r?$", re.MULTILINE)
_LONGEST = 24_000


class Marker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pull request is for (`group`), the digest of its change, the base it was made on, and the
    commit at the head of its branch as the bot left it (empty: not known yet)."""

    group: Annotated[str, msgspec.Meta(min_length=1, max_length=1_500, pattern=_TEXT)]
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8,64}\Z")]
    base: Annotated[str, msgspec.Meta(max_length=250, pattern=_TEXT)]
    head: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{40}([0-9a-f]{24})?)?\Z")]


def write_marker(marker: Marker) -> str:
    """One line, an HTML comment that shows nowhere. Raises ValueError for what `read_marker` would refuse."""
    text = json.dumps(msgspec.to_builtins(marker), ensure_ascii=True)
    # An HTML comment ends at `-->`, and some readers take any `--` for its end.
    for character in "-<>":
        text = text.replace(character, f"\\u{ord(character):04x}")
    line = f"{_OPEN}{text}{_CLOSE}"
    if read_marker(line) != marker:
        raise ValueError(f"no marker can be written for {marker.group!r}")
    return line


def read_marker(body: str | None) -> Marker | None:
    """The marker of a body; None without one, with two, and for one that does not parse."""
    found = _LINE.findall(body or "")
    if len(found) != 1 or len(found[0]) > _LONGEST:
        return None
    try:
        return msgspec.json.decode(found[0].encode(), type=Marker)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None

"""What a text owes to the run that wrote it: its folders, addresses, its clock, the pace of its progress."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from codeopt.equivalence.node import without_addresses

_DAY = 86_400
_SLACK = 2.0
_MOMENT = re.compile(r"(?<!\d)(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{8})[-_T]?(\d\d)(\d\d)(\d\d)(?!\d)")
_EPOCH = re.compile(r"(?<!\d)\d{10}(?:\.\d{1,9})?(?!\d)")
_PACE = re.compile(r"\[[\d:?]+<[\d:?]+, [^\]\n]*\]")
"""How the usual progress bar ends: time gone, time left, and rates."""


class Around(NamedTuple):
    """Folders of one run with the names to give them, and when it began and ended, in seconds since 1970."""

    places: Mapping[str, str]
    begin: float
    end: float

    def blotted(self, text: str) -> str:
        """The text as another run would have written it: folders by their names, moments within this run
        as `<now>`, of a line that was written over only its last state, without its pace."""
        text = without_addresses(text)
        for place, name in self.places.items():
            text = text.replace(place, name)
        if "\r" in text:
            lines = text.replace("\r\n", "\n").split("\n")
            text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
            text = _PACE.sub("[...]", text)
        text = _MOMENT.sub(self._moment, text)
        text = _COMPACT.sub(self._moment, text)
        return _EPOCH.sub(lambda m: "<now>" if self._is_now(float(m.group())) else m.group(), text)

    def _moment(self, match: re.Match[str]) -> str:
        date, hours, minutes, seconds = match.groups()
        if date and abs(_noon_of(date) - self.begin) > 2 * _DAY:
            return match.group()
        of_day = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        # In UTC or in local time.
        for shift in (0, time.localtime(self.begin).tm_gmtoff):
            began = (self.begin + shift) % _DAY - _SLACK
            if (of_day - began) % _DAY <= self.end - self.begin + 2 * _SLACK:
                return "<now>"
        return match.group()

    def _is_now(self, moment: float) -> bool:
        return self.begin - _SLACK <= moment <= self.end + _SLACK


def _noon_of(date: str) -> float:
    digits = date.replace("-", "")
    try:
        return time.mktime((int(digits[:4]), int(digits[4:6]), int(digits[6:]), 12, 0, 0, 0, 0, -1))
    except (OverflowError, ValueError):
        return 0.0

"""A line tracer that looks only at chosen files."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any


class LineTracer:
    """Lines run and steps from one line to the next in a function, by the file names of code objects.

    Hand `enter` to `sys.settrace`. A step into a function begins at 0, one out of it ends at 0.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self._known: dict[str, bool] = {}
        self._last: dict[FrameType, int] = {}
        self.lines: dict[str, set[int]] = {}
        self.arcs: dict[str, set[tuple[int, int]]] = {}

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """The global trace function."""
        file = frame.f_code.co_filename
        wanted = self._known.get(file)
        if wanted is None:
            wanted = self._known[file] = self._wanted(file)
        if not wanted:
            return None
        self.lines.setdefault(file, set()).add(frame.f_lineno)
        self.arcs.setdefault(file, set())
        return self._local

    def _local(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if event == "line":
            self.lines[file].add(frame.f_lineno)
            self.arcs[file].add((self._last.get(frame, 0), frame.f_lineno))
            self._last[frame] = frame.f_lineno
        elif event == "return":
            self.arcs[file].add((self._last.pop(frame, 0), 0))
        return self._local

    def forget(self) -> None:
        """Drop the frames that were left without a return event."""
        self._last.clear()

"""Progress of a long run on stderr: a line that rewrites itself on a terminal, else plain lines."""

from __future__ import annotations

import sys
from typing import TextIO

from codeopt.report.text import format_bytes


class Progress:
    """Prints to `stream`; `verbosity` -1 is silent, 0 one line a target."""

    def __init__(self, stream: TextIO | None = None, verbosity: int = 0) -> None:
        self._stream = stream or sys.stderr
        self._silent = verbosity < 0
        self._terminal = self._stream.isatty()
        self._head = ""

    def start(self, name: str, number: int, total: int, sites: int) -> None:
        """A target begins."""
        self._head = f"[{number}/{total}] {name}: {sites} sites"
        self._show(self._head, last=not self._terminal)

    def update(self, evaluations: int, baseline: int, best: int) -> None:
        """A batch of candidates was tried."""
        if self._terminal:
            peaks = f"{format_bytes(baseline)} -> {format_bytes(best)}"
            self._show(f"{self._head}, {evaluations} tried, {peaks}", last=False)

    def close(self) -> None:
        """Leave the cursor on a clean line."""
        if self._terminal:
            self._show("", last=False)

    def _show(self, text: str, *, last: bool) -> None:
        if self._silent:
            return
        if self._terminal:
            self._stream.write(f"\r\x1b[K{text}")
        else:
            self._stream.write(text + "\n" if last else "")
        self._stream.flush()

"""What is asked of one run, as plain data; imported by the run's own interpreter, so it imports little."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from codeopt.run.command import Command

PLAIN, MEASURED, TRACED = "plain", "measured", "traced"
RECORD, PROFILE = "record", "peak.bin"
"""Files that the interpreter of a run leaves aside."""


@dataclass(frozen=True, slots=True)
class Order:
    """One execution of a command with candidates in the place of files.

    `root` is the folder that every run has a copy of, `folder` the one below it where the command
    starts; `texts` and `data` are the new contents by absolute file name, decoded and as bytes;
    `watched` are the files whose lines are told apart; `mode` says what is looked at. A `fresh` run
    has an interpreter of its own, others are forked from one that holds the libraries already.
    `kept`, if known, are the folders, relative to `root`, where a run writes or has its code.
    """

    command: Command
    root: str
    folder: str
    seed: int
    rung: str
    mode: str = PLAIN
    fresh: bool = False
    kept: frozenset[str] | None = None
    watched: frozenset[str] = frozenset()
    texts: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """What the fresh interpreter of a run needs to know; all names absolute. `copy` stands for the
    order's `root`, `aside` is the folder for what the run does not see."""

    order: Order
    copy: str
    aside: str


def real_name(file: str, root: str, copy: str) -> str:
    """The user's own file that a file name inside of a run means."""
    real = os.path.realpath(file)
    return root + real[len(copy) :] if real.startswith(copy + os.sep) else real

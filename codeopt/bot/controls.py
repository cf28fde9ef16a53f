"""The checkboxes in a pull request's body by which people steer the bot.

Only those who may write to the repository can tick them, so no comment of a stranger is ever obeyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOX = re.compile(r"^[-*] \[([ xX])\] <!-- codeopt-control: (rebase|ignore) -->", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Controls:
    """Which boxes are ticked."""

    rebase: bool = False
    ignore: bool = False


def controls_text() -> str:
    """The checkboxes, unticked, as lines of Markdown."""
    return (
        "- [ ] <!-- codeopt-control: rebase --> Tick this to have the change made again on the newest base.\n"
        "- [ ] <!-- codeopt-control: ignore --> Tick this to have this closed and never offered again.\n"
    )


def read_controls(body: str) -> Controls:
    """What is ticked in a body; a control that stands there twice counts as not ticked."""
    found = _BOX.findall(body.replace("\r\n", "\n"))
    ticked = [name for mark, name in found if mark != " "]
    once = {name for _, name in found if sum(other == name for _, other in found) == 1}
    return Controls(
        rebase="rebase" in ticked and "rebase" in once, ignore="ignore" in ticked and "ignore" in once
    )

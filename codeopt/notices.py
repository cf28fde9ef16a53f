"""Codes of findings that no rule makes: what codeopt itself has to say about a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding of codeopt's own; `page` is what `codeopt explain` prints, `level` warning or error."""

    code: str
    name: str
    summary: str
    page: str
    level: str = "warning"


UNUSABLE = Notice(
    "MEM000",
    "unusable-file",
    "a file, or a line of it, could not be used",
    """A file, or a line of it, could not be used.

What it does
    Reports a file that cannot be read, decoded or parsed, a rule that failed on it, or a target that
    could not be run. The rest is looked at all the same.

Why it matters
    Nothing is known about such a file: that nothing was found in it means nothing.

Use instead
    Mend the file, or leave it out by `exclude` in the configuration.""",
    level="error",
)

UNUSED = Notice(
    "MEM001",
    "unused-suppression",
    "a suppression comment switches nothing off",
    """A suppression comment switches nothing off.

What it does
    Reports `# codeopt: ignore`, `# codeopt: ignore-file` and `# noqa` comments with codes of codeopt
    where none of the rules named finds anything, and codes that are not there. `--fix` removes them.

Why it matters
    A comment that outlives its reason hides the next finding on its line.

Example
    total = sum(x for x in items)  # codeopt: ignore[MEM101] small

Use instead
    total = sum(x for x in items)

When it is safe
    A plain `# noqa` and codes of other forms, which may be meant for another tool or for rules that are not
    installed here, are let be. All that any rule finds counts, selected or not, also what only
    `codeopt suggest` would try. The code itself is the same without the comment.""",
)

GREW = Notice(
    "MEM002",
    "peak-grew",
    "a call takes more memory than it did before the change",
    """A call takes more memory than it did before the change.

What it does
    `codeopt suggest --baseline` measures the peaks of what changed, as it was and as it is, in one run, and
    reports those that grew beyond the noise.

Why it matters
    A peak that grows with nobody looking is found when something runs out of memory.

Use instead
    See what the change keeps alive that was not kept before; `codeopt suggest` may find it.""",
    level="error",
)

NOTICES = (UNUSABLE, UNUSED, GREW)

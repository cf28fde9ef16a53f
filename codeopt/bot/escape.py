"""Text of others in Markdown: shown as it is, and never read as Markdown, HTML, a mention or a command."""

from __future__ import annotations

import re


def visible(text: str) -> str:
    """The text with everything that has no shape of its own, or reorders what is beside it, spelled out."""
    return "".join(c if c.isprintable() else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def shortened(text: str, most: int) -> str:
    """At most `most` characters of the text, its middle left out."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def code(text: str, most: int = 200) -> str:
    """The text as code within a line, at most `most` characters of it.

    Inside `<code>` no forge looks for mentions, issues or commands, and as entities its punctuation
    is neither Markdown nor HTML, in a table and out of one.
    """
    inner = (
        c if c.isalnum() or (c == " " and i) else f"&#{ord(c)};"
        for i, c in enumerate(shortened(visible(text), most))
    )
    return f"<code>{''.join(inner)}</code>"


def fenced(text: str, language: str = "") -> str:
    """The text as a block of code, between fences longer than any run of backticks in it.

    Line breaks and tabs stay; other hidden characters are spelled out.
    """
    shown = "\n".join("\t".join(visible(part) for part in line.split("\t")) for line in text.split("\n"))
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"

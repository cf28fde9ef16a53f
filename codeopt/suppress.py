"""Suppression comments: `# codeopt: ignore[CODE] reason`, `# codeopt: ignore-file[CODE]`, `# noqa: CODE`."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

from codeopt.edit import Site
from codeopt.source import SourceFile

_LINE = re.compile(r"#\s*codeopt:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_FILE = re.compile(r"#\s*codeopt:\s*ignore-file(?:\[([^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?::\s*([A-Z][A-Z0-9]+(?:[,\s]+[A-Z][A-Z0-9]+)*))?", re.IGNORECASE)
_EVERYTHING = frozenset({"*"})


@dataclass(frozen=True)
class Suppressions:
    """Rule codes switched off in a file, whole or by line; `*` stands for every rule."""

    file: frozenset[str]
    lines: dict[int, frozenset[str]]

    def hides(self, site: Site, name: str) -> bool:
        """Whether the site, of the rule called `name`, is switched off on any line it spans."""
        keys = {site.rule, name, "*"}
        if keys & self.file:
            return True
        lines = range(site.span.line, site.span.end_line + 1)
        return any(keys & self.lines.get(line, frozenset()) for line in lines)


def read_suppressions(source: SourceFile) -> Suppressions:
    """The suppressions of a file; comments only, never strings that look like one."""
    if "codeopt:" not in source.text and "noqa" not in source.text.lower():
        return Suppressions(frozenset(), {})
    whole: set[str] = set()
    lines: dict[int, frozenset[str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
            if token.type == tokenize.COMMENT:
                if match := _FILE.search(token.string):
                    whole |= _codes(match[1])
                elif match := _LINE.search(token.string) or _NOQA.search(token.string):
                    lines[token.start[0]] = lines.get(token.start[0], frozenset()) | _codes(match[1])
    except (tokenize.TokenError, SyntaxError):
        pass
    return Suppressions(frozenset(whole), lines)


def _codes(listed: str | None) -> frozenset[str]:
    codes = frozenset(code for code in re.split(r"[,\s]+", listed or "") if code)
    return codes or _EVERYTHING

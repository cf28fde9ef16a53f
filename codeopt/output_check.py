"""The last gate before a user's file is written: what stays must be Python and keep every comment."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterator

from codeopt.errors import CodeoptError


class RefusedOutput(CodeoptError):
    """A new text that must not be written; `line` is where it goes wrong."""

    exit_code = 2

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"{name}:{line}: not written: {reason}")
        self.line = line
        self.reason = reason


def check_output(name: str, before: str, after: str) -> None:
    """Raise RefusedOutput if `after` is no Python or lacks a comment that `before` has."""
    from libcst import ParserSyntaxError, parse_module

    try:
        parse_module(after)
    except (ParserSyntaxError, RecursionError) as error:
        line = error.raw_line if isinstance(error, ParserSyntaxError) else 1
        raise RefusedOutput(name, line, "the new text does not parse") from error
    kept = Counter(text for text, _ in _comments(after))
    for text, line in _comments(before):
        kept[text] -= 1
        if kept[text] < 0:
            raise RefusedOutput(name, line, f"the comment {text!r} would be lost")


def _comments(text: str) -> Iterator[tuple[str, int]]:
    """Comments with their lines, as the tokenizer sees them: quoted ones are none."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield token.string.rstrip(), token.start[0]
    except (tokenize.TokenError, SyntaxError):
        # What the tokenizer cannot finish, the parsers have accepted: nothing more to compare.
        return

"""The last gate before a user's file is written: what stays must be Python and keep every comment."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator

from codeopt.edit import Edit
from codeopt.errors import CodeoptError

# Strings first, so that a sign in one is none.
_SIGN = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'"
    r"|(?P<comment>\#[^\r\n]*)|(?P<bracket>[][(){}])",
    re.DOTALL,
)


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


def tears(data: bytes, edits: Iterable[Edit]) -> bool:
    """Whether edits of a text take a comment away, or a bracket without its other half, or put `:=`
    or `yield` into a comprehension, where they must not stand.

    Cheap enough to be asked of every site: only what the edits take out and put in is read.
    """
    lost: Counter[str] = Counter()
    balance = 0
    for edit in edits:
        if " for " in edit.text and (":=" in edit.text or "yield" in edit.text):
            return True
        for text, sign in ((data[edit.start : edit.end].decode(errors="replace"), 1), (edit.text, -1)):
            for found in _SIGN.finditer(text):
                if found["comment"]:
                    lost[found["comment"].rstrip()] += sign
                elif found["bracket"]:
                    balance += sign if found["bracket"] in "([{" else -sign
    return balance != 0 or any(number > 0 for number in lost.values())


def _comments(text: str) -> Iterator[tuple[str, int]]:
    """Comments with their lines, as the tokenizer sees them: quoted ones are none."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield token.string.rstrip(), token.start[0]
    except (tokenize.TokenError, SyntaxError):
        # What the tokenizer cannot finish, the parsers have accepted: nothing more to compare.
        return

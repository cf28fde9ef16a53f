"""The code in files, docstrings and pages of documentation."""

from __future__ import annotations

import ast
import doctest
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from codeopt.source import parse_file
from codeopt.workload.passages.anywhere import anywhere


@functools.lru_cache(maxsize=64)
def page_of(file: Path) -> ast.Module:
    """The code of a file or of a documentation page. Raises OSError, SyntaxError or ValueError."""
    if file.suffix == ".py":
        return anywhere(parse_file(file))
    return anywhere(
        ast.Module(list(_page_statements(file.read_text(encoding="utf-8", errors="replace"))), [])
    )


_FENCE = re.compile(
    r"^([ \t]*)(?:```+|~~~+)\s*\{?\.?(?:python|py|python3|ipython)\b[^\n]*\n(.*?)^\1(?:```|~~~)",
    re.MULTILINE | re.DOTALL,
)
_DIRECTIVE = re.compile(
    r"^([ \t]*)\.\. (?:code-block|code|sourcecode|ipython):: *(?:python3?|ipython)?[^\n]*\n"
    r"((?:\1[ \t]+[^\n]*\n|[ \t]*\n)+)",
    re.MULTILINE,
)


def _page_statements(text: str) -> Iterator[ast.stmt]:
    """Statements of the blocks of a page, with the lines where they stand."""
    blocks = [(m.start(2), m[2]) for pattern in (_FENCE, _DIRECTIVE) for m in pattern.finditer(text)]
    for start, block in sorted(blocks):
        tree = _block_of(block)
        if tree is not None:
            ast.increment_lineno(tree, text.count("\n", 0, start))
            yield from tree.body


def _block_of(block: str) -> ast.Module | None:
    lines = block.split("\n")
    if ">>>" in block:
        return example_of(block)
    held = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in held), default=0)
    plain = [line[margin:] for line in lines]
    plain = ["" if re.match(r":\w+:|[!%$]", line) else line for line in plain]
    try:
        return ast.parse("\n".join(plain))
    except (SyntaxError, ValueError):
        return None


def example_of(doc: str) -> ast.Module | None:
    """The examples of a docstring as one module, if there are any that can be parsed."""
    if ">>>" not in doc:
        return None
    try:
        sources = [example.source for example in doctest.DocTestParser().get_examples(doc)]
        return anywhere(ast.parse("".join(sources)))
    except (SyntaxError, ValueError):
        return None

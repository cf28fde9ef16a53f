"""Rules that the configuration switches off in some files: `[tool.codeopt.per-file-ignores]`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from codeopt.selectors import codes_of


def all_named(ignores: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Every code, prefix or name in the table, each once."""
    return tuple(dict.fromkeys(code for codes in ignores.values() for code in codes))


def ignored_by_file(
    files: Iterable[Path], ignores: Mapping[str, tuple[str, ...]], root: Path, names: Mapping[str, str]
) -> dict[Path, frozenset[str]]:
    """The codes, of the rules in `names` (by code), that are off in each file for which any is.

    `ignores` maps patterns in gitignore syntax, relative to `root`, to codes, prefixes of them, or names.
    """
    if not ignores:
        return {}
    from pathspec import GitIgnoreSpec

    specs = [
        (GitIgnoreSpec.from_lines([pattern]), codes_of(codes, names)) for pattern, codes in ignores.items()
    ]
    home = root.resolve()
    off: dict[Path, frozenset[str]] = {}
    for file in files:
        whole = Path(os.path.abspath(file))
        if whole.is_relative_to(home):
            inside = whole.relative_to(home).as_posix()
            codes = frozenset().union(*(codes for spec, codes in specs if spec.match_file(inside)))
            if codes:
                off[file] = codes
    return off

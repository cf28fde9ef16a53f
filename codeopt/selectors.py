"""What names a rule on the command line and in the configuration: its code, a prefix of it, or its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def matches(selector: str, code: str, name: str) -> bool:
    """Whether a selector names the rule with this code and name."""
    return name == selector or (bool(selector) and code.startswith(selector.upper()))


def chosen(code: str, name: str, select: Collection[str], ignore: Iterable[str]) -> bool:
    """Whether `select` (empty: everything) takes the rule and `ignore` does not leave it out."""
    wanted = not select or any(matches(selector, code, name) for selector in select)
    return wanted and not any(matches(selector, code, name) for selector in ignore)


def codes_of(selectors: Iterable[str], names: Mapping[str, str]) -> frozenset[str]:
    """The codes, of those that `names` maps to names, which any of the selectors names."""
    return frozenset(
        code for selector in selectors for code, name in names.items() if matches(selector, code, name)
    )

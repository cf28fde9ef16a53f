"""`codeopt explain` and `codeopt rules`: a rule's page, and the list."""

from __future__ import annotations

from typing import Any

from codeopt.errors import UsageError
from codeopt.notices import NOTICES, Notice
from codeopt.registry import LoadedRule, load_rules


def find_page(name: str) -> LoadedRule | Notice:
    """The rule, or finding of codeopt's own, with this code or name. Raises UsageError."""
    own = (n for n in NOTICES if name.upper() == n.code or name.lower() == n.name)
    return next(own, None) or find_rule(name)


def find_rule(name: str) -> LoadedRule:
    """The rule with this code or name. Raises UsageError."""
    for loaded in load_rules():
        if name.upper() == loaded.rule.code or name.lower() == loaded.rule.name:
            return loaded
    raise UsageError(f"no rule is called {name!r}; see `codeopt rules`")


def describe(loaded: LoadedRule | Notice) -> dict[str, Any]:
    """A rule, or a finding of codeopt's own, as plain data for JSON."""
    if isinstance(loaded, Notice):
        return {
            "code": loaded.code,
            "name": loaded.name,
            "summary": loaded.summary,
            "package": "codeopt",
            "page": loaded.page,
        }
    rule, pair = loaded.rule, loaded.rule.pair
    return {
        "code": rule.code,
        "name": rule.name,
        "area": rule.area,
        "trust": rule.trust.value,
        "summary": rule.summary,
        "pair": pair and {"id": pair.id, "before_mib": pair.before, "after_mib": pair.after},
        "search_only": rule.search_only,
        "package": loaded.place.origin or "codeopt",
        "page": loaded.page,
    }


def page_text(loaded: LoadedRule | Notice) -> str:
    """The page of `codeopt explain`: head, the rule's docstring, the measured pair."""
    if isinstance(loaded, Notice):
        head = f"{loaded.code} {loaded.name}"
        return f"{head}\n{'=' * len(head)}\n\n{loaded.page}\n"
    rule = loaded.rule
    about = ", ".join(filter(None, (rule.area, rule.trust.value, loaded.place.origin)))
    head = f"{rule.code} {rule.name} ({about})"
    pair = rule.pair
    measured = "It has no measured pair."
    if pair is not None:
        measured = f"Measured on its pair {pair.id}: {pair.before:g} MiB before, {pair.after:g} MiB after."
    if rule.search_only:
        measured += "\n`codeopt check` leaves it out; `codeopt suggest` tries it and proves it by running."
    return f"{head}\n{'=' * len(head)}\n\n{loaded.page}\n\n{measured}\n"


def list_text() -> str:
    """One line a rule."""
    rows = [(r.rule.code, r.rule.name, r.rule.trust.value, r.rule.summary) for r in load_rules()]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"{code:<{widths[0]}}  {name:<{widths[1]}}  {trust:<{widths[2]}}  {text}"
        for code, name, trust, text in rows
    ]
    return "\n".join(lines) + "\n"

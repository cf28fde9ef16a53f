"""The page of what a rule may ask says what the code says, and leaves no family out."""

from __future__ import annotations

import inspect
from functools import cached_property

from bench.facts_page import PAGE, page
from codeopt.facts import Facts


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python bench/facts_page.py --write"


def test_every_family_has_its_line() -> None:
    text = page()
    public = {name: member for name, member in vars(Facts).items() if not name.startswith("_")}
    families = [name for name, member in public.items() if isinstance(member, cached_property)]
    questions = [name for name, member in public.items() if inspect.isfunction(member)]
    assert families
    for name in families:
        assert f"| `facts.{name}` | " in text
    for name in questions:
        assert f"- `facts.{name}(" in text

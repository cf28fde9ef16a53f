from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.candidate import compatible, digest, render
from codeopt.edit import Edit, Site, Span, Trust
from codeopt.source import SourceFile


def site(*edits: Edit, imports: tuple[str, ...] = (), group: str = "") -> Site:
    span = Span(1, 1, 1, 2)
    return Site("MEM000", "m.py", "f", span, "message", Trust.EXACT, edits, imports=imports, group=group)


def sources(text: str) -> dict[str, SourceFile]:
    return {"m.py": SourceFile(Path("m.py"), "m.py", text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""Doc."""\nimport os\nx = 1\n', '"""Doc."""\nimport os\nimport re\nx = 2\n'),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\nimport re\nx = 2\n'),
        (
            "from __future__ import annotations\nx = 1\n",
            "from __future__ import annotations\nimport re\nx = 2\n",
        ),
        ("# head\nx = 1\n", "# head\nimport re\nx = 2\n"),
        ("import re\nx = 1\n", "import re\nx = 2\n"),
        ("import os\r\nx = 1\r\n", "import os\r\nimport re\r\nx = 2\r\n"),
    ],
)
def test_imports_join_those_at_the_top_once(text: str, expected: str) -> None:
    place = text.encode().index(b"1\r\n" if "\r" in text else b"1\n")
    chosen = [site(Edit(place, place + 1, "2"), imports=("import re",))] * 2
    assert render(sources(text), chosen) == {"m.py": expected}


def test_a_text_that_does_not_parse_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"m\.py:2: the rewrite does not parse"):
        render(sources("x = 1\ny = 2\n"), [site(Edit(6, 7, "("))])


def test_alternatives_are_not_compatible() -> None:
    a, b = site(Edit(0, 1, "a"), group="g"), site(Edit(4, 5, "b"), group="g")
    assert not compatible(a, [b])
    assert compatible(a, [a])


def test_the_digest_tells_texts_apart_and_names_too() -> None:
    assert digest({"a": "x"}) != digest({"a": "y"})
    assert digest({"a": "x"}) != digest({"b": "x"})
    assert digest({"a": "x", "b": "y"}) == digest({"b": "y", "a": "x"})

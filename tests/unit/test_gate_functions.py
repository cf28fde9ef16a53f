"""Which functions of a text changed, and which lines show it."""

from __future__ import annotations

import pytest

from codeopt.gate.functions import changed_functions, defined_names, line_of

BEFORE = '''"""A module."""

import numpy as np

LIMIT = 3


def load(n, fill=0.0):
    """Make it."""
    a = np.full(n, fill)
    b = a + 1
    del a
    return b


class Net:
    size = 4

    def forward(self, x):
        for _ in range(self.size):
            x = x @ x
        return x


async def last():
    return 1
'''


def changed(after: str, before: str | None = BEFORE) -> dict[str, list[int]]:
    return {found.qualname: sorted(found.lines) for found in changed_functions(before, after)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    b = a + 1\n", "    b = a + 1  # one more\n"),
        ("    b = a + 1\n", "\n    # why\n\n    b = (a +\n         1)\n"),
        ('    """Make it."""\n', ""),
        ('"""A module."""', '"""Another text."""'),
        ("\n", "\r\n"),
        ("    ", "\t"),
    ],
    ids=["comment", "layout", "docstring", "module docstring", "CRLF", "tabs"],
)
def test_what_says_nothing_is_no_change(old: str, new: str) -> None:
    assert changed(BEFORE.replace(old, new)) == {}


def test_the_lines_of_a_changed_statement() -> None:
    assert changed(BEFORE.replace("a + 1", "a + 2")) == {"load": [11]}
    assert changed(BEFORE.replace("x @ x", "x @ x @ x")) == {"Net.forward": [21]}


def test_what_was_taken_out_shows_in_its_neighbours() -> None:
    assert changed(BEFORE.replace("    del a\n", "")) == {"load": [11, 12]}


def test_another_default_bears_on_the_whole_function() -> None:
    assert changed(BEFORE.replace("fill=0.0", "fill=1.0")) == {"load": [8, 9, 10, 11, 12, 13]}


def test_a_line_moved_into_a_loop_has_changed() -> None:
    after = BEFORE.replace(
        "            x = x @ x\n        return x", "            x = x @ x\n            return x"
    )
    assert changed(after) == {"Net.forward": [22]}


@pytest.mark.parametrize(
    ("old", "new"),
    [("LIMIT = 3", "LIMIT = 4"), ("size = 4", "size = 5"), ("import numpy as np", "import numpy as np, os")],
)
def test_code_outside_of_functions_bears_on_every_function(old: str, new: str) -> None:
    assert list(changed(BEFORE.replace(old, new))) == ["load", "Net.forward", "last"]


def test_order_does_not_matter_and_added_functions_are_told() -> None:
    load = BEFORE[BEFORE.index("def load") : BEFORE.index("class Net")]
    assert changed(BEFORE.replace(load, "") + "\n\n" + load) == {}
    assert changed(BEFORE + "\n\ndef more():\n    return 2\n") == {"more": [29, 30]}


def test_decorators_and_definitions_in_branches() -> None:
    text = "if FAST:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n"
    assert changed(text.replace("2", "3"), text) == {"f": [6]}
    assert changed("@cached\n" + BEFORE[BEFORE.index("async") :], BEFORE[BEFORE.index("async") :]) == {
        "last": [1, 2, 3]
    }


def test_every_kind_of_block_is_followed() -> None:
    text = (
        "def f(x):\n    match x:\n        case 1:\n            y = 1\n        case _:\n            y = 2\n"
        "    try:\n        y += 1\n    except ValueError:\n        y = 0\n    else:\n        y = 3\n"
        "    finally:\n        x = y\n    with x:\n        return lambda: 7\n"
    )
    for line, (old, new) in {4: ("y = 1", "y = 9"), 10: ("y = 0", "y = 9"), 14: ("x = y", "x = 9")}.items():
        assert changed(text.replace(old, new), text) == {"f": [line]}
    assert changed(text.replace("lambda: 7", "lambda: 8"), text) == {"f": [16]}


def test_a_text_that_did_not_parse_tells_nothing() -> None:
    whole = ["load", "Net.forward", "last"]
    assert list(changed(BEFORE, "def broken(:\n")) == whole
    assert list(changed(BEFORE, None)) == whole
    with pytest.raises(SyntaxError):
        changed("def broken(:\n")
    with pytest.raises(SyntaxError, match="null bytes"):
        changed("x = 1\0")


def test_names_and_lines() -> None:
    assert sorted(defined_names(BEFORE) or ()) == ["Net", "Net.forward", "last", "load"]
    assert defined_names("def (") is None
    assert line_of(BEFORE, "Net.forward") == 19
    assert line_of(BEFORE, "nothing") == line_of("def (", "f") == 1

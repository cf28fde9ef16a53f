"""Nothing is written that is no Python or has lost a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.commands import check_file as command
from codeopt.edit import Edit, Site, Trust
from codeopt.output_check import RefusedOutput, check_output, tears
from codeopt.plugins import Place
from codeopt.registry import LoadedRule, deciding_rules, load_rules
from codeopt.testing import source_of

BEFORE = "a = 1  # one\nb = '# none'\nc = (  # three\n    3)  # one\n"


@pytest.mark.parametrize(
    "after",
    [BEFORE, "# three\n# one\nb = 1\n# one\n", "a = 1  # one\n# new\nd = 2  # three\nc = 3  # one \n"],
)
def test_comments_may_move_and_be_added(after: str) -> None:
    check_output("m.py", BEFORE, after)


@pytest.mark.parametrize(
    ("after", "line", "words"),
    [
        ("a = 1\nb = c c\n", 2, "does not parse"),
        (BEFORE.replace("  # three", ""), 3, "'# three' would be lost"),
        (BEFORE.replace("3)  # one", "3)"), 4, "'# one' would be lost"),
        (BEFORE.replace("(  # three", "(0 if '# three' else"), 3, "'# three' would be lost"),
    ],
)
def test_refusals_name_file_and_line(after: str, line: int, words: str) -> None:
    with pytest.raises(RefusedOutput, match="not written") as refused:
        check_output("pkg/m.py", BEFORE, after)
    assert str(refused.value).startswith(f"pkg/m.py:{line}: ")
    assert words in str(refused.value)


def a_rule(text: str, error: Exception | None = None) -> LoadedRule:
    """A rule that replaces a whole file of other text by `text`, or fails."""
    rule = next(r.rule for r in load_rules() if r.rule.trust is Trust.EXACT)

    def find(facts: object) -> list[Site]:
        if error is not None:
            raise error
        source = facts.source  # type: ignore[attr-defined]
        edits = (Edit(0, len(source.data), text),)
        site = Site(rule.code, source.name, "f", source.span(0, 0), "m", Trust.EXACT, edits)
        return [site] if source.text != text else []

    return LoadedRule(rule.__class__(**{**_fields(rule), "triggers": ()}), find, "", Place("m"))  # type: ignore[arg-type]


def _fields(rule: object) -> dict[str, object]:
    return {name: getattr(rule, name) for name in rule.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_rewrite_that_would_lose_a_comment_is_not_offered(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\ny = 2  # two\n")
    result = command.check_file(file, [a_rule("x = 1\n")], Trust.EXACT)
    assert file.read_text() == "x = 1\ny = 2  # two\n"
    assert (result.sites, result.problems, result.fixed) == ((), (), 0)


@pytest.mark.parametrize(
    ("text", "edit", "torn"),
    [
        ("x = f(  # one\n    2)\n", Edit(4, 20, "f(2)"), True),
        ("x = f(  # one\n    2)\n", Edit(4, 20, "g(  # one\n    2)"), False),
        ("x = f('# one')\n", Edit(4, 14, "g()"), False),
        ("x = (a).b()\n", Edit(6, 11, ""), True),
        ("x = (a).b()\n", Edit(7, 11, ""), False),
        ("x = [a for a in b]\n", Edit(4, 18, "'('"), False),
        ("x = len(g(y := 1))\n", Edit(4, 18, "sum(1 for _ in g(y := 1))"), True),
        ("x = len(g((yield)))\n", Edit(4, 19, "sum(1 for _ in g((yield)))"), True),
        ("x = 1\n", Edit(0, 6, "x = 2  # two\n"), False),
    ],
)
def test_what_edits_tear(text: str, edit: Edit, torn: bool) -> None:
    assert tears(text.encode(), [edit]) is torn


@pytest.mark.parametrize("error", [ValueError("no"), RecursionError("deep"), KeyError("x")], ids=repr)
def test_a_rule_that_fails_is_a_problem(tmp_path: Path, error: Exception) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    result = command.check_file(file, [a_rule("", error), a_rule("x = 2\n")], Trust.EXACT)
    assert file.read_text() == "x = 2\n"
    assert any(type(error).__name__ in p.message for p in result.problems)


def test_fixes_of_two_rules_never_contradict_each_other() -> None:
    text = (
        "import numpy as np\n\ndef f(n, g):\n    e = np.ones((n, n))\n    y = np.exp(e)\n"
        "    z = np.zeros((n, n))\n    y = y * 2\n    e = np.sqrt(y) + z\n    w = np.ones((n, n))\n"
        "    return (e * w).sum()\n"
    )
    source = source_of(text)
    fixed, number = command.fix_source(source, deciding_rules(), Trust.EXACT)
    assert number
    spaces: list[dict[str, object]] = [{}, {}]
    for one, space in zip((text, fixed.text), spaces, strict=True):
        exec(one, space)
    assert spaces[0]["f"](5, None) == spaces[1]["f"](5, None)  # type: ignore[operator]

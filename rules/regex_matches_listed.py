"""All matches of a pattern are listed to be counted or looped over.

What it does
    Finds `len(re.findall(...))` and loops over `re.findall(...)` with a pattern without groups, and
    goes over `re.finditer(...)`.

Why it costs memory
    The list holds a string for every match: some 60 bytes for each word of a text.

Example
    words = len(re.findall(r"\\w+", text))

Use instead
    words = sum(1 for _ in re.finditer(r"\\w+", text))

When it is safe
    Both find the same matches in the same order in a text, which cannot change meanwhile; whether
    there are many to be counted, only a run can tell. In a loop, the pattern must be written out,
    so that it is seen to have no groups: with groups, `findall` gives other things than whole
    matches.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codeopt.edit import Edit, Site, Trust
from codeopt.facts import Facts, listed, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM110",
    name="regex-matches-listed",
    trust=Trust.EXACT,
    summary="all matches of a pattern are listed to be gone through once",
    triggers=("findall(",),
    pair=Pair("P01", 38.06, 0.0),
    search_only=True,
    examples=(
        Example(
            "import re\n\ndef f(text):\n    return len(re.findall(r'(a)|b', text))\n",
            "import re\n\ndef f(text):\n    return sum(1 for _ in re.finditer(r'(a)|b', text))\n",
            call="f('abcab')",
        ),
        Example(
            "import re\n\ndef f(text):\n    return {w.lower() for w in re.findall(r'\\w+', text, re.M)}\n",
            "import re\n\ndef f(text):\n    return {w.lower() for w in "
            "(match.group() for match in re.finditer(r'\\w+', text, re.M))}\n",
            call="f('a B c a')",
        ),
    ),
    counterexamples=(
        "import re\n\ndef f(text):\n    for k, v in re.findall(r'(a)(b)', text):\n        print(k, v)\n",
        "import re\n\ndef f(text, p):\n    for k in re.findall(p, text):\n        print(k)\n",
        "import re\n\ndef f(text):\n    return re.findall('a', text)\n",
        "def f(tree):\n    return len(tree.findall('a'))\n",
        "import re\n\ndef f(text):\n    return len(re.findall('a', (low := text.lower()))), low\n",
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Matches that are only counted or looped over."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "re.findall") or not call.args:
            continue
        if any(isinstance(node, ast.NamedExpr) for node in facts.under(call)):
            continue  # no generator may loop over what binds a name
        spelled = facts.names.spell("re.finditer", call)
        outer = facts.parent(call)
        rest = facts.source.data[facts.range(call.func)[1] : facts.range(call)[1]].decode()
        message = "the matches are gone through once; the list holds all of them"
        if spelled is None:
            continue
        if isinstance(outer, ast.Call) and patterns.is_call(facts, outer, "builtins.len"):
            if not patterns.builtin(facts, "sum"):
                continue
            edits = facts.edits.replace(outer, f"sum(1 for _ in {spelled}{rest})")
            yield RULE.site(facts, outer, message, edits)
        elif listed.iterated(facts, call) is not None and _groupless(call.args[0]):
            name = facts.names.fresh_name("match", call)
            edit = Edit(*facts.range(call), f"({name}.group() for {name} in {spelled}{rest})")
            yield RULE.site(facts, call, message, (edit,))


def _groupless(pattern: ast.expr) -> bool:
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, (str, bytes)):
        return False
    try:
        return re.compile(pattern.value).groups == 0
    except re.error:
        return False

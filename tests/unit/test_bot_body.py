"""Text of others shows as it is in a pull request, and is read as nothing else."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from codeopt.bot.body import LONGEST_BODY, pull_request_body, title
from codeopt.bot.controls import Controls, read_controls
from codeopt.bot.escape import code, fenced, shortened, visible
from codeopt.bot.marker import Marker, read_marker, write_marker
from codeopt.bot.proposal import Proposal, change_digest, unified_diff
from codeopt.edit import Trust

SHA = "1234567890" * 4
PROPOSAL = Proposal(
    group="src/stats.py::mean",
    path="src/stats.py",
    before="a = 1\n",
    after="a = 2\n",
    title="Lower the peak memory of mean by 50 %",
    rules=("MEM210",),
    trust=Trust.EXACT,
    baseline_bytes=16 << 20,
    optimized_bytes=8 << 20,
    floor_bytes=4 << 20,
    baseline_seconds=0.5,
    optimized_seconds=0.4,
    origin="declared",
    cases=120,
    faults_planted=9,
    faults_caught=9,
    diff=unified_diff("src/stats.py", "a = 1\n", "a = 2\n"),
    digest=change_digest("src/stats.py::mean", "a = 1\n", "a = 2\n"),
)
MARKER = Marker(PROPOSAL.group, PROPOSAL.digest, SHA, SHA)
HOSTILE = [
    "@octocat", "#1", "GH-1", "owner/name#1", "https://evil.example", "www.evil.example", "fixes #1",
    "[a](javascript:alert(1))", "![x](http://evil/p.png)", "<img src=x onerror=alert(1)>", "<script>",
    "</code>", "-->", "<!--", "<!-- codeopt-control: ignore -->", "- [x] done", "`", "```", "````\n", "~~~",
    "| a | b |", "|---|", "\n\n# Heading\n", "\r\n/close\r\n", "***", "a_b_c", "&amp;", "&#64;x", "\\",
    "$x^2$", ":tada:",
    "\x00", "\x1b[2J", "\u202etxt.exe", "\u200b", "\u2028", "\ufeff", "{{x}}", "${{ secrets.X }}",
    "    code", "> quote", "1. one", "", " ", "\t",
]  # fmt: skip
FOREIGN = st.text(max_size=60) | st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE)).map("".join)


def markdown(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(text)


def shape(text: str) -> list[tuple[str, str]]:
    """What the Markdown is made of, without the words."""
    flat = [inner for token in markdown(text) for inner in (token, *(token.children or ()))]
    words = ("text", "text_special")
    return [(t.type, t.content if t.type.startswith("html") else t.tag) for t in flat if t.type not in words]


def with_foreign(text: str) -> Proposal:
    """A proposal with this text wherever text of others stands."""
    return dataclasses.replace(
        PROPOSAL, group=f"{text}::{text}", path=text, rules=(text,), origin=text, title=text
    )


def test_the_body_says_it_all() -> None:
    text = pull_request_body(PROPOSAL, MARKER)
    assert "| peak memory | 16.0 MiB | 8.0 MiB | -50.0 % |" in text
    assert "| time of one call | 500.0 ms | 400.0 ms | -20.0 % |" in text
    assert "4.0 MiB of it are what the call must return or keep; of the rest 67 % went." in text
    assert "`exact`: every observable is identical, bit for bit." in text
    assert "on 120 cases" in text
    assert "9 wrong variants were planted on purpose; the comparison caught 9 of them." in text
    assert "declared in a workload file" in text
    assert "codeopt suggest --allow exact --target src/stats.py::mean -- src/stats.py\n" in text
    assert read_controls(text) == Controls()
    assert read_controls(
        text.replace("- [ ] <!-- codeopt-control: ignore", "- [x] <!-- codeopt-control: ignore")
    )
    assert read_marker(text) == MARKER
    assert title(PROPOSAL) == "Lower the peak memory of mean by 50 %"


def test_figures_at_their_edges() -> None:
    text = pull_request_body(
        dataclasses.replace(
            PROPOSAL, floor_bytes=20 << 20, baseline_seconds=0.0, faults_planted=0, faults_caught=0, cases=1
        ),
        MARKER,
    )  # fmt: skip
    assert "| time of one call | 0 µs | 400.0 ms | – |" in text
    assert "must return or keep." in text
    assert "on 1 case." in text
    assert "No wrong variant could be planted" in text
    whole = dataclasses.replace(PROPOSAL, group="src/stats.py")
    assert "codeopt suggest --allow exact -- src/stats.py\n" in pull_request_body(whole, MARKER)


def test_a_whole_run() -> None:
    text = pull_request_body(dataclasses.replace(PROPOSAL, origin="run"), MARKER)
    assert "| time of one run | 500.0 ms |" in text
    assert "The peak is that of the whole process." in text
    assert (
        "codeopt suggest --allow exact -- src/stats.py\n```\n\nThe command to run is given with `--run`"
        in text
    )


@given(FOREIGN)
@example("x`" * 500)
@example("|")
def test_foreign_text_changes_nothing_of_a_bodys_shape(text: str) -> None:
    body = pull_request_body(with_foreign(text), MARKER)
    assert shape(body) == shape(pull_request_body(with_foreign("x"), MARKER))
    assert read_controls(body) == Controls()
    assert read_marker(body) == MARKER


@given(FOREIGN)
def test_outside_of_code_stands_nothing_foreign(text: str) -> None:
    """Mentions, references and commands are looked for in the text outside of code only."""
    body = pull_request_body(with_foreign(text), MARKER)
    without = re.sub(r"<code>[^<>]*</code>", "<code></code>", body)
    without = re.sub(r"(?ms)^(`{3,})console\n.*?^\1$", "", without)
    expected = pull_request_body(with_foreign("x"), MARKER)
    expected = re.sub(r"<code>[^<>]*</code>", "<code></code>", expected)
    assert without == re.sub(r"(?ms)^(`{3,})console\n.*?^\1$", "", expected)


@given(FOREIGN)
def test_code_in_a_line_shows_the_text(text: str) -> None:
    (inline,) = [token for token in markdown(f"a {code(text, 10_000)} b") if token.type == "inline"]
    first, opening, *middle, closing, last = inline.children or []
    assert (first.content, opening.content, closing.content, last.content) == (
        "a ",
        "<code>",
        "</code>",
        " b",
    )
    assert {token.type for token in middle} <= {"text", "text_special"}
    assert "".join(token.content for token in middle) == visible(text)
    assert html.unescape(code(text, 10_000)) == f"<code>{visible(text)}</code>"


@given(FOREIGN)
def test_a_block_shows_the_text(text: str) -> None:
    (block,) = markdown(fenced(text))
    shown = "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    assert (block.type, block.content) == ("fence", f"{shown}\n")


@given(st.text(), st.integers(1, 50))
def test_shortened(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    assert short == text or "…" in short
    assert visible(text).isprintable()


@given(FOREIGN)
def test_a_title_is_one_line(text: str) -> None:
    found = title(with_foreign(text))
    assert found.isprintable()
    assert len(found) <= 200
    assert "`" not in found


@given(FOREIGN)
def test_the_command_is_one_command(text: str) -> None:
    body = pull_request_body(with_foreign(text), MARKER)
    (block,) = [token for token in markdown(body) if token.type == "fence"]
    assert len(block.content.splitlines()) == 1
    words = shlex.split(block.content)
    assert words[:4] == ["codeopt", "suggest", "--allow", "exact"]
    assert words[-2] == "--"


def test_the_longest_body_fits() -> None:
    """Every name as long as a report may have it, of the characters that take most room."""
    path, function = "\U0001f000'" * 500, "\U00020000" * 400
    longest = dataclasses.replace(
        PROPOSAL,
        group=f"{path}::{function}",
        path=path,
        rules=("MEM123456789",) * 50,
        title="x" * 9_999,
    )
    marker = Marker(longest.group, longest.digest, SHA, SHA)
    body = pull_request_body(longest, marker)
    assert len(body) <= LONGEST_BODY
    assert "and 30 more" in body
    many = dataclasses.replace(longest, group=path, parts=(longest,) * 20)
    body = pull_request_body(many, Marker(many.group, many.digest, SHA, SHA))
    assert LONGEST_BODY / 2 < len(body) <= LONGEST_BODY
    assert body.count("### Proof") == int(re.findall(r"The figures of the first (\d+):", body)[0])
    assert read_controls(body) == Controls()


@given(FOREIGN)
def test_foreign_text_in_a_part_changes_nothing_of_a_bodys_shape(text: str) -> None:
    def several(name: str) -> str:
        return pull_request_body(dataclasses.replace(PROPOSAL, parts=(with_foreign(name), PROPOSAL)), MARKER)

    assert shape(several(text)) == shape(several("x"))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
HEX = st.text("0123456789abcdef", min_size=40, max_size=40)
MARKERS = st.builds(Marker, TEXTS.filter(bool), HEX, TEXTS, HEX | st.just(""))


@given(MARKERS, FOREIGN, FOREIGN)
@example(Marker("-->", "0" * 32, "--", ""), "", "")
@example(Marker('"}', "0" * 32, "\\", ""), "", "")
@example(Marker("a\n", "0" * 32, "main", ""), "", "")
def test_a_marker_comes_back_or_is_refused(marker: Marker, before: str, after: str) -> None:
    controls = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
    if controls.search(marker.group + marker.base):
        with pytest.raises(ValueError, match="no marker can be written"):
            write_marker(marker)
        return
    line = write_marker(marker)
    assert line.count("--") == 2
    assert line.isascii()
    assert "\n" not in line
    assert read_marker(line) == marker
    assert read_marker(f"{before}\r\n{line}\r\n{after}") == marker
    assert read_marker(f"{line}\n{line}") is None


def like_a_marker(**fields: object) -> str:
    whole = {"group": "g", "digest": "ab" * 16, "base": "", "head": "", **fields}
    return f"<!-- codeopt: {json.dumps({k: v for k, v in whole.items() if v is not None})} -->"


def test_what_is_like_a_marker_can_be_one() -> None:
    assert read_marker(like_a_marker()) == Marker("g", "ab" * 16, "", "")


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "no marker",
        "<!-- codeopt: {} -->",
        "<!-- codeopt: {",
        "<!-- codeopt: {\ud800} -->",
        "<!-- codeopt: {" + '"a":[' * 2_000 + "} -->",
        like_a_marker(group=1),
        like_a_marker(group=""),
        like_a_marker(group="g" * 1_501),
        like_a_marker(group="g" * 25_000),
        like_a_marker(group="a\nb"),
        like_a_marker(digest="zz" * 16),
        like_a_marker(digest="ab" * 16 + "\n"),
        like_a_marker(head="main"),
        like_a_marker(head=None),
        like_a_marker(more=1),
        "> " + write_marker(MARKER),
        write_marker(MARKER) + " x",
    ],
)
def test_what_does_not_parse_is_no_marker(body: str | None) -> None:
    assert read_marker(body) is None


@given(st.text() | st.text().map(lambda text: f"<!-- codeopt: {{{text}}} -->"))
def test_any_body_can_be_read(body: str) -> None:
    assert read_marker(body) is None

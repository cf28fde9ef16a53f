"""SARIF 2.1.0: findings with rule pages, fixes, fingerprints, and what was measured and proven."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from codeopt import __version__
from codeopt.edit import Span
from codeopt.report import sarif_log as log
from codeopt.report.remarks import FileFix, Related, Remark

_ROOT = "%SRCROOT%"


class RulePage(NamedTuple):
    """What is told about a rule: one line, and its whole page as plain text."""

    code: str
    name: str
    summary: str
    page: str
    level: str = "warning"
    trust: str = ""
    area: str = ""


def sarif_log(
    remarks: Sequence[Remark], pages: Mapping[str, RulePage], *, complete: bool, about: Mapping[str, Any]
) -> str:
    """One log with one run, as JSON.

    `pages` holds the page of every rule that a remark names; `complete`: the run came to its end; `about`
    is what else is known of it.
    """
    codes = sorted({remark.rule for remark in remarks})
    rules = tuple(_descriptor(pages[code]) for code in codes)
    run = log.Run(
        log.Tool(log.ToolComponent("codeopt", __version__, rules)),
        tuple(_result(remark, codes.index(remark.rule)) for remark in remarks),
        (log.Invocation(complete),),
        column_kind="unicodeCodePoints",
        newline_sequences=("\r\n", "\n", "\r"),
        properties=dict(about),
    )
    document = log.Log(version="2.1.0", runs=(run,), schema=log.SCHEMA)
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _descriptor(page: RulePage) -> log.ReportingDescriptor:
    tags = ["memory", "performance", *filter(None, [page.area])]
    properties = {
        "tags": tags,
        "problem.severity": page.level,
        **({"trust": page.trust} if page.trust else {}),
    }
    return log.ReportingDescriptor(
        page.code,
        "".join(word.capitalize() for word in page.name.split("-")),
        log.Message(_sentence(page.summary)),
        log.Message(_sentence(page.page.partition("\n")[0])),
        log.Message(page.page, _page_markdown(page.page)),
        log.Configuration(page.level),
        properties,
    )


def _sentence(text: str) -> str:
    first = text[:1].upper() + text[1:]
    return first if first.endswith(".") else f"{first}."


def _page_markdown(page: str) -> str:
    """A rule's page with its headings as such, and its two samples as code."""
    out: list[str] = []
    heading = ""
    for line in page.splitlines():
        if re.match(r"\S", line) and out:
            heading = line
            out += [f"### {line}", ""]
        else:
            code = heading in ("Example", "Use instead")
            out.append(line if code else line.strip())
    return "\n".join(out)


def _result(remark: Remark, index: int) -> log.Result:
    kind = "module" if remark.function == "<module>" else "function"
    named = (log.LogicalLocation(remark.function, kind),) if remark.function else ()
    cell = re.search(r":cell (\d+):(\d+)", remark.place)
    where = f"In cell {cell[1]}, line {cell[2]}: " if cell else ""
    return log.Result(
        remark.rule,
        index,
        remark.level,
        log.Message(where + remark.message),
        (log.Location(_physical(remark.path, remark.span), named),),
        tuple(_related(number, one) for number, one in enumerate(remark.related, 1)),
        {"primaryLocationLineHash": f"{remark.fingerprint}:1", "codeopt/v1": remark.fingerprint},
        (_fix(remark),) if remark.fix else (),
        {**remark.measured, **({"cell": int(cell[1]), "cell_line": int(cell[2])} if cell else {})},
    )


def _related(number: int, one: Related) -> log.Location:
    return log.Location(_physical(one.path, one.span), message=log.Message(one.message), id=number)


def _physical(path: str, span: Span) -> log.PhysicalLocation:
    return log.PhysicalLocation(_artifact(path), _region(span))


def _artifact(path: str) -> log.ArtifactLocation:
    if path.startswith("/"):
        return log.ArtifactLocation(f"file://{quote(path)}")
    return log.ArtifactLocation(quote(path), _ROOT)


def _region(span: Span) -> log.Region:
    return log.Region(span.line, span.column, span.end_line, span.end_column)


def _fix(remark: Remark) -> log.Fix:
    return log.Fix(log.Message(f"Rewrite as {remark.name} says."), tuple(map(_change, remark.fix)))


def _change(fix: FileFix) -> log.ArtifactChange:
    replacements = tuple(
        log.Replacement(_region(one.span), log.Message(one.text) if one.text else None)
        for one in fix.replacements
    )
    return log.ArtifactChange(_artifact(fix.path), replacements)

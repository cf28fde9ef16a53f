"""A JUnit report: a suite a file; findings fail, problems are errors, what was not proven is skipped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree as xml

from codeopt.report.remarks import Remark

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Skipped(NamedTuple):
    """What could not be judged, and why."""

    path: str
    line: int
    name: str
    reason: str


def junit_report(remarks: Sequence[Remark], seconds: float, skipped: Iterable[Skipped] = ()) -> str:
    """The report as XML; one passing case where there is nothing else to say."""
    root = xml.Element("testsuites", name="codeopt")
    cases: list[tuple[str, xml.Element]] = [(remark.path, _case(remark)) for remark in remarks]
    cases += [(one.path, _skipped_case(one)) for one in skipped]
    if not cases:
        cases = [("codeopt", xml.Element("testcase", classname="codeopt", name="nothing found", time="0"))]
    for path, group in groupby(sorted(cases, key=lambda case: case[0]), key=lambda case: case[0]):
        elements = [element for _, element in group]
        suite = xml.SubElement(root, "testsuite", {"name": _clean(path), **_counts(elements)})
        suite.extend(elements)
    for key, value in _counts([case for suite in root for case in suite]).items():
        root.set(key, value)
    root.set("time", f"{seconds:.3f}")
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _case(remark: Remark) -> xml.Element:
    case = _named(remark.path, f"{remark.rule} {remark.name}", remark.span.line, remark.function)
    kind = "error" if remark.level == "error" else "failure"
    found = xml.SubElement(case, kind, message=_clean(remark.message), type=remark.rule)
    found.text = _clean(f"{remark.place}: {remark.message}\n{remark.diff}")
    return case


def _skipped_case(one: Skipped) -> xml.Element:
    case = _named(one.path, one.name, one.line, "")
    xml.SubElement(case, "skipped", message=_clean(one.reason))
    return case


def _named(path: str, name: str, line: int, function: str) -> xml.Element:
    whole = f"{name} in {function}" if function else name
    return xml.Element(
        "testcase", classname=_clean(path), name=_clean(f"{whole} (line {line})"), file=_clean(path),
        line=str(line), time="0",
    )  # fmt: skip


def _counts(cases: Sequence[xml.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {key: str(sum(case.find(kind) is not None for case in cases)) for key, kind in kinds.items()}
    return {"tests": str(len(cases)), **counts}


def _clean(text: str) -> str:
    """The text without the characters that XML has no way to say."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

"""Workflow commands of GitHub Actions: each remark becomes an annotation beside the code.

The runner reads them from the log, so nothing else may stand on stdout. It shows ten warnings and ten errors
a step, which is why problems are errors and the remarks come in their order.
"""

from __future__ import annotations

from collections.abc import Iterable

from codeopt.report.remarks import Remark


def github_commands(remarks: Iterable[Remark]) -> str:
    """One line a remark."""
    return "".join(_command(remark) + "\n" for remark in remarks)


def _command(remark: Remark) -> str:
    span = remark.span
    properties = {"file": remark.path, "line": span.line, "endLine": span.end_line}
    # Columns are only understood within one line.
    if span.line == span.end_line and span.column:
        properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = f"{remark.rule} {remark.name}"
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    at = remark.place.removeprefix(remark.path)
    where = "" if not at.startswith(":cell") else f"{at[1:]}: "
    return f"::{remark.level} {told}::{_data(where + remark.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

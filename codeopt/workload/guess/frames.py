"""Tables of mixed columns for parameters that want one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codeopt.workload.guess.options import Option
from codeopt.workload.guess.reading import Parameter

_DESIGN = {
    "subject": "np.repeat(np.arange(n), 3)",
    "time": "np.tile(['t0', 't1', 't2'], n)",
    "group": "np.repeat(np.where(np.arange(n) % 2, 'a', 'b'), 3)",
    "kind": "np.where(rng.random(3 * n) < 0.5, 'u', 'v')",
    "x0": "rng.standard_normal(3 * n)",
    "x1": "rng.standard_normal(3 * n)",
    "x2": "rng.standard_normal(3 * n)",
    "y": "rng.integers(0, 2, 3 * n)",
}
"""Every subject is seen at three times and belongs to one group: what designs of studies ask for."""


def frame_text(extra: dict[str, str] | None = None) -> str:
    """A table of mixed columns, with further columns where they are asked for."""
    columns = {**_DESIGN, **(extra or {})}
    inside = ", ".join(f"{name!r}: {text}" for name, text in columns.items())
    return f"pd.DataFrame({{{inside}}})"


def frame_options(parameter: Parameter, family: str) -> Iterator[Option]:
    """Tables, or for `series` columns; the keys that the body asks for are columns."""
    if family == "series":
        yield Option("pd.Series(rng.standard_normal(n))", "series")
        yield Option("pd.Series(rng.integers(0, 3, n))", "series")
        yield Option(
            "pd.Series(rng.standard_normal(n), index=pd.date_range('2000', periods=n))",
            "series",
        )
        yield Option("pd.Series(np.where(np.arange(n) % 2, 'a', 'b'))", "series")
        return
    numbers = "pd.DataFrame(rng.standard_normal((n, 4)), columns=list('abcd'))"
    mixed = with_columns(parameter.usage.keys)
    if parameter.usage.keys:
        yield mixed
    yield Option(numbers, "frame")
    yield mixed
    yield Option("pd.DataFrame(rng.random((n, 4)) < 0.5, columns=list('abcd'))", "frame")
    yield Option("pd.DataFrame(rng.integers(0, 3, (n, 4)), columns=list('abcd'))", "frame")
    yield Option(
        "pd.DataFrame(rng.standard_normal((n, 4)), columns=list('abcd'), "
        "index=pd.date_range('2000', periods=n))",
        "frame",
    )


def with_columns(names: tuple[str, ...]) -> Option:
    """The table with these columns beside its own; its `entries` name them."""
    extra = {name: "rng.standard_normal(3 * n)" for name in names if name not in _DESIGN}
    return Option(frame_text(extra), "frame", entries=tuple((name, "") for name in names))


def columns(parameter: Parameter) -> list[str]:
    """Names of the table's columns, as source texts, that a parameter may ask for by its name."""
    name = parameter.name
    pools = (
        (r"within|time\w*", ["'time'", "['time']"]),
        (r"subject|\w*id", ["'subject'"]),
        (
            r"between|group\w*|by|cat\w*|hue",
            ["'group'", "['group', 'kind']", "['group']"],
        ),
        (r"dv|y|target|value\w*|outcome|scores?", ["'x0'", "'y'"]),
        (r"covar|x_covar|covariates?", ["'x1'", "['x1', 'x2']"]),
        (
            r"x|m|col\w*|feature\w*|var\w*|column",
            ["'x1'", "['x1', 'x2']", "['x1']", "'group'"],
        ),
        (r"raters?|targets|items", ["'time'", "'subject'"]),
    )
    return [text for pattern, texts in pools if re.fullmatch(pattern, name) for text in texts]

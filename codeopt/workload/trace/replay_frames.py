"""Frames, series and indexes of pandas from their nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from codeopt.workload.trace.replay_arrays import rng_of

if TYPE_CHECKING:
    from codeopt.workload.trace.replay import Replay

Node = Mapping[str, Any]


def _frame(replay: Replay, node: Node) -> Any:
    with replay.state():
        columns = replay.value(node["columns"])
    index = replay.value(node["index"])
    held = {i: _exact_dtype(replay.value(part), index) for i, part in enumerate(node["v"])}
    made = pd.DataFrame(held, index=index)
    made.columns = columns
    made.attrs.update(replay.value(node["attrs"]))
    return replay.know(node, made)


def _series(replay: Replay, node: Node) -> Any:
    made = _exact_dtype(replay.value(node["v"]), replay.value(node["index"]))
    made.name = _exact(replay, node["name"])
    made.attrs.update(replay.value(node["attrs"]))
    return replay.know(node, made)


def _exact_dtype(values: Any, index: Any) -> Any:
    """A series of just these values: no text is looked for among objects."""
    return pd.Series(values, index=index, dtype=values.dtype)


def _exact(replay: Replay, node: Any) -> Any:
    with replay.state():
        return replay.value(node)


def _index(replay: Replay, node: Node) -> Any:
    values = replay.value(node["v"])
    made = pd.Index(values, dtype=values.dtype, name=_exact(replay, node["name"]))
    if node.get("freq") and isinstance(made, pd.DatetimeIndex):
        made = pd.DatetimeIndex(made, freq=node["freq"])
    return replay.know(node, made)


def _rangeindex(replay: Replay, node: Node) -> Any:
    whole = range(*node["v"])
    some = range(whole.start, whole.start + whole.step * replay.length(len(whole)), whole.step)
    made = pd.RangeIndex(some.start, some.stop, some.step, name=_exact(replay, node["name"]))
    return replay.know(node, made)


def _multiindex(replay: Replay, node: Node) -> Any:
    with replay.state():
        levels = [replay.value(level) for level in node["levels"]]
        names = [replay.value(name) for name in node["names"]]
    codes = [replay.value(part) for part in node["codes"]]
    return replay.know(node, pd.MultiIndex(levels=levels, codes=codes, names=names))


def _texts(replay: Replay, node: Node) -> Any:
    if "few" in node:
        some = rng_of(replay, node).choice(np.array(node["few"], dtype=object), replay.length(node["length"]))
        values = some.tolist()
    else:
        values = [_exact(replay, item) for item in replay.items(node["v"])]
    if node["dtype"] == "object":
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made
    return pd.array(values, dtype=node["dtype"])


def _categorical(replay: Replay, node: Node) -> Any:
    with replay.state():
        categories = replay.value(node["categories"])
    return pd.Categorical.from_codes(replay.value(node["codes"]), categories, bool(node["ordered"]))


def _times(replay: Replay, node: Node) -> Any:
    stamps = pd.DatetimeIndex(replay.value(node["v"]).view(f"M8[{node['unit']}]"))
    return (stamps.tz_localize("UTC").tz_convert(node["zone"]) if node["zone"] else stamps).array


def _nullable(replay: Replay, node: Node) -> Any:
    data, mask = replay.value(node["data"]), replay.value(node["mask"])
    made = pd.array(data, dtype=node["dtype"])
    made[mask] = pd.NA
    return made


def _stamp(replay: Replay, node: Node) -> Any:
    if node["of"] == "Timedelta":
        return pd.Timedelta(node["v"], unit="ns").as_unit(node["unit"])
    return (
        pd.Timestamp(node["v"], unit="ns", tz="UTC" if node["zone"] else None)
        .tz_convert(node["zone"])
        .as_unit(node["unit"])
        if node["zone"]
        else pd.Timestamp(node["v"], unit="ns").as_unit(node["unit"])
    )


FRAMES: dict[str, Callable[[Replay, Node], Any]] = {
    "frame": _frame,
    "series": _series,
    "index": _index,
    "rangeindex": _rangeindex,
    "multiindex": _multiindex,
    "texts": _texts,
    "categorical": _categorical,
    "times": _times,
    "nullable": _nullable,
    "pandasdtype": lambda replay, node: pd.api.types.pandas_dtype(node["v"]),
    "missing": lambda replay, node: pd.NaT if node["v"] == "NaT" else pd.NA,
    "stamp": _stamp,
}

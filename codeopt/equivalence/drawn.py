"""Recording what a plot shows: figures of Matplotlib, and what stands in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.node import Node, type_name
from codeopt.plots import close_figures, data_of, drawn_in, open_figures

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder


def record_drawn(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The record of a figure or of something in one, by its data; None for anything else of Matplotlib's."""
    figures, artists = (sys.modules.get(f"matplotlib.{name}") for name in ("figure", "artist"))
    if figures is None or artists is None or not isinstance(value, artists.Artist):
        return None
    parts: tuple[tuple[str, Node], ...]
    if isinstance(value, figures.Figure):
        drawn = ((name, artist, f"{path}.{name}") for name, artist in drawn_in(value))
        parts = tuple((name, _record(recorder, artist, place)) for name, artist, place in drawn)
    elif value.get_figure() is not None:
        figure = recorder.record(value.get_figure(), f"{path}.figure")
        parts = ((".data", _record(recorder, value, path)), (".figure", figure))
    else:
        return None
    return Node("object", type_name(type(value)), (), None, parts)


def figures_node(recorder: Recorder) -> Node:
    """The figures that pyplot holds open, which are closed then: what functions draw that return nothing."""
    figures = enumerate(open_figures(), 1)
    parts = tuple((f"[{n}]", recorder.record(figure, f"figures[{n}]")) for n, figure in figures)
    close_figures()
    return Node("figures", "", (), None, parts)


def _record(recorder: Recorder, artist: Any, path: str) -> Node:
    if type(artist).__module__.startswith("mpl_toolkits."):
        # What stands in space has its data where only drawing finds it.
        return recorder.opaque(artist, path)
    return Node("object", type_name(type(artist)), (), None, tuple(_parts(recorder, artist, path)))


def _parts(recorder: Recorder, artist: Any, path: str) -> Iterator[tuple[str, Node]]:
    for name, found in data_of(artist):
        # Not the array itself: who shares its memory is not what a plot shows.
        kept = np.array(found) if isinstance(found, np.ndarray) else found
        yield f".{name}", recorder.record(recorder.keep(kept), f"{path}.{name}")

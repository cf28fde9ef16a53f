"""What a figure of Matplotlib shows, as data: numbers can be held against others, pixels cannot.

The objects themselves refer to one another by address, in ways that say nothing of what a reader sees.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

_KINDS = ("lines", "collections", "images", "patches", "texts")
_DATA = ("xydata", "offsets", "array", "verts", "text", "title", "xlabel", "ylabel")
_LOOKS = (
    "label", "visible", "alpha", "color", "facecolor", "edgecolor", "linewidth", "linestyle", "marker",
    "clim", "extent", "xlim", "ylim", "xscale", "yscale",
)  # fmt: skip


def open_figures() -> list[Any]:
    """The figures that pyplot holds open, by their numbers."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return [pyplot.figure(number) for number in pyplot.get_fignums()] if pyplot is not None else []


def close_figures() -> None:
    """Let pyplot forget all figures, so that the next call is not held against what this one drew."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def drawn_in(figure: Any) -> Iterator[tuple[str, Any]]:
    """Everything with data in a figure, with a name: its axes, and what they hold."""
    for number, axes in enumerate(figure.axes):
        yield f"axes[{number}]", axes
        for kind in _KINDS:
            for place, artist in enumerate(getattr(axes, kind)):
                yield f"axes[{number}].{kind}[{place}]", artist
        legend = axes.get_legend()
        for place, text in enumerate(legend.get_texts() if legend is not None else ()):
            yield f"axes[{number}].legend[{place}]", text
    for place, text in enumerate(figure.texts):
        yield f"texts[{place}]", text


def data_of(artist: Any, *, looks: bool = True) -> Iterator[tuple[str, Any]]:
    """What one of them shows, by name: its numbers and words, and with `looks` how."""
    for name in (*_DATA, *(_LOOKS if looks else ())):
        ask = getattr(artist, f"get_{name}", None)
        # Some mean something else by one of these names, and some want to be drawn first.
        with contextlib.suppress(TypeError, AttributeError, ValueError, RuntimeError, NotImplementedError):
            if ask is not None:
                yield name, ask()
    if hasattr(artist, "get_paths"):
        yield "paths", [path.vertices for path in artist.get_paths()]

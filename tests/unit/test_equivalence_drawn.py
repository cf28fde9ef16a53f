"""Plots are held against each other by what they show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codeopt.equivalence.drawn import figures_node
from codeopt.equivalence.node import Node
from codeopt.equivalence.snapshot import Recorder
from codeopt.plots import close_figures
from codeopt.workload.guess.effect import effect_of_figures

pyplot = pytest.importorskip("matplotlib.pyplot")


def plotted(scale: float = 1.0, title: str = "a") -> dict[str, Any]:
    pyplot.switch_backend("agg")
    figure, (left, right) = pyplot.subplots(1, 2)
    left.plot(np.arange(5.0) * scale, label="line")
    left.legend()
    right.imshow(np.arange(16.0).reshape(4, 4) * scale)
    right.set_title(title)
    return {"figure": figure, "axes": np.array([left, right]), "lines": left.lines}


def recorded(value: object) -> tuple[Node, list[str]]:
    recorder = Recorder()
    node = recorder.record(value, "value")
    pyplot.close("all")
    return node, recorder.opaque_paths


def test_what_looks_the_same_and_has_the_same_data_is_the_same() -> None:
    node, opaque = recorded(plotted())
    assert (recorded(plotted())[0], opaque) == (node, [])


def test_figures_that_nothing_returns_are_seen() -> None:
    def seen(scale: float) -> Node:
        plotted(scale)
        return figures_node(Recorder())

    assert seen(1.0) == seen(1.0)
    assert seen(1.0) != seen(1 + 1e-12)
    assert figures_node(Recorder()).children == ()


def test_the_digest_of_what_was_drawn_is_by_its_data() -> None:
    def digest(scale: float) -> str:
        plotted(scale)
        found = effect_of_figures()
        close_figures()
        return found

    assert digest(1.0) == digest(1.0) != digest(2.0)
    assert effect_of_figures() == ""


def test_plots_in_space_are_not_looked_into() -> None:
    pyplot.switch_backend("agg")
    axes = pyplot.figure().add_subplot(projection="3d")
    axes.plot([1], [2], [3])
    assert recorded(axes)[1]


@pytest.mark.parametrize("other", [{"scale": 1 + 1e-12}, {"scale": 2.0}, {"title": "b"}])
@pytest.mark.parametrize("part", ["figure", "axes"])
def test_other_data_and_another_picture_are_not(other: dict[str, Any], part: str) -> None:
    assert recorded(plotted(**other)[part])[0] != recorded(plotted()[part])[0]

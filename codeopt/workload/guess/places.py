"""Tables of shapes on a map, for parameters that want one (GeoPandas)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codeopt.workload.guess.options import Option
from codeopt.workload.guess.reading import Parameter

_ASKED = {"crs", "sindex", "total_bounds", "to_crs", "estimate_utm_crs", "geom_type", "geometry", "centroid"}
_SAID = re.compile(r"Geo(DataFrame|Series)")
_POINTS = "geopandas.points_from_xy(9000 * rng.random(n), 9000 * rng.random(n), crs='EPSG:32616')"
_COLUMNS = "{'a': rng.random(n), 'b': rng.integers(0, 9, n)}"


def place_options(parameter: Parameter) -> Iterator[Option]:
    """Tables of areas and of points, and series of them, where the body or the text asks for one."""
    said = _SAID.search(f"{parameter.annotation} {parameter.doc}")
    if said or parameter.usage.attributes & _ASKED:
        yield from _tables(is_series=said is not None and said[1] == "Series")


def places_hinted(message: str, now: Option) -> Iterator[Option]:
    """The same where an attribute of theirs was missed in another table."""
    missed = re.findall(r"has no attribute '(\w+)'", message)
    if now.kind in ("frame", "series", "array") and not _ASKED.isdisjoint(missed):
        yield from _tables(is_series=now.kind == "series")


def _tables(*, is_series: bool) -> Iterator[Option]:
    for shapes in (f"{_POINTS}.buffer(900)", _POINTS):
        table = Option(f"geopandas.GeoDataFrame({_COLUMNS}, geometry={shapes})", "places")
        series = Option(f"geopandas.GeoSeries({shapes})", "places")
        yield from (series, table) if is_series else (table, series)

"""Tables of shapes on a map."""

from __future__ import annotations

import pytest

from codeopt.workload.guess.options import Option, imports_of
from codeopt.workload.guess.places import place_options, places_hinted
from codeopt.workload.guess.reading import Parameter, Usage

TABLE, SERIES = "geopandas.GeoDataFrame(", "geopandas.GeoSeries("


@pytest.mark.parametrize(
    ("parameter", "first"),
    [(Parameter("areas", usage=Usage(attributes=frozenset({"crs"}))), TABLE),
     (Parameter("areas", annotation="gpd.GeoDataFrame"), TABLE),
     (Parameter("areas", doc="geopandas.GeoSeries\n    What lies where."), SERIES),
     (Parameter("table", usage=Usage(attributes=frozenset({"columns", "mean"}))), "")],
)  # fmt: skip
def test_who_asks_for_places_gets_them(parameter: Parameter, first: str) -> None:
    texts = [option.text for option in place_options(parameter)]
    assert [text.startswith(first) for text in texts[:1]] == ([True] if first else [])
    assert all("import geopandas" in imports_of(text) for text in texts)


def test_an_attribute_that_a_table_lacks_asks_for_places() -> None:
    frame = Option("pd.DataFrame({})", "frame")
    found = list(places_hinted("'DataFrame' object has no attribute 'total_bounds'", frame))
    assert found[0].text.startswith(TABLE)
    assert not list(places_hinted("'DataFrame' object has no attribute 'fit'", frame))
    assert not list(places_hinted("'Thing' object has no attribute 'crs'", Option("Thing()", "object")))

"""What if other areas counted as neighbours."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from riskindex.areas.neighbours import Neighbours, neighbour_matrix
from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.selection import Selection, select_top
from riskindex.uncertainty.other_choices import KINDS, ListMade
from riskindex.uncertainty.repeats import Data

ROW, COLUMN = np.divmod(np.arange(144), 12)
CODES = pd.Index([f"E{k:03}" for k in range(144)], name="area_code")
TEN = Selection(number=10)


def made_with(options, **changes):
    left, bottom = 700.0 * COLUMN, 700.0 * ROW
    areas = gpd.GeoDataFrame(
        {"residents": np.full(144, 1500.0)},
        geometry=shapely.box(left, bottom, left + 700, bottom + 700),
        index=CODES,
        crs=27700,
    )
    rng = np.random.default_rng(4)
    risk = np.where(abs(ROW - COLUMN) <= 1, 2.2, 1.0)
    counts = pd.DataFrame({("f", "all", "2024"): rng.poisson(8 * risk)}, index=CODES)
    counts.columns = counts.columns.set_names(["factor", "group", "period"])
    given = {
        "name": "f",
        "label": "Crimes",
        "source": "s",
        "method": "window",
        "score": "confidence",
    }
    factor = Factor(**given | changes, periods=["2024"], exposure="residents")
    counts, weights = counts.astype("Int64"), neighbour_matrix(areas, options=options)
    found = find_hotspots(counts, areas, pd.DataFrame(index=CODES), weights, [factor])
    lasting = classify_persistence(found.table, found.pooled, [factor])
    scores = score_factors(found.table, lasting, [factor], options=Index())
    return ListMade(
        data=Data(counts, areas, weights),
        hotspots=found.table,
        pooled=found.pooled,
        persistence=lasting,
        scores=scores,
        chosen=select_top(build_index(scores, options=Index()), selection=TEN),
        factors=[factor],
        index=Index(),
        selection=TEN,
    )


def test_other_neighbours_are_tried_and_those_of_the_run_are_not():
    words = [other.words for other in KINDS["neighbours"](made_with(Neighbours()))]
    # Centres within 1 km are here those of areas that touch.
    assert len(words) == 3
    assert "Neighbours: areas that share a border or a corner" not in words


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("Neighbours: areas that share a border", Neighbours(method="rook")),
        ("Neighbours: the 6 nearest areas", Neighbours(method="nearest", k=6)),
    ],
)
def test_the_list_is_that_of_a_run_with_those_neighbours(words, options):
    made = made_with(Neighbours(), neighbourhood="score")
    others = {other.words: other for other in KINDS["neighbours"](made)}
    found = others[words].select().index.tolist()
    assert found == made_with(options, neighbourhood="score").chosen.index.tolist()


def test_an_areas_own_risk_has_no_neighbours():
    for changes in ({"method": "poisson"}, {"score": "risk"}):
        assert list(KINDS["neighbours"](made_with(Neighbours(), **changes))) == []

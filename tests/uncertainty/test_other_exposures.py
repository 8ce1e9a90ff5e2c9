"""What if events were expected from another base: of residents, or of those there by day."""

import numpy as np
import pandas as pd
import pytest
from counted_county import AREAS, NEAR, county
from tables import factor

from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.selection import Selection, select_top
from riskindex.uncertainty.other_choices import KINDS, ListMade
from riskindex.uncertainty.repeats import Data

TEN = Selection(number=10)
YEARS = ("2021", "2022")


def made_with(bases=("residents", "by_day"), **options):
    wanted = factor(**{"method": "window", "exposure": "residents", **options})
    data = county([wanted], mean=4.0)
    areas = data.areas.copy()
    rng = np.random.default_rng(2)
    areas["by_day"] = areas["residents"] * rng.lognormal(0, 0.8, len(areas))
    areas["clubs"] = np.where(np.arange(len(areas)) % 5, 0.0, 1.0)
    areas["communal_residents"] = 10.0
    data = Data(data.counts, areas, NEAR)
    found = find_hotspots(data.counts, areas, pd.DataFrame(index=AREAS), NEAR, [wanted])
    lasting = classify_persistence(found.table, found.pooled, [wanted])
    scores = score_factors(found.table, lasting, [wanted], options=Index(), neighbours=NEAR)
    return ListMade(
        data=data,
        hotspots=found.table,
        pooled=found.pooled,
        persistence=lasting,
        scores=scores,
        chosen=select_top(build_index(scores), selection=TEN),
        factors=[wanted],
        index=Index(),
        selection=TEN,
        bases=bases,
    )


def others(made):
    return {other.words: other for other in KINDS["exposures"](made)}


@pytest.mark.parametrize(
    "options",
    [
        {"score": "risk"},
        {"score": "risk", "periods": YEARS},
        {"score": "risk", "estimate": "rank", "prior": "spatial"},
        {"score": "confidence", "neighbourhood": "score"},
        {"score": "confidence", "method": "poisson"},
        {"score": "persistence", "periods": YEARS, "neighbourhood": "score"},
    ],
)
def test_the_list_is_that_of_a_run_with_that_base(options):
    found = others(made_with(**options))["Events expected from by day"].select()
    asked = made_with(exposure="by_day", **options).chosen
    assert found.index.tolist() == asked.index.tolist()
    np.testing.assert_allclose(found.table["score"], asked.table["score"])


def test_a_base_changes_the_list():
    made = made_with(score="risk")
    found = others(made)["Events expected from by day"].select()
    assert 0 < len(set(found.index) - set(made.chosen.index)) < 10


def test_the_base_of_the_run_and_what_is_no_base_for_most_areas_are_not_tried():
    bases = ("residents", "by_day", "clubs", "communal_residents")
    assert list(others(made_with(bases, score="risk"))) == ["Events expected from by day"]
    assert not others(made_with(bases, method="getis-ord", exposure=None))

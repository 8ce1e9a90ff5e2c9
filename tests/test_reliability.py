import io

import pandas as pd
import pytest
from reliability import one_county, reliability

from riskindex.outputs.pages import asset


def test_one_county_is_about_as_reliable_as_it_says():
    """A small case of the long one below: sums agree, and what is sure happens."""
    areas = one_county(1, draws=40)
    assert areas["p"].sum() == pytest.approx(areas["again"].sum(), rel=0.1)
    sure = areas[areas["p"] > 0.9]
    assert len(sure) > 15
    assert sure["again"].mean() > 0.85


@pytest.mark.long
def test_the_probability_of_selection_is_calibrated_over_sixty_counties():
    table = reliability(pd.concat([one_county(seed) for seed in range(1, 61)]))
    print(table.round(3))
    enough = table[table["areas"] >= 200]
    assert len(enough) == 5
    assert (enough["p"] - enough["again"]).abs().max() <= 0.07
    told = pd.read_csv(io.StringIO(asset("reliability.csv")))  # what the report draws
    assert (told["again"] - enough["again"].to_numpy()).abs().max() <= 0.03

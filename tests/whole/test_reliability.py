import io

import numpy as np
import pandas as pd
import pytest
from reliability import by_risk, one_county, planted_found, preset, reliability

from riskindex.outputs.pages import asset


def test_one_county_is_about_as_reliable_as_it_says():
    """A small case of the long one below: sums agree, and what is sure happens."""
    areas = one_county(1, draws=40)
    assert areas["p"].sum() == pytest.approx(areas["again"].sum(), rel=0.1)
    sure = areas[areas["p"] > 0.9]
    assert len(sure) > 15
    assert sure["again"].mean() > 0.85


def test_a_list_by_risk_finds_more_of_what_is_planted_than_a_list_by_bands():
    """A small case of the long one below."""
    bands, risks = np.mean(
        [planted_found(seed, [preset(), by_risk(preset())]) for seed in (5,)], axis=0
    )
    assert risks >= 1.1 * bands


@pytest.mark.long
def test_a_list_by_risk_finds_a_tenth_more_of_what_is_planted_over_sixty_counties():
    configs = [preset(), by_risk(preset())]
    bands, risks = np.mean([planted_found(seed, configs) for seed in range(1, 61)], axis=0)
    print(f"recall at ratio 3: bands {bands:.3f}, risks {risks:.3f}")
    assert risks >= 1.1 * bands


@pytest.mark.long
def test_the_probability_of_selection_by_risk_is_calibrated_over_sixty_counties():
    config = by_risk(preset())
    table = reliability(pd.concat([one_county(seed, config=config) for seed in range(1, 61)]))
    print(table.round(3))
    assert (table["areas"] >= 200).all()
    assert len(table) == 5
    assert (table["p"] - table["again"]).abs().max() <= 0.07


@pytest.mark.long
def test_the_probability_of_selection_is_calibrated_over_sixty_counties():
    table = reliability(pd.concat([one_county(seed) for seed in range(1, 61)]))
    print(table.round(3))
    enough = table[table["areas"] >= 200]
    assert len(enough) == 5
    assert (enough["p"] - enough["again"]).abs().max() <= 0.07
    drawn = pd.read_csv(io.StringIO(asset("reliability.csv")))  # what the report draws
    assert (drawn["again"] - enough["again"].to_numpy()).abs().max() <= 0.03

import numpy as np
import pandas as pd
import pytest
from published_indices import (
    DEPRIVATION_2025,
    LOCALITY_RATES,
    SVI_2022,
    indices_of_deprivation,
    social_vulnerability,
    vulnerable_localities,
)

from riskindex.errors import DataError


@pytest.fixture(scope="module")
def deprivation(shared):
    return pd.read_csv(
        shared / "data" / "deprivation" / "imd2025_england_lsoa21.csv.gz", index_col="lsoa21_code"
    )


def domain_ranks(deprivation):
    words = {name: name.capitalize() for name in DEPRIVATION_2025}
    words["housing_and_services"] = "Housing_and_Services"
    return pd.DataFrame({name: deprivation[f"{word}_rank"] for name, word in words.items()})


def test_the_index_of_deprivation_is_reproduced_for_every_area_of_england(deprivation):
    found = indices_of_deprivation(domain_ranks(deprivation))
    assert len(found) == 33_755
    assert (found["rank"] == deprivation["IMD_rank"]).all()
    np.testing.assert_allclose(found["score"], deprivation["IMD_score"], rtol=0, atol=0.0006)


def test_it_takes_the_weights_as_given(deprivation):
    """Divided by their sum, .999, they would move the scores, though not by enough to see ranks."""
    found = indices_of_deprivation(domain_ranks(deprivation))
    moved = (found["score"] / 0.999 - deprivation["IMD_score"]).abs()
    assert moved.max() > 0.05


def test_the_order_of_the_areas_does_not_matter(deprivation):
    ranks = domain_ranks(deprivation.head(500)).rank()
    found = indices_of_deprivation(ranks)
    again = indices_of_deprivation(ranks.iloc[::-1])
    pd.testing.assert_frame_equal(found, again.iloc[::-1])


@pytest.fixture(scope="module")
def counties(oracles):
    return pd.read_csv(oracles / "index" / "cdc_svi2022_pa_counties.csv", index_col="FIPS")


@pytest.fixture(scope="module")
def vulnerability(counties):
    names = [name for names in SVI_2022.values() for name in names]
    return social_vulnerability(counties[[f"EP_{n}" for n in names]].set_axis(names, axis=1))


def test_every_rank_of_the_social_vulnerability_index_is_exact(counties, vulnerability):
    for names in SVI_2022.values():
        for name in names:
            np.testing.assert_array_equal(vulnerability[name], counties[f"EPL_{name}"])


def test_every_theme_of_the_social_vulnerability_index_is_exact(counties, vulnerability):
    for number, theme in enumerate(SVI_2022, start=1):
        expected = counties[[f"SPL_THEME{number}", f"RPL_THEME{number}", f"F_THEME{number}"]]
        found = vulnerability[[f"{theme}_sum", theme, f"{theme}_flags"]]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_the_social_vulnerability_index_as_a_whole_is_exact(counties, vulnerability):
    expected = counties[["SPL_THEMES", "RPL_THEMES", "F_TOTAL"]]
    found = vulnerability[["sum", "overall", "flags"]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def rates(**changes):
    table = pd.DataFrame({name: [2.0, 2.0, 2.0, 2.0] for name in LOCALITY_RATES}, list("abcd"))
    return table.assign(**changes).rename_axis("area_code")


def test_the_average_locality_has_100():
    found = vulnerable_localities(rates())
    assert found["score"].tolist() == [100] * 4
    assert not found["is_priority"].any()


def test_twice_the_average_is_a_priority():
    high = {name: [8.0, 0.0, 0.0, 0.0] for name in LOCALITY_RATES[:2]}
    found = vulnerable_localities(rates(**high))
    assert found["score"].tolist() == [200, *[pytest.approx(200 / 3)] * 3]
    assert found["is_priority"].tolist() == [True, False, False, False]


def test_a_missing_rate_is_refused_by_name():
    with pytest.raises(DataError, match="young: 1 areas have no value"):
        vulnerable_localities(rates(young=[1, np.nan, 1, 1]))

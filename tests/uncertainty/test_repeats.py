import numpy as np
import pandas as pd
import pytest
from counted_county import AREAS, CLUSTER, NEAR, county, scored
from tables import factor

from riskindex.factors import EventGroup
from riskindex.hotspots.find import find_hotspots
from riskindex.uncertainty.repeats import Repeater, fixed, stacked

YEARS = ("2021", "2022")


def as_counted(data, wanted):
    """What a repeat that counts exactly the same again scores."""
    repeater = Repeater.of(wanted, data, "gamma")
    groups = [group.label for group in wanted.groups]
    counts = [
        np.nan_to_num(data.counts[wanted.name][[(g, p) for g in groups]].to_numpy(float))
        for p in wanted.periods
    ]
    return repeater._scored(np.array(counts)[:, None])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"score": "flag"},
        {"score": "intensity", "normalise": "min-max"},
        {"score": "persistence", "periods": YEARS},
        {"neighbourhood": "half"},
        {"score": "flag", "neighbourhood": "half"},
        {"score": "persistence", "neighbourhood": "half", "periods": YEARS},
        {"method": "window", "exposure": "residents"},
        {"neighbourhood": "score"},
        {"score": "persistence", "persistence": "counted", "periods": YEARS},
    ],
)
def test_counting_the_same_again_scores_the_same_again(options):
    wanted = factor(**options)
    data = county([wanted])
    table = scored(data, [wanted])
    found = as_counted(data, wanted)
    np.testing.assert_allclose(found.score[0], table["score"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.intensity[0], table["intensity"], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found.is_hot[0], table["is_hot"])
    assert found.is_hot.any()


@pytest.mark.parametrize("background", ["county", "local"])
def test_windows_are_tested_against_the_background_that_is_configured(background):
    geopandas = pytest.importorskip("geopandas")
    wanted = factor(method="window", exposure="residents", background=background, score="flag")
    data = county([wanted], mean=2.0)
    row, column = np.divmod(np.arange(len(AREAS)), 20)
    points = geopandas.points_from_xy(1000 * column, 1000 * row, crs="EPSG:27700")
    data = data._replace(areas=geopandas.GeoDataFrame(data.areas, geometry=points))
    found = find_hotspots(data.counts, data.areas, pd.DataFrame(), NEAR, [wanted])
    expected = found.table["is_hot"].to_numpy(bool)
    assert expected.any()
    assert (as_counted(data, wanted).is_hot[0] != expected).sum() <= 1


@pytest.mark.parametrize("background", ["county", "local"])
@pytest.mark.parametrize("groups", [1, 3])
def test_counting_the_same_again_gives_the_same_risk(background, groups):
    geopandas = pytest.importorskip("geopandas")
    weighted = tuple(EventGroup(label=f"g{k}", source="s", weight=k + 1) for k in range(groups))
    wanted = factor(
        method="window",
        exposure="residents",
        background=background,
        score="risk",
        periods=YEARS,
        event_groups=weighted,
    )
    data = county([wanted], mean=2.0)
    data.counts.iloc[3, 0] = pd.NA
    row, column = np.divmod(np.arange(len(AREAS)), 20)
    points = geopandas.points_from_xy(1000 * column, 1000 * row, crs="EPSG:27700")
    data = data._replace(areas=geopandas.GeoDataFrame(data.areas, geometry=points))
    table, found = scored(data, [wanted]), as_counted(data, wanted)
    np.testing.assert_allclose(found.value[0], table["value"], rtol=1e-9)
    np.testing.assert_allclose(found.score[0], table["score"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.intensity[0], table["intensity"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "estimate",
    [{"estimate": "exceedance"}, {"estimate": "rank"}, {"estimate": "rank", "prior": "spatial"}],
)
def test_what_is_told_of_a_risk_is_the_same_where_the_same_is_counted(estimate):
    wanted = factor(method="window", exposure="residents", score="risk", periods=YEARS, **estimate)
    data = county([wanted], mean=2.0)
    data.counts.iloc[3, 0] = pd.NA
    table, found = scored(data, [wanted]), as_counted(data, wanted)
    np.testing.assert_allclose(found.value[0], table["value"], rtol=1e-6)
    np.testing.assert_allclose(found.score[0], table["score"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.intensity[0], table["intensity"], rtol=1e-9, atol=1e-9)


def test_some_repeats_are_taken_out_of_many():
    wanted = factor()
    drawn = Repeater.of(wanted, county([wanted]), "gamma").draw(np.random.default_rng(1), 4)
    np.testing.assert_array_equal(drawn.at(np.array([2, 2])).value[1], drawn.value[2])


def test_areas_that_a_source_does_not_cover_stay_not_assessed():
    wanted = factor(score="persistence", periods=YEARS)
    data = county([wanted])
    data.counts.iloc[:3, :] = pd.NA
    data.counts.iloc[3, 0] = pd.NA
    table = scored(data, [wanted])
    assert table["score"].isna().sum() == 4
    found = as_counted(data, wanted)
    np.testing.assert_allclose(found.score[0], table["score"], rtol=1e-9, atol=1e-9)
    drawn = Repeater.of(wanted, data, "spatial").draw(np.random.default_rng(1), 6)
    np.testing.assert_array_equal(np.isnan(drawn.score), np.tile(table["score"].isna(), (6, 1)))


def test_a_cluster_is_mostly_found_again_and_the_rest_mostly_not():
    wanted = factor(score="flag", neighbourhood="score")
    drawn = Repeater.of(wanted, county([wanted], mean=4.0), "spatial").draw(
        np.random.default_rng(1), 60
    )
    again = drawn.is_hot.mean(axis=0)
    assert again[CLUSTER].mean() > 0.6
    assert again[~CLUSTER].mean() < 0.1


def test_a_table_is_not_drawn_again():
    wanted = factor(method="threshold", score="threshold", threshold=0.25)
    index = pd.MultiIndex.from_product([["suspects"], ["a", "b"]], names=["factor", "area_code"])
    table = pd.DataFrame(
        {
            "score": [0.0, 100.0],
            "value": [0.1, 0.3],
            "intensity": [0.0, 100.0],
            "is_hot": [False, True],
        },
        index=index,
    )
    fixed_risks = fixed(table, wanted)
    several = stacked([fixed_risks, fixed_risks], 3)
    assert several.score.shape == (3, 2, 2)
    assert several.score[2].tolist() == [[0, 0], [100, 100]]


def test_weighted_groups_have_risks_of_their_own():
    from riskindex.factors import EventGroup

    groups = (
        EventGroup(label="asb", source="asb"),
        EventGroup(label="fire", source="fire", weight=5),
    )
    wanted = factor(source=None, event_groups=groups)
    repeater = Repeater.of(wanted, county([wanted]), "spatial")
    assert len(repeater.risks) == 2
    assert repeater.draw(np.random.default_rng(1), 3).score.shape == (3, len(AREAS))

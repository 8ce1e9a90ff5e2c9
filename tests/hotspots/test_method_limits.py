import numpy as np
import pandas as pd
import pytest
from small_maps import lattice

from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.method_limits import method_notes

CODES = pd.Index([f"E{k:03}" for k in range(144)], name="area_code")


def found_of(counts, method, residents=None, **options):
    areas = pd.DataFrame(
        {
            "name": [f"Area {k}" for k in range(144)],
            "residents": np.full(144, 1500.0) if residents is None else residents,
        },
        index=CODES,
    )
    table = pd.DataFrame({("f", "all", "2024"): np.asarray(counts)}, index=CODES).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    factor = Factor(
        name="f",
        label="Crimes",
        source="s",
        method=method,
        score="confidence",
        periods=["2024"],
        exposure="residents",
        **options,
    )
    found = find_hotspots(table, areas, pd.DataFrame(index=CODES), lattice(12, 12), [factor])
    return found, method_notes(found, areas, [factor])


def spiked(others):
    counts = np.zeros(144, int)
    counts[np.random.default_rng(3).choice(np.arange(143), others, replace=False)] = 1
    counts[143] = 300
    return counts


@pytest.mark.parametrize("method", ["poisson", "window"])
@pytest.mark.parametrize("others", [20, 80])
def test_with_one_extreme_area_it_alone_is_hot_and_the_note_names_it(method, others):
    found, notes = found_of(spiked(others), method)
    assert found.table.index[found.table["is_hot"]].get_level_values(2).tolist() == ["E143"]
    about = found.tests.loc[("f", "2024")]
    assert about["left_out"] == 1
    assert about["dispersion"] < 0.6 < 50 < about["dispersion_of_all"]
    expected = (300 + others) / 144
    assert notes == (
        f"Crimes in 2024: one area, Area 143 (E143): 300 where {expected:.1f} were expected, makes "
        f"the dispersion {about['dispersion_of_all']:.3g}; without it {about['dispersion']:.3g}, "
        "which the tests take.",
    )


def test_a_base_that_cannot_be_that_of_a_count_is_named():
    counts, residents = np.full(144, 10), np.full(144, 1500.0)
    counts[70], residents[70] = 240, 12
    found, notes = found_of(counts, "window", residents)
    hot = found.table[found.table["is_hot"]]
    assert (hot["observed"] > hot["expected"]).all()
    assert "whose base of 12 cannot be that of this count" in notes[0]


@pytest.mark.parametrize("dispersion", [264.0, "pair-ratio", "moments"])
def test_an_area_below_its_expectation_is_not_hot_by_itself(dispersion):
    found, _ = found_of(spiked(80), "poisson", dispersion=dispersion)
    below = found.table["observed"] <= found.table["expected"]
    assert not found.table.loc[below, "is_hot"].any()
    assert (found.table.loc[below, "confidence"] == 0).all()


def test_nothing_is_said_of_counts_that_vary_alike():
    found, notes = found_of(np.random.default_rng(4).poisson(5, 144), "window")
    assert notes == ()
    assert found.extremes.empty


def gi_notes(mean, spread):
    rng = np.random.default_rng(6)
    residents = np.round(1500 * np.clip(rng.normal(1, spread, 144), 0.3, 3))
    counts = rng.poisson(mean * residents / residents.mean())
    areas = pd.DataFrame({"residents": residents}, index=CODES)
    table = pd.DataFrame({("f", "all", "2024"): counts}, index=CODES).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    factor = Factor(
        name="f", label="Crimes", source="s", method="getis-ord", score="flag", periods=["2024"]
    )
    found = find_hotspots(table, areas, pd.DataFrame(index=CODES), lattice(12, 12), [factor])
    return method_notes(found, areas, [factor], weights=lattice(12, 12))


def test_gi_star_is_told_with_its_limits_where_they_apply():
    (note,) = gi_notes(30, 0.3)
    assert "10 to 16% of maps without a hotspot" in note
    assert "Against residents, by window, 0 areas are hot" in note
    assert gi_notes(5, 0.3) == gi_notes(30, 0.05) == ()


def test_a_heavier_tail_is_told_with_the_alarms_that_stay():
    rng = np.random.default_rng(8)
    found, notes = found_of(rng.poisson(40 * rng.lognormal(-0.35, 0.83, 144)), "window")
    about = found.tests.loc[("f", "2024")]
    assert "raised from" in about["null"]
    (note,) = (note for note in notes if "heavier tail than the tests assume" in note)
    assert "Crimes (" in note
    assert f"raised from {about['dispersion'] / 1.5:.3g})" in note
    assert "4 to 15% by the area itself" in note

"""Which factors go together, and with whom: rank correlations, and what is said of them."""

from dataclasses import replace

import pandas as pd
import pytest
from scipy import stats

from riskindex.factors import Factor, Share, reported_shares
from riskindex.index.diagnostics import (
    compose,
    correlate,
    shares_of,
    strong_pairs,
    warn_of_correlations,
    warn_of_directions,
)

AREAS = pd.Index(list("abcde"), name="area_code")


def factor(name):
    return Factor(
        name=name,
        label=name.upper(),
        source="s",
        numerator="n",
        denominator="d",
        method="value",
        score="value",
    )


def hotspots(**values):
    parts = {(name, ""): pd.DataFrame({"value": v}, index=AREAS) for name, v in values.items()}
    return pd.concat(parts, names=["factor", "period"])


TABLE = hotspots(one=[1.0, 2, 3, 4, 5], two=[1.0, 2, 3, 5, 4], flat=[1.0] * 5)
OLD = pd.DataFrame({"old": [0.5, 0.4, 0.3, 0.2, 0.25]}, index=AREAS)
FACTORS = [factor(name) for name in ("one", "two", "flat")]


def test_correlations_are_spearmans():
    found = correlate(TABLE, OLD, FACTORS)
    expected = stats.spearmanr([1, 2, 3, 5, 4], OLD["old"]).statistic
    assert found.loc["two", ("share", "old")] == pytest.approx(expected)
    assert found.loc["one", ("factor", "one")] == pytest.approx(1)


def test_a_factor_that_never_varies_has_none():
    assert correlate(TABLE, OLD, FACTORS).loc["flat"].isna().all()


def test_missing_areas_are_left_out_of_a_pair():
    gaps = OLD.assign(old=[0.5, None, 0.3, 0.2, 0.25])
    found = correlate(TABLE, gaps, FACTORS).loc["one", ("share", "old")]
    assert found == pytest.approx(stats.spearmanr([1, 3, 4, 5], [0.5, 0.3, 0.2, 0.25]).statistic)


def test_strong_pairs_are_told_once_and_weak_ones_not():
    warnings = warn_of_correlations(correlate(TABLE, OLD, FACTORS), {"one": "ONE", "two": "TWO"})
    assert len(warnings) == 3  # one and two with age, one with two
    assert sum("ONE" in sentence and "TWO" in sentence for sentence in warnings) == 1


def test_the_strongest_pair_of_factors_comes_first():
    three = hotspots(one=[1.0, 2, 3, 4, 5], two=[1.0, 2, 3, 5, 4], three=[5.0, 4, 3, 2, 1])
    found = strong_pairs(correlate(three, OLD, [factor(name) for name in ("one", "two", "three")]))
    assert list(found) == [("one", "three"), ("one", "two"), ("two", "three")]
    assert found["one", "three"] == pytest.approx(-1)


def test_a_share_of_nobody_is_missing():
    columns = pd.MultiIndex.from_tuples([("age", "old"), ("age", "all")])
    tables = pd.DataFrame([[1, 4], [0, 0]], index=AREAS[:2], columns=columns)
    shares = shares_of(tables, {"old": Share(numerator="age.old", denominator="age.all")})
    assert shares["old"].iloc[0] == 0.25
    assert pd.isna(shares["old"].iloc[1])


def test_who_lives_in_the_selected_areas_is_counted_by_people_and_by_area():
    columns = pd.MultiIndex.from_tuples([("age", "old"), ("age", "all")])
    tables = pd.DataFrame([[10, 100], [0, 300], [5, 10], [0, 0]], index=AREAS[:4], columns=columns)
    old = {"old": Share(numerator="age.old", denominator="age.all")}
    found = compose(tables, old, pd.Series([True, True, False, False], AREAS[:4])).loc["old"]
    assert found["selected"] == 10 / 400
    assert found["selected_mean"] == pytest.approx((0.1 + 0) / 2)
    assert found["rest"] == found["rest_mean"] == 0.5
    assert found["whole"] == 15 / 410


def test_nobody_selected_has_no_composition():
    columns = pd.MultiIndex.from_tuples([("age", "old"), ("age", "all")])
    tables = pd.DataFrame([[1, 4], [0, 2]], index=AREAS[:2], columns=columns)
    old = {"old": Share(numerator="age.old", denominator="age.all")}
    found = compose(tables, old, pd.Series([False, False], AREAS[:2])).loc["old"]
    assert pd.isna(found["selected"])
    assert found["rest"] == 1 / 6


def test_what_factors_are_made_of_is_told_beside_the_shares_once():
    given = {"old": Share(numerator="s.n", denominator="s.d")}
    assert reported_shares(given, [factor("one")]) == given
    assert list(reported_shares({}, [factor("one"), factor("two")])) == ["ONE", "TWO"]


def test_a_factor_that_runs_against_the_others_is_asked_about_and_turned_it_is_not():
    rank = Factor(
        name="rank", label="RANK", source="s", numerator="n", method="value", score="value"
    )
    table = hotspots(one=[1.0, 2, 3, 4, 5], rank=[5.0, 4, 3, 2, 1])
    asked = [factor("one"), rank]
    found = correlate(table, OLD, asked)
    assert warn_of_directions(found, asked) == (
        "RANK runs against ONE (rank correlation -1.00): does a high value mean less risk? Then "
        "direction = -1.",
    )
    assert not any(
        "counted twice" in warning
        for warning in warn_of_correlations(found, {"one": "ONE", "rank": "RANK"})
    )
    turned = [asked[0], replace(rank, direction=-1)]
    found = correlate(table, OLD, turned)
    assert found.loc["one", ("factor", "rank")] == pytest.approx(1)
    assert warn_of_directions(found, turned) == ()

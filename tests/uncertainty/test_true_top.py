"""The probability of truly being at the top, on worlds whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grids import codes, lattice
from tables import assess_repeats, factor

from riskindex.factors import EventGroup, Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.selection import Selection, select_top
from riskindex.statistics.own_risk import own_risk
from riskindex.statistics.posterior_risks import posterior_risks
from riskindex.uncertainty.repeats import Data, Repeater
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.true_top import is_of_risks

AREAS, NEAR = codes(), lattice()
N = len(AREAS)
BANDS = [0, 0.2, 0.4, 0.6, 0.8, 1]
NAMES = ("robbery", "violence", "damage")
MEANS = (2.0, 25.0, 8.0)


def risk_factor(name: str, **options) -> Factor:
    return factor(name, **{"method": "window", "exposure": "residents", "score": "risk", **options})


FACTORS = [risk_factor(name) for name in NAMES]


def gamma_world(rng):
    """True ratios, independent between areas and alike between factors; shape (factors, n)."""
    common = rng.gamma(4, 1 / 4, N)
    return np.array([common * rng.gamma(6, 1 / 6, N) for _ in NAMES])


def leroux_world(rng):
    """Logarithms from the conditional autoregression of Leroux, half of it spatial."""
    laplacian = np.diag(NEAR.sum(axis=1)) - NEAR.toarray()
    precision = 0.5 * laplacian + 0.5 * np.eye(N)
    root = np.linalg.cholesky(precision).T
    common = np.linalg.solve(root, rng.normal(size=N))
    parts = [common + 0.5 * np.linalg.solve(root, rng.normal(size=N)) for _ in NAMES]
    return np.exp([0.7 * part / part.std() for part in parts])


def counted(rng, ratios, *, means=MEANS):
    """Counts of a world with uneven residents, and the data that a run takes."""
    residents = rng.integers(800, 3_000, N).astype(float)
    base = residents / residents.mean()
    columns = {
        (name, "all", "2022"): rng.poisson(mean * base * risk)
        for name, mean, risk in zip(NAMES, means, ratios, strict=True)
    }
    counts = pd.DataFrame(columns, index=AREAS).astype("Int64")
    counts.columns.names = ["factor", "group", "period"]
    return Data(counts, pd.DataFrame({"residents": residents}, index=AREAS), NEAR)


def assessed(data, factors=FACTORS, *, draws=300, seed=0, **options):
    found = find_hotspots(data.counts, data.areas, pd.DataFrame(), NEAR, factors)
    persistence = classify_persistence(found.table, found.pooled, factors)
    scores = score_factors(found.table, persistence, factors, neighbours=data.weights)
    chosen = select_top(build_index(scores, options=Index()))
    given = Robustness(draws=draws, weights="none", **options)
    robust = assess_repeats(
        data, scores, chosen, factors, options=given, selection=Selection(), seed=seed
    )
    return robust, scores, chosen


def truly_at_the_top(data, ratios, scores, number):
    """Areas whose true ratios make the highest index, on the scale of the estimates."""
    index = np.zeros(N)
    exposure = data.areas["residents"].to_numpy()
    for name, risk in zip(NAMES, ratios, strict=True):
        mine = scores.loc[name]
        low, cap = mine["value"].min(), mine.loc[mine["score"] > 100 - 1e-9, "value"].min()
        # Relative to what the study area's total lets expect, as the estimates are.
        true = risk / (risk @ exposure / exposure.sum())
        index += (np.clip(true, low, cap) - low) / (cap - low)
    return np.argsort(-index, kind="stable")[:number]


def reliability(world, seeds):
    """Mean probability, how often it is true, and how many areas, in each band."""
    p, true = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        ratios = world(rng)
        data = counted(rng, ratios)
        robust, scores, chosen = assessed(data, seed=seed)
        top = truly_at_the_top(data, ratios, scores, chosen.cut.selected)
        p.append(robust.table["p_top"].to_numpy())
        true.append(np.isin(np.arange(N), top))
    table = pd.DataFrame({"p": np.concatenate(p), "true": np.concatenate(true)})
    bands = pd.cut(table["p"], BANDS, include_lowest=True)
    return table.groupby(bands, observed=True).agg(
        p=("p", "mean"), true=("true", "mean"), n=("p", "size")
    )


def test_the_probability_of_the_top_is_right_where_risks_are_gamma():
    found = reliability(gamma_world, range(24))
    assert (found["n"] >= 60).all()
    assert (abs(found["p"] - found["true"]) <= 0.07).all(), found


@pytest.mark.long
@pytest.mark.parametrize("world", [gamma_world, leroux_world])
def test_the_probability_of_the_top_is_right_in_many_worlds(world):
    found = reliability(world, range(100, 160))
    assert (found["n"] >= 150).all()
    assert (abs(found["p"] - found["true"]) <= 0.07).all(), found


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(5)
    return counted(rng, gamma_world(rng))


def test_probabilities_add_up_to_the_number_selected(world):
    robust, _, chosen = assessed(world, draws=60)
    assert robust.table["p_top"].between(0, 1).all()
    assert robust.table["p_top"].sum() == pytest.approx(chosen.cut.selected)
    assert robust.table.columns[:2].tolist() == ["p_selected", "p_top"]


def test_what_is_told_of_risks_does_not_change_what_is_true_of_them(world):
    plain = assessed(world, draws=60)[0].table["p_top"]
    ranked = [replace(f, estimate="rank") for f in FACTORS]
    p_top = assessed(world, ranked, draws=60)[0].table["p_top"]
    pd.testing.assert_series_equal(p_top, plain, atol=0.05)


def test_an_index_of_bands_has_no_true_top(world):
    banded = [FACTORS[0], FACTORS[1], risk_factor("damage", score="confidence")]
    robust, _, _ = assessed(world, banded, draws=20)
    assert "p_top" not in robust.table
    assert "truly" not in robust.sentence
    assert not is_of_risks(banded)
    assert not is_of_risks([factor(method="value", score="value")])


def test_counts_that_are_kept_say_nothing_of_the_truth(world):
    assert "p_top" not in assessed(world, draws=20, counts=False)[0].table


def test_the_same_seed_gives_the_same_probabilities_at_any_number_of_threads(world):
    found = [assessed(world, draws=120, seed=seed)[0].table["p_top"] for seed in (3, 3, 4)]
    pd.testing.assert_series_equal(found[0], found[1])
    assert not found[0].equals(found[2])


def test_the_sentence_says_which_probability_it_means(world):
    robust, _, chosen = assessed(world, draws=60)
    inside = chosen.table["selected"].to_numpy(bool)
    right = robust.table["p_top"][inside].sum()
    assert robust.sentence.endswith(
        "How often an area is selected again is not how likely it is truly highest: about "
        f"{right:.0f} of the 20 are expected to be truly among the 20 areas of highest risk."
    )
    assert 10 < right < 20


def test_more_events_make_the_top_surer(world):
    rng = np.random.default_rng(6)
    ratios = gamma_world(rng)
    few, many = (counted(rng, ratios, means=[m * k for m in MEANS]) for k in (1, 50))
    sure = [(assessed(data, draws=100)[0].table["p_top"] > 0.9).sum() for data in (few, many)]
    assert sure[0] < sure[1] <= 20


def test_of_risks_beyond_every_estimate_the_higher_counts_and_not_the_first_code():
    # So few events that many a true risk is above the highest estimate.
    rng = np.random.default_rng(3)
    data = counted(rng, gamma_world(rng), means=[0.1] * 3)
    robust, scores, chosen = assessed(data, [risk_factor("violence")], draws=100)
    p_top, value = robust.table["p_top"].to_numpy(), scores.loc["violence", "value"].to_numpy()
    assert p_top[: chosen.cut.selected].sum() < 5
    assert p_top.sum() == pytest.approx(chosen.cut.selected)
    assert np.corrcoef(p_top, value)[0, 1] > 0.25


def test_an_area_without_an_index_has_no_probability():
    rng = np.random.default_rng(7)
    data = counted(rng, gamma_world(rng))
    data.counts.iloc[3, 0] = pd.NA
    robust, _, chosen = assessed(data, draws=40)
    assert robust.table["p_top"].isna().sum() == 1
    assert np.isnan(robust.table["p_top"].iloc[3])
    assert robust.table["p_top"].sum() == pytest.approx(chosen.cut.selected)


def test_risks_of_weighted_groups_are_of_weighted_events():
    groups = tuple(EventGroup(label=f"g{k}", source="s", weight=k) for k in (1, 9))
    wanted = risk_factor("harm", event_groups=groups)
    rng = np.random.default_rng(8)
    risk = rng.gamma(9, 1 / 9, N)
    columns = {("harm", f"g{k}", "2022"): rng.poisson(200 * risk) for k in (1, 9)}
    counts = pd.DataFrame(columns, index=AREAS).astype("Int64")
    counts.columns.names = ["factor", "group", "period"]
    data = Data(counts, pd.DataFrame({"residents": np.full(N, 1500.0)}, index=AREAS), NEAR)
    drawn = Repeater.of(wanted, data, "gamma").draw_risks(np.random.default_rng(1), 400)
    weighted = counts.to_numpy(float) @ [1, 9]
    np.testing.assert_allclose(drawn.mean(axis=0), weighted / weighted.mean(), atol=0.06)


def recall(estimate, ratios, number=20):
    """Share of the areas truly at the top that are among as many of the highest estimates."""
    listed = np.argsort(-estimate, kind="stable")[:number]
    return np.isin(listed, np.argsort(-ratios)[:number]).mean()


@pytest.mark.parametrize("world", [gamma_world, leroux_world])
def test_own_risk_finds_the_true_top_as_a_spatial_model_does(world):
    found, spatial, counts = [], [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        ratios = world(rng)[1]
        residents = rng.integers(800, 3_000, N).astype(float)
        observed = rng.poisson(12 * residents / residents.mean() * ratios).astype(float)
        expected = observed.sum() * residents / residents.sum()
        posterior = posterior_risks(observed, expected, NEAR, prior="spatial")
        found.append(recall(own_risk(observed[None], expected[None]), ratios))
        spatial.append(recall(posterior.draw(np.random.default_rng(1), 200).mean(axis=0), ratios))
        counts.append(recall(observed, ratios))
    assert np.mean(found) >= 0.95 * np.mean(spatial)
    assert np.mean(found) > 1.1 * np.mean(counts)

import numpy as np
import pytest
from scipy import integrate, stats
from small_maps import lattice

from riskindex.statistics.corrections import adjust
from riskindex.statistics.dispersion import HEAVIER, Intensity, pair_ratio_spread
from riskindex.statistics.heavy_tails import log_lognormal, lognormal_over_gamma
from riskindex.statistics.poisson import window_excess


@pytest.mark.parametrize(
    ("x", "mean", "w"), [(0, 0.3, 0.5), (3, 5.0, 0.2), (60, 10.0, 1.5), (0, 40.0, 0.5)]
)
def test_the_poisson_lognormal_is_that_of_an_integral(x, mean, w):
    s = np.sqrt(np.log1p(w))
    found, _ = integrate.quad(
        lambda z: stats.poisson.pmf(x, mean * np.exp(s * z - s * s / 2)) * stats.norm.pdf(z),
        -9,
        9,
        limit=400,
    )
    found_here = log_lognormal(np.array([float(x)]), np.array([mean]), w)[0]
    assert found_here == pytest.approx(np.log(found), abs=2e-3)


def test_probabilities_of_all_counts_add_up_to_1():
    counts = np.arange(400.0)
    assert np.exp(log_lognormal(counts, np.full(400, 5.0), 0.5)).sum() == pytest.approx(1, abs=1e-3)


def test_without_variance_the_laws_are_one():
    assert lognormal_over_gamma(np.array([1.0, 2.0]), np.ones(2), 0.0) == 0


def drawn(law, mean, rng, n=1024, w=0.5):
    s = np.sqrt(np.log1p(w))
    risks = {"gamma": rng.gamma(1 / w, w, n), "lognormal": rng.lognormal(-s * s / 2, s, n)}
    return rng.poisson(mean * risks[law]).astype(float)


@pytest.mark.parametrize("mean", [5, 57])
def test_lognormal_risks_raise_the_dispersion_and_gamma_risks_do_not(mean):
    neighbours, rng = lattice(32, 32), np.random.default_rng(4)
    raised = {"gamma": 0, "lognormal": 0}
    for law in raised:
        for _ in range(20):
            x = drawn(law, mean, rng)
            found = pair_ratio_spread(Intensity(x, x, np.ones(len(x))), neighbours)
            raised[law] += found.dispersion == pytest.approx(HEAVIER * found.variance)
    assert raised["gamma"] <= 1
    assert raised["lognormal"] >= 14


def test_clusters_of_gamma_risks_are_not_taken_for_a_heavy_tail():
    neighbours, rng, raised = lattice(32, 32), np.random.default_rng(5), 0
    y, x = np.divmod(np.arange(1024), 32)
    hot = np.where((abs(y - 8) <= 2) & (abs(x - 8) <= 2), 3.0, 1.0)
    for _ in range(20):
        counts = rng.poisson(5 * hot * rng.gamma(2, 0.5, 1024)).astype(float)
        found = pair_ratio_spread(Intensity(counts, counts, np.ones(1024)), neighbours)
        raised += found.dispersion > found.variance
    assert raised <= 1


@pytest.mark.long
@pytest.mark.parametrize(("rows", "columns"), [(10, 10), (15, 20)])
@pytest.mark.parametrize("mean", [1, 5, 20, 57])
def test_lognormal_risks_show_a_hotspot_in_at_most_eight_maps_in_a_hundred(rows, columns, mean):
    neighbours, n = lattice(rows, columns), rows * columns
    rng, shown, maps = np.random.default_rng([rows, mean]), 0, 400
    for _ in range(maps):
        p = window_excess(drawn("lognormal", mean, rng, n), np.ones(n), neighbours).p
        shown += (adjust(p, "benjamini-hochberg") <= 0.05).any()
    # Two standard errors above the bar.
    assert shown / maps <= 0.08 + 2 * np.sqrt(0.08 * 0.92 / maps)

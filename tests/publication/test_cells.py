"""Protected cells: the same records give the same noise, and small ones never leave."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.disclosure import WITHHELD, CellRules
from riskindex.publication.cells import noise, of_place, protect

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
MANY = np.random.default_rng(3).integers(1, 2**63, 40_000).astype(np.uint64)


def cells(counts, *, prints=None, key=KEY, rules=CellRules(), small=False):  # noqa: B008
    counts = np.asarray(counts, dtype=float)
    prints = MANY[: len(counts)] if prints is None else np.asarray(prints, dtype=np.uint64)
    empty = np.array([of_place(f"E{k}", "measure", "2022") for k in range(len(counts))], np.uint64)
    return protect(counts, prints, key, rules, empty=empty, small=np.full(len(counts), small))


def test_a_cell_by_hand():
    found = cells([0, 3, 40, 1_000, np.nan])
    drawn = noise(MANY[2:4], KEY, 1.0)
    assert found.values[2:4].tolist() == [
        5 * np.floor((count + n) / 5 + 0.5) for count, n in zip([40, 1_000], drawn, strict=True)
    ]
    assert found.marks.tolist() == [WITHHELD, WITHHELD, "", "", ""]
    assert np.isnan(found.values[[0, 1, 4]]).all()


def test_noise_is_the_two_sided_geometric_law():
    drawn = noise(MANY, KEY, 1.0)
    values = np.arange(-6, 7)
    seen = [(drawn < -6).sum(), *((drawn == k).sum() for k in values), (drawn > 6).sum()]
    q = np.exp(-1)
    p = (1 - q) / (1 + q) * q ** np.abs(values)
    tail = q**7 / (1 + q)
    assert stats.chisquare(seen, len(MANY) * np.array([tail, *p, tail])).pvalue > 1e-3


def test_less_epsilon_is_more_noise():
    spread = [noise(MANY, KEY, epsilon).std() for epsilon in (0.25, 0.5, 1.0, 2.0)]
    assert spread == sorted(spread, reverse=True)
    assert spread[2] == pytest.approx(np.sqrt(2 * np.exp(-1)) / (1 - np.exp(-1)), rel=0.02)


def test_another_key_gives_unrelated_noise():
    one, other = noise(MANY, KEY, 1.0), noise(MANY, OTHER, 1.0)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


@given(st.lists(st.integers(1, 2**64 - 1), min_size=1, max_size=20), st.randoms())
def test_noise_follows_its_cell_wherever_it_stands(prints, random):
    order = list(range(len(prints)))
    random.shuffle(order)
    prints = np.array(prints, dtype=np.uint64)
    assert (noise(prints, KEY, 1.0)[order] == noise(prints[order], KEY, 1.0)).all()


def test_empty_cells_do_not_share_one_noise():
    rules = CellRules(threshold=-30, rounding=1)
    found = cells(np.zeros(500), prints=np.zeros(500), rules=rules)
    assert len(set(found.values)) > 4


def test_what_leaves_is_never_below_the_threshold():
    found = cells(np.random.default_rng(1).integers(0, 30, 5_000))
    shown = found.values[found.marks == ""]
    assert (shown >= 5).all()
    assert (shown % 5 == 0).all()
    assert (found.marks == np.where(np.isnan(found.values), WITHHELD, "")).all()


def test_a_small_group_is_withheld_whatever_it_holds():
    found = cells([500, 5_000], small=True)
    assert found.marks.tolist() == [WITHHELD, WITHHELD]
    assert np.isnan(found.values).all()

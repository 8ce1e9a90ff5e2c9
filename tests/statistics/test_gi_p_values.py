import numpy as np
import pytest
from small_maps import lattice

from riskindex.errors import DataError
from riskindex.statistics.getis_ord import with_self
from riskindex.statistics.gi_p_values import METHODS, Draw, GiTest, centred
from riskindex.statistics.permutations import Permutations

COUNTS = np.array([0, 0, 1, 0, 3, 4, 0, 2, 5, 0, 0, 1], dtype=float)


def p_by(method, values=COUNTS, *, null="total", tail="upper", number=999, rows=None):
    neighbours = lattice(3, 4)
    neighbours.eliminate_zeros()
    if rows is None:
        rows = neighbours if null == "conditional" else with_self(neighbours)
    test = GiTest(null, tail, method, Permutations(number=number))
    draw = Draw(values, rows, np.arange(len(values)), (rows @ centred(values)), test)
    return METHODS[method](draw)


def test_deviations_add_up_to_nothing_and_equal_values_have_none():
    assert centred(np.full(5, 0.1)).tolist() == [0] * 5
    assert centred(np.array([1e9, 1e9 + 1])).tolist() == [-0.5, 0.5]
    assert abs(centred(COUNTS).sum()) < 1e-12


@pytest.mark.parametrize("null", ["total", "conditional"])
@pytest.mark.parametrize("tail", ["upper", "lower", "mid", "two-sided"])
def test_permutation_comes_near_to_the_exact_law(null, tail):
    exact = p_by("exact", null=null, tail=tail)
    shuffled = p_by("permutation", null=null, tail=tail, number=4_999)
    np.testing.assert_allclose(shuffled.p, exact.p, atol=0.03)
    assert exact.how == "exact"
    assert shuffled.how == "4,999 permutations"


def test_auto_is_exact_where_there_is_a_law_and_says_where_it_is_not():
    np.testing.assert_array_equal(p_by("auto").p, p_by("exact").p)
    halves = p_by("auto", COUNTS / 2)
    np.testing.assert_allclose(halves.p, p_by("exact").p, rtol=1e-12)
    rates = p_by("auto", np.sqrt(COUNTS + np.arange(12) / 7), number=99)
    assert rates.how == "99 permutations"


def test_unequal_weights_are_permuted_and_counted():
    rows = with_self(lattice(3, 4)).copy()
    rows.data[rows.indptr[3]] = 2.5
    found = p_by("auto", rows=rows, number=99)
    assert found.how == "exact; 99 permutations for 1 areas with unequal weights"


def test_exact_by_name_is_refused_where_it_cannot_be():
    with pytest.raises(DataError, match="needs counts, or values in equal steps"):
        p_by("exact", np.sqrt(COUNTS + np.arange(12) / 7))
    rows = with_self(lattice(3, 4)).copy()
    rows.data[0] = 2.5
    with pytest.raises(DataError, match="needs equal weights in each window"):
        p_by("exact", rows=rows)


def test_logarithms_belong_to_the_probabilities():
    for method in ("exact", "permutation", "approximate", "normal"):
        found = p_by(method, number=199)
        np.testing.assert_allclose(np.exp(found.log_p), found.p, rtol=1e-9)
        assert ((found.p > 0) & (found.p <= 1)).all()

import numpy as np
import pytest
from small_maps import joined, lattice

from riskindex.errors import DataError
from riskindex.statistics.expectation import compare, expected_by_strata

ONE = np.array([1])
LINE = joined(3, (0, 1), (1, 2))


def test_every_area_is_expected_to_have_its_share_of_all_events():
    study = compare([4, 0, 2], [1.0, 1.0, 2.0], LINE, jumps=ONE, dispersion="none")
    np.testing.assert_allclose(study.means[:, 0], [1.5, 1.5, 3.0])


def test_every_group_is_expected_from_its_own_total():
    study = compare([[4, 0], [0, 3], [2, 0]], [1.0, 1.0, 1.0], LINE, jumps=np.array([1, 5]))
    np.testing.assert_allclose(study.means, [[2, 1]] * 3)


def test_areas_that_are_not_assessed_leave_windows_and_totals():
    study = compare([4, 1, 2], [1.0, 0.0, 2.0], LINE, jumps=ONE)
    np.testing.assert_array_equal(study.keep, [True, False, True])
    assert study.neighbours.nnz == 0
    assert study.means.sum() == 6
    np.testing.assert_array_equal(study.over_all(np.array([7.0, 8.0])), [7, np.nan, 8])


def test_the_local_background_is_the_rate_of_the_nearest_areas():
    neighbours = lattice(20, 40)
    y, x = np.divmod(np.arange(800), 40)
    counts = np.where(x < 20, 1, 4)
    study = compare(
        counts, np.ones(800), neighbours, jumps=ONE, background="local", centroids=np.c_[x, y]
    )
    means = study.means[:, 0].reshape(20, 40)
    np.testing.assert_allclose(means[10, [2, 37]], [1, 4])
    assert 1.5 < means[10, 19] < 3.5


def test_strata_are_standardised_indirectly():
    populations = [[100, 0], [0, 100], [100, 100]]
    expected = expected_by_strata([20, 2], populations)
    np.testing.assert_allclose(expected, [10, 1, 11])
    by_area = expected_by_strata([[10, 0], [0, 1], [10, 1]], populations)
    np.testing.assert_allclose(by_area, expected)


def test_a_stratum_without_people_expects_nothing_and_missing_ones_say_so():
    np.testing.assert_allclose(expected_by_strata([5, 0], [[1, 0], [4, 0]]), [1, 4])
    assert np.isnan(expected_by_strata([5, 1], [[1, np.nan], [4, 3]])[0])


def test_the_null_is_stated_in_words():
    def words(**choices):
        return compare([4, 0, 2], [1.0, 1.0, 2.0], LINE, jumps=ONE, **choices).null

    assert (
        words(dispersion="none") == "one rate everywhere; events independent (dispersion 0, none)"
    )
    assert words(dispersion="given-total").endswith("events independent, given their total")
    assert "gamma distributed with variance 0.7 (given)" in words(dispersion=0.7)
    assert "200 nearest" in words(background="local", centroids=np.eye(3, 2))


@pytest.mark.parametrize(
    ("arguments", "choices", "complaint"),
    [
        (([1.5, 0, 2], np.ones(3), LINE), {}, "whole numbers"),
        (([-1, 0, 2], np.ones(3), LINE), {}, "whole numbers"),
        (([1, 0], np.ones(3), LINE), {}, "same areas"),
        (([1, 0, 2], np.ones(3), LINE.power(2) + LINE @ LINE), {}, "leave the area itself out"),
        (([1, 0, 2], np.ones(3), LINE), {"dispersion": "guess"}, "pair-ratio"),
        (([1, 0, 2], np.ones(3), LINE), {"dispersion": -0.1}, "0 or more"),
        (([1, 0, 2], np.ones(3), LINE), {"background": "local"}, "centroids"),
        (
            ([1, 0, 2], np.ones(3), LINE),
            {"dispersion": "given-total", "background": "local", "centroids": np.eye(3, 2)},
            "given-total",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, choices, complaint):
    with pytest.raises(DataError, match=complaint):
        compare(*arguments, jumps=ONE, **choices)

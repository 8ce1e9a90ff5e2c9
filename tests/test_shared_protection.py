"""What two factors that share events would tell together is withheld, and little more."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

from riskindex.atoms import Counting
from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules
from riskindex.errors import DisclosureError
from riskindex.flags import Cut, KnownTests
from riskindex.protection import Guarded
from riskindex.shared_protection import guard_together
from riskindex.suppression import Shown, show_counts

WHOLE, PART = ("violence", "2022"), ("injury", "2022")
COUNTING = {
    WHOLE: Counting((("crimes", {}),), range(12)),
    PART: Counting((("crimes", {"injury": ["yes"]}),), range(12)),
}


def open_counts(counts):
    """A factor whose counts are shown, by the usual rules, without tests."""
    counts = np.array(counts, dtype=float)
    n = len(counts)
    group = np.zeros(n, dtype=np.intp)
    return Guarded(
        counts=counts, group=group, shown=show_counts(counts, group, Rules()), each=True,
        made=KnownTests.none(n), band=np.full(n, np.nan), hot=np.full(n, np.nan),
        protected=(counts > 0) & (counts < 8), counted=np.ones(n, dtype=bool),
    )  # fmt: skip


def cold_windows(counts, most):
    """A sensitive factor of which is told that no window is hot, up to so many events."""
    counts = np.array(counts, dtype=float)
    n = len(counts)
    cut = Cut(0, np.full(n, 99.0), np.array(most, dtype=float))
    made = KnownTests(csr_array(np.ones((n, n))), np.ones(n, dtype=bool), np.zeros(n, dtype=bool),
                      (cut,))  # fmt: skip
    nothing = np.full(n, NOT_RECORDED, object)
    return Guarded(
        counts=counts, group=np.zeros(n, dtype=np.intp),
        shown=Shown(nothing, np.array([WITHHELD], dtype=object), WITHHELD), each=False,
        made=made, band=np.zeros(n), hot=np.zeros(n), protected=counts < 8,
        counted=np.ones(n, dtype=bool),
    )  # fmt: skip


def guarded(whole, part, **options):
    both = {WHOLE: whole, PART: part}
    guard_together(both, COUNTING, Rules(), **options)
    return both


def test_of_two_counts_that_round_alike_the_smaller_is_withheld():
    both = guarded(open_counts([10, 20, 40]), open_counts([9, 11, 38]))
    assert both[WHOLE].shown.cells.tolist() == [10, 20, 40]
    assert both[PART].shown.cells.tolist() == [WITHHELD, 10, WITHHELD]


def test_a_small_rest_is_withheld_however_it_rounds():
    both = guarded(open_counts([22, 20]), open_counts([17, 11]))  # 20 and 15 would leave 1 to 9
    assert both[PART].shown.cells.tolist() == [WITHHELD, 10]


def test_of_districts_a_small_rest_is_withheld():
    both = guarded(open_counts([10, 20]), open_counts([10, 14]))
    assert both[WHOLE].shown.totals.tolist() == [30]
    assert both[PART].shown.totals.tolist() == [WITHHELD]


def test_equal_counts_of_a_whole_and_its_part_leave_nothing_to_protect():
    both = guarded(open_counts([10, 20, 40]), open_counts([10, 20, 40]))
    assert both[PART].shown.cells.tolist() == [10, 20, 40]


def test_a_flag_of_the_whole_that_tells_of_its_part_is_withheld():
    part = cold_windows([1, 0, 1], [99, 99, 99])
    both = guarded(cold_windows([2, 1, 1], [4, 9, 9]), part, sensitive=frozenset(["injury"]))
    assert both[WHOLE].hidden.tolist() == [True, False, False]
    assert not both[PART].hidden.any()


def test_a_total_goes_where_no_flag_tells():
    totals = np.array([15], dtype=object)
    whole, part = (
        dataclasses.replace(one, shown=one.shown._replace(totals=totals.copy()))
        for one in (cold_windows([5, 5, 5], [99] * 3), cold_windows([5, 5, 4], [99] * 3))
    )
    whole.made, part.made = KnownTests.none(3), KnownTests.none(3)
    both = guarded(whole, part)
    shown = [both[key].shown.totals.tolist() for key in (WHOLE, PART)]
    assert shown == [[WITHHELD], [15]]


def test_other_periods_and_sources_are_left_alone():
    both = {WHOLE: open_counts([10, 20, 40]), PART: open_counts([9, 11, 38])}
    apart = COUNTING | {PART: Counting((("crimes", {}),), range(12, 24))}
    guard_together(both, apart, Rules())
    assert both[PART].shown.cells.tolist() == [10, 10, 40]


def test_where_nothing_is_left_to_withhold_the_factors_are_named():
    nothing = Shown(np.array([WITHHELD], object), np.array([WITHHELD], object), WITHHELD)
    both = {key: dataclasses.replace(open_counts([9]), counts=np.array([2.0]), shown=nothing,
                                     protected=np.array([True]))
            for key in (WHOLE, PART)}  # fmt: skip
    with pytest.raises(DisclosureError, match="injury, violence count some of the same events"):
        guard_together(both, COUNTING, Rules(threshold=4))  # 1 to 3 are three values

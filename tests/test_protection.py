"""Flags that would tell a protected count too well are withheld, and no more than these."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

from riskindex import read_config, release, run, save
from riskindex.attack import attack_folder
from riskindex.demo import write_county
from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules
from riskindex.equations import intervals
from riskindex.errors import DisclosureError
from riskindex.flags import Cut, KnownTests
from riskindex.protection import Guarded
from riskindex.suppression import Shown
from riskindex.synthetic import synthetic_county


def guarded(counts, *, most, windows=None):
    """Areas in one group, none of them hot, whose windows are not hot up to some events."""
    n = len(counts)
    of = csr_array(np.ones((n, n)) if windows is None else np.array(windows, dtype=float))
    cut = Cut(0, np.full(n, 99.0), np.array(most, dtype=float))
    made = KnownTests(of, np.ones(n, dtype=bool), np.zeros(n, dtype=bool), (cut,))
    return Guarded(
        counts=np.array(counts, dtype=float), group=np.zeros(n, dtype=np.intp),
        shown=Shown(np.full(n, NOT_RECORDED, object), np.array([WITHHELD], dtype=object), WITHHELD),
        each=False, made=made, band=np.zeros(n), hot=np.zeros(n),
        protected=np.ones(n, dtype=bool), counted=np.ones(n, dtype=bool),
    )  # fmt: skip


def test_nothing_is_withheld_where_windows_may_hold_enough_events():
    shown, hidden = guarded([1, 0, 2], most=[5, 5, 5]).guard(Rules())
    assert not hidden.any()
    assert shown.whole == WITHHELD


def test_a_window_that_is_not_hot_up_to_four_events_tells_too_well():
    _, hidden = guarded([1, 0, 2], most=[4, 5, 9]).guard(Rules())
    assert hidden.tolist() == [True, False, False]


def test_every_area_of_windows_that_tell_is_protected():
    windows = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    _, hidden = guarded([1, 0, 2], most=[3, 9, 2], windows=windows).guard(Rules())
    assert hidden.tolist() == [True, False, True]


def between(counts, told, *, windows=None):
    """Areas whose windows are told, by their bands, to hold from so many events to so many."""
    found = guarded(counts, most=[np.inf] * len(counts), windows=windows)
    least, most = np.array(told, dtype=float).T
    nothing = np.full(len(counts), np.inf)
    cuts = (Cut(95, least, nothing), Cut(99, nothing, most))
    return dataclasses.replace(
        found, made=found.made._replace(cuts=cuts), band=np.full(len(counts), 95.0)
    )


def with_totals(found, totals, whole, *, group):
    shown = found.shown._replace(totals=np.array(totals, dtype=object), whole=whole)
    return dataclasses.replace(found, shown=shown, group=np.array(group))


NOTHING = [(0, np.inf)]


def test_of_an_area_that_needs_no_protection_anything_may_be_told():
    found = guarded([1, 0, 2], most=[4, 4, 9], windows=np.eye(3))
    found.protected[1] = False
    _, hidden = found.guard(Rules())
    assert hidden.tolist() == [True, False, False]


def test_the_total_of_a_group_goes_where_no_flag_tells_and_the_total_of_all_stays():
    found = with_totals(between([0, 0, 30], NOTHING * 3), [0, WITHHELD], 30, group=[0, 0, 1])
    shown, hidden = found.guard(Rules())
    assert not hidden.any()
    assert shown.totals.tolist() == [WITHHELD, WITHHELD]
    assert shown.whole == 30


def test_the_total_of_all_goes_where_that_of_the_group_is_not_enough():
    found = with_totals(between([0, 0, 30], NOTHING * 3), [0, 30], 30, group=[0, 0, 1])
    found.protected[2] = False
    shown, hidden = found.guard(Rules())
    assert not hidden.any()
    assert shown.totals.tolist() == [WITHHELD, 30]
    assert shown.whole == WITHHELD


def test_of_an_area_in_no_group_the_total_of_all_tells():
    found = with_totals(between([0, 30], NOTHING * 2), [30], 30, group=[-1, 0])
    found.protected[1] = False
    shown, _ = found.guard(Rules())
    assert shown.totals.tolist() == [30]
    assert shown.whole == WITHHELD


def test_an_area_around_the_study_is_in_no_total():
    found = with_totals(between([0, 30, 2], NOTHING * 3), [30], 30, group=[-1, 0, -1])
    found.counted[[0, 2]] = False
    shown, _ = found.guard(Rules(width=5))  # 28 to 32
    assert shown.whole == 30


def test_an_area_without_a_record_adds_nothing_to_a_total():
    found = with_totals(between([9, np.nan], NOTHING * 2), [10], WITHHELD, group=[0, 0])
    found.protected[1] = False
    shown, _ = found.guard(Rules())  # 8 to 12
    assert shown.totals.tolist() == [WITHHELD]


def test_a_withheld_total_may_be_nothing():
    _, hidden = guarded([1], most=[5]).guard(Rules())
    assert not hidden.any()


def test_a_window_of_one_event_or_more_tells_beside_a_total():
    found = with_totals(between([1], [(1, np.inf)]), [0], WITHHELD, group=[0])
    shown, hidden = found.guard(Rules(threshold=3, rounding=11))  # the total alone: 0 to 5
    assert hidden.tolist() == [True]
    assert shown.totals.tolist() == [0]


def test_the_window_that_tells_most_closely_goes_first():
    windows = [[1, 1], [1, 0]]
    found = between([4, 7], [(10, 12), (0, 4)], windows=windows)
    found.protected[1] = False
    _, hidden = found.guard(Rules())
    assert hidden.tolist() == [True, True]  # the first alone would have left 0 to 4
    _, hidden = between([4, 7], [(11, 11), (0, 9)], windows=windows).guard(Rules())
    assert hidden.tolist() == [False, False]  # 2 to 11, and 0 to 9


def test_windows_apart_go_in_one_look(monkeypatch):
    looks = []

    def looked(*system, **options):
        looks.append(system)
        return intervals(*system, **options)

    monkeypatch.setattr("riskindex.protection.intervals", looked)
    pairs = np.kron(np.eye(10), np.ones((2, 2)))
    _, hidden = guarded([0] * 20, most=[4, 9] * 10, windows=pairs).guard(Rules())
    assert hidden.tolist() == [True, False] * 10
    assert len(looks) == 2


def test_a_count_that_is_shown_as_it_is_cannot_be_protected():
    found = guarded([0], most=[np.inf])
    shown = found.shown._replace(cells=np.array([0], dtype=object))
    with pytest.raises(DisclosureError) as refusal:
        dataclasses.replace(found, shown=shown, each=True).guard(Rules())
    assert str(refusal.value) == "A withheld count cannot keep its possible values."


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """A county in which few events make a window hot."""
    config = write_county(synthetic_county(seed=101, n=100), tmp_path_factory.mktemp("sparse"))
    return run(read_config(config).model_copy(update={"robustness": None}))


@pytest.mark.long
@pytest.mark.parametrize("profile", ["public", "partner"])
def test_a_sparse_county_is_released_without_its_telling_flags(sparse, profile, tmp_path):
    released = release(sparse, profile)
    hidden = released.hotspots["reason"] == "withheld"
    assert 0 < hidden.sum() < 30
    assert not released.hotspots.loc[hidden, "is_hot"].any()
    save(released, tmp_path / "result", truth=sparse)
    found = attack_folder(tmp_path / "result", truth=sparse)
    assert (found.clean, found.recovered) == (True, 0)
    assert found.narrowest is not None
    assert found.narrowest >= 6


# Changing the code of protection one operator, constant or name at a time makes 69 mutants (mutmut
# 2.5); the default tests of this file tell all but eight, which do the same as the original (five
# of those that are told never come to an end):
# - two aliases for types, which only the type checker reads;
# - None as what `hidden` is at first: `__post_init__` sets it;
# - an area without a record that has 1 event at least: the system is widened to the true numbers,
#   in which it has 0;
# - -2 for -1 as the group of areas that are in no total: any below 0 is none;
# - a second total of all, which has no areas and of which nothing is said;
# - totals of groups, or of all, taken for windows: what the integer programme finds is the same, it
#   is only asked sooner.

"""Flags that would tell a protected count too well are withheld, and no more than these."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from riskindex import read_config, release, run, save
from riskindex.attack import attack_folder
from riskindex.demo import write_county
from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules
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

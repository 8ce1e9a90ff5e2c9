import numpy as np
import pytest
from small_maps import joined, lattice
from tables import factor

from riskindex.hotspots.area_tests import (
    expected_counts,
    first_test,
    is_largest,
    local_test,
    second_tests,
    why_undefined,
)
from riskindex.hotspots.samples import Sample

METHODS = ["window", "poisson", "getis-ord"]


def sample(counts, neighbours, **options):
    counts = np.asarray(counts, float)
    return Sample(
        counts=counts[:, None] if counts.ndim == 1 else counts,
        event_weights=np.ones(1 if counts.ndim == 1 else counts.shape[1], dtype=np.int64),
        exposure=np.ones(len(counts)),
        neighbours=neighbours,
        **options,
    )


def asked(method, **options):
    base = None if method == "getis-ord" else "residents"
    return factor(method=method, exposure=base, dispersion="none", **options)


def spike():
    """A lattice of 49 areas with 2 events each, and 40 in the middle one."""
    neighbours = lattice(7, 7)
    neighbours.eliminate_zeros()
    counts = np.full(49, 2.0)
    counts[24] = 40
    return sample(counts, neighbours)


@pytest.mark.parametrize("method", METHODS)
def test_the_spike_is_the_least_likely_of_all(method):
    found = first_test(spike(), asked(method))
    assert found.p[24] == found.p.min()
    # Drawn without replacement, it falls into 9 of 49 places as often as not elsewhere.
    assert found.p[24] == pytest.approx(9 / 49) if method == "getis-ord" else found.p[24] < 1e-3
    np.testing.assert_allclose(np.exp(found.log_p), found.p, rtol=1e-9)


def test_only_gi_has_z_and_only_the_others_a_dispersion():
    gi, window = (first_test(spike(), asked(method)) for method in ("getis-ord", "window"))
    assert np.isnan(gi.dispersion)
    assert np.isfinite(gi.z).all()
    assert np.isnan(window.z).all()
    assert window.dispersion == 0


def test_a_window_of_the_whole_map_is_not_tested():
    whole = sample([1, 2, 3], joined(3, (0, 1), (0, 2), (1, 2)))
    found = first_test(whole, asked("window"))
    assert np.isnan(found.p).all()
    why = why_undefined(whole, asked("window"), found.p)
    assert set(why) == {"window is the whole map"}


def test_areas_around_the_study_area_lend_their_events_and_are_not_asked():
    context = np.zeros(49, dtype=bool)
    context[:7] = True
    around = sample(spike().counts[:, 0], spike().neighbours, context=context)
    found = first_test(around, asked("window"))
    assert np.isnan(found.p[:7]).all()
    assert set(why_undefined(around, asked("window"), found.p)[:7]) == {"context"}
    plain = first_test(spike(), asked("window"))
    np.testing.assert_array_equal(found.p[7:], plain.p[7:])


def test_expected_events_add_up_to_the_events():
    assert expected_counts(spike(), asked("window")).sum() == pytest.approx(48 * 2 + 40)


def test_without_the_spike_its_neighbours_are_not_hot():
    first = first_test(spike(), asked("window"))
    hot = first.p < 0.01
    assert hot[[16, 17, 18, 23, 24, 25, 30, 31, 32]].all()
    second = second_tests(spike(), asked("window"), first, hot)
    assert (second.without_largest_p[hot] > 0.5).all()
    assert np.isnan(second.without_largest_p[~hot]).all()
    assert second.own_p[24] < 1e-6 < second.own_p[23]
    assert (second.largest_group == -1).all()


def test_the_spike_is_the_largest_of_every_window_it_is_in():
    largest = is_largest(spike(), np.full(49, 2.0))
    assert largest[24]
    assert not largest[[16, 17, 18, 23, 25, 30, 31, 32]].any()


def test_the_group_with_most_excess_is_found_and_left_out():
    counts = np.column_stack([np.full(49, 2.0), np.full(49, 3.0)])
    counts[24, 1] = 60
    two = sample(counts, spike().neighbours)
    wanted = asked("window", source=None, event_groups=GROUPS)
    first = first_test(two, wanted)
    second = second_tests(two, wanted, first, first.p < 0.01)
    assert second.largest_group[24] == 1
    assert second.without_group_p[24] > 0.05


def test_what_is_not_above_its_surroundings_has_no_small_p():
    points = np.column_stack(np.divmod(np.arange(49.0), 7))
    near = sample(spike().counts[:, 0], spike().neighbours, centroids=points)
    found = local_test(near, asked("window", background="local"), 0.0)
    assert found.more_itself.sum() == 1
    assert found.p[0] == 1
    assert found.p[24] < 1e-3


def _groups():
    from riskindex.factors import EventGroup

    return tuple(EventGroup(label=label, source="s") for label in "ab")


GROUPS = _groups()

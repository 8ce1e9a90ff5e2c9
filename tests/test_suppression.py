"""No total gives a withheld count away: an independent solver tries, on every small case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds as Limits
from scipy.optimize import LinearConstraint, milp

from riskindex.disclosure import WITHHELD, Release, Rules
from riskindex.errors import DisclosureError
from riskindex.suppression import bounds_of, show_counts

RULES = Rules()


def show(counts, group, rules=RULES, **options):
    return show_counts(np.array(counts, dtype=float), np.array(group), rules, **options)


def interval(value, rules):
    """The whole numbers that a shown number may stand for, found by trying them."""
    if isinstance(value, str):
        return 0, np.inf
    near = range(max(0, value - rules.rounding), value + rules.rounding + 1)
    fits = [x for x in near if np.floor(x / rules.rounding + 0.5) * rules.rounding == value]
    fits = [x for x in fits if x == 0 or x >= rules.threshold]
    return min(fits), max(fits)


def told(shown, counts, group, rules, *, each=True):
    """Lowest and highest of every small withheld count, by integer programming."""
    n = len(counts)
    low, high = np.zeros(n), np.full(n, np.inf)
    for i, value in enumerate(shown.cells):
        if value != WITHHELD:
            low[i], high[i] = interval(value, rules)
        elif each and 0 < counts[i] < rules.threshold:  # the reader may know that it is small
            low[i], high[i] = 1, rules.threshold - 1
    rows = [np.array(group) == k for k in range(len(shown.totals))] + [np.ones(n)]
    ends = [interval(value, rules) for value in (*shown.totals, shown.whole)]
    sums = LinearConstraint(np.array(rows, dtype=float), *np.array(ends, dtype=float).T)
    for i in np.flatnonzero(np.array([v == WITHHELD for v in shown.cells])):
        if counts[i] >= rules.threshold:
            continue
        ends = [
            milp(sign * np.eye(n)[i], constraints=sums, bounds=Limits(low, high), integrality=1)
            for sign in (1, -1)
        ]
        assert ends[0].success
        yield ends[0].fun, -ends[1].fun if ends[1].success else np.inf


def test_a_total_that_would_tell_is_withheld_and_so_is_the_total_of_all():
    found = show([7, 22], [0, 0])
    assert found.cells.tolist() == [WITHHELD, 20]
    assert found.totals.tolist() == [WITHHELD]
    assert found.whole == WITHHELD


def test_totals_that_tell_nothing_stay():
    found = show([3, 12, 12, 9, 0, 44, 71], [0, 0, 0, 1, 1, 1, 1])
    assert found.totals.tolist() == [25, 125]
    assert found.whole == 150


def test_complementary_suppression_hides_the_smallest_other_count():
    rules = Release(partner_suppression="complementary").rules("partner")
    found = show([7, 22], [0, 0], rules)
    assert found.cells.tolist() == [WITHHELD, WITHHELD]
    assert found.totals.tolist() == [30]


def test_a_sensitive_source_has_totals_alone_and_no_small_ones():
    counts, group = [0, 1, 2, 0, 0, 3, 4, 5, 6, 1], [0] * 5 + [1] * 5
    found = show(counts, group, sensitive=True)
    assert set(found.cells) == {WITHHELD}
    assert found.totals.tolist() == [WITHHELD, 20]
    assert found.whole == WITHHELD  # 20 beside 20 would leave the other district 0 to 4


@pytest.mark.parametrize("counts", [[0] * 6, [3] * 2, [30, 40, 0, 0]])
def test_a_sensitive_total_of_nothing_or_of_few_areas_is_withheld(counts):
    found = show(counts, [0] * len(counts), sensitive=True)
    assert found.totals.tolist() == [WITHHELD]
    assert found.whole == WITHHELD


def test_what_is_not_recorded_stays_so():
    found = show([np.nan, 50], [0, 0])
    assert found.cells.tolist() == ["[x]", 50]


def test_a_private_area_looks_like_a_small_one():
    found = show([0, 50, 60], [0, 0, 0], private=np.array([True, False, False]))
    assert found.cells.tolist() == [WITHHELD, 50, 60]


def test_rules_that_cannot_be_kept_are_refused():
    with pytest.raises(DisclosureError, match="Raise the threshold"):
        show([3, 20], [0, 0], Rules(threshold=5, width=6))


cases = st.lists(
    st.tuples(st.one_of(st.integers(0, 9), st.integers(0, 60)), st.integers(0, 2)),
    min_size=1, max_size=7,
)  # fmt: skip
rules = st.sampled_from(
    [
        RULES,
        Rules(threshold=10, rounding=3, width=7),
        Rules(rounding=1),
        Rules(suppression="complementary"),
        Rules(rounding=1, suppression="complementary"),
    ]
)


@settings(max_examples=150)
@given(cases, rules)
def test_a_solver_leaves_every_withheld_count_its_width(case, rules):
    counts, group = zip(*case, strict=True)
    shown = show(counts, group, rules)
    for low, high in told(shown, counts, group, rules):
        assert high - low + 1 >= rules.width


@settings(max_examples=100)
@given(cases, st.booleans())
def test_a_solver_leaves_every_count_of_a_sensitive_source_its_width(case, few):
    counts, group = zip(*case, strict=True)
    rules = Rules(smallest_group=2 if few else 5)
    shown = show(counts, group, rules, sensitive=True)
    for low, high in told(shown, counts, group, rules, each=False):
        assert high - low + 1 >= rules.width


@given(st.integers(0, 200), rules)
def test_the_bounds_of_a_shown_count_hold_it(count, rules):
    found = show([count], [0], rules)
    bounds = bounds_of(found.cells, rules)
    assert bounds.low[0] <= count <= bounds.high[0]

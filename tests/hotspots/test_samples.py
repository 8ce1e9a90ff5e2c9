import numpy as np
import pandas as pd
import pytest
from small_maps import joined

from riskindex.errors import DataError
from riskindex.factors import EventGroup, Factor
from riskindex.hotspots.samples import ALL_ZERO, Land, context_of, observe, together

CODES = pd.Index(list("abc"), name="area_code")
AREAS = pd.DataFrame({"residents": [100.0, 200.0, 0.0], "young": [10.0, 20.0, 30.0]}, index=CODES)
LINE = joined(3, (0, 1), (1, 2))


def factor(**options):
    given = {"name": "f", "label": "The f", "method": "window", "score": "flag"}
    if "numerator" not in options:
        given |= {"source": "s", "exposure": "residents", "periods": ("2021", "2022")}
    if "event_groups" in options:
        del given["source"]
    return Factor(**given | options)


def counts(of, periods=("2021", "2022"), groups=("all",)):
    """Counts from an array (periods, groups, areas)."""
    values = np.asarray(of, float).reshape(len(periods), len(groups), 3)
    columns = {
        ("f", g, p): values[i, k] for i, p in enumerate(periods) for k, g in enumerate(groups)
    }
    table = pd.DataFrame(columns, index=CODES).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    return table


def seen(of, asked, period="2022", **options):
    return observe(asked, period, counts(of, **options), AREAS, pd.DataFrame(index=CODES))


def test_an_area_without_residents_or_cover_is_not_assessed():
    found = seen([[1, 2, 3], [4, np.nan, 6]], factor())
    assert found.reason.tolist() == ["", "not covered", "no exposure"]
    assert found.assessed.tolist() == [True, False, False]


def test_what_cannot_be_assessed_leaves_the_windows():
    land = Land(neighbours=LINE, centroids=lambda: np.zeros((3, 2)))
    sample = land.sample(seen([[1, 2, 3], [4, 5, 6]], factor()), factor())
    assert sample.observed.tolist() == [4, 5]
    assert sample.exposure.tolist() == [100, 200]
    assert sample.windows.toarray().tolist() == [[1, 1], [1, 1]]
    assert sample.expected(30).tolist() == [10, 20]


def test_weights_count_in_whole_steps():
    groups = (
        EventGroup(label="light", source="s", weight=0.5),
        EventGroup(label="heavy", source="s", weight=2.5),
    )
    asked = factor(event_groups=groups, periods=("2022",))
    found = seen([[2, 0, 0], [1, 0, 0]], asked, periods=("2022",), groups=("light", "heavy"))
    assert (found.event_weights * found.unit).tolist() == [0.5, 2.5]
    sample = Land(neighbours=LINE, centroids=lambda: np.zeros((3, 2))).sample(found, asked)
    assert sample.observed[0] * sample.unit == 3.5
    assert sample.events[0] == 3
    # Two events of 0.5 and one of 2.5: variance over mean (2 * .25 + 6.25) / 3.5 in pounds.
    assert sample.step * sample.unit == pytest.approx(6.75 / 3.5)


def test_gi_takes_counts_as_they_are():
    found = seen([[1, 2, 3], [4, 5, 6]], factor(method="getis-ord", exposure=None))
    assert found.exposure.tolist() == [1, 1, 1]
    assert found.reason.tolist() == ["", "", ""]


def test_strata_expect_by_their_own_bases():
    groups = (
        EventGroup(label="young", source="s", exposure="young"),
        EventGroup(label="all", source="s", exposure="residents"),
    )
    asked = factor(event_groups=groups, exposure=None, periods=("2022",))
    found = seen([[6, 0, 0], [0, 3, 0]], asked, periods=("2022",), groups=("young", "all"))
    # 6 events on 60 young people, and 3 on 300 residents.
    assert found.exposure == pytest.approx([1 + 1, 2 + 2, 3 + 0])
    assert found.counts.ravel().tolist() == [6, 3, 0]


def test_all_periods_add_up_over_what_is_covered():
    asked = factor()
    table = [[1, 2, 3], [4, np.nan, 6]]
    parts = [seen(table, asked, period) for period in asked.periods]
    found = together(parts, asked)
    assert found.counts.ravel().tolist() == [5, 2, 0]
    assert found.reason.tolist()[:2] == ["", ""]
    # 3 events on 300 residents in 2021, and 4 on the 100 that 2022 covers.
    assert found.exposure[:2] == pytest.approx([100 * (0.01 + 0.04), 200 * 0.01])


def test_a_share_above_one_is_no_share():
    keys = pd.MultiIndex.from_tuples([("t", "part"), ("t", "all")])
    tables = pd.DataFrame([[1.0, 4.0], [5.0, 4.0], [1.0, 4.0]], index=CODES, columns=keys)
    asked = factor(source="t", numerator="part", denominator="all", method="threshold")
    with pytest.raises(DataError, match=r"larger than all in 1 areas \(first: b, 5 of 4\)"):
        observe(asked, "", pd.DataFrame(index=CODES), AREAS, tables)


def test_counts_of_other_factors_are_no_zeros():
    with pytest.raises(DataError, match="no counts of 'all' in 2023"):
        seen([[1, 2, 3], [4, 5, 6]], factor(periods=("2023",)), "2023")


def test_context_is_known_by_its_column():
    assert context_of(AREAS) is None
    assert context_of(AREAS.assign(is_context=[False, True, False])).tolist() == [0, 1, 0]
    assert ALL_ZERO == "all zero"

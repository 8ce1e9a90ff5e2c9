import pandas as pd
import pytest
from small_events import count, factor, group, source, squares

from riskindex.errors import DataError
from riskindex.events.count import count_events
from riskindex.events.coverage import Coverage
from riskindex.events.read import frame_events
from riskindex.factors import EventGroup, Factor

AREAS = squares("E01000001", "E01000002")


def monthly(months, *, year=2022, n=10, area="E01000001", **columns):
    return [
        {"date": f"{year}-{month:02d}-{day + 1:02d}", "area": area, **columns}
        for month in months
        for day in range(n)
    ]


def values(counted):
    return counted.counts.iloc[:, 0].tolist()


def test_a_whole_year_is_no_part():
    counted = count(monthly(range(1, 13), n=28), AREAS)
    assert values(counted) == [336, 0]
    assert counted.part_periods == frozenset()


def test_months_without_a_record_make_a_part_period_that_is_said():
    counted = count(monthly(range(1, 10)), AREAS)
    assert values(counted) == [90, 0]
    assert counted.part_periods == {("f", "2022")}
    assert any(
        "2022 is a part period; 3 of its 12 months have no events (2022-10, 2022-11, 2022-12)"
        in note
        for note in counted.notes
    )


def test_a_year_without_any_is_not_assessed():
    wanted = factor(periods=("2021", "2022"))
    counted = count(monthly(range(1, 13)), AREAS, wanted)
    assert counted.counts["f", "all", "2021"].isna().all()
    assert any("2021 is not assessed; it has no events there" in note for note in counted.notes)


def test_no_period_at_all_is_refused_with_what_there_is():
    with pytest.raises(DataError, match="s has no events in 2019; it has some from 2022-01"):
        count(monthly(range(1, 13)), AREAS, factor(periods=("2019",)))


def test_rare_events_may_have_empty_months():
    counted = count(monthly([1, 6, 12], n=1), AREAS)
    assert values(counted) == [3, 0]
    assert counted.part_periods == frozenset()


def test_a_source_may_say_that_nothing_happened_or_that_a_gap_is_a_fault():
    zero = count(monthly(range(1, 10)), AREAS, coverage=Coverage(missing="zero"))
    assert zero.part_periods == frozenset()
    with pytest.raises(DataError, match="2022 is a part period"):
        count(monthly(range(1, 10)), AREAS, coverage=Coverage(missing="refuse"))


def test_days_cut_off_at_the_end_are_seen():
    rows = [row for row in monthly(range(1, 13), n=28) if row["date"] < "2022-12-10"]
    counted = count(rows, AREAS)
    assert counted.part_periods == {("f", "2022")}
    assert any("on its last 22 days (from 2022-12-10)" in note for note in counted.notes)


def test_a_value_that_was_renamed_in_the_middle_is_seen():
    rows = monthly(range(1, 7), kind="old") + monthly(range(7, 13), kind="new")
    wanted = factor(source=None, event_groups=(group("g", kind=["new"]),))
    counted = count(rows, AREAS, wanted)
    assert counted.part_periods == {("f", "2022")}
    (note,) = [note for note in counted.notes if "no record meets the rule" in note]
    assert "2022-01 to 2022-06" in note
    assert "Was a value renamed?" in note


def two_systems(old, new, periods=("2021", "2022")):
    """A factor on a source that ends and one that begins; both have an event a day of a month."""
    groups = [EventGroup(label=name, source=name) for name in ("old", "new")]
    one = Factor(
        name="f", label="f", method="getis-ord", score="flag", periods=periods, event_groups=groups
    )
    opened = {
        name: frame_events(pd.DataFrame(rows), source(), name=name, factors=[one])
        for name, rows in (("old", old), ("new", new))
    }
    return count_events(opened, AREAS, [one])


def test_sources_of_different_years_join():
    counted = two_systems(monthly(range(1, 13), year=2021), monthly(range(1, 13), n=20))
    sums = counted.counts["f"].T.groupby(level="period").sum().T
    assert sums.loc["E01000001"].to_dict() == {"2021": 120, "2022": 240}
    assert not counted.counts.isna().any(axis=None)
    assert not [note for note in counted.notes if "is not assessed" in note]
    (note,) = [note for note in counted.notes if "joined" in note]
    assert "2021 from old; 2022 from new" in note


def test_a_year_that_two_sources_have_keeps_the_others_apart():
    old = [*monthly(range(1, 13), year=2021), *monthly(range(1, 13))]
    counted = two_systems(old, monthly(range(1, 13), n=20))
    assert counted.counts["f", "new", "2021"].isna().all()
    assert "new: 2021 is not assessed; it has no events there." in counted.notes

"""Months, hours and ages of restricted sources: a cell for all that can be asked, none invented."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from worlds import KEY, make_world

from riskindex.areas.groups import WHOLE
from riskindex.assessment.options import Figure, band_label
from riskindex.disclosure import NOT_RECORDED, WITHHELD, CellRules
from riskindex.events.rhythm import BY_PERIOD, COUNTED, HOURS, INSIDE_LEVELS, over_periods
from riskindex.publication.cells import noise
from riskindex.publication.rhythm import released_bands, released_hours, released_rhythm

RULES = CellRules()
YOUNG, OLD = (0, 11), (12, 13)
BANDS = {"children": YOUNG, "under 12": YOUNG, "older": OLD}


@pytest.fixture(scope="module")
def world():
    return make_world("districts")


def counted(world, rhythm, *, covered=None):
    """What is released of: the counts say where a source has data."""
    figures = [Figure(name="young", kind="mix", of="homes", by="age", bands=BANDS)]
    given = world.given
    counts = given.group_counts if covered is None else given.group_counts.where(covered)
    return SimpleNamespace(
        config=world.config.model_copy(update={"figures": figures}),
        areas=given.areas,
        group_counts=counts,
        measured=given.measured._replace(rhythm=rhythm),
    )


def lines(records, factor="homes", period="2022", kind="int64"):
    """Records by place, aspect and value, each with a fingerprint."""
    index = pd.MultiIndex.from_tuples(
        [(factor, "all", period, *key) for key in records], names=BY_PERIOD
    )
    prints = np.random.default_rng(4).integers(1, 2**63, len(records)).astype(np.uint64)
    table = pd.DataFrame({"records": list(records.values()), "fingerprint": prints}, index=index)
    return table.astype({**COUNTED, "records": kind}).sort_index()


AGES = {(place, "age", str(age)): 3 for place in ("East", "West") for age in range(12)}


def test_a_band_of_withheld_years_is_a_cell_of_its_own(world):
    rhythm = lines(AGES)
    found = released_bands(rhythm, counted(world, rhythm), KEY, RULES).xs("age", level="aspect")
    single = released_rhythm(rhythm, counted(world, rhythm), KEY, RULES)
    assert "age" not in single.index.unique("aspect")  # six records of each year in all
    east = rhythm.xs("East", level="place")
    drawn = noise(np.array([east["fingerprint"].sum()], dtype=np.uint64), KEY, RULES.epsilon)
    band = found.xs(("East", band_label(YOUNG)), level=("place", "value")).iloc[0]
    assert band["records"] == 5 * np.floor((36 + drawn[0]) / 5 + 0.5)
    assert abs(band["records"] - 36) <= 5


def test_an_empty_band_is_withheld_as_one_of_few_records_is(world):
    rhythm = lines(AGES)
    found = released_bands(rhythm, counted(world, rhythm), KEY, RULES)
    older = found.xs(band_label(OLD), level="value")
    assert set(older["mark"]) == {WITHHELD}
    assert older["records"].isna().all()
    assert set(older.index.get_level_values("place")) == {WHOLE, "East", "West"}


def test_two_names_of_one_band_are_one_cell(world):
    rhythm = lines(AGES)
    found = released_bands(rhythm, counted(world, rhythm), KEY, RULES)
    assert list(found.index.unique("value")) == [band_label(YOUNG), band_label(OLD)]
    assert found.index.is_unique


def test_no_band_is_made_where_none_is_asked_for(world):
    rhythm = lines(AGES, factor="victims")
    assert released_bands(rhythm, counted(world, rhythm), KEY, RULES).empty


MONTHS = {("West", "month", f"2022-{m:02d}"): 40 for m in range(1, 13)}


def test_a_rule_without_records_has_its_tables_too(world):
    rhythm = pd.concat([lines(MONTHS), lines({("West", "weekday", "3"): 480})])
    found = released_rhythm(rhythm, counted(world, rhythm), KEY, RULES)
    silent = found.loc[["drugs"]]
    assert set(silent["mark"]) == {WITHHELD}
    assert len(silent.xs("month", level="aspect")) == 12 * 3
    # Weekdays are told of its source alone: drugs have one of their own.
    assert set(silent.index.unique("aspect")) == {"month"}
    assert set(found.loc[["homes"]].index.unique("aspect")) == {"month", "weekday"}
    assert set(found.loc[["measured"]].index.unique("aspect")) == {"month", "weekday"}


def test_a_place_that_the_source_does_not_cover_is_marked_so(world):
    west = (world.given.areas["district"] == "West").to_numpy()
    covered = np.repeat(west[:, None], world.given.group_counts.shape[1], axis=1)
    rhythm = lines(MONTHS)
    found = released_rhythm(rhythm, counted(world, rhythm, covered=covered), KEY, RULES)
    homes = found.loc["homes"].xs("month", level="aspect")
    east, west = (homes.xs(place, level="place") for place in ("East", "West"))
    assert set(east["mark"]) == {NOT_RECORDED}
    assert east[["records", "base"]].isna().all(axis=None)
    assert set(west["mark"]) == {""}
    assert west[["records", "base"]].notna().all(axis=None)


def test_months_of_a_period_without_data_are_marked_so(world):
    """All periods together: January to December 2022 were counted, 2023 was not."""
    config = world.config.model_copy(
        update={
            "factors": [
                replace(f, periods=["2022", "2023"]) if f.name == "homes" else f
                for f in world.config.factors
            ]
        }
    )
    counts = world.given.group_counts.copy()
    counts["homes", "all", "2023"] = pd.array([pd.NA] * len(counts), dtype="Int64")
    result = counted(world, lines(MONTHS))
    result.config, result.group_counts = config, counts
    together = released_rhythm(over_periods(lines(MONTHS)), result, KEY, RULES).loc["homes"]
    months = together.xs(("month", "West"), level=("aspect", "place"))["mark"]
    year = months.index.get_level_values("value").str[:4]
    assert set(months[year == "2022"]) == {""}
    assert set(months[year == "2023"]) == {NOT_RECORDED}
    apart = released_rhythm(lines(MONTHS), result, KEY, RULES).loc["homes"]
    assert set(apart.index.unique("period")) == {"2022"}


def test_default_times_leave_as_protected_cells_beside_all_24_hours(world):
    hours = {(place, "hour", "default time"): 40 for place in ("East", "West")}
    hours |= {("East", "hour", f"{hour:02d}"): 30 for hour in range(24)}
    rhythm = lines(hours)
    found = released_rhythm(rhythm, counted(world, rhythm), KEY, RULES).xs("hour", level="aspect")
    whole = found.xs(WHOLE, level="place").droplevel(["factor", "group", "period"])
    assert list(whole.index) == sorted([f"{h:02d}" for h in range(24)] + ["default time"])
    east = rhythm.xs("East", level="place").xs("default time", level="value")
    drawn = noise(east["fingerprint"].to_numpy(), KEY, RULES.epsilon)
    shown = found.xs("East", level="place").xs("default time", level="value")["records"]
    assert shown.tolist() == [pytest.approx(40 + drawn[0], abs=RULES.rounding / 2)]


def test_hours_that_share_events_between_two_times_stay_internal(world):
    records = {("East", "hour", "07"): 40.5, ("East", "hour", "08"): 39.5}
    records |= {("East", "weekday and hour", "1 and 07"): 80, ("East", "month", "2022-05"): 80}
    rhythm = lines(records, kind="float64")
    given = counted(world, rhythm)
    name = given.config.factors[0].groups[0].source
    sources = {"plain": given.config.sources[name]}
    sources["ranged"] = replace(sources["plain"], until="latest")
    aspects = {}
    for kind, source in sources.items():
        given.config = given.config.model_copy(
            update={"sources": {**given.config.sources, name: source}}
        )
        released = released_rhythm(rhythm, given, KEY, RULES)
        aspects[kind] = set(released.index.unique("aspect"))
    assert aspects == {"plain": {"month", "hour", "weekday and hour"}, "ranged": {"month"}}


def inside(records):
    """Records inside areas by part of the week, each with a fingerprint."""
    index = pd.MultiIndex.from_tuples(
        [("homes", "all", code, HOURS, part) for code, part in records], names=INSIDE_LEVELS
    )
    prints = np.random.default_rng(5).integers(1, 2**63, len(records)).astype(np.uint64)
    table = pd.DataFrame({"records": list(records.values()), "fingerprint": prints}, index=index)
    return table.astype(COUNTED)


@pytest.fixture(scope="module")
def place_of(world):
    """Four areas of one place, and a single area."""
    return pd.Series([1, 1, 1, 1, 2], index=world.given.areas.index[:5], name="place")


def hours(world, table, place_of):
    given = counted(world, world.given.measured.rhythm)
    given.inside = table
    found = released_hours(given, place_of, KEY, RULES)
    return found.set_index(["place", "factor", "value"])


def test_hours_of_a_place_are_cells_of_its_records_and_a_single_area_has_none(world, place_of):
    first, other, *_ = place_of.index
    table = inside({(first, "5 18"): 20, (other, "5 18"): 15, (other, "6 01"): 2})
    found = hours(world, table, place_of)
    cell = table["fingerprint"].iloc[:2].to_numpy().sum(keepdims=True)
    noised = 35 + noise(cell, KEY, RULES.epsilon)[0]
    assert found.loc[(1, "homes", "Fri 18 to 24"), "records"] == 5 * ((noised + 2) // 5)
    assert found.loc[(1, "homes", "Sat 01 to 06"), "mark"] == WITHHELD
    assert found.loc[(2, "homes")]["records"].isna().all()
    # A restricted factor without such a record, of a source with hours, would have its lines, too.
    assert found.groupby(level=["place", "factor"]).size().eq(28).all()
    assert found["stands_out"].isna().all()


def test_hours_of_a_place_tell_of_its_noised_cells_alone(world, place_of):
    first, other, *_ = place_of.index
    table = inside({(first, "5 18"): 20, (other, "5 18"): 15, (other, "6 01"): 12})
    changed = table.copy()
    changed.iloc[0, 0] += 2
    rest = table["fingerprint"].to_numpy()[1:]
    with np.errstate(over="ignore"):
        tried = np.random.default_rng(6).integers(1, 2**63, 20_000).astype(np.uint64)
        for others, n in ((rest[:1], 35), (rest, 47)):
            before = others.sum() + table["fingerprint"].to_numpy()[:1]
            was = n + noise(before, KEY, RULES.epsilon)[0]
            tried = tried[n + 2 + noise(tried + others.sum(), KEY, RULES.epsilon) == was]
    assert len(tried)
    changed.iloc[0, 1] = tried[0]
    assert not changed.equals(table)
    pd.testing.assert_frame_equal(hours(world, changed, place_of), hours(world, table, place_of))

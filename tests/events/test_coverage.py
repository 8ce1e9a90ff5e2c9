"""What no file covers is not assessed: by units, by an inventory, or by the numbers alone."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from small_events import KM, count, events, factor, line, squares

from riskindex.config import parse_config
from riskindex.errors import ConfigError, DataError, InputError
from riskindex.events.count import count_events
from riskindex.events.coverage import (
    Coverage,
    Inventory,
    gaps_by_number,
    groups_of_units,
    months_listed,
)
from riskindex.events.periods import parse_period
from riskindex.events.points import areas_of_points
from riskindex.events.read import open_events
from riskindex.events.sources import PoliceSource
from riskindex.events.sql import rule_name
from riskindex.events.warehouses.query import WarehouseSource
from riskindex.rules import rule_of

FOUR = squares(
    "E01000001",
    "E01000002",
    "E01000003",
    "E01000004",
    force=["Avon and Somerset", "Avon and Somerset", "Kent", "Kent"],
)
BY = Coverage(by="force", column="unit")
AVON, KENT, RAIL = "avon-and-somerset", "Kent Police", "British Transport Police"


def crime(area, unit, month="2022-05"):
    return {"date": month, "area": f"E0100000{area}", "unit": unit}


def year_of(unit, area, months=range(1, 13)):
    return [crime(area, unit, f"2022-{month:02d}") for month in months]


def column(counted, period="2022"):
    return [None if pd.isna(n) else int(n) for n in counted.counts["f", "all", period]]


def test_a_force_without_a_file_is_not_assessed_and_zero_elsewhere_stays_zero():
    counted = count(year_of(AVON, 1), FOUR, coverage=BY)
    assert column(counted) == [12, 0, None, None]
    assert any("2022: 2 of 4 areas are not assessed: no file of Kent." in n for n in counted.notes)


def test_a_force_that_lacks_a_month_is_not_assessed_in_that_year_and_is_in_the_others():
    records = [
        *year_of(AVON, 1),
        *year_of(KENT, 3, range(1, 12)),
        crime(3, KENT, "2021-01"),
        crime(1, AVON, "2021-01"),
    ]
    counted = count(records, FOUR, factor(periods=("2021", "2022")), coverage=BY)
    assert column(counted, "2021") == [1, 0, 1, 0]  # a part period, alike for all
    assert column(counted, "2022") == [12, 0, None, None]
    assert line(counted) == {"read": 25, "counted": 14, "not_covered": 11}
    assert list(counted.uncounted["reason"]) == ["not_covered"] * 11
    assert any("Kent (2022-12)" in note for note in counted.notes)


def test_months_are_assessed_month_by_month():
    records = [*year_of(AVON, 1), *year_of(KENT, 3, [1])]
    asked = factor(periods=("2022-01", "2022-02"))
    counted = count(records, FOUR, asked, unit="month", coverage=BY)
    assert column(counted, "2022-01") == [1, 0, 1, 0]
    assert column(counted, "2022-02") == [1, 0, None, None]


@pytest.mark.parametrize("distinct", [None, "person"])
def test_events_inside_a_force_without_a_file_are_named_and_not_counted(distinct):
    records = [
        {**one, "person": str(i)} for i, one in enumerate([*year_of(AVON, 1), crime(3, AVON)])
    ]
    counted = count(records, FOUR, coverage=BY, distinct=distinct)
    assert line(counted) == line(counted, "f") == {"read": 13, "counted": 12, "not_covered": 1}
    assert list(counted.uncounted["row"]) == [13]


def test_periods_that_overlap_reconcile_each_by_itself():
    records = [*year_of(AVON, 1), *year_of(KENT, 3, range(1, 7))]
    year, half = factor("year", ("2022",)), factor("first", ("2022",))
    counted = count(records, FOUR, year, half, coverage=BY)
    for name in ("year", "first"):
        assert line(counted, name) == {"read": 18, "counted": 12, "not_covered": 6}
        assert counted.counts[name].sum().sum() == 12


def test_a_force_of_transport_covers_no_area_and_is_left_out_or_counted_as_asked():
    records = [*year_of(AVON, 1), *year_of(KENT, 3), crime(3, RAIL), crime(3, None)]
    left_out = count(records, FOUR, coverage=BY)
    assert column(left_out) == [12, 0, 13, 0]  # a record without a unit stays
    assert line(left_out) == {"read": 26, "counted": 25, "excluded_by_rule": 1}
    assert any(f"are left out: {RAIL} (1 events)" in note for note in left_out.notes)
    both = count(records, FOUR, coverage=Coverage(by="force", column="unit", others="count"))
    assert column(both) == [12, 0, 14, 0]


HEADER = "Month,Reported by,Falls within,Longitude,Latitude,LSOA code,Crime type\n"


def streets(areas, rows, folder, header=HEADER):
    """Counts of street files, as a run reads them."""
    lines = "".join(
        f"2022-{month:02d},{unit},{unit},,,E0100000{area},Drugs\n"
        for area, unit in rows
        for month in range(1, 13)
    )
    (folder / "crime.csv").write_text(header + lines)
    source, asked = PoliceSource(kind="police.uk", path="crime.csv"), factor()
    with open_events({"s": source}, folder=folder, factors=[asked], areas=areas) as opened:
        return count_events(opened.events, areas, [asked])


def test_areas_around_the_study_area_are_those_of_a_force_whose_files_may_not_be_there(tmp_path):
    around = FOUR.assign(is_context=[False, False, True, True])
    counted = streets(around, [(1, "Avon and Somerset Constabulary")], tmp_path)
    assert column(counted) == [12, 0, None, None]
    assert any("no file of Kent" in note for note in counted.notes)
    both = streets(around, [(1, "Avon and Somerset Constabulary"), (4, KENT)], tmp_path)
    assert column(both) == [12, 0, 0, 12]


def test_without_a_study_area_inside_a_larger_one_nothing_is_taken_to_be_missing(tmp_path):
    assert column(streets(FOUR, [(1, "Avon and Somerset")], tmp_path)) == [12, 0, 0, 0]


def test_copies_that_name_no_force_are_counted_as_they_are(tmp_path):
    around = FOUR.assign(is_context=[False, False, True, True])
    assert column(streets(around, [(1, "")], tmp_path)) == [12, 0, 0, 0]
    other = HEADER.replace("Falls within", "area")
    assert column(streets(around, [(1, "Avon and Somerset")], tmp_path, other)) == [12, 0, 0, 0]


def test_a_transport_file_alone_covers_nobody():
    records = [*year_of(AVON, 1), *year_of(RAIL, 3)]
    both = Coverage(by="force", column="unit", others="count")
    counted = count(records, FOUR, coverage=both)
    assert column(counted) == [12, 0, None, None]
    assert line(counted) == {"read": 24, "counted": 12, "not_covered": 12}


def test_gaps_are_refused_or_taken_for_zero_where_the_config_says_so():
    with pytest.raises(DataError, match="no file of Kent"):
        count(
            year_of(AVON, 1), FOUR, coverage=Coverage(by="force", column="unit", missing="refuse")
        )
    zero = Coverage(by="force", column="unit", missing="zero")
    assert column(count(year_of(AVON, 1), FOUR, coverage=zero)) == [12, 0, 0, 0]


def test_the_names_of_a_force_agree_whatever_its_form():
    units = ["metropolitan", "devon-and-cornwall", "City of London Police", "dyfed-powys", "btp"]
    groups = ["Metropolitan Police", "Devon & Cornwall", "London, City of", "Dyfed-Powys"]
    assert list(groups_of_units(units, groups, {}, place="").values()) == groups
    assert groups_of_units(["met"], groups, {"met": groups[0]}, place="") == {"met": groups[0]}
    with pytest.raises(ConfigError, match="no group Essex"):
        groups_of_units(units, groups, {"x": "Essex"}, place="s")
    with pytest.raises(ConfigError, match="none of the units"):
        groups_of_units(["btp"], groups, {}, place="s")


def test_an_inventory_lists_what_there_is():
    columns = {"f": ["a", "a", "b"], "m": ["2022-01", "2022-02", "2022-01"], "n": ["3", "", "no"]}
    inventory = Inventory(path="-", unit="f", month="m")
    january = 2022 * 12
    assert months_listed(inventory, columns, "x") == {
        "a": frozenset({january, january + 1}),
        "b": frozenset({january}),
    }
    only = Inventory(path="-", unit="f", month="m", records="n")
    assert months_listed(only, columns, "x") == {"a": frozenset({january})}
    with pytest.raises(InputError, match="no month"):
        months_listed(inventory, {**columns, "m": ["2022-01", "may", ""]}, "x")


def test_an_inventory_and_records_that_disagree_are_told():
    records = [*year_of(AVON, 1), *year_of(KENT, 3, range(1, 11)), crime(3, RAIL)]
    asked, by = (
        factor(periods=("2022",)),
        replace(BY, inventory=Inventory(path="-", unit="u", month="m")),
    )
    january = 2022 * 12
    listed = {
        "avon": frozenset(range(january, january + 11)),
        "kent": frozenset(range(january - 5, january + 12)),
    }
    names = {"avon": "Avon and Somerset"}
    source = events(records, asked, coverage=replace(by, names=names))
    counted = count_events({"s": replace(source, listed=listed)}, FOUR, [asked])
    assert column(counted) == [None, None, 10, 0]
    notes = "\n".join(counted.notes)
    assert "inventory lists files of Kent (2022-11, 2022-12) of which no record is there" in notes
    assert "records of Avon and Somerset (2022-12) which the inventory does not list" in notes
    agreed = count_events({"s": source}, FOUR, [asked])
    assert not any("inventory" in note for note in agreed.notes)


def test_large_groups_with_hardly_an_event_are_found_by_their_numbers():
    areas = pd.DataFrame({"force": ["A"] * 20 + ["B"] * 20 + ["C"] * 19 + ["D"]})
    spans = (parse_period("2022"),)
    seen = pd.DataFrame({"area": np.r_[:20, 40:59], "month": 2022 * 12, "n": 10})
    gaps = gaps_by_number(seen, areas, spans, Coverage())
    assert gaps.lacking[:, 0].tolist() == [False] * 20 + [True] * 20 + [False] * 20
    assert gaps.notes == (
        "2022: 20 of 60 areas are not assessed: hardly any event in the force B.",
    )
    few = gaps_by_number(seen.assign(n=1), areas, spans, Coverage())
    assert not few.lacking.any()


FORTY = squares(*[f"E010000{i:02d}" for i in range(40)], force=["A"] * 20 + ["B"] * 20)
IN_GAP = [
    {"date": "2022-05-01", "area": "E01000030", "x": None, "y": None},
    {"date": "2022-05-01", "area": None, "x": 35_500.0, "y": 500.0},
]


@pytest.mark.parametrize("options", [{}, {"key": "id"}, {"distinct": "id"}])
def test_the_few_events_of_such_a_gap_are_listed_one_by_one(options):
    records = [
        {"date": "2022-05-01", "area": f"E010000{i % 20:02d}", "x": None, "y": None}
        for i in range(300)
    ] + IN_GAP
    numbered = [{**record, "id": f"n{i}"} for i, record in enumerate(records)]
    counted = count(numbered, FORTY, x="x", y="y", **options)
    assert column(counted) == [15] * 20 + [None] * 20
    assert line(counted) == {"read": 302, "counted": 300, "not_covered": 2}
    assert list(counted.uncounted["row"]) == [301, 302]
    assert list(counted.uncounted["reason"]) == ["not_covered"] * 2
    refused = Coverage(missing="refuse")
    with pytest.raises(DataError, match="hardly any event in the force B"):
        count(numbered, FORTY, x="x", y="y", coverage=refused, **options)


def test_nor_do_those_of_a_warehouse_vanish(tmp_path):
    lines = [f"E010000{i:02d},2022-05,15,1" for i in range(20)] + ["E01000030,2022-05,2,1"]
    header = f"area_code,month,events,{rule_name(rule_of({}))}"
    (tmp_path / "answer.csv").write_text("\n".join([header, *lines]))
    source = WarehouseSource(
        kind="warehouse",
        engine="sql-server",
        table="t",
        date="date",
        area="area",
        answer="answer.csv",
    )
    asked = factor()
    with open_events({"s": source}, folder=tmp_path, factors=[asked]) as opened:
        counted = count_events(opened.events, FORTY, [asked])
    assert column(counted) == [15] * 20 + [None] * 20
    assert line(counted) == {"read": 302, "counted": 300, "not_covered": 2}


def test_points_are_placed_once_though_gaps_are_found_by_the_places(monkeypatch):
    placed = []
    monkeypatch.setattr(
        "riskindex.events.study_area.areas_of_points",
        lambda x, y, shapes: placed.extend(x) or areas_of_points(x, y, shapes),
    )
    records = [
        {"date": "2022-05-01", "area": None, "x": (i % 20 + 0.5) * KM + i, "y": 500.0}
        for i in range(300)
    ] + IN_GAP[1:]
    assert line(count(records, FORTY, x="x", y="y"))["not_covered"] == 1
    assert len(placed) == 301


def test_a_coverage_that_does_not_fit_the_areas_is_told():
    with pytest.raises(ConfigError) as error:
        parse_config(config(coverage={"by": "force"}))
    assert "sources.s.coverage.by: the areas have no group 'force'; there is district." in str(
        error.value
    )
    with pytest.raises(ConfigError, match="column needs by"):
        parse_config(config(coverage={"column": "unit"}))


def config(**options):
    source = {"kind": "events", "path": "x.csv", "date": "date", "area": "area", **options}
    return {
        "title": "t",
        "place": "p",
        "sources": {"s": source},
        "areas": {"boundaries": "a.gpkg", "code": "c", "groups": {"district": "d"}},
        "factors": [
            {
                "name": "f",
                "label": "f",
                "source": "s",
                "method": "getis-ord",
                "score": "flag",
                "periods": ["2022"],
            }
        ],
    }


NO_FILE = {
    "Metropolitan Police",
    "West Midlands",
    "West Yorkshire",
    "Greater Manchester",
    "Kent",
    "Merseyside",
    "South Wales",
}


@pytest.mark.parametrize("listed", [True, pytest.param(False, marks=pytest.mark.long)])
def test_england_and_wales_lack_the_forces_that_published_nothing(shared, listed):
    data = shared / "data"
    areas = gpd.read_parquet(data / "england_wales/lsoa21_boundaries.parquet")
    areas = areas.set_index("LSOA21CD").rename_axis("area_code").sort_index()[["geometry"]]
    wards = pd.read_csv(data / "lookups/lsoa21_ward24_lad24.csv.gz", index_col="lsoa21_code")
    forces = pd.read_csv(data / "lookups/lad24_csp24_pfa24.csv.gz")
    forces = forces.drop_duplicates("ltla24_code").set_index("ltla24_code")["pfa24_name"]
    force = wards["ltla24_code"].map(forces).reindex(areas.index)
    inventory = Inventory(
        path="police_uk_2025_inventory.csv", unit="force", month="month", records="rows"
    )
    source = PoliceSource(
        kind="police.uk",
        path="police_uk_2025.parquet",
        coverage=Coverage(by="force", inventory=inventory if listed else None),
    )
    asked = factor(periods=("2025",), source="crime")
    with open_events({"crime": source}, folder=data / "england_wales", factors=[asked]) as opened:
        counted = count_events(opened.events, areas.assign(force=force), [asked])
    own = counted.reconciliation.loc[("crime", "")]
    assert own["read"] == 3_552_980 == own.drop("read").sum()
    # Of the transport police's 3,304 records 103 have no place.
    assert own["excluded_by_rule"] + own["not_covered"] >= 3_201
    here = counted.counts["f", "all", "2025"]
    assert set(force[here.isna()]) == {*NO_FILE, "Avon and Somerset", "Thames Valley"}
    assert here.sum() == own["counted"]
    assert own["read"] - own["counted"] == len(counted.uncounted)
    assert not any("the inventory" in note for note in counted.notes)  # it and the records agree


def test_of_records_of_one_key_the_one_that_is_covered_is_counted():
    areas = squares("E01100001", "E01100002", force=["Essex", "Kent"])
    at = {"E01100001": "Essex Police", "E01100002": "Kent Police"}
    months = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]
    rows = [
        {"date": month, "area": area, "by": by, "key": key}
        for month in months
        for area, by in at.items()
        for key in (None, "twice" if month == "2022-02" else None)
        if (area, month) != ("E01100001", "2022-05")
    ]
    found = count(
        rows,
        areas,
        factor("to_march", periods=("2022-03",)),
        factor("to_june", periods=("2022-06",)),
        unit="year-ending",
        key="key",
        coverage=Coverage(by="force", column="by"),
    )
    # Essex lacks a month of the later year alone, in which the record of Kent is the first, then.
    assert found.counts["to_march"].squeeze().tolist() == [24, 23]
    assert found.counts["to_june"].squeeze().tolist() == [pd.NA, 24]
    assert line(found, "to_march") == {
        "read": 94,
        "counted": 47,
        "outside_periods": 46,
        "duplicates": 1,
    }
    assert line(found, "to_june") == {
        "read": 94,
        "counted": 24,
        "outside_periods": 48,
        "not_covered": 22,
    }


def stubs(*, per_month, units=("A", "B")):
    """A year in which unit B has two stray rows in each month from July."""
    return [
        {"date": f"2022-{month:02d}", "area": f"E010000{(i % 20) + 20 * number:02d}", "unit": unit}
        for month in range(1, 13)
        for number, unit in enumerate(units)
        for i in range(2 if unit == "B" and month > 6 else per_month)
    ]


def test_a_month_of_two_stray_rows_is_no_file_of_a_unit():
    counted = count(stubs(per_month=240), FORTY, coverage=BY)
    assert column(counted) == [144] * 20 + [None] * 20
    assert any("hardly any event in the force B (2022-07, 2022-08" in n for n in counted.notes)
    assert line(counted)["not_covered"] == 6 * 242
    zero = Coverage(by="force", column="unit", missing="zero")
    assert column(count(stubs(per_month=240), FORTY, coverage=zero))[20:] == [78, 78, *[72] * 18]


def test_a_small_unit_is_held_against_its_own_other_months():
    few = squares(*[f"E010000{i:02d}" for i in range(21)], force=["A"] * 20 + ["B"])
    months = np.tile(np.arange(12) + 2022 * 12, 2)
    seen = pd.DataFrame(
        {"area": np.repeat([0, 20], 12), "month": months, "n": [3000] * 12 + [150] * 11 + [2]}
    )
    asked = gaps_by_number(seen, few, [parse_period("2022")], replace(BY))
    assert asked.lacking[:, 0].tolist() == [False] * 20 + [True]
    assert not gaps_by_number(seen, few, [parse_period("2022")], Coverage()).lacking.any()

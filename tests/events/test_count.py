from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from shapely.geometry import Point
from small_events import KM, count, events, factor, group, line, source, squares

from riskindex.errors import ConfigError, DataError
from riskindex.events.count import count_events
from riskindex.events.coverage import Coverage
from riskindex.events.read import frame_events, open_events
from riskindex.events.sources import PoliceSource
from riskindex.factors import Factor

TWO = squares("E01000001", "E01000002")
YEAR = {"date": "2022-05-01", "area": "E01000001"}


def rows(*places, **columns):
    return [{"date": "2022-05-01", "area": place, **columns} for place in places]


def counts(counted, factor_name="f", label="all", period="2022"):
    return list(counted.counts[factor_name, label, period])


def test_events_are_counted_where_and_when_they_were():
    records = [
        {"date": "2022-01-01", "area": "E01000002"},
        {"date": "2022-12-31T23:59:00", "area": "E01000002"},
        {"date": "2021-12", "area": "E01000001"},
    ]
    counted = count(records, TWO, factor(periods=("2021", "2022")))
    assert counts(counted, period="2021") == [1, 0]
    assert counts(counted, period="2022") == [0, 2]
    assert counted.counts.index.equals(TWO.index)
    assert (counted.counts.dtypes == "Int64").all()


def test_each_event_is_read_once_and_the_first_reason_wins():
    records = [
        {"date": "2022-05-01", "area": "E01000001", "key": "1", "kind": "a"},
        {"date": "2022-05-01", "area": "E01000001", "key": "1", "kind": "a"},
        {"date": "2022-05-01", "area": "E01000001", "key": "2", "kind": "b"},
        {"date": "2022-05-01", "area": "E01000001", "key": "2", "kind": "b"},
        {"date": "2022-05-01", "area": "E01999999", "key": "1", "kind": "b"},
        {"date": "2022-05-01", "area": "Basildon", "key": "1", "kind": "b"},
        {"date": "2022-05-01", "area": None, "key": "1", "kind": "b"},
        {"date": "2020-05-01", "area": None, "key": "1", "kind": "b"},
    ]
    only_a = factor(where={"kind": ["a"]})
    counted = count(records, TWO, only_a, key="key")
    expected = {
        "read": 8,
        "outside_periods": 1,
        "no_location": 1,
        "unknown_area": 1,
        "outside_study_area": 1,
        "duplicates": 2,
    }
    assert line(counted) == {**expected, "counted": 2}
    assert line(counted, "f") == {"read": 2, "counted": 1, "duplicates": 1}
    assert list(counted.uncounted["reason"]) == [
        "duplicates",
        "duplicates",
        "outside_study_area",
        "unknown_area",
        "no_location",
        "outside_periods",
    ]
    assert list(counted.uncounted["row"]) == [2, 4, 5, 6, 7, 8]
    assert list(counted.uncounted["area_code"][:4]) == [
        "E01000001",
        "E01000001",
        "E01999999",
        "Basildon",
    ]


def test_the_sources_own_rule_holds_for_all_its_factors():
    records = rows("E01000001", kind="a", place="home") + rows("E01000001", kind="a", place="shop")
    only_a = factor(where={"kind": ["a"]})
    counted = count(records, TWO, only_a, where={"place": ["home"]})
    assert line(counted) == {"read": 2, "counted": 1, "excluded_by_rule": 1}
    assert line(counted, "f") == {"read": 1, "counted": 1}
    assert list(counted.uncounted["reason"]) == ["excluded_by_rule"]


def test_cells_may_be_looked_at_in_parts(monkeypatch):
    records = [
        {"date": f"2022-{i % 12 + 1:02d}-01", "area": f"E0100000{i % 3 + 1}"} for i in range(90)
    ]
    months = factor(periods=tuple(f"2022-{month:02d}" for month in range(1, 13)))
    whole = count(records, TWO, months, unit="month")
    monkeypatch.setattr("riskindex.events.tally.CELLS_AT_ONCE", 5)
    parts = count(records, TWO, months, unit="month")
    assert line(whole) == {"read": 90, "counted": 60, "outside_study_area": 30}
    pd.testing.assert_frame_equal(parts.counts, whole.counts)
    pd.testing.assert_frame_equal(parts.reconciliation, whole.reconciliation)


@pytest.mark.parametrize(
    "name", ["apart", "calendar", "codes", "dated", "kinds", "placed", "spots"]
)
def test_a_source_may_have_any_name(name):
    asked = Factor(
        name="f", label="f", source=name, method="window", score="flag", periods=("2022",)
    )
    rows = pd.DataFrame([{"date": "2022-05-01", "area": "A"}, {"date": "2022-05-01", "area": "Z"}])
    opened = {name: frame_events(rows, source(), name=name)}
    assert count_events(opened, squares("A"), [asked]).counts.to_numpy().tolist() == [[1]]


def test_what_a_factor_leaves_aside_is_not_uncounted():
    counted = count(
        rows("E01000001", kind="a") + rows("E01000001", kind="b"),
        TWO,
        factor(where={"kind": ["a"]}),
    )
    assert line(counted, "f") == {"read": 1, "counted": 1}
    assert counted.uncounted.empty


def test_a_factor_is_held_to_its_own_periods():
    records = [{"date": f"{year}-05-01", "area": "E01000001"} for year in (2020, 2021, 2022)]
    counted = count(records, TWO, factor("one"), factor("two", periods=("2021", "2022")))
    assert line(counted) == {"read": 3, "counted": 2, "outside_periods": 1}
    assert line(counted, "one") == {"read": 3, "counted": 1, "outside_periods": 2}
    assert line(counted, "two") == {"read": 3, "counted": 2, "outside_periods": 1}


def test_persons_are_counted_once_per_area_and_period():
    records = [
        {"date": "2022-01-01", "area": "E01000001", "person": "p"},
        {"date": "2022-02-01", "area": "E01000001", "person": "p"},
        {"date": "2022-03-01", "area": "E01000002", "person": "p"},
        {"date": "2021-03-01", "area": "E01000001", "person": "p"},
        {"date": "2022-03-01", "area": "E01000001", "person": None},
        {"date": "2022-03-01", "area": "E01000001", "person": None},
    ]
    counted = count(records, TWO, factor(periods=("2021", "2022")), distinct="person")
    assert counts(counted, period="2022") == [3, 1]
    assert counts(counted, period="2021") == [1, 0]
    assert line(counted) == {"read": 6, "counted": 5, "duplicates": 1}
    assert "s: 2 records have no person; each counts as one person." in counted.notes


def test_a_person_counts_by_the_record_that_the_rule_keeps():
    records = rows("E01000001", person="p", kind="b") + rows("E01000001", person="p", kind="a")
    only_a = factor(where={"kind": ["a"]})
    counted = count(records, TWO, only_a, distinct="person")
    assert counts(counted) == [1, 0]
    assert line(counted) == {"read": 2, "counted": 1, "duplicates": 1}
    assert line(counted, "f") == {"read": 1, "counted": 1}


def test_a_person_without_a_record_that_the_rule_keeps_is_not_in_its_line():
    records = rows("E01000001", person="p", kind="b") * 2 + rows("E01000001", person="q", kind="a")
    counted = count(records, TWO, factor(where={"kind": ["a"]}), distinct="person")
    assert line(counted) == {"read": 3, "counted": 2, "duplicates": 1}
    assert line(counted, "f") == {"read": 1, "counted": 1}


def test_a_key_and_persons_work_together():
    records = [
        {**YEAR, "key": "1", "person": "p"},
        {**YEAR, "key": "1", "person": "q"},
        {**YEAR, "key": "2", "person": "p"},
        {**YEAR, "key": "3", "person": "q"},
    ]
    counted = count(records, TWO, key="key", distinct="person")
    assert counts(counted) == [2, 0]
    assert line(counted) == {"read": 4, "counted": 2, "duplicates": 2}


def test_groups_are_counted_apart_and_reconcile_together():
    disorder = factor(
        event_groups=(group("ASB", kind=["asb"]), group("fire", kind=["fire", "arson"]))
    )
    records = [
        r for kind in ("asb", "asb", "fire", "arson", "drugs") for r in rows("E01000001", kind=kind)
    ]
    counted = count(records, TWO, disorder)
    assert list(counted.counts.columns) == [("f", "ASB", "2022"), ("f", "fire", "2022")]
    assert counts(counted, label="ASB") == [2, 0]
    assert counts(counted, label="fire") == [2, 0]
    assert line(counted) == {"read": 5, "counted": 5}
    assert line(counted, "f") == {"read": 4, "counted": 4}


def test_a_source_may_have_any_number_of_groups():
    kinds = [f"kind {i}" for i in range(130)]
    records = [{**YEAR, "kind": kind} for kind in kinds for _ in range(2)]
    many = factor(event_groups=tuple(group(kind, kind=[kind]) for kind in kinds))
    counted = count(records, TWO, many, factor("last", where={"kind": kinds[-1:]}))
    assert (counted.counts["f"].to_numpy()[0] == 2).all()
    assert counted.counts["f"].shape[1] == len(kinds)
    assert line(counted, "f") == {"read": 260, "counted": 260}
    assert line(counted, "last") == {"read": 2, "counted": 2}


def test_groups_with_one_label_are_refused():
    twice = factor(event_groups=(group("a", kind=["x"]), group("a", kind=["y"])))
    with pytest.raises(ConfigError, match="must differ in their labels"):
        count(rows("E01000001", kind="x"), TWO, twice)


def test_rules_know_numbers_and_truth():
    records = [{**YEAR, "n": n, "yes": yes} for n, yes in ((1, "True"), (2, "0"), (3, "1"))]
    counted = count(
        records,
        TWO,
        factor("n", where={"n": [1, 2]}),
        factor("yes", where={"yes": [True]}),
        factor("no", where={"yes": [False]}),
        factor("both", where={"n": [1, 2], "yes": [True]}),
    )
    found = {name: counts(counted, name)[0] for name in ("n", "yes", "no", "both")}
    assert found == {"n": 2, "yes": 2, "no": 1, "both": 1}


def test_quotes_in_names_and_values_are_only_text():
    column, value = "a\"b'; DROP TABLE s; --", "x' OR 'a'='a"
    records = [{**YEAR, column: value}, {**YEAR, column: "y"}]
    counted = count(records, TWO, factor(where={column: [value]}))
    assert counts(counted) == [1, 0]


def test_a_column_of_the_file_may_have_one_of_our_names():
    records = [{**YEAR, "row": "a", "span": "b"}, {**YEAR, "row": "c", "span": "d"}]
    counted = count(records, TWO, factor(where={"row": ["a"], "span": ["b"]}))
    assert counts(counted) == [1, 0]


def test_a_period_that_the_source_does_not_cover_is_not_assessed():
    records = [{"date": f"2022-{month:02d}", "area": "E01000001"} for month in range(1, 13)]
    counted = count(records, TWO, factor(periods=("2021", "2022")))
    assert counted.counts["f", "all", "2021"].isna().all()
    assert counts(counted) == [12, 0]
    assert "s: 2021 is not assessed; it has no events there." in counted.notes


def test_a_part_period_is_labelled():
    records = rows("E01000001") * 50 + [{"date": "2022-12-31", "area": "E01000001"}] * 50
    (note,) = count(records, TWO).notes
    assert note.startswith("s: 2022 is a part period; 10 of its 12 months have no events (2022-01")


def test_a_source_that_covers_none_of_a_factors_periods_is_refused():
    with pytest.raises(DataError, match="no events in 2019; it has some from 2022-05 to 2022-05"):
        count(rows("E01000001") * 3, TWO, factor(periods=("2019",)))


@pytest.mark.parametrize(
    ("unit", "label", "inside", "outside"),
    [
        ("financial-year", "2022-23", "2023-03-31", "2022-03-31"),
        ("academic-year", "2022/23", "2022-09-01", "2022-08-31"),
        ("year-ending", "2022-03", "2021-04-01", "2022-04-01"),
        ("quarter", "2022-Q2", "2022-06-30", "2022-07-01"),
        ("month", "2022-02", "2022-02-28", "2022-03-01"),
    ],
)
def test_periods_begin_and_end_on_their_days(unit, label, inside, outside):
    records = [{"date": day, "area": "E01000001"} for day in (inside, outside)]
    counted = count(records, TWO, factor(periods=(label,)), unit=unit)
    assert line(counted) == {"read": 2, "counted": 1, "outside_periods": 1}


def test_overlapping_periods_of_different_factors_count_an_event_for_each():
    records = [
        {"date": day, "area": "E01000001", "person": "p"}
        for day in ("2021-05-01", "2022-01-01", "2022-05-01")
    ]
    march, june = factor("march", periods=("2022-03",)), factor("june", periods=("2022-06",))
    counted = count(records, TWO, march, june, unit="year-ending", distinct="person")
    assert line(counted, "march") == {
        "read": 3,
        "counted": 1,
        "outside_periods": 1,
        "duplicates": 1,
    }
    assert line(counted, "june") == {"read": 3, "counted": 1, "outside_periods": 1, "duplicates": 1}
    assert line(counted) == {"read": 3, "counted": 3}


def test_an_unknown_source_is_refused_and_an_unused_one_is_noted():
    opened = {"s": events(rows("E01000001"))}
    with pytest.raises(ConfigError, match="no event source t; there is s"):
        count_events(opened, TWO, [factor(source="t")])
    counted = count_events({**opened, "t": events(rows("E01000001"))}, TWO, [factor()])
    assert "t: no factor counts it." in counted.notes


def test_without_factors_that_count_events_there_is_nothing():
    counted = count_events({}, TWO, [])
    assert counted.counts.shape == (2, 0)
    assert counted.counts.columns.names == ["factor", "group", "period"]
    assert len(counted.reconciliation) == len(counted.uncounted) == 0


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "date": st.sampled_from(["2019-05", "2021-01-31", "2022-02", "2022-12-31", None]),
            "area": st.sampled_from(["E01000001", "E01000002", "E01000009", "nowhere", "", None]),
            "x": st.sampled_from([None, -500.0, 0.0, 500.0, 1500.0]),
            "y": st.sampled_from([None, 500.0, 0.0]),
            "kind": st.sampled_from(["a", "b", "c", None]),
            "person": st.sampled_from(["p", "q", "r", None]),
            "key": st.sampled_from(["1", "2", "3", "4", None]),
        }
    ),
    min_size=1,
    max_size=40,
)
FACTORS = (
    factor("one", where={"kind": ["a"]}),
    factor(
        "two",
        periods=("2021", "2022"),
        event_groups=(group("a", kind=["a"]), group("bc", kind=["b", "c"])),
    ),
)


def by_hand(records, options):
    """The rules of counting in plain Python, for the groups of the second factor."""
    label_of = {"a": "a", "b": "bc", "c": "bc"}
    order = {"a": 0, "b": 1, "c": 1}
    found: Counter[tuple[str, str, str]] = Counter()
    seen_keys, seen_persons = set(), set()
    # A key or person goes to the first group that one of its records meets.
    for record in sorted(records, key=lambda r: order.get(r["kind"], 2)):
        year = (record["date"] or "")[:4]
        has_point = record["x"] is not None and record["y"] is not None
        has_point = has_point and (record["x"], record["y"]) != (0, 0)
        inside = {-500.0: None, 0.0: "E01000001", 500.0: "E01000001", 1500.0: "E01000002"}
        area = record["area"] or (inside[record["x"]] if has_point else None)
        if year not in ("2021", "2022") or area not in TWO.index:
            continue
        if "key" in options and record["key"] is not None:
            if record["key"] in seen_keys:
                continue
            seen_keys.add(record["key"])
        person = (record["person"], area, year)
        if "distinct" in options and record["person"] is not None:
            if person in seen_persons:
                continue
            seen_persons.add(person)
        if record["kind"] in label_of:
            found[label_of[record["kind"]], year, area] += 1
    return found


@examples(6)
@given(
    RECORDS,
    st.sampled_from(
        [{}, {"key": "key"}, {"distinct": "person"}, {"key": "key", "distinct": "person"}]
    ),
)
def test_whatever_comes_every_event_is_accounted_for(records, options):
    # A file that names both areas has no codes of an older edition.
    dated = [
        {**YEAR, "area": area, "x": None, "y": None, "kind": kind, "person": None, "key": None}
        for kind in "abc"
        for area in TWO.index
    ]
    dated += [{**row, "date": "2021-05-01"} for row in dated]
    counted = count(dated + records, TWO, *FACTORS, x="x", y="y", **options)
    table = counted.reconciliation
    kinds = Counter(row["kind"] for row in dated + records)
    assert table["read"].tolist() == [
        len(records) + len(dated),
        kinds["a"],
        kinds["a"] + kinds["b"] + kinds["c"],
    ]
    assert not table.loc["s"].drop("")["excluded_by_rule"].any()
    assert (table.drop(columns="read").sum(axis=1) == table["read"]).all()
    assert len(counted.uncounted) == table.loc[("s", ""), "read"] - table.loc[("s", ""), "counted"]
    own = counted.uncounted["reason"].value_counts()
    assert all(table.loc[("s", ""), reason] == n for reason, n in own.items())
    assert counted.counts["one"].to_numpy().sum() == table.loc[("s", "one"), "counted"]
    expected = by_hand(dated + records, options)
    for (label, year), column in counted.counts["two"].items():
        for area, n in column.items():
            assert n == expected[label, year, area]


@examples(4)
@given(RECORDS, st.booleans())
def test_counting_in_bulk_and_one_by_one_agree(records, with_points):
    options = {"x": "x", "y": "y"} if with_points else {}
    covered = [{**record, "key": None, "person": None} for record in records]
    covered += [
        {**YEAR, "date": f"{y}-05", "x": None, "y": None, "kind": "a", "person": None, "key": None}
        for y in (2021, 2022)
    ]
    in_bulk = count(covered, TWO, *FACTORS, where={"kind": ["a", "b"]}, **options)
    one_by_one = count(
        covered, TWO, *FACTORS, where={"kind": ["a", "b"]}, distinct="person", **options
    )
    pd.testing.assert_frame_equal(in_bulk.counts, one_by_one.counts)
    pd.testing.assert_frame_equal(in_bulk.reconciliation, one_by_one.reconciliation)
    # A text that is no code may be the key of a person, where a source names people.
    listed, named = (
        table.assign(area_code=table["area_code"].astype(object))
        for table in (in_bulk.uncounted, one_by_one.uncounted)
    )
    listed["area_code"] = listed["area_code"].mask(listed["area_code"] == "nowhere")
    pd.testing.assert_frame_equal(listed, named)


def test_the_order_of_records_does_not_change_counts():
    rng = np.random.default_rng(5)
    records = [
        {"date": "2022-05-01", "area": f"E0100000{rng.integers(1, 4)}", "person": str(p)}
        for p in rng.integers(0, 9, 60)
    ]
    one = count(records, TWO, distinct="person")
    other = count([records[i] for i in rng.permutation(60)], TWO, distinct="person")
    pd.testing.assert_frame_equal(one.counts, other.counts)
    pd.testing.assert_frame_equal(one.reconciliation, other.reconciliation)


# ---- Real files


CATEGORIES = {
    "violence": ["Violence and sexual offences"],
    "disorder": ["Anti-social behaviour", "Criminal damage and arson"],
    "robbery": ["Robbery"],
}


def crime_factors(*periods):
    return [
        factor(name, periods, source="crime", where={"Crime type": kinds})
        for name, kinds in CATEGORIES.items()
    ]


def count_police(shared, areas, path, factors, *, threads=None, **options):
    sources = {"crime": PoliceSource(kind="police.uk", path=path)}
    with open_events(sources, folder=shared / "data", factors=factors, threads=threads) as opened:
        return count_events(opened.events, areas, factors, **options), opened


@pytest.fixture(scope="module")
def crimes_2025(shared):
    import zipfile

    with zipfile.ZipFile(shared / "data/essex/police_uk_2025.zip") as archive:
        tables = [pd.read_csv(archive.open(name)) for name in archive.namelist()]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def counted_2025(shared, essex):
    return count_police(shared, essex, "essex/police_uk_2025.zip", crime_factors("2025"), threads=2)


def test_essex_2025_reconciles_to_the_last_record(essex, counted_2025, crimes_2025):
    counted, opened = counted_2025
    own = dict(counted.reconciliation.loc[("crime", "")])
    assert (own["read"], own["counted"]) == (158_217, 155_922)
    assert (own["no_location"], own["outside_study_area"]) == (2_140, 155)
    assert [file.rows for file in opened.files] == [158_217]
    for name, kinds in CATEGORIES.items():
        wanted = crimes_2025[crimes_2025["Crime type"].isin(kinds)]["LSOA code"].value_counts()
        expected = wanted.reindex(essex.index, fill_value=0)
        assert (counted.counts[name, "all", "2025"] == expected).all()


def test_threads_do_not_change_a_byte(shared, essex, counted_2025):
    path, factors = "essex/police_uk_2025.zip", crime_factors("2025")
    two, one = counted_2025[0], count_police(shared, essex, path, factors, threads=1)[0]
    for table in ("counts", "reconciliation", "uncounted"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(two, table))
    assert one.notes == two.notes


@pytest.mark.long
def test_england_and_wales_reconcile_in_one_pass(shared, essex):
    path = "england_wales/police_uk_2025.parquet"
    factors = crime_factors("2025")
    areas = gpd.read_parquet(shared / "data/england_wales/lsoa21_boundaries.parquet")
    areas = areas.set_index("LSOA21CD").rename_axis("area_code").sort_index()[["geometry"]]
    counted, _ = count_police(shared, areas, path, factors)
    own = dict(counted.reconciliation.loc[("crime", "")])
    assert own["read"] == 3_552_980
    assert own["counted"] == 3_353_071
    # Northern Ireland has coordinates and no codes: outside, and not without a place.
    assert (own["no_location"], own["outside_study_area"]) == (65_028, 134_881)
    table = pd.read_parquet(shared / "data" / path, columns=["LSOA code", "Crime type"])
    for name, kinds in CATEGORIES.items():
        wanted = table[table["Crime type"].isin(kinds)]["LSOA code"].value_counts()
        expected = wanted.reindex(areas.index, fill_value=0)
        assert (counted.counts[name, "all", "2025"] == expected).all()


def test_a_point_is_in_the_square_that_holds_it():
    records = [
        {"date": "2022-05", "x": x * KM, "y": 0.5 * KM} for x in (0.2, 0.7, 1.0, 1.5, 2.5, -0.1)
    ]
    counted = count(records, TWO, area=None, x="x", y="y")
    assert counts(counted) == [3, 1]  # on the border: the first of the two
    assert line(counted) == {"read": 6, "counted": 4, "outside_study_area": 2}
    assert "s: 4 events were placed by their coordinates alone." in counted.notes


def test_longitude_and_latitude_are_turned_into_metres(essex):
    codes = ["E01021237", "E01033711", "E01015895"]
    codes = [code for code in codes if code in essex.index]
    places = essex.loc[codes].representative_point().to_crs(4326)
    records = [{"date": "2022-05", "lon": p.x, "lat": p.y} for p in places]
    counted = count(records, essex, area=None, x="lon", y="lat", crs="EPSG:4326")
    assert list(counted.counts.index[counts(counted) == np.ones(len(essex))]) == sorted(codes)


def test_points_agree_with_a_spatial_join(essex):
    rng = np.random.default_rng(3)
    west, south, east, north = essex.total_bounds
    x, y = rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)
    records = [{"date": "2022-05", "x": a, "y": b} for a, b in zip(x, y, strict=True)]
    counted = count(records, essex, area=None, x="x", y="y")
    points = gpd.GeoDataFrame(geometry=[Point(p) for p in zip(x, y, strict=True)], crs=essex.crs)
    joined = gpd.sjoin(points, essex[["geometry"]], predicate="within")
    expected = joined["area_code"].value_counts().reindex(essex.index, fill_value=0)
    assert (counted.counts["f", "all", "2022"] == expected).all()


def monthly(kind, months, n=20):
    return [
        {"date": f"2022-{m:02d}", "area": "E01000001", "kind": kind}
        for m in months
        for _ in range(n)
    ]


def test_a_rule_that_no_record_meets_before_a_month_leaves_a_part_period():
    records = [
        *monthly("old", range(1, 5)),
        *monthly("new", range(5, 13)),
        *monthly("other", range(1, 13)),
    ]
    quarters = tuple(f"2022-Q{i}" for i in range(1, 5))
    asked = factor(periods=quarters, where={"kind": ["new"]})
    counted = count(records, TWO, asked, unit="quarter")
    assert counted.counts["f", "all", "2022-Q1"].isna().all()
    assert counts(counted, period="2022-Q2") == [40, 0]
    assert counted.part_periods == {("f", "2022-Q1"), ("f", "2022-Q2")}
    (note,) = [n for n in counted.notes if "no record meets the rule of f" in n]
    assert "2022-01 to 2022-04, where the source has 160 and 80 would be expected" in note
    both = count(
        records, TWO, factor(periods=quarters, where={"kind": ["old", "new"]}), unit="quarter"
    )
    assert counts(both, period="2022-Q1") == [60, 0]
    assert not both.part_periods


def test_a_rule_that_none_of_a_factors_periods_meets_is_refused():
    records = [*monthly("old", range(1, 5)), *monthly("new", range(5, 13))]
    with pytest.raises(DataError, match="no record meets the rule of f in 2022-01 to 2022-03"):
        count(records, TWO, factor(periods=("2022-Q1",), where={"kind": ["new"]}), unit="quarter")


def test_a_rare_kind_that_begins_late_is_chance():
    records = [*monthly("rare", [5, 9, 12], n=1), *monthly("other", range(1, 13))]
    counted = count(records, TWO, factor(where={"kind": ["rare"]}))
    assert counts(counted) == [3, 0]
    assert not counted.part_periods


def test_a_period_whose_days_end_early_is_a_part_period():
    records = [
        {"date": f"2022-{m:02d}-{d:02d}", "area": "E01000001"}
        for m in range(1, 13)
        for d in range(1, 29)
        if (m, d) < (12, 9)
    ]
    counted = count(records, TWO)
    assert counted.part_periods == {("f", "2022")}
    (note,) = [n for n in counted.notes if "part period" in n]
    assert "it has no events on its last 23 days (from 2022-12-09), where some" in note


def test_missing_says_what_becomes_of_months_without_an_event():
    records = monthly("a", range(1, 13))
    asked = factor(periods=("2021", "2022"))
    zero = count(records, TWO, asked, coverage=Coverage(missing="zero"))
    assert counts(zero, period="2021") == [0, 0]
    assert not zero.notes
    with pytest.raises(DataError, match="2021 is not assessed"):
        count(records, TWO, asked, coverage=Coverage(missing="refuse"))


def test_a_person_that_figures_look_for_does_not_make_records_one():
    rows = [{**YEAR, "key": str(i), "person": "p"} for i in range(3)]
    assert sum(counts(count(rows, TWO, key="key", person="person"))) == 3
    assert sum(counts(count(rows, TWO, key="key", distinct="person"))) == 1

"""A cell's fingerprint depends on its records alone."""

import tempfile
from datetime import date
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from small_events import KM, count, events, factor, source, squares

from riskindex.events.count import count_events
from riskindex.events.coverage import Coverage
from riskindex.events.fingerprints import LARGEST, area_prints, day_prints
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.events.sql import wrapped_sum
from riskindex.events.warehouses.query import WarehouseSource, describe_rules
from riskindex.factors import EventGroup

CODES = ["E01000001", "E01000002", "E01000003"]
THREE = squares(*CODES)
YEARS = ("2021", "2022")
MONTHS = tuple(f"{year}-{month:02d}" for year in YEARS for month in range(1, 13))
PLACES = pd.Series(["east", "west", "west"], index=THREE.index)
WORD = 2**64
LATEST, FIRST = date(2022, 12, 31), date(2020, 12, 1)


def print_of(kind, text):
    """The print of a text, by the words of its definition alone."""
    digest = blake2b(text.encode(), digest_size=8, person=kind).digest()
    return int.from_bytes(digest, "little") % (2**31 - 1) + 1


def by_hand(records):
    """The fingerprint of records, in whole numbers without bounds."""
    return sum(print_of(b"area", r["area"]) * print_of(b"day", r["date"]) for r in records) % WORD


def cells(rows, *factors, unit="calendar-year", **options):
    """The fingerprints of the first factor, its labels dropped."""
    found = count(rows, THREE, *factors, unit=unit, **options).fingerprints
    return found.droplevel(["factor", "group"], axis=1)


def records(**columns):
    """Lists of records of the two years and a month before, some outside the study area."""
    areas = st.sampled_from([*CODES, CODES[0], "E01999999"])
    days = st.dates(FIRST, LATEST).map(str)
    row = st.fixed_dictionaries({"date": days, "area": areas, **columns})
    sure = [
        {"date": f"{year}-01-01", "area": CODES[0], **dict.fromkeys(columns, "a")} for year in YEARS
    ]
    return st.lists(row, max_size=20).map(lambda rows: [*sure, *rows])


@pytest.mark.parametrize("key", [{}, {"key": "key"}], ids=["in bulk", "one by one"])
def test_three_records_have_the_sum_of_their_products(key):
    rows = [
        {"date": "2022-03-01", "area": CODES[0], "key": "1"},
        {"date": "2022-03-02", "area": CODES[0], "key": "2"},
        {"date": "2022-03-01", "area": CODES[1], "key": "3"},
        {"date": "2021-03-01", "area": CODES[1], "key": "4"},
    ]
    a, b = 1_435_450_372, 814_385_064
    first, second = 760_025_195, 329_146_559
    assert area_prints(CODES[:2]).tolist() == [a, b]
    assert day_prints(np.array(["2022-03-01", "2022-03-02"], "M8[D]")).tolist() == [first, second]
    found = count(rows, THREE, **key)
    assert found.fingerprints.iloc[:, 0].tolist() == [a * first + a * second, b * first, 0]
    assert (found.fingerprints.dtypes == "uint64").all()
    assert found.fingerprints.columns.equals(found.counts.columns)
    assert found.fingerprints.index.equals(found.counts.index)


def test_prints_are_what_they_were():
    days = np.array(["1999-12-31", "2024-02-29"], dtype="datetime64[D]")
    assert day_prints(days).tolist() == [print_of(b"day", str(day)) for day in days]
    assert area_prints(CODES).tolist() == [print_of(b"area", code) for code in CODES]
    assert (
        day_prints(days.astype("datetime64[s]") + np.timedelta64(3600, "s")).tolist()
        == day_prints(days).tolist()
    )
    assert area_prints([]).dtype == day_prints(days[:0]).dtype == np.uint64


def test_prints_are_positive_fit_and_hardly_ever_meet():
    codes = [f"E{i:08d}" for i in range(200_000)]
    prints = area_prints(codes)
    assert prints.min() >= 1
    assert prints.max() <= LARGEST
    # Of 200,000 out of 2**31 some 9.3 pairs are alike by chance.
    assert 200_000 - len(np.unique(prints)) < 30
    assert abs(prints.mean() / LARGEST - 0.5) < 4 / np.sqrt(12 * 200_000)
    assert print_of(b"area", "2022-03-01") != print_of(b"day", "2022-03-01")


@examples(5)
@given(records())
def test_every_cell_is_what_whole_numbers_say(rows):
    found = cells(rows, factor(periods=YEARS))
    for code in CODES:
        for year in YEARS:
            inside = [r for r in rows if r["area"] == code and r["date"][:4] == year]
            assert found.at[code, year] == by_hand(inside)


@examples(2)
@given(records(kind=st.sampled_from("ab")))
def test_a_question_in_another_spelling_has_the_same_fingerprints(rows):
    by_year = cells(rows, factor(periods=YEARS))
    kinds = factor(periods=YEARS, where={"kind": ["a", "b", "c"]})
    assert cells(rows, kinds).equals(by_year)
    assert cells(
        [{**row, "key": str(i)} for i, row in enumerate(rows)], factor(periods=YEARS), key="key"
    ).equals(by_year)
    by_month = cells(rows, factor(periods=MONTHS), unit="month")
    for year in YEARS:
        rolling = cells(rows, factor(periods=(f"{year}-12",)), unit="year-ending")
        assert rolling[f"{year}-12"].equals(by_year[year].rename(f"{year}-12"))
        summed = by_month.loc[:, by_month.columns.str.startswith(year)].sum(axis=1)
        assert summed.equals(by_year[year].rename(None))


@examples(3)
@given(records(), st.integers(0, 22), st.randoms(use_true_random=False))
def test_files_names_and_order_do_not_matter(rows, cut, random):
    asked = factor(periods=YEARS)
    whole = cells(rows, asked)
    mixed = random.sample(rows, len(rows))
    groups = (EventGroup(label="all", source="other", where={}),)
    renamed = factor("g", periods=YEARS, event_groups=groups)
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("a.csv", mixed[:cut]), ("b.csv", mixed[cut:])):
            pd.DataFrame(part, columns=["date", "area"]).to_csv(Path(folder, name), index=False)
        files = {"other": source(path="*.csv")}
        with open_events(files, folder=Path(folder), factors=[renamed]) as opened:
            found = count_events(opened.events, THREE, [renamed], periods=Periods())
    assert found.fingerprints.to_numpy().tolist() == whole.to_numpy().tolist()


def test_codes_and_coordinates_in_one_area_are_alike():
    placed = [{"date": "2022-03-01", "area": code} for code in CODES]
    points = [{"date": "2022-03-01", "area": None, "x": (i + 0.5) * KM, "y": 1.0} for i in range(3)]
    assert cells(points, x="x", y="y").equals(cells(placed))


def test_of_a_person_the_record_that_counts_has_the_fingerprint():
    rows = [
        {"date": "2022-03-01", "area": CODES[0], "who": "p", "kind": "b"},
        {"date": "2022-03-02", "area": CODES[0], "who": "p", "kind": "a"},
        {"date": "2022-03-03", "area": CODES[0], "who": "p", "kind": "a"},
        {"date": "2022-03-03", "area": CODES[1], "who": "p", "kind": "b"},
    ]
    found = cells(rows, factor(where={"kind": ["a"]}), distinct="who")
    assert found["2022"].tolist() == [by_hand(rows[1:2]), 0, 0]
    assert cells(rows, distinct="who")["2022"].tolist() == [by_hand(rows[:1]), by_hand(rows[3:]), 0]


@pytest.mark.parametrize("key", [{}, {"key": "key"}], ids=["in bulk", "one by one"])
def test_what_is_not_covered_has_none(key):
    areas = squares(*CODES, force=["Avon and Somerset", "Kent", "Kent"])
    avon = [
        {"date": f"2022-{month:02d}-01", "area": CODES[0], "unit": "avon-and-somerset"}
        for month in range(1, 13)
    ]
    kent = [{"date": "2022-05-01", "area": CODES[1], "unit": "Kent Police"}]
    rows = [{**row, "key": str(i)} for i, row in enumerate([*avon, *kent])]
    found = count(
        rows, areas, factor(periods=YEARS), coverage=Coverage(by="force", column="unit"), **key
    )
    assert found.counts["f", "all", "2022"].isna().tolist() == [False, True, True]
    assert found.fingerprints["f", "all", "2022"].tolist() == [by_hand(avon), 0, 0]
    assert found.counts["f", "all", "2021"].isna().all()
    assert found.fingerprints["f", "all", "2021"].tolist() == [0, 0, 0]


def test_sums_wrap_as_those_of_the_database_do():
    numbers = [WORD - 1, WORD - 1, 5]
    values = ", ".join(f"({number}::HUGEINT)" for number in numbers)
    connection = events([{"date": "2022-03-01", "area": CODES[0]}]).connection
    query = f"SELECT {wrapped_sum('n')}, {wrapped_sum('NULL::BIGINT')} FROM (VALUES {values}) t(n)"
    ((found, none),) = connection.execute(query).fetchall()
    assert (found, none) == (sum(numbers) % WORD, 0)
    assert pd.Series(numbers, dtype="uint64").groupby([0, 0, 0]).sum().tolist() == [found]


MANY = 9
"""So many records of an area pass 2**64."""


@pytest.mark.parametrize("options", [{}, {"key": "key"}], ids=["in bulk", "one by one"])
def test_months_and_weekdays_of_a_place_add_up_to_its_areas(options):
    rows = [
        {"date": f"2022-{i % 5 + 1:02d}-{i % 28 + 1:02d}", "area": CODES[i % 3], "key": str(i)}
        for i in range(3 * MANY)
    ]
    opened = {"s": events(rows, factor(), **options)}
    found = count_events(opened, THREE, [factor()], periods=Periods(), places=PLACES)
    assert by_hand(rows) != sum(by_hand([row]) for row in rows)
    of_place = found.fingerprints["f", "all", "2022"].groupby(PLACES).sum()
    sums = found.rhythm["fingerprint"].groupby(level=["aspect", "place"]).sum()
    assert found.rhythm.dtypes.to_dict() == {"records": "int64", "fingerprint": "uint64"}
    for aspect in ("month", "weekday"):
        assert sums[aspect].tolist() == of_place.tolist()
    west = [row for row in rows if row["area"] != CODES[0] and row["date"][:7] == "2022-03"]
    assert found.rhythm.at[("f", "all", "west", "month", "2022-03"), "fingerprint"] == by_hand(west)


def test_months_alone_have_the_fingerprints_of_their_first_days():
    rows = [{"date": f"2022-{i % 5 + 1:02d}", "area": CODES[i % 3]} for i in range(3 * MANY)]
    opened = {"s": events(rows, factor())}
    found = count_events(opened, THREE, [factor()], periods=Periods(), places=PLACES)
    full = [{**row, "date": f"{row['date']}-01"} for row in rows]
    assert found.fingerprints.iloc[:, 0].tolist() == [
        by_hand([row for row in full if row["area"] == code]) for code in CODES
    ]
    west = [row for row in full if row["area"] != CODES[0] and row["date"] == "2022-03-01"]
    assert found.rhythm.at[("f", "all", "west", "month", "2022-03"), "fingerprint"] == by_hand(west)


def test_a_warehouses_answer_has_those_of_its_months(tmp_path):
    rows = [{"date": f"2022-{i % 5 + 1:02d}-01", "area": CODES[i % 3]} for i in range(3 * MANY)]
    answer = pd.DataFrame(rows).rename(columns={"area": "area_code", "date": "month"})
    answer["month"] = answer["month"].str[:7]
    answer = answer.groupby(["area_code", "month"]).size().rename("events").reset_index()
    warehouse = WarehouseSource(
        kind="warehouse",
        engine="postgresql",
        table="t",
        date="date",
        date_is_text=True,
        area="area",
        answer="answer.csv",
    )
    for rule in describe_rules("s", warehouse, factors=[factor()]):
        answer[rule] = 1
    answer.to_csv(tmp_path / "answer.csv", index=False)
    with open_events({"s": warehouse}, folder=tmp_path, factors=[factor()]) as opened:
        found = count_events(opened.events, THREE, [factor()], periods=Periods(), places=PLACES)
    expected = count_events(
        {"s": events(rows, factor())}, THREE, [factor()], periods=Periods(), places=PLACES
    )
    pd.testing.assert_frame_equal(found.fingerprints, expected.fingerprints)
    pd.testing.assert_frame_equal(found.rhythm, expected.rhythm)


@pytest.mark.parametrize("profile", ["internal", "partner", "public"])
def test_a_result_has_them_and_no_profile_is_told(county_result, county_release, profile):
    counts, prints = county_result.counts, county_result.fingerprints
    assert (prints.index.equals(counts.index), prints.columns.equals(counts.columns)) == (
        True,
        True,
    )
    assert prints.gt(0).equals(counts.fillna(0).gt(0).astype(bool))
    assert county_result.rhythm["fingerprint"].gt(0).all()
    tables = [
        part for part in vars(county_release(profile)).values() if isinstance(part, pd.DataFrame)
    ]
    assert len(tables) > 10
    for table in tables:
        assert "fingerprint" not in table.columns
        assert np.dtype("uint64") not in table.dtypes.tolist()

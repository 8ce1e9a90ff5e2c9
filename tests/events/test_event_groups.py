"""An event counts once for a factor, whatever groups it meets; losses are the factor's own."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from small_events import count, events, factor, group, line, squares

from riskindex.errors import DataError
from riskindex.events.count import count_events
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.events.warehouses.query import WarehouseSource, describe_rules
from riskindex.factors import EventGroup

CODES = ["E01000001", "E01000002", "E01000003"]
THREE = squares(*CODES)
PLACES = pd.Series(["east", "west", "west"], index=THREE.index)
AB, BC = group("ab", kind=["a", "b"]), group("bc", kind=["b", "c"])


def rows(*kinds, area=CODES[0], **columns):
    return [{"date": "2022-05-01", "area": area, "kind": kind, **columns} for kind in kinds]


def weighted(label, weight, **where):
    return EventGroup(label=label, source="s", where=where, weight=weight)


def by_label(counted):
    return {label: int(n) for (_, label, _), n in counted.counts.sum().items()}


def test_an_event_that_meets_two_groups_counts_in_the_first():
    counted = count(rows("a", "b", "b", "c"), THREE, factor(event_groups=(AB, BC)))
    assert by_label(counted) == {"ab": 3, "bc": 1}
    assert line(counted, "f")["counted"] == 4
    assert (
        counted.notes[0]
        == "factors.f: 2 events of s meet both 'ab' and 'bc'; each counts once, in 'ab'."
    )


def test_one_rule_in_two_groups_counts_every_event_once():
    twice = factor(event_groups=(group("one", kind=["a"]), group("two", kind=["a"])))
    alone = count(rows(*"aaaab"), THREE, factor(where={"kind": ["a"]}))
    counted = count(rows(*"aaaab"), THREE, twice)
    assert by_label(counted) == {"one": 4, "two": 0}
    prints = counted.fingerprints.sum(axis=1)
    assert prints.tolist() == alone.fingerprints.sum(axis=1).tolist()


def test_groups_of_two_factors_count_an_event_for_each():
    counted = count(
        rows("a", "b"), THREE, factor("f", event_groups=(AB,)), factor("g", event_groups=(BC,))
    )
    assert by_label(counted) == {"ab": 2, "bc": 1}
    assert not any("meet both" in note for note in counted.notes)


def test_groups_of_different_weights_that_share_events_are_refused_by_name():
    harm = factor(event_groups=(weighted("ab", 5, kind=["a", "b"]), weighted("bc", 1, kind=["b"])))
    wrong = r"2 events of s meet both 'ab' \(weight 5\) and 'bc' \(weight 1\)"
    with pytest.raises(DataError, match=wrong):
        count(rows("a", "b", "b"), THREE, harm)
    counted = count(rows("a"), THREE, harm)
    assert by_label(counted) == {"ab": 1, "bc": 0}


def test_events_outside_the_periods_are_no_reason_to_refuse():
    harm = factor(event_groups=(weighted("ab", 5, kind=["a", "b"]), weighted("bc", 1, kind=["b"])))
    older = [{"date": "2020-05-01", "area": CODES[0], "kind": "b"}]
    assert by_label(count([*rows("a"), *older], THREE, harm)) == {"ab": 1, "bc": 0}


@pytest.mark.parametrize("once", [{"key": "one"}, {"distinct": "one"}], ids=["key", "person"])
def test_records_of_one_event_or_person_in_two_groups_count_once(once):
    kinds = group("a", kind=["a"]), group("b", kind=["b"])
    records = [*rows("b", "a", one="1"), *rows("b", one="2")]
    counted = count(records, THREE, factor(event_groups=kinds), **once)
    assert by_label(counted) == {"a": 1, "b": 1}
    assert line(counted, "f")["counted"] == 2
    assert "1 events of s meet both 'a' and 'b'; each counts once" in counted.notes[0]
    harm = factor(event_groups=(weighted("a", 5, kind=["a"]), weighted("b", 1, kind=["b"])))
    with pytest.raises(DataError, match="1 events of s meet both 'a'"):
        count(records, THREE, harm, **once)


def test_months_and_ages_of_overlapping_groups_are_those_of_the_counts():
    records = [*rows("a", "b", "c", one="1", age=15), *rows("b", one="2", age=17)]
    asked = factor(event_groups=(AB, BC))
    for options, n in (({}, 4), ({"key": "one"}, 2)):
        opened = {"s": events(records, asked, age="age", **options)}
        found = count_events(opened, THREE, [asked], places=PLACES)
        for aspect in ("month", "age"):
            table = found.rhythm.xs(aspect, level="aspect")
            assert table["records"].sum() == n == found.counts.to_numpy().sum()
            prints = table["fingerprint"].to_numpy(np.uint64).sum(dtype=np.uint64)
            assert prints == found.fingerprints.to_numpy(np.uint64).sum(dtype=np.uint64)


@pytest.mark.parametrize("once", [{}, {"key": "one"}, {"distinct": "one"}])
def test_losses_of_a_factor_are_of_the_records_that_its_rule_names(once):
    records = [
        *rows(*"aaaaa", one=None),
        *rows("a", "a", area="E01999999", one="1"),
        *rows(*"bbbbbbb", area="E01999999", one=None),
        *rows("b", "b", "b", one="2"),
        *rows("a", "a", one="3"),
    ]
    counted = count(records, THREE, factor(where={"kind": ["a"]}), **once)
    repeats = {"duplicates": 1} if once else {}
    located = 6 if once else 7
    expected = {"read": 9, "counted": located, "outside_study_area": 2, **repeats}
    assert line(counted, "f") == expected
    assert line(counted)["outside_study_area"] == 9
    assert line(counted).get("duplicates", 0) == (3 if once else 0)


def answer(folder, table, asked):
    """The counts that a warehouse would give, its rules as columns."""
    stays = WarehouseSource(
        kind="warehouse", engine="sql-server", table="t", date="d", area="a", answer="answer.csv"
    )
    met = {
        f"met {i}": table["kind"].isin(one.where["kind"]) if one.where else True
        for i, one in enumerate([factor(), *asked.groups])
    }
    names = list(describe_rules("s", stays, factors=[asked]))
    # One rule has one column, however many groups have it.
    columns = dict(
        zip(
            names,
            {tuple(np.broadcast_to(v, len(table))): v for v in met.values()}.values(),
            strict=True,
        )
    )
    given = pd.DataFrame(
        {
            "area_code": table["area"],
            "month": table["date"].str[:7],
            **{name: 1 * v for name, v in columns.items()},
        }
    )
    rows = given.groupby(list(given), dropna=False).size().rename("events").reset_index()
    rows.to_csv(folder / "answer.csv", index=False)
    with open_events({"s": stays}, folder=folder, factors=[asked]) as opened:
        return count_events(opened.events, THREE, [asked], periods=Periods())


def test_groups_of_a_warehouse_share_events_as_those_of_files_do(tmp_path):
    table = pd.DataFrame([*rows("a", "b", "b", "c"), *rows("b", area="E01999999")])
    asked = factor(event_groups=(AB, BC, group("again", kind=["b", "c"])))
    found = answer(tmp_path, table, asked)
    expected = count(table.to_dict("records"), THREE, asked)
    pd.testing.assert_frame_equal(found.counts, expected.counts)
    assert by_label(found) == {"ab": 3, "bc": 1, "again": 0}
    assert [n for n in found.notes if "meet both" in n] == [
        note for note in expected.notes if "meet both" in note
    ]
    harm = factor(event_groups=(weighted("ab", 5, kind=["a", "b"]), weighted("bc", 2, kind=["b"])))
    with pytest.raises(DataError, match="3 events of s meet both 'ab'"):
        answer(tmp_path, table, harm)


KINDS = st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=4)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "area": st.sampled_from([*CODES, "E01999999"]),
            "date": st.sampled_from(["2021-02-01", "2022-02-01", "2022-07-09", "2019-01-01"]),
            "kind": st.sampled_from([*"abcd"]),
            "one": st.sampled_from(["1", "2", "3", None]),
        }
    ),
    max_size=15,
)


@examples(4)
@given(RECORDS, KINDS, st.sampled_from(["", "key", "distinct"]))
def test_groups_share_out_what_their_union_counts(records, kinds, once):
    sure = [
        {"area": CODES[0], "date": f"{year}-02-01", "kind": "a", "one": None}
        for year in (2021, 2022)
    ]
    records, years = [*sure, *records], ("2021", "2022")
    options = {once: "one"} if once else {}
    every = sorted(set().union(*kinds))
    union = count(records, THREE, factor(periods=years, where={"kind": every}), **options)
    groups = tuple(group(f"{i}", kind=sorted(of)) for i, of in enumerate(kinds))
    parts = count(records, THREE, factor(periods=years, event_groups=groups), **options)
    by_period = parts.counts.T.groupby(level="period").sum().T
    assert (by_period.to_numpy() == union.counts.to_numpy()).all()
    pd.testing.assert_frame_equal(parts.reconciliation, union.reconciliation)
    if not once:
        for year in years:
            first = [
                next((i for i, of in enumerate(kinds) if r["kind"] in of), None)
                for r in records
                if r["date"][:4] == year and r["area"] in CODES
            ]
            expected = [first.count(i) for i in range(len(kinds))]
            assert parts.counts.xs(year, axis=1, level="period").sum().tolist() == expected

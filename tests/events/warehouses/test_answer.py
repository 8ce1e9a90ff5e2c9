import duckdb
import pandas as pd
import pytest
from small_events import factor

from riskindex.errors import ConfigError, InputError
from riskindex.events.warehouses.answer import open_warehouse
from riskindex.events.warehouses.query import WarehouseSource, describe_rules

pytest.importorskip("ibis")
WANTED = factor("f", source="w", where={"kind": ["a"]})


def source(**options):
    given = {"kind": "warehouse", "engine": "postgresql", "table": "events", "date": "d"}
    return WarehouseSource(**given | {"area": "lsoa", "answer": "answer.csv"} | options)


def opened(folder, *rows, **options):
    """The table that an answer becomes; each row is code, month, events, meets the rule."""
    asked = source(**options)
    rules = list(describe_rules("w", asked, factors=[WANTED]))
    names = ["area_code", "month", "events", *rules]
    table = pd.DataFrame([[*row[:3], *[1] * (len(rules) - 1), row[3]] for row in rows])
    # The source's own rule, which every event meets, has the first column.
    table.set_axis(names, axis=1).to_csv(folder / "answer.csv", index=False)
    events, file = open_warehouse(
        duckdb.connect(), "w", asked, factors=[WANTED], folder=folder, home=folder
    )
    return events.relation.df(), file


def test_a_row_stands_for_as_many_events_on_the_first_of_its_month(tmp_path):
    table, file = opened(tmp_path, ("E01000001", 202203, 5, 1), ("E01000002", 202204, 2, 0))
    assert table["events"].tolist() == [5, 2]
    assert [str(day)[:10] for day in table["date"]] == ["2022-03-01", "2022-04-01"]
    assert file.rows == 7


def test_months_may_be_written_both_ways_or_be_missing(tmp_path):
    table, _ = opened(
        tmp_path, ("E01000001", "2022-03", 1, 1), (" E01000001 ", "202204", 1, 1), ("", "", 3, 1)
    )
    assert table["area_code"].fillna("").tolist() == ["E01000001", "E01000001", ""]
    assert table["date"].isna().tolist() == [False, False, True]


def test_what_is_no_month_is_refused(tmp_path):
    with pytest.raises(InputError, match="'March' is no month"):
        opened(tmp_path, ("E01000001", "March", 1, 1))


@pytest.mark.parametrize("number", [0, -1, 1.5, "many"])
def test_a_count_is_a_whole_number_above_0(tmp_path, number):
    with pytest.raises(InputError, match="no whole number"):
        opened(tmp_path, ("E01000001", 202203, number, 1))


def test_the_answer_to_another_query_is_refused(tmp_path):
    pd.DataFrame({"area_code": ["E01000001"], "month": [202203], "events": [1]}).to_csv(
        tmp_path / "answer.csv", index=False
    )
    with pytest.raises(InputError, match="it is the answer to another query"):
        open_warehouse(
            duckdb.connect(), "w", source(), factors=[WANTED], folder=tmp_path, home=tmp_path
        )


def test_without_an_answer_an_address_is_needed(tmp_path, monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(ConfigError, match="name an environment variable that holds the address"):
        open_warehouse(
            duckdb.connect(),
            "w",
            source(answer=None, connection="NOWHERE"),
            factors=[WANTED],
            folder=tmp_path,
            home=tmp_path,
        )

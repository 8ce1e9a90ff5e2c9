import numpy as np
import pandas as pd
import pytest
from figure_tables import shown

from riskindex.assessment.figure_rows import (
    COLUMNS,
    KEY,
    TEXTS,
    figure_lines,
    no_figures,
    of_whole,
    part_of,
    percent,
    ranked,
    status_of,
    with_every_column,
    without_small_bases,
)
from riskindex.disclosure import LEAST_BASE, NOT_RECORDED, WITHHELD


def lines(counts=(2, 6, 4), **options):
    return shown({"2022": counts}, **options), (
        shown({"2022": counts}, **options).places.reset_index().query("factor == 'f'")
    )


def test_the_empty_table_has_every_column_of_its_type():
    empty = no_figures()
    assert tuple(empty.columns) == COLUMNS
    assert set(KEY) | set(TEXTS) <= set(COLUMNS)
    assert {str(kind) for kind in empty[list(TEXTS)].dtypes} == {"object"}


def test_a_row_says_who_where_when_and_what_is_counted():
    about, table = lines()
    row = figure_lines(table, "count", about).iloc[0]
    said = row[["figure", "measure", "definition", "counted", "place", "period", "status"]]
    assert said.tolist() == ["f.count", "Violence", "f", "records", "the county", "2022", "given"]


def test_rows_of_several_kinds_get_whole_numbers_and_no_missing_text():
    about, table = lines()
    found = with_every_column([figure_lines(table, "count", about)])
    assert tuple(found.columns) == COLUMNS
    assert str(found["count"].dtype) == "Int64"
    assert (found["note"] == "").all()
    assert with_every_column([]).empty


def test_a_missing_count_has_its_mark_or_is_not_recorded():
    counts, marks = pd.Series([3.0, np.nan, np.nan]), pd.Series(["", WITHHELD, ""])
    assert status_of(counts, marks).tolist() == ["given", WITHHELD, NOT_RECORDED]


def test_places_of_a_kind_are_ranked_and_the_whole_is_not():
    _, table = lines()
    ranks = dict(zip(table["place"], ranked(table, table["count"]), strict=True))
    assert (ranks["E"], ranks["S"], ranks["N"]) == (1, 2, 3)
    assert np.isnan(ranked(table, table["count"])[table["place_kind"] == "whole"]).all()


def test_each_line_knows_the_whole():
    _, table = lines()
    assert set(of_whole(table, "count")) == {12}


def test_a_protected_part_is_never_more_than_its_whole():
    part, whole = part_of([5, 12], [10, 10])
    assert part.tolist() == [5, 10]
    assert whole.tolist() == [10, 10]
    third = percent([1], [3])
    assert third["value"] == pytest.approx([33.3])
    assert third["low"][0] < 33.3 < third["high"][0]


def test_no_share_of_a_restricted_measure_is_given_on_a_small_base():
    about, table = lines(restricted=["f"])
    rows = figure_lines(table, "share", about, base=[LEAST_BASE, LEAST_BASE - 1, 5, 500], value=1.0)
    found = without_small_bases(rows, table["factor"], about)
    assert found["status"].tolist() == ["given", WITHHELD, WITHHELD, "given"]
    assert found["value"].isna().tolist() == [False, True, True, False]
    assert found["note"].iloc[1] == f"no share is given of fewer than {LEAST_BASE}"
    opened, again = lines()
    assert (without_small_bases(rows, again["factor"], opened)["status"] == "given").all()


def test_a_share_of_hours_that_share_events_is_that_of_their_fractions():
    found = percent([0.25, 2, 1.25], [3.5, 8, 2.5])
    assert found["value"].tolist() == [7.1, 25.0, 50.0]
    assert (found["low"] <= found["value"]).all()
    assert (found["high"] >= found["value"]).all()

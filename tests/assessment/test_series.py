"""Tables without areas: read as they are printed, every fault of a file named."""

from dataclasses import replace

import pytest
from figure_tables import shown

from riskindex.assessment.options import Figure
from riskindex.assessment.requested import request_figures
from riskindex.assessment.series import SeriesSource, read_series
from riskindex.assessment.series_rows import series_rows
from riskindex.errors import ConfigError, InputError

HEADING = "place,year,n,of,printed\n"


def read(folder, text, **options):
    (folder / "s.csv").write_text(HEADING + text, "utf-8")
    columns = {"place": "place", "period": "year", **options}
    source = SeriesSource(kind="series", path="s.csv", label="L", **columns)
    return read_series({"s": source, "other": object()}, folder)


def test_a_rate_of_a_base_has_exact_limits_and_a_quoted_value_none(tmp_path):
    given = {"count": "n", "base": "of", "value": "printed", "unit": "per 1,000"}
    found = read(tmp_path, "A,2021,10,2000,\nB,2021,,,7.5\n", **given)
    rows = series_rows(found.table)
    assert list(rows["value"]) == [5.0, 7.5]
    assert rows["low"].round(1).tolist()[0] == 2.4
    assert rows["method"].iloc[1] == "as published"
    assert rows["low"].isna().tolist() == [False, True]
    assert found.files[0].name == "s.csv"


def test_a_quoted_value_carries_its_source_or_says_that_it_has_none(tmp_path):
    text = "A,2021,10,2000,\nB,2021,,,7.5\n"
    given = {"count": "n", "base": "of", "value": "printed"}
    for options, words in (
        ({"citation": "A report, 2023"}, ["A report, 2023"] * 2),
        ({"address": "https://example.org", "licence": "OGL"}, ["https://example.org"] * 2),
        ({}, ["", "its source is not named"]),
    ):
        found = read(tmp_path, text, **given, **options).table
        assert found["citation"].tolist() == words


def test_what_is_missing_is_not_recorded(tmp_path):
    rows = series_rows(read(tmp_path, "A,2021,,,\n", count="n").table)
    assert rows["status"].tolist() == ["[x]"]


def test_faults_are_named_with_their_row(tmp_path):
    with pytest.raises(InputError, match="row 3, column 'n', value 'many': no number"):
        read(tmp_path, "A,2021,1,,\nB,2021,many,,\n", count="n")
    with pytest.raises(InputError, match="1 rows repeat a place and period"):
        read(tmp_path, "A,2021,1,,\nA,2021,2,,\n", count="n")
    with pytest.raises(InputError, match="more than its base"):
        read(tmp_path, "A,2021,3,2,\n", count="n", base="of", unit="%")
    with pytest.raises(ConfigError, match="name the column count, or value"):
        read(tmp_path, "A,2021,3,2,\n")


def test_one_table_of_many_indicators_is_read_by_rows(tmp_path):
    table = "A,2021,1,,x\nA,2022,2,,x\nA,2021,9,,y\n"
    given = {"count": "n", "where": {"printed": ["x"]}}
    assert read(tmp_path, table, **given).table["count"].tolist() == [1, 2]
    with pytest.raises(ConfigError, match="no row has printed = 'z'; there is x, y"):
        read(tmp_path, table, count="n", where={"printed": ["z"]})


def shown_with(tmp_path, text):
    found = read(tmp_path, text, count="n")
    return replace(shown({"2021": (3, 2, 1), "2022": (6, 3, 1)}), series=found.table)


def test_a_change_of_a_series_is_exact(tmp_path):
    rows = "the county,2018,40,,\nthe county,2021,27,,\n"
    asked = Figure(name="n", kind="change", of="s", target=-20)
    found = request_figures([asked], shown_with(tmp_path, rows)).iloc[0]
    assert (found["value"], found["low"], found["high"]) == (-33, -60, 13)
    assert (found["count"], found["base"], found["compared_with"]) == (27, 40, "2018")
    assert found["note"].startswith("target -20%: within the limits")


def test_a_measure_is_a_share_of_a_series_of_the_same_place_and_period(tmp_path):
    rows = "the county,2022,1000,,\nN,2022,60,,\nE,2021,90,,\n"
    asked = Figure(name="n", kind="share", of="f", against="s", places=("whole", "district"))
    found = request_figures([asked], shown_with(tmp_path, rows))
    found = found[found["period"] == "2022"].set_index("place")
    assert found.loc["the county", ["count", "base", "value"]].tolist() == [10, 1000, 1.0]
    assert found.loc["N", ["count", "base", "value"]].tolist() == [6, 60, 10.0]
    assert found.loc["E", "status"] == "[x]"

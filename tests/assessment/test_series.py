"""Tables without areas: read as they are printed, every fault of a file named."""

import pytest

from riskindex.assessment.requested import series_rows
from riskindex.assessment.series import SeriesSource, read_series
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

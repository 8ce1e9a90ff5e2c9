import duckdb
import pytest
from event_tables import read, write

from riskindex.events.records.values import BAD, Layout, no_month


def date_of(folder, text, **options):
    write(folder, f'date,area\n"{text}",E01000001\n')
    rows, _ = read(folder, **options)
    (row,) = rows.to_dict("records")
    return str(row["date"])[:10], row["hour"]


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("2022-03-31", "2022-03-31", None),
        ("2022-03", "2022-03-01", None),
        ("2022-03-31 23:10", "2022-03-31", 23),
        ("2022-03-31T23:10:00", "2022-03-31", 23),
        # In summer time it is already the next day, and the next financial year, in London.
        ("2022-03-31T23:30:00Z", "2022-04-01", 0),
        ("2022-01-31T23:30:00Z", "2022-01-31", 23),
        ("2022-04-01T00:30:00+02:00", "2022-03-31", 23),
    ],
)
def test_a_date_is_that_of_a_clock_in_london(tmp_path, text, day, hour):
    found, at = date_of(tmp_path, text)
    assert found == day
    assert at == hour or (hour is None and not at >= 0)


def test_other_dates_need_their_format(tmp_path):
    assert date_of(tmp_path, "03/04/2022", date_format="%d/%m/%Y")[0] == "2022-04-03"
    assert date_of(tmp_path, "03/04/2022", date_format="%m/%d/%Y")[0] == "2022-03-04"
    assert date_of(tmp_path, "03/04/2022 17:05", date_format="%d/%m/%Y %H:%M")[1] == 17


def test_words_for_nothing_and_blanks_are_missing(tmp_path):
    write(tmp_path, "date,area,who\n2022-01-01, E01000001 ,N/A\n2022-01-02,null,Null\n")
    rows, _ = read(tmp_path, key="who")
    assert rows["area_code"].fillna("").tolist() == ["E01000001", ""]
    assert rows["key"].isna().all()


def test_rows_in_which_all_is_empty_are_none(tmp_path):
    write(tmp_path, "date,area\n2022-01-01,E01000001\n,\n,\n")
    assert len(read(tmp_path)[0]) == 1


def test_no_place_is_written_as_two_noughts(tmp_path):
    write(tmp_path, "date,x,y\n2022-01-01,0,0\n2022-01-02,0,5\n2022-01-03,,5\n")
    rows, _ = read(tmp_path, area=None, x="x", y="y")
    assert rows["x"].fillna(-1).tolist() == [-1, 0, -1]
    assert rows["y"].fillna(-1).tolist() == [-1, 5, -1]


def test_each_column_is_read_once_whatever_its_roles():
    layout = Layout("when", area="where", key="id", categories=("kind", "where"))
    assert layout.columns == ("when", "where", "id", "kind")
    assert len(BAD) == 4


def test_headings_are_known_by_their_other_names_and_in_any_case():
    layout = Layout("Month", area="LSOA code", headings={"Month": "period"}, any_case=True)
    assert layout.named(["period", "lsoa_code", "other"]) == ["Month", "LSOA code", "other"]
    strict = Layout("Month", area="LSOA code")
    assert strict.named(["month", "LSOA code"]) == ["month", "LSOA code"]


@pytest.mark.parametrize(
    ("text", "is_none"), [("2022-03", False), ("2022-13", True), ("March", True)]
)
def test_a_month_is_a_year_and_one_of_twelve(text, is_none):
    query = f"SELECT {no_month('t')} FROM (SELECT '{text}' AS t)"
    assert duckdb.execute(query).fetchall() == [(is_none,)]


@pytest.mark.parametrize(
    ("text", "options", "minute"),
    [
        ("2022-03-31 23:10", {}, 10),
        ("2022-03-31T23:10:59", {}, 10),
        ("2022-06-30T23:30:00Z", {}, 30),
        ("31/03/2022 23:10", {"date_format": "%d/%m/%Y %H:%M"}, 10),
    ],
)
def test_minutes_are_read_where_they_are_written(tmp_path, text, options, minute):
    write(tmp_path, f'date,area\n"{text}",E01000001\n')
    assert read(tmp_path, **options)[0]["minute"].tolist() == [minute]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("2022-03", {}),
        ("2022-03-31", {}),
        ("31/03/2022 23", {"date_format": "%d/%m/%Y %H"}),
    ],
)
def test_dates_without_minutes_have_none(tmp_path, text, options):
    write(tmp_path, f'date,area\n"{text}",E01000001\n')
    assert read(tmp_path, **options)[0]["minute"].isna().all()

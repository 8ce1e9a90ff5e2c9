"""Published counts by area and period: as many events, with persistence like any other."""

import pandas as pd
import pytest
from small_events import factor, line, squares

from riskindex import run
from riskindex.config import parse_config
from riskindex.errors import ConfigError, DataError, InputError
from riskindex.events.count import count_events
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.count_tables.read import read_counts
from riskindex.events.periods import Periods
from riskindex.events.read import open_events

CODES = [f"E0100000{k}" for k in range(1, 5)]
FOUR = squares(*CODES)
WIDE = """LSOA Code,Borough,Major Category,202401,202402,202403
E01000001,Ash,ROBBERY,1,0,2
E01000001,Ash,THEFT,10,10,10
E01000002,Ash,ROBBERY,0,0,0
E01000003,Ash,ROBBERY,0,4,0
"""
LONG = """area,year,kind,n
E01000001,2022,arson,3
E01000001,2023,arson,0
E01000002,2022,arson,0
E01000002,2023,arson,5
E01000003,2022,other,1
E01000004,2022,other,1
"""


def source(path="c.csv", area="LSOA Code", **options):
    return CountsSource(kind="counts", path=path, area=area, **options)


LONG_ONE = {"area": "area", "period": "year", "value": "n"}


def counted(text, given, *asked, folder, unit="calendar-year", areas=FOUR, **more):
    (folder / "c.csv").write_text(text)
    with open_events({"s": given}, folder=folder, factors=asked) as opened:
        return count_events(opened.events, areas, asked, periods=Periods(unit=unit), **more)


def column(found, period, name="f"):
    return [None if pd.isna(n) else int(n) for n in found.counts[name, "all", period]]


def test_a_column_for_each_month_is_counted_by_the_rules_of_factors(tmp_path):
    asked = factor(periods=("2024-01", "2024-02"), where={"Major Category": ["ROBBERY"]})
    found = counted(WIDE, source(), asked, folder=tmp_path, unit="month")
    assert column(found, "2024-01") == [1, 0, 0, None]
    assert column(found, "2024-02") == [0, 0, 4, None]
    assert line(found) == {"read": 37, "counted": 25, "outside_periods": 12}
    assert line(found, "f") == {"read": 7, "counted": 5, "outside_periods": 2}


def test_an_area_without_a_row_is_not_zero(tmp_path):
    found = counted(WIDE, source(), factor(periods=("2024-01",)), folder=tmp_path, unit="month")
    assert column(found, "2024-01") == [11, 0, 0, None]
    (note,) = [n for n in found.notes if "have no row" in n]
    assert "1 of 4 areas have no row in the table (E01000004); they are not assessed." in note


def test_rows_of_periods_are_counted_year_by_year(tmp_path):
    asked = factor(periods=("2022", "2023"), where={"kind": ["arson"]})
    found = counted(LONG, source(**LONG_ONE), asked, folder=tmp_path)
    assert column(found, "2022") == [3, 0, 0, 0]
    assert column(found, "2023") == [0, 5, 0, 0]
    assert not [note for note in found.notes if "part period" in note]


def test_counts_by_year_say_nothing_of_months(tmp_path):
    asked = factor(periods=("2022",))
    places = pd.Series("Ash", index=FOUR.index)
    found = counted(LONG, source(**LONG_ONE), asked, folder=tmp_path, places=places)
    assert found.rhythm.empty
    by_month = factor(periods=("2024-01",))
    found = counted(WIDE, source(), by_month, folder=tmp_path, unit="month", places=places)
    assert set(found.rhythm.index.get_level_values("aspect")) == {"month"}


def test_a_year_is_not_divided_and_one_without_a_column_is_not_zero(tmp_path):
    quarter = factor(periods=("2022-Q1",))
    with pytest.raises(DataError, match=r"one number for 2022-01 to 2022-12, which .* divides"):
        counted(LONG, source(**LONG_ONE), quarter, folder=tmp_path, unit="quarter")
    asked = factor(periods=("2022", "2023", "2024"))
    found = counted(LONG, source(**LONG_ONE), asked, folder=tmp_path)
    assert found.counts["f", "all", "2024"].isna().all()
    assert any("2024 is not assessed" in note for note in found.notes)


def test_months_add_up_to_years_and_those_that_lack_make_a_part_period(tmp_path):
    asked = factor(periods=("2024",))
    found = counted(WIDE, source(), asked, folder=tmp_path)
    assert column(found, "2024") == [33, 0, 4, None]
    (note,) = [n for n in found.notes if "part period" in n]
    assert "9 of its 12 months" in note


@pytest.mark.parametrize(
    ("labels", "first"),
    [
        (["2022", "2023"], "2022-01-01"),
        (["2011-12", "2012-13"], "2011-04-01"),
        (["2022-01", "2022-02"], "2022-01-01"),
        (["202203", "202204"], "2022-03-01"),
        (["2022/23", "2023/24"], "2022-09-01"),
        (["2022-Q2", "2022-Q3"], "2022-04-01"),
    ],
)
def test_headings_say_which_kind_of_period_they_are(labels, first, tmp_path):
    (tmp_path / "c.csv").write_text(f"LSOA Code,{','.join(labels)},note\nE01000001,1,0,x\n")
    found = read_counts("s", source(), (), tmp_path)
    assert found.events.iloc[0, 0] == pd.Timestamp(first)
    assert len(found.periods) == 2


def test_a_kind_that_is_named_is_taken(tmp_path):
    (tmp_path / "c.csv").write_text("LSOA Code,2022-03\nE01000001,1\n")
    assert len(read_counts("s", source(), (), tmp_path).periods[0]) == 12
    assert len(read_counts("s", source(unit="month"), (), tmp_path).periods[0]) == 1


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("LSOA Code,n\nE01000001,3\n", {}, "no column is called by a period"),
        ("LSOA Code,2022\nE01000001,*\n", {}, r"row 2, column '2022', value '\*': not a number"),
        ("LSOA Code,2022\nE01000001,\n", {}, "value '': no whole number. Write 0 where nothing"),
        ("LSOA Code,2022\nE01000001,1.5\n", {}, "value '1.5': no whole number"),
        ("LSOA Code,2022\nE01000001,-1\n", {}, "value '-1': negative"),
        ("LSOA Code,2022,2022-03\nE01000001,1,1\n", {}, "of several kinds, or share months"),
        ("area,year,n\nE01000001,Total,1\n", LONG_ONE, "value 'Total': no period such as 2022"),
        ("LSOA Code,2022\nE01000001,999999999\n", {}, "more than any table of counts has"),
        ("Code,2022\nE01000001,1\n", {}, "no column 'LSOA Code'; the nearest is 'Code'"),
    ],
)
def test_what_is_no_table_of_counts_is_said(text, options, words, tmp_path):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_counts("s", source(**options), (), tmp_path)


def config(**options):
    given = {"kind": "counts", "path": "c.csv", "area": "LSOA Code", **options}
    return {
        "title": "t",
        "place": "p",
        "areas": {"boundaries": "areas.gpkg", "code": "code"},
        "sources": {"s": given},
        "factors": [
            {
                "name": "f",
                "label": "Robbery",
                "source": "s",
                "method": "getis-ord",
                "periods": [2021, 2022, 2023],
                "score": "persistence",
            }
        ],
    }


def test_a_factor_of_published_counts_has_persistence(tmp_path):
    codes = [f"E010000{k:02d}" for k in range(36)]
    areas = squares(*codes).reset_index(names="code")
    areas.to_file(tmp_path / "areas.gpkg")
    rows = "".join(
        f"{code},{','.join(['40' if k < 3 else '1'] * 3)}\n" for k, code in enumerate(codes)
    )
    (tmp_path / "c.csv").write_text(f"LSOA Code,2021,2022,2023\n{rows}")
    found = run(parse_config(config(), folder=tmp_path))
    hot = found.persistence["periods_hot"]
    assert hot.max() == 3
    assert set(hot.index.get_level_values("area_code")[hot == 3]) >= {codes[1]}


def test_period_and_value_belong_together():
    with pytest.raises(ConfigError, match="period and value belong together"):
        parse_config(config(period="year"))


def test_an_open_table_needs_an_address_and_a_licence():
    with pytest.raises(ConfigError, match="needs an address"):
        parse_config(config(protection="open"))

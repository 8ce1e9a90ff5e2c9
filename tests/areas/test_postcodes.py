"""Postcodes become area codes by the directories as they come, and no postcode is kept."""

import io
import zipfile

import pandas as pd
import pytest
from small_events import factor, line, squares

from riskindex.areas.postcodes import (
    Postcodes,
    read_postcodes,
    read_postcodes_inside,
)
from riskindex.config import parse_config
from riskindex.errors import ConfigError, InputError
from riskindex.events.count import count_events
from riskindex.events.read import open_events
from riskindex.events.sources import EventSource

CODES = ["E01000001", "E01000002", "E01000003"]
ONSPD = """pcd,pcds,doterm,lsoa11,oa21,lsoa21,msoa21
"SS1 1AA","SS1 1AA","","E01000009","E00000001","E01000001","E02000001"
"SS1 2AB","SS1 2AB","","E01000009","E00000002","E01000002","E02000001"
"CM201XY","CM20 1XY","200106","E01000009","E00000003","E01000003","E02000001"
"ZZ991ZZ","ZZ99 1ZZ","","","","",""
"""
NSPL = "Postcode,lsoa21cd\nSS1 1AA,E01000001\nCM20 1XY,E01000003\n"


def zipped(path, **members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/") + ".csv", text)
    path.write_bytes(packed.getvalue())


def test_the_zip_is_read_as_it_comes_by_its_largest_table(tmp_path):
    zipped(
        tmp_path / "ONSPD_FEB_2025.zip",
        Documents__codes="code,name\n1,x\n",
        Data__multi_csv__ONSPD_SS="pcds,lsoa21\nSS1 1AA,E01000009\n",
        Data__ONSPD_UK=ONSPD,
    )
    found = read_postcodes(
        Postcodes(path="ONSPD_FEB_2025.zip"), ["SS11AA", "CM201XY", "AA11AA"], CODES, tmp_path
    )
    assert found.areas.to_dict() == {"SS11AA": "E01000001", "CM201XY": "E01000003"}
    assert found.file.name == "ONSPD_FEB_2025.zip"


@pytest.mark.parametrize(
    ("codes", "area"),
    [(CODES, "E01000002"), (["E02000001"], "E02000001"), (["E00000002"], "E00000002")],
)
def test_the_column_is_that_of_the_areas_of_the_boundaries(codes, area, tmp_path):
    (tmp_path / "p.csv").write_text(ONSPD)
    found = read_postcodes(Postcodes(path="p.csv"), ["SS12AB"], codes, tmp_path)
    assert found.areas.to_dict() == {"SS12AB": area}


def test_a_postcode_without_an_area_has_none(tmp_path):
    (tmp_path / "p.csv").write_text(ONSPD)
    found = read_postcodes(Postcodes(path="p.csv"), ["ZZ991ZZ", "SS11AA"], CODES, tmp_path)
    assert list(found.areas.index) == ["SS11AA"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a,lsoa21\nx,y\n", {}, "no column with a postcode"),
        ("pcds,ward\nSS1 1AA,x\n", {}, "no column with a postcode and an area"),
        (NSPL, {"area": "oa21"}, "no column 'oa21'"),
        (NSPL.replace("E010", "W010"), {}, "none of lsoa21cd holds the codes of the boundaries"),
    ],
)
def test_what_is_no_directory_of_these_areas_is_said(text, options, words, tmp_path):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_postcodes(Postcodes(path="p.csv", **options), ["SS11AA"], CODES, tmp_path)


EVENTS = """when,home,lsoa
2022-01-01,ss1 1aa,
2022-01-02,SS1 1AA,E01000003
2022-01-03,CM20 1XY,
2022-01-04,ZZ1 1ZZ,
2022-01-05,,
"""


def test_events_are_counted_in_the_area_of_their_postcode(tmp_path):
    (tmp_path / "p.csv").write_text(NSPL)
    (tmp_path / "e.csv").write_text(EVENTS)
    source = EventSource(kind="events", path="e.csv", date="when", area="lsoa", postcode="home")
    asked, areas = factor(), squares(*CODES)
    with open_events(
        {"s": source},
        folder=tmp_path,
        factors=[asked],
        areas=areas,
        postcodes=Postcodes(path="p.csv"),
    ) as opened:
        found = count_events(opened.events, areas, [asked])
    assert found.counts["f", "all", "2022"].tolist() == [1, 0, 2]
    assert line(found) == {"read": 5, "counted": 3, "unknown_area": 1, "no_location": 1}
    assert opened.notes[-1] == "s: 3 postcodes, 2 of them in p.csv."
    assert [file.name for file in opened.files] == ["e.csv", "p.csv"]
    # A full postcode is some fifteen homes: nothing of it is in any list of ours.
    assert "ZZ1" not in found.uncounted.astype(str).to_string()
    assert not any("ZZ1" in note for note in found.notes)


def test_a_parquet_file_is_looked_up_as_well(tmp_path):
    (tmp_path / "p.csv").write_text(NSPL)
    frame = pd.read_csv(io.StringIO(EVENTS), dtype=str)
    frame.to_parquet(tmp_path / "e.parquet")
    source = EventSource(kind="events", path="e.parquet", date="when", postcode="home")
    asked, areas = factor(), squares(*CODES)
    directory = Postcodes(path="p.csv")
    with open_events(
        {"s": source}, folder=tmp_path, factors=[asked], areas=areas, postcodes=directory
    ) as opened:
        found = count_events(opened.events, areas, [asked])
    assert found.counts["f", "all", "2022"].tolist() == [2, 0, 1]


def test_a_column_of_postcodes_needs_a_directory():
    values = {
        "title": "t",
        "place": "p",
        "areas": {"boundaries": "a.gpkg", "code": "code"},
        "sources": {"s": {"kind": "events", "path": "e.csv", "date": "when", "postcode": "home"}},
        "factors": [
            {
                "name": "f",
                "label": "F",
                "source": "s",
                "method": "getis-ord",
                "score": "flag",
                "periods": [2022],
            }
        ],
    }
    with pytest.raises(ConfigError, match="postcode needs a directory of postcodes"):
        parse_config(values)
    values["areas"]["postcodes"] = {"path": "onspd.zip"}
    assert parse_config(values).areas.postcodes.path == "onspd.zip"


def test_every_postcode_of_the_areas_is_found_for_the_map(tmp_path):
    (tmp_path / "p.csv").write_text(ONSPD)
    found = read_postcodes_inside(Postcodes(path="p.csv"), CODES[:2], tmp_path)
    assert found.areas.to_dict() == {"SS11AA": "E01000001", "SS12AB": "E01000002"}
    with pytest.raises(InputError, match="no column"):
        read_postcodes_inside(Postcodes(path="p.csv", area="lsoa99"), CODES, tmp_path)

import csv
import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest

from riskindex.areas.official_data import attributions, is_official, official_sources
from riskindex.areas.read import AreaSource, GroupLookup
from riskindex.areas.table_files import TableSource
from riskindex.events.sources import PoliceSource

ROOT = Path(__file__).parents[2]


def test_every_source_has_an_official_address_a_licence_and_an_attribution():
    hosts = (
        "geoportal.statistics.gov.uk",
        "www.nomisweb.co.uk",
        "www.gov.uk",
        "data.police.uk",
        "download.geonames.org",
    )
    for name, source in official_sources().items():
        assert name.isidentifier()
        assert source.address.startswith(tuple(f"https://{host}/" for host in hosts)), name
        open_licence = "Creative Commons Attribution 4.0", "Open Government Licence v3.0"
        assert source.licence == open_licence[name != "geonames_places"]
        assert source.attribution.startswith("Source: ")
        assert source.attribution.endswith(".")
        assert source.columns
        kinds = {"boundary", "lookup", "census", "business", "deprivation", "crime", "place"}
        assert source.kind in kinds


def test_no_other_file_of_the_project_names_a_download():
    hosts = {re.sub(r"https://([^/]+)/.*", r"\1", s.address) for s in official_sources().values()}
    hosts -= {"www.gov.uk"}
    pattern = re.compile("https?://(" + "|".join(map(re.escape, sorted(hosts))) + ")")
    files = [*(ROOT / "riskindex").rglob("*.py"), *(ROOT / "riskindex").rglob("*.toml")]
    assert [f.name for f in files if pattern.search(f.read_text(encoding="utf-8"))] == []


def test_official_data_is_credited_once_in_the_order_of_the_config():
    areas = AreaSource(
        boundaries="x.gpkg",
        code="LSOA21CD",
        lookups=[GroupLookup(path="w.csv", code="LSOA21CD", groups={"ward": "WD24NM"})],
    )
    sources = {
        "crime": PoliceSource(kind="police.uk", path="p.zip"),
        "age": TableSource(kind="table", path="t.zip", columns={"all": "Age: Total"}),
        "other": TableSource(kind="table", path="t.csv", columns={"all": "Own count"}),
    }
    lines = attributions(areas, sources)
    assert [line.split()[1] for line in lines] == ["Office", "data.police.uk.", "Office"]
    assert "Contains OS data" in lines[0]
    assert "Census 2021" in lines[2]


def test_data_of_ones_own_is_not_credited_to_others():
    assert attributions(AreaSource(boundaries="x.gpkg", code="beat"), {}) == ()
    towns = TableSource(kind="table", path="t.csv", code="name", columns={"all": "population"})
    assert attributions(AreaSource(boundaries="x.gpkg", code="beat"), {"towns": towns}) == ()


def test_bases_of_who_is_there_by_day_are_named_and_not_taken_for_other_tables():
    entries = official_sources()
    assert {"census21_wd001", "census21_wp001", "bres"} <= set(entries)
    # Headings of these downloads differ: a table is open by what its source says, not by them.
    own = TableSource(kind="table", path="t.csv", columns={"people": "Workday people"})
    assert not is_official(own)


def test_the_lookups_that_come_with_the_package_are_credited():
    areas = AreaSource(boundaries="x.gpkg", code="area", within={"force": ["Essex"]})
    (line,) = attributions(areas, {})
    assert line.startswith("Source: Office for National Statistics")


def header_of(path):
    if path.suffix in (".gz", ".csv"):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            text = file.readline()
    else:
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as member:
            text = io.TextIOWrapper(member, encoding="utf-8-sig").readline()
    return next(csv.reader([text]))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lsoa11_lsoa21_lookup", "lookups/lsoa11_lsoa21_lad22.csv.gz"),
        ("lsoa21_ward24_lookup", "lookups/lsoa21_ward24_lad24.csv.gz"),
        ("lad24_csp24_lookup", "lookups/lad24_csp24_pfa24.csv.gz"),
        ("ruc21_lookup", "lookups/ruc21_lsoa21.csv.gz"),
        ("census21_ts001", "census/census2021-ts001.zip"),
        ("census21_ts007a", "census/census2021-ts007a.zip"),
        ("census21_ts011", "census/census2021-ts011.zip"),
        ("census21_ts065", "census/census2021-ts065.zip"),
        ("police_uk", "essex/police_uk_2025.zip"),
        ("geonames_places", "places/places_great_britain_geonames.csv"),
    ],
)
def test_the_columns_are_those_of_the_real_files(shared, name, path):
    columns = [column for column in header_of(shared / "data" / path) if column != "date"]
    assert official_sources()[name].holds(*columns)

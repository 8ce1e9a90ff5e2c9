"""The lookups and places that come with the package, against the official files."""

import gzip
import importlib.util
import tomllib
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from riskindex.areas.editions import Vintage, make_crosswalk
from riskindex.areas.official_data import official_sources
from riskindex.areas.read import AreaSource, GroupLookup, read_areas, read_codes
from riskindex.areas.shipped_lookups import (
    SHIPPED_KINDS,
    crosswalk_2011_2021,
    read_area_lookup,
    read_changes_2011_2021,
    read_places,
    shipped_file,
    shipped_groups,
)
from riskindex.config import parse_config
from riskindex.errors import ConfigError, InputError
from riskindex.files.official_headings import HEADINGS, TWINS

ROOT = Path(__file__).parents[2]
SPLIT = {  # districts that hold several partnerships
    "Bournemouth, Christchurch and Poole",
    "Buckinghamshire",
    "Cumberland",
    "East Suffolk",
    "North Northamptonshire",
    "West Northamptonshire",
    "Westmorland and Furness",
}


def codes_of(kind: str, name: str) -> pd.Index:
    """Codes of the areas of a group."""
    table = read_area_lookup()
    return table.index[table[kind] == name]


def made(folder: Path, out: Path) -> list[Path]:
    spec = importlib.util.spec_from_file_location("making", ROOT / "boundaries/make_lookups.py")
    making = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(making)
    assert making.main([str(folder), "--out", str(out)]) == 0
    return sorted(out.iterdir())


def official(shared: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(shared / f"data/lookups/{name}.csv.gz", dtype=str, keep_default_na=False)


# ---- The files


def test_the_script_makes_what_is_shipped_from_the_official_files(shared, tmp_path):
    files = made(shared / "data", tmp_path)
    assert len(files) == 4
    for file in files:
        shipped = shipped_file(file.name).read_bytes()
        assert gzip.decompress(file.read_bytes()) == gzip.decompress(shipped)
        if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # another compressor packs the same otherwise
            assert file.read_bytes() == shipped, file.name
    assert sum(file.stat().st_size for file in files) < 500_000


def test_official_headings_do_as_well_as_those_of_tidy_copies(shared, tmp_path):
    source = tmp_path / "official"
    source.mkdir()
    tidy = {
        "lsoa11_lsoa21_lookup": "lsoa11_lsoa21_lad22",
        "ruc21_lookup": "ruc21_lsoa21",
        "lsoa21_ward24_lookup": "lsoa21_ward24_lad24",
        "lad24_csp24_lookup": "lad24_csp24_pfa24",
    }
    for code, name in tidy.items():
        entry, table = official_sources()[code], official(shared, name)
        headings = dict(zip(entry.also, entry.columns, strict=True))
        headings |= {"change_code": "CHGIND", "ruc21_code": "RUC21CD", "classification": "RUC21NM"}
        headings |= {"ruc": "Urban_rural_flag"}
        table.rename(columns=headings).to_csv(source / f"{name}.csv", index=False)
    places = "places/places_great_britain_geonames.csv"
    (source / "places.csv").write_bytes((shared / "data" / places).read_bytes())
    for file in made(source, tmp_path / "made"):
        assert gzip.decompress(file.read_bytes()) == gzip.decompress(
            shipped_file(file.name).read_bytes()
        )


def test_a_folder_without_the_official_files_is_refused_by_what_is_missing(tmp_path):
    with pytest.raises(SystemExit, match=r"LSOA21CD.*WD24CD.* is needed; none"):
        made(tmp_path, tmp_path / "out")


def test_every_heading_is_one_of_the_official_ones():
    columns = {c for source in official_sources().values() for c in source.columns}
    assert set(HEADINGS) <= columns
    assert set(HEADINGS.values()) == {"area_code", "name", *SHIPPED_KINDS}


# ---- What they say


def test_every_area_is_in_the_groups_of_the_official_files(shared):
    lookup = read_area_lookup()
    wards = official(shared, "lsoa21_ward24_lad24").set_index("lsoa21_code").sort_index()
    assert list(lookup.index) == list(wards.index)
    assert len(lookup) == 35_672
    by_district = official(shared, "lad24_csp24_pfa24").drop_duplicates("ltla24_code")
    wards = wards.join(by_district.set_index("ltla24_code").filter(like="pfa24"), on="ltla24_code")
    rural = official(shared, "ruc21_lsoa21").set_index("lsoa21_code").reindex(wards.index)
    for column, expected in {
        "name": wards["lsoa21_name"],
        "ward": wards["ward24_name"],
        "ward_code": wards["ward24_code"],
        "district": wards["ltla24_name"],
        "district_code": wards["ltla24_code"],
        "force": wards["pfa24_name"],
        "force_code": wards["pfa24_code"],
        "urban_rural": rural["classification"],
        "urban_rural_code": rural["ruc21_code"],
    }.items():
        assert list(lookup[column]) == list(expected), column
    assert not lookup.isna().any(axis=None)
    assert not (lookup == "").any(axis=None)


def test_partnerships_are_the_official_ones_and_follow_former_districts_inside_one(shared):
    table = official(shared, "lad24_csp24_pfa24")
    pairs = set(zip(table["ltla24_code"], table["csp24_code"], table["csp24_name"], strict=True))
    lookup = read_area_lookup()
    partnership = lookup["community_safety_partnership"]
    found = set(
        zip(
            lookup["district_code"],
            lookup["community_safety_partnership_code"],
            partnership,
            strict=True,
        )
    )
    assert found == pairs
    several = lookup.groupby("district")["community_safety_partnership"].nunique()
    assert set(several.index[several > 1]) == SPLIT
    former = official(shared, "lsoa11_lsoa21_lad22").drop_duplicates("lsoa21_code")
    of_2022 = former.set_index("lsoa21_code")["ltla22_name"].reindex(lookup.index)
    cumbria = lookup["force"] == "Cumbria"  # its districts of 2022 are its partnerships
    assert list(partnership[cumbria]) == list(of_2022[cumbria])
    coast = lookup["district"] == "Bournemouth, Christchurch and Poole"
    assert partnership[coast].value_counts().to_dict() == {
        "Bournemouth": 114,
        "Poole": 95,
        "Dorset": 31,
    }


@pytest.mark.parametrize(
    ("force", "areas", "districts"),
    [("Essex", 1111, 14), ("Gwent", 374, 5), ("Hertfordshire", 713, 10)],
)
def test_a_force_area_holds_its_areas_and_districts(shared, force, areas, districts):
    codes = codes_of("force", force)
    assert len(codes) == areas
    assert read_area_lookup().loc[codes, "district"].nunique() == districts
    if force == "Essex":
        real = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg", ignore_geometry=True)
        assert set(codes) == set(real["LSOA21CD"])


def test_older_codes_become_what_the_official_file_says(shared):
    table = official(shared, "lsoa11_lsoa21_lad22")
    vintage = Vintage(path="-", old="lsoa11_code", new="lsoa21_code")
    assert crosswalk_2011_2021() == make_crosswalk(table, vintage)
    changes = read_changes_2011_2021()
    assert changes["change"].value_counts().to_dict() == {"S": 1900, "M": 239, "X": 9}
    unchanged = table[table["change_code"] == "U"]
    assert not set(unchanged["lsoa11_code"]) & set(changes["old_code"])


def test_places_are_where_geonames_puts_them(shared):
    places = read_places()
    raw = pd.read_csv(
        shared / "data/places/places_great_britain_geonames.csv", keep_default_na=False
    )
    assert len(places) == len(raw) == 5913
    assert places["population"].is_monotonic_decreasing
    columns = ["name", "population", "nation"]
    assert sorted(places[columns].values.tolist()) == sorted(raw[columns].values.tolist())
    assert places.iloc[0].tolist() == ["London", 530168, 180509, 8961989, "ENG"]
    here = raw[raw["nation"].isin(["ENG", "WLS", "SCT"])]
    points = gpd.points_from_xy(here["longitude"], here["latitude"], crs="EPSG:4326")
    points = points.to_crs("EPSG:27700")
    merged = pd.DataFrame(
        {
            "name": here["name"].to_numpy(),
            "px": points.x,
            "py": points.y,
            "population": here["population"].to_numpy(),
        }
    )
    merged = merged.drop_duplicates(["name", "population"], keep=False)
    once = places.drop_duplicates(["name", "population"], keep=False)
    merged = merged.merge(once, on=["name", "population"], validate="one_to_one")
    assert len(merged) > 5700
    assert np.hypot(merged["px"] - merged["x"], merged["py"] - merged["y"]).max() < 8


def test_nothing_that_is_handed_out_changes_what_is_kept():
    for read in (read_area_lookup, read_changes_2011_2021, read_places):
        kept = read()
        spoilt = read()
        spoilt.iloc[:, 0] = "spoilt"
        spoilt.index.name = "spoilt"
        spoilt["more"] = 1
        pd.testing.assert_frame_equal(read(), kept)
    with pytest.raises(TypeError):
        crosswalk_2011_2021().children["E01000001"] = ()


# ---- Names that repeat


@given(st.sets(st.integers(0, 35_671), min_size=1, max_size=400), st.sampled_from(SHIPPED_KINDS))
def test_two_areas_have_one_text_exactly_where_they_are_in_one_group(rows, kind):
    lookup = read_area_lookup().iloc[sorted(rows)]
    text = shipped_groups(lookup.index, [kind])[kind]
    code = lookup[kind if kind.endswith("_code") else f"{kind}_code"]
    assert len(set(zip(text, code, strict=True))) == text.nunique() == code.nunique()
    assert all(one.startswith(name) for one, name in zip(text, lookup[kind], strict=True))


def test_all_wards_of_england_and_wales_are_told_apart():
    wards = shipped_groups(read_area_lookup().index, ["ward"])["ward"]
    assert wards.nunique() == 7536
    assert not wards.eq("Trinity").any()


def test_a_name_that_is_there_once_stays_as_it_is():
    essex = shipped_groups(codes_of("force", "Essex"), ["ward"])["ward"]
    assert essex[essex.str.contains(r"\(")].unique().tolist() == [
        "Trinity (Chelmsford)",
        "Trinity (Rochford)",
    ]
    basildon = shipped_groups(codes_of("district", "Basildon"), ["ward"])["ward"]
    assert not basildon.str.contains(r"\(").any()
    unknown = shipped_groups(pd.Index(["E01000001", "beat 7"]), ["ward", "force"])
    assert unknown.isna().all(axis=1).tolist() == [False, True]


# ---- In a config


@pytest.fixture(scope="module")
def two_columns(shared, tmp_path_factory):
    """England and Wales as it comes, with the code and no other column; a part around a force."""
    path = shared / "data/england_wales/lsoa21_boundaries.parquet"
    every = gpd.read_parquet(path)[["LSOA21CD", "geometry"]]
    folder = tmp_path_factory.mktemp("boundaries")

    def around(force):
        inside = every[every["LSOA21CD"].isin(codes_of("force", force))]
        part = every[every.intersects(box(*inside.total_bounds))]
        part.to_parquet(folder / f"{force}.parquet")
        return folder, f"{force}.parquet", len(part)

    return around


@pytest.mark.parametrize(
    ("force", "areas"), [("Essex", 1111), ("Gwent", 374), ("Hertfordshire", 713)]
)
def test_a_force_area_is_cut_out_of_boundaries_that_have_a_code_alone(two_columns, force, areas):
    folder, file, everything = two_columns(force)
    source = AreaSource(
        boundaries=file, code="LSOA21CD", shipped=["ward", "district"], within={"force": [force]}
    )
    read = read_areas(source, folder)
    assert list(read.areas.columns) == [
        "name",
        "ward",
        "district",
        "force",
        "is_context",
        "geometry",
    ]
    inside = read.areas[~read.areas["is_context"]]
    assert len(inside) == areas < len(read.areas) < everything
    lookup = read_area_lookup().loc[inside.index]
    assert list(inside["name"]) == list(lookup["name"])
    assert list(inside["district"]) == list(lookup["district"])
    assert set(inside["force"]) == {force}
    assert force not in set(read.areas.loc[read.areas["is_context"], "force"])
    here = read_area_lookup().loc[read.areas.index, "ward_code"]
    assert read.areas["ward"].nunique() == here.nunique()
    assert f"{areas:,} areas are the study area" in read.notes[-1]
    assert [f.name for f in read.files][1:] == ["lsoa21_areas.csv.gz", "lsoa21_groups.csv.gz"]


def test_what_is_far_away_changes_nothing_and_is_not_checked(two_columns, shared):
    folder, file, everything = two_columns("Gwent")
    shipped = AreaSource(
        boundaries=file,
        code="LSOA21CD",
        shipped=["ward", "district_code"],
        within={"force": ["Gwent"]},
    )
    wards = GroupLookup(
        path=str(shared / "data/lookups/lsoa21_ward24_lad24.csv.gz"),
        code="LSOA21CD",
        groups={"ward": "WD24NM", "district_code": "LAD24CD"},
    )
    forces = GroupLookup(
        path=str(shared / "data/lookups/lad24_csp24_pfa24.csv.gz"),
        code="LAD24CD",
        by="district_code",
        groups={"force": "PFA24NM"},
    )
    by_file = AreaSource(
        boundaries=file, code="LSOA21CD", lookups=[wards, forces], within={"force": ["Gwent"]}
    )
    quick, whole = read_areas(shipped, folder), read_areas(by_file, folder)
    assert list(quick.areas.index) == list(whole.areas.index)
    assert quick.areas.geometry.equals(whole.areas.geometry)
    unchanged = ["district_code", "force", "is_context"]
    assert quick.areas[unchanged].equals(whole.areas[unchanged])
    assert quick.files[0] == whole.files[0]
    assert f"of {everything:,} areas lie away from the study area" in quick.notes[0]
    assert not any("lie away" in note for note in whole.notes)


def test_extents_that_nearly_meet_are_kept_and_faults_inside_are_told(tmp_path):
    essex, kent = codes_of("force", "Essex")[:2], codes_of("force", "Kent")[:3]
    shapes = [
        box(0, 0, 1000, 1000),
        box(1000, 0, 2000, 1000),
        box(2000.005, 0, 3000, 1000),
        box(3000, 0, 4000, 1000),
        box(400_000, 0, 401_000, 1000),
    ]
    table = gpd.GeoDataFrame({"LSOA21CD": [*essex, *kent]}, geometry=shapes, crs="EPSG:27700")
    source = AreaSource(boundaries="a.gpkg", code="LSOA21CD", within={"force": ["Essex"]})
    table.to_file(tmp_path / "a.gpkg")
    read = read_areas(source, tmp_path)
    assert read.areas["is_context"].tolist() == [False, False, True]
    table.loc[0, "geometry"] = None
    table.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=f"{essex[0]}"):
        read_areas(source, tmp_path)
    elsewhere = AreaSource(boundaries="a.gpkg", code="LSOA21CD", within={"force": ["Gwent"]})
    table.loc[0, "geometry"] = shapes[0]
    table.to_file(tmp_path / "a.gpkg")
    with pytest.raises(ConfigError, match=r"areas.within.force: no area is in Gwent.*Essex"):
        read_areas(elsewhere, tmp_path)


def small(folder: Path, codes: list[str]) -> str:
    shapes = [box(i * 100, 0, i * 100 + 100, 100) for i in range(len(codes))]
    table = gpd.GeoDataFrame({"LSOA21CD": codes}, geometry=shapes, crs="EPSG:27700")
    table.to_file(folder / "areas.gpkg")
    return "areas.gpkg"


def test_an_area_that_is_not_in_the_lookup_is_not_recorded_and_told(tmp_path):
    codes = ["E01021000", "E01021001", "E01800001"]
    source = AreaSource(boundaries=small(tmp_path, codes), code="LSOA21CD", shipped=["district"])
    read = read_areas(source, tmp_path)
    assert read.areas["district"].tolist()[2] == "not recorded"
    assert read.areas["name"].tolist()[2] == "E01800001"
    (note,) = read.notes
    assert "areas.shipped: 1 of 3 areas are not in it (E01800001)" in note
    assert "their district is not recorded" in note


def test_other_areas_than_lsoas_of_2021_are_refused(tmp_path):
    file = small(tmp_path, ["E02000001", "E02000002"])
    source = AreaSource(boundaries=file, code="LSOA21CD", within={"force": ["Essex"]})
    with pytest.raises(InputError, match=r"areas.shipped: none of the 2 areas .* holds MSOAs"):
        read_areas(source, tmp_path)


@pytest.mark.parametrize("asked", [{"shipped": []}, {"within": {"force": ["Essex"]}}])
def test_boundaries_of_2011_are_refused(shared, asked):
    file = "data/essex/lsoa11_boundaries_unsnapped.gpkg"
    source = AreaSource(boundaries=file, code="LSOA11CD", **asked)
    with pytest.raises(InputError, match=r"28 of 1,077 areas are LSOAs of 2011 that are none of"):
        read_areas(source, shared)


def test_a_shipped_group_brings_in_a_lookup_of_ones_own(tmp_path):
    lookup = read_area_lookup()
    codes = ["E01021000", "E01021001"]
    district = lookup.loc[codes[0], "district_code"]
    (tmp_path / "own.csv").write_text(f"lad,team\n{district},North\n")
    own = GroupLookup(path="own.csv", code="lad", groups={"team": "team"}, by="district_code")
    source = AreaSource(
        boundaries=small(tmp_path, codes), code="LSOA21CD", shipped=["district_code"], lookups=[own]
    )
    assert read_areas(source, tmp_path).areas["team"].tolist()[0] == "North"


def test_codes_of_2011_are_converted_without_a_file(tmp_path):
    for source in (
        AreaSource(boundaries="-", code="-", shipped=[]),
        AreaSource(boundaries="-", code="-", within={"district": ["Basildon"]}),
    ):
        codes = read_codes(source, tmp_path)
        assert codes.crosswalk == crosswalk_2011_2021()
        assert len(codes.existing) == 35_672
        assert [(f.role, f.name, f.rows) for f in codes.files] == [
            ("crosswalk", "lsoa11_lsoa21_changes.csv.gz", 2148)
        ]
    (tmp_path / "own.csv").write_text("old,new\nA,B\n")
    vintage = Vintage(path="own.csv", old="old", new="new")
    own = read_codes(AreaSource(boundaries="-", code="-", shipped=[], vintage=vintage), tmp_path)
    assert dict(own.crosswalk.children) == {"A": ("B",)}


def test_groups_of_ones_own_stand_before_the_shipped_ones():
    own = {"groups": {"force": "PFA"}, "within": {"force": ["Essex"]}}
    assert AreaSource(boundaries="-", code="-", **own).shipped_kinds is None
    assert AreaSource(boundaries="-", code="-").shipped_kinds is None
    listed = AreaSource(boundaries="-", code="-", shipped=["ward"], within={"force": ["Essex"]})
    assert listed.shipped_kinds == ("ward", "force")
    assert AreaSource(boundaries="-", code="-", within={"beat": ["1"]}).shipped_kinds is None


def config(areas: str) -> dict:
    return tomllib.loads(f"""
title = "T"
place = "P"
areas = {{ boundaries = "a.gpkg", code = "LSOA21CD", {areas} }}
[sources.crime]
kind = "police.uk"
path = "p.zip"
coverage = {{ by = "force" }}
[[factors]]
name = "f"
label = "F"
source = "crime"
method = "getis-ord"
periods = [2025]
score = "flag"
""")


def test_the_config_knows_the_shipped_groups():
    asked = parse_config(config('shipped = ["ward"], within = { force = ["Essex"] }'))
    assert asked.areas.shipped_kinds == ("ward", "force")  # and records may come by force
    with pytest.raises(ConfigError, match="the group 'ward' is given 2 times"):
        parse_config(config('shipped = ["ward", "force"], groups = { ward = "WD24NM" }'))
    with pytest.raises(ConfigError, match=r"areas.shipped.*'ward', 'ward_code'.*not 'beat'"):
        parse_config(config('shipped = ["force", "beat"]'))


def test_twins_are_the_headings_that_the_sources_list():
    entries = official_sources().values()
    assert {c for c in TWINS if c.isupper()} <= {c for entry in entries for c in entry.columns}
    assert {c for c in TWINS if c.islower()} <= {c for entry in entries for c in entry.also}
    assert all(TWINS[TWINS[column]] == column for column in TWINS)

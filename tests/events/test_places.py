import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from small_events import KM, count, events, line, squares

from riskindex.areas.editions import Crosswalk, Vintage
from riskindex.areas.read import AreaSource, GroupLookup, read_codes
from riskindex.errors import DataError
from riskindex.events.count import count_events
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.events.sources import PoliceSource
from riskindex.factors import Factor

KEPT, LEFT, RIGHT = "E01000001", "E01034001", "E01034002"
AREAS = squares(KEPT, LEFT, RIGHT, residents=[1500.0, 3000.0, 1000.0])
OLD = "E01000009"
SPLIT = Crosswalk({KEPT: (KEPT,), OLD: (LEFT, RIGHT)})


def at(x, area=OLD, **columns):
    return {"date": "2022-05-01", "area": area, "x": x * KM, "y": 0.5 * KM, **columns}


def bare(area=OLD, **columns):
    return {"date": "2022-05-01", "area": area, "x": None, "y": None, **columns}


def placed(records, areas=AREAS, **options):
    counted = count(records, areas, x="x", y="y", **options)
    return counted, list(counted.counts["f", "all", "2022"])


def test_an_event_of_a_split_area_goes_where_its_coordinates_are():
    counted, counts = placed([at(1.2), at(2.7), at(2.8)], crosswalk=SPLIT)
    assert counts == [0, 1, 2]
    (note,) = (n for n in counted.notes if "converted" in n)
    assert note.endswith(
        "3 events (100.0%) with area codes of an older edition were converted: "
        "3 by their own coordinates."
    )


def test_coordinates_outside_all_parts_go_to_the_nearest_part():
    counted, counts = placed([at(0.9), at(3.2), at(1.5)], crosswalk=SPLIT)
    assert counts == [0, 2, 1]
    assert any("2 to the part of their old area that is nearest" in note for note in counted.notes)


def test_a_code_that_the_areas_have_prevails_over_coordinates():
    assert placed([at(2.5, area=KEPT)], crosswalk=SPLIT)[1] == [1, 0, 0]


def test_a_merged_code_needs_no_coordinates():
    merged = Crosswalk({"E01000007": (LEFT,), "E01000008": (LEFT,)})
    counted, counts = placed(
        [bare("E01000007"), bare("E01000008"), at(9, "E01000008")], crosswalk=merged
    )
    assert counts == [0, 3, 0]
    assert any("3 by the lookup alone" in note for note in counted.notes)


def test_without_coordinates_a_split_area_is_shared_out_by_residents():
    counted, counts = placed([bare()] * 8, crosswalk=SPLIT)
    assert counts == [0, 6, 2]
    assert any("shared out in proportion to residents." in note for note in counted.notes)
    assert line(counted) == {"read": 8, "counted": 8}


def test_or_in_equal_shares_where_residents_are_not_known():
    counted, counts = placed([bare()] * 5, AREAS.drop(columns="residents"), crosswalk=SPLIT)
    assert counts == [0, 3, 2]
    assert any("shared out in equal shares." in note for note in counted.notes)


def test_or_by_the_shares_that_the_lookup_names():
    lookup = SPLIT._replace(shares={OLD: (1.0, 4.0)})
    counted, counts = placed([bare()] * 10, crosswalk=lookup)
    assert counts == [0, 2, 8]
    assert any("shared out by the shares of the lookup." in note for note in counted.notes)
    # What a part outside the study area got is known, too.
    assert placed([bare()] * 10, AREAS.drop(index=RIGHT), crosswalk=lookup)[1] == [0, 2]


def test_a_part_outside_the_study_area_gets_its_share_too():
    counted, counts = placed([bare()] * 5, AREAS.drop(index=RIGHT), crosswalk=SPLIT)
    assert counts == [0, 3]
    assert line(counted) == {"read": 5, "counted": 3, "outside_study_area": 2}


def test_a_point_beside_the_only_part_here_is_outside():
    counted, counts = placed([at(1.5), at(2.5)], AREAS.drop(index=RIGHT), crosswalk=SPLIT)
    assert counts == [0, 1]
    assert line(counted) == {"read": 2, "counted": 1, "outside_study_area": 1}


def test_a_person_is_not_shared_out_to_two_parts():
    records = [bare(person="p"), bare(person="p"), bare(person="q"), bare(person="q")]
    counted, counts = placed(
        records, AREAS.drop(columns="residents"), crosswalk=SPLIT, distinct="person"
    )
    assert counts == [0, 1, 1]
    assert line(counted) == {"read": 4, "counted": 2, "duplicates": 2}


def test_or_they_are_refused_by_name_where_the_config_says_so():
    with pytest.raises(DataError, match=r"2 events without coordinates .* split since \(E01000009"):
        placed([bare()] * 2 + [at(1.5)], crosswalk=SPLIT._replace(split="refuse"))


def test_a_code_that_went_elsewhere_is_outside():
    away = Crosswalk({"E01000008": ("E01000098", "E01000099"), "E01000007": ("E01000097",)})
    codes = ("E01000008", "E01000007", "E01000099")
    counted, _ = placed([at(1.5, code) for code in codes], crosswalk=away)
    assert line(counted) == {"read": 3, "outside_study_area": 3}


def test_points_are_placed_in_parts_and_shared_ones_once(monkeypatch):
    monkeypatch.setattr("riskindex.events.places.VECTORS_AT_ONCE", 1)
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.uniform(-1, 4, 5000), np.full(100, 1.5), [1.0, 2.0, 3.0]])
    counted, counts = placed([at(value, None) for value in rng.permutation(x)])
    # On a border the first area has the point; the middle squares lack the border to their west.
    here = [((x >= 0) & (x <= 1)).sum(), ((x > 1) & (x <= 2)).sum(), ((x > 2) & (x <= 3)).sum()]
    assert counts == here
    assert line(counted)["outside_study_area"] == len(x) - sum(here)


# ---- Without a lookup


def test_older_codes_are_recognised_by_where_their_events_lie():
    counted, counts = placed([at(0.5, KEPT), at(1.2), at(1.3), at(2.5), at(0.9)])
    assert counts == [1, 3, 1]
    assert any(
        "4 events carry 1 codes of an older edition than the boundaries (E01000009)" in note
        for note in counted.notes
    )


def test_an_outside_code_beside_the_border_is_not_an_older_one():
    named = [at(0.5, KEPT), at(1.5, LEFT), at(2.5, RIGHT)]
    counted, counts = placed([*named, at(2.99, "E01000077"), at(3.2, "E01000077")])
    assert counts == [1, 1, 1]
    assert line(counted) == {"read": 5, "counted": 3, "outside_study_area": 2}


def test_files_of_different_editions_are_told_apart(tmp_path):
    header = "Month,Longitude,Latitude,LSOA code,Crime type\n"
    points = AREAS.set_geometry(AREAS.representative_point()).to_crs(4326).geometry
    lines = {code: f"2022-05,{point.x},{point.y},{{}},Drugs\n" for code, point in points.items()}
    older = lines[KEPT].format(KEPT) + lines[LEFT].format(OLD) + lines[RIGHT].format(OLD)
    newer = "".join(text.format(code) for code, text in lines.items())
    (tmp_path / "2022-04-x-street.csv").write_text(header + older)
    (tmp_path / "2022-05-x-street.csv").write_text(header + newer)
    factor = Factor(
        name="f", label="f", source="s", method="window", score="flag", periods=("2022",)
    )
    sources = {"s": PoliceSource(kind="police.uk", path=".")}
    with open_events(sources, folder=tmp_path, factors=[factor]) as opened:
        counted = count_events(opened.events, AREAS, [factor])
    assert list(counted.counts["f", "all", "2022"]) == [2, 2, 2]


MANY = squares(*[f"E0100000{i}" for i in range(9)], *[f"E0103400{i}" for i in range(5)])
NAMED = [{"date": "2022-05", "area": code} for code in MANY.index[:9]]


def test_older_codes_without_coordinates_are_refused_by_name():
    older = [{"date": "2022-05", "area": "E01000099"}] * 3
    with pytest.raises(DataError) as refused:
        count(NAMED + older, MANY)
    assert "3 events without coordinates carry 1 codes" in str(refused.value)
    assert "(E01000099)" in str(refused.value)
    assert "[areas.vintage]" in str(refused.value)


def test_but_not_where_the_source_names_newer_areas():
    records = [
        *NAMED,
        {"date": "2022-05", "area": "E01000099"},
        {"date": "2022-05", "area": "E01034003"},
    ]
    assert line(count(records, MANY)) == {"read": 11, "counted": 10, "outside_study_area": 1}


def test_a_source_whose_older_codes_were_dropped_before_is_noted():
    counted = count(NAMED, MANY)
    assert any("Were events with older codes dropped" in note for note in counted.notes)


def test_recognised_codes_of_which_some_lack_coordinates_are_refused():
    with pytest.raises(DataError, match="1 events without coordinates carry 1 codes"):
        placed([at(0.5, KEPT), at(1.5), at(2.5), bare()])


# ---- Lists of codes


@pytest.mark.parametrize(
    ("code", "known_codes", "reason"),
    [
        ("E01999999", (), "outside_study_area"),
        ("E01999999", ("E01999999",), "outside_study_area"),
        ("E01999999", ("E01000055",), "unknown_area"),
        ("E01999999", (KEPT,), "outside_study_area"),
        ("S01000001", ("E01000055",), "outside_study_area"),
        ("95GG01S1", ("E01000055",), "outside_study_area"),
        ("Basildon", (), "unknown_area"),
        ("Basildon", ("Basildon",), "outside_study_area"),
    ],
)
def test_a_foreign_code_is_outside_or_unknown(code, known_codes, reason):
    counted, _ = placed([at(0.5, KEPT), bare(code)], known_codes=known_codes)
    assert line(counted) == {"read": 2, "counted": 1, reason: 1}


def test_a_code_that_a_list_lacks_is_older_where_its_events_lie_inside():
    named = [at(0.5, KEPT), at(1.5, LEFT), at(2.5, RIGHT)]
    _, counts = placed([*named, at(1.1), at(2.2)], known_codes=("E01000055",))
    assert counts == [1, 2, 2]


def test_codes_are_read_from_the_lookups_of_the_config(tmp_path):
    (tmp_path / "groups.csv").write_text("code,ward\nE01000001,a\nE01000055,b\n")
    (tmp_path / "older.csv").write_text(f"old,new\n{OLD},{LEFT}\n{OLD},{RIGHT}\n")
    areas = AreaSource(
        boundaries="-",
        code="-",
        lookups=[GroupLookup(path="groups.csv", code="code", groups={"ward": "ward"})],
        vintage=Vintage(path="older.csv", old="old", new="new", split="refuse"),
    )
    codes = read_codes(areas, tmp_path)
    assert codes.crosswalk == Crosswalk({OLD: (LEFT, RIGHT)}, "refuse")
    (tmp_path / "older.csv").write_text(f"old,new,n\n{OLD},{LEFT},30\n{OLD},{RIGHT},90\n")
    vintage = Vintage(path="older.csv", old="old", new="new", share="n")
    shared = read_codes(AreaSource(boundaries="-", code="-", vintage=vintage), tmp_path).crosswalk
    assert shared is not None
    assert shared.shares == {OLD: (30.0, 90.0)}
    assert codes.existing == {"E01000001", "E01000055"}
    assert [(file.role, file.rows) for file in codes.files] == [("crosswalk", 2)]
    assert read_codes(AreaSource(boundaries="-", code="-"), tmp_path).crosswalk is None


# ---- Real files


@pytest.fixture(scope="module")
def crosswalk(shared):
    vintage = Vintage(
        path="data/lookups/lsoa11_lsoa21_lad22.csv.gz", old="lsoa11_code", new="lsoa21_code"
    )
    return read_codes(AreaSource(boundaries="-", code="-", vintage=vintage), shared).crosswalk


def count_2021(shared, areas, **options):
    factor = Factor(
        name="f",
        label="f",
        source="crime",
        method="window",
        score="flag",
        periods=("2021-03", "2022-03"),
    )
    path = "data/essex/police_uk_2021-03_2022-03.zip"
    sources = {"crime": PoliceSource(kind="police.uk", path=path)}
    with open_events(sources, folder=shared, factors=[factor]) as opened:
        unit = Periods(unit="year-ending")
        return count_events(opened.events, areas, [factor], periods=unit, **options), opened.notes


@pytest.fixture(scope="module")
def by_lookup(shared, essex, crosswalk):
    return count_2021(shared, essex, crosswalk=crosswalk)


@pytest.fixture(scope="module")
def crimes_2021(shared):
    with zipfile.ZipFile(shared / "data/essex/police_uk_2021-03_2022-03.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("-street.csv")]
        return pd.concat([pd.read_csv(archive.open(name)) for name in names], ignore_index=True)


def test_2011_codes_on_2021_boundaries_lose_none_silently(by_lookup):
    counted, notes = by_lookup
    own = dict(counted.reconciliation.loc[("crime", "")])
    assert (own["read"], own["counted"]) == (216_436, 214_532)
    assert (own["no_location"], own["outside_study_area"]) == (1_732, 172)
    assert notes == ("crime: passed over 13 *-outcomes.csv.",)
    assert any("20,206 events (9.3%)" in note for note in counted.notes)


def test_unchanged_areas_keep_their_events_and_split_ones_pass_theirs_on(
    by_lookup, crosswalk, crimes_2021
):
    total = by_lookup[0].counts.sum(axis=1)
    by_code = crimes_2021["LSOA code"].value_counts()
    split = {
        old: new
        for old, new in crosswalk.children.items()
        if len(new) > 1 and set(new) <= set(total.index)
    }
    assert len([old for old in split if old in by_code]) == 28
    for old, new in split.items():
        assert total[list(new)].sum() == by_code.get(old, 0)
    others = total.index.difference([code for new in split.values() for code in new])
    assert (total[others] == by_code.reindex(others, fill_value=0)).all()


def test_parts_agree_with_a_spatial_join(by_lookup, essex, crosswalk, crimes_2021):
    split = {old: new for old, new in crosswalk.children.items() if len(new) > 1}
    touched = crimes_2021[crimes_2021["LSOA code"].isin(split)]
    points = gpd.GeoDataFrame(
        touched, geometry=gpd.points_from_xy(touched["Longitude"], touched["Latitude"]), crs=4326
    ).to_crs(essex.crs)
    joined = gpd.sjoin(points, essex[["geometry"]], predicate="within")
    fits = [
        area in split[old]
        for old, area in zip(joined["LSOA code"], joined["area_code"], strict=True)
    ]
    inside = joined[fits]["area_code"].value_counts()
    total = by_lookup[0].counts.sum(axis=1)
    new = sorted(set(inside.index))
    assert inside.sum() == 19_675
    assert (total[new] - inside[new]).sum() == 531  # outside all parts: to the nearest one
    assert (total[new] >= inside[new]).all()


def test_without_the_lookup_their_coordinates_say_nearly_the_same(shared, essex, by_lookup):
    counted, _ = count_2021(shared, essex)
    own = counted.reconciliation.loc[("crime", "")]
    assert (own == by_lookup[0].reconciliation.loc[("crime", "")]).all()
    assert any("20,206 events carry 28 codes of an older edition" in n for n in counted.notes)
    moved = np.abs((counted.counts - by_lookup[0].counts).to_numpy(dtype=float)).sum() / 2
    assert moved / 20_206 < 0.005


def test_merged_and_irregular_codes_reach_their_areas(shared, crosswalk):
    older = ["E01011973", "E01011976", "E01008187"]
    newer = sorted({new for old in older for new in crosswalk.children[old]})
    assert [len(crosswalk.children[old]) for old in older] == [1, 1, 2]
    counted = count(
        [{"date": "2022-05", "area": code} for code in older], squares(*newer), crosswalk=crosswalk
    )
    assert line(counted) == {"read": 3, "counted": 3}
    assert counted.counts.loc["E01035188"].sum() == 2
    (note,) = (note for note in counted.notes if "neither split nor merged" in note)
    assert "1 events carry 1 codes" in note
    assert note.endswith("E01008187 became E01035624 and E01035637.")


def test_the_lookup_of_2011_knows_six_irregular_areas(crosswalk):
    assert crosswalk.irregular == {
        "E01008187",
        "E01023508",
        "E01023679",
        "E01023768",
        "E01023964",
        "E01027506",
    }


def test_sources_of_two_editions_are_counted_in_one_run():
    older = [at(1.5), bare(), bare(KEPT)]
    newer = [bare(LEFT), bare(RIGHT), bare(KEPT, date="2022-06-01")]
    asked = [
        Factor(
            name=name, label=name, source=name, method="getis-ord", score="flag", periods=("2022",)
        )
        for name in ("old", "new")
    ]
    opened = {name: events(rows, x="x", y="y") for name, rows in (("old", older), ("new", newer))}
    counted = count_events(opened, AREAS, asked, crosswalk=SPLIT)
    assert list(counted.counts["old", "all", "2022"]) == [1, 2, 0]
    assert list(counted.counts["new", "all", "2022"]) == [1, 1, 1]
    converted = [note for note in counted.notes if "older edition were converted" in note]
    assert len(converted) == 1
    assert converted[0].startswith("old: 2 events (66.7%)")


NINE = squares(*[f"E0100000{i}" for i in range(7)], LEFT, RIGHT)


def dated(month, codes):
    return [{"date": f"2022-{month:02d}", "area": code} for code in codes]


@pytest.mark.parametrize(
    ("newer", "words"),
    [
        (range(7, 13), "no event until 2022-06"),
        (range(1, 7), "no event from 2022-07"),
    ],
)
def test_a_file_that_changes_its_edition_is_refused_by_its_months(newer, words):
    kept = [f"E0100000{i}" for i in range(7)]
    records = []
    for month in range(1, 13):
        records += dated(month, [*kept, *([LEFT, RIGHT] if month in newer else [OLD])])
    with pytest.raises(DataError, match=words):
        count(records, NINE)
    counted = count(records, NINE, crosswalk=Crosswalk({OLD: (LEFT, RIGHT)}))
    assert counted.counts.to_numpy().sum() == 7 * 12 + 12 + 6

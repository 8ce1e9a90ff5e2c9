"""What is counted in the whole and in every kind of group, by hand."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box
from small_force import CONFIG, offences, write_force

from riskindex import read_config, run
from riskindex.assessment.figure_rows import Shown
from riskindex.assessment.place_counts import (
    RESIDENTS,
    count_places,
    count_polygons,
    places_by_kind,
    sum_residents,
    sum_tables,
)
from riskindex.assessment.requested import request_figures
from riskindex.errors import ConfigError
from riskindex.factors import Factor
from riskindex.publication.counts import released_places

CODES = pd.Index(["a", "b", "c", "d"], name="area_code")
AREAS = pd.DataFrame(
    {
        "name": list("ABCD"),
        "ward": ["Trinity", "Trinity", "Trinity", "Park"],
        "district": ["North", "North", "South", "South"],
        "residents": [100.0, 200.0, 300.0, 400.0],
    },
    index=CODES,
)
COUNTS = pd.DataFrame({("f", "all", "2022"): [1, 2, 3, 4]}, index=CODES)
COUNTS.columns = COUNTS.columns.set_names(["factor", "group", "period"])


def test_wards_of_one_name_are_told_apart_by_district_or_code():
    assert list(places_by_kind(AREAS)) == ["whole", "district", "ward"]
    assert list(places_by_kind(AREAS)["ward"]) == [
        "Trinity (North)",
        "Trinity (North)",
        "Trinity (South)",
        "Park",
    ]
    coded = AREAS.assign(ward_code=["E1", "E1", "E2", "E3"])
    assert list(places_by_kind(coded)) == ["whole", "district", "ward"]
    assert list(places_by_kind(coded)["ward"])[:3] == [
        "Trinity (E1)",
        "Trinity (E1)",
        "Trinity (E2)",
    ]


def test_groups_that_span_districts_stay_one():
    areas = AREAS.assign(urban_rural=["Urban", "Rural", "Urban", "Rural"])
    assert set(places_by_kind(areas)["urban_rural"]) == {"Urban", "Rural"}


def test_areas_around_the_study_area_are_in_no_place():
    places = places_by_kind(AREAS.assign(is_context=[False, False, True, False]))
    assert list(places["whole"].index) == ["a", "b", "d"]


def test_every_kind_of_place_adds_up_to_the_whole():
    table = count_places(COUNTS, places_by_kind(AREAS), AREAS["residents"])
    for column in ("count", "residents"):
        sums = table[column].groupby(level="place_kind").sum()
        assert sums.nunique() == 1
    assert table.loc[("f", "2022", "ward", "Trinity (North)"), "count"] == 3
    assert table.loc[("f", "2022", "ward", "Trinity (North)"), "residents"] == 300


def test_what_is_not_assessed_is_not_zero_and_its_residents_do_not_count():
    counts = COUNTS.astype("Int64").copy()
    counts.iloc[[0, 3], 0] = pd.NA
    table = count_places(counts, places_by_kind(AREAS), AREAS["residents"]).loc["f"].loc["2022"]
    assert table.loc[("whole", ""), ["count", "residents"]].tolist() == [5, 500]
    assert table.loc[("district", "North"), ["count", "residents"]].tolist() == [2, 200]
    assert np.isnan(table.loc[("ward", "Park"), "count"])


def test_shares_of_a_table_are_sums_over_areas_with_both_numbers():
    tables = pd.DataFrame(
        {("c", "two"): [10.0, np.nan, 30.0, 40.0], ("c", "all"): [100.0, 200.0, 300.0, 400.0]},
        index=CODES,
    )
    asked = Factor(
        name="g",
        label="G",
        source="c",
        numerator="two",
        denominator="all",
        method="threshold",
        threshold=0.1,
        score="threshold",
    )
    table = sum_tables(tables, [asked], places_by_kind(AREAS), AREAS["residents"]).loc["g"].loc[""]
    assert table.loc[("whole", ""), ["count", "base"]].tolist() == [80, 800]
    assert table.loc[("district", "North"), ["count", "base"]].tolist() == [10, 100]


def test_residents_are_a_measure_of_their_own():
    table = sum_residents(places_by_kind(AREAS), AREAS["residents"])
    assert table.loc[(RESIDENTS, "", "district", "South"), "count"] == 700
    assert sum_residents(places_by_kind(AREAS), None).empty


TOWNS = """
[areas.polygons.town_centre]
path = "centres.gpkg"
name = "centre"
[[figures]]
name = "in_towns"
kind = "share"
of = "serious"
against = "wider"
places = ["whole", "town_centre"]
period = 2022
[[figures]]
name = "fullest"
kind = "concentration"
of = "wider"
places = ["town_centre"]
top = [1]
"""


def with_points(folder, *, source="", figures=TOWNS):
    """The small force, its offences at points, some not recorded; and two centres that overlap."""
    rng = np.random.default_rng(5)
    table = offences()
    corner = pd.to_numeric(table["area"].str[-1], errors="coerce").fillna(1).astype(int) - 1
    bare = rng.random(len(table)) < 0.1
    table["x"] = np.where(bare, np.nan, (corner % 3 * 1000 + rng.uniform(1, 999, len(table))))
    table["y"] = np.where(bare, np.nan, (corner // 3 * 1000 + rng.uniform(1, 999, len(table))))
    # A second record of some keys, at another point: the first one counts.
    table = pd.concat([table, table.head(40).assign(x=100.0, y=100.0)])
    centres = {"centre": ["Old town", "Quay"]}
    shapes = [box(500, 500, 1700, 1500), box(1500, 0, 3000, 1200)]
    gpd.GeoDataFrame(centres, geometry=shapes, crs=27700).to_file(folder / "centres.gpkg")
    points = 'area = "area"\nx = "x"\ny = "y"\nkey = "offence"\n' + source
    path = write_force(folder, CONFIG.replace('area = "area"\n', points) + figures, offences=table)
    return path, table, dict(zip(centres["centre"], shapes, strict=True))


@pytest.fixture(scope="module")
def in_towns(tmp_path_factory):
    path, table, centres = with_points(tmp_path_factory.mktemp("towns"))
    return run(path), table, centres


def test_events_count_in_the_polygon_that_holds_their_point(in_towns):
    result, table, centres = in_towns
    table = table.drop_duplicates("offence")
    table = table[table["date"].str.startswith("2022") & table["weapon"].isin(["knife", "gun"])]
    # Where the code is missing the point decides, and 10% have neither.
    table = table[table["area"].notna() | table["x"].notna()]
    in_town = result.figure_counts.sort_index().loc[("wider", "2022", "town_centre"), "count"]
    inside = {
        name: shapely.intersects_xy(shape, table["x"], table["y"]).sum()
        for name, shape in centres.items()
    }
    assert in_town.to_dict() == {**inside, "not recorded": table["x"].isna().sum()}
    assert 0 < inside["Old town"] < inside["Quay"]


def test_polygons_have_counts_shares_and_changes_and_no_rates(in_towns):
    table = in_towns[0].figures
    table = table[table["place_kind"] == "town_centre"]
    assert {"serious.count", "serious.share", "serious.change", "in_towns"} <= set(table["figure"])
    assert "rate" not in set(table["kind"])
    counts = table[table["figure"] == "wider.count"].set_index("place")
    assert counts["rank_by_count"].dropna().to_dict() == {"Old town": 2, "Quay": 1}
    fullest = in_towns[0].figures.set_index("figure").loc["fullest"]
    assert fullest["note"].startswith("Quay")


def test_restricted_events_in_polygons_stay_inside(in_towns):
    result = in_towns[0]
    rules = result.config.release.rules
    nowhere = pd.Series(dtype=object)
    table = released_places(result, b"k" * 32, rules, named=nowhere)
    assert "town_centre" not in table.index.get_level_values("place_kind")
    opened = with_open_offences(result)
    kinds = released_places(opened, b"k" * 32, rules, named=nowhere).index
    kinds = kinds.get_level_values("place_kind")
    assert "town_centre" in kinds


def with_open_offences(result):
    source = dataclasses.replace(
        result.config.sources["offences"], protection="open", address="a", licence="b"
    )
    sources = {**result.config.sources, "offences": source}
    return dataclasses.replace(result, config=result.config.model_copy(update={"sources": sources}))


def test_a_figure_of_polygons_that_may_not_leave_says_so(in_towns):
    result = in_towns[0]
    asked = next(figure for figure in result.config.figures if figure.name == "in_towns")
    places = result.figure_counts.drop("town_centre", level="place_kind")
    shown = dataclasses.replace(SHOWN, places=places, restricted=frozenset({"serious", "wider"}))
    by_kind = request_figures([asked], shown).set_index("place_kind")
    assert by_kind.loc["whole", "status"] == "given"
    assert by_kind.loc["town_centre", "status"] == "[c]"
    assert by_kind.loc["town_centre", "note"] == "not shown under this profile"


SHOWN = Shown(
    places=pd.DataFrame(),
    rhythm=pd.DataFrame(),
    rhythm_kind=None,
    labels={"serious": "Serious", "wider": "Wider"},
    counted={"serious": "records", "wider": "records"},
    periods={"serious": ["2021", "2022"], "wider": ["2022"]},
    restricted=frozenset(),
    whole="the force",
    units={"serious": "calendar-year", "wider": "calendar-year"},
)


def test_polygons_that_a_source_does_not_cover_are_not_counted():
    numbers = pd.Series(
        {("f", "all", "2022", "town", "T"): 3, ("f", "all", "2022", "town", "U"): 1}
    )
    numbers.index = numbers.index.set_names(["factor", "group", "period", "place_kind", "place"])
    codes = ["a", "b"]
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], index=codes, crs=27700)
    counts = pd.DataFrame({("f", "all", "2022"): pd.array([4, None], dtype="Int64")}, index=codes)
    counts.columns = COUNTS.columns
    # U only touches the area without data.
    shapes = {"town": pd.Series({"T": box(0.5, 0, 1.5, 1), "U": box(0, 0, 1, 1)})}
    table = count_polygons(numbers, counts, shapes, areas, with_points=["f"])["count"]
    assert table.isna().to_dict() == {
        ("f", "2022", "town", "T"): True,
        ("f", "2022", "town", "U"): False,
    }
    assert count_polygons(numbers, counts, shapes, areas, with_points=[]).empty


def test_events_without_any_place_are_not_recorded_where_the_whole_counts_them():
    keys = [("f", "all", "2022", "town", place) for place in ("T", "not recorded", "(in no area)")]
    levels = ["factor", "group", "period", "place_kind", "place"]
    numbers = pd.Series([3, 1, 5], index=pd.MultiIndex.from_tuples(keys, names=levels))
    for everywhere, number in ((["f"], 6), ([], 1)):
        table = count_polygons(
            numbers, COUNTS, {}, gpd.GeoDataFrame(), with_points=["f"], everywhere=everywhere
        )
        assert table["count"].xs("not recorded", level="place").tolist() == [number]
        assert table["count"].xs("T", level="place").tolist() == [3]


def test_a_source_of_codes_alone_is_refused_by_name(tmp_path):
    path = write_force(tmp_path, CONFIG + TOWNS)
    with pytest.raises(ConfigError, match=r"sources\.offences has area codes alone"):
        read_config(path)


def test_a_figure_that_needs_residents_is_refused_in_polygons(tmp_path):
    path, *_ = with_points(tmp_path, figures=TOWNS.replace('kind = "share"', 'kind = "rate"'))
    with pytest.raises(ConfigError, match="town_centre are polygons, in which events are counted"):
        read_config(path)

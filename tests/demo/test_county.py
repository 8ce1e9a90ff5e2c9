"""The invented county is the same every time, looks like one, and its truth is in its data."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import shapely

from riskindex.areas.neighbours import describe_neighbours, neighbour_matrix
from riskindex.config import read_config
from riskindex.demo.county import CLUSTERS, PLANTED_IN, synthetic_county
from riskindex.demo.event_tables import EVENT_TABLES, RISKS, YEARS
from riskindex.demo.map import LAST_AREA, draw_map, place_names
from riskindex.demo.write_files import write_county
from riskindex.errors import DataError


def in_year(events, year):
    return events[events.filter(like="_date").iloc[:, 0].dt.year == year]


def serious(events):
    return events[events["offence_group"] == "serious violence"]


# The map


def test_areas_fit_without_gap_or_overlap_whatever_the_seed():
    for seed in range(8):
        shapes = draw_map(seed=seed, n=300, districts=8).geometry.to_numpy()
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.coverage_union_all(shapes).geom_type == "Polygon"


def test_areas_have_as_many_neighbours_as_real_ones(county):
    weights = neighbour_matrix(county.areas)
    found = describe_neighbours(weights, county.areas)
    assert 5 < found.mean < 6.5
    assert not len(found.islands)


def test_towns_have_small_areas_and_the_countryside_large_ones(county):
    km2 = county.areas.area / 1e6
    assert km2.quantile(0.25) < 0.5
    assert km2.quantile(0.9) > 6
    assert km2.mean() == pytest.approx(3.3, rel=0.1)


def test_fourteen_districts_each_in_one_piece(county):
    pieces = county.areas.dissolve("district").geometry
    assert len(pieces) == 14
    assert (pieces.geom_type == "Polygon").all()


def test_wards_lie_in_one_district(county):
    assert (county.areas.groupby("ward")["district"].nunique() == 1).all()


def test_codes_are_well_formed_sorted_and_beyond_those_in_use(county):
    codes = county.areas.index
    assert codes.name == "area_code"
    assert codes.is_unique
    assert codes.is_monotonic_increasing
    assert codes.str.fullmatch(r"E01\d{6}").all()
    assert codes.min() == "E01800001"


def test_no_code_is_that_of_a_real_area(county, shared):
    real = pd.read_csv(shared / "data/lookups/lsoa11_lsoa21_lad22.csv.gz", dtype=str)
    drawn = {*county.areas.index, *county.events["violence_suspects"]["home_lsoa21"].dropna()}
    assert not drawn & {*real["lsoa11_code"], *real["lsoa21_code"]}


def test_no_district_has_the_name_of_a_real_one(county, shared):
    real = pd.read_csv(shared / "data/lookups/lad24_csp24_pfa24.csv.gz", dtype=str)
    assert not set(county.areas["district"]) & set(real["ltla24_name"])


def test_names_are_in_the_manner_of_the_census_and_unique(county):
    names = county.areas["name"]
    assert names.is_unique
    assert names.str.fullmatch(r"[A-Z][a-z]+ \d{3}[A-E]").all()


def test_place_names_do_not_repeat():
    names = place_names()
    drawn = [next(names) for _ in range(10_000)]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("n", [40, 333, 3000])
def test_any_number_of_areas_is_drawn(n):
    areas = draw_map(seed=1, n=n, districts=min(14, n // 4))
    assert len(areas) == n
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 39},
        {"n": LAST_AREA},
        {"n": 100, "districts": 26},
        {"ratio": 0},
        {"sources": ["burglary"]},
    ],
)
def test_an_impossible_county_is_refused(wrong):
    with pytest.raises(DataError, match="synthetic county"):
        synthetic_county(**wrong)


# The people


def test_population_is_plausible(county):
    areas = county.areas
    assert areas["residents"].sum() == pytest.approx(1.8e6, rel=0.02)
    assert areas["residents"].between(1000, 3200).all()
    assert areas["households"].mean() == pytest.approx(670, rel=0.03)
    assert (areas["residents_65_over"] / areas["residents"]).mean() == pytest.approx(0.2, abs=0.03)


def test_age_bands_add_up_to_residents(county):
    ages = county.tables["ts007a"].set_index("geography code")
    bands = ages.filter(like="Age: Aged")
    assert bands.shape[1] == 18
    assert (bands.sum(axis=1) == ages["Age: Total"]).all()
    young = ["Age: Aged 10 to 14 years", "Age: Aged 15 to 19 years", "Age: Aged 20 to 24 years"]
    assert (bands[young].sum(axis=1) == county.areas["residents_10_24"]).all()


@pytest.mark.parametrize("name", ["ts008", "ts011", "ts021", "ts065"])
def test_categories_add_up_to_the_total(county, name):
    counts = county.tables[name].iloc[:, 3:]
    assert (counts.iloc[:, 1:].sum(axis=1) == counts.iloc[:, 0]).all()


def test_some_areas_have_a_quarter_of_their_households_deprived(county):
    households = county.tables["ts011"].iloc[:, 3:]
    share = households.iloc[:, 3:].sum(axis=1) / households.iloc[:, 0]
    assert 0.05 < (share > 0.25).mean() < 0.25


def test_people_out_of_work_are_mostly_retired(county):
    history = county.tables["ts065"].iloc[:, 3:]
    old = county.areas["residents_65_over"] / county.areas["residents"]
    not_worked = history.iloc[:, 2] / history.iloc[:, 0]
    assert not_worked.corr(old, method="spearman") > 0.6


@pytest.mark.parametrize("name", ["ts001", "ts007a", "ts011", "ts065"])
def test_headings_are_those_of_the_bulk_files(county, shared, name):
    real = pd.read_csv(shared / f"data/census/census2021-{name}.zip", nrows=1)
    assert list(county.tables[name]) == list(real)


# The events


def test_totals_are_those_of_a_real_county(county):
    def of(name):
        return in_year(county.events[name], 2022)

    assert len(serious(of("violence_offences"))) == pytest.approx(1140, abs=10)
    assert len(serious(of("violence_suspects"))) == 715
    assert len(serious(of("violence_victims"))) == 1013
    assert len(of("domestic_abuse_victims")) == 20_000
    assert len(of("anti_social_behaviour")) == pytest.approx(35_000, rel=0.005)


def test_years_that_need_a_trend_have_one(county):
    for name, table in EVENT_TABLES.items():
        events = county.events[name]
        assert set(events[table.date].dt.year) == set(table.years)
        assert events[table.date].dt.normalize().is_monotonic_increasing


def test_a_fifth_of_suspects_live_outside_and_some_have_no_home(county):
    homes = county.events["violence_suspects"]["home_lsoa21"]
    inside = homes.isin(county.areas.index)
    assert (~inside & homes.notna()).mean() == pytest.approx(0.2, abs=0.02)
    assert 0 < homes.isna().mean() < 0.05


def test_some_suspects_come_again_within_a_year_from_the_same_home(county):
    suspects = county.events["violence_suspects"]
    year = suspects["offence_date"].dt.year
    people = suspects.groupby([suspects["person"], year, "offence_group"], observed=True)
    assert (people["home_lsoa21"].nunique() <= 1).all()
    assert 1 - len(people) / len(suspects) == pytest.approx(0.12, abs=0.02)


def test_some_records_stand_in_the_extract_twice(county):
    offences = county.events["violence_offences"]
    twice = offences[offences.duplicated("offence_id", keep=False)]
    assert len(twice) > 10
    assert len(twice.drop_duplicates()) == twice["offence_id"].nunique()


def test_points_lie_in_the_county_but_for_a_few(county):
    points = county.events["arson"].dropna().astype({"easting": float, "northing": float})
    whole = shapely.coverage_union_all(county.areas.geometry.to_numpy())
    inside = shapely.contains_xy(whole, points["easting"], points["northing"])
    assert 0.98 < inside.mean() <= 1


def test_expected_counts_are_what_events_tend_to(county):
    """Over areas in five groups of rising risk, counts follow their means."""
    homes = in_year(county.events["domestic_abuse_victims"], 2022)["home_lsoa21"]
    counts = homes.value_counts().reindex(county.areas.index, fill_value=0)
    mean = county.expected["domestic_abuse", "all", "2022"]
    fifth = pd.qcut(mean, 5, labels=False)
    drawn, wanted = counts.groupby(fifth).sum(), mean.groupby(fifth).sum()
    assert ((drawn - wanted).abs() < 5 * np.sqrt(wanted)).all()


# The truth


def test_forty_core_areas_in_four_clusters(county):
    core = county.truth[county.truth["core"]]
    assert core.groupby("cluster").size().tolist() == [10] * 4
    assert set(core["kind"]) == {"persistent"}


def test_new_and_fading_clusters_have_a_few_areas_each(county):
    sizes = county.truth.groupby("kind")["cluster"].agg(["nunique", "count"])
    for kind, (many, size) in CLUSTERS.items():
        assert tuple(sizes.loc[kind]) == (many, many * size)


def test_clusters_hang_together_and_keep_apart(county):
    planted = county.areas.join(county.truth).dropna(subset="cluster").dissolve("cluster")
    assert (planted.geom_type == "Polygon").all()
    shapes = planted.geometry.to_numpy()
    apart = shapely.distance(shapes[:, None], shapes[None, :])
    assert (apart[~np.eye(len(shapes), dtype=bool)] > 100).all()


def test_risk_in_a_cluster_is_the_ratio_times_what_it_was():
    plain, planted = (synthetic_county(ratio=ratio, sources=()) for ratio in (1, 5))
    times = planted.risk / plain.risk
    core = planted.truth["core"]
    for risk in RISKS:
        for year in YEARS:
            raised = risk in PLANTED_IN["persistent"]
            assert np.allclose(times.loc[core, (risk, year)], 5 if raised else 1)


def test_a_new_cluster_is_hot_in_the_last_year_only_and_a_fading_one_cools():
    plain, planted = (synthetic_county(ratio=ratio, sources=()) for ratio in (1, 16))
    times = (planted.risk / plain.risk)["offences"]
    kind = planted.truth["kind"]
    assert np.allclose(times[kind == "new"], [1, 1, 1, 1, 1, 16, 16])
    assert np.allclose(times[kind == "fading"], [16, 16, 8, 4, 2, 1, 1])
    assert np.allclose(times[kind == ""], 1)


def test_background_risk_is_moderate_and_smooth(county):
    weights = neighbour_matrix(county.areas)
    for risk in RISKS:
        log = np.log(county.risk[risk, 2022][county.truth["kind"] == ""])
        assert 0.2 < log.std() < 0.5
    log = np.log(county.risk["background", 2022].to_numpy())
    around = weights @ log / weights.sum(axis=1)
    assert np.corrcoef(log, around)[0, 1] > 0.6


# Sameness


def test_the_same_seed_gives_the_same_county(county):
    again = synthetic_county()
    pd.testing.assert_frame_equal(again.areas.to_wkb(), county.areas.to_wkb())
    pd.testing.assert_frame_equal(again.risk, county.risk)
    for name, events in county.events.items():
        assert again.events[name].equals(events)


def test_another_seed_gives_another_county(county):
    other = synthetic_county(seed=1, sources=())
    assert not other.risk.equals(county.risk)
    assert not other.areas.geometry.geom_equals_exact(county.areas.geometry, 0).all()


def test_a_source_left_out_does_not_change_the_others(county):
    some = synthetic_county(sources=["arson", "drug_suspects"])
    assert list(some.events) == ["arson", "drug_suspects"]
    for name, events in some.events.items():
        pd.testing.assert_frame_equal(events, county.events[name])


def test_ratio_changes_nothing_but_the_events(county):
    flat = synthetic_county(ratio=1, sources=())
    pd.testing.assert_frame_equal(flat.areas.to_wkb(), county.areas.to_wkb())
    pd.testing.assert_frame_equal(flat.truth, county.truth)


# Real boundaries


def test_events_are_laid_over_real_boundaries(essex):
    found = synthetic_county(boundaries=essex, sources=["violence_suspects", "arson"])
    assert found.areas.index.equals(essex.index)
    assert found.areas.geometry.equals(essex.geometry)
    assert found.truth["core"].sum() == 40
    homes = found.events["violence_suspects"]["home_lsoa21"]
    assert homes.isin(essex.index).mean() == pytest.approx(0.78, abs=0.02)
    points = found.events["arson"].dropna().astype({"easting": float, "northing": float})
    whole = essex.union_all()
    inside = shapely.contains_xy(whole, points["easting"], points["northing"])
    assert 0.98 < inside.mean() <= 1


def test_residents_of_real_boundaries_are_kept(essex):
    residents = pd.Series(np.arange(len(essex)) + 500, index=essex.index)
    found = synthetic_county(boundaries=essex.assign(residents=residents), sources=["arson"])
    assert (found.areas["residents"] == residents).all()
    assert len(found.events["arson"]) == pytest.approx(580 * residents.sum() / 1.8e6, abs=1.5)


# Files


@pytest.fixture(scope="module")
def folder(county, tmp_path_factory):
    made = tmp_path_factory.mktemp("county")
    write_county(county, made)
    return made


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_the_files_are_the_same_bytes_again(county, folder, tmp_path):
    write_county(county, tmp_path)
    write_county(county, tmp_path)
    assert hashes(tmp_path) == hashes(folder)


def test_the_config_reads_and_names_files_that_are_there(folder):
    config = read_config(folder / "config.toml")
    assert config.place == "the invented county"
    paths = [source.path for source in config.sources.values()]
    paths += [config.areas.boundaries, *(lookup.path for lookup in config.areas.lookups)]
    assert all((config.folder / path).is_file() for path in paths)


def test_the_files_have_the_columns_that_the_config_names(folder):
    config = read_config(folder / "config.toml")
    for source in config.sources.values():
        columns = set(pd.read_csv(config.folder / source.path, nrows=1))
        if source.kind == "events":
            named = {source.date, source.area, source.x, source.y, source.key, source.distinct}
            assert named - {None} <= columns
        else:
            assert pd.Series(source.columns.values()).explode().isin(columns).all()


def test_what_factors_ask_for_occurs_in_the_events(county):
    from importlib import resources

    preset = resources.files("riskindex.presets") / "essex-2022.toml"
    with resources.as_file(preset) as path:
        config = read_config(path)
    groups = [group for factor in config.factors for group in factor.groups]
    for group in groups:
        events = county.events[group.source]
        for column, values in group.where.items():
            assert set(values) <= set(events[column])
    asked = {(f.name, g.label, p) for f in config.factors for g in f.groups for p in f.periods}
    assert asked <= set(county.expected.columns)


def test_open_data_preset_reads():
    from importlib import resources

    preset = resources.files("riskindex.presets") / "open-data.toml"
    with resources.as_file(preset) as path:
        assert len(read_config(path).factors) == 8


def test_a_county_on_real_boundaries_is_written_with_its_codes(essex, tmp_path):
    import geopandas as gpd

    write_county(synthetic_county(boundaries=essex), tmp_path)
    written = gpd.read_file(tmp_path / "data/lsoa21_boundaries.gpkg")
    assert list(written["LSOA21CD"]) == list(essex.index)
    assert written["LAD24NM"].nunique() == 14

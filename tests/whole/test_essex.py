"""The main job on the real files of Essex, from the presets with only the paths filled in."""

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest
from list_refusals import lists_may_leave
from running_text import running_words

from riskindex import read_config, release, run, save
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.check import look
from riskindex.demo.county import synthetic_county
from riskindex.disclosure import WITHHELD
from riskindex.errors import DisclosureError
from riskindex.outputs.verify import verify

FILES = {
    "lsoa21_boundaries.gpkg": "essex/lsoa21_boundaries.gpkg",
    "police_uk_2025.zip": "essex/police_uk_2025.zip",
    "census2021-ts001.zip": "census/census2021-ts001.zip",
    "census2021-ts007a.zip": "census/census2021-ts007a.zip",
    "census2021-ts011.zip": "census/census2021-ts011.zip",
    "census2021-ts065.zip": "census/census2021-ts065.zip",
}
"""Paths of the presets, below data/, to the real files."""

RECORDS_2025, RECORDS_2021 = 158_217, 216_436
WITHOUT_A_LOOKUP = {
    'within = { force = ["Essex"] }': 'groups = { district = "LAD24NM" }',
    'shipped = ["ward", "district"]': "",
}
OLD_DOWNLOAD = {
    "essex/police_uk_2025.zip": "essex/police_uk_2021-03_2022-03.zip",
    '"calendar-year"': '"financial-year"',
    "[2025]": '["2021-22"]',
}


def filled_in(preset: str, data: Path, folder: Path, changes: dict[str, str] | None = None) -> Path:
    """A preset as an analyst fills it in."""
    path = resources.files("riskindex.presets").joinpath(f"{preset}.toml")
    text = path.read_text(encoding="utf-8")
    for name, real in FILES.items():
        text = text.replace(f'"data/{name}"', f'"{(data / real).as_posix()}"')
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    config = folder / f"{preset}.toml"
    config.write_text(text, encoding="utf-8")
    return config


def finished(config: Path, folder: Path):
    """What a run in this process found, saved as well."""
    result = run(read_config(config))
    save(release(result, profile="internal"), folder)
    return result


def from_the_command(config: Path, folder: Path, threads: str) -> str:
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "DUCKDB_THREADS"), threads)
    done = subprocess.run(
        [sys.executable, "-m", "riskindex", "run", config, "-o", folder, "--profile", "internal"],
        env=os.environ | limits | {"PYTHONHASHSEED": threads},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


@pytest.fixture(scope="session")
def data(shared) -> Path:
    return shared / "data"


@pytest.fixture(scope="session")
def open_data(data, tmp_path_factory):
    """Folder of the open-data run on police.uk's 2025, and what the command said."""
    folder = tmp_path_factory.mktemp("open-data")
    said = from_the_command(filled_in("open-data", data, folder), folder / "result", "1")
    return folder / "result", said


@pytest.fixture(scope="session")
def open_result(data, tmp_path_factory):
    """The same run in this process, with as many threads as there are."""
    return run(read_config(filled_in("open-data", data, tmp_path_factory.mktemp("open-result"))))


@pytest.fixture(scope="session")
def listed(open_data):
    return pd.read_csv(open_data[0] / "top_areas.csv", keep_default_na=False)


@pytest.fixture(scope="session")
def old_codes(data, tmp_path_factory):
    """The run on 2021-22, whose records carry LSOA codes of 2011."""
    folder = tmp_path_factory.mktemp("old-codes")
    config = filled_in("open-data", data, folder, OLD_DOWNLOAD)
    return run(read_config(config))


@pytest.fixture(scope="session")
def essex_2022(data, tmp_path_factory):
    """The seven factors, with generated restricted events on the real areas: result, truth."""
    import geopandas as gpd

    folder = tmp_path_factory.mktemp("essex-2022")
    areas = gpd.read_file(data / FILES["lsoa21_boundaries.gpkg"]).set_index("LSOA21CD")
    people = pd.read_csv(data / "census/census2021-ts001.zip", index_col="geography code")
    residents = people["Residence type: Total; measures: Value"].reindex(areas.index)
    county = synthetic_county(boundaries=areas.rename_axis("area_code").assign(residents=residents))
    (folder / "data").mkdir()
    for name, events in county.events.items():
        events.to_csv(folder / f"data/{name}.csv", index=False, date_format="%Y-%m-%d")
    config = filled_in("essex-2022", data, folder)
    config.write_text(config.read_text("utf-8") + '\n[release]\nkey = "release.key"\n', "utf-8")
    return finished(config, folder / "result"), county.truth, folder / "result"


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_in(folder)}


def own_line(result) -> pd.Series:
    return result.reconciliation.loc[("police", "")]


def adds_up(table: pd.DataFrame) -> bool:
    return bool((table["read"] == table.drop(columns="read").sum(axis=1)).all())


def streets(path: Path) -> pd.DataFrame:
    """Every street record of a download, read without riskindex."""
    with zipfile.ZipFile(path) as download:
        parts = [
            pd.read_csv(download.open(name), usecols=["Month", "LSOA code", "Crime type"])
            for name in download.namelist()
            if name.endswith("-street.csv")
        ]
    return pd.concat(parts, ignore_index=True)


# Open data, 2025


def test_every_record_of_2025_is_accounted_for(open_data, data):
    folder, said = open_data
    lines = pd.DataFrame(json.loads((folder / "manifest.json").read_bytes())["reconciliation"])
    assert adds_up(lines.drop(columns=["source", "factor"]))
    own = lines[lines["factor"] == ""].iloc[0]
    assert own["read"] == RECORDS_2025
    # A factor reads the records that its own rule names.
    config = json.loads((folder / "manifest.json").read_bytes())["config"]
    types = {f["name"]: f["where"]["Crime type"] for f in config["factors"] if f["where"]}
    of_type = streets(data / FILES["police_uk_2025.zip"])["Crime type"].value_counts()
    read = lines[lines["factor"] != ""].set_index("factor")["read"]
    assert read.to_dict() == {name: of_type[named].sum() for name, named in types.items()}
    assert (own["no_location"], own["outside_study_area"]) == (2_140, 155)
    uncounted = pd.read_csv(folder / "uncounted_events.csv")
    assert uncounted["reason"].value_counts().to_dict() == {
        "no_location": 2_140,
        "outside_study_area": 155,
    }
    assert "158,217 events read, 155,922 counted" in said


def test_counts_are_those_of_another_reader(open_data, data):
    import pyogrio

    gis = pyogrio.read_dataframe(open_data[0] / "areas.gpkg", layer="areas", read_geometry=False)
    counted = gis.set_index("area_code")
    records = streets(data / FILES["police_uk_2025.zip"])
    by_type = records.groupby(["LSOA code", "Crime type"]).size().unstack(fill_value=0)
    config = json.loads((open_data[0] / "manifest.json").read_bytes())["config"]
    types = {f["name"]: f["where"]["Crime type"][0] for f in config["factors"] if f["where"]}
    assert len(types) == 6
    for factor, words in types.items():
        expected = by_type[words].reindex(counted.index).fillna(0)
        assert (counted[f"{factor}_observed"] == expected).all(), factor


def test_the_list_holds_exactly_the_target(open_data, listed):
    cut = json.loads((open_data[0] / "manifest.json").read_bytes())["selection"]
    assert (cut["assessed"], cut["target"], cut["selected"]) == (1_111, 56, 56)
    assert len(listed) == 56
    assert "Selected: 56 of 1,111 areas" in open_data[1]


def test_no_selected_area_is_below_the_county_on_four_or_more_of_six_crimes(open_data, listed):
    tests = pd.read_csv(open_data[0] / "hotspots.csv")
    crimes = tests[tests["expected"].notna()]
    assert crimes["factor"].nunique() == 6
    below = (crimes["observed"] < crimes["expected"]).groupby(crimes["area_code"]).sum()
    assert below[listed["area_code"]].max() < 4
    hot = crimes[crimes["confidence"] >= 95]
    assert len(hot) > 20
    assert (hot["observed"] > hot["expected"]).all()


def test_the_report_is_read_in_a_quarter_of_an_hour(open_data):
    page = (open_data[0] / "report.html").read_text(encoding="utf-8")
    assert running_words(page) <= 3_000
    assert "Hot for" not in page
    assert len(re.findall(r'<tr data-row="E\d{8}"><td class="number">', page)) >= 56


def test_the_report_says_how_many_areas_the_flags_alone_would_tie(open_data):
    folder, said = open_data
    tied = json.loads((folder / "manifest.json").read_bytes())["tied_by_flags_alone"]
    # Risks are scored, and few areas are hot: their flags leave the list short of its target.
    assert tied == 0
    sentence = "If every factor only said hot or not hot, no areas would tie at the cut"
    assert sentence in said
    # What does not happen is no news in the report.
    assert sentence not in (folder / "report.html").read_text(encoding="utf-8")


def test_the_list_holds_the_places_that_are_known_to_be_hard_pressed(listed, data):
    assert {"Kursaal", "Victoria", "Milton"} <= set(listed["ward"])
    by_district = listed["district"].value_counts()
    assert (by_district[["Southend-on-Sea", "Basildon", "Thurrock", "Tendring"]] >= 5).all()
    deciles = pd.read_csv(
        data / "deprivation/imd2025_england_lsoa21.csv.gz", index_col="lsoa21_code"
    )["IMD_decile"]
    most_deprived = deciles.reindex(listed["area_code"]) <= 3
    assert most_deprived.mean() > 0.5  # a fifth of the county's areas are


def test_two_runs_give_the_same_bytes_at_any_number_of_threads(open_data, open_result, tmp_path):
    save(release(open_result, profile="internal"), tmp_path / "again")
    first, second = bytes_of(open_data[0]), bytes_of(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_no_output_names_a_folder_of_this_machine(open_data, data):
    texts = [p for p in files_in(open_data[0]) if p.suffix in (".html", ".json", ".csv")]
    assert texts
    for path in texts:
        assert data.as_posix() not in path.read_text(encoding="utf-8"), path.name


# 2021-22: codes of 2011 on areas of 2021


def test_every_record_of_2021_is_accounted_for(old_codes):
    assert adds_up(old_codes.reconciliation)
    own = own_line(old_codes)
    assert own["read"] == RECORDS_2021
    assert own["read"] - own["counted"] == len(old_codes.uncounted)


def test_no_record_is_lost_for_its_old_code(old_codes, data):
    records = streets(data / "essex/police_uk_2021-03_2022-03.zip")
    lookup = pd.read_csv(data / "lookups/lsoa11_lsoa21_lad22.csv.gz")
    inside = lookup[lookup["lsoa21_code"].isin(old_codes.areas.index)]["lsoa11_code"]
    in_period = records[(records["Month"] >= "2021-04") & (records["Month"] <= "2022-03")]
    assert own_line(old_codes)["counted"] == in_period["LSOA code"].isin(set(inside)).sum()
    assert own_line(old_codes)["outside_periods"] == (records["Month"] == "2021-03").sum()
    assert own_line(old_codes)["unknown_area"] == 0


def test_a_plain_join_would_have_lost_what_was_converted(old_codes, data):
    records = streets(data / "essex/police_uk_2021-03_2022-03.zip")
    lookup = pd.read_csv(data / "lookups/lsoa11_lsoa21_lad22.csv.gz")
    split = lookup[
        (lookup["change_code"] == "S") & lookup["lsoa21_code"].isin(old_codes.areas.index)
    ]
    lost = int(
        records.loc[records["Month"] >= "2021-04", "LSOA code"].isin(split["lsoa11_code"]).sum()
    )
    converted = [note for note in old_codes.notes if "older edition were converted" in note]
    assert len(converted) == 1
    assert f"{lost:,} events" in converted[0]
    violence = old_codes.counts[("violence", "all", "2021-22")]
    # A part that was built up later may have none: police.uk's map points were older than it.
    assert (violence.loc[split["lsoa21_code"].unique()] > 0).sum() >= 60  # of 62


def test_without_the_lookup_coordinates_convert_and_the_codes_are_named(data, tmp_path):
    changes = OLD_DOWNLOAD | WITHOUT_A_LOOKUP
    found = look(read_config(filled_in("open-data", data, tmp_path, changes)))
    assert found.faults == []
    (events,) = (line for line in found.lines if "events read" in line)
    assert "216,436 events read, 196,582 counted" in events
    (named,) = (line for line in found.lines if "No lookup names them" in line)
    assert "28 codes of an older edition" in named


# The seven factors on real areas


def test_the_seven_factors_run_whole_on_the_real_areas(essex_2022):
    result, _, folder = essex_2022
    assert {
        "all_areas.csv",
        "areas.gpkg",
        "governance.html",
        "manifest.json",
        "map.html",
        "report.html",
        "top_areas.csv",
        "uncounted_events.csv",
        "workbook.xlsx",
    } <= {path.name for path in folder.iterdir()}
    assert result.scores.index.get_level_values("factor").nunique() == 7
    assert len(result.areas) == 1_111
    assert result.neighbours.mean == pytest.approx(5.608, abs=0.001)


@pytest.mark.parametrize("profile", [pytest.param("partner", marks=pytest.mark.long), "public"])
def test_the_seven_factors_leave_as_one_list(essex_2022, profile, tmp_path, monkeypatch):
    result, folder = essex_2022[0], tmp_path / profile
    if profile == "public":  # of the generated events two factors decide alone
        with pytest.raises(DisclosureError, match="would tell of the counts of single factors"):
            release(result, profile=profile)
        lists_may_leave(monkeypatch)
    released = release(result, profile=profile)
    save(released, folder)
    listed = pd.read_csv(folder / "top_areas.csv")
    assert set(listed["area_code"]) == set(result.index.index[result.index["selected"]])
    assert (folder / "map.html").stat().st_size < 1_000_000
    assert verify(folder).faults == ()
    assert not {"uncounted_events.csv", "scores.csv"} & {path.name for path in folder.iterdir()}
    cells = released.figure_counts.loc[["suspects", "domestic_abuse", "supply"]]
    cells = cells[cells.index.isin([WHOLE_KIND, "district"], level="place_kind")]
    whole = cells.index.get_level_values("place_kind") == WHOLE_KIND
    counted = result.figure_counts["count"].reindex(cells.index)
    assert (cells["count"][whole] == counted[whole]).all()
    others = cells["count"][~whole].dropna()
    assert len(others) > 50
    assert (others % result.config.release.rounding == 0).all()
    assert (cells["mark"][~whole & cells["count"].isna()] == WITHHELD).all()


@pytest.mark.parametrize("profile", [pytest.param("partner", marks=pytest.mark.long), "public"])
def test_open_data_leaves_whole(open_result, profile, tmp_path):
    released = release(open_result, profile=profile)
    save(released, tmp_path / profile)
    assert verify(tmp_path / profile).faults == ()
    pd.testing.assert_frame_equal(released.scores, open_result.scores)
    reasons = " ".join(pd.read_csv(tmp_path / profile / "top_areas.csv")["reasons"])
    assert "expected" in reasons


def test_restricted_events_are_accounted_for_to_the_last(essex_2022):
    result = essex_2022[0]
    assert adds_up(result.reconciliation)
    own = result.reconciliation.xs("", level="factor")
    assert (own["read"] - own["counted"]).sum() == len(result.uncounted)


def test_the_seven_factors_select_exactly_the_target(essex_2022):
    result, truth, folder = essex_2022
    assert result.cut.selected == result.cut.target == 56
    assert f"{result.flags_tie} areas would tie" in (folder / "report.html").read_text("utf-8")
    chosen = result.index.index[result.index["selected"]]
    assert truth.loc[chosen, "core"].sum() > 20  # of 40 planted; hardship is real, not planted


def test_the_seventh_factor_is_said_to_map_the_old(essex_2022):
    result, _, folder = essex_2022
    shares = result.correlations.loc["not_worked", "share"]
    assert shares["Residents aged 65 and over"] == pytest.approx(0.82, abs=0.005)
    tests = result.tests.xs("not_worked", level="factor").iloc[0]
    assert 130 <= tests["hot_without_dispersion"] <= 145  # 135 by P(X >= x), 142 by mid-p
    assert tests["hot"] < 10
    report = (folder / "report.html").read_text("utf-8")
    assert re.search(r"Mind: [^.]* goes with Residents aged 65 and over \(\+0\.82\)", report)


def test_deprived_households_are_those_over_a_quarter(essex_2022, data):
    census = pd.read_csv(data / FILES["census2021-ts011.zip"], index_col="geography code")
    table = census.filter(like="measures: Value").loc[essex_2022[0].areas.index]
    total = table.filter(like="Total").iloc[:, 0]
    deprived = sum(
        table.filter(like=f"in {n} dimensions").iloc[:, 0] for n in ("two", "three", "four")
    )
    hot = essex_2022[0].hotspots.xs("deprivation", level="factor")["is_hot"].droplevel("period")
    pd.testing.assert_series_equal(
        hot.astype(bool), deprived / total > 0.25, check_names=False, check_index_type=False
    )


# The pages, offline


@pytest.mark.browser
@pytest.mark.parametrize("made", ["open_data", "essex_2022"])
def test_map_and_report_open_without_a_request_or_a_complaint(made, opened, request):
    folder = next(part for part in request.getfixturevalue(made) if isinstance(part, Path))
    listed = pd.read_csv(folder / "top_areas.csv")
    page = opened(folder / "map.html")
    assert page.locator("#list-rows tr th button").all_inner_texts() == list(listed["name"])
    report = opened(folder / "report.html", ready="h1")
    assert report.locator("section").count() >= 7
    assert report.evaluate("document.body.scrollWidth <= window.innerWidth")

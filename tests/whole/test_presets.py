"""Presets as an analyst runs them: on an invented county, and on real open data."""

import json
import re
import tomllib
from importlib import resources

import jsonschema
import numpy as np
import pandas as pd
import pytest
from preset_runs import read_pages, written
from published_indices import LOCALITY_RATES, vulnerable_localities
from typer.testing import CliRunner

from riskindex import read_config, release, run, save
from riskindex.cli import app
from riskindex.demo.county import synthetic_county
from riskindex.factors import Factor, scale_notes, scale_of_index
from riskindex.index.normalise import normalise

PRESETS = sorted(
    entry.name.removesuffix(".toml")
    for entry in resources.files("riskindex.presets").iterdir()
    if entry.name.endswith(".toml")
)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_config_without_a_fault(name, tmp_path):
    config = read_config(written(name, tmp_path))
    assert config.attribution
    assert config.about


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    """The folder of a small county with invented open data of the kinds that presets name."""
    from riskindex.demo.write_files import write_county

    folder = tmp_path_factory.mktemp("invented")
    county = synthetic_county(seed=3, n=160, districts=4)
    write_county(county, folder)
    rng = np.random.default_rng(3)
    codes = county.areas.index
    crimes = pd.DataFrame(
        {
            "Month": "2025-03",
            "Reported by": "Invented Police",
            "Longitude": "",
            "Latitude": "",
            "LSOA code": rng.choice(codes, 3_000),
            "Crime type": rng.choice(["Burglary", "Criminal damage and arson", "Drugs"], 3_000),
        }
    )
    month = folder / "data" / "police" / "2025-03"
    month.mkdir(parents=True)
    crimes.to_csv(month / "2025-03-invented-street.csv", index=False)
    counted = pd.DataFrame(
        {
            "lsoa21_code": codes,
            "income_domain_numerator": rng.integers(20, 400, len(codes)),
            "employment_domain_numerator": rng.integers(5, 100, len(codes)),
            "Education_score": rng.uniform(1, 90, len(codes)).round(3),
        }
    )
    for name in ("imd2025_england_lsoa21_indicators.csv.gz", "imd2025_england_lsoa21.csv.gz"):
        counted.to_csv(folder / "data" / name, index=False)
    return folder


@pytest.fixture(scope="module")
def localities(invented):
    changes = {
        'within = { force = ["Essex"] }': 'groups = { district = "LAD24NM" }',
        'shipped = ["ward", "district"]': "",
        "police_uk_2025.zip": "police",
        "at_least = 200": "at_least = 130",
        "draws = 200": "draws = 20",
    }
    config = read_config(written("vulnerable-localities", invented, changes))
    return run(config)


def rates_of(result) -> pd.DataFrame:
    """The six rates, from the counts and tables of the run."""
    values = result.scores["value"].unstack("factor")
    return values[list(_NAMES)].rename(columns=_NAMES).reindex(result.areas.index)


_NAMES = {
    "burglary": "burglary",
    "damage": "criminal_damage",
    "income": "income",
    "employment": "employment",
    "education": "education",
    "young": "young",
}


def test_localities_are_the_published_formula(localities):
    expected = vulnerable_localities(rates_of(localities))
    np.testing.assert_allclose(localities.index["score"], expected["score"], rtol=1e-9)
    assert set(_NAMES.values()) == set(LOCALITY_RATES)
    assert localities.index["score"].mean() == pytest.approx(100)


def test_rates_are_events_per_household(localities):
    counts = localities.counts[("burglary", "all", "2025")]
    expected = counts / localities.areas["households"]
    found = localities.scores.xs("burglary", level="factor")["value"]
    np.testing.assert_allclose(found, expected.astype(float))


def test_every_area_at_the_least_score_is_listed_and_the_cut_adds_up(localities):
    index = localities.index
    assert (index["selected"] == (index["score"] >= 130)).all()
    assert 0 < localities.cut.selected == index["selected"].sum()
    assert f"areas that score 130 or more: {localities.cut.selected}".capitalize() in (
        localities.cut.explanation
    )


def test_rates_are_counted_again_in_repeats(localities):
    assert 0 < localities.index["p_selected"].between(0.05, 0.95).sum() < 160


def test_other_choices_are_held_against_as_many_areas(localities):
    table = localities.sensitivity.choices
    assert (
        table.loc[table["kind"] == "normalisation", "selected"] == localities.cut.selected
    ).all()
    assert "tests" not in set(table["kind"])


def test_sentences_say_rates_shares_and_measures(localities):
    reasons = " ".join(localities.index["reasons"])
    assert "per 1,000 households (county" in reasons
    assert "% of residents aged 15 to 24 (county" in reasons
    assert "Education deprivation score: " in reasons


@pytest.mark.parametrize("profile", ["internal", "partner", "public"])
def test_a_list_of_rates_is_released_whole(localities, profile, tmp_path):
    save(release(localities, profile=profile), tmp_path / "result")
    assert (tmp_path / "result" / "manifest.json").is_file()


def untrue(pages: str) -> list[str]:
    """Numbers that no page may print: shares over 100%, scores of 100 above it."""
    shares = [
        n for n in re.findall(r"([\d,]+(?:\.\d+)?)%", pages) if float(n.replace(",", "")) > 100
    ]
    scores = [n for n in re.findall(r"([\d.]+) of 100\b", pages) if float(n) > 100]
    return [*shares, *scores]


def test_pages_of_ratios_to_the_mean_say_what_their_numbers_mean(localities, tmp_path):
    released = release(localities, profile="internal")
    assert released.scale == "100 is the mean of the areas"
    assert released.factors.loc["education", "measured_as"] == "measure"
    save(released, tmp_path / "result")
    pages = read_pages(tmp_path / "result")
    assert "the share, rate or measure (100 is the mean of the areas)" in pages
    assert "0 to 100" not in pages
    assert not [n for n in untrue(pages) if float(n.replace(",", "")) > 400]


def test_scores_on_different_scales_are_never_averaged_in_silence():
    one = {"label": "A", "method": "value", "score": "value", "numerator": "n", "source": "s"}
    factors = [
        Factor(name="a", **one, normalise="rank"),
        Factor(name="b", **(one | {"label": "B"})),
    ]
    (note,) = scale_notes(factors)
    assert "different scales are averaged (ranks, 1 the lowest: A; 0 to 100: B)" in note
    assert scale_of_index(factors) == ""
    assert scale_notes(factors[:1]) == []


# Real open data


def test_localities_of_essex_are_the_published_formula(shared, tmp_path):
    data = shared / "data"
    changes = {
        '"data/lsoa21_boundaries.gpkg"': f'"{data}/essex/lsoa21_boundaries.gpkg"',
        '"data/police_uk_2025.zip"': f'"{data}/essex/police_uk_2025.zip"',
        '"data/census2021': f'"{data}/census/census2021',
        '"data/imd2025': f'"{data}/deprivation/imd2025',
        "draws = 200": "draws = 10",
    }
    result = run(read_config(written("vulnerable-localities", tmp_path, changes)))
    expected = vulnerable_localities(rates_of(result))
    np.testing.assert_allclose(result.index["score"], expected["score"], rtol=1e-9)
    assert (result.index["selected"] == expected["is_priority"]).all()
    assert result.cut.selected == 56
    assert "Tendring" in result.areas.loc[result.index["score"].idxmax(), "name"]


def test_social_vulnerability_2022_is_the_published_index(oracles, tmp_path):
    """The CDC's shares of Pennsylvania's counties; squares in Britain stand for their shapes."""
    import geopandas as gpd
    from shapely import box

    official = pd.read_csv(oracles / "index" / "cdc_svi2022_pa_counties.csv", dtype={"FIPS": str})
    corners = [(500_000 + 1000 * (k % 9), 200_000 + 1000 * (k // 9)) for k in range(len(official))]
    shapes = [box(x, y, x + 1000, y + 1000) for x, y in corners]
    names = {
        "LSOA21CD": official["FIPS"],
        "LSOA21NM": official["COUNTY"],
        "LAD24NM": "Pennsylvania",
    }
    (tmp_path / "data").mkdir()
    counties = gpd.GeoDataFrame(names, geometry=shapes, crs=27700)
    counties.to_file(tmp_path / "data" / "lsoa21_boundaries.gpkg")
    shares = official.rename(columns={"FIPS": "lsoa21_code"})
    shares.to_csv(tmp_path / "data" / "sixteen_shares.csv", index=False)
    changes = {'shipped = ["district"]': 'groups = { district = "LAD24NM" }'}
    found = run(read_config(written("social-vulnerability-2022", tmp_path, changes))).index
    official = official.set_index("FIPS").reindex(found.index)
    sums = found["score"] * 16 / 100
    np.testing.assert_allclose(sums, official["SPL_THEMES"], rtol=0, atol=1e-12)
    ranks = normalise(found["score"].to_numpy(float), "percentile-min+two-decimals") / 100
    np.testing.assert_allclose(ranks, official["RPL_THEMES"], rtol=0, atol=1e-12)
    assert set(found.index[found["selected"]]) == set(official["RPL_THEMES"].nlargest(7).index)


@pytest.mark.long
def test_deprivation_2025_is_the_published_index(shared, tmp_path):
    data = shared / "data"
    path = data / "deprivation/imd2025_england_lsoa21.csv.gz"
    changes = {
        '"data/lsoa21_boundaries.gpkg"': f'"{data}/england_wales/lsoa21_boundaries.parquet"',
        '"data/imd2025_england_lsoa21.csv.gz"': f'"{path}"',
    }
    result = run(read_config(written("indices-of-deprivation-2025", tmp_path, changes)))
    official = pd.read_csv(path, index_col="lsoa21_code")
    found = result.index.reindex(official.index)
    assert result.cut.assessed == len(official) == 33_755
    assert (found["score"] - official["IMD_score"]).abs().max() < 0.0006
    assert (found["rank"] == official["IMD_rank"]).all()


@pytest.mark.parametrize("name", PRESETS)
def test_an_editor_finds_no_fault_in_a_preset(name, tmp_path):
    done = CliRunner().invoke(app, ["new", name, str(tmp_path / "my.toml")], catch_exceptions=False)
    assert done.exit_code == 0
    text = (tmp_path / "my.toml").read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("#:schema ")
    document = json.loads((tmp_path / named).read_text(encoding="utf-8"))
    faults = jsonschema.Draft202012Validator(document).iter_errors(tomllib.loads(text))
    assert [fault.message for fault in faults] == []

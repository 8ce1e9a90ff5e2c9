"""Every preset run whole on real data, under internal and public, and its pages read."""

import re
import shutil
from functools import partial

import geopandas as gpd
import pandas as pd
import pytest
from list_refusals import lists_may_leave
from official_files import write_essex
from preset_runs import read_pages, written
from real_areas import areas_of_essex
from shapely import box

from riskindex import read_config, release, run, save
from riskindex.areas.area_names import find_area
from riskindex.outputs.pages import slug
from riskindex.setup.new_config import new_config, presets

BESIDE_A_CHANGE = re.compile(r"(?:\bup|\bto|\+|−|\() *$")
"""What stands before the per cent of a change or its interval, which may well be over 100."""
NO_WORDS = (r"\bnan\b", r"\bNaN\b", r"\bNone\b", r"<NA>", r"\binf\b", r"\de[+-]\d\d", r" by ;")
"""What is left in a page where a number or a word is missing."""


def of_downloads(shared, folder, preset):
    """A preset for the real Basildon, its files found in a folder of downloads."""
    write_essex(shared / "data", folder)
    for name in ("imd2025_england_lsoa21", "imd2025_england_lsoa21_indicators"):
        shutil.copyfile(shared / f"data/deprivation/{name}.csv.gz", folder / f"{name}.csv.gz")
    made = new_config(preset, area=find_area("Basildon"), data=folder, home=folder)
    assert made.missing == ()
    return made.text


def of_records(shared, folder, preset):
    """A preset of restricted records, drawn over three real districts with their own census."""
    from riskindex.demo.county import synthetic_county
    from riskindex.demo.write_files import write_county

    areas = areas_of_essex(shared)
    areas = areas[areas["LAD24NM"].isin(["Basildon", "Harlow", "Southend-on-Sea"])]
    config = write_county(synthetic_county(seed=3, boundaries=areas), folder)
    for table in ("ts007a", "ts011", "ts065"):
        name = f"census2021-{table}.zip"
        shutil.copyfile(shared / "data/census" / name, folder / "data" / name)
    path = config.with_name("needs.toml") if preset == "needs-assessment" else config
    # The key of the invented county is refused on areas that are not its own.
    return re.sub(r'key = ".*\.key"', 'key = "own.key"', path.read_text("utf-8"))


def of_shares(shared, folder, preset):
    """The CDC's shares of Pennsylvania's counties; squares in Britain stand for their shapes."""
    official = pd.read_csv(
        shared / "oracles/index/cdc_svi2022_pa_counties.csv", dtype={"FIPS": str}
    )
    corners = [(500_000 + 1000 * (k % 9), 200_000 + 1000 * (k // 9)) for k in range(len(official))]
    names = {"LSOA21CD": official["FIPS"], "LSOA21NM": official["COUNTY"]}
    shapes = [box(x, y, x + 1000, y + 1000) for x, y in corners]
    (folder / "data").mkdir()
    counties = gpd.GeoDataFrame(names | {"LAD24NM": "Pennsylvania"}, geometry=shapes, crs=27700)
    counties.to_file(folder / "data/lsoa21_boundaries.gpkg")
    shares = official.rename(columns={"FIPS": "lsoa21_code"})
    shares.to_csv(folder / "data/sixteen_shares.csv", index=False)
    changes = {
        'shipped = ["district"]': 'groups = { district = "LAD24NM" }',
        '# protection = "open"': 'protection = "open"',
        "# address =": "address =",
        "# licence =": "licence =",
    }
    return written(preset, folder, changes).read_text("utf-8")


MADE_BY = {
    "essex-2022": of_records,
    "needs-assessment": of_records,
    "social-vulnerability-2022": of_shares,
}


@pytest.fixture(scope="module")
def outputs(request, shared, tmp_path_factory):
    """The folder of a preset's results, `internal` and `public`, and their releases."""
    preset = request.param
    folder = tmp_path_factory.mktemp(preset)
    text = MADE_BY.get(preset, of_downloads)(shared, folder, preset)
    (folder / "c.toml").write_text(re.sub(r"draws = \d+", "draws = 20", text), "utf-8")
    result = run(read_config(folder / "c.toml"))
    with pytest.MonkeyPatch.context() as patch:
        lists_may_leave(patch)
        released = {name: release(result, profile=name) for name in ("internal", "public")}
    for name, one in released.items():
        save(one, folder / name)
    return folder, released


def named_presets():
    """The one that takes least in every run; all of them in the long one."""
    for name in presets():
        quick = name == "indices-of-deprivation-2025"
        yield pytest.param(name, marks=[] if quick else [pytest.mark.long], id=name)


of_each_preset = partial(pytest.mark.parametrize, "outputs", list(named_presets()), indirect=True)


@of_each_preset()
def test_pages_of_a_preset_print_no_number_that_cannot_be(outputs):
    folder, released = outputs
    for profile, one in released.items():
        # A label may say 150% itself.
        labels = "|".join(map(re.escape, one.factors["label"]))
        pages = re.sub(labels, " ", read_pages(folder / profile), flags=re.IGNORECASE)
        shares = list(re.finditer(r"([\d,]+(?:\.\d+)?)%", pages))
        over = [m for m in shares if float(m[1].replace(",", "")) > 100]
        excerpts = [pages[m.start() - 60 : m.end()] for m in over]
        assert [t for t, m in zip(excerpts, over, strict=True) if not beside_change(pages, m)] == []
        most = 100 if one.scale.startswith("0 to 100") else 100 * len(one.factors)
        assert [n for n in re.findall(r"([\d.]+) of 100\b", pages) if float(n) > most] == []
        assert [word for word in NO_WORDS if re.search(word, pages)] == []


def beside_change(pages, match):
    return bool(BESIDE_A_CHANGE.search(pages[match.start() - 8 : match.start()]))


@of_each_preset()
def test_lists_of_a_preset_are_one_and_hold_the_areas_of_highest_rank(outputs):
    folder, released = outputs
    tables = {
        profile: pd.read_csv(folder / profile / "all_areas.csv", index_col="area_code")
        for profile in ("internal", "public")
    }
    selected = {profile: set(t.index[t["selected"]]) for profile, t in tables.items()}
    assert selected["internal"] == selected["public"]
    inside = tables["internal"]
    if released["internal"].config["release"]["membership"] != "protected":
        # Areas that tie at the cut have one rank, and only some of them a place.
        chosen = inside["selected"]
        assert inside.loc[chosen, "rank"].max() <= inside.loc[~chosen, "rank"].min()
    assert inside["score"].min() >= 0
    if "rank" in tables["public"]:
        # A public number is the internal one; where it may not be, there is none.
        pd.testing.assert_series_equal(tables["public"]["rank"], inside["rank"])
    if "p_selected" in inside:
        assert inside["p_selected"].dropna().between(0, 1).all()
        assert (inside["rank_low"] <= inside["rank_high"]).loc[inside["rank"].notna()].all()


@of_each_preset()
def test_every_page_of_a_preset_is_about_areas_of_the_study(outputs):
    folder, released = outputs
    one = released["public"]
    inside = one.all_areas.drop(index=list(one.context))
    kind = "district" if "district" in inside else one.group_kinds[-1]
    pages = {path.name for path in (folder / "public/profiles").glob(f"{slug(kind)}-*.html")}
    assert len(pages) == inside[kind].nunique()

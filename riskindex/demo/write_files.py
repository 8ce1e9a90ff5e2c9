"""An invented county as files: what an analyst would have, with the config that reads them."""

import io
import zipfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from riskindex.arrays import Integers
from riskindex.demo.county import County
from riskindex.demo.event_tables import EVENT_TABLES
from riskindex.demo.events import ELSEWHERE
from riskindex.files.csv_writer import write_table
from riskindex.publication.key import INVENTED, write_key

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

KEY_FILE, NEEDS_FILE, FIVE_FILE = "release.key", "needs.toml", "five-documents.toml"
_MOMENT = "2022-01-01T00:00:00.000Z"
_RELEASE = f"""
[release]                                    # what partners and the public may see
key = "{KEY_FILE}"                          # of invented data alone: everybody knows it
membership = "protected"                     # two restricted factors decide most of it: the
                                             # list of the true counts would tell of them
"""
_AREAS = """[areas]
boundaries = "data/lsoa21_boundaries.gpkg"
code = "LSOA21CD"
name = "LSOA21NM"
groups = { district = "LAD24NM" }

[[areas.lookups]]                            # further groups: wards, community safety partnerships
path = "data/lsoa21_ward24_lad24.csv"
code = "lsoa21_code"
groups = { ward = "ward24_name" }

[areas.elsewhere]                            # police forces of homes outside
path = "data/homes_elsewhere.csv"
code = "lsoa21_code"
groups = { force = "force" }

"""
"""Codes of invented areas are in no official lookup."""
_ABOUT = {
    "title": "Neighbourhood risk index of an invented county",
    "place": "the invented county",
    "about": "An invented county with planted clusters: no real place and no real person.",
}

_IN_OUR_FILES = ("# age = ", "# sex = ")
"""Comments of the preset that are lines here, because the files have the columns."""


def write_county(county: County, folder: str | Path) -> Path:
    """Write a county into a folder, ready to run and to edit.

    Parameters
    ----------
    county
        From `synthetic_county`, with all of its event tables.
    folder
        Made if it is not there; files of the same names are replaced.

    Returns
    -------
    Path
        The config, `config.toml`: the preset essex-2022; beside it lies `needs.toml`, the preset
        needs-assessment, and `five-documents.toml`, the same with four documents more. Boundaries,
        lookup, census tables and
        events lie in `data`, the planted clusters in `truth.csv`. Same county, same bytes.
    """
    folder = Path(folder)
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    _write_boundaries(county.areas, data / "lsoa21_boundaries.gpkg")
    _write_csv(_lookup(county), data / "lsoa21_ward24_lad24.csv")
    for name, table in county.tables.items():
        _write_bulk(table, data / f"census2021-{name}.zip")
    for name, events in county.events.items():
        timed = name in EVENT_TABLES and EVENT_TABLES[name].timed
        _write_csv(events, data / f"{name}.csv", timed=timed)
    _write_csv(_forces(), data / "homes_elsewhere.csv")
    for name, table in county.published.items():
        _write_csv(table, data / f"{name}.csv")
    _write_layer(county.night_time, data / "night_time_areas.gpkg", "areas")
    _write_csv(county.truth.reset_index(), folder / "truth.csv")
    config = folder / "config.toml"
    config.write_text(_config(), encoding="utf-8", newline="\n")
    needs = resources.files("riskindex.presets").joinpath("needs")
    text = _config() + needs.joinpath("essex-2024.toml").read_text(encoding="utf-8")
    (folder / NEEDS_FILE).write_text(text, encoding="utf-8", newline="\n")
    text += needs.joinpath("four-documents-2023.toml").read_text(encoding="utf-8")
    (folder / FIVE_FILE).write_text(text, encoding="utf-8", newline="\n")
    # write_key never overwrites a key; this one is the same for everybody.
    (folder / KEY_FILE).unlink(missing_ok=True)
    write_key(folder / KEY_FILE, INVENTED)
    return config


def _config() -> str:
    """The preset, whose paths are those of the files written here, under another title."""
    preset = resources.files("riskindex.presets").joinpath("essex-2022.toml")
    lines = preset.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith(_IN_OUR_FILES):
            lines[number] = line.removeprefix("# ")
        key = line.partition(" = ")[0]
        if key in _ABOUT:
            lines[number] = f'{key} = "{_ABOUT[key]}"'
    # Between these two tables the preset names official lookups, which know no invented code.
    start, end = lines.index("[areas]"), lines.index("[neighbours]")
    # The preset stays one file for real and invented data, and only these lines differ.
    lines[start:end] = _AREAS.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("attribution"))
    last = lines.index("]", first)
    lines[first : last + 1] = ['attribution = ["Invented data, made by riskindex."]']
    lines += _RELEASE.splitlines()
    return "\n".join(lines) + "\n"


def _labels(areas: "GeoDataFrame") -> pd.DataFrame:
    """Code, name, ward and district of every area; real boundaries may lack all but the code."""
    codes = areas.index.to_series()
    names = areas.get("name", areas.get("LSOA21NM", codes))
    # Real boundaries may be given in place of invented ones, with the headings of the ONS.
    district = areas.get("district", areas.get("LAD24NM", names))
    ward = areas.get("ward", district)
    columns = {"code": codes, "name": names, "ward": ward, "district": district}
    return pd.DataFrame(columns).reset_index(drop=True)


def _write_boundaries(areas: "GeoDataFrame", path: Path) -> None:
    import geopandas as gpd

    labels = _labels(areas)[["code", "name", "district"]]
    labels.columns = pd.Index(["LSOA21CD", "LSOA21NM", "LAD24NM"])
    table = gpd.GeoDataFrame(labels, geometry=areas.geometry.to_numpy(), crs=areas.crs)
    _write_layer(table, path, "lsoa21")


def _write_layer(table: "GeoDataFrame", path: Path, layer: str) -> None:
    import pyogrio

    path.unlink(missing_ok=True)  # an old GeoPackage would be added to
    # GDAL writes the time into a GeoPackage, which would change its bytes at each run.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
    try:
        table.to_file(path, driver="GPKG", engine="pyogrio", layer=layer)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _lookup(county: County) -> pd.DataFrame:
    areas = county.areas
    columns = ["lsoa21_code", "lsoa21_name", "ward24_name", "ltla24_name"]
    table = _labels(areas).set_axis(columns, axis=1)
    return table.assign(
        rural_urban=np.where(areas["is_urban"], "Urban", "Rural"),
        deprivation_tenth=_tenths(county.tables["ts011"]),
    )


def _tenths(households: pd.DataFrame) -> Integers:
    """Tenth of each area by households that are deprived in some dimension, 1 the most deprived."""
    # Found by a part of the name, since census headings are long and carry the table's title.
    none = households.filter(like="not deprived in any").iloc[:, 0]
    order = np.argsort(np.argsort((none / households.filter(like="Total").iloc[:, 0]).to_numpy()))
    return np.asarray(1 + 10 * order // len(order))


def _forces() -> pd.DataFrame:
    """Police force of the codes of homes elsewhere: half of them in three neighbouring forces."""
    half = len(ELSEWHERE) // 2
    near, far = ("Northmoor", "Westlake", "Southdown"), ("Highfell", "Eastvale", "Longreach")
    forces = [*(near[i % 3] for i in range(half)), *(far[i % 3] for i in range(half))]
    return pd.DataFrame({"lsoa21_code": ELSEWHERE, "force": forces})


def _write_csv(table: pd.DataFrame, path: Path, *, timed: bool = False) -> None:
    dates = table.select_dtypes("datetime")
    # As text beforehand: to put each of them into a pattern takes longer than all the rest.
    texts = {name: _moments(column, "m" if timed else "D") for name, column in dates.items()}
    write_table(table.assign(**texts), path)


def _moments(column: "pd.Series[Any]", unit: Literal["D", "m"]) -> "pd.Series[Any]":
    """Days or minutes as text: 2022-03-01 18:30."""
    texts = np.datetime_as_string(column.to_numpy(), unit=unit, casting="unsafe").tolist()
    words = pd.Series([text.replace("T", " ") for text in texts], index=column.index)
    return words.where(column.notna())


def _write_bulk(table: pd.DataFrame, path: Path) -> None:
    """A zip with one CSV, as Nomis has it; stored, and without the time of day."""
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    # Without a date ZipInfo takes 1980, the same in every run.
    member = zipfile.ZipInfo(f"{path.stem}-lsoa.csv")
    with zipfile.ZipFile(path, "w") as bulk:
        bulk.writestr(member, text.getvalue())

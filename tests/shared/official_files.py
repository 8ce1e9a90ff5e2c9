"""Folders of real files as the publishers have them: official names and columns, nothing else."""

import shutil
import zipfile
from pathlib import Path

import duckdb
import geopandas as gpd

STREET_COLUMNS = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
FORCES = {"hertfordshire": "Hertfordshire Constabulary", "gwent": "Gwent Police"}
CENSUS = tuple(f"census2021-{table}.zip" for table in ("ts001", "ts007a", "ts011", "ts065"))


def write_census(data: Path, folder: Path) -> None:
    for name in CENSUS:
        shutil.copyfile(data / "census" / name, folder / name)


def write_boundaries(table: gpd.GeoDataFrame, folder: Path) -> None:
    """Boundaries with the columns that the Office for National Statistics gives them."""
    official = table[["LSOA21CD", "LSOA21NM", "geometry"]].assign(
        LSOA21NMW="", BNG_E=0, BNG_N=0, LAT=0.0, LONG=0.0, GlobalID=""
    )
    official.to_file(folder / "LSOA_2021_EW_BGC_V5.gpkg", driver="GPKG")


def write_essex(data: Path, folder: Path) -> None:
    """Essex as it is downloaded."""
    write_boundaries(gpd.read_file(data / "essex/lsoa21_boundaries.gpkg"), folder)
    shutil.copyfile(data / "essex/police_uk_2025.zip", folder / "5a1d2c.zip")
    write_census(data, folder)


def write_force(force: str, data: Path, folder: Path) -> None:
    """The national boundaries, and one force's records in the layout of a download."""
    national = data / "england_wales/lsoa21_boundaries.parquet"
    write_boundaries(gpd.read_parquet(national), folder)
    write_census(data, folder)
    records = duckdb.sql(
        f"SELECT * FROM '{data / 'england_wales/police_uk_2025.parquet'}' "
        f"WHERE \"Falls within\" = '{force}'"
    ).df()
    name = FORCES[force]
    records = records.assign(**{"Falls within": name, "Reported by": name})
    records = records.reindex(columns=list(STREET_COLUMNS))
    with zipfile.ZipFile(folder / "download.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for month, part in records.groupby("Month"):
            archive.writestr(f"{month}/{month}-{force}-street.csv", part.to_csv(index=False))

"""GIS file out: one GeoPackage with the areas and what was found about them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.disclosure import MARKS
from riskindex.files.text import retold, seen
from riskindex.outputs.gis_styles import LAYER, style_table
from riskindex.outputs.workbook_sheets import place_table
from riskindex.publication.released import Released
from riskindex.tables import rows

if TYPE_CHECKING:
    import geopandas as gpd

# A GeoPackage stamps its last change; two runs must give the same bytes.
_NO_CLOCK = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}


def write_geopackage(released: Released, path: Path) -> None:
    """Write the layers `areas` and `places`: the columns of the tables, and what was found.

    `areas` has per factor its score and confidence; `places` the outline of every named place;
    the table `layer_styles` has the colours in which QGIS opens them.

    Parameters
    ----------
    released
        What the profile may see.
    path
        A file that does not exist yet; an old one would keep its own history inside.
    """
    import geopandas as gpd
    import pyogrio

    table = released.all_areas.join(_per_factor(released))
    # A copy lies in one piece; pandas warns of columns added to a frame of hundreds of pieces.
    plain = _plain(table).copy().reset_index()
    # In every row, so that a layer that is copied elsewhere still says who it is for.
    plain.insert(1, "profile", released.profile)
    frame = gpd.GeoDataFrame(
        plain,
        # By code, not by position: the table may be in the order of ranks.
        geometry=released.areas.geometry.reindex(table.index).to_numpy(),
        crs=released.areas.crs,
    )
    pyogrio.set_gdal_config_options(_NO_CLOCK)
    try:
        frame.to_file(path, layer="areas", driver="GPKG", engine="pyogrio")
        if (places := _places(released)) is not None:
            places.to_file(path, layer="places", driver="GPKG", engine="pyogrio")
        layers = ("areas", "places") if places is not None else ("areas",)
        styles = style_table(released, layers=layers)
        pyogrio.write_dataframe(styles, path, layer=LAYER, driver="GPKG", append=True)
    finally:
        # Given back, as the option is of the whole process and a notebook may write files of its
        # own.
        pyogrio.set_gdal_config_options(dict.fromkeys(_NO_CLOCK))


def _places(released: Released) -> "gpd.GeoDataFrame | None":
    """The named places with their outlines; None without a list."""
    import geopandas as gpd
    import shapely

    table = place_table(released)
    if table.empty or released.team_plan is None:
        return None
    place_of = released.team_plan.places.place_of
    shapes = released.areas.geometry.reindex(place_of.index).to_numpy()
    outlines = [
        # A GeoPackage layer has one type of geometry; a union is a polygon or several.
        shapely.multipolygons(shapely.get_parts(shapely.union_all(shapes[place_of == place])))
        for place in table["place"]
    ]
    frame = gpd.GeoDataFrame(_plain(table), geometry=outlines, crs=released.areas.crs)
    frame.insert(1, "profile", released.profile)
    return frame


def _per_factor(released: Released) -> pd.DataFrame:
    columns = {}
    # Restricted factors of which nothing is released for areas are in no table, nor may be a column
    # of missing values.
    shown = released.hotspots.index.unique("factor")
    for factor, about in released.factors[released.factors.index.isin(shown)].iterrows():
        last = str(about["periods"]).rsplit(", ", maxsplit=1)[-1]
        tests = rows(released.hotspots, factor=str(factor), period=last)
        if factor in released.scores.index.unique("factor"):
            columns[f"{factor}_score"] = rows(released.scores, factor=str(factor))["score"]
        for column in [c for c in _TEST_COLUMNS if c in tests]:
            columns[f"{factor}_{column}"] = tests[column]
        if factor in released.persistence.index.unique("factor"):
            lasting = rows(released.persistence, factor=str(factor))
            for column in [c for c in _LASTING if c in lasting]:
                columns[f"{factor}_{column}"] = lasting[column]
    return pd.DataFrame(columns)


_TEST_COLUMNS = ("observed", "expected", "confidence", "is_hot", "is_hot_local", "kind")
_LASTING = ("periods_hot",)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Types that every GIS reads: whole numbers, decimals, truth values and text.

    A column of numbers and marks is text.
    """
    table = table.assign(**{c: retold(table[c], seen) for c in table})
    # A mark such as [c] has no number; as a number it would turn into missing, and withheld would
    # read as unknown.
    marked = {c: table[c].map(str) for c in table if table[c].isin(list(MARKS)).any()}
    table = table.assign(**marked)
    extension = {c: table[c] for c in table if pd.api.types.is_integer_dtype(table[c].dtype)}
    return table.assign(
        **{
            # With gaps only a decimal can say missing; without any, plain whole numbers are read by
            # every GIS.
            c: s.astype("float64") if s.isna().any() else s.astype("int64")
            for c, s in extension.items()
        }
    )

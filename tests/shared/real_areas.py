"""Real boundaries, as the tests of several rooms use them."""

from pathlib import Path

import geopandas as gpd


def areas_of_essex(shared: Path) -> gpd.GeoDataFrame:
    """The 1,111 areas of Essex, index `area_code`, in order."""
    areas = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg")
    return areas.set_index("LSOA21CD").rename_axis("area_code").sort_index()

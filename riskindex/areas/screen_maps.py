"""Maps for the screen of a notebook, of any table with a row per area; they need no network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.errors import DataError
from riskindex.files.formats import nearest
from riskindex.files.leaflet import inline_leaflet
from riskindex.tables import is_same

if TYPE_CHECKING:
    import folium
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

RAMP = ("#E8F1FA", "#B5D4EE", "#6BACE6", "#2073BC", "#12436D")
"""Fifths of the areas, from the lowest values to the highest."""
NOT_ASSESSED, INK = "#D9D9D9", "#0B0C0C"
MOST_DETAIL = 20.0
"""Metres to which borders are simplified on the screen."""


def draw_areas(
    areas: "GeoDataFrame", column: str, *, outlined: str = "selected", axes: "Axes | None" = None
) -> "Axes":
    """Draw areas by fifths of a column, those that are chosen outlined.

    Parameters
    ----------
    areas
        One row per area, in metres.
    column
        Numbers; grey where missing.
    outlined
        Column of flags, if the table has it.
    axes
        Where to draw; a figure of its own where it is left out.

    Raises
    ------
    DataError
        No such column, with the nearest; or it holds no numbers.
    """
    import matplotlib.pyplot as plt

    colours = _colours(areas, column)
    if axes is None:
        _, axes = plt.subplots(figsize=(8, 8))
    areas.plot(ax=axes, color=colours, edgecolor="white", linewidth=0.1)
    chosen = _chosen(areas, outlined)
    if chosen.any():
        areas[chosen].boundary.plot(ax=axes, color=INK, linewidth=1.2)
    # Eastings and northings tell a reader nothing.
    axes.set_axis_off()
    line = "; a line around those that are selected" if chosen.any() else ""
    axes.set_title(f"{column.replace('_', ' ')}, the darker the higher{line}", fontsize=9)
    return axes


def explore_areas(
    areas: "GeoDataFrame", column: str, *, tooltip: Sequence[str] = (), outlined: str = "selected"
) -> "folium.Map":
    """A map to move and zoom, without tiles; what a column says stands beside the pointer.

    Parameters
    ----------
    areas, column, outlined
        As for `draw_areas`.
    tooltip
        Columns that are shown of the area under the pointer.

    Raises
    ------
    DataError
        As for `draw_areas`.
    """
    import folium

    table = areas[[areas.active_geometry_name]].copy()
    table["colour"], chosen = _colours(areas, column), _chosen(areas, outlined)
    table["width"] = np.where(chosen, 2.0, 0.2)
    # As text: folium writes numbers of NumPy and missing values in ways that no reader wants.
    shown = {c: areas[c].astype("object").where(areas[c].notna(), "").map(str) for c in tooltip}
    texts = table.assign(code=areas.index.astype(str), **shown)
    # Together, so that no gap opens between areas whose shared border is simplified.
    texts.geometry = texts.geometry.simplify_coverage(MOST_DETAIL)
    west, south, east, north = texts.to_crs(4326).total_bounds
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        # Background tiles come from another host, which would learn the area that is looked at.
        tiles=None,
        prefer_canvas=True,
        attribution_control=False,
    )
    inline_leaflet(page)
    folium.GeoJson(
        texts.to_crs(4326).reset_index(drop=True),
        style_function=_style,
        tooltip=folium.GeoJsonTooltip(fields=["code", *shown], sticky=True),
    ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    return page


def _style(area: dict[str, Any]) -> dict[str, Any]:
    properties = area["properties"]
    return {
        "fillColor": properties["colour"],
        "fillOpacity": 1,
        "color": INK if properties["width"] > 1 else "white",
        "weight": properties["width"],
    }


def _colours(areas: "GeoDataFrame", column: str) -> list[str]:
    """The colour of each area: fifths of the values that differ; grey where there is none."""
    if column not in areas:
        raise DataError(f"no column {column!r}{nearest(column, list(map(str, areas.columns)))}.")
    try:
        values = areas[column].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(f"the column {column!r} holds no numbers, so it has no fifths.") from None
    # Where most areas tie at 0 these are the lowest, and not the middle.
    below = pd.Series(values).rank(method="min").to_numpy() - 1
    fifth = np.floor(below / max(np.isfinite(values).sum(), 1) * len(RAMP))
    return [NOT_ASSESSED if np.isnan(f) else RAMP[int(f)] for f in fifth]


def _chosen(areas: "GeoDataFrame", outlined: str) -> "pd.Series[bool]":
    if outlined not in areas:
        return pd.Series(False, index=areas.index)
    return areas[outlined].fillna(False).astype(bool)


class OnScreen(ABC):
    """What results and releases show of themselves in a notebook, and when two are equal."""

    @abstractmethod
    def to_geodataframe(self) -> "GeoDataFrame":
        """Every area with its shape, score, rank and whether it is selected."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """What it is and how many areas it selects, in a line."""

    def plot(self, column: str = "score", *, axes: "Axes | None" = None) -> "Axes":
        """Draw a map: areas by fifths of a column, the selected ones outlined.

        Parameters
        ----------
        column
            A column of `to_geodataframe`.
        axes
            Where to draw; a figure of its own where it is left out.

        Raises
        ------
        DataError
            No such column, or it holds no numbers.
        """
        return draw_areas(self.to_geodataframe(), column, axes=axes)

    def explore(self, column: str = "score") -> "folium.Map":
        """A map for the screen, to move and zoom; it needs no network.

        `build_map` makes the one with the list, the layers and the profiles.

        Parameters
        ----------
        column
            A column of `to_geodataframe`.

        Raises
        ------
        DataError
            No such column, or it holds no numbers.
        """
        table = self.to_geodataframe()
        columns = [name for name in ("name", "rank", "score", column) if name in table]
        return explore_areas(table, column, tooltip=list(dict.fromkeys(columns)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline}>"

    def _repr_html_(self) -> str:
        """The headline and the first areas of the list."""
        table = pd.DataFrame(self.to_geodataframe())
        chosen = table[table["selected"].fillna(False).astype(bool)]
        columns = [c for c in LISTED if c in chosen]
        first = chosen.sort_values("rank", kind="stable")[columns].head(MOST_LISTED)
        more = len(chosen) - len(first)
        rest = f"<p>and {more:,} more</p>" if more > 0 else ""
        # Residents are floats because they may be missing, and would print with a decimal.
        whole = {c: "{:,.0f}".format for c in ("residents",) if c in first}
        shown = first.to_html(float_format="%.1f", formatters=whole)
        return f"<p><b>{escape(self.headline)}</b></p>{shown}{rest}"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and is_same(self, other)

    __hash__ = None  # type: ignore[assignment]  # tables can be changed


LISTED, MOST_LISTED = ("rank", "name", "score", "ward", "district", "residents"), 10
"""Columns and areas of the list that a notebook shows."""

"""Styles inside the GeoPackage, with which QGIS opens its layers coloured."""

from xml.sax.saxutils import quoteattr

import pandas as pd

from riskindex.outputs.overview_map import NOT_ASSESSED, RAMP
from riskindex.outputs.profiles.numbers import class_words, index_classes
from riskindex.publication.released import Released

LAYER = "layer_styles"
"""The table in which QGIS looks for the styles of a GeoPackage's layers."""


def style_table(released: Released, *, layers: tuple[str, ...]) -> pd.DataFrame:
    """One line per layer with its style, as QGIS saves styles in a database.

    Parameters
    ----------
    released
        What the profile may see.
    layers
        Names of the layers that there are: areas, and places.

    References
    ----------
    QGIS documentation, Vector properties, "Storing styles in a database".
    """
    styles = {"areas": ("Index by class", _areas_style(released)), "places": ("Places", _places())}
    lines = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": layer,
            "f_geometry_column": "geom",
            "styleName": styles[layer][0],
            "styleQML": styles[layer][1],
            "styleSLD": "",
            "useAsDefault": True,
            "description": "The classes of the map",
            "owner": "riskindex",
            "ui": "",
            "update_time": pd.Timestamp("2000-01-01"),  # no clock: two runs give the same bytes
        }
        for layer in layers
    ]
    return pd.DataFrame(lines)


def _areas_style(released: Released) -> str:
    """Areas in the classes of the map; by score, by tenth, or by the list where those are not."""
    # The classes of the map, so that a layer in QGIS and the page never disagree about an area.
    every, classes = released.all_areas, index_classes(released)
    words = class_words(released)
    # The finest that the profile releases.
    column = next(c for c in ("score", "decile", "selected") if c in every)
    if column == "selected":
        # SQLite stores truth values as 1 and 0, which is what QGIS compares with.
        return _by_category(column, {"1": words[4], "0": words[0]}, [RAMP[4], RAMP[0]])
    numbers = every[column].astype(float)
    ranges = {
        # From what each class holds, so that QGIS puts every area in the class of the map, ties
        # included.
        words[c]: (numbers[classes == c].min(), numbers[classes == c].max())
        for c in words
        if (classes == c).any()
    }
    colours = [RAMP[c] for c in words if (classes == c).any()]
    return _by_range(column, ranges, colours)


def _by_range(column: str, ranges: dict[str, tuple[float, float]], colours: list[str]) -> str:
    items = "".join(
        # Twelve digits: a bound rounded to fewer would leave out the area whose score is the bound.
        f'<range symbol="{at}" lower="{low:.12g}" upper="{high:.12g}" label={quoteattr(words)} '
        'render="true"/>'
        for at, (words, (low, high)) in enumerate(ranges.items())
    )
    return _document(
        f'<renderer-v2 type="graduatedSymbol" attr={quoteattr(column)} symbollevels="0" '
        'graduatedMethod="GraduatedColor" enableorderby="0">'
        f"<ranges>{items}</ranges><symbols>{_symbols(colours)}</symbols></renderer-v2>"
    )


def _by_category(column: str, values: dict[str, str], colours: list[str]) -> str:
    items = "".join(
        f'<category symbol="{at}" value={quoteattr(value)} label={quoteattr(words)} render="true"/>'
        for at, (value, words) in enumerate(values.items())
    )
    return _document(
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0" '
        'enableorderby="0">'
        f"<categories>{items}</categories><symbols>{_symbols(colours)}</symbols></renderer-v2>"
    )


def _places() -> str:
    """Places as heavy outlines, so that the areas beneath are seen."""
    symbol = _symbol("0", NOT_ASSESSED, outline="11,12,12,255", width="0.66", style="no")
    return _document(
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )


def _symbols(colours: list[str]) -> str:
    return "".join(_symbol(str(at), colour) for at, colour in enumerate(colours))


def _symbol(
    name: str,
    colour: str,
    *,
    outline: str = "255,255,255,255",
    width: str = "0.1",
    style: str = "solid",
) -> str:
    # QGIS writes a colour as decimal numbers, with 255 for opaque.
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    options = {
        "color": f"{red},{green},{blue},255",
        "outline_color": outline,
        "outline_style": "solid",
        "outline_width": width,
        "outline_width_unit": "MM",
        "style": style,
    }
    properties = "".join(
        f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items()
    )
    return (
        f'<symbol type="fill" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">{properties}'
        "</Option></layer></symbol>"
    )


def _document(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22" styleCategories="Symbology">{renderer}</qgis>'
    )

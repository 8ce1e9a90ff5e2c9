"""What is wrong with the rows of a boundary file, all of it at once, each with its row and code."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from riskindex.areas.editions import first_few
from riskindex.arrays import Shapes
from riskindex.files.text import known_texts

SLIVER = 0.01
"""Mean width over the length of its border below which a shape is a sliver: that of a strip of 1
by 50; of real areas the narrowest have 0.02."""


def sliver_notes(shapes: Shapes, codes: "pd.Index[str]", label: str) -> Iterator[str]:
    """A note about shapes so narrow that they are more likely left over than areas."""
    # A shape without a border has no width either and is reported elsewhere.
    lengths = np.maximum(shapely.length(shapes), 1e-300)
    # Left over where two editions were laid on top of each other.
    thin = codes[np.sqrt(shapely.area(shapes)) / lengths < SLIVER]
    if len(thin):
        yield (
            f"{label}: {len(thin):,} areas are slivers, a hundred times as long as wide or more "
            f"({first_few(list(thin))}). Check that they are areas and no leftovers of another "
            "edition."
        )


def code_faults(codes: "pd.Series[str]") -> Iterator[str]:
    """Codes that are missing or used twice; rows are counted from 1."""
    # Missing codes are all alike, and are told as missing and not as repeated.
    repeated = codes[codes.duplicated(keep=False) & (codes != "")]
    rules = (
        (codes[known_texts(codes) == ""], "without an area code", "Fill it in or take the row out"),
        (repeated, "with an area code that is used again", "Dissolve them into one row per area"),
    )
    for at_fault, fault, advice in rules:
        if len(at_fault):
            yield f"{len(at_fault)} rows {fault} ({_places(at_fault)}). {advice}."


def shape_faults(shapes: Shapes, codes: "pd.Series[str]") -> Iterator[str]:
    """Shapes that are missing, no polygons, without numbers or there twice."""
    # Each row is reported once, by the most basic fault that it has.
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    flat = ~empty & (shapely.get_dimensions(shapes) != 2)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    astray = np.unique(owner[~np.isfinite(points).all(axis=1)])
    # The same shape under two codes: a row was copied and only its code changed.
    again = codes[~empty].to_frame().assign(wkb=shapely.to_wkb(shapes[~empty]))
    rules = (
        (codes[empty], "without a shape", "Take the rows out or use a whole boundary file"),
        (codes[flat], "whose shape is no polygon", "Use a boundary file, not points or lines"),
        (codes[codes.index[astray]], "with coordinates that are no numbers", "Download it again"),
        (codes[again.index[again["wkb"].duplicated(keep=False)]], "share one shape", "Keep one"),
    )
    for at_fault, fault, advice in rules:
        if len(at_fault):
            yield f"{len(at_fault)} rows {fault} ({_places(at_fault)}). {advice}."


def _places(codes: "pd.Series[str]") -> str:
    return first_few([f"row {row + 1}: {code!r}" for row, code in codes.items()])

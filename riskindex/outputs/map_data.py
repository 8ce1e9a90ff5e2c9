"""Data of the map: everything that its page says, as lists in the order of the area codes."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskindex.areas.groups import profile_kind
from riskindex.areas.map_context import DrawnLayer
from riskindex.arrays import Array
from riskindex.disclosure import MARKS
from riskindex.index.aggregation import quantise
from riskindex.index.build import Index, given_weights
from riskindex.index.reasons import NOT_ASSESSED_WORDS, PERIOD_WORDS
from riskindex.outputs import pages
from riskindex.outputs.outlines import steps_per_degree
from riskindex.publication.released import TOGETHER_LABEL, Released


def map_data(released: Released) -> dict[str, Any]:
    """Everything that the page says, as lists in the order of the area codes.

    Parameters
    ----------
    released
        What one profile may see. Columns that a profile does not have are left out.
    """
    every = released.all_areas
    config = released.config
    asked = Index(**config.get("index", {}))
    # The weights that the index took, not those asked for: what-if must begin at the list as it is.
    weights, options = given_weights(released.scores, options=asked)
    unit = config.get("periods", {}).get("unit", "calendar-year")
    return {
        "title": released.title,
        "place": released.place,
        "period": released.period_label,
        "period_words": PERIOD_WORDS.get(unit, ("in {}", "periods")),
        "profile": released.profile,
        "mark": pages.PROFILE_MARKS.get(released.profile, released.profile),
        "attribution": list(released.attribution),
        "limits": list(released.limits),
        # Where nothing is withheld, a legend of marks would make readers look for it.
        "marks": dict(MARKS) if released.rules else {},
        "notes": list(released.notes),
        "how_sure": released.how_sure,
        "codes": list(every.index),
        "scale": released.scale,
        "place_kind": profile_kind(released.group_kinds),
        "groups": {kind: _coded_text(every[kind]) for kind in released.group_kinds},
        "columns": {name: _column(every[name]) for name in _AREA_COLUMNS if name in every},
        "cut": {key: _scalar(getattr(released.cut, key)) for key in _CUT},
        "index": _index_data(options),
        "weights_found": asked.weights if asked.weights != options.weights else "",
        "selection": _selection(released),
        "factors": _factors(released, weights),
        "whole": str(config.get("whole", "county")),
        "plan": _plan(released),
        "settlements": _settlements(released),
        "context": [_context(layer, released) for layer in released.drawn],
        "postcodes": postcode_data(released.postcodes, list(every.index)),
    }


def _plan(released: Released) -> dict[str, Any] | None:
    """Places and what every number of teams reaches; None without places."""
    plan = released.team_plan
    if plan is None or plan.choice is None:
        return None
    table = plan.places.table
    columns = (
        "name",
        "wards",
        "district",
        "areas",
        "firm",
        "residents",
        "residents_10_24",
        "factors",
        "next_door",
        "again",
    )
    # Lists and not objects: names of fields would be repeated for every number of teams.
    step = [[step.amount, step.reach, step.one_more, list(step.places)] for step in plan.steps]
    spread = [[one.amount, one.reach, one.one_more, list(one.places)] for one in plan.spread]
    return {
        "listed": plan.listed,
        "aim": plan.sentences.aim,
        "next_best": plan.sentences.next_best,
        "resource": plan.choice.plan.resource,
        "now": plan.now,
        "is_spread": plan.choice.plan.minimum == 1,
        "steps": step,
        "spread": spread,
        "places": {name: _column(table[name]) for name in columns if name in table},
        "services": {str(k): _column(v) for k, v in plan.services_nearby.items()},
        "at": _degrees(table, released),
        # Places are numbered from 1, so that 0 is an area in none.
        "of": _column(plan.places.place_of.reindex(released.all_areas.index).fillna(0)),
    }


def _settlements(released: Released) -> dict[str, Any]:
    """Names for the map, the most important first."""
    # The table is in the order of population.
    table = released.settlements.head(MOST_SETTLEMENTS)
    if table.empty:
        return {"name": [], "population": [], "at": []}
    return {
        "name": _column(table["name"]),
        "population": _column(table["population"]),
        "at": _degrees(table, released),
    }


MOST_SETTLEMENTS = 3_000
"""Names on the map at most, those of the largest settlements."""


def postcode_data(
    postcodes: "pd.Series[str] | None", codes: Sequence[str]
) -> dict[str, Any] | None:
    """Postcodes by sector, as the page finds them.

    Parameters
    ----------
    postcodes
        Area code, index postcode in capitals and without a blank; None: none are known.
    codes
        Codes of the areas, in the order of the page.

    Returns
    -------
    dict
        `sectors`: for each sector, such as SS11, the last two letters of its postcodes in one text,
        and the position of the area of each. Where that would make the page too large, no letters,
        and the positions of all the areas of the sector.
    """
    if postcodes is None:
        return None
    # Positions instead of codes: nine letters a postcode would double the size of the page.
    position = {code: i for i, code in enumerate(codes)}
    table = pd.DataFrame({"postcode": postcodes.index, "at": postcodes.map(position).to_numpy()})
    # A postcode outside the study area, or of another form, can never be found on this map.
    table = table[table["at"].notna() & table["postcode"].str.fullmatch(_POSTCODE)]
    table = table.astype({"at": int}).sort_values("postcode")
    by_sector = table.assign(unit=table["postcode"].str[-2:]).groupby(table["postcode"].str[:-2])
    each = {str(name): ["".join(p["unit"]), p["at"].tolist()] for name, p in by_sector}
    if len(zlib.compress(json.dumps(each, separators=(",", ":")).encode())) <= MOST_OF_POSTCODES:
        return {"sectors": each}
    return {"sectors": {name: ["", sorted(set(at))] for name, (_, at) in each.items()}}


_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}"


MOST_OF_POSTCODES = 60_000
"""Bytes, packed, that single postcodes may take in a page; of more only their sectors are there."""


def _context(layer: DrawnLayer, released: Released) -> dict[str, Any]:
    """A layer to find one's way by: each line or ring as steps of the grid, then differences."""
    import shapely
    from pyproj import Transformer

    # Differences between neighbouring points are small numbers, short to write.
    lines = shapely.get_rings(layer.shapes) if layer.kind == "polygon" else layer.shapes
    points, line = shapely.get_coordinates(lines, return_index=True)
    to_degrees = Transformer.from_crs(released.areas.crs, 4326, always_xy=True)
    degrees = np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
    # The grid of the outlines, so that a road lies on the border that it follows.
    steps = np.rint(degrees * steps_per_degree(len(released.areas))).astype(np.int64)
    starts = np.flatnonzero(np.diff(line)) + 1
    parts = [np.diff(part, axis=0, prepend=[[0, 0]]) for part in np.split(steps, starts)]
    return {
        "label": layer.label,
        "kind": layer.kind,
        "parts": [part.ravel().tolist() for part in parts],
        "names": list(layer.names),
    }


def _degrees(table: pd.DataFrame, released: Released) -> list[list[float]]:
    """Longitude and latitude of points in the areas' coordinates, to some ten metres."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(released.areas.crs, 4326, always_xy=True)
    at = to_degrees.transform(table["x"].to_numpy(float), table["y"].to_numpy(float))
    # Four decimals, and no more: a point of a place is a label's position, not somebody's address.
    return [list(point) for point in np.round(np.column_stack(at), 4).tolist()]


_CUT = ("assessed", "target", "score_at_cut", "explanation")


_INDEX = (
    "aggregation",
    "within_groups",
    "power",
    "weights",
    "groups",
    "missing",
    "minimum_factors",
)


_SELECTION = ("share", "number", "rounding", "ties", "minimum_per_group", "group", "overrides")


def _index_data(options: Index) -> dict[str, Any]:
    """How the page combines scores, given the weights."""
    data = {key: getattr(options, key) for key in _INDEX}
    return data | {"groups": dict(options.groups)}


def _factors(released: Released, weights: "pd.Series[float]") -> list[dict[str, Any]]:
    """What is said of every factor, with the weight that the index took."""
    given = {name: {"weight": _scalar(weight)} for name, weight in weights.items()}
    shown = [_factor_data(name, released) | given.get(name, {}) for name in released.factors.index]
    # Restricted factors that a profile may only see together still weigh in the index.
    more = [name for name in weights.index if name not in released.factors.index]
    return shown + [_fixed(str(name), released) | given[str(name)] for name in more]


def _fixed(name: str, released: Released) -> dict[str, Any]:
    """Factors that a profile sees as one: they count in what-if, and no slider moves them."""
    about = {"label": TOGETHER_LABEL, "method": "value", "score": "value", "scored": True}
    # The page reads these of every factor, whether or not it has them.
    empty: dict[str, Any] = {
        "group": "",
        "weighted": False,
        "periods": [],
        "years": {},
        "spans": [],
    }
    return {
        **about,
        "name": name,
        "fixed": True,
        "restricted": True,
        "scores": _scores(name, released),
        **empty,
    }


def _selection(released: Released) -> dict[str, Any]:
    """The rule of the list; a rule by score is given to the what-if as the number it selects."""
    given = released.config.get("selection", {})
    asked = {key: value for key, value in given.items() if key in _SELECTION}
    # A rule by score would select another number with every slider; the what-if keeps the size of
    # the list.
    return asked | ({"number": released.cut.target} if given.get("at_least") else {})


_AREA_COLUMNS = (
    "name",
    "rank",
    "score",
    "decile",
    "factors_hot",
    "selected",
    "tied_at_cut",
    "reasons",
    "residents",
    "residents_10_24",
    "override",
    "override_reason",
    "p_selected",
    "rank_low",
    "rank_high",
    "tier",
)


_COUNT_COLUMNS = ("observed", "expected", "window_observed", "window_expected")


def _factor_data(name: str, released: Released) -> dict[str, Any]:
    row = released.factors.loc[name]
    facts: tuple[str, ...] = ("label", "method", "score", "weight", "scored", "recorded")
    facts += ("threshold", "restricted", "measured_as", "exposure")
    # Facts by name: a column of the factors that is not listed here never reaches the page.
    data: dict[str, Any] = {key: _scalar(row[key]) for key in facts if key in row}
    data["name"] = name
    data["scores"] = _scores(name, released)
    data["group"] = _group(name, released)
    data["weighted"] = released.is_weighted(name)
    periods = dict(_periods(name, released.hotspots))
    data["periods"] = [_hot_data(period, table) for period, table in periods.items()]
    if periods:
        last = list(periods.values())[-1]
        counts = _count_data(last, str(row["method"])) | _why(last) | _surroundings(last)
        # Only of the last period: counts of all would make the page several times as large.
        data["periods"][-1] |= counts
    data["years"] = _years(name, released.persistence, released.areas.index)
    data["spans"] = [period for period in str(row.get("periods", "")).split(", ") if period]
    return data


def _scores(name: str, released: Released) -> dict[str, Any]:
    if name not in released.scores.index.get_level_values(0):
        return {}
    of_factor = released.scores.loc[name].reindex(released.areas.index)
    columns = [key for key in _DIGITS if key in of_factor]
    if len(of_factor) > MOST_EXACT:
        # All their digits would be half of the page of a country.
        of_factor = pd.DataFrame(
            {key: quantise(of_factor[key].to_numpy(float), digits=_DIGITS[key]) for key in columns},
            index=of_factor.index,
        )
    return {key: _column(of_factor[key]) for key in columns}


MOST_EXACT = 5_000
"""Areas up to which a page has every digit of the scores, so that it computes what Python does."""
_DIGITS = {"score": 8, "intensity": 5}
"""Significant digits in a page of more areas; intensities only part ties."""


def _group(name: str, released: Released) -> str:
    """Group of factors that the factor is combined in first; empty where it stands by itself."""
    if "group" not in released.scores or name not in released.scores.index.get_level_values(0):
        return ""
    # The group belongs to the factor and is the same in every line.
    return str(released.scores.loc[name, "group"].iloc[0])


def _periods(name: str, hotspots: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if name not in hotspots.index.get_level_values(0):
        return
    of_factor = hotspots.loc[name]
    for period in dict.fromkeys(of_factor.index.get_level_values(0)):
        yield str(period), of_factor.loc[period]


def _hot_data(period: str, table: pd.DataFrame) -> dict[str, Any]:
    data: dict[str, Any] = {"period": period, "hot": _digits(_hot_classes(table))}
    data["is_hot"] = _digits(table["is_hot"].astype("boolean").fillna(False).astype(int))
    if "kind" in table:
        data["kind"] = "".join(_KIND_SIGNS.get(str(kind), ".") for kind in table["kind"])
    return data


def _why(table: pd.DataFrame) -> dict[str, Any]:
    """Why areas were not assessed, in words and a sign per area; nothing where all were."""
    words = table["reason"].map(NOT_ASSESSED_WORDS) if "reason" in table else pd.Series()
    # Sorted, as a set has another order in every run of Python.
    labels = sorted(set(words.dropna()))
    signs = _digits(words.map({label: at for at, label in enumerate(labels)}))
    # Signs instead of words: one letter an area, the words once.
    return {"why": {"labels": labels, "of": signs}} if labels else {}


def _surroundings(table: pd.DataFrame) -> dict[str, str]:
    """Whether areas are hotter than their surroundings, where a profile has that test."""
    if "local_p_adjusted" not in table or table["local_p_adjusted"].isna().all():
        return {}
    # An area that was not tested against its surroundings has no answer, which is not a no.
    asked = table["local_p_adjusted"].notna()
    return {"local": _digits(table["is_hot_local"].astype("Float64").where(asked))}


def _count_data(table: pd.DataFrame, method: str) -> dict[str, Any]:
    """Counts of the last period alone; values where they are shares to be shown."""
    columns = [*_COUNT_COLUMNS, *(["value"] if method in ("threshold", "value") else [])]
    shown = (column for column in columns if column in table and _has_numbers(table[column]))
    return {column: _counts(table[column]) for column in shown}


def _has_numbers(counts: "pd.Series[Any]") -> bool:
    """Whether any number is left beside missing ones and marks."""
    return bool((counts.notna() & ~counts.isin(MARKS)).any())


def _counts(counts: "pd.Series[Any]") -> list[Any]:
    """Whole counts as they are, others with seven digits; and marks."""
    # To round what was rounded already would give numbers that stand nowhere else.
    if counts.isin(MARKS).any():
        return _column(counts)
    values = _floats(counts)
    # Ratios are made from them on the page, and must round as they do in the report; a map of a
    # country would grow by a megabyte.
    digits = 7 if len(values) <= MOST_WITH_ALL_DIGITS else 4
    return _numbers(np.where(values == np.rint(values), values, quantise(values, digits=digits)))


MOST_WITH_ALL_DIGITS = 10_000
"""Areas up to which expected counts have seven digits on the map."""


_KIND_SIGNS = {"own": "o", "neighbourhood": "n", "both": "b", "next door": "d"}


_CONFIDENCE_CLASSES = {0: 0, 90: 1, 95: 2, 99: 3}


def _hot_classes(table: pd.DataFrame) -> "pd.Series[Any]":
    """0 to 3 by confidence, or 0 and 2 where a test has none; NaN for not assessed."""
    hot = table["is_hot"].astype("boolean").fillna(False).astype(float) * 2
    confidence = table["confidence"].astype("Float64").astype(float).map(_CONFIDENCE_CLASSES)
    # Some releases say hot or not without the confidence; then 2 stands for hot at the usual level.
    classes = confidence if confidence.notna().any() else hot
    assessed = (table["reason"].fillna("") == "") if "reason" in table else confidence.notna()
    return classes.where(assessed)


def _years(name: str, persistence: pd.DataFrame, codes: "pd.Index[Any]") -> dict[str, Any]:
    if name not in persistence.index.get_level_values(0):
        return {}
    table = persistence.loc[name].reindex(codes)
    # "Hot in 1 of 1" says nothing more than hot.
    if table["periods_assessed"].max() < 2:
        return {}
    return {
        "hot": _digits(table["periods_hot"]),
        "assessed": _digits(table["periods_assessed"]),
        "new": _digits(table["is_new"].astype("boolean").fillna(False).astype(int)),
        "category": _coded_text(table["category"]) if "category" in table else None,
    }


_SIGNS = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz-"))


def _digits(values: "pd.Series[Any]") -> str:
    """One sign per area: small whole numbers, `-` for not assessed."""
    # 36 is the place of the dash in the signs.
    numbers = np.nan_to_num(_floats(values), nan=36.0).astype(int)
    return "".join(_SIGNS[np.minimum(numbers, 36)])


def _floats(values: "pd.Series[Any]") -> Array:
    numbers = pd.to_numeric(values).astype("Float64")
    return np.asarray(numbers.to_numpy(dtype=float, na_value=np.nan), dtype=float)


def _coded_text(values: "pd.Series[Any]") -> dict[str, Any]:
    text = values.astype("object").where(values.notna(), "").astype(str)
    # Sorted, so that the same names have the same numbers whatever order the areas are in.
    of, labels = pd.factorize(text, sort=True)
    return {"labels": labels.tolist(), "of": of.tolist()}


def _column(values: "pd.Series[Any]") -> list[Any]:
    # Before the numbers: pandas counts truth values among them.
    if pd.api.types.is_bool_dtype(values):
        return [int(v) if pd.notna(v) else None for v in values]
    if pd.api.types.is_numeric_dtype(values):
        return _numbers(_floats(values))
    return ["" if pd.isna(v) else v if isinstance(v, int) else str(v) for v in values]


def _numbers(values: Array) -> list[Any]:
    """Plain numbers for JSON, whole ones without a point, None for missing."""
    is_finite = np.isfinite(values)
    # 3 and not 3.0: the page holds numbers by area, factor and period, and every letter counts.
    is_whole = (values[is_finite] == np.rint(values[is_finite])).all()
    numbers: list[Any] = np.where(is_finite, values, 0).astype(int if is_whole else float).tolist()
    for place in np.flatnonzero(~is_finite):
        numbers[place] = None
    return numbers


def _scalar(value: str | bool | np.bool_ | float | None) -> str | bool | float | None:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    return None if value is None else _numbers(np.array([value], dtype=float))[0]

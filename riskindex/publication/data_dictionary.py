"""What every column of every CSV means: type, unit and meaning."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from riskindex.assessment.figure_rows import COLUMNS as FIGURE_COLUMNS
from riskindex.assessment.figure_rows import KEY
from riskindex.disclosure import MARKS


class Column(NamedTuple):
    """What one column of a table holds."""

    type: Literal["string", "integer", "number", "boolean", "any"]
    """Type in the words of a Frictionless table schema."""
    meaning: str
    """In a sentence."""
    unit: str = ""
    """Of its numbers; empty where they have none."""


# Columns that several tables have are described once, so that the same word cannot mean two things.
_SHARED = {
    "area_code": Column("string", "Code of the area."),
    "name": Column("string", "Name of the area."),
    "factor": Column("string", "Short name of the factor."),
    "period": Column("string", "Label of the period; empty where a table has none."),
    "source": Column("string", "Name of the source in the config."),
}
AREA_COLUMNS = {
    **_SHARED,
    "rank": Column("integer", "Rank by the index, 1 the highest risk; ties share a rank."),
    "place": Column("string", "Name of the place that a selected area lies in."),
    "decile": Column("integer", "Tenth of all areas by the index, 1 the highest risk."),
    "score": Column("number", "The index.", "0 to 100"),
    "companion": Column("number", "The index made of strengths instead of flags.", "0 to 100"),
    "factors_hot": Column("integer", "Factors for which the area is hot.", "factors"),
    "factors_own": Column("string", "Labels of factors for which it is hot by its own events."),
    "factors_neighbourhood": Column("string", "Labels of factors hot with its neighbours alone."),
    "factors_both": Column("string", "Labels of factors hot by itself and with its neighbours."),
    "factors_next_door": Column(
        "string", "Labels of factors hot in a window round it, while it has fewer than expected."
    ),
    "through_one_area": Column(
        "string", "Labels of factors for which it is hot only by one area of its window."
    ),
    "selected": Column("boolean", "Whether the area is on the list."),
    "tied_at_cut": Column("boolean", "Whether it ties with others at the cut of the list."),
    "p_selected": Column("number", "Share of repeats of the run that select it.", "0 to 1"),
    "p_top": Column("number", "Share of repeats in which it is among the highest.", "0 to 1"),
    "tier": Column("string", "How sure the selection is: firm, borderline or out."),
    "rank_low": Column("integer", "5th percentile of its rank in repeats."),
    "rank_high": Column("integer", "95th percentile of its rank in repeats."),
    "reasons": Column("string", "Why it scores, in sentences."),
    "residents": Column("integer", "Residents.", "people"),
    "residents_10_24": Column("integer", "Residents aged 10 to 24.", "people"),
    "override": Column("string", "Whether a person took it in or out, against the rule."),
    "override_reason": Column("string", "The reason that the person gave."),
}
_SCORES = {
    **_SHARED,
    "value": Column("number", "What the score is made of, in the unit of the factor."),
    "score": Column("number", "Score of the factor.", "0 to 100"),
    "intensity": Column("number", "Score by strength alone, which orders ties.", "0 to 100"),
    "weight": Column("number", "Weight of the factor in the index."),
    "group": Column("string", "Group of factors that it is combined in first."),
    "is_hot": Column("boolean", "Whether the area is hot, or above the threshold."),
    "kind": Column("string", "Hot by itself (own), with its neighbours (neighbourhood) or both."),
    "reason": Column("string", "Why the area is not assessed; empty where it is."),
    "contribution": Column("number", "What the factor adds to the index.", "points of the index"),
}
_HOTSPOTS = {
    **_SHARED,
    "observed": Column("number", "Events counted in the area, weighted where weights are given."),
    "expected": Column("number", "Events expected from the base; empty where none is named."),
    "ratio": Column("number", "Observed over expected."),
    "ratio_low": Column("number", "Lower limit of the ratio, 95%."),
    "ratio_high": Column("number", "Upper limit of the ratio, 95%."),
    "p": Column("number", "Upper tail probability of the area's test.", "0 to 1"),
    "p_adjusted": Column("number", "The same, corrected for all areas tested.", "0 to 1"),
    "confidence": Column("integer", "99, 95, 90, or 0 where the area is not hot.", "%"),
    "kind": Column("string", "Hot by itself (own), with its neighbours (neighbourhood) or both."),
}
_PLACES = {
    "place": Column("integer", "Number of the place, 1 the greatest need."),
    "name": Column("string", "Name of the place."),
    "wards": Column("string", "Wards that it lies in, those with most residents first."),
    "district": Column("string", "Districts that it lies in, those with most residents first."),
    "teams": Column("string", "Whether the teams of the plan reach it: yes or no."),
    "areas": Column("integer", "Selected areas in it.", "areas"),
    "firm": Column("integer", "Areas in it that 95 of 100 repeats select, or more.", "areas"),
    "residents": Column("number", "Residents of its selected areas.", "people"),
    "residents_10_24": Column("number", "Residents of them aged 10 to 24.", "people"),
    "need": Column("number", "Residents aged 10 to 24, weighted by the index.", "people"),
    "again": Column("number", "Share of repeats in which the plan chooses it again.", "0 to 1"),
    "factors": Column("string", "Labels of factors hot in it, each with the number of areas."),
    "next_door": Column(
        "integer", "Areas hot only with their neighbours, or next door to a hotspot.", "areas"
    ),
    "score_max": Column("number", "Highest score of its areas.", "0 to 100"),
    "km_across": Column("number", "How far its areas stretch.", "kilometres"),
    "x": Column("number", "Easting of its middle.", "metres"),
    "y": Column("number", "Northing of its middle.", "metres"),
}
NEARBY = " nearby"
"""End of the names of columns of services, one for each kind."""
_WHY = "; ".join(f"{mark} {why}" for mark, why in MARKS.items())
_INSIDE = {
    **_SHARED,
    "place": Column("integer", "Number of the place, as in places.csv."),
    "aspect": Column("string", "What is told of: street, or hours of the week."),
    "value": Column(
        "string",
        "The street as the source has it, in the area of `area_code`; or weekday, first and last "
        "hour, of no area.",
    ),
    "records": Column("integer", "Records of the factor, over all its periods.", "records"),
    "mark": Column(
        "string",
        "Why there is no number: " + "; ".join(f"{m} {why}" for m, why in MARKS.items()) + ".",
    ),
    "total": Column(
        "integer", "Records of the factor in the place that say their street, or hour.", "records"
    ),
    "ratio": Column("number", "Records over those of an even spread; empty where not tested."),
    "p_adjusted": Column(
        "number", "Exact upper tail, times all that were looked at in the place.", "0 to 1"
    ),
    "stands_out": Column("boolean", "Whether that is at most 0.05; empty where not tested."),
}
_UNCOUNTED = {
    **_SHARED,
    "file": Column("string", "Name of the file."),
    "row": Column("integer", "Row of the file, the heading being the first."),
    "date": Column("string", "Date as the file has it."),
    "area_code": Column("string", "Area code as the file has it."),
    "reason": Column("string", "Why the event was not counted."),
}
_APART = {
    **_SHARED,
    "group": Column("string", "Group of events of the factor."),
    "events": Column("integer", "Events there, which decide nothing.", "events"),
}
_FIGURES = {
    "row": Column("string", "Short name of the row, which pages print beside its numbers."),
    "figure": Column("string", "Name of the figure; with the other key columns it names a row."),
    "kind": Column("string", "Kind of figure: count, rate, share, change, mix, or as named."),
    "measure": Column("string", "What is measured, in words."),
    "definition": Column("string", "Factor, and group of its events, that says what is counted."),
    "counted": Column("string", "What is counted: records, or people once per area and period."),
    "place_kind": Column("string", "whole, or the kind of group of areas."),
    "place": Column("string", "Name of the place; names that repeat have their code or district."),
    "period": Column("string", "Period, or the first and the last; empty for a census."),
    "by": Column("string", "What the records are parted by; empty where they are not."),
    "category": Column(
        "string",
        "Part of the records; `not recorded` is always a row, and hours may have `default time` "
        "and `unknown hour`.",
    ),
    "count": Column("integer", "Number counted.", "as in counted"),
    "base": Column("integer", "What the value is of: residents, a total, the earlier count."),
    "base_name": Column("string", "What the base counts."),
    "value": Column("number", "The figure, rounded as it is printed.", "as in unit"),
    "unit": Column("string", "Unit of value, low and high."),
    "low": Column("number", "Lower limit of the value, 95%; empty where there is none."),
    "high": Column("number", "Upper limit of the value, 95%; empty where there is none."),
    "rank": Column("integer", "Rank by value among the places of a kind, 1 the highest."),
    "rank_by_count": Column("integer", "Rank by count among the places of a kind, 1 the highest."),
    "compared_with": Column("string", "What ratio is held against."),
    "ratio": Column("number", "The figure over what it is compared with."),
    "ratio_low": Column("number", "Lower limit of the ratio, 95%."),
    "ratio_high": Column("number", "Upper limit of the ratio, 95%; empty where it has none."),
    "status": Column("string", f"given; or why not: {_WHY}."),
    "method": Column("string", "How the limits were made."),
    "note": Column("string", "What a reader must know of the row."),
}

_DEFINITIONS = {
    **_SHARED,
    "definition": Column("string", "Name of the definition."),
    "group": Column("string", "Group of the factor's events that counts by it."),
    "step": Column("integer", "Place of the clause; 0 is what was read."),
    "clause": Column("string", "What the clause says."),
    "alternative": Column(
        "string", "One of several ways to meet the clause, of which several may be met."
    ),
    "left": Column("integer", "Records that are certainly in so far.", "records"),
    "left_out": Column("integer", "Records that this clause takes out.", "records"),
    "set_apart": Column(
        "integer", "Records that are neither in nor out, for what is not recorded.", "records"
    ),
    "not_recorded": Column("integer", "Of those that came to it, how many do not say.", "records"),
    "fate": Column("string", "What becomes of them: in, out or apart."),
    "in_the_end": Column(
        "integer", "Of those left here, records that meet the whole definition.", "records"
    ),
}
# Read-only: a meaning changed at run time would differ between the files of one result.
TABLES: Mapping[str, tuple[str, Mapping[str, Column], Sequence[str]]] = MappingProxyType(
    {
        "top_areas.csv": ("The list: the selected areas", AREA_COLUMNS, ("area_code",)),
        "places.csv": ("The places that the selected areas lie in", _PLACES, ("place",)),
        "inside_places.csv": (
            "Streets and hours of the week of each place",
            _INSIDE,
            ("place", "factor", "aspect", "area_code", "value"),
        ),
        "all_areas.csv": ("Every area", AREA_COLUMNS, ("area_code",)),
        "figures.csv": ("Every number of a needs assessment", _FIGURES, KEY),
        "hotspots.csv": ("The tests for hotspots", _HOTSPOTS, ("factor", "period", "area_code")),
        "definitions.csv": (
            "Definitions, clause by clause",
            _DEFINITIONS,
            ("factor", "group", "period", "step", "alternative"),
        ),
        "scores.csv": ("Scores of every factor", _SCORES, ("factor", "area_code")),
        "uncounted_events.csv": ("Events that were not counted", _UNCOUNTED, ()),
        "sensitive_places.csv": ("Restricted events in sensitive places", _APART, ()),
    }
)
"""CSV to its title, its columns by name, and the columns that name a row."""

STAR: Mapping[str, Mapping[str, Column]] = MappingProxyType(
    {
        "dim_area": {
            **AREA_COLUMNS,
            "longitude": Column("number", "Of a point inside the area, WGS 84.", "degrees"),
            "latitude": Column("number", "Of a point inside the area, WGS 84.", "degrees"),
        },
        "dim_place": _PLACES,
        "dim_factor": {
            **_SHARED,
            "label": Column("string", "Name of the factor in words."),
            "method": Column("string", "How hot areas are found."),
            "score": Column("string", "What its score is made of."),
            "weight": Column("number", "Weight of the factor in the index."),
            "scored": Column("boolean", "Whether it counts in the index."),
            "recorded": Column("string", "Reported by people, or generated by the police."),
            "restricted": Column("boolean", "Whether its counts leave as protected cells alone."),
        },
        "dim_period": {**_SHARED, "order": Column("integer", "Place among the periods, from 1.")},
        "fact_index": {**AREA_COLUMNS, "place": Column("integer", "Number of its place.")},
        "fact_score": _SCORES,
        "fact_hotspot": {
            **_HOTSPOTS,
            "window_observed": Column("number", "Events counted with the neighbours."),
            "window_expected": Column("number", "Events expected with the neighbours."),
            "value": Column("number", "What is tested, in the unit of the factor."),
            "is_hot": Column("boolean", "Whether the area is hot."),
        },
    }
)
"""Table of the star to its columns by name; groups of areas have columns besides."""

# Describing a column that a table lacks, or forgetting one, fails on import and not in an output.
assert tuple(_FIGURES) == FIGURE_COLUMNS

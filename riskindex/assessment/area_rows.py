"""How many areas are hot, for how long, and on the list, and who lives there, by place."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import all_or_none
from riskindex.arrays import Positions
from riskindex.assessment.figure_rows import GIVEN, ByArea, span
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_RECORDED, WITHHELD
from riskindex.statistics.intervals import percent_share

HOT, ALWAYS, NEW = "hot", "hot in every period", "hot in the last period alone"
LIST = "list"
"""Stem of the figures of the list."""


def hot_rows(
    hotspots: pd.DataFrame,
    places: "Mapping[str, pd.Series[str]]",
    *,
    labels: Mapping[str, str],
    whole: str,
) -> Iterator[pd.DataFrame]:
    """Areas that are hot, per factor and period, of those assessed.

    Parameters
    ----------
    hotspots
        Index (factor, period, area_code); columns `is_hot` and `reason`, as far as a reader may see
        them.
    places
        Kind of place to the name of the place of each area.
    labels
        Factor to its name in words.
    whole
        Name of the study area.
    """
    for factor, part in hotspots.groupby(level="factor", sort=False):
        # Not assessed is missing and not cold, so that it counts neither here nor in the base.
        hot = part["is_hot"].astype(object).where(part["reason"].fillna("") == "")
        wide = hot.droplevel("factor").unstack("period")
        # Unstacking sorts labels as text; the order of time is that of the tests.
        wide = wide[list(dict.fromkeys(part.index.get_level_values("period")))]
        located = {kind: _located(of_kind.reindex(wide.index)) for kind, of_kind in places.items()}
        for category, period, flags in _flags_of_categories(wide):
            for kind, of_areas in located.items():
                rows = _counted(flags, of_areas)
                yield rows.assign(
                    figure=f"{factor}.hot",
                    kind="hot",
                    measure=labels.get(str(factor), str(factor)),
                    definition=str(factor),
                    place_kind=kind,
                    place=whole if kind == WHOLE_KIND else rows["place"],
                    period=period,
                    category=category,
                    base_name="areas assessed",
                )


def _flags_of_categories(wide: pd.DataFrame) -> Iterator[tuple[str, str, "pd.Series[object]"]]:
    """Category, period and flags of each area, missing where it is not assessed."""
    for period in wide:
        yield HOT, str(period), wide[period]
    # Of one period, hot, always hot and newly hot would be the same areas.
    if wide.shape[1] < 2:
        return
    # "Every period" and "none before" can only be said of areas that were assessed in all of them.
    assessed = wide.notna().all(axis=1)
    # Missing becomes False here, and `assessed` makes such an area missing again.
    flags = wide.eq(True).fillna(False).astype(bool)
    last = flags.iloc[:, -1]
    every = span([str(wide.columns[0]), str(wide.columns[-1])])
    yield ALWAYS, every, flags.all(axis=1).astype(object).where(assessed)
    before = flags.iloc[:, :-1].any(axis=1)
    yield NEW, str(wide.columns[-1]), (last & ~before).astype(object).where(assessed)


def list_rows(by_area: ByArea, listed: "pd.Series[bool]", *, whole: str) -> Iterator[pd.DataFrame]:
    """Areas on the list and borderline ones, of those assessed, and who lives in the list.

    Parameters
    ----------
    by_area
        Places, tiers and people of each area, and what the list is made of.
    listed
        Whether each assessed area is on the list, index area_code.
    whole
        Name of the study area.
    """
    flags = {"selected": listed.astype(object)}
    if by_area.tiers is not None:
        flags[BORDERLINE] = (by_area.tiers.reindex(listed.index) == BORDERLINE).astype(object)
    for kind, of_kind in by_area.places.items():
        # The assessed areas alone, of which the list was chosen.
        places = of_kind.reindex(listed.index)
        about = {"kind": LIST, "place_kind": kind, "period": by_area.period}
        for category, of_areas in flags.items():
            yield _placed(_counted(of_areas, _located(places)), kind, whole).assign(
                figure=f"{LIST}.{category}",
                measure=_MEASURES[category],
                category=category,
                base_name="areas assessed",
                **about,
            )
        for name, people in by_area.people.items():
            residents = _living(people.reindex(listed.index), listed, places)
            yield _placed(residents, kind, whole).assign(
                figure=f"{LIST}.{name}",
                measure=_MEASURES[name],
                category="selected",
                base_name=f"all {_MEASURES[name].lower()}",
                **about,
            )


BORDERLINE = "borderline"
_MEASURES = {
    "selected": "Areas on the list",
    BORDERLINE: "Borderline areas, on the list or not",
    "residents": "Residents",
    "residents_10_24": "Residents aged 10 to 24",
}


def _placed(rows: pd.DataFrame, kind: str, whole: str) -> pd.DataFrame:
    return rows.assign(place=whole if kind == WHOLE_KIND else rows["place"])


def _living(
    people: "pd.Series[object]", listed: "pd.Series[bool]", places: "pd.Series[str]"
) -> pd.DataFrame:
    """People of each place who live in areas of the list, of all who live there."""
    numbers = pd.to_numeric(people, errors="coerce").astype(float)
    # Off the list an area adds 0; one whose residents are not known makes the sum missing.
    both = pd.DataFrame({"count": numbers.where(listed | numbers.isna(), 0.0), "base": numbers})
    table = all_or_none(both, places).rename_axis("place").reset_index()
    # Text in the place of a number is a mark: it is withheld, and so is every sum with it.
    held = people.map(lambda value: isinstance(value, str)).groupby(places).any()
    missing = table["place"].map(held).map({True: WITHHELD, False: NOT_RECORDED})
    return table.assign(
        counted="people",
        value=percent_share(table["count"], table["base"], decimals=1),
        unit="%",
        status=missing.where(table["base"].isna(), GIVEN),
    )


class _Located(NamedTuple):
    """Which place each area is in."""

    position: Positions
    """Among the names, -1 of an area that is in none."""
    names: "pd.Index[str]"
    """In their order as text."""


def _located(places: "pd.Series[str]") -> _Located:
    return _Located(*pd.factorize(places, sort=True))


def _counted(flags: "pd.Series[object]", located: _Located) -> pd.DataFrame:
    """How many areas of each place have the flag, of those whose flag is known."""
    # As numbers, with NaN for not known: the sum counts the flags, the count those that are known.
    numbers = flags.astype(float).to_numpy()
    asked = ~np.isnan(numbers) & (located.position >= 0)
    of, n = located.position[asked], len(located.names)
    count, base = np.bincount(of, numbers[asked], minlength=n), np.bincount(of, minlength=n)
    # A place without an assessed area would have a share of 0 areas.
    has_areas = base > 0
    return pd.DataFrame(
        {
            "place": located.names[has_areas],
            "counted": "areas",
            "count": count[has_areas],
            "base": base[has_areas],
            "value": percent_share(count[has_areas], base[has_areas], decimals=1),
            "unit": "%",
            "status": GIVEN,
        }
    )

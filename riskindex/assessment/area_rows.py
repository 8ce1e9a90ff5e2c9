"""How many areas are hot, for how long, and on the list: of the whole and of its districts."""

from collections.abc import Iterator, Mapping

import pandas as pd

from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.place_counts import WHOLE_KIND
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
        for category, period, flags in _asked(wide):
            for kind, of_kind in places.items():
                rows = _counted(flags, of_kind.reindex(flags.index))
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


def _asked(wide: pd.DataFrame) -> Iterator[tuple[str, str, "pd.Series[object]"]]:
    """Category, period and flags of each area, missing where it is not assessed."""
    for period in wide:
        yield HOT, str(period), wide[period]
    # Of one period, hot, always hot and newly hot would be the same areas.
    if wide.shape[1] < 2:
        return
    # "Every period" and "none before" can only be said of areas that were assessed in all of them.
    known = wide.notna().all(axis=1)
    flags = wide.eq(True).fillna(False).astype(bool)
    last = flags.iloc[:, -1]
    span = f"{wide.columns[0]} to {wide.columns[-1]}"
    yield ALWAYS, span, flags.all(axis=1).astype(object).where(known)
    before = flags.iloc[:, :-1].any(axis=1)
    yield NEW, str(wide.columns[-1]), (last & ~before).astype(object).where(known)


def list_rows(
    listed: "pd.Series[bool]", places: "Mapping[str, pd.Series[str]]", *, period: str, whole: str
) -> Iterator[pd.DataFrame]:
    """Areas on the list, of those assessed.

    Parameters
    ----------
    listed
        Whether each assessed area is on the list, index area_code.
    places, whole
        As for `hot_rows`.
    period
        Label of what the list is made of.
    """
    for kind, of_kind in places.items():
        rows = _counted(listed.astype(object), of_kind.reindex(listed.index))
        yield rows.assign(
            figure=f"{LIST}.selected",
            kind=LIST,
            measure="Areas on the list",
            place_kind=kind,
            place=whole if kind == WHOLE_KIND else rows["place"],
            period=period,
            category="selected",
            base_name="areas assessed",
        )


def _counted(flags: "pd.Series[object]", places: "pd.Series[str]") -> pd.DataFrame:
    """How many areas of each place have the flag, of those whose flag is known."""
    # As numbers, with NaN for not known: the sum counts the flags, the count those that are known.
    grouped = flags.astype(float).groupby(places, sort=True)
    table = grouped.agg(["sum", "count"]).rename_axis("place").reset_index()
    # A place without an assessed area would have a share of 0 areas.
    table = table[table["count"] > 0]
    share = percent_share(table["sum"], table["count"], decimals=1)
    return pd.DataFrame(
        {
            "place": table["place"],
            "counted": "areas",
            "count": table["sum"],
            "base": table["count"],
            "value": share,
            "unit": "%",
            "status": GIVEN,
        }
    )

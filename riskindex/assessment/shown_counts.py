"""From what a run or a release counts to its table of figures: the same for every reader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.assessment.area_rows import hot_rows, list_rows
from riskindex.assessment.figure_rows import (
    ByArea,
    Shown,
    no_figures,
    row_names,
    with_every_column,
)
from riskindex.assessment.figures import make_figures
from riskindex.assessment.funnel_rows import funnel_rows
from riskindex.assessment.options import Figure
from riskindex.assessment.requested import request_figures
from riskindex.events.periods import Unit
from riskindex.factors import Factor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ABOUT = ("label", "counted", "periods", "unit", "definition", "restricted")
"""What figures must know of each factor and measure."""


def what_is_counted(factor: Factor, sources: Mapping[str, object]) -> str:
    """What a factor counts: people once per area and period, or records; of a table neither."""
    of = [sources[group.source] for group in factor.groups]
    # A factor of sources that count persons and sources that count records has no one word.
    distinct = {getattr(source, "distinct", None) is not None for source in of}
    return {frozenset({True}): "people", frozenset({False}): "records"}.get(frozenset(distinct), "")


def about_factors(
    factors: Sequence[Factor], sources: Mapping[str, object], units: Mapping[str, Unit]
) -> pd.DataFrame:
    """Label, what is counted, periods and their unit, and definition, index factor or measure.

    Parameters
    ----------
    factors
        Factors, or measures as factors.
    sources
        Name to the source in the config.
    units
        Name of the factor to what the labels of its periods mean.
    """
    rows = [
        (
            f.label,
            what_is_counted(f, sources),
            ", ".join(f.periods),
            units[f.name],
            definition_of(f),
        )
        for f in factors
    ]
    index = pd.Index([f.name for f in factors], dtype=object)
    return pd.DataFrame(rows, columns=list(ABOUT[:5]), index=index, dtype=object)


def definition_of(factor: Factor) -> str:
    """Names of the definitions that a factor counts by; its own name where it has none."""
    named = [group.defined.name or group.defined.label for group in factor.groups if group.defined]
    return ", ".join(dict.fromkeys(named)) or factor.name


def hot_by_factor(
    hotspots: pd.DataFrame, areas: "pd.Index[str]", *, asked: Sequence[Figure]
) -> pd.DataFrame:
    """Whether each area is hot in the last period of a factor; missing where not assessed.

    Parameters
    ----------
    hotspots
        Index (factor, period, area_code); columns `is_hot` and `reason`. May be empty.
    areas
        Codes of the areas, in the order of the map.
    asked
        Figures of the config; where none is of hot areas, the table is empty.
    """
    # Disclosure: flags that no figure needs are not passed on.
    if hotspots.empty or not any(figure.kind in ("overlap", "living-in") for figure in asked):
        return pd.DataFrame()
    flags = {}
    for factor, part in hotspots.groupby(level="factor", sort=False):
        last = part.xs(part.index.get_level_values("period")[-1], level="period")
        last = last.droplevel("factor")
        # Not assessed stays missing: as not hot, it would count in the base of an overlap.
        hot = last["is_hot"].astype(object).where(last["reason"].fillna("") == "")
        # In the order of the map, which is that of the matrix of neighbours.
        flags[str(factor)] = hot.reindex(areas)
    return pd.DataFrame(flags)


def areas_of_homes(
    asked: Sequence[Figure], hot: pd.DataFrame, persistence: pd.DataFrame
) -> "dict[str, pd.Series[bool]]":
    """The areas that figures ask who lives in, of those that the reader may see.

    Parameters
    ----------
    asked
        Figures of the config.
    hot
        Of `hot_by_factor`.
    persistence
        Index (factor, area_code); columns `periods_hot` and `periods_assessed`. May be empty.

    Returns
    -------
    dict
        Name of the figure to whether each area is one of its areas; missing where not assessed.
    """
    in_figure = {}
    for figure in asked:
        against = str(figure.against)
        if figure.kind != "living-in":
            continue
        # A factor that the reader may not see has no column, and its figure is withheld.
        if figure.areas == "hot" and against in hot:
            in_figure[figure.name] = hot[against]
        elif figure.areas == "persistent" and "periods_hot" in persistence:
            factor = persistence.index.get_level_values("factor") == against
            of = persistence[factor].droplevel("factor")
            if len(of):
                # Every period that was assessed; of one alone "always" would say nothing.
                always = (of["periods_hot"] == of["periods_assessed"]).astype(object)
                in_figure[figure.name] = always.where(of["periods_assessed"] >= LEAST_PERIODS)
    return in_figure


LEAST_PERIODS = 2
"""Periods that an area must be assessed in before it is hot in every one."""


def show(
    about: pd.DataFrame,
    *,
    counts: pd.DataFrame,
    rhythm: pd.DataFrame,
    finer: pd.DataFrame,
    over_periods: pd.DataFrame,
    bands: pd.DataFrame,
    rhythm_kind: str | None,
    whole: str,
    hot: pd.DataFrame,
    weights: "csr_array | None",
    series: pd.DataFrame,
    funnels: pd.DataFrame,
    people: pd.DataFrame,
    part_periods: frozenset[tuple[str, str]],
    by_area: ByArea,
    run: pd.DataFrame,
) -> Shown:
    """Counts that a reader may see, with the words for them.

    Parameters
    ----------
    about
        Columns `ABOUT`, index factor or measure, in the order of the report; `restricted` is
        missing where the reader sees everything.
    counts, rhythm, finer, over_periods, bands, rhythm_kind, whole, hot, weights
        As in `Shown`; `counts` are its places.
    series, funnels, people, part_periods, by_area, run
        As in `Shown`.
    """
    names = list(map(str, about.index))
    periods = [tuple(filter(None, str(labels).split(", "))) for labels in about["periods"]]
    # eq: missing is not restricted, for the reader who sees everything.
    closed = about.index[about["restricted"].eq(True)]
    return Shown(
        places=counts,
        rhythm=rhythm,
        finer=finer,
        over_periods=over_periods,
        bands=bands,
        rhythm_kind=rhythm_kind,
        labels=dict(zip(names, map(str, about["label"]), strict=True)),
        counted=dict(zip(names, map(str, about["counted"]), strict=True)),
        periods={name: labels for name, labels in zip(names, periods, strict=True) if labels},
        restricted=frozenset(map(str, closed)),
        whole=whole,
        units=dict(zip(names, about["unit"], strict=True)),
        hot=hot,
        weights=weights,
        series=series,
        definitions=dict(zip(names, map(str, about["definition"]), strict=True)),
        funnels=funnels,
        people=people,
        part_periods=part_periods,
        by_area=by_area,
        run=run,
    )


def every_figure(requested: Sequence[Figure], shown: Shown) -> pd.DataFrame:
    """The figures that every run makes, and then those that a config names; see `make_figures`.

    Parameters
    ----------
    requested
        In the order of the config.
    shown
        What the reader may see; nothing else is looked at.
    """
    if shown.places.empty:
        return no_figures()
    parts = [make_figures(shown), request_figures(requested, shown)]
    if len(shown.funnels):
        funnel_lines = funnel_rows(shown.funnels, labels=shown.labels, whole=shown.whole)
        parts.insert(1, with_every_column([funnel_lines]))
    # Again at position 1, so that hot areas and the list stand before the funnels.
    parts.insert(1, with_every_column(list(_of_areas(shown))))
    # Last: what is counted comes before what a run finds of itself.
    parts.append(with_every_column([shown.run]))
    table = with_every_column(parts)
    # A group of events is named after a colon; the definition is the factor's.
    factor, colon, group = table["definition"].str.partition(":").to_numpy().T
    named = pd.Series(factor, index=table.index).replace(dict(shown.definitions))
    table = table.assign(definition=(named + colon + group).astype(object))
    # Last: the names are made of the columns as they are written.
    return table.assign(row=row_names(table))


def _of_areas(shown: Shown) -> Iterator[pd.DataFrame]:
    """Rows of hot areas and of the list, for the whole and the kinds of place of the pages."""
    by_area = shown.by_area
    places = by_area.places
    if len(by_area.hotspots):
        yield from hot_rows(by_area.hotspots, places, labels=shown.labels, whole=shown.whole)
    if by_area.listed is not None:
        yield from list_rows(by_area, by_area.listed, whole=shown.whole)

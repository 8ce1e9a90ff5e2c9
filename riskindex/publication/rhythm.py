"""Records over the months, hours, ages and sexes: protected cells where a source is restricted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE, group_kinds, profile_kind
from riskindex.arrays import Flags
from riskindex.assessment.options import band_label
from riskindex.assessment.place_counts import inside_study
from riskindex.disclosure import NOT_RECORDED, CellRules
from riskindex.events.periods import Period, month_label, parse_periods
from riskindex.events.rhythm import HOURS, IN_NO_AREA, PARTS, part_in_words
from riskindex.events.sources import BOTH
from riskindex.factors import Factor
from riskindex.planning.inside_places import nothing_told
from riskindex.publication.cells import of_place, protect
from riskindex.publication.counts import LEAST_AREAS, LEAST_RESIDENTS, empty_prints, rule_of
from riskindex.publication.protection import restricted_factors, restricted_measures

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from riskindex.result import Result


def released_rhythm(
    rhythm: pd.DataFrame, result: "Result", key: bytes, rules: CellRules
) -> pd.DataFrame:
    """Records by district and month, weekday, hour, age and sex.

    Parameters
    ----------
    rhythm
        Of all periods of a factor together, or with the level `period`.
    result
        Which places are small or not covered, and what the config says of each factor.
    key, rules
        Of the release.

    Returns
    -------
    DataFrame
        Index as `result.rhythm`; columns `records`, `mark` and `base`: all records of the place,
        a cell of its own, of restricted factors. Restricted factors from protected
        cells, with a line for the whole and for every value that there can be, so that a missing
        line or table does not tell of an empty cell; ages and sexes whose whole is withheld are
        left out. Where the source covers no area of a place, its cells are `[x]`.
    """
    if rhythm.empty:
        return pd.DataFrame()
    # Areas around the study area are in no place, whose name is that of the whole.
    rhythm = rhythm[~rhythm.index.isin([WHOLE, IN_NO_AREA], level="place")]
    closed = rhythm.index.get_level_values("factor").isin(_closed(result))
    # Open records need no cell; their base is their own sum, which a reader can add up.
    opened = rhythm.loc[~closed, ["records"]].astype(float).assign(mark="", base=np.nan)
    places = _Places.of(result)
    parts = [
        _protected_rhythm(table, places, key, rules) for table in _tables(rhythm, result, places)
    ]
    parts = [part.reorder_levels(rhythm.index.names) for part in parts]
    return pd.concat([opened, *parts]).sort_index()


def released_bands(
    rhythm: pd.DataFrame, result: "Result", key: bytes, rules: CellRules
) -> pd.DataFrame:
    """Records in the bands of ages that figures ask for: cells of their own, never sums of cells.

    Parameters
    ----------
    rhythm
        Of each period.
    result, key, rules
        As for `released_rhythm`.

    Returns
    -------
    DataFrame
        As `released_rhythm`, of restricted factors and measures alone; the aspect is age, and the
        value a `band_label`.
    """
    asked: dict[str, dict[str, tuple[int, int]]] = {}
    for figure in result.config.figures:
        # Bands may overlap (10-17, 15-24), and each is a cell: sums of single years would carry the
        # noise of each year, and differences of sums would give single years back.
        labelled = {band_label(band): band for band in figure.bands.values()}
        asked.setdefault(figure.of, {}).update(labelled)
    if rhythm.empty or not any(asked.values()):
        return pd.DataFrame()
    rhythm = rhythm[rhythm.index.get_level_values("place") != WHOLE]
    places = _Places.of(result)
    parts = [
        _protected_rhythm(table, places, key, rules, bands=asked[table.factor])
        for table in _tables(rhythm, result, places)
        if table.aspect == "age" and asked.get(table.factor)
    ]
    return pd.concat(parts).sort_index() if parts else pd.DataFrame()


def released_finer(result: "Result") -> pd.DataFrame:
    """Records by kinds of places below those of pages, of open sources alone."""
    table = inside_study(result.measured.finer)
    # Nearly all cells of restricted records by ward and hour would be withheld, and the others
    # would stand beside the cells of the ward and of its district.
    return table[~table.index.isin(_closed(result), level="factor")] if len(table) else table


def released_hours(
    result: "Result", place_of: "pd.Series[int]", key: bytes, rules: CellRules
) -> pd.DataFrame:
    """Records of restricted factors by named place and part of the week, as protected cells.

    Parameters
    ----------
    result
        The run.
    place_of
        Number of the place of every selected area, index area_code, by the list that leaves.
    key, rules
        Of the release.

    Returns
    -------
    DataFrame
        Columns as `inside_places`, every part of the week of every place: a line that was missing
        would tell of an empty cell. Nothing is tested: noise is no chance of events.
    """
    places = _Places.of_named(result, place_of)
    parts = []
    for factor in result.config.factors:
        tables = list(_hour_tables(result, factor, places))
        cells = [_protected_rhythm(table, places, key, rules) for table in tables]
        if not cells:
            continue
        by = pd.concat(cells).drop(index=WHOLE, level="place").groupby(["place", "value"])
        # skipna=False: a sum without a withheld cell would be read as the whole.
        sums = by[["records", "base"]].agg(lambda numbers: numbers.sum(skipna=False))
        parts.append(sums.assign(mark=by["mark"].max(), factor=factor.name).reset_index())
    if not parts:
        return nothing_told()
    hours = pd.concat(parts, ignore_index=True)
    rows = pd.DataFrame(
        {
            "place": hours["place"].str.removeprefix(_PLACE).astype(int),
            "factor": hours["factor"],
            "aspect": HOURS,
            "value": list(map(part_in_words, hours["value"])),
            "area_code": "",
            "records": hours["records"].astype("Int64"),
            "mark": hours["mark"],
            "total": hours["base"].astype("Int64"),
            "ratio": np.nan,
            "p_adjusted": np.nan,
            "stands_out": pd.array([pd.NA] * len(hours), dtype="boolean"),
        }
    )
    return rows.sort_values("place", kind="stable", ignore_index=True)


_PLACE = "place "
"""Before the number of a named place: a district may be called by a number, too."""


def _hour_tables(result: "Result", factor: Factor, places: "_Places") -> Iterator["_Table"]:
    """Records of a restricted factor by place and part of the week, a table for each group."""
    if factor.name not in _closed(result) or result.inside.empty or places.of_area.empty:
        return
    counted = result.inside.xs(HOURS, level="aspect")
    of = {(f.name, g.label): g.source for f in result.config.factors for g in f.groups}
    # Of the source as a whole, as for `_aspects`: a factor that met no record has its table, too.
    timed = {of[str(name), str(group)] for name, group in counted.index.droplevel([2, 3]).unique()}
    spans = parse_periods(
        factor.periods, result.config.unit_of(factor.name), place=f"factors.{factor.name}"
    )
    for group in (group for group in factor.groups if group.source in timed):
        mine = counted[
            (counted.index.get_level_values("factor") == factor.name)
            & (counted.index.get_level_values("group") == group.label)
        ].reset_index()
        mine["place"] = mine["area_code"].map(places.of_area)
        lines = mine[mine["place"].notna() & (mine["value"] != "")]
        # Unsigned sums wrap, as those of the query do.
        lines = lines.groupby(["place", "value"], as_index=False)[[*_SUMMED]].sum()
        covered = _covered(result, factor.name, group.label, places)
        if covered[[span.label for span in spans]].any(axis=None):
            names = {"factor": factor.name, "group": group.label, "aspect": HOURS}
            rule = rule_of(result.config, factor.name, group=group.label)
            yield _Table(names, rule, lines, spans, covered)


def _closed(result: "Result") -> list[str]:
    return [*restricted_factors(result.config), *restricted_measures(result.config)]


class _Places(NamedTuple):
    """Places that cells are released for, and which of them are too small to be shown."""

    of_area: "pd.Series[str]"
    """Name of the place of each area of the study area."""
    small: "pd.Series[bool]"
    """Whether a place, or the whole, has too few areas or residents, index its name."""

    @classmethod
    def of(cls, result: "Result") -> "_Places":
        kind, areas = profile_kind(group_kinds(result.areas)), result.areas
        study = areas[~areas["is_context"]] if "is_context" in areas else areas
        named = study[kind] if kind else pd.Series(result.config.place, index=study.index)
        return cls._sized(study, named.astype(str))

    @classmethod
    def of_named(cls, result: "Result", place_of: "pd.Series[int]") -> "_Places":
        """The named places of a list, called by their numbers; the whole is all of them."""
        listed = result.areas.loc[place_of.index]
        return cls._sized(listed, _PLACE + place_of.astype(str))

    @classmethod
    def _sized(cls, study: "GeoDataFrame", of_area: "pd.Series[str]") -> "_Places":
        grouped = study.groupby(of_area, sort=True)
        small = grouped.size() < LEAST_AREAS
        # A study area of one or two areas identifies people as much as a district of that size.
        small[WHOLE] = len(study) < LEAST_AREAS
        if "residents" in study:
            people = grouped["residents"].sum()
            people[WHOLE] = study["residents"].sum()
            small = small | (people < LEAST_RESIDENTS)
        return cls(of_area, small.loc[[WHOLE, *grouped.groups]])

    @property
    def every(self) -> list[str]:
        """The whole, and every place in it."""
        return list(self.small.index)

    def are_small(self, index: "pd.Index[str]") -> Flags:
        return np.asarray(index.isin(list(self.small.index[self.small])))


class _Table(NamedTuple):
    """One table of cells: one aspect of one group of events, in one period or in all of them."""

    names: Mapping[str, str]
    """Levels of the index whose values are the same all over the table."""
    rule: str
    """Of `rule_of`."""
    lines: pd.DataFrame
    """Place, value, records and fingerprint; none where no record was counted."""
    spans: Sequence[Period]
    """Periods that are counted."""
    covered: pd.DataFrame
    """Whether the source covers any area of a place, columns the labels of the periods."""

    @property
    def factor(self) -> str:
        return self.names["factor"]

    @property
    def aspect(self) -> str:
        return self.names["aspect"]

    @property
    def period(self) -> str:
        """Label of the period; "" where all are together."""
        return self.names.get("period", "")

    def values(self) -> Sequence[str]:
        """Every value that the aspect can have, whether or not a record has it."""
        counted = sorted(set(self.lines["value"]))
        # Days, hours and months are complete whatever was counted: a line that is missing would
        # tell of an empty cell.
        if self.aspect == "weekday":
            return [str(day) for day in range(1, 8)]
        if self.aspect == HOURS:
            return list(PARTS)
        if self.aspect == "hour":
            # `not recorded` and the like stand before the 24 hours.
            return [*(value for value in counted if value not in _HOURS), *_HOURS]
        if self.aspect != "month":
            return counted
        return [month_label(m) for m in sorted({m for span in self.spans for m in span.months})]

    def is_covered(self, values: Sequence[str]) -> Flags:
        """Whether the source covers each place at all, and in each month; shape (places, values).

        Of other values than months it does where it covers any of the periods.
        """
        labels = [
            [
                span.label
                for span in self.spans
                if self.aspect != "month" or value in map(month_label, span.months)
            ]
            for value in values
        ]
        return np.column_stack([self.covered[some].any(axis=1) for some in labels])


_HOURS = [f"{hour:02d}" for hour in range(24)]


def _tables(rhythm: pd.DataFrame, result: "Result", places: _Places) -> Iterator[_Table]:
    """Every table of restricted factors, empty ones too: a missing one would disclose zeros.

    A table of months or weekdays that was missing would tell that a rule met no record.
    """
    config, by_period = result.config, "period" in rhythm.index.names
    levels = ["factor", "group", *(["period"] if by_period else []), "aspect"]
    closed = rhythm.index.get_level_values("factor").isin(_closed(result))
    counted = {tuple(map(str, name)): part for name, part in rhythm[closed].groupby(level=levels)}
    aspects = _aspects(rhythm, result)
    for factor in (*config.factors, *(config.measured if by_period else ())):
        # Only restricted records need tables that are complete.
        if factor.name not in _closed(result):
            continue
        every = parse_periods(
            factor.periods, config.unit_of(factor.name), place=f"factors.{factor.name}"
        )
        for group in factor.groups:
            covered = _covered(result, factor.name, group.label, places)
            for spans in [[span] for span in every] if by_period else [every]:
                # No coverage is public knowledge and no count; a table of cells there would pretend
                # to know something.
                if not covered[[span.label for span in spans]].any(axis=None):
                    continue
                for aspect in aspects[group.source]:
                    period = [spans[0].label] if by_period else []
                    name = (factor.name, group.label, *period, aspect)
                    # A rule that no record met has its table of noised zeros, like every other.
                    lines = counted.get(name, rhythm.iloc[:0]).reset_index()
                    lines = lines.astype({"place": str, "value": str})
                    # Areas around the study area have no place.
                    lines = lines.loc[lines["place"].isin(places.small.index), [*_LINE]]
                    yield _Table(
                        dict(zip(levels, name, strict=True)),
                        rule_of(config, factor.name, group=group.label),
                        lines,
                        spans,
                        covered,
                    )


_SUMMED = ("records", "fingerprint")
_LINE = ("place", "value", *_SUMMED)


def _aspects(rhythm: pd.DataFrame, result: "Result") -> Mapping[str, Sequence[str]]:
    """Aspects released of each source: those that any of its records has, and always months."""
    counted = (*result.config.factors, *result.config.measured)
    of = {(f.name, g.label): g.source for f in counted for g in f.groups}
    # What a source can be counted by is decided for the source as a whole: decided by each factor,
    # an absent table would tell that the factor met no record with an hour.
    by_source: dict[str, dict[str, None]] = {source: {"month": None} for source in of.values()}
    pairs = rhythm.index.to_frame(index=False)[["factor", "group", "aspect"]].drop_duplicates()
    for factor, group, aspect in pairs.itertuples(index=False):
        by_source[of[factor, group]][str(aspect)] = None
    # An event between two times is in several hours by parts: noise of a cell key is of whole
    # records, each in one cell. Such hours stay internal.
    ranged = {n for n, s in result.config.sources.items() if getattr(s, "until", None) is not None}
    return {
        source: [a for a in aspects if source not in ranged or "hour" not in a.split(BOTH)]
        for source, aspects in by_source.items()
    }


def _covered(result: "Result", factor: str, group: str, places: _Places) -> pd.DataFrame:
    """Whether a source covers any area of the whole and of each place, by period."""
    counts = result.group_counts
    if factor not in counts.columns.get_level_values("factor"):
        counts = result.measured.counts
    covered = counts.loc[places.of_area.index, factor][group].notna()
    by_place = covered.groupby(places.of_area).any()
    by_place.loc[WHOLE] = covered.any()
    return by_place.loc[places.every]


def _protected_rhythm(
    table: _Table,
    places: _Places,
    key: bytes,
    rules: CellRules,
    *,
    bands: Mapping[str, tuple[int, int]] | None = None,
) -> pd.DataFrame:
    """Cells of every place and value, or band of ages, and the whole."""
    values = table.values()
    every = _every_cell(table, places, values)
    # The base is a cell of its own: the sum of the cells shown would leave out those withheld, and
    # so tell of them.
    bases = _all_records(every, table, places, key, rules)
    if bands is not None:
        values, every = list(bands), _in_bands(every, bands)
    cells = [of_place(*map(str, place)) for place in every.index]
    protected = protect(
        every["records"].to_numpy(float),
        every["fingerprint"].to_numpy(np.uint64),
        key,
        rules,
        empty=empty_prints(cells, table.rule, f"{table.aspect} {table.period}".strip()),
        small=places.are_small(every.index.get_level_values("place")),
    )
    shown = pd.DataFrame({"records": protected.values, "mark": protected.marks}, index=every.index)
    shown["base"] = bases.reindex(every.index.get_level_values("place")).to_numpy()
    if values:
        # `[x]` replaces the cell after noise was drawn: not covered is known to all, and a noised 0
        # there would look like a count.
        gone = ~table.is_covered(values).ravel()
        shown = shown.assign(
            records=shown["records"].mask(gone), mark=shown["mark"].mask(gone, NOT_RECORDED)
        )
    if table.aspect not in ("month", "weekday", HOURS) and bands is None:
        # Not recorded is no hour that there must be a line for.
        place, value = (shown.index.get_level_values(level) for level in ("place", "value"))
        # The whole decides which hours, ages and sexes have a line at all, for every place alike;
        # decided by place, the lines themselves would tell which places have records.
        shown = shown[value.isin(value[(place == WHOLE) & shown["records"].notna()])]
    shown = shown.reset_index().assign(**table.names)
    return shown.set_index([*table.names, "place", "value"])


def _every_cell(table: _Table, places: _Places, values: Sequence[str]) -> pd.DataFrame:
    """Records and fingerprints of the whole and every place by value, 0 where there are none."""
    # Fingerprints add up modulo 2**64, so that the whole's is the sum of its records' however they
    # are parted.
    whole = table.lines.groupby("value", as_index=False)[[*_SUMMED]].sum()
    every = pd.concat([whole.assign(place=WHOLE), table.lines])
    every = every.astype({"fingerprint": np.uint64}).set_index(["place", "value"])[[*_SUMMED]]
    asked = pd.MultiIndex.from_product([places.every, values], names=["place", "value"])
    return every.reindex(asked, fill_value=0)


def _in_bands(every: pd.DataFrame, bands: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """Records and fingerprints of every place by band of ages; bands may overlap."""
    years = pd.to_numeric(every.index.get_level_values("value"), errors="coerce")
    places = every.index.get_level_values("place").unique()
    parts = {
        label: every[(years >= first) & (years <= last)].groupby(level="place").sum()
        for label, (first, last) in bands.items()
    }
    sums = pd.concat(parts, names=["value", "place"]).swaplevel()
    asked = pd.MultiIndex.from_product([places, list(bands)], names=["place", "value"])
    return sums.reindex(asked, fill_value=0).astype({"fingerprint": np.uint64})


def _all_records(
    every: pd.DataFrame, table: _Table, places: _Places, key: bytes, rules: CellRules
) -> "pd.Series[float]":
    """All records of each place as cells of their own, which shares are given of."""
    # Before the bands of ages are cut: a base counts every record, of whatever age.
    summed = every.groupby(level="place", sort=False).sum().reindex(places.every, fill_value=0)
    protected = protect(
        summed["records"].to_numpy(float),
        summed["fingerprint"].to_numpy(np.uint64),
        key,
        rules,
        empty=empty_prints(
            [of_place(str(name)) for name in summed.index], table.rule, f"all {table.period}"
        ),
        small=places.are_small(summed.index),
    )
    covered = table.covered[[span.label for span in table.spans]].any(axis=1)
    return pd.Series(protected.values, index=summed.index).where(covered)

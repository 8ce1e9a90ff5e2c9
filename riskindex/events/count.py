"""Events counted per area and period, every one of them accounted for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.editions import Crosswalk
from riskindex.areas.prepare import NOT_RECORDED
from riskindex.arrays import Fingerprints
from riskindex.errors import ConfigError, Together, refuse_other_than
from riskindex.events.codes_against_points import (
    CHEAP_UP_TO,
    PAIR_COLUMNS,
    agreement_notes,
    compare,
)
from riskindex.events.count_notes import notes_on_count, refuse_all_outside
from riskindex.events.definition_funnel import in_one_table, tell_funnels
from riskindex.events.part_periods import PartPeriods, join_sources
from riskindex.events.periods import Periods, Unit, parse_periods
from riskindex.events.places import Reason
from riskindex.events.points import events_inside
from riskindex.events.rhythm import (
    IN_NO_AREA,
    DefaultTime,
    count_by_group,
    count_inside,
    default_time_notes,
    default_times,
    in_areas,
    no_rhythm,
    nothing_inside,
    over_periods,
    range_notes,
)
from riskindex.events.rule_checks import check_rules, refuse_unequal_groups, unrecorded_values
from riskindex.events.source_events import Events, Group
from riskindex.events.study_area import StudyArea
from riskindex.events.tally import Tally
from riskindex.events.uncounted import beyond_the_list, in_one_list, list_uncounted
from riskindex.factors import Factor

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

RECONCILIATION = ["read", *(reason.name.lower() for reason in Reason)]
"""Columns of the reconciliation; the first is the sum of the rest."""


class Counted(NamedTuple):
    """Counts, and what became of every event."""

    counts: pd.DataFrame
    """Index area_code; columns (factor, group, period) of Int64, unweighted; NA where the source
    does not cover the period."""
    reconciliation: pd.DataFrame
    """Index (source, factor), the factor '' being the source's own line; the columns of
    `RECONCILIATION`. A factor reads what the source uses and one of the factor's rules names, so
    that its losses are its own, and nothing of it is excluded by a rule."""
    uncounted: pd.DataFrame
    """One line per event that its source does not count: source, file, row, date, area_code,
    reason."""
    notes: tuple[str, ...]
    """What an analyst should know, in sentences."""
    rhythm: pd.DataFrame
    """Records by place and month, weekday, hour, age and sex, of all periods of a factor."""
    period_rhythm: pd.DataFrame
    """The same of each period; see `count_by_group`."""
    disagreements: pd.DataFrame
    """Pairs of an area by code and another by coordinates, with the number of events: source and
    the columns of `Agreement.pairs`."""
    fingerprints: pd.DataFrame
    """Of the records of each cell of `counts`, its index and columns: uint64, 0 where nothing was
    counted or not covered. For noise alone, and in no output; see `fingerprints`."""
    elsewhere: Mapping[str, int]
    """Source to the number of its events in the periods whose codes are known to be elsewhere."""
    part_periods: frozenset[tuple[str, str]]
    """Factor and label of each period of which its sources cover a part: its number is none of
    the whole period, and no change is told from it or to it."""
    funnels: pd.DataFrame
    """What is left after each clause of the definitions, of `tell_funnels`."""
    in_no_area: "pd.Series[int]"
    """Events that meet the rule of a factor and are in no area of the map, because they have no
    place or are elsewhere; index (factor, group, period)."""
    in_polygons: "pd.Series[int]"
    """Events counted whose point lies in a named polygon, of the sources that have points; index
    `IN_POLYGONS`. Those of no known point have the place `NO_POINT`, or `IN_NO_AREA` where they
    have no code either, and are not counted."""
    finer: pd.DataFrame
    """Records as `period_rhythm`, of the places, factors and aspects that figures ask for; index
    place_kind, then as there."""
    inside: pd.DataFrame
    """Records of each area by street and by part of the week, of `count_inside`."""


class MixPlaces(NamedTuple):
    """Places of a kind smaller than those with pages, and what is counted of the records there."""

    places: "pd.Series[str]"
    """Name of the place of each area, in the order of the areas; "" where it has none."""
    factors: frozenset[str]
    """Names of factors and measures."""
    aspects: frozenset[str]
    """What their records are parted by."""


class FurtherPlaces(NamedTuple):
    """Where figures count events and records beside areas and the places of pages."""

    polygons: "Mapping[str, pd.Series[Any]]"
    """Kind to the shape of each of its named polygons, in the coordinate system of the areas."""
    mixes: Mapping[str, MixPlaces]
    """Kind of group to what is counted in its places."""


IN_POLYGONS = ["factor", "group", "period", "place_kind", "place"]
"""Index of the numbers of events by named polygon."""
NO_POINT = NOT_RECORDED
"""Place of events whose coordinates are not recorded."""


def count_events(
    events: Mapping[str, Events],
    areas: "GeoDataFrame",
    factors: Sequence[Factor],
    *,
    periods: Periods | None = None,
    crosswalk: Crosswalk | None = None,
    known_codes: Collection[str] = (),
    places: "pd.Series[str] | None" = None,
    further: FurtherPlaces | None = None,
    inside: bool = False,
) -> Counted:
    """Count events per area, factor, group of events and period, and account for each of them.

    Parameters
    ----------
    events
        Name of a source to its events.
    areas
        Index `area_code`, sorted; geometry for events with coordinates, `residents` to share
        out events of areas that were split.
    factors
        What is counted; those that count no events are passed over.
    periods
        What the labels of the factors' periods mean; calendar years where it is left out.
    crosswalk
        From the codes of an older edition to those of the areas.
    known_codes
        Codes that exist inside or outside the study area, such as those of a national lookup.
        Without any, a code that has the form of a British area code is outside the study area.
    places
        Name of the district or other place of each area, for its months, weekdays and hours;
        left out, these are not counted.
    further
        Where figures count events and records beside areas and these places.
    inside
        Whether the streets and the hours of the week of each area are counted, too.

    Returns
    -------
    Counted
        For each source, and for what each factor names of it, `read` is the sum of what was
        counted, outside the periods, without location, in an unknown area, outside the study area,
        not covered by the source, a duplicate, and excluded by a rule: the first of these that
        applies. Of several records of one key, or of one person in one area and period, one is
        counted (one that the rules keep, if there is one) and the others are duplicates.

    Raises
    ------
    ConfigError
        A period, column or value of a rule that does not exist.
    DataError
        Older codes that cannot be converted, a source that covers none of a factor's periods,
        or no event of many in the study area.
    """
    refuse_other_than(Mapping, events, place="events", words="a dictionary of sources by name")
    refuse_other_than(pd.DataFrame, areas, place="areas", words="a GeoDataFrame")
    # Placed once and asked by every source: the spatial index is built at most once.
    study = StudyArea(areas, crosswalk=crosswalk, known_codes=known_codes)
    unit = (periods or Periods()).unit
    groups = [group for factor in factors for group in groups_of(factor, unit)]
    missing = sorted({group.source for group in groups} - set(events))
    if missing:
        listed = ", ".join(events) or "none"
        raise ConfigError(f"factors: no event source {', '.join(missing)}; there is {listed}.")
    parts, together = {}, Together()
    for name, source in events.items():
        asked = [group for group in groups if group.source == name]
        if asked:
            # A fault in one source does not hide those of the others.
            with together.trying():
                parts[name] = _count_source(
                    name, source, asked, study, places, further=further, inside=inside
                )
    together.raise_any()
    parts = _joined(parts, groups)
    # Reading what nobody counts costs minutes and is mostly a slip in a name.
    unused = [f"{name}: no factor counts it." for name in events if name not in parts]
    return _together(parts, groups, areas.index, unused)


def _joined(parts: Mapping[str, "_Part"], groups: Sequence[Group]) -> dict[str, "_Part"]:
    """Count 0 for a source in the periods that only another source of the factor has."""
    bare = {(name, label) for name, part in parts.items() for label in part.bare}
    # Where one source follows another, that which has ended must not make the period missing.
    joined = join_sources(groups, bare)
    joined_parts = {}
    for name, part in parts.items():
        counts = {
            key: pd.arrays.IntegerArray(n.fillna(0).to_numpy("int64"), np.zeros(len(n), bool))
            if key in joined.columns
            else n
            for key, n in part.counts.items()
        }
        notes = [note for note in part.notes if note not in joined.untrue]
        joined_parts[name] = part._replace(counts=counts, notes=notes)
    if joined.notes:
        # These notes are about several sources, and are told once.
        last = list(joined_parts)[-1]
        joined_parts[last] = joined_parts[last]._replace(
            notes=[*joined_parts[last].notes, *joined.notes]
        )
    return joined_parts


def groups_of(factor: Factor, unit: Unit) -> list[Group]:
    """What a factor counts, group by group; nothing of one that counts no events."""
    if not factor.counts_events:
        return []
    place = f"factors.{factor.name}"
    labels = [group.label for group in factor.groups]
    # Labels are the second level of the columns; two alike could not be told apart.
    if len(set(labels)) < len(labels):
        raise ConfigError(f"{place}: event groups must differ in their labels, not {labels}.")
    periods = parse_periods(factor.periods, unit, place=place)
    return [Group(factor.name, group, periods) for group in factor.groups]


class _Part(NamedTuple):
    """What one source contributes."""

    counts: dict[tuple[str, str, str], "pd.api.extensions.ExtensionArray"]
    fingerprints: dict[tuple[str, str, str], Fingerprints]
    reconciliation: dict[tuple[str, str], list[int]]
    uncounted: pd.DataFrame
    notes: list[str]
    rhythm: pd.DataFrame
    disagreements: pd.DataFrame
    elsewhere: int
    part_periods: set[tuple[str, str]]
    funnels: pd.DataFrame
    in_no_area: dict[tuple[str, str, str], int]
    in_polygons: dict[tuple[str, ...], int]
    finer: dict[str, pd.DataFrame]
    inside: pd.DataFrame
    bare: frozenset[str]


def _count_source(
    name: str,
    events: Events,
    asked: Sequence[Group],
    study: StudyArea,
    places: "pd.Series[str] | None",
    *,
    further: FurtherPlaces | None,
    inside: bool,
) -> _Part:
    # Before the scan: a misspelt value should fail in a second, not after the minutes of a national
    # file.
    notes = check_rules(name, events, asked)
    tally = Tally(name, events, asked, study)
    refuse_all_outside(tally)
    notes += [*unrecorded_values(tally), *refuse_unequal_groups(tally)]
    part = PartPeriods(tally)
    counts, fingerprints, in_no_area = {}, {}, {}
    for group in asked:
        nowhere = tally.elsewhere(group)
        scope = tally.of_group(group)
        (table, prints), lacking = tally.table(scope), tally.lacking(scope)
        for i, period in enumerate(group.periods):
            # Missing and not 0: an area that a source does not cover would be the safest of all.
            gap = lacking[:, i] | part.lacks(group, period)
            key = group.factor, group.label, period.label
            # Masked whole numbers: floats would turn 12 events into 12.0 in every output.
            counts[key] = pd.arrays.IntegerArray(table[:, i], gap)
            fingerprints[key] = prints[:, i]
            in_no_area[key] = int(nowhere[i])
    # The source's own line accounts for every record; those of factors only for what their rules
    # name.
    lines = {(name, ""): tally.line(tally.whole_source)}
    for factor in dict.fromkeys(group.factor for group in asked):
        lines[name, factor] = tally.line(tally.of_factor(factor))
    compared, pairs = _compared(tally)
    notes += [
        *tally.notes,
        *beyond_the_list(tally, lines[name, ""]),
        *notes_on_count(tally),
        *compared,
        *part.notes(),
    ]
    defaults = default_times(tally)
    notes += [*default_time_notes(name, defaults), *range_notes(name, tally)]
    # The number of a whole year has no months, weekdays or hours.
    no_months = places is None or not tally.events.knows_months
    rhythm = no_rhythm() if no_months else count_by_group(tally, asked, places, defaults=defaults)
    further = further or FurtherPlaces({}, {})
    finer = {
        kind: _finer(tally, asked, of_kind, defaults)
        for kind, of_kind in (further.mixes if not no_months else {}).items()
    }
    parts = {(g.factor, p.label) for g in asked for p in g.periods if part.is_part(g, p)}
    return _Part(
        counts,
        fingerprints,
        lines,
        list_uncounted(tally),
        notes,
        rhythm,
        pairs,
        tally.number(_ELSEWHERE),
        parts,
        tell_funnels(tally, {key: _sum(column) for key, column in counts.items()}),
        in_no_area,
        _in_polygons(tally, asked, further.polygons),
        finer,
        count_inside(tally, asked, defaults=defaults) if inside else nothing_inside(),
        frozenset(period.label for period in tally.periods if part.is_bare(period)),
    )


def _finer(
    tally: Tally, asked: Sequence[Group], wanted: MixPlaces, defaults: Sequence[DefaultTime]
) -> pd.DataFrame:
    """Records of the factors and aspects that figures ask for in the places of one kind."""
    groups = [group for group in asked if group.factor in wanted.factors]
    table = count_by_group(tally, groups, wanted.places, defaults=defaults)
    # Everything for every ward would be millions of rows.
    return in_areas(table[table.index.isin(list(wanted.aspects), level="aspect")])


def _in_polygons(
    tally: Tally, asked: Sequence[Group], polygons: "Mapping[str, pd.Series[Any]]"
) -> dict[tuple[str, ...], int]:
    """Events of each group and period by named polygon, and those of no known point."""
    by_polygon: dict[tuple[str, ...], int] = {}
    # By the point and never by the area: a high street is a small part of several areas.
    for group in asked if polygons and tally.events.has_points else ():
        table = tally.points(group)
        has_point = table["x"].notna().to_numpy()
        # Without a point an event may be in any of them; it is told and not left out.
        bare = table[~has_point].groupby("period")["n"].sum()
        # With neither a code nor a point: a measure may count these in the whole all the same.
        nowhere = tally.elsewhere(group, reasons=[Reason.NO_LOCATION])
        table = table[has_point]
        x, y = tally.study.located(table["x"].to_numpy(), table["y"].to_numpy(), tally.events.crs)
        for i, period in enumerate(group.periods):
            of = (table["period"] == i).to_numpy()
            here = x[of], y[of], table["n"].to_numpy(np.int64)[of]
            for kind, shapes in polygons.items():
                key = group.factor, group.label, period.label, kind
                numbers = events_inside(*here, np.asarray(shapes.array, dtype=object))
                for name, n in zip(shapes.index, numbers, strict=True):
                    by_polygon[*key, str(name)] = int(n)
                by_polygon[*key, NO_POINT] = int(bare.get(i, 0))
                by_polygon[*key, IN_NO_AREA] = int(nowhere[i])
    return by_polygon


def _sum(column: "pd.api.extensions.ExtensionArray") -> int:
    return int(pd.Series(column).sum())


_ELSEWHERE = f"""
SELECT coalesce(sum(k.events), 0)::BIGINT FROM kinds k JOIN codes c ON c.code = k.area_code
WHERE k.span >= 0 AND c.route = 'away' AND c.reason = {Reason.OUTSIDE_STUDY_AREA}
"""


def _together(
    parts: Mapping[str, _Part], groups: Sequence[Group], index: pd.Index, notes: Sequence[str]
) -> Counted:
    # Columns in the order of the config, not in that of the sources.
    order = [(g.source, (g.factor, g.label, p.label)) for g in groups for p in g.periods]
    counts = _in_columns({key: parts[source].counts[key] for source, key in order}, index)
    prints = _in_columns({key: parts[source].fingerprints[key] for source, key in order}, index)
    lines = {key: line for part in parts.values() for key, line in part.reconciliation.items()}
    keys = pd.MultiIndex.from_arrays(
        [[key[level] for key in lines] for level in range(2)], names=["source", "factor"]
    )
    reconciliation = pd.DataFrame(list(lines.values()), index=keys, columns=RECONCILIATION)
    uncounted = in_one_list([part.uncounted for part in parts.values() if len(part.uncounted)])
    said = [note for part in parts.values() for note in part.notes]
    # The empty table first, so that the columns have their types without any source, too.
    rhythm = pd.concat([no_rhythm(), *(part.rhythm for part in parts.values())]).sort_index()
    pairs = pd.concat([_NO_PAIRS, *(part.disagreements for part in parts.values())])
    return Counted(
        counts,
        reconciliation.astype("int64"),
        uncounted,
        (*said, *notes),
        over_periods(in_areas(rhythm)),
        rhythm,
        pairs.reset_index(drop=True),
        prints,
        {name: part.elsewhere for name, part in parts.items()},
        frozenset().union(*(part.part_periods for part in parts.values())),
        in_one_table([part.funnels for part in parts.values()]),
        _numbers({k: parts[source].in_no_area[k] for source, k in order}, names=IN_POLYGONS[:3]),
        _numbers({k: n for part in parts.values() for k, n in part.in_polygons.items()}),
        _by_kind([part.finer for part in parts.values()]),
        pd.concat([nothing_inside(), *(part.inside for part in parts.values())]).sort_index(),
    )


def _by_kind(parts: Sequence[Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Records of all sources by kind of place."""
    of_kind = {kind: [part[kind] for part in parts if kind in part] for kind in _union(parts)}
    tables = {kind: pd.concat(tables) for kind, tables in of_kind.items()}
    return pd.concat(tables, names=["place_kind"]).sort_index() if tables else pd.DataFrame()


def _union(parts: Sequence[Mapping[str, pd.DataFrame]]) -> list[str]:
    return list(dict.fromkeys(kind for part in parts for kind in part))


def _numbers(
    numbers: Mapping[tuple[str, ...], int], *, names: Sequence[str] = IN_POLYGONS
) -> "pd.Series[int]":
    """Numbers by factor, group, period and what more is named, as a series."""
    levels = [[key[i] for key in numbers] for i in range(len(names))]
    index = pd.MultiIndex.from_arrays(levels, names=names)
    return pd.Series(list(numbers.values()), index=index, dtype="int64")


def _in_columns(columns: Mapping[tuple[str, str, str], Any], index: pd.Index) -> pd.DataFrame:
    """A table by area of columns by factor, group and period."""
    # Built by position and named afterwards: a frame made from tuples of texts costs seconds for
    # thousands of columns.
    table = pd.DataFrame(dict(enumerate(columns.values())), index=index, copy=False)
    table.columns = pd.MultiIndex.from_arrays(
        [[key[level] for key in columns] for level in range(3)],
        names=["factor", "group", "period"],
    )
    return table


_NO_PAIRS = pd.DataFrame({column: [] for column in ("source", *PAIR_COLUMNS)}, dtype="str").astype(
    {"events": "int64"}
)


def _compared(tally: Tally) -> tuple[Iterator[str], pd.DataFrame]:
    """What codes and coordinates say of the same events: notes, and where the two differ."""
    events = tally.events
    asked = events.compare
    if asked is None:
        inside = "SELECT coalesce(sum(events), 0) FROM kinds WHERE span >= 0"
        # Each distinct point costs a search among the shapes; for a national file that is minutes,
        # and it is asked for by name.
        asked = tally.number(inside) <= CHEAP_UP_TO
    if events.is_counted or not asked or "geometry" not in tally.study.areas:
        return iter(()), _NO_PAIRS
    agreement = compare(events.connection, tally.study, events.crs)
    return agreement_notes(tally.name, agreement), agreement.pairs.assign(source=tally.name)

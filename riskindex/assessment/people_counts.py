"""People behind the records: each counted once, their earlier records, and where they live.

People are found by their hashed key inside the database of the run. What leaves it are numbers of
people and records; no key, and no row about a person, is part of a result.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.editions import Crosswalk
from riskindex.areas.groups import WHOLE
from riskindex.arrays import Fingerprints, Flags, Integers, Positions
from riskindex.assessment.options import PEOPLE_KINDS, Figure, OtherRecords
from riskindex.assessment.people import ELSEWHERE, People
from riskindex.assessment.place_counts import WHOLE_KIND, places_by_kind
from riskindex.events.periods import Unit
from riskindex.events.source_events import Events
from riskindex.events.sql import category, condition, identifier
from riskindex.events.study_area import StudyArea
from riskindex.factors import Factor
from riskindex.rules import rule_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

COLUMNS = (
    "figure",
    "factor",
    "period",
    "place_kind",
    "place",
    "by",
    "category",
    "item",
    "count",
    "fingerprint",
    "note",
)
"""Columns of the table of `count_people`."""
AREA = "area"
"""Kind of the lines that count the people and records of single areas, for homes in some of
them."""
HOME = "home"
"""What lines can be parted by."""
INSIDE, OUTSIDE, UNKNOWN_HOME = "in the study area", "outside the study area", "not recorded"
"""Where people live."""
ANYWHERE = "anywhere"
"""All people, wherever they live, whom shares of homes are of."""
RECORDS, UNNAMED, PEOPLE, SEVERAL = "records", "unnamed", "people", "several"
"""Items: records that name a person, and those that do not; people, and those with two records or
more."""
EARLIER, NAMED, NUMBER = "earlier", "named", "with"
"""Beginnings of items: people with an earlier record within so many years; people who are named in
other records; people with so many records."""
SEPARATOR = "\x1f"
"""Between the parts of an item."""


class AskedPeople(NamedTuple):
    """A figure about people, and whose people it is about."""

    figure: Figure
    factor: Factor
    unit: Unit


def no_people() -> pd.DataFrame:
    """The table without a line in it."""
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    return empty.astype({"count": "float64", "fingerprint": "uint64"})


def asked_of_people(
    figures: Sequence[Figure], counted: Mapping[str, Factor], units: Mapping[str, Unit]
) -> list[AskedPeople]:
    """The figures about people, of checked options."""
    return [
        AskedPeople(figure, counted[figure.of], units[figure.of])
        for figure in figures
        if figure.kind in PEOPLE_KINDS
    ]


def columns_for_people(asked: Sequence[AskedPeople]) -> dict[str, tuple[str, ...]]:
    """Columns of each source that the figures look at, beside those of its own options."""
    columns_of_source: dict[str, list[str]] = {}
    for figure, _, _ in asked:
        for other in figure.records:
            # The column that groups the other records is read as well as those of its rule.
            by = [] if other.by is None else [other.by]
            columns_of_source.setdefault(other.source, []).extend([*other.where, *by])
    return {name: tuple(dict.fromkeys(columns)) for name, columns in columns_of_source.items()}


def of_factors(
    opened: Mapping[str, Events],
    factors: Sequence[Factor],
    measured: Sequence[Factor],
    asked: Sequence[AskedPeople],
) -> dict[str, Events]:
    """The sources, but for those that only measures count or that people are looked for in.

    Sources of the config that nothing asks for stay among them.
    """
    mine = {group.source for factor in factors for group in factor.groups}
    elsewhere = {group.source for measure in measured for group in measure.groups}
    elsewhere |= {other.source for figure, _, _ in asked for other in figure.records}
    # A source that a factor counts stays, even where figures look for people in it.
    return {name: events for name, events in opened.items() if name not in elsewhere - mine}


def count_people(
    opened: Mapping[str, Events],
    areas: "GeoDataFrame",
    asked: Sequence[AskedPeople],
    *,
    crosswalk: Crosswalk | None = None,
    known_codes: Collection[str] = (),
    elsewhere: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    """Count people once in each period, with their records before and elsewhere.

    Parameters
    ----------
    opened
        Name of a source to its events, with hashed keys of persons, all in one database.
    areas
        As for `count_events`.
    asked
        Figures about people.
    crosswalk, known_codes
        As for `count_events`.
    elsewhere
        Police force, or another group, of the codes beyond the study area, index the code; left
        out, nobody outside is told apart.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: how many records or people (`item`) there are by figure, period and
        place, parted `by` age, sex or home where the figure asks for it. A person is in the place
        of the home of their latest record of the period, and the whole holds all of them, those who
        live elsewhere or of whom it is not known, too. `fingerprint` is the sum over the records of
        these people (of `fingerprints`; for noise alone, and in no output).
    """
    study = StudyArea(areas, crosswalk=crosswalk, known_codes=known_codes)
    places = places_by_kind(areas)
    parts = []
    for factor in dict.fromkeys(one.factor.name for one in asked):
        mine = [one for one in asked if one.factor.name == factor]
        # Once per factor: finding people again is the slow part, and figures share it.
        people = People(opened, mine[0].factor, mine[0].unit, study)
        for figure, _, _ in mine:
            lines = _of(figure, people, opened, places, elsewhere)
            parts += [_noted(part.assign(figure=figure.name), people) for part in lines]
    table = pd.concat(parts, ignore_index=True) if parts else no_people()
    return table[list(COLUMNS)]


Places = Mapping[str, "pd.Series[str]"]
Item = tuple[str, Integers, Flags]
"""Name of what is counted, what each line counts, and which lines belong to it."""


def _of(
    figure: Figure,
    people: People,
    opened: Mapping[str, Events],
    places: Places,
    elsewhere: "pd.Series[str] | None",
) -> Iterator[pd.DataFrame]:
    """Lines of one figure."""
    lines, unnamed = people.lines, people.unnamed
    if figure.kind == "living-in":
        yield from _homes(people, elsewhere)
        return
    items = list(_repeats(figure, people) if figure.kind == "repeats" else ())
    if figure.kind == "history":
        items = [_everybody(lines), *_named_elsewhere(figure, people, opened)]
    # Records that name nobody are told beside the people: how many people are behind them cannot be
    # known.
    without = [(UNNAMED, _whole(unnamed["n"]), np.ones(len(unnamed), dtype=bool))]
    for table, table_items in ((lines, items), (unnamed, without)):
        for name, of_category in _categories(figure, table, people.ages):
            part = _summed(
                table, table_items, of_category, figure.places, people=people, places=places
            )
            yield part.assign(by=figure.by or "", category=name)


def _noted(table: pd.DataFrame, people: People) -> pd.DataFrame:
    """Lines that say where the records begin too late for all the years that are looked back."""
    note = pd.Series("", index=table.index, dtype=object)
    starts = {period.label: pd.Timestamp(period.start) for period in people.periods}
    for item in table["item"].unique():
        beginning, _, rest = str(item).partition(SEPARATOR)
        if beginning == EARLIER:
            late = [
                label
                for label, start in starts.items()
                # A look back of five years over three years of records misses earlier ones: the
                # number is a lower bound and says so.
                if start - pd.DateOffset(years=int(rest)) < people.reach
            ]
            reach_note = f"the records begin in {people.reach.year}, so that it is the least"
            note = note.mask((table["item"] == item) & table["period"].isin(late), reach_note)
    return table.assign(note=note)


def _everybody(lines: pd.DataFrame) -> Item:
    return PEOPLE, np.ones(len(lines), dtype=np.int64), np.ones(len(lines), dtype=bool)


def _repeats(figure: Figure, people: People) -> Iterator[Item]:
    """Records and people, people with several, and those with an earlier record."""
    lines = people.lines
    n, (_, one, every) = _whole(lines["n"]), _everybody(lines)
    yield RECORDS, n, every
    yield PEOPLE, one, every
    yield SEVERAL, one, n > 1
    for years in figure.look_back or (1, 5):
        # Back from a person's first record of the period: later ones of the same period are repeats
        # of it and no history.
        since = _years_before(lines["first"], years)
        yield f"{EARLIER}{SEPARATOR}{years}", one, (lines["before"] >= since).to_numpy(bool)
    # The whole distribution, from which limits are drawn again without any line about a person.
    for many in np.unique(n):
        yield f"{NUMBER}{SEPARATOR}{many}", one, n == many


def _years_before(dates: "pd.Series[pd.Timestamp]", years: int) -> "pd.Series[pd.Timestamp]":
    """The same day so many years earlier."""
    return dates - pd.DateOffset(years=years)


def _named_elsewhere(
    figure: Figure, people: People, opened: Mapping[str, Events]
) -> Iterator[Item]:
    """People who are named in other records, in any and by each value of a column."""
    n = len(people.lines)
    one = np.ones(n, dtype=np.int64)
    for other in figure.records:
        records = people.dates_elsewhere(other, opened[other.source])
        # Also values that name nobody of these people: 0 is a finding, a missing row is none.
        values = sorted(_values(other, opened[other.source])) if other.by else []
        for years in (figure.look_back or (5,)) if other.when == "before" else (0,):
            near = records
            if years:
                near = records[records["date"] >= _years_before(records["last"], years)]
            for value in ("", *values):
                of_value = near if value == "" else near[near["value"] == value]
                named = np.zeros(n, dtype=bool)
                # A person named ten times is one person.
                named[of_value["line"].to_numpy(np.intp)] = True
                yield SEPARATOR.join((NAMED, other.label, value, str(years))), one, named


def _values(other: OtherRecords, events: Events) -> list[str]:
    """Values that other records are grouped by, of the whole source, whoever they name."""
    column = category(str(other.by))
    rows = events.connection.execute(
        f"SELECT DISTINCT {column} FROM {identifier(events.table)} WHERE {column} <> '' "
        f"AND {condition(rule_of(events.where))} AND {condition(rule_of(other.where))}"
    ).fetchall()
    return [str(value) for (value,) in rows]


def _categories(
    figure: Figure, table: pd.DataFrame, ages: Mapping[str, str]
) -> Iterator[tuple[str, Flags]]:
    """Parts of people by age or sex: those that a figure names, and not recorded."""
    if figure.by is None:
        yield "", np.ones(len(table), dtype=bool)
        return
    # A source without the column has everybody in "not recorded", and that is told.
    values = table[figure.by] if figure.by in ages else pd.Series(None, index=table.index)
    # Letters as the source has them; ages need bands, as single years of age hold few people.
    if figure.by == "sex":
        for value in sorted(values.dropna().unique()):
            yield str(value), (values == value).to_numpy(bool)
        yield UNKNOWN_HOME, values.isna().to_numpy(bool)
        return
    years = pd.to_numeric(values, errors="coerce")
    for name, (first, last) in figure.bands.items():
        # An age may have decimals: 17 years and 11 months belongs to a band that ends with 17.
        yield name, ((years >= first) & (years < last + 1)).to_numpy(bool)
    yield UNKNOWN_HOME, years.isna().to_numpy(bool)


def _summed(
    table: pd.DataFrame,
    items: Sequence[Item],
    inside: Flags,
    kinds: Sequence[str],
    *,
    people: People,
    places: Places,
) -> pd.DataFrame:
    """Numbers and fingerprints of items in every period and place, those of none among them."""
    parts = []
    for kind in (kind for kind in kinds if kind in places):  # a column of codes is none
        names, of_home = _numbered(places[kind], kind, people.study)
        at = of_home[table["home"].to_numpy(np.intp)]
        shape = (len(people.periods), len(names))
        for item, values, members in items:
            rows = np.flatnonzero(inside & members & (at >= 0))
            cell = table["period"].to_numpy(np.intp)[rows], at[rows]
            counts, prints = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.uint64)
            # add.at and not +=, which adds once to a cell that several people share.
            np.add.at(counts, cell, values[rows])
            np.add.at(prints, cell, table["prints"].to_numpy(np.uint64)[rows])  # wraps
            part = _lines(counts, prints, [period.label for period in people.periods], names)
            parts.append(part.assign(place_kind=kind, item=item))
    table = pd.concat(parts, ignore_index=True) if parts else no_people()
    return table.assign(factor=people.factor.name)


def _lines(
    counts: Integers, prints: Fingerprints, periods: Sequence[str], places: Sequence[str]
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([periods, places], names=["period", "place"])
    table = {"count": counts.ravel().astype(float), "fingerprint": prints.ravel()}
    return pd.DataFrame(table, index=index).reset_index()


def _numbered(places: "pd.Series[str]", kind: str, study: StudyArea) -> tuple[list[str], Positions]:
    """Names of the places of a kind, and the number of that of each home; -1 where it is in none.

    The last two homes are those outside the study area and those that are not known.
    """
    if kind == WHOLE_KIND:
        return [WHOLE], np.zeros(len(study.codes) + 2, dtype=np.intp)
    place_of_area = places.reindex(study.codes)
    numbers, names = pd.factorize(place_of_area, sort=True)
    # ELSEWHERE and NOWHERE are -1 and -2: as positions they count from the end, where these two
    # are.
    return list(map(str, names)), np.append(numbers, [-1, -1]).astype(np.intp)


def _homes(people: People, elsewhere: "pd.Series[str] | None") -> Iterator[pd.DataFrame]:
    """People and their records by the area of their home, and by where it is."""
    study, lines = people.study, people.lines
    items = [(RECORDS, _whole(lines["n"])), (PEOPLE, np.ones(len(lines), dtype=np.int64))]
    labels = [period.label for period in people.periods]
    where = _where(people, elsewhere)
    period = lines["period"].to_numpy(np.intp)
    homes = lines["home"].to_numpy(np.intp)
    numbers, names = pd.factorize(where)
    for kind, by, at, among in (
        (AREA, "", homes, list(study.codes)),
        (WHOLE_KIND, HOME, numbers, list(map(str, names))),
        # A cell of its own: a sum of protected cells would leave out those that are withheld.
        (WHOLE_KIND, HOME, np.zeros_like(numbers), [ANYWHERE]),
    ):
        # Homes in no area are negative, and as positions would count from the end.
        rows = np.flatnonzero(at >= 0)
        for item, values in items:
            shape = (len(labels), len(among))
            counts, prints = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.uint64)
            np.add.at(counts, (period[rows], at[rows]), values[rows])
            np.add.at(prints, (period[rows], at[rows]), lines["prints"].to_numpy(np.uint64)[rows])
            part = _lines(counts, prints, labels, among).assign(place_kind=kind, item=item, by=by)
            if by == HOME:
                part = part.assign(category=part["place"], place=WHOLE)
            yield part.assign(factor=people.factor.name, category=part.get("category", ""))


def _where(people: People, elsewhere: "pd.Series[str] | None") -> "pd.Series[str]":
    """Where the home of each line is: inside, outside by police force, or not recorded."""
    lines = people.lines
    # Of homes elsewhere the police force says enough; an area by its code would be a place of few
    # people.
    force = lines["code"].map({} if elsewhere is None else elsewhere).astype(object)
    outside = (OUTSIDE + ": " + force).where(force.notna(), OUTSIDE + ": " + NO_FORCE)
    homes = pd.Series(UNKNOWN_HOME, index=lines.index, dtype=object)
    homes = homes.mask(lines["home"] >= 0, INSIDE)
    return homes.mask(lines["home"] == ELSEWHERE, outside)


NO_FORCE = "no force that is known"
"""Where a home outside the study area has a code that no lookup knows."""


def _whole(numbers: "pd.Series[int]") -> Integers:
    return np.asarray(numbers, dtype=np.int64)

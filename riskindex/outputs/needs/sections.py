"""What a needs assessment says, section by section: every number is that of a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from riskindex.assessment.area_rows import ALWAYS, HOT, LIST, NEW
from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.figures import UNSAID
from riskindex.assessment.options import Document, Figure
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.events.rhythm import DEFAULT_TIME
from riskindex.factors import inside
from riskindex.outputs.figures import overview_map
from riskindex.outputs.needs.blocks import (
    Block,
    Bullets,
    DocumentTable,
    DocumentText,
    Drawing,
    Free,
    Paragraph,
    Part,
    Section,
    Sentence,
    ToComplete,
    joined,
)
from riskindex.outputs.needs.rows import (
    DocumentPlace,
    Row,
    Rows,
    bands,
    cells,
    changed,
    count,
    in_order,
    is_missing,
    limits,
    period,
    rank,
    ratio,
    value,
    words,
)
from riskindex.outputs.plots import Line, draw_bars, draw_lines
from riskindex.publication.released import Released

WEEKDAYS = dict(
    zip(
        "1234567",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
STANDS_OUT = "stands out"
"""How the note of a row begins whose month, weekday or hour is more than chance."""
MOST_ROWS = 15
"""Rows of a table that a reader still looks at; the others are in figures.csv."""
PEOPLE_KINDS = ("repeats", "history", "living-in")
"""Kinds of figures about people, which have a table of their own."""


@dataclass(frozen=True)
class Told:
    """What the text of one place is made of."""

    released: Released
    document: Document
    rows: Rows
    place: DocumentPlace

    def label(self, name: str) -> str:
        """The name in words of a factor or measure."""
        for table in (self.released.factors, self.released.measures):
            if name in table.index:
                return str(table.loc[name, "label"])
        return name

    @property
    def main(self) -> str:
        """The factor or measure that the text is about."""
        return self.document.main

    @property
    def asked(self) -> Mapping[str, Figure]:
        """Figures that the config names."""
        return {figure.name: figure for figure in self.released.requested}

    def requested(self, *kinds: str) -> list[str]:
        """Names of the figures of some kinds that the config asks for."""
        return [name for name, figure in self.asked.items() if figure.kind in kinds]

    def mixes(self, measure: str, by: str) -> list[Row]:
        """Rows of a mix in the last period: bands where the config names some."""
        named = [
            name
            for name, figure in self.asked.items()
            if figure.kind == "mix" and (figure.of, figure.by) == (measure, by) and figure.bands
        ]
        # Bands that the config names come first: they are those that the partnership works with.
        for name in (*named, f"{measure}.mix"):
            found = self.rows.at(name, self.place, by=by)
            if found:
                # Labels of one unit sort in order of time.
                last = max(row.period for row in found)
                kept = [row for row in found if row.period == last]
                return kept if name in self.asked else in_order(kept)  # bands as they are named
        return []


def tell(told: Told) -> DocumentText:
    """The text of one place, in the order that the statutory guidance expects."""
    sections = []
    for title, make in SECTIONS.items():
        blocks = list(make(told))
        if blocks:
            sections.append(Section(title, blocks))
    return DocumentText(
        title=f"Needs assessment: {inside(told.label(told.main))}, {told.place.name}",
        lead=told.released.about,
        place=told.place.name,
        sections=sections,
    )


# On one page


def _minute(told: Told) -> Iterator[Block]:
    """What a director reads in a minute."""
    last = told.rows.one(f"{told.main}.count", told.place)
    if last is not None:
        yield Paragraph(
            (
                f"{told.label(told.main)} in ",
                *words(told.place.name),
                ", ",
                period(last),
                ": ",
                count(last),
                f" {last.counted}",
                *limits(last),
                *_rate_words(told),
                ".",
            ),
            is_lead=True,
        )
    points = [
        *_change_point(told),
        *_share_points(told),
        *_who_points(told),
        *_when_points(told),
        *_where_points(told),
        *_list_points(told),
    ]
    yield Bullets(points)
    # A program can count, but what follows from it is for people to say.
    yield ToComplete("what this partnership concludes, in three sentences")


def _rate_words(told: Told) -> Sentence:
    row = told.rows.one(f"{told.main}.rate", told.place)
    if row is None:
        return ()
    # The whole is no place among its parts, and has no rank.
    place = rank(row)
    told_rank: Sentence = (", rank ", place, f" among the {told.place.kind}s") if place else ()
    return ("; ", value(row), " ", Free("per 1,000 residents"), *told_rank)


def _change_point(told: Told) -> Iterator[Sentence]:
    found = told.rows.at(f"{told.main}.change", told.place)
    if found:
        # The change from the period before stands first; that from the first period comes second.
        row = found[0]
        against = Free(str(row.compared_with))
        yield ("Against ", against, " it ", *changed(row), ".")


def _share_points(told: Told) -> Iterator[Sentence]:
    for name in told.requested("share"):
        figure = told.asked[name]
        row = told.rows.one(name, told.place)
        if figure.of == told.main and row is not None:
            yield (
                "It is ",
                value(row),
                " of ",
                *words(inside(row.base_name)),
                " (",
                count(row),
                " of ",
                count(row, "base"),
                ", ",
                period(row),
                ").",
            )


def _who_points(told: Told) -> Iterator[Sentence]:
    for measure in told.document.people:
        parts: list[Sentence] = []
        ages = [row for row in bands(told.mixes(measure, "age")) if row.category != UNSAID]
        # The first band is the one that the config puts first, such as the youngest.
        if ages and ages[0].status == GIVEN:
            parts.append((value(ages[0]), " are ", *words(ages[0].category)))
        sexes = [row for row in told.mixes(measure, "sex") if row.category != UNSAID]
        # A withheld count may be the larger one, but it may not be told.
        most = max((r for r in sexes if r.status == GIVEN), key=lambda r: r.count, default=None)
        if most is not None:
            parts.append((value(most), " are recorded as ", *_sex(most)))
        if parts:
            yield ("Of ", *words(inside(told.label(measure))), ", ", *joined(parts), ".")


SEXES = MappingProxyType({"M": "male", "F": "female"})
"""Usual letters in words."""


def _sex(row: Row) -> Sentence:
    return words(SEXES.get(str(row.category).upper(), row.category))


def _when_points(told: Told) -> Iterator[Sentence]:
    hours = [row for row in told.mixes(told.main, "hour") if row.note.startswith(STANDS_OUT)]
    # Only hours that a test finds: the largest of 24 numbers is always some hour.
    peaks = sorted(hours, key=lambda row: -row.ratio)[:4]
    if peaks:
        # In the order of the day, as one reads hours.
        named = [_hour(row) for row in sorted(peaks, key=lambda row: row.category)]
        yield ("The hours that stand out are ", *joined(named), ".")
    # That nothing stands out is told only where hours are known at all.
    elif told.mixes(told.main, "hour"):
        yield ("No hour of the day stands out by more than chance.",)


def _hour(row: Row) -> Sentence:
    return (*_hour_of_day(row), " (", value(row), ")")


def _where_points(told: Told) -> Iterator[Sentence]:
    hot = _hot(told, HOT)
    if hot is not None:
        fresh = _hot(told, NEW)
        more: Sentence = ()
        if fresh is not None and hot.count:
            more = (", ", count(fresh), " of them in none of the earlier periods")
        yield (
            count(hot),
            " of ",
            count(hot, "base"),
            " areas are hot for ",
            *words(inside(hot.measure)),
            " in ",
            period(hot),
            *more,
            ".",
        )
    if told.place.is_whole:
        top = _by_rate(told)[:3]
        if top:
            named = [(*words(row.place), " (", value(row), ")") for row in top]
            yield (Free("Most per 1,000 residents: "), *joined(named), ".")


def _hot(told: Told, category: str) -> Row | None:
    factor = told.document.hot or told.main
    return told.rows.one(f"{factor}.hot", told.place, category=category)


def _by_rate(told: Told) -> list[Row]:
    """Rates of the last period by place, highest first."""
    figure = f"{told.main}.rate"
    # Only the kind that has pages: rates of wards would be mostly chance.
    kinds = [kind for kind in _kinds_of_pages(told) if kind != WHOLE_KIND]
    found = [row for row in told.rows.all(figure, place_kind=kinds) if row.status == GIVEN]
    if not found:
        return []
    last = found[-1].period
    return sorted((row for row in found if row.period == last), key=lambda row: row.rank)


def _kinds_of_pages(told: Told) -> list[str]:
    return list(dict.fromkeys(row.place_kind for row in told.rows.all(f"{LIST}.selected")))


def _list_points(told: Told) -> Iterator[Sentence]:
    row = told.rows.one(f"{LIST}.selected", told.place)
    if row is not None:
        yield (
            count(row),
            " of ",
            count(row, "base"),
            " areas are on the list for targeted work (section The list).",
        )


# The sections


def _definition(told: Told) -> Iterator[Block]:
    """The definition, and what each clause leaves."""
    funnel = [row for row in told.rows.all(f"{told.main}.funnel") if row.status == GIVEN]
    # A where has no clauses with names, so that only a person can say what it means.
    if not funnel:
        yield Paragraph(
            (f"Counted: {told.label(told.main)}.",)
            # Plain words hold no digit: every digit is a row of the figures, or is marked as free.
            if not any(c.isdigit() for c in told.label(told.main))
            else words(told.label(told.main))
        )
        yield ToComplete("the definition of serious violence that the partnership has agreed")
        return
    last = funnel[-1].period
    lines = [row for row in funnel if row.period == last]
    yield Paragraph(("Definition: ", *words(lines[0].definition), ", as the config has it."))
    yield DocumentTable(
        ("Clause", "Left", "Of those read", "Not recorded"),
        [cells(words(row.category), count(row), value(row), words(row.note)) for row in lines],
        f"What each clause leaves, {last}",
    )
    yield ToComplete("why this definition, who agreed it, and when")


def _happened(told: Told) -> Iterator[Block]:
    """Counts, rates and changes of every period, and the table of targets."""
    counts = told.rows.at(f"{told.main}.count", told.place)
    rates = {row.period: row for row in told.rows.at(f"{told.main}.rate", told.place)}
    rows = []
    for row in counts:
        rate = rates.get(row.period)
        of_residents: Sentence = (value(rate), *limits(rate)) if rate is not None else ("",)
        rows.append(cells(period(row), count(row), limits(row) or "", of_residents))
    if rows:
        heads: tuple[Part, ...] = ("Period", "Count", "Limits", Free("Per 1,000 residents"))
        yield DocumentTable(heads, rows, f"{told.label(told.main)} by period")
    yield from _trend(told)
    changes = told.rows.at(f"{told.main}.change", told.place)
    yield from (
        Paragraph(
            ("From ", Free(str(row.compared_with)), " to ", period(row), " it ", *changed(row), ".")
        )
        for row in changes
    )
    yield from _targets(told)
    yield ToComplete("what the partnership did in these years, and what it learned")


def _trend(told: Told) -> Iterator[Block]:
    """Months as a line, whose numbers stand in the table of figures."""
    months = told.rows.at(f"{told.main}.mix", told.place, by="month")
    # Withheld months leave gaps; as 0 they would look like quiet ones.
    known = {row.category: float(row.count) for row in months if not is_missing(row.count)}
    # A line of fewer months shows nothing that a sentence does not.
    if len(known) < 6:
        return
    names = sorted(known)
    labels = [name[:4] if name.endswith("-01") else "" for name in names]
    title = f"{told.label(told.main)} by month, {told.place.name}"
    line = Line(told.place.name, [known[name] for name in names], "place")
    svg = draw_lines(title, [line], labels, unit="records a month")
    words_ = f"By month, {names[0]} to {names[-1]}; the numbers are in figures.csv, by month."
    yield Drawing(words(words_), svg=svg, alt=title)


def _targets(told: Told) -> Iterator[Block]:
    rows = []
    for name in told.document.indicators:
        for row in told.rows.at(name, told.place):
            result = (*changed(row),)
            rows.append(
                cells(
                    words(row.measure),
                    Free(str(row.compared_with), is_whole=True),
                    count(row, "base"),
                    period(row),
                    count(row),
                    result,
                    words(row.note),
                )
            )
    if rows:
        heads = ("Indicator", "From", "Count", "To", "Count", "Change", "Note")
        yield DocumentTable(heads, rows, "Indicators; limits are those of chance, 95%")


def _who(told: Told) -> Iterator[Block]:
    """Ages, sexes and ethnic groups of the people, and what is known of them."""
    for measure in told.document.people or (told.main,):
        rows = []
        for by in ("age", "sex", "ethnicity"):
            found = told.mixes(measure, by)
            found = bands(found) if by == "age" else found
            rows += [
                cells(
                    by,
                    _sex(row) if by == "sex" else words(row.category),
                    count(row),
                    (value(row), *limits(row)),
                )
                for row in found[:MOST_ROWS]
            ]
        if rows:
            # Whatever of the two the records have says the period; ages may be left out of a
            # source.
            last = told.mixes(measure, "sex") or told.mixes(measure, "age")
            label = f"{told.label(measure)}, {last[-1].period}" if last else told.label(measure)
            heads = ("By", "Group", "Records", "Share of all records")
            yield DocumentTable(heads, rows, label)
    for name in told.requested(*PEOPLE_KINDS):
        yield from _figure_table(told, [name], _caption(told, name))
    yield ToComplete("what practitioners see that records do not: exploitation, school, home")


def _caption(told: Told, name: str) -> str:
    """What a table about people holds."""
    figure = told.asked[name]
    label = figure.label or told.label(figure.of)
    against = f", {inside(told.label(figure.against))}" if figure.against else ""
    return f"{label}: {CAPTIONS[figure.kind]}{against}"


CAPTIONS = MappingProxyType(
    {
        "repeats": "people and their records",
        "history": "what was recorded of them before",
        "living-in": "where they live",
    }
)


def _when(told: Told) -> Iterator[Block]:
    """Months, weekdays and hours; only what a test finds is said to stand out."""
    for by, name in (("month", _as_is), ("weekday", _weekday), ("hour", _hour_of_day)):
        found = told.mixes(told.main, by)
        if not found:
            continue
        out = [row for row in found if row.note.startswith(STANDS_OUT)]
        if out:
            named = [(*name(row), " (", value(row), ")") for row in out]
            yield Paragraph((f"By {by}, more than chance makes: ", *joined(named), "."))
        else:
            yield Paragraph((f"No {by} stands out by more than chance.",))
        if by == "hour":
            yield _bars(told, found)
            # Systems write 00:00 where the time is not known, so that midnight often stands out.
            if any(row.category == "00" for row in out):
                yield Paragraph(("Midnight may stand for a time that nobody knew.",))
        if by == "weekday":
            rows = [cells(name(row), count(row), (value(row), *limits(row))) for row in found]
            yield DocumentTable(
                (by.capitalize(), "Records", "Share"), rows, f"{found[-1].period} by {by}"
            )
    yield from _week(told)


def _bars(told: Told, hours: list[Row]) -> Block:
    """Hours as bars, whose numbers stand in the table of figures."""
    known = [row for row in hours if row.category not in (UNSAID, DEFAULT_TIME)]
    title = f"{told.label(told.main)} by hour, {told.place.name}"
    # A withheld hour is a gap in the picture, and no bar of height 0.
    shares = [float("nan") if is_missing(row.value) else float(row.value) for row in known]
    # What each hour would have if a day were even, to compare by eye.
    even = [100 / 24] * len(known)
    svg = draw_bars(title, [row.category for row in known], shares, even, unit="% of records")
    caption = f"By hour, {hours[-1].period}; across, an even day. The numbers are in figures.csv."
    return Drawing(words(caption), svg=svg, alt=title)


def _as_is(row: Row) -> Sentence:
    return words(row.category)


def _weekday(row: Row) -> Sentence:
    return (WEEKDAYS.get(row.category, row.category),)


def _hour_of_day(row: Row) -> Sentence:
    return (Free(f"{row.category} to {(int(row.category) + 1) % 24:02d}"),)


def _week(told: Told) -> Iterator[Block]:
    """Hours of the week that stand out, where the config counts both together."""
    for name in told.requested("mix"):
        figure = told.asked[name]
        if figure.of != told.main or figure.by != "weekday and hour":
            continue
        found = told.rows.at(name, told.place)
        out = [row for row in found if row.note.startswith(STANDS_OUT)]
        if out:
            named = []
            # Of 168 hours of the week, as many as a rota can take in.
            for row in sorted(out, key=lambda row: -row.ratio)[:8]:
                day, _, hour = row.category.partition(" and ")
                named.append((f"{WEEKDAYS.get(day, day)} ", Free(hour), " (", count(row), ")"))
            yield Paragraph(("Hours of the week that stand out: ", *joined(named), "."))


def _where(told: Told) -> Iterator[Block]:
    """Districts by rate, hot areas, how concentrated it is."""
    if told.place.is_whole:
        rows = [
            cells(
                rank(row), words(row.place), count(row), (value(row), *limits(row)), (ratio(row),)
            )
            for row in _by_rate(told)
        ]
        if rows:
            heads: tuple[Part, ...] = (
                "Rank",
                "Place",
                "Count",
                Free("Per 1,000 residents"),
                "Times the whole",
            )
            yield DocumentTable(heads, rows, f"By {_kinds_of_pages(told)[-1]}, highest rate first")
    else:
        share = told.rows.one(f"{told.main}.share", told.place)
        if share is not None:
            yield Paragraph(
                (
                    value(share),
                    *limits(share),
                    " of all happens here, ",
                    ratio(share),
                    " times the share of residents.",
                )
            )
    if told.place.is_whole:
        yield Drawing(
            ("Areas by class of the index; those on the list have an outline.",),
            # PNG and not SVG: the same picture goes into the document of the word processor.
            png=overview_map(told.released),
            alt=f"Map of {told.place.name}",
        )
    yield from _hot_table(told)
    names = told.requested("concentration", "overlap")
    yield from _figure_table(told, names, "How concentrated it is, and what lies with it")
    yield ToComplete("places that people avoid, and what is known of new hotspots")


def _hot_table(told: Told) -> Iterator[Block]:
    rows = []
    for name in told.rows.of_kind("hot"):
        found = told.rows.at(name, told.place)
        last = [row for row in found if row.category == HOT][-1:]
        always = [row for row in found if row.category == ALWAYS]
        new = [row for row in found if row.category == NEW]
        if last:
            row = last[0]
            rows.append(
                cells(
                    words(row.measure),
                    period(row),
                    count(row),
                    count(row, "base"),
                    count(always[0]) if always else "",
                    count(new[0]) if new else "",
                )
            )
    if rows:
        heads = ("Hot for", "Period", "Areas hot", "Of", "In every period", "New")
        yield DocumentTable(heads, rows, "Areas that are hot by a test; see the report and the map")


def _beside(told: Told) -> Iterator[Block]:
    """Shares of the tables, and what goes with violence."""
    rows = []
    for name in told.released.factors.index:
        row = told.rows.one(f"{name}.share", told.place, period="")
        if row is not None:
            times: Sentence = (ratio(row),) if not is_missing(row.ratio) else ("",)
            rows.append(cells(words(row.measure), count(row), (value(row), *limits(row)), times))
    if rows:
        heads = ("Risk factor", "People or households", "Share", "Times the whole")
        yield DocumentTable(heads, rows, "Risk factors from the census and other tables")
    yield from _figure_table(told, told.requested("gap", "together", "harm"), "Beside violence")
    if told.place.is_whole:
        yield from _figure_table(told, told.requested("series"), "Published series, as they stand")
    yield ToComplete("what services know: schools, health, youth justice, housing")


def _figure_table(told: Told, names: Iterable[str], caption: str) -> Iterator[Block]:
    """Rows of some figures, the last period of each category."""
    rows = []
    for name in names:
        found = [row for row in told.rows.at(name, told.place) if row.status == GIVEN]
        # Some figures are of places that the config names, such as a town centre, and not of the
        # whole.
        if not found and told.place.is_whole:
            found = [row for row in told.rows.all(name, place_kind="named") if row.status == GIVEN]
        # Later rows replace earlier ones: rows are in order of time.
        latest = {(row.place, row.category, row.compared_with): row for row in found}
        for row in list(latest.values())[:MOST_ROWS]:
            said = f"{row.measure}: {row.category}" if row.category else row.measure
            where = "" if row.place == told.place.name else f", {row.place}"
            based: Sentence = (
                (count(row), " of ", count(row, "base")) if not is_missing(row.base) else ("",)
            )
            # A count without a base is a count all the same.
            if is_missing(row.base) and not is_missing(row.count):
                based = (count(row),)
            unit = "" if row.unit in ("%", "", "count") else f" {row.unit}"
            rows.append(
                cells(
                    words(f"{said}{where}"),
                    period(row),
                    based,
                    (value(row), Free(unit), *limits(row)),
                    words(row.note),
                )
            )
    if rows:
        yield DocumentTable(("What", "Period", "Count", "Value", "Note"), rows, caption)


def _listed(told: Told) -> Iterator[Block]:
    """The list and its places."""
    row = told.rows.one(f"{LIST}.selected", told.place)
    if row is None:
        return
    yield Paragraph(
        (
            count(row),
            " of ",
            count(row, "base"),
            " areas (",
            value(row),
            ") are on the list. Which, why, and how sure that is, say the map, the report and ",
            "top_areas.csv.",
        )
    )
    places = told.released.places
    if told.place.is_whole and len(places):
        lines = [
            cells(words(f"{number}. {line['name']}"), words(_districts(line)))
            for number, line in places.head(MOST_ROWS).iterrows()
        ]
        yield DocumentTable(
            ("Place", "Where"), lines, "Places of the list, the greatest need first"
        )
    # Places without an area on the list would make the table as long as the list of all districts.
    parts = [r for r in told.rows.all(f"{LIST}.selected") if r.place_kind != WHOLE_KIND and r.count]
    if told.place.is_whole and parts:
        ordered = sorted(parts, key=lambda r: -r.count)
        rows = [cells(words(r.place), count(r), count(r, "base"), value(r)) for r in ordered]
        heads = (parts[0].place_kind.capitalize(), "On the list", "Areas", "Share")
        yield DocumentTable(heads, rows, "Areas on the list")
    yield ToComplete("who decides on the work in these places, and how residents are heard")


def _districts(line: "pd.Series[object]") -> str:
    return str(line.get("district", "") or "")


def _quality(told: Told) -> Iterator[Block]:
    """What is not recorded, what was lost, and what numbers cannot say."""
    latest = {
        (row.measure, row.by): row
        for name in told.rows.of_kind("mix")
        # The mixes of every measure, and not those that the config asks for, which would say it
        # again.
        if name.endswith(".mix")
        for row in told.rows.at(name, told.place, category=UNSAID)
        if row.status == GIVEN and row.count
    }
    if latest:
        lines = [
            cells(words(measure), by, period(row), count(row), value(row))
            for (measure, by), row in latest.items()
        ]
        heads = ("Records", "Do not say", "Period", "Number", "Share")
        yield DocumentTable(heads, lines[: 2 * MOST_ROWS], "Not recorded")
    yield from _figure_table(told, told.requested("detected"), "Outcomes, and cases still open")
    yield Bullets([words(line) for line in told.released.limits])
    # Notes are about the data of the whole; on each partnership's page they would drown its own.
    if told.released.notes and told.place.is_whole:
        yield Bullets([words(note) for note in told.released.notes])
    yield ToComplete("changes in recording in these years, and what was done about gaps")


def _next(told: Told) -> Iterator[Block]:
    yield ToComplete("priorities, actions, owners and dates")
    yield ToComplete("signed off by, and when; next review")


SECTIONS: Mapping[str, Callable[[Told], Iterator[Block]]] = MappingProxyType(
    {
        "On one page": _minute,
        "Definition": _definition,
        "What has happened": _happened,
        "Who": _who,
        "When": _when,
        "Where": _where,
        "Risk factors, and what lies beside violence": _beside,
        "The list": _listed,
        "Data quality": _quality,
        "What follows": _next,
    }
)
"""Title of a section to what writes it."""

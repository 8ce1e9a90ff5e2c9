"""What a needs assessment says, section by section: every number is that of a row."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from riskindex.assessment.area_rows import ALWAYS, HOT, LIST, NEW
from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.figures import UNSAID
from riskindex.assessment.options import WITH_BENCHMARK
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.events.rhythm import NO_HOUR
from riskindex.factors import inside
from riskindex.outputs.needs.ages import shape_of_ages
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
from riskindex.outputs.needs.one_page import one_page
from riskindex.outputs.needs.rows import (
    Row,
    bands,
    cells,
    changed,
    count,
    is_missing,
    limits,
    noted,
    period,
    rank,
    ratio,
    value,
    words,
)
from riskindex.outputs.needs.topic import (
    MOST_ROWS,
    PEOPLE_KINDS,
    STANDS_OUT,
    WEEKDAYS,
    Topic,
    by_rate,
    hour_of_day,
    kinds_of_pages,
    sex_words,
)
from riskindex.outputs.overview_map import overview_map
from riskindex.outputs.plots import Line, draw_bars, draw_lines


def write_text(topic: Topic) -> DocumentText:
    """The text of one place, in the order that the statutory guidance expects."""
    sections = []
    for title, make in SECTIONS.items():
        # A heading with nothing under it would look like a section that somebody forgot to write.
        blocks = list(make(topic))
        if blocks:
            sections.append(Section(title, blocks))
    return DocumentText(
        title=f"Needs assessment: {inside(topic.label(topic.main))}, {topic.place.name}",
        lead=topic.released.about,
        place=topic.place.name,
        sections=sections,
    )


def _definition(topic: Topic) -> Iterator[Block]:
    """The definition, and what each clause leaves."""
    # Of the whole: clauses are counted over all records, with and without a place.
    funnel = [row for row in topic.rows.all(f"{topic.main}.funnel") if row.status == GIVEN]
    definition = topic.released.definition
    # A where has no clauses with names, so that only a person can say what it means.
    if definition is None and not funnel:
        yield Paragraph(("Counted: ", *words(topic.label(topic.main)), "."))
        yield ToComplete("the definition of serious violence that the partnership has agreed")
        return
    if definition is not None:
        source: Sentence = ("; ", *words(definition.document)) if definition.document else ()
        yield Paragraph(
            (*words(definition.label), " (definition ", *words(definition.name), *source, ").")
        )
    if funnel:
        # Rows are in order of time; a table of all periods would say the same clauses again and
        # again.
        last = funnel[-1].period
        lines = [row for row in funnel if row.period == last]
        yield DocumentTable(
            ("Clause", "Left", "Of those read", "Not recorded"),
            [cells(words(row.category), count(row), value(row), noted(row)) for row in lines],
            f"What each clause leaves, {last}",
        )
    elif definition is not None:
        yield Bullets([words(clause) for clause in definition.clauses])
        if topic.released.profile != "internal":
            yield Paragraph((NO_FUNNEL,))
    yield from _readings(topic)
    yield ToComplete("why this definition, who agreed it, and when")


NO_FUNNEL = (
    "How many records each clause leaves is told inside the organisation alone: those of no place "
    "are among them, and only counts of places leave as protected cells."
)


def _readings(topic: Topic) -> Iterator[Block]:
    """What the published definition leaves open, and what was not checked."""
    definition = topic.released.definition
    if definition is None:
        return
    if definition.readings:
        yield Paragraph(("What the document leaves open, and how it is read here:",))
        yield Bullets([words(reading) for reading in definition.readings])
    if definition.unchecked_codes:
        yield Paragraph(
            ("Its offence codes were not checked against the counting rules in force.",)
        )


def _happened(topic: Topic) -> Iterator[Block]:
    """Counts, rates and changes of every period, and the table of targets."""
    counts = topic.rows.at(f"{topic.main}.count", topic.place)
    # Matched by period: a period without residents has a count and no rate.
    rates = {row.period: row for row in topic.rows.at(f"{topic.main}.rate", topic.place)}
    rows = []
    for row in counts:
        rate = rates.get(row.period)
        of_residents: Sentence = (value(rate), *limits(rate)) if rate is not None else ("",)
        rows.append(cells(period(row), count(row), limits(row) or "", of_residents))
    if rows:
        heads: tuple[Part, ...] = ("Period", "Count", "Limits", Free("Per 1,000 residents"))
        yield DocumentTable(heads, rows, f"{topic.label(topic.main)} by period")
    yield from _trend(topic)
    # Both changes, from the period before and from the first: one unusual period makes a trend of
    # either.
    changes = topic.rows.at(f"{topic.main}.change", topic.place)
    yield from (
        Paragraph(
            ("From ", Free(str(row.compared_with)), " to ", period(row), " it ", *changed(row), ".")
        )
        for row in changes
    )
    yield from _targets(topic)
    # What is held against somebody else's number, or against its own share of before.
    beside = [
        name
        for name in topic.requested(*WITH_BENCHMARK)
        if topic.asked[name].benchmark is not None or topic.asked[name].kind == "difference"
    ]
    yield from _figure_table(topic, beside, "Beside a benchmark, and shares that have changed")
    yield ToComplete("what the partnership did in these years, and what it learned")


def _trend(topic: Topic) -> Iterator[Block]:
    """Months as a line, whose numbers stand in the table of figures."""
    months = topic.rows.at(f"{topic.main}.mix", topic.place, by="month")
    # Withheld months leave gaps; as 0 they would look like quiet ones.
    by_month = {row.category: float(row.count) for row in months if not is_missing(row.count)}
    # A line of fewer months shows nothing that a sentence does not.
    if len(by_month) < 6:
        return
    # Months are written year first, so that their names sort in order of time.
    names = sorted(by_month)
    labels = [name[:4] if name.endswith("-01") else "" for name in names]
    title = f"{topic.label(topic.main)} by month, {topic.place.name}"
    line = Line(topic.place.name, [by_month[name] for name in names], "place")
    svg = draw_lines(title, [line], labels, unit="records a month")
    words_ = f"By month, {names[0]} to {names[-1]}; the numbers are in figures.csv, by month."
    yield Drawing(words(words_), svg=svg, alt=title)


def _targets(topic: Topic) -> Iterator[Block]:
    rows = []
    for name in topic.document.indicators:
        for row in topic.rows.at(name, topic.place):
            # Why there is none says the note.
            result: Sentence = ("not given",) if is_missing(row.value) else (*changed(row),)
            target = topic.asked[name].target
            rows.append(
                cells(
                    words(row.measure),
                    Free(str(row.compared_with), is_whole=True),
                    count(row, "base"),
                    period(row),
                    count(row),
                    result,
                    words("none set" if target is None else f"{target:+g}%"),
                    noted(row),
                )
            )
    if rows:
        heads = ("Indicator", "From", "Count", "To", "Count", "Change", "Target", "Note")
        yield DocumentTable(heads, rows, "Indicators; limits are those of chance, 95%")


def _who(topic: Topic) -> Iterator[Block]:
    """Ages, sexes and ethnic groups of the people, and what is known of them."""
    for measure in topic.document.people or (topic.main,):
        rows = []
        for by in ("age", "sex", "ethnicity"):
            mix = topic.mixes(measure, by)
            mix = bands(mix) if by == "age" else mix
            rows += [
                cells(
                    by,
                    sex_words(row) if by == "sex" else words(row.category),
                    count(row),
                    (value(row), *limits(row)),
                    noted(row),
                )
                # Cut, as free-text categories may run to hundreds; figures.csv has every one.
                for row in mix[:MOST_ROWS]
            ]
        if rows:
            # Whatever of the two the records have says the period; ages may be left out of a
            # source.
            last = topic.mixes(measure, "sex") or topic.mixes(measure, "age")
            label = f"{topic.label(measure)}, {last[-1].period}" if last else topic.label(measure)
            heads = ("By", "Group", "Records", "Share of all records", "Note")
            yield DocumentTable(heads, rows, label)
        yield from shape_of_ages(topic, measure)
    homes_shown: set[str] = set()
    for name in topic.requested(*PEOPLE_KINDS):
        figure = topic.asked[name]
        # Where people live is the same in every figure about them, and is told once.
        without = ("home",) if figure.of in homes_shown else ()
        homes_shown |= {figure.of} if figure.kind == "living-in" else set()
        yield from _figure_table(topic, [name], _caption(topic, name), without=without)
    yield ToComplete("what practitioners see that records do not: exploitation, school, home")


def _caption(topic: Topic, name: str) -> str:
    """What a table about people holds."""
    figure = topic.asked[name]
    label = figure.label or topic.label(figure.of)
    against = f", {inside(topic.label(figure.against))}" if figure.against else ""
    return f"{label}: {CAPTIONS[figure.kind]}{against}"


CAPTIONS = MappingProxyType(
    {
        "repeats": "people and their records",
        "history": "what was recorded of them before",
        "living-in": "where they live",
    }
)


def _when(topic: Topic) -> Iterator[Block]:
    """Months, weekdays and hours; only what a test finds is said to stand out."""
    for by, name in (("month", _as_is), ("weekday", _weekday), ("hour", hour_of_day)):
        mix = topic.mixes(topic.main, by)
        if not mix:
            continue
        out = [row for row in mix if row.note.startswith(STANDS_OUT)]
        if out:
            named = [(*name(row), " (", value(row), ")") for row in out]
            yield Paragraph((f"By {by}, more than chance makes: ", *joined(named), "."))
        else:
            yield Paragraph((f"No {by} stands out by more than chance.",))
        if by == "hour":
            yield _bars(topic, mix)
            # Systems write 00:00 where the time is not known, so that midnight often stands out.
            if any(row.category == "00" for row in out):
                yield Paragraph(("Midnight may stand for a time that nobody knew.",))
        if by == "weekday":
            rows = [cells(name(row), count(row), (value(row), *limits(row))) for row in mix]
            yield DocumentTable(
                (by.capitalize(), "Records", "Share"), rows, f"{mix[-1].period} by {by}"
            )
    yield from _week(topic)


def _bars(topic: Topic, hours: list[Row]) -> Block:
    """Hours as bars, whose numbers stand in the table of figures."""
    timed = [row for row in hours if row.category not in (UNSAID, *NO_HOUR)]
    title = f"{topic.label(topic.main)} by hour, {topic.place.name}"
    # A withheld hour is a gap in the picture, and no bar of height 0.
    shares = [float("nan") if is_missing(row.value) else float(row.value) for row in timed]
    # What each hour would have if a day were even, to compare by eye.
    even = [100 / 24] * len(timed)
    svg = draw_bars(title, [row.category for row in timed], shares, even, unit="% of records")
    caption = f"By hour, {hours[-1].period}; across, an even day. The numbers are in figures.csv."
    return Drawing(words(caption), svg=svg, alt=title)


def _as_is(row: Row) -> Sentence:
    return words(row.category)


def _weekday(row: Row) -> Sentence:
    return (WEEKDAYS.get(row.category, row.category),)


def _week(topic: Topic) -> Iterator[Block]:
    """Hours of the week that stand out, where the config counts both together."""
    for name in topic.requested("mix"):
        figure = topic.asked[name]
        if figure.of != topic.main or figure.by != "weekday and hour":
            continue
        mix = topic.rows.at(name, topic.place)
        out = [row for row in mix if row.note.startswith(STANDS_OUT)]
        if out:
            named = []
            # Of 168 hours of the week, as many as a rota can take in.
            for row in sorted(out, key=lambda row: -row.ratio)[:8]:
                day, _, hour = row.category.partition(" and ")
                named.append((f"{WEEKDAYS.get(day, day)} ", Free(hour), " (", count(row), ")"))
            yield Paragraph(("Hours of the week that stand out: ", *joined(named), "."))


def _where(topic: Topic) -> Iterator[Block]:
    """Districts by rate, hot areas, how concentrated it is."""
    if topic.place.is_whole:
        rows = [
            cells(
                rank(row), words(row.place), count(row), (value(row), *limits(row)), (ratio(row),)
            )
            for row in by_rate(topic)
        ]
        if rows:
            heads: tuple[Part, ...] = (
                "Rank",
                "Place",
                "Count",
                Free("Per 1,000 residents"),
                "Times the whole",
            )
            yield DocumentTable(heads, rows, f"By {kinds_of_pages(topic)[-1]}, highest rate first")
    else:
        # A partnership beside the whole: its share of events over its share of residents.
        share = topic.rows.one(f"{topic.main}.share", topic.place)
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
    if topic.place.is_whole:
        yield Drawing(
            ("Areas by class of the index; those on the list have an outline.",),
            # PNG and not SVG: the same picture goes into the document of the word processor.
            png=overview_map(topic.released),
            alt=f"Map of {topic.place.name}",
        )
    yield from _hot_table(topic)
    names = topic.requested("concentration", "overlap")
    yield from _figure_table(topic, names, "How concentrated it is, and what lies with it")
    yield ToComplete("places that people avoid, and what is known of new hotspots")


def _hot_table(topic: Topic) -> Iterator[Block]:
    rows = []
    for name in topic.rows.of_kind("hot"):
        counted = topic.rows.at(name, topic.place)
        # Rows are in order of time, so that the last is the period of the map.
        last = [row for row in counted if row.category == HOT][-1:]
        always = [row for row in counted if row.category == ALWAYS]
        new = [row for row in counted if row.category == NEW]
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


def _beside(topic: Topic) -> Iterator[Block]:
    """Shares of the tables, and what goes with violence."""
    rows = []
    # Every factor that is a share, whether or not it scores: they describe the people there.
    for name in topic.released.factors.index:
        row = topic.rows.one(f"{name}.share", topic.place, period="")
        if row is not None:
            times: Sentence = (ratio(row),) if not is_missing(row.ratio) else ("",)
            rows.append(cells(words(row.measure), count(row), (value(row), *limits(row)), times))
    if rows:
        heads = ("Risk factor", "People or households", "Share", "Times the whole")
        yield DocumentTable(heads, rows, "Risk factors from the census and other tables")
    yield from _figure_table(topic, topic.requested("gap", "together", "harm"), "Beside violence")
    if topic.place.is_whole:
        yield from _figure_table(
            topic, topic.requested("series"), "Published series, as they stand"
        )
    yield ToComplete("what services know: schools, health, youth justice, housing")


def _words_of_row(row: Row, *, alone: bool) -> str:
    """What a row counts; the measure stands in the caption of a table of one figure."""
    said = f"{row.measure}: {row.category}" if row.category else str(row.measure)
    if row.kind == "together":
        return f"{said} with {inside(row.compared_with)}"
    if row.kind not in PEOPLE_KINDS:
        return said
    said = row.category if alone and row.category else said
    # How far back was looked tells two rows of the same words apart.
    return f"{said}, {row.compared_with}" if "before" in row.compared_with else said


def _figure_table(
    topic: Topic, names: Sequence[str], caption: str, *, without: Sequence[str] = ()
) -> Iterator[Block]:
    """Rows of some figures, the last period of each category; those parted by `without` are not."""
    rows = []
    for name in names:
        lines = [row for row in topic.rows.at(name, topic.place) if row.status == GIVEN]
        lines = [row for row in lines if row.by not in without]
        is_of_people = topic.asked[name].kind in PEOPLE_KINDS
        if is_of_people and lines:
            # A force of nobody in the last period would show its people of the one before.
            last = max(row.period for row in lines)
            lines = [row for row in lines if row.period == last]
        # Some figures are of places that the config names, such as a town centre, and not of the
        # whole.
        if not lines and topic.place.is_whole:
            lines = [row for row in topic.rows.all(name, place_kind="named") if row.status == GIVEN]
        # Later rows replace earlier ones: rows are in order of time.
        latest = {(row.place, row.category, row.compared_with): row for row in lines}
        # Homes by force stand before those in hot areas, which a shorter table would lose.
        most = 2 * MOST_ROWS if is_of_people else MOST_ROWS
        for row in list(latest.values())[:most]:
            said = _words_of_row(row, alone=len(names) == 1)
            # Named places, such as a town centre, are no place of this page and have to be named.
            where = "" if row.place == topic.place.name else f", {row.place}"
            based: Sentence = (
                (count(row), " of ", count(row, "base")) if not is_missing(row.base) else ("",)
            )
            # A count without a base is a count all the same.
            if is_missing(row.base) and not is_missing(row.count):
                based = (count(row),)
            # A percent sign and a plain count are written with the number itself.
            unit = "" if row.unit in ("%", "", "count") else f" {row.unit}"
            rows.append(
                cells(
                    words(f"{said}{where}"),
                    period(row),
                    based,
                    (value(row), Free(unit), *limits(row)),
                    noted(row),
                )
            )
    if rows:
        yield DocumentTable(("What", "Period", "Count", "Value", "Note"), rows, caption)


def _listed(topic: Topic) -> Iterator[Block]:
    """The list and its places."""
    row = topic.rows.one(f"{LIST}.selected", topic.place)
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
    places = topic.released.places
    if topic.place.is_whole and len(places):
        lines = [
            cells(words(f"{number}. {line['name']}"), words(_districts(line)))
            for number, line in places.head(MOST_ROWS).iterrows()
        ]
        yield DocumentTable(
            ("Place", "Where"), lines, "Places of the list, the greatest need first"
        )
    # Places without an area on the list would make the table as long as the list of all districts.
    kinds = [kind for kind in kinds_of_pages(topic) if kind != WHOLE_KIND]
    parts = [r for r in topic.rows.all(f"{LIST}.selected", place_kind=kinds) if r.count]
    if topic.place.is_whole and parts:
        # Stable: places with as many areas stay in the order of their names.
        ordered = sorted(parts, key=lambda r: -r.count)
        rows = [cells(words(r.place), count(r), count(r, "base"), value(r)) for r in ordered]
        heads = (parts[0].place_kind.capitalize(), "On the list", "Areas", "Share")
        yield DocumentTable(heads, rows, "Areas on the list")
    yield ToComplete("who decides on the work in these places, and how residents are heard")


def _districts(line: "pd.Series[object]") -> str:
    return str(line.get("district", "") or "")


def _quality(topic: Topic) -> Iterator[Block]:
    """What is not recorded, what was lost, and what numbers cannot say."""
    latest = {
        (row.measure, row.by): row
        for name in topic.rows.of_kind("mix")
        # The mixes of every measure, and not those that the config asks for, which would say it
        # again.
        if name.endswith(".mix")
        for row in topic.rows.at(name, topic.place, category=UNSAID)
        if row.status == GIVEN and row.count
    }
    if latest:
        lines = [
            cells(words(measure), by, period(row), count(row), value(row))
            for (measure, by), row in latest.items()
        ]
        heads = ("Records", "Do not say", "Period", "Number", "Share")
        yield DocumentTable(heads, lines[: 2 * MOST_ROWS], "Not recorded")
    yield from _figure_table(topic, topic.requested("detected"), "Outcomes, and cases still open")
    # On every page: a page of one partnership is read without that of the whole.
    yield Bullets([words(line) for line in topic.released.limits])
    # Notes are about the data of the whole; on each partnership's page they would drown its own.
    if topic.released.notes and topic.place.is_whole:
        yield Bullets([words(in_plain_words(note)) for note in topic.released.notes])
    yield ToComplete("changes in recording in these years, and what was done about gaps")


def in_plain_words(note: str) -> str:
    """A note whose source is named as a reader would: Suspect records, not suspect_records."""
    name, colon, rest = note.partition(": ")
    # A name of the config and no word of a sentence: those have blanks or a capital before a colon.
    if not colon or not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name):
        return note
    return f"{name.replace('_', ' ').capitalize()}: {rest}"


def _next(topic: Topic) -> Iterator[Block]:
    # Decisions are for people: nothing here is written by a program.
    yield ToComplete("priorities, actions, owners and dates")
    yield ToComplete("signed off by, and when; next review")


SECTIONS: Mapping[str, Callable[[Topic], Iterator[Block]]] = MappingProxyType(
    {
        "On one page": one_page,
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

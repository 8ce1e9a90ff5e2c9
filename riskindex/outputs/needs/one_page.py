"""The first page of a needs assessment: what a director reads in a minute."""

from collections.abc import Iterator

from riskindex.assessment.area_rows import HOT, LIST, NEW
from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.figures import UNSAID
from riskindex.factors import inside
from riskindex.outputs.needs.blocks import (
    Block,
    Bullets,
    Free,
    Paragraph,
    Sentence,
    ToComplete,
    joined,
)
from riskindex.outputs.needs.rows import (
    Row,
    bands,
    changed,
    count,
    limits,
    period,
    rank,
    value,
    words,
)
from riskindex.outputs.needs.topic import STANDS_OUT, Topic, by_rate, hour_of_day, sex_words


def one_page(topic: Topic) -> Iterator[Block]:
    """What a director reads in a minute."""
    last = topic.rows.one(f"{topic.main}.count", topic.place)
    if last is not None:
        yield Paragraph(
            (
                f"{topic.label(topic.main)} in ",
                *words(topic.place.name),
                ", ",
                period(last),
                ": ",
                count(last),
                f" {last.counted}",
                *limits(last),
                *_rate_words(topic),
                ".",
            ),
            is_lead=True,
        )
    # In the order in which a director asks: is it more, how much of it, who, when, where.
    points = [
        *_change_point(topic),
        *_share_points(topic),
        *_who_points(topic),
        *_when_points(topic),
        *_where_points(topic),
        *_list_points(topic),
    ]
    yield Bullets(points)
    # A program can count, but what follows from it is for people to say.
    yield ToComplete("what this partnership concludes, in three sentences")


def _rate_words(topic: Topic) -> Sentence:
    row = topic.rows.one(f"{topic.main}.rate", topic.place)
    if row is None:
        return ()
    # The whole is no place among its parts, and has no rank.
    place = rank(row)
    rank_words: Sentence = (", rank ", place, f" among the {topic.place.kind}s") if place else ()
    return ("; ", value(row), " ", Free("per 1,000 residents"), *rank_words)


def _change_point(topic: Topic) -> Iterator[Sentence]:
    changes = topic.rows.at(f"{topic.main}.change", topic.place)
    if changes:
        # The change from the period before stands first; that from the first period comes second.
        row = changes[0]
        against = Free(str(row.compared_with))
        yield ("Against ", against, " it ", *changed(row), ".")


def _share_points(topic: Topic) -> Iterator[Sentence]:
    for name in topic.requested("share"):
        figure = topic.asked[name]
        row = topic.rows.one(name, topic.place)
        # Shares of other measures belong to sections of their own.
        if figure.of == topic.main and row is not None:
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


def _who_points(topic: Topic) -> Iterator[Sentence]:
    for measure in topic.document.people:
        parts: list[Sentence] = []
        # Without those that are not recorded, which are no age and would often be the largest.
        ages = [row for row in bands(topic.mixes(measure, "age")) if row.category != UNSAID]
        # The first band is the one that the config puts first, such as the youngest.
        if ages and ages[0].status == GIVEN:
            parts.append((value(ages[0]), " are ", *words(ages[0].category)))
        sexes = [row for row in topic.mixes(measure, "sex") if row.category != UNSAID]
        # A withheld count may be the larger one, but it may not be told.
        most = max((r for r in sexes if r.status == GIVEN), key=lambda r: r.count, default=None)
        if most is not None:
            parts.append((value(most), " are recorded as ", *sex_words(most)))
        if parts:
            yield ("Of ", *words(inside(topic.label(measure))), ", ", *joined(parts), ".")


def _when_points(topic: Topic) -> Iterator[Sentence]:
    hours = [row for row in topic.mixes(topic.main, "hour") if row.note.startswith(STANDS_OUT)]
    # Only hours that a test finds: the largest of 24 numbers is always some hour.
    peaks = sorted(hours, key=lambda row: -row.ratio)[:4]
    if peaks:
        # In the order of the day, as one reads hours.
        named = [_hour(row) for row in sorted(peaks, key=lambda row: row.category)]
        yield ("The hours that stand out are ", *joined(named), ".")
    # That nothing stands out is told only where hours are known at all.
    elif topic.mixes(topic.main, "hour"):
        yield ("No hour of the day stands out by more than chance.",)


def _hour(row: Row) -> Sentence:
    return (*hour_of_day(row), " (", value(row), ")")


def _where_points(topic: Topic) -> Iterator[Sentence]:
    hot = _hot(topic, HOT)
    if hot is not None:
        fresh = _hot(topic, NEW)
        more: Sentence = ()
        # Of no hot areas none can be new, which needs no words.
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
    if topic.place.is_whole:
        top = by_rate(topic)[:3]
        if top:
            named = [(*words(row.place), " (", value(row), ")") for row in top]
            yield (Free("Most per 1,000 residents: "), *joined(named), ".")


def _hot(topic: Topic, category: str) -> Row | None:
    # A measure that is counted beside the index is not tested, so that the config may name another.
    factor = topic.document.hot or topic.main
    return topic.rows.one(f"{factor}.hot", topic.place, category=category)


def _list_points(topic: Topic) -> Iterator[Sentence]:
    row = topic.rows.one(f"{LIST}.selected", topic.place)
    if row is not None:
        yield (
            count(row),
            " of ",
            count(row, "base"),
            " areas are on the list for targeted work (section The list).",
        )

"""What the single years of age of a measure say: where they rise, stand out and are level."""

from collections.abc import Iterator

from riskindex.assessment.age_curves import LEVEL, RISE
from riskindex.assessment.figure_rows import GIVEN
from riskindex.outputs.needs.blocks import Block, Free, Paragraph, Sentence, joined
from riskindex.outputs.needs.rows import Row, count, limits, period, plain_value, ratio
from riskindex.outputs.needs.topic import STANDS_OUT, Topic


def shape_of_ages(topic: Topic, measure: str) -> Iterator[Block]:
    """One paragraph for each curve that the config asks for of a measure."""
    for name in topic.requested("curve"):
        rows = topic.rows.at(name, topic.place) if topic.asked[name].of == measure else []
        # Labels of one unit sort in order of time.
        last = max((row.period for row in rows), default="")
        kept = [row for row in rows if row.period == last]
        # A curve of too few records, or that a reader may not see, says so in the table alone.
        if len(kept) > 1:
            yield Paragraph(("Ages, ", period(kept[0]), ": ", *_age_sentence(kept)))


def _age_sentence(rows: list[Row]) -> Sentence:
    rise = next(row for row in rows if row.category == RISE)
    level = next(row for row in rows if row.category == LEVEL)
    out = [row for row in rows if row.note.startswith(STANDS_OUT)]
    return (*_rise(rise), *_peaks(out), *_level(level))


def _rise(row: Row) -> Sentence:
    if row.status != GIVEN:
        return ("no rise is steeper than chance may make it. ",)
    after = ("; ", count(row), " records of two years of age, after ", count(row, "base"))
    return ("the steepest rise is at age ", plain_value(row), *limits(row), *after, " before. ")


def _peaks(rows: list[Row]) -> Sentence:
    if not rows:
        return ("No single age stands out above the two beside it by more than chance. ",)
    named = [(Free(row.category.partition(" ")[0]), " (", ratio(row), " times)") for row in rows]
    return ("Above the two years beside it stands out age ", *joined(named), ". ")


def _level(row: Row) -> Sentence:
    if row.status != GIVEN:
        return ()
    return ("From age ", plain_value(row), " on records fall no more than chance may make it.")

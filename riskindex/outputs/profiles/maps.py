"""Maps and hotspots in an area profile: where, which factor, since when, and how many."""

from collections.abc import Iterable, Iterator

import pandas as pd

from riskindex.assessment.area_rows import ALWAYS, HOT, NEW
from riskindex.factors import inside
from riskindex.outputs.needs.blocks import Free, joined
from riskindex.outputs.needs.markup import sentence_html
from riskindex.outputs.needs.rows import Row, count, value
from riskindex.outputs.pages import Html, drawing, escape, in_words, paragraphs
from riskindex.outputs.profiles.numbers import Book, Place, PlaceRows
from riskindex.outputs.small_maps import View, draw_areas

MOST_NAMED = 12
"""New hotspots that are named per factor."""
_HOT_WORDS = {
    "h99": "hot, 99% confidence",
    "h95": "hot, 95%",
    "h90": "90%, not counted as hot",
    "h0": "not hot",
    "unknown": "not assessed",
}


def place_view(book: Book, place: Place) -> View:
    """What the maps of a place show: the district, or the cluster with what lies around it."""
    # A place of a few areas says nothing without what lies around it.
    return book.outlines.view(place.codes, margin=0.5 if place.is_named else 0.04)


def _shown(book: Book, place: Place) -> list[str]:
    return book.outlines.inside(place_view(book, place)) if place.is_named else place.codes


def place_map(book: Book, place: Place) -> str:
    """The areas by class of the index, the selected ones outlined, a name on each."""
    shown = _shown(book, place)
    chosen = [code for code in shown if book.records[code]["selected"]]
    picture = draw_areas(
        f"Map of {place.name}",
        book.outlines,
        {code: book.classes[code] for code in shown},
        view=place_view(book, place),
        # As text inside the SVG: it works without a script and is read aloud.
        names={code: _hover(book, code) for code in shown},
        outlined={code: "borderline" if book.is_borderline(code) else "firm" for code in chosen},
        # Only areas that have a line in the table, or a link would lead nowhere.
        linked=set(book.listed(place)),
        about="Areas by class of the index; selected areas have a heavy outline. "
        "Those with a line in the table lead to it.",
    )
    tiers = ", dashed where it is borderline" if book.has_tiers else ""
    words = {f"c{c}": word for c, word in book.class_words.items()}
    words["unknown"] = "not assessed"
    return drawing(
        picture, f"The index in classes; a heavy outline marks the selected areas{tiers}."
    ) + _swatches(words, {book.classes[code] for code in shown})


def _hover(book: Book, code: str) -> str:
    area = book.records[code]
    chosen = ", selected" if area["selected"] else ""
    # Missing where an area has no reason.
    reasons = area["reasons"] if isinstance(area["reasons"], str) else ""
    return f"{area['name']}: {_standing(book, code)}{chosen}. {reasons}".strip()


def _standing(book: Book, code: str) -> str:
    """The rank of an area in words, or its tenth where ranks are not released."""
    number = book.records[code].get("rank" if book.has_ranks else "decile", "")
    # A profile may withhold tenths, and no rank may be put in their place.
    if number == "":
        return "tenth not shown"
    if pd.isna(number):
        return "no rank"
    return f"rank {int(number):,}" if book.has_ranks else f"tenth {int(number)} of 10"


def _swatches(words: dict[str, str], present: Iterable[str]) -> str:
    kinds = set(present)
    items = "".join(
        f'<li><svg viewBox="0 0 22 14" aria-hidden="true"><rect class="swatch {kind}" x="1" y="1" '
        f'width="20" height="12"/></svg>{escape(text)}</li>'
        for kind, text in words.items()
        if kind in kinds
    )
    return f'<ul class="swatches">{items}</ul>'


def hot_sentences(book: Book, place: Place) -> list[Html]:
    """How many areas are hot for what, and which of them are new."""
    rows = book.rows(place)
    hot_rows = [
        (row, book.hot[name].label) for name, row in _hot_rows(book, rows, HOT) if row.count
    ]
    hot_rows.sort(key=lambda one: -one[0].count)
    if not hot_rows:
        # Without "shown" the sentence would also speak for factors that the release keeps back.
        if not book.can_be_hot.any():
            return []
        words = f"No area is hot for any factor{' shown' * book.hides_hot} in the last period."
        return [sentence_html(words)]
    parts = [(count(row), f" for {inside(label)}") for row, label in hot_rows]
    return [sentence_html("Areas hot in the last period: ", joined(parts), "."), *_new(book, place)]


def _hot_rows(book: Book, rows: PlaceRows, category: str) -> list[tuple[str, Row]]:
    """Factor and row of its hot areas in the last period, of those that are shown."""
    every = [(name, rows.last(f"{name}.hot", category=category)) for name in book.hot]
    return [(name, row) for name, row in every if row is not None]


def _new(book: Book, place: Place) -> Iterator[Html]:
    """The new hotspots by name, as far as a sentence can hold them."""
    parts = []
    for name, hot in book.hot.items():
        codes = [code for code in place.codes if (name, code) in book.new]
        named = [str(book.records[code]["name"]) for code in codes[:MOST_NAMED]]
        # Said rather than cut off, or the list would read as complete.
        named += ["others"] if len(codes) > len(named) else []
        if named:
            parts.append(f"{inside(hot.label)} in {in_words(named)}")
    if parts:
        yield sentence_html(Free(f"New, hot in none of the earlier periods: {'; '.join(parts)}."))


def small_maps(book: Book, place: Place) -> str:
    """A small map per factor that has a hot area here."""
    shown = _shown(book, place)
    maps, quiet, present = [], [], set[str]()
    for name, row in _hot_rows(book, book.rows(place), HOT):
        hot = book.hot[name]
        if not book.hot_codes(place, name):
            quiet.append(inside(hot.label))
            continue
        # An area without a test is drawn as not assessed, and never as not hot.
        classes = {code: hot.classes.get(code, "unknown") for code in shown}
        present |= set(classes.values())
        picture = draw_areas(
            f"Hotspots in {place.name}: {hot.label}",
            book.outlines,
            classes,
            view=place_view(book, place),
            # A group fills its map; a named place has to be told from what lies around it.
            outlined=dict.fromkeys(place.codes, "firm") if place.is_named else {},
            about="The table has the number of hot areas.",
        )
        maps.append(drawing(picture, sentence_html(f"{hot.label}: ", count(row), " hot")))
    if not maps:
        # That no area is hot stands at the head of the page.
        return ""
    lines = [f"No area is hot here for {in_words(quiet)}."] if quiet else []
    drawn = f'<div class="small-maps">{"".join(maps)}</div>'
    return drawn + _swatches(_HOT_WORDS, present) + paragraphs(lines)


def factor_records(book: Book, place: Place) -> list[dict[str, object]]:
    """Per factor: how many areas are hot here and in the whole, for how long, and how many new."""
    rows, whole = book.rows(place), book.rows(book.whole)
    records: list[dict[str, object]] = []
    for name, row in _hot_rows(book, rows, HOT):
        scored = bool(book.released.factors.at[name, "scored"])
        label = book.hot[name].label
        everywhere = whole.last(f"{name}.hot", category=HOT)
        # New and lasting hotspots call for different work: one for enquiry, the other for a plan.
        lasting = [rows.last(f"{name}.hot", category=one) for one in (NEW, ALWAYS)]
        new, always = (sentence_html(count(one)) if one is not None else "" for one in lasting)
        records.append(
            {
                "Factor": label if scored else f"{label} (not scored)",
                "Areas hot": sentence_html(count(row)),
                "Of those here": sentence_html(value(row)),
                **(
                    {f"Of the whole {book.whole_word}'s": sentence_html(value(everywhere))}
                    if everywhere is not None and not place.is_whole
                    else {}
                ),
                "New": new,
                "In every period": always,
            }
        )
    # A column that says nothing of any factor only takes room.
    empty = (
        {name for name in records[0] if not any(one[name] for one in records)} if records else set()
    )
    return [{k: v for k, v in one.items() if k not in empty} for one in records]

"""Maps and hotspots in an area profile: where, which factor, since when, and how many."""

from collections.abc import Iterable

import pandas as pd

from riskindex.factors import inside
from riskindex.outputs.pages import (
    Html,
    drawing,
    escape,
    in_words,
    paragraphs,
    percent,
    record_table,
)
from riskindex.outputs.profiles.numbers import Book, Place, class_words
from riskindex.outputs.small_maps import View, draw_areas

MOST_NAMED = 12
"""Hot areas that are named per factor; the rest is counted."""
_HOT_WORDS = {
    "h99": "hot, 99% confidence",
    "h95": "hot, 95%",
    "h90": "90%, not counted as hot",
    "h0": "not hot",
    "unknown": "not assessed",
}
_KIND_WORDS = {
    "own": "by itself",
    "neighbourhood": "with its neighbours",
    "both": "by itself and with its neighbours",
    "next door": "next door to a hotspot",
}


def place_view(book: Book, place: Place) -> View:
    """What the maps of a place show: the district, or the cluster with what lies around it."""
    # A place of a few areas says nothing without what lies around it.
    return book.outlines.view(place.codes, margin=0.04 if place.is_district else 0.5)


def _shown(book: Book, place: Place) -> list[str]:
    return place.codes if place.is_district else book.outlines.inside(place_view(book, place))


def place_map(book: Book, place: Place) -> str:
    """The areas by class of the index, the selected ones outlined, a name on each."""
    shown = _shown(book, place)
    chosen = [code for code in shown if book.records[code]["selected"]]
    picture = draw_areas(
        f"Map of {place.name}",
        book.outlines,
        {code: book.classes[code] for code in shown},
        view=place_view(book, place),
        names={code: _hover(book, code) for code in shown},
        outlined={code: "borderline" if book.is_borderline(code) else "firm" for code in chosen},
        linked=set(book.listed(place)),
        about="Areas by class of the index; selected areas have a heavy outline. "
        "Those with a line in the table at the end of the page lead to it.",
    )
    tiers = ", dashed where it is borderline" if book.has_tiers else ""
    words = {f"c{c}": word for c, word in class_words(book.released).items()}
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


def hot_sentences(book: Book, place: Place) -> list[str]:
    """How many areas are hot for what, and how many of them are new."""
    found = [(len(book.hot_codes(place, name)), hot.label) for name, hot in book.hot.items()]
    found.sort(key=lambda one: -one[0])
    told = [f"{n:,} for {inside(label)}" for n, label in found if n]
    if not told:
        # Without "shown" the sentence would also speak for factors that the release keeps back.
        if not book.can_be_hot.any():
            return []
        return [f"No area is hot for any factor{' shown' * book.hides_hot} in the last period."]
    new = [
        f"{inside(hot.label)} ({n:,})"
        for name, hot in book.hot.items()
        if (n := sum((name, code) in book.new for code in place.codes))
    ]
    lines = [f"Areas hot in the last period: {in_words(told)}."]
    fresh = f"New, hot in none of the earlier periods: {in_words(new)}."
    return [*lines, fresh] if new else lines


def hotspot_part(book: Book, place: Place) -> str:
    """A small map per factor that has a hot area here, and the hot areas by name."""
    shown = _shown(book, place)
    maps, rows, quiet, present = [], [], [], set[str]()
    for name, hot in book.hot.items():
        codes = book.hot_codes(place, name)
        if not codes:
            quiet.append(inside(hot.label))
            continue
        classes = {code: hot.classes.get(code, "unknown") for code in shown}
        present |= set(classes.values())
        picture = draw_areas(
            f"Hotspots in {place.name}: {hot.label}",
            book.outlines,
            classes,
            view=place_view(book, place),
            # A district fills its map; a named place has to be told from what lies around it.
            outlined={} if place.is_district else dict.fromkeys(place.codes, "firm"),
            about=f"{len(codes)} of {len(place.codes)} areas are hot.",
        )
        maps.append(drawing(picture, f"{hot.label}: {len(codes):,} hot"))
        rows.append({"Factor": hot.label, "Hot": len(codes), "Areas": _named(book, name, codes)})
    lines = [f"No area is hot here for {in_words(quiet)}."] if quiet else []
    return (
        (f'<div class="small-maps">{"".join(maps)}</div>' if maps else "")
        + (_swatches(_HOT_WORDS, present) if maps else "")
        + (record_table(rows) if rows else "")
        + paragraphs(lines)
    )


def _named(book: Book, factor: str, codes: list[str]) -> Html:
    """Areas by how they are hot; the new ones are marked by a word."""
    kinds = book.hot[factor].kinds
    parts = []
    # The empty kind last: tests that know no kinds, such as a threshold.
    for kind, words in (*_KIND_WORDS.items(), ("", "")):
        named = [
            escape(book.records[code]["name"])
            + (' <span class="mark-new">new</span>' if (factor, code) in book.new else "")
            for code in codes
            if kinds.get(code, "") == kind
        ]
        if named:
            start = f"<b>{words[:1].upper()}{words[1:]}:</b> " if words else ""
            tail = " and others" if len(named) > MOST_NAMED else ""
            parts.append(f"{start}{', '.join(named[:MOST_NAMED])}{tail}.")
    return Html("<br>".join(parts))


def factor_records(book: Book, place: Place) -> list[dict[str, object]]:
    """Per factor: how many areas are hot here and in the whole, for how long, and how many new."""
    chosen = set(book.selected(place))
    found: list[dict[str, object]] = []
    for name, hot in book.hot.items():
        codes = book.hot_codes(place, name)
        scored = bool(book.released.factors.at[name, "scored"])
        found.append(
            {
                "Factor": hot.label if scored else f"{hot.label} (not scored)",
                "Areas hot": len(codes),
                "Of those here": percent(len(codes) / len(place.codes)),
                f"Of the whole {book.whole}'s": percent(hot.share),
                "New": sum((name, code) in book.new for code in place.codes),
                **_lasting(book, place, name),
                "Selected areas hot": sum(code in chosen for code in codes),
            }
        )
    return found


def _lasting(book: Book, place: Place, factor: str) -> dict[str, object]:
    """How many areas are hot again and again, as far as the release tells it."""
    several = book.hot[factor].several
    # One period is no history: missing, and not 0.
    number = pd.NA if several is None else sum(code in several for code in place.codes)
    return {"Hot in several periods": number}

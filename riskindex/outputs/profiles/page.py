"""Area profiles: a page per district and per named place of the list, and their index."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskindex.areas.groups import profile_kind
from riskindex.cut import areas as in_areas
from riskindex.cut import of_100
from riskindex.factors import inside
from riskindex.outputs.pages import (
    area_cell,
    asset,
    bullets,
    document,
    escape,
    link,
    marks_line,
    page_head,
    paragraphs,
    percent,
    print_mark,
    record_table,
    slug,
    style_block,
)
from riskindex.outputs.profiles.events import METHOD_NOTES, change_sentences, events_part
from riskindex.outputs.profiles.inside import inside_part
from riskindex.outputs.profiles.maps import (
    factor_records,
    hot_sentences,
    hotspot_part,
    place_map,
    place_view,
)
from riskindex.outputs.profiles.numbers import Book, Place, Record
from riskindex.outputs.profiles.patterns import when_part, who_part
from riskindex.outputs.report.places import place_line
from riskindex.outputs.small_maps import define
from riskindex.publication.released import Released

MOST_PLACES = 100
"""Places with a page of their own, the greatest need first; the others are counted."""


_ELSEWHERE = (link("../map.html", "Map"), link("../report.html", "Report"))


def write_profiles(released: Released, folder: str | Path) -> None:
    """Write a page per district and per named place into a folder, with an index.

    Parameters
    ----------
    released
        What the profile may see. A part whose numbers it does not have is left out.
    folder
        Made if it is not there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    book = Book(released)
    sheets = ("page.css", "report.css", "plots.css", "profiles.css")
    style = style_block(*(asset(sheet) for sheet in sheets), print_mark(released.profile))
    for place in [*book.districts, *book.named_places[:MOST_PLACES]]:
        _write(folder / place.file, book, style, title=place.name, body=_page(book, place))
    _write(folder / "index.html", book, style, title="Area profiles", body=_index(book))


def _write(path: Path, book: Book, style: str, *, title: str, body: str) -> None:
    released = book.released
    head = page_head(
        title,
        profile=released.profile,
        lead=f"{released.title}. Data period: {released.period_label}.",
    )
    limits = " ".join(released.limits)
    foot = f'<footer class="page-foot"><p>{escape(limits)}</p></footer>'
    html = document(
        title=f"{title}: {released.title}",
        head=style,
        body=f'{head}<main class="report profile">{marks_line(body)}{body}</main>{foot}',
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _page(book: Book, place: Place) -> str:
    parts = {title: make(book, place) for title, make in _SECTIONS[place.kind].items()}
    told = {title: body for title, body in parts.items() if body}
    contents = " · ".join(link(f"#{slug(title)}", title) for title in told)
    links = " · ".join([link("index.html", "All profiles"), *_ELSEWHERE])
    sections = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{body}</section>'
        for title, body in told.items()
    )
    # Only the areas of this page: the whole county in each of hundred pages would fill a disk.
    shapes = define(book.outlines, book.outlines.inside(place_view(book, place)))
    return f'{shapes}<nav aria-label="Contents"><p>{links}</p><p>{contents}</p></nav>{sections}'


def _in_short(book: Book, place: Place) -> str:
    lines = [*hot_sentences(book, place), *change_sentences(book, place)]
    return (
        f'<p class="answer">{escape(_answer(book, place))}</p>'
        f'<ul class="facts">{_facts(book, place)}</ul>{bullets(lines)}'
    )


def _answer(book: Book, place: Place) -> str:
    chosen, n = book.selected(place), len(place.codes)
    if place.is_district:
        number = f"{len(chosen):,}" if chosen else "None"
        return (
            f"{number} of the {n:,} areas in {place.name} {'is' if len(chosen) < 2 else 'are'} "
            f"selected, of {book.released.cut.selected:,} in {book.released.place}."
        )
    return place_line(book.released, place.number)


def _facts(book: Book, place: Place) -> str:
    facts = [(f"{len(place.codes):,}", "areas" if len(place.codes) != 1 else "area")]
    for column, words in (("residents", "residents"), ("residents_10_24", "aged 10 to 24")):
        if column in book.areas and not book.withholds(place.codes, column):
            facts.append((f"{book.people(place.codes, column):,}", words))
    if place.is_district:
        chosen = book.selected(place)
        facts.append((f"{len(chosen):,}", f"selected area{'s' * (len(chosen) != 1)}"))
        if book.has_tiers:
            number = sum(book.is_borderline(code) for code in place.codes)
            facts.append((f"{number:,}", "borderline, selected or not"))
        facts += _living(book, place)
    return "".join(f"<li><b>{escape(number)}</b> {escape(words)}</li>" for number, words in facts)


def _living(book: Book, place: Place) -> Iterator[tuple[str, str]]:
    """The share of a district's residents in its selected areas, beside that of the whole."""
    people = book.people(place.codes, "residents")
    # The share of the whole stands beside it, so that all areas must have a number.
    if people and not book.withholds(book.records, "residents"):
        share = book.people(book.selected(place), "residents") / people
        living = f"{book.whole} {percent(book.share_in_selected)}"
        yield percent(share), f"of residents live in selected areas ({living})"


def _all_areas(book: Book, place: Place) -> str:
    codes = book.listed(place)
    lines = record_table([_area_record(book, code, why=True) for code in codes], ids=codes)
    if not place.is_district:
        return lines
    # What has no line is counted, or a reader could not tell left out from forgotten.
    rest = len(place.codes) - len(codes)
    words = f"{in_areas(len(codes))} {_LISTED[book.has_ranks]}; {_REST[book.has_ranks]}: {rest:,}."
    return paragraphs([words]) + (lines if codes else "")


def _area_record(book: Book, code: str, *, why: bool = False) -> dict[str, object]:
    area = book.records[code]
    kinds = book.released.group_kinds
    # The ward, say; the district is the title of the page already.
    smaller = [str(area[kind]) for kind in kinds[:1] if kind != profile_kind(kinds)]
    reasons = area["reasons"] if why and isinstance(area["reasons"], str) else ""
    record: dict[str, object] = {
        **_rank_record(area),
        "Area and why" if why else "Area": area_cell(
            area["name"], [*smaller, code], reasons=reasons
        ),
        "Selected": _chosen_words(book, code),
    }
    if "p_selected" in area:
        record["Of 100 repeats"] = of_100(area["p_selected"])
    record |= {"Score": area["score"]} if "score" in area else {}
    for column, words in (("residents", "Residents"), ("residents_10_24", "Aged 10 to 24")):
        if column in area:
            record[words] = area[column]
    return record


def _rank_record(area: Record) -> dict[str, object]:
    """The rank, or where ranks are not released the tenth if that is, 1 the highest risk."""
    if "rank" in area:
        return {"Rank": pd.NA if pd.isna(area["rank"]) else int(area["rank"])}
    return {"Tenth": area["decile"]} if "decile" in area else {}


_LISTED = {
    True: "with a score above 0, by rank",
    False: "selected, borderline or with a reason, in the order of their codes",
}
_REST = {True: "areas that score 0", False: "areas of which nothing is told"}


def _chosen_words(book: Book, code: str) -> str:
    chosen = bool(book.records[code]["selected"])
    if book.is_borderline(code):
        return "yes, borderline" if chosen else "no, borderline"
    return "yes" if chosen else ""


def _top(book: Book, place: Place) -> str:
    more = " The table at the end of the page has them." if place.is_district else ""
    note = (
        '<p class="small quiet">Point at an area for its name; click one that scores for its '
        f"line.{more}</p>"
    )
    words, codes = _foremost(book, place)
    records = [_area_record(book, code) for code in codes]
    shown = record_table(records) if records else paragraphs(["No area is selected here."])
    beside = f"<div><h3>{words}</h3>{shown}</div>"
    return f'<div class="beside"><div>{place_map(book, place)}{note}</div>{beside}</div>'


def _foremost(book: Book, place: Place) -> tuple[str, list[str]]:
    """The areas beside the map, and what they are."""
    if not book.has_ranks:
        return "Selected areas", book.selected(place)
    words = "Areas by rank" if len(place.codes) <= 10 else "The ten areas with the highest rank"
    return words, place.codes[:10]


def _summary(book: Book, place: Place) -> str:
    records = factor_records(book, place)
    return record_table(records) if records else ""


def _notes(book: Book, _place: Place) -> str:
    released = book.released
    # Notes on counts only where a profile shows counts.
    numbers = METHOD_NOTES if any(book.counts.values()) else ()
    return (
        bullets([*numbers, *released.notes])
        + "<h3>Limits</h3>"
        + bullets(released.limits)
        + "<h3>Whose data</h3>"
        + bullets(released.attribution)
    )


_Section = Callable[[Book, Place], str]
_SECTIONS: dict[str, dict[str, _Section]] = {
    "district": {
        "In short": _in_short,
        "Map and top areas": _top,
        "Events, and how they change": events_part,
        "When": when_part,
        "Who": who_part,
        "Hotspots": hotspot_part,
        "Factors": _summary,
        "Areas that score": _all_areas,
        "Data notes": _notes,
    },
    "place": {
        "In short": _in_short,
        "Map": _top,
        "Where and when inside": inside_part,
        "The areas": _all_areas,
        "Events, and how they change": events_part,
        "Hotspots": hotspot_part,
        "Factors": _summary,
        "Data notes": _notes,
    },
}


def _index(book: Book) -> str:
    kind = profile_kind(book.released.group_kinds) or "study area"
    word = kind.replace("_", " ")
    parts = [
        f'<nav aria-label="Other pages"><p>{" · ".join(_ELSEWHERE)}</p></nav>',
        paragraphs([book.released.about]),
        f"<section><h2>By {escape(word)}</h2>{_places(book, book.districts)}</section>",
    ]
    if book.named_places:
        parts.append(
            "<section><h2>Places of selected areas</h2>"
            + paragraphs(["Selected areas that adjoin each other, the greatest need first."])
            + _places(book, book.named_places[:MOST_PLACES])
            + paragraphs([_further(book)])
            + "</section>"
        )
    return "".join(parts)


def _further(book: Book) -> str:
    more = len(book.named_places) - MOST_PLACES
    return f"{more:,} smaller places have no page of their own." if more > 0 else ""


def _place_record(book: Book, place: Place) -> dict[str, object]:
    record: dict[str, object] = {
        **({"Number": place.number} if place.number else {}),
        "Place": link(place.file, place.name),
        "Areas": len(place.codes),
        "Selected": len(book.selected(place)),
    }
    if book.has_ranks:
        ranks = [book.records[code]["rank"] for code in place.codes]
        known = (int(rank) for rank in ranks if not pd.isna(rank))
        record["Highest rank"] = min(known, default=pd.NA)
    if "residents" in book.areas and not book.withholds(book.records, "residents"):
        record["Residents"] = book.people(place.codes, "residents")
    any_hot = sum(code in book.hot_for_any for code in place.codes)
    if book.can_be_hot.any():
        record["Hot for any factor" + " shown" * book.hides_hot] = any_hot
    counts = [(len(book.hot_codes(place, name)), one.label) for name, one in book.hot.items()]
    # Sorting keeps the order of the report where two factors have as many.
    most = sorted((one for one in counts if one[0]), key=lambda one: -one[0])[:2]
    return record | {"Most often": ", ".join(f"{inside(label)} ({n:,})" for n, label in most)}


def _places(book: Book, places: Sequence[Place]) -> str:
    return record_table([_place_record(book, place) for place in places])

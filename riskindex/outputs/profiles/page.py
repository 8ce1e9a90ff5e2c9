"""Area profiles: a page for the whole, for each group and named place, and their index."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskindex.assessment.area_rows import BORDERLINE, HOT, LIST
from riskindex.factors import inside
from riskindex.outputs.needs.blocks import Number, Part, Sentence, joined
from riskindex.outputs.needs.markup import sentence_html
from riskindex.outputs.needs.rows import Row, count, value
from riskindex.outputs.pages import (
    Html,
    asset,
    bullets,
    document,
    escape,
    link,
    marks_line,
    page_head,
    paragraphs,
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
    place_map,
    place_view,
    small_maps,
)
from riskindex.outputs.profiles.numbers import Book, Place, given
from riskindex.outputs.profiles.patterns import when_part, who_part
from riskindex.outputs.report.matrix import reason_matrix
from riskindex.outputs.report.places import place_line
from riskindex.outputs.small_maps import define
from riskindex.publication.released import Released

MOST_PLACES = 100
"""Places with a page of their own, the greatest need first; the others are counted."""


_ELSEWHERE = (link("../map.html", "Map"), link("../report.html", "Report"))


def write_profiles(released: Released, folder: str | Path) -> None:
    """Write a page for the whole, for each group and named place into a folder, with an index.

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
    # Read once: hundreds of pages carry the same style inside them, as they may load nothing.
    style = style_block(*(asset(sheet) for sheet in sheets), print_mark(released.profile))
    groups = [place for places in book.groups.values() for place in places]
    for place in [book.whole, *groups, *book.named_places[:MOST_PLACES]]:
        # Only the first letter: capitalize() would put the rest of "Milton Keynes" into lower case.
        title = place.name[:1].upper() + place.name[1:]
        _write(folder / place.file, book, style, title=title, body=_page(book, place))
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
    parts = {title: make(book, place) for title, make in _SECTIONS.items()}
    filled = {title: body for title, body in parts.items() if body}
    contents = " · ".join(link(f"#{slug(title)}", title) for title in filled)
    links = " · ".join([link("index.html", "All profiles"), *_ELSEWHERE])
    sections = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{body}</section>'
        for title, body in filled.items()
    )
    # Only the areas of this page: the whole county in each of hundred pages would fill a disk.
    shapes = define(book.outlines, book.outlines.inside(place_view(book, place)))
    return f'{shapes}<nav aria-label="Contents"><p>{links}</p><p>{contents}</p></nav>{sections}'


def _in_short(book: Book, place: Place) -> str:
    # Where it stands first, then how it changed: a change without a level misleads.
    lines = [*hot_sentences(book, place), *change_sentences(book, place)]
    hot = record_table(factor_records(book, place))
    note = (
        '<p class="small quiet unprinted">Point at an area for its name; click one that scores for '
        "its line.</p>"
    )
    return (
        f'{_answer(book, place)}<ul class="facts">{"".join(_facts(book, place))}</ul>'
        f'<div class="beside"><div>{place_map(book, place)}{note}</div>'
        f"<div>{bullets(lines)}{hot}</div></div>"
    )


def _answer(book: Book, place: Place) -> str:
    if place.is_named:
        # The row of places.csv that the numbers of the sentence are from.
        sentence = escape(place_line(book.released, place.number))
        return f'<p class="answer" data-row="place-{place.number}">{sentence}</p>'
    # From the table of figures, so that page and figures.csv can never differ.
    row = book.rows(place).last(f"{LIST}.selected")
    everywhere = book.rows(book.whole).last(f"{LIST}.selected")
    if row is None or everywhere is None:
        return ""
    number: Part = count(row) if row.count else "None"
    areas: Sentence = (number, " of the ", count(row, "base"), f" areas in {place.name} ")
    verb = "is selected" if row.count < 2 else "are selected"
    beside = (", of ", count(everywhere), f" in {book.released.place}")
    end = () if place.is_whole or not everywhere.count else beside
    return f'<p class="answer">{sentence_html(areas, verb, end, ".")}</p>'


def _facts(book: Book, place: Place) -> Iterator[str]:
    """Areas, people and how much of the list, each as a number over its words."""
    rows = book.rows(place)
    chosen, unsure = rows.last(f"{LIST}.selected"), rows.last(f"{LIST}.{BORDERLINE}")
    people, young = rows.last(f"{LIST}.residents"), rows.last(f"{LIST}.residents_10_24")
    if chosen is not None:
        yield _fact(count(chosen, "base"), "area" if chosen.base == 1 else "areas")
    for row, words in ((people, "residents"), (young, "aged 10 to 24")):
        if row is not None and given(row):
            yield _fact(count(row, "base"), words)
    if place.is_named:
        return
    if chosen is not None:
        yield _fact(count(chosen), "selected area" if chosen.count == 1 else "selected areas")
    if unsure is not None:
        yield _fact(count(unsure), "borderline, selected or not")
    if people is not None and given(people) and people.base > 0:
        words = "of residents live in selected areas"
        yield _fact(value(people), words, *_beside(book, place, f"{LIST}.residents"))


def _beside(book: Book, place: Place, figure: str) -> Sentence:
    """The value of the whole in brackets."""
    row = None if place.is_whole else book.rows(book.whole).last(figure)
    return (f" ({book.whole_word} ", value(row), ")") if row is not None and given(row) else ()


def _fact(number: Part, words: str, *more: Part) -> str:
    return f"<li><b>{sentence_html(number)}</b> {sentence_html(words, *more)}</li>"


def _areas(book: Book, place: Place) -> str:
    """The reasons of the areas that score, one row each."""
    # Areas with a line are links on the map, and the two must be the same set.
    codes = book.listed(place)
    # What has no line is counted, or a reader could not tell left out from forgotten.
    rest = len(place.codes) - len(codes)
    words = _LISTED[place.is_whole, book.has_ranks]
    if not rest:
        order = "by rank" if book.has_ranks else "in the order of their codes"
        words = f"All areas here, {order}."
    if not codes:
        scores = "score" in book.released.all_areas
        return paragraphs([_NO_AREA[scores]])
    # Rows carry the code as their id, to which the areas on the map lead.
    matrix = reason_matrix(book.released, codes, ids=True, is_list=False, shared=book.shared)
    return paragraphs([words]) + matrix


_NO_AREA = {
    True: "No area here has a score above zero.",
    False: "Nothing is told of any area here.",
}
_LISTED = {
    (True, True): "The list, by rank.",
    (True, False): "The list, in the order of codes.",
    (False, True): "Areas with a score above zero, by rank; the others score nothing.",
    (False, False): "Areas that are selected, borderline or have a reason, in the order of their "
    "codes; of the others nothing is told.",
}
"""What the table of areas holds, by whether it is of the whole and ranks are released."""


def _notes(book: Book, _place: Place) -> str:
    released = book.released
    # Notes on counts only where a profile shows counts.
    numbers = METHOD_NOTES if book.counted else ()
    source_note = Html(f"What became of the data stands in the {link('../report.html', 'report')}.")
    return (
        bullets([*numbers, source_note, *released.limits])
        + f'<p class="small">{escape(" ".join(released.attribution))}</p>'
    )


_Section = Callable[[Book, Place], str]
_SECTIONS: dict[str, _Section] = {
    "In short": _in_short,
    "Areas and their reasons": _areas,
    "Where it is hot": small_maps,
    "Where and when inside": inside_part,
    "Events, and how they change": events_part,
    "When": when_part,
    "Who": who_part,
    "Notes": _notes,
}


def _index(book: Book) -> str:
    parts = [
        f'<nav aria-label="Other pages"><p>{" · ".join(_ELSEWHERE)}</p></nav>',
        paragraphs([book.released.about]),
        _part("The whole", "", book, [book.whole]),
        *(_part(f"By {kind.replace('_', ' ')}", "", book, of) for kind, of in book.groups.items()),
    ]
    if book.named_places:
        words = "Selected areas that adjoin each other, the greatest need first."
        # Only those with a page: a link to a page that was not written would be broken.
        named = book.named_places[:MOST_PLACES]
        parts.append(_part("Places of selected areas", words, book, named))
        if len(book.named_places) > MOST_PLACES:
            parts.append(paragraphs(["Smaller places have no page of their own."]))
    return "".join(parts)


def _part(title: str, words: str, book: Book, places: Sequence[Place]) -> str:
    table = record_table([_place_record(book, place) for place in places])
    return f"<section><h2>{escape(title)}</h2>{paragraphs([words])}{table}</section>"


def _place_record(book: Book, place: Place) -> dict[str, object]:
    rows = book.rows(place)
    chosen, people = rows.last(f"{LIST}.selected"), rows.last(f"{LIST}.residents")
    # Named places are called by number on the map and in places.csv; groups have no number.
    number = {"Number": sentence_html(Number(f"{place.number}", f"place-{place.number}"))}
    record: dict[str, object] = {
        **(number if place.is_named else {}),
        "Place": link(place.file, place.name),
        "Areas": sentence_html(count(chosen, "base")) if chosen is not None else "",
        "Selected": sentence_html(count(chosen)) if chosen is not None else "",
    }
    if book.has_ranks:
        ranks = [(book.records[code]["rank"], code) for code in place.codes]
        # An area that was not assessed has no rank, and NaN would win or lose at random in min().
        best = min((one for one in ranks if not pd.isna(one[0])), default=None)
        rank = (Number(f"{int(best[0])}", best[1]),) if best else ()
        record["Highest rank"] = sentence_html(rank)
    if people is not None:
        record["Residents"] = sentence_html(count(people, "base"))
    # A profile that hides flags of some factors may not call the rest the most frequent of all.
    heading = "Most often hot" + ", of what is shown" * book.hides_hot
    return record | {heading: _most_often(book, place)}


def _most_often(book: Book, place: Place) -> Html:
    """The two factors with most hot areas."""
    rows = book.rows(place)
    hot: list[tuple[Row, str]] = []
    for name, of in book.hot.items():
        row = rows.last(f"{name}.hot", category=HOT)
        if row is not None and row.count > 0:
            hot.append((row, inside(of.label)))
    # Sorting keeps the order of the report where two factors have as many.
    most = sorted(hot, key=lambda one: -one[0].count)[:2]
    return sentence_html(
        joined([(f"{label} (", count(row), ")") for row, label in most], last=", ")
    )

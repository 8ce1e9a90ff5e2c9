"""The text of a needs assessment as pages: one for the whole, one for each partnership."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.outputs.governance import TODO, todo
from riskindex.outputs.needs.blocks import (
    Block,
    Bullets,
    DocumentTable,
    DocumentText,
    Drawing,
    Number,
    Paragraph,
    Sentence,
    ToComplete,
)
from riskindex.outputs.needs.markup import sentence_html
from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.sections import write_text
from riskindex.outputs.needs.topic import Topic
from riskindex.outputs.needs.word import has_word, write_word
from riskindex.outputs.pages import (
    asset,
    document,
    escape,
    link,
    marks_line,
    page_head,
    print_mark,
    slug,
    style_block,
)
from riskindex.publication.released import Released


def write_needs(released: Released, folder: Path) -> None:
    """Write the needs assessment that a config asks for, as pages and as documents.

    `needs.html` is of the whole, `needs/NAME.html` of each partnership; with python-docx there is
    a .docx beside each, to be finished by hand. Nothing is written without `[document]`.

    Parameters
    ----------
    released
        What the profile may see; nothing else is looked at.
    folder
        The folder of the result.
    """
    if released.document is None:
        return
    places = list(_places(released))
    names = {place.name: f"needs/{slug(place.name)}" for place in places if not place.is_whole}
    # A study area without groups gets no empty folder.
    if names:
        (folder / "needs").mkdir(exist_ok=True)
    # Made once: every page looks up hundreds of rows of the same table.
    rows = Rows(released.figures)
    for place in places:
        text = write_text(Topic(released, released.document, rows, place))
        stem = names.get(place.name, "needs")
        # Pages of partnerships lie one folder deeper than the page of the whole.
        links = _links(names, up="" if place.is_whole else "../")
        html = needs_page(text, released, links=links)
        (folder / f"{stem}.html").write_text(html, encoding="utf-8", newline="\n")
        if has_word():
            write_word(text, released, folder / f"{stem}.docx")


def _places(released: Released) -> Iterator[DocumentPlace]:
    """The whole, and the groups that each get a text."""
    yield DocumentPlace(WHOLE_KIND, released.place)
    assert released.document is not None
    figures = released.figures
    kind = released.document.partnerships
    if kind is None:
        listed = figures.loc[figures["figure"] == "list.selected", "place_kind"]
        # Where the config names none: the groups that the list is already told by.
        kind = next((k for k in listed if k != WHOLE_KIND), None)
    of_kind = figures.loc[figures["place_kind"] == kind, "place"]
    yield from (DocumentPlace(str(kind), name) for name in sorted(set(of_kind)))


def _links(names: dict[str, str], *, up: str) -> str:
    if not names:
        return ""
    items = [link(f"{up}{path}.html", name) for name, path in names.items()]
    whole = [link("../needs.html", "The whole")] if up else []
    return "<p>" + " · ".join([*whole, *items]) + "</p>"


def needs_page(text: DocumentText, released: Released, *, links: str = "") -> str:
    """The text of one place as a page.

    Every number is an element `data-row`, the name of its row in figures.csv; digits that are no
    figure (dates, codes, names) are in elements of class `free`.
    """
    parts = [
        (section.title, "".join(_html(block) for block in section.blocks))
        for section in text.sections
    ]
    body = "".join(
        f'<section id="{slug(title)}"><h2>{escape(title)}</h2>{part}</section>'
        for title, part in parts
    )
    contents = "".join(f"<li>{link(f'#{slug(title)}', title)}</li>" for title, _ in parts)
    # Contents after the first section, which is the page that a director reads.
    first, _, rest = body.partition("</section>")
    head = page_head(text.title, profile=released.profile, lead=text.lead)
    attribution = " ".join(released.attribution)
    # Licences have years and versions in them, which are no figures.
    foot = f'<footer class="page-foot free"><p>{escape(attribution)}</p></footer>'
    # The sheet of the governance page has the look of fields that a person fills in.
    sheets = (asset("page.css"), asset("report.css"), asset("governance.css"), asset("needs.css"))
    return document(
        title=text.title,
        head=style_block(*sheets, asset("plots.css"), print_mark(released.profile)),
        body=f'{head}<main class="report needs">{first}</section>{_about(text)}'
        f'<nav aria-label="Contents"><ul class="contents">{contents}</ul>{links}</nav>'
        f'{rest}<div class="free">{marks_line(body)}</div></main>{foot}',
    )


def _about(text: DocumentText) -> str:
    return (
        '<p class="small">Every number is a row of figures.csv, whose name it carries: hover over '
        'it. Limits in brackets are those of chance, <span class="free">95%</span>. Where a '
        f"person must write stands {TODO}: click into it and type, then print or save the page, or "
        "finish the document of the same name.</p>"
    )


def _html(block: Block) -> str:
    if isinstance(block, Paragraph):
        kind = ' class="answer"' if block.is_lead else ""
        return f"<p{kind}>{sentence_html(block.parts)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{sentence_html(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, DocumentTable):
        return _table(block)
    if isinstance(block, Drawing):
        drawn = picture_of(block.png, block.alt) if block.png else block.svg
        return f"<figure>{drawn}<figcaption>{sentence_html(block.caption)}</figcaption></figure>"
    assert isinstance(block, ToComplete)
    return f"<p>{todo(block.hint)}</p>"


def _table(table: DocumentTable) -> str:
    # Numbers are set right, so that their digits stand under each other and compare by eye.
    numeric = [_is_numeric([row[i] for row in table.rows]) for i in range(len(table.headings))]
    kinds = [' class="number"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{sentence_html(name)}</th>'
        for name, kind in zip(table.headings, kinds, strict=True)
    )
    lines = [
        "".join(
            f"<td{kind}>{sentence_html(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)
        )
        for row in table.rows
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    # A caption may hold the digits of a period, which are no figure.
    caption = f'<caption class="free">{escape(table.caption)}</caption>' if table.caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _is_numeric(column: Sequence[Sentence]) -> bool:
    """Whether every cell of a column is little more than a number, or empty."""
    return all(cell == ("",) or _is_short(cell) for cell in column)


def _is_short(cell: Sentence) -> bool:
    numbers = any(isinstance(part, Number) for part in cell)
    # Room for a number with its limits; a sentence with a number in it is read from the left.
    return numbers and sum(len(part if isinstance(part, str) else part.text) for part in cell) < 32


def picture_of(png: bytes, alt: str) -> str:
    """A PNG with its text for those who do not see it."""
    # Inside the page: a file beside it would be lost when the page is sent on.
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'

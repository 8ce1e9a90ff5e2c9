"""Sentences as markup: each number carries the row that it is from."""

from riskindex.outputs.needs.blocks import Free, Number, Part, Sentence
from riskindex.outputs.pages import Html, escape, slug


def sentence_html(*parts: Part | Sentence | Html) -> Html:
    """Parts of a sentence as markup, in their order.

    A number is an element `data` whose attribute `data-row` names its rows of figures.csv; digits
    that are no figure (dates, codes, names) are in elements of class `free`.
    """
    return Html("".join(map(_html, parts)))


def _html(part: Part | Sentence | Html) -> str:
    if isinstance(part, tuple):
        return "".join(map(_html, part))
    if isinstance(part, Number):
        row = escape(part.row)
        # data is HTML's own element for a text with a value for machines; the title shows it on
        # hover.
        return f'<data data-row="{row}" title="row {row}">{escape(part.text)}</data>'
    if isinstance(part, Free):
        kind = "free whole" if part.is_whole else "free"
        kind += f" verdict {slug(part.text)}" if part.is_verdict else ""
        return f'<span class="{kind}">{escape(part.text)}</span>'
    return part if isinstance(part, Html) else escape(part)

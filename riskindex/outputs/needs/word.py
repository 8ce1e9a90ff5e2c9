"""The text of a needs assessment as a document of a word processor, where it is finished."""

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from riskindex.files.text import seen
from riskindex.outputs.governance import TODO
from riskindex.outputs.needs.blocks import (
    Block,
    Bullets,
    DocumentTable,
    DocumentText,
    Drawing,
    Free,
    Number,
    Paragraph,
    Part,
    Sentence,
    ToComplete,
)
from riskindex.outputs.pages import PROFILE_MARKS
from riskindex.publication.released import Released

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph as WordParagraph

_WIDE = 16
"""Width of a picture in centimetres."""
LONGEST_TITLE = 255
"""Letters of a title among the properties of a document."""
# Any fixed time will do; a clock would make two runs differ.
_MOMENT = (2022, 1, 1, 0, 0, 0)


def has_word() -> bool:
    """Whether python-docx is installed, of the extra `docx`."""
    return find_spec("docx") is not None


def write_word(text: DocumentText, released: Released, path: Path) -> None:
    """Write the text of one place as a .docx: the same sentences and tables, without the plots.

    Parameters
    ----------
    text
        As the page has it.
    released
        Whose mark stands in the head of every page.
    path
        The file; the same text gives the same bytes.
    """
    # Optional: without it the pages are written all the same.
    import docx

    made = docx.Document()
    properties = made.core_properties
    # No author: python-docx would sign it with its own name.
    properties.title, properties.author = _plain(text.title)[:LONGEST_TITLE], ""
    properties.comments = ""
    mark = PROFILE_MARKS.get(released.profile, released.profile)
    # In the head of every page: a printed page must say who it is for when it is alone.
    made.sections[0].header.paragraphs[0].text = mark
    made.add_heading(_plain(text.title), level=0)
    if text.lead:
        made.add_paragraph(_plain(text.lead))
    for section in text.sections:
        made.add_heading(section.title, level=1)
        for block in section.blocks:
            _add(made, block)
    made.add_paragraph(_plain(" ".join(released.attribution)))
    content = io.BytesIO()
    made.save(content)
    path.write_bytes(_without_clock(content.getvalue()))


def _add(made: "WordDocument", block: Block) -> None:
    from docx.shared import Cm

    if isinstance(block, Paragraph):
        _write(made.add_paragraph(), block.parts)
    elif isinstance(block, Bullets):
        for item in block.items:
            _write(made.add_paragraph(style="List Bullet"), item)
    elif isinstance(block, DocumentTable):
        _add_table(made, block)
    elif isinstance(block, ToComplete):
        paragraph = made.add_paragraph()
        run = paragraph.add_run(f"{TODO}: {_plain(block.hint)}")
        run.bold = True
        run.italic = True
    elif isinstance(block, Drawing):
        # python-docx takes no SVG, so plots are left out and only their captions stay.
        if block.png:
            made.add_picture(io.BytesIO(block.png), width=Cm(_WIDE))
        _write(made.add_paragraph(), block.caption)


def _add_table(made: "WordDocument", block: DocumentTable) -> None:
    if block.caption:
        made.add_paragraph(_plain(block.caption), style="Caption")
    # A style of python-docx's own template, so that no file of styles has to be shipped.
    grid = made.add_table(rows=1, cols=len(block.headings), style="Light Grid Accent 1")
    for cell, name in zip(grid.rows[0].cells, block.headings, strict=True):
        cell.text = _words(name)
    for line in block.rows:
        for cell, parts in zip(grid.add_row().cells, line, strict=True):
            cell.text = "".join(map(_words, parts))


def _write(paragraph: "WordParagraph", parts: Sentence) -> None:
    for part in parts:
        run = paragraph.add_run(_words(part))
        # Figures stand out in a draft, where somebody has to check each of them.
        run.bold = isinstance(part, Number)


def _words(part: Part) -> str:
    return _plain(part.text if isinstance(part, Number | Free) else part)


def _plain(text: str) -> str:
    """Text that a document can hold: signs that no page can hold show as �."""
    return seen(text)


def _without_clock(content: bytes) -> bytes:
    """The same container with one time on every part: saving again gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, date_time=_MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            # zipfile writes the system that it runs on: the bytes must not depend on it.
            part.create_system = 3
            new.writestr(part, old.read(name))
    return out.getvalue()

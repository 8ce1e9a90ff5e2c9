"""Sections stand in the order of the guidance; one that has nothing to say is left out."""

from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.sections import SECTIONS, write_text
from riskindex.outputs.needs.topic import Topic


def test_each_place_has_the_sections_that_it_has_rows_for(needs_released):
    rows = Rows(needs_released.figures)
    district = needs_released.figures.query("place_kind == 'district'")["place"].iloc[0]
    for place in (
        DocumentPlace("whole", needs_released.place),
        DocumentPlace("district", district),
    ):
        text = write_text(Topic(needs_released, needs_released.document, rows, place))
        titles = [section.title for section in text.sections]
        assert titles == [title for title in SECTIONS if title in titles]
        assert all(section.blocks for section in text.sections)
        assert text.place == place.name
        assert text.title.endswith(place.name)

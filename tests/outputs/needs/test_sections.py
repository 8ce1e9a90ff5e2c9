"""Sections stand in the order of the guidance; one that has nothing to say is left out."""

from small_topic import line, text, topic

from riskindex.outputs.needs.blocks import DocumentTable
from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.sections import SECTIONS, in_plain_words, write_text
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


def test_a_note_names_its_source_as_a_reader_would():
    assert in_plain_words("suspect_records: 12 events.") == "Suspect records: 12 events."
    assert in_plain_words("fires: 9 events.") == "Fires: 9 events."
    for note in ("No area is hot: see below.", "51 areas lie at the edge.", "not so: done"):
        assert in_plain_words(note) == note


def test_homes_of_a_force_of_which_nobody_came_in_the_last_period_are_not_told():
    homes = [
        line("h", kind="living-in", by="home", category=force, period=period, count=n, value=n)
        for force, period, n in (("Kent", "2021", 4), ("Kent", "2022", 3), ("Avon", "2021", 9))
    ]
    # In hot areas: after more rows of homes than another table shows.
    homes += [
        line("h", kind="living-in", by="home", category=f"force {i}", count=1, value=1)
        for i in range(15)
    ]
    homes.append(line("h", kind="living-in", by="areas", category="hot", count=2, value=2))
    asked = {"name": "h", "kind": "living-in", "of": "f"}
    tables = [
        block
        for block in SECTIONS["Who"](topic(*homes, requested=[asked]))
        if isinstance(block, DocumentTable)
    ]
    places = [text(row[0]) for row in tables[0].rows]
    assert places[0] == "Kent"
    assert places[-1] == "hot"
    assert "Avon" not in places

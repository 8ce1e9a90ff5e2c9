"""What became of the records, and notes told once."""

import dataclasses

from riskindex.outputs.report.records import data_part, notes_in_short

LABELS = ("Serious violence suspects' homes", "Disorganised neighbourhood")


def with_notes(released, *notes):
    return dataclasses.replace(released, notes=notes)


def test_notes_that_say_the_same_of_several_factors_are_one(county_released):
    alike = [
        f"{label}: risks are uneven ({n} (pairs), from 2.0) here." for n, label in enumerate(LABELS)
    ]
    notes = notes_in_short(with_notes(county_released, *alike, "12 areas lie at the edge."))
    assert notes == [
        "Serious violence suspects' homes and disorganised neighbourhood: risks are uneven here.",
        "12 areas lie at the edge.",
    ]


def test_a_note_about_one_factor_keeps_its_numbers(county_released):
    note = f"{LABELS[0]}: risks are uneven (0.5)."
    assert notes_in_short(with_notes(county_released, note)) == [note]


def test_what_goes_together_is_left_to_the_questions(county_released):
    notes = ("x: rank correlation +0.9 with age.", "2 pairs of factors may count one thing twice.")
    assert notes_in_short(with_notes(county_released, *notes)) == []


def test_every_source_has_its_line_and_every_file_its_size(county_released):
    page = data_part(county_released)
    for source in county_released.reconciliation.index.unique("source"):
        assert f"{source}: the whole source" in page
    assert "<h3>Files read</h3>" in page

import pytest
from example_release import example_release

from riskindex.outputs.transparency_record import SOURCE, fields


@pytest.fixture(scope="module")
def released():
    return example_release()


def test_fields_have_a_section_and_each_name_stands_once_in_it():
    named = [(field.section, field.name) for field in fields()]
    assert all(section and name for section, name in named)
    assert len(named) == len(set(named))


def test_a_field_is_answered_by_the_run_or_asked_of_a_person(released):
    for field in fields():
        assert field.answer(released) or field.asked, field.name


def test_what_the_run_knows_is_told_with_its_numbers(released):
    answer = " ".join(field.answer(released) for field in fields())
    assert f"{released.cut.assessed:,} small areas of {released.place}" in answer
    assert f"{released.cut.selected:,} areas" in answer


def test_the_template_is_named_with_its_version_and_date():
    assert "version 3.0" in SOURCE
    assert "8 May 2025" in SOURCE

"""Numbers of the needs assessment equal plain SQL on the files of the invented county."""

import re

import pytest
from plain_sql import MEAN, NUMBERS, OTHERS, connected, counted, rows_of

from riskindex import read_config, run
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import FIVE_FILE, write_county


@pytest.fixture(scope="module")
def files(needs_county, needs_result):
    connection = connected(needs_county, needs_result)
    yield connection
    connection.close()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_essex_is_that_of_plain_sql(number, files, needs_result):
    for asked in NUMBERS[number]:
        found = rows_of(needs_result.figures, asked)
        assert found == counted(files, asked)
        assert found


@pytest.mark.parametrize("name", OTHERS)
def test_a_number_of_other_documents_is_that_of_plain_sql(name, files, needs_result):
    found = rows_of(needs_result.figures, OTHERS[name])
    assert found == counted(files, OTHERS[name])
    assert all(count > 0 for count, *_ in found.values())


def test_the_mean_harm_of_all_crime_stands_in_a_note(files, needs_result):
    rows = needs_result.figures
    notes = rows[(rows["figure"] == "harm") & (rows["category"] == "times the mean")]["note"]
    (mean,) = files.execute(f"SELECT round({MEAN})").fetchone()
    assert re.search(r"with a mean of (\d+) days", notes.iloc[0]).group(1) == f"{mean:.0f}"


@pytest.mark.long
def test_all_numbers_of_the_county_of_1111_areas_are_those_of_plain_sql(tmp_path):
    # A small county has no homicide in some periods, and no area that is hot in all of them.
    write_county(synthetic_county(), tmp_path)
    result = run(read_config(tmp_path / FIVE_FILE))
    connection = connected(tmp_path, result)
    for asked in [a for several in NUMBERS.values() for a in several] + list(OTHERS.values()):
        found = rows_of(result.figures, asked)
        assert found == counted(connection, asked)
        assert any(line[0] != 0 for line in found.values()), asked.figure

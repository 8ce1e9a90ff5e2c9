"""Keys of people are in no option, word, place or message beside their own column."""

import pandas as pd
import pytest
from people_of_force import suspects, write_people
from small_events import factor, source, squares

from riskindex import read_config, run
from riskindex.errors import ConfigError, DataError, InputError
from riskindex.events.count import count_events
from riskindex.events.read import frame_events, open_events
from riskindex.events.records.person_keys import SHOWN, is_shown, shared_column_faults
from riskindex.events.sources import EventSource

KEY = "Qx99999k"


def people(**columns):
    """Thirty records of people in one area, one of them with other values."""
    table = pd.DataFrame(
        {
            "person": [f"Qx{i:05d}k" for i in range(30)],
            "date": "2022-05-01",
            "area": "E01000001",
            "sex": "F",
        }
    )
    for column, value in columns.items():
        table.loc[7, column] = value
    return table


def asked(**options):
    plain = {"kind": "events", "path": "x.csv", "date": "date", "area": "area", "sex": "sex"}
    return EventSource(**{**plain, "person": "person", **options})


def counted(table, folder):
    """What a source of such records counts in one area."""
    table.to_csv(folder / "events.csv", index=False)
    given = {"s": source(path="events.csv", person="person")}
    with open_events(given, folder=folder, factors=[factor()]) as opened:
        return count_events(opened.events, squares("E01000001"), [factor()])


@pytest.mark.parametrize("option", [o for o in SHOWN if o not in ("x", "y")])
def test_no_other_option_may_name_the_column_of_the_keys(option):
    faults = list(shared_column_faults("s", asked(**{option: "person"})))
    assert faults == [
        "sources.s: the column 'person' holds keys of people (person), which are shown nowhere; "
        f"name another column for {option}."
    ]
    with pytest.raises(ConfigError, match="holds keys of people"):
        frame_events(people(), asked(**{option: "person"}))


def test_who_is_counted_and_who_is_followed_may_be_one_column():
    assert not list(shared_column_faults("s", asked(distinct="person")))


@pytest.mark.parametrize(
    ("column", "words"),
    [("sex", "row 8: where 'sex'"), ("area", "row 8: where 'area'")],
)
def test_a_key_where_a_word_should_be_is_refused_and_not_shown(column, words):
    with pytest.raises(InputError, match=words) as error:
        frame_events(people(**{column: "Qx00003k"}), asked())
    assert "Qx" not in str(error.value)


def test_a_short_key_is_no_fault_where_it_is_an_age_by_chance():
    table = people().assign(person=[str(i) for i in range(30)], age="12")
    assert frame_events(table, asked(age="age"))


@pytest.mark.parametrize("date", [KEY, "1990-13-01", "3/4/1990", "32874"])
def test_an_unreadable_date_of_people_is_placed_and_not_shown(date):
    with pytest.raises(InputError, match=r"row 8, column 'date', value not shown") as error:
        frame_events(people(date=date), asked())
    assert date not in str(error.value)
    assert "1990" not in str(error.value)


def test_a_value_of_a_source_without_people_is_shown():
    with pytest.raises(InputError, match="value '1990-13-01'"):
        frame_events(people(date="1990-13-01"), asked(person=None))


def test_a_text_that_is_no_area_code_is_in_no_note_and_no_list(tmp_path):
    found = counted(people(area=KEY), tmp_path)
    assert found.uncounted["row"].tolist() == [9]
    assert found.uncounted["area_code"].isna().all()
    assert any("their codes (not shown, as the source names people)" in n for n in found.notes)
    assert "Qx" not in "".join(found.notes)
    assert is_shown("E01000002", names_people=True)


def test_a_source_whose_areas_are_all_keys_is_refused_without_them(tmp_path):
    table = people().assign(area=[f"Zz{i:05d}y" for i in range(30)])
    with pytest.raises(DataError, match="not shown, as the source names people") as error:
        counted(table, tmp_path)
    assert "Zz" not in str(error.value)


def test_a_whole_run_names_file_and_row_and_leaves_nothing_behind(tmp_path):
    table = suspects()
    table.loc[4, "date"] = table.loc[9, "person"] = KEY
    table.loc[6, "sex"] = KEY
    config = write_people(tmp_path, suspects=table)
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(InputError) as error:
        run(read_config(config))
    assert "suspects.csv: row 6, column 'date', value not shown" in str(error.value)
    assert "suspects.csv: row 8: where 'sex' should be is the key of a person" in str(error.value)
    assert "Qx" not in str(error.value)
    assert {path.name for path in tmp_path.iterdir()} == before

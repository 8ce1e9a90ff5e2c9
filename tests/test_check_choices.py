"""Choices that do nothing, or not what they seem to, are told before anything is run."""

import tomllib

import pandas as pd
import pytest
from fault_corpus import CONFIG, write_project
from small_events import factor as event_factor

from riskindex import read_config
from riskindex.check import look
from riskindex.check_choices import constant_factors, idle_options, missing_names
from riskindex.config import parse_config
from riskindex.setup.new_config import presets, read_preset


def config(**of_work):
    values = tomllib.loads(CONFIG)
    values["factors"][1] |= of_work
    return parse_config(values)


@pytest.mark.parametrize("preset", presets())
def test_no_preset_has_an_option_that_does_nothing(preset):
    assert list(idle_options(parse_config(tomllib.loads(read_preset(preset))))) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"normalise": "z"}, "factors.work.normalise: 'z' has no effect; it is for the scores"),
        ({"direction": -1}, "direction: -1 has no effect"),
        ({"level": 0.1}, "level: 0.1 has no effect; it is for methods that test"),
        ({"ageing": "equal"}, "ageing: 'equal' has no effect; it is for the score risk"),
        ({"weight": 2, "scored": False}, "weight: 2.0 has no effect; it is of factors"),
        ({"tail": "strict"}, "tail: 'strict' has no effect"),
    ],
)
def test_an_option_that_does_nothing_is_told_with_what_it_is_for(options, words):
    (note,) = idle_options(config(**options))
    assert words in note


def test_options_that_do_something_are_not_told():
    assert list(idle_options(config())) == []
    assert event_factor().exposure is None


def test_bases_are_looked_for_by_name():
    (note,) = missing_names(config())
    assert "none is called residents_10_24" in note
    assert "there is residents" in note


def test_a_share_that_is_the_same_everywhere_is_told():
    columns = pd.MultiIndex.from_tuples([("people", "out_of_work"), ("people", "residents")])
    constant = pd.DataFrame([[10, 100], [20, 200], [None, 100]], columns=columns)
    (note,) = constant_factors(config(), constant)
    assert "factors.work: is 0.1 in every area" in note
    other = pd.DataFrame([[10, 100], [20, 100]], columns=columns)
    assert list(constant_factors(config(), other)) == []


def checked(folder):
    found = look(read_config(folder / "config.toml"))
    return "\n".join(found.lines), "\n".join(found.faults)


def test_degrees_in_one_file_and_metres_in_another_are_a_fault(tmp_path):
    project = write_project(tmp_path)
    project.by_coordinates()
    rows = project.text("crimes.csv").splitlines()
    metres = [row.split(",") for row in rows[1:21]]
    for row in metres:
        row[0], row[3], row[4] = f"m{row[0]}", "575000", "205000"
    project.write("crimes_b.csv", "\n".join([rows[0], *(",".join(row) for row in metres)]) + "\n")
    project.change("config.toml", 'path = "crimes.csv"', 'path = "crimes*.csv"')
    _, faults = checked(tmp_path)
    assert "crimes: coordinates are degrees in crimes.csv and metres in the other files" in faults


def test_ranges_that_a_spreadsheet_made_dates_are_told(tmp_path):
    project = write_project(tmp_path)
    text = project.text("crimes.csv").replace(",theft,", ",10-14,").replace(",fire,", ",14-Oct,")
    project.write("crimes.csv", text)
    project.change("config.toml", '["theft", "fire"]', '["10-14", "15-19"]')
    lines, _ = checked(tmp_path)
    assert "holds dates (14-Oct), which a spreadsheet makes of ranges such as 10-14" in lines


def test_codes_that_nearly_match_say_what_they_are_near_to(tmp_path):
    project = write_project(tmp_path)
    project.write("people.csv", project.text("people.csv").replace("E0102", "E102"))
    project.write("crimes.csv", project.text("crimes.csv").replace("E0102", "E102"))
    _, faults = checked(tmp_path)
    assert "'E1020001' is nearly 'E01020001': look at what differs" in faults
    assert "E1020001 is nearly E01020001, so look at what differs" in faults


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ("neighbours", {"k": 3}),
        ("neighbours", {"distance": 500.0}),
        ("selection", {"group": "ward"}),
        ("selection", {"rounding": "floor", "number": 3}),
        ("index", {"power": 2.0}),
        ("robustness", {"weights": "none", "spread": 0.5}),
    ],
)
def test_an_option_of_a_table_that_does_nothing_is_told(table, options):
    values = tomllib.loads(CONFIG)
    values[table] = values.get(table, {}) | options
    (note,) = idle_options(parse_config(values))
    assert note.startswith(f"{table}.{[*options][-1 if table == 'robustness' else 0]}: ")


def test_rows_that_stand_twice_are_told_where_there_is_no_key(tmp_path):
    project = write_project(tmp_path)
    lines, _ = checked(tmp_path)
    assert "repeat another" not in lines
    head, *rows = project.text("crimes.csv").splitlines()
    project.write("crimes.csv", "\n".join([head, *rows, *rows]) + "\n")
    project.change("config.toml", 'key = "ref"\n', "")
    lines, _ = checked(tmp_path)
    assert "records repeat another in every column that is read" in lines
    assert "under [sources.crimes] key" in lines


def test_measures_are_counted_as_a_run_counts_them(tmp_path):
    project = write_project(tmp_path)
    more = '\n[measures.old]\nlabel = "Old"\nsource = "crimes"\nperiods = [2001]\n'
    project.write("config.toml", project.text("config.toml") + more)
    _, faults = checked(tmp_path)
    assert "factors.old: crimes has no events in 2001" in faults

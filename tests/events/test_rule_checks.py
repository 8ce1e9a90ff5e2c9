"""Rules are held against the records: slips are refused, values that none has are noted."""

import pytest
from small_events import count, events, factor, group, squares

from riskindex.errors import ConfigError
from riskindex.events.count import count_events

TWO = squares("E01000001", "E01000002")


YEAR = {"date": "2022-05-01", "area": "E01000001"}


def rows(*places, **columns):
    return [{"date": "2022-05-01", "area": place, **columns} for place in places]


def counts(counted, factor_name="f", label="all", period="2022"):
    return list(counted.counts[factor_name, label, period])


def test_a_slip_in_a_rule_is_refused_with_what_was_meant():
    records = rows("E01000001", kind="Violence and sexual offences")
    with pytest.raises(ConfigError, match=r"did you mean 'Violence and sexual offences'\?"):
        count(records, TWO, factor(where={"kind": ["violence and sexual offence"]}))


def test_a_value_that_no_record_has_is_noted():
    counted = count(rows("E01000001", kind="a"), TWO, factor(where={"kind": ["a", "homicide"]}))
    assert counted.notes == ("s: where: no record has 'homicide' in the column 'kind'.",)


def test_what_is_not_recorded_can_be_asked_for_kept_and_told_apart():
    weapons = ["knife", "", None, "  ", "unknown", "gun"]
    records = [{**YEAR, "weapon": weapon, "kind": "a"} for weapon in weapons]
    records += [{**YEAR, "weapon": None, "kind": "b"}]
    asked = (
        factor("empty", where={"weapon": [""]}),
        factor("kept", where={"weapon": ["knife", ""], "kind": ["a"]}),
        factor("left", where={"weapon": ["knife"]}),
        factor(
            "apart",
            event_groups=(group("knife", weapon=["knife"]), group("not recorded", weapon=[""])),
        ),
    )
    counted = count(records, TWO, *asked)
    found = {(name, label): int(n) for (name, label, _), n in counted.counts.sum().items()}
    assert found == {
        ("empty", "all"): 4,
        ("kept", "all"): 4,
        ("left", "all"): 1,
        ("apart", "knife"): 1,
        ("apart", "not recorded"): 4,
    }
    about = "records of s that its rule may name the column 'weapon' is not recorded; they are"
    assert f"factors.empty: all: in 4 of 7 {about} counted." in counted.notes
    assert f"factors.kept: all: in 3 of 6 {about} counted." in counted.notes
    assert f"factors.left: all: in 4 of 7 {about} left out." in counted.notes
    assert not any("no record has ''" in note for note in counted.notes)


def test_an_empty_text_that_asks_for_nothing_is_noted():
    counted = count(rows("E01000001", kind="a"), TWO, factor(where={"kind": ["", "a"]}))
    every = "factors.f: all: where: every record has something in the column 'kind'."
    assert counted.notes == (every,)


def test_what_is_not_recorded_is_told_of_records_that_the_source_uses():
    records = [
        *rows("E01000001", kind=None, place="a"),
        *rows("E01000001", kind="x", place="a"),
        *rows("E01000001", kind=None, place="b"),
    ]
    counted = count(records, TWO, factor(where={"kind": ["x"]}), where={"place": ["a"]})
    assert counted.notes[0].startswith("factors.f: all: in 1 of 2 records of s")


def test_a_column_that_was_not_read_is_refused():
    opened = {"s": events(rows("E01000001", kind="a"))}
    with pytest.raises(ConfigError, match="the column 'kind' was not read"):
        count_events(opened, TWO, [factor(where={"kind": ["a"]})])


def test_values_that_differ_from_a_rules_in_capitals_alone_are_refused():
    records = rows("E01000001", "E01000002", kind="Theft") + rows("E01000001", kind="theft")
    with pytest.raises(ConfigError, match=r"records have 'theft' beside 'Theft' .* Name both"):
        count(records, TWO, factor(where={"kind": ["Theft"]}))
    both = count(records, TWO, factor(where={"kind": ["Theft", "theft"]}))
    assert counts(both) == [2, 1]

"""A config turned back: nothing of what is held out, or later, is left in it."""

from dataclasses import replace
from datetime import date

import pytest

from riskindex import read_config
from riskindex.errors import ConfigError
from riskindex.events.periods import parse_period
from riskindex.holdout import previous_period, split_config
from riskindex.index.selection import Override


@pytest.fixture(scope="module")
def config(county_config):
    return read_config(county_config)


def periods_of(config):
    return {factor.name: list(factor.periods) for factor in config.factors}


def changed(config, name, **changes):
    factors = [replace(f, **changes) if f.name == name else f for f in config.factors]
    return config.model_copy(update={"factors": factors})


def test_periods_are_shortened_by_the_last(config):
    split = split_config(config)
    assert split.held_out == ("2022",)
    assert periods_of(split.earlier)["domestic_abuse"] == ["2018", "2019", "2020", "2021"]
    assert periods_of(split.earlier)["deprivation"] == []


def test_a_factor_of_one_period_is_moved_to_the_one_before(config):
    split = split_config(config)
    assert periods_of(split.earlier)["suspects"] == ["2021"]
    assert any("of 2021" in note for note in split.notes)


def test_a_factor_is_left_out_where_its_sources_do_not_cover_the_period_before(config):
    split = split_config(config)  # its fires and arson begin in 2022
    assert "disorder" not in periods_of(split.earlier)
    assert any("left out" in note and "2021" in note for note in split.notes)


def test_a_factor_that_ends_earlier_stays_as_it_is(config):
    split = split_config(changed(config, "supply", periods=("2019",)))
    assert periods_of(split.earlier)["supply"] == ["2019"]
    assert "supply" not in split.targets


def test_several_periods_are_held_out_together(config):
    split = split_config(config, targets=["offences"], hold_out=2)
    assert split.held_out == ("2021", "2022")
    assert periods_of(split.earlier)["suspects"] == ["2020"]
    assert periods_of(split.earlier)["offences"] == ["2018", "2019", "2020"]


def test_targets_are_all_event_factors_of_the_latest_period(config):
    assert set(split_config(config).targets) == {
        "suspects",
        "domestic_abuse",
        "disorder",
        "possession",
        "supply",
        "offences",
    }


def test_hands_that_knew_what_came_later_are_dropped(config):
    code = Override(area_code="E01", action="in", reason="new homes")
    by_hand = config.model_copy(update={"selection": replace(config.selection, overrides=(code,))})
    split = split_config(by_hand)
    assert split.earlier.selection.overrides == ()
    assert any("by hand" in note for note in split.notes)


def test_the_folder_of_the_config_is_kept(config):
    assert split_config(config).earlier.folder == config.folder


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"targets": ["deprivation"]}, "no factor that counts events"),
        ({"targets": ["offences", "suspects"], "hold_out": 2}, "same periods"),
        ({"hold_out": 0}, "1 or more"),
        ({"targets": ["offences"], "hold_out": 4}, "needs two"),
    ],
)
def test_what_cannot_be_held_out_is_said(config, asked, words):
    with pytest.raises(ConfigError, match=words):
        split_config(config, **asked)


@pytest.mark.parametrize(
    ("label", "unit", "before"),
    [
        ("2022", "calendar-year", "2021"),
        ("2000-01", "financial-year", "1999-00"),
        ("2022/23", "academic-year", "2021/22"),
        ("2022-03", "year-ending", "2021-03"),
        ("2022-Q1", "quarter", "2021-Q4"),
        ("2022-01", "month", "2021-12"),
    ],
)
def test_the_period_before_has_a_label_of_its_unit(label, unit, before):
    period = parse_period(label, unit=unit)
    found = previous_period(period, period.start, unit)
    assert found == parse_period(before, unit=unit)
    assert found.end == period.start


def test_the_period_before_may_start_anywhere():
    quarter = parse_period("2022-Q4", unit="quarter")
    assert previous_period(quarter, date(2022, 4, 1), "quarter").label == "2022-Q1"

"""Two definitions side by side, on a small force."""

import pytest
from small_force import CONFIG, offences, write_force
from typer.testing import CliRunner

from riskindex import read_config
from riskindex.cli import app
from riskindex.definition_comparison import compare_definitions
from riskindex.errors import ConfigError

RISK = CONFIG.replace('score = "flag"', 'score = "risk"')


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return write_force(tmp_path_factory.mktemp("force"), RISK)


@pytest.fixture(scope="module")
def found(config):
    return compare_definitions(read_config(config), "serious", "wider")


def test_events_are_counted_by_one_alone_by_both_and_by_the_other_alone(found):
    events = found.events.set_index(["factor", "period"])
    assert list(events.index) == [("serious", "2021"), ("serious", "2022"), ("wider", "2022")]
    table = offences()
    table = table[table["date"].str.startswith("2022") & table["area"].notna()]
    armed = table["weapon"].isin(["knife", "gun"])
    kept = armed & table["kind"].isin(["robbery", "violence"]) & (table["place"] == "street")
    kept &= table["domestic"] == "false"
    both, wider = int(kept.sum()), int((armed & ~kept).sum())
    assert events.loc[("serious", "2022")].tolist() == [0, both, wider]
    assert events.loc[("wider", "2022")].tolist() == [0, both, wider]
    assert found.hot["factor"].tolist() == ["serious"]
    # Only by the wider definition are there enough events for the area with three times as many.
    assert found.selected[["area_code", "selected by"]].to_numpy().tolist() == [
        ["E01000001", "wider"]
    ]
    assert found.in_both == 0


def test_the_command_prints_what_differs_the_other_way_round(config, found):
    said = CliRunner().invoke(app, ["definitions", str(config), "wider", "serious"])
    assert said.exit_code == 0
    assert "only serious" in said.output
    assert "share 0 areas" in said.output
    line = next(line for line in said.output.splitlines() if "2021" in line)
    turned = found.events.iloc[0, 2:].tolist()[::-1]
    assert [int(cell) for cell in line.split("│")[3:6]] == turned


@pytest.mark.parametrize(
    ("names", "what"),
    [(("serious", "grave"), "no definition 'grave'"), (("wider", "wider"), "two different")],
)
def test_definitions_that_cannot_be_compared_are_refused(config, names, what):
    with pytest.raises(ConfigError, match=what):
        compare_definitions(read_config(config), *names)


def test_where_nothing_counts_by_them_a_factor_must_be_named(tmp_path):
    plain = RISK.replace('definition = "serious"', 'where = { kind = ["theft"] }')
    plain = plain[: plain.index("[measures.wider]")]
    asked = read_config(write_force(tmp_path, plain))
    with pytest.raises(ConfigError, match="Name one with --of: serious"):
        compare_definitions(asked, "serious", "wider")
    found = compare_definitions(asked, "serious", "wider", of="serious")
    assert found.events["both"].sum() > 0

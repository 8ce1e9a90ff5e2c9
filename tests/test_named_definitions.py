"""Names of definitions get their meaning from a config, in the words of each source."""

import pytest
from small_force import CONFIG, offences, write_force

from riskindex import read_config, run
from riskindex.errors import ConfigError

POLICE = CONFIG.replace(
    'kind = "events"\npath = "offences.csv"\ndate = "date"\narea = "area"',
    'kind = "police.uk"\npath = "offences.csv"',
)
WORDS = """
columns = { weapon = "WEAPON_USED" }
words = { weapon = { knife = ["K", "BLADE"] } }
"""


def renamed():
    """The offences with another name of a column, and two words for a knife."""
    table = offences().rename(columns={"weapon": "WEAPON_USED"})
    knives = table["WEAPON_USED"] == "knife"
    words = ["K" if i % 2 else "BLADE" for i in range(len(table))]
    return table.assign(WEAPON_USED=table["WEAPON_USED"].mask(knives, words))


def test_a_source_may_call_columns_and_values_otherwise(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = run(read_config(write_force(tmp_path / "a")))
    config = CONFIG.replace('area = "area"\n', f'area = "area"{WORDS}', 1)
    other = run(read_config(write_force(tmp_path / "b", config, offences=renamed())))
    assert other.counts.equals(plain.counts)
    assert other.funnels.equals(plain.funnels)


def test_police_uk_cannot_say_what_a_weapon_is(tmp_path):
    with pytest.raises(ConfigError, match=r"police\.uk cannot say domestic, kind, place, weapon"):
        read_config(write_force(tmp_path, POLICE))


def test_words_for_a_column_that_no_definition_looks_at_are_refused(tmp_path):
    words = 'words = { weapn = { knife = ["K"] } }'
    config = CONFIG.replace('area = "area"\n', f'area = "area"\n{words}\n', 1)
    with pytest.raises(ConfigError, match="looks at 'weapn'; columns of definitions: domestic"):
        read_config(write_force(tmp_path, config))


def test_a_value_that_is_written_otherwise_is_refused_with_what_to_do(tmp_path):
    table = offences().assign(kind=lambda t: t["kind"].replace("robbery", "robery"))
    with pytest.raises(ConfigError, match=r"did you mean 'robery'.*under words of the source"):
        run(read_config(write_force(tmp_path, offences=table)))
    config = CONFIG.replace(
        'area = "area"\n', 'area = "area"\nwords = { kind = { robbery = [] } }\n', 1
    )
    assert run(read_config(write_force(tmp_path, config, offences=table))).counts.sum().sum() > 0


def test_a_definition_may_name_another_and_not_itself(tmp_path):
    more = """
[definitions.narrow]
label = "Serious violence with a gun"
all = [{ definition = "serious" }, { column = "weapon", values = ["gun"], not_recorded = "out" }]
"""
    config = CONFIG.replace('definition = "wider"', 'definition = "narrow"') + more
    found = run(read_config(write_force(tmp_path, config)))
    table = offences()
    kept = table["date"].str.startswith("2022") & table["area"].notna()
    kept &= table["kind"].isin(["robbery", "violence"]) & (table["weapon"] == "gun")
    kept &= (table["place"] == "street") & (table["domestic"] == "false")
    assert found.measured.counts["wider"].to_numpy().sum() == kept.sum() > 0
    for name, what in (("narrow", "names itself"), ("grave", "names 'grave', which is no")):
        with pytest.raises(ConfigError, match=what):
            read_config(write_force(tmp_path, config.replace('"serious" }, {', f'"{name}" }}, {{')))


def test_an_outer_limit_is_counted_by_figures_and_by_no_factor(tmp_path):
    damage = '{ "criminal damage and arson" = ["damage"] }'
    words = f"""columns = {{ offence_type = "kind" }}
words = {{ offence_type = {damage}, domestic = {{ yes = ["true"] }} }}
"""
    config = CONFIG.replace('area = "area"\n', 'area = "area"\n' + words, 1)
    asked = config.replace('definition = "wider"', 'definition = "act-2022"')
    assert read_config(write_force(tmp_path, asked)).measures["wider"].definition.outer_limit
    scored = config.replace('definition = "serious"', 'definition = "act-2022"')
    with pytest.raises(ConfigError, match="an outer limit and no list to filter by"):
        read_config(write_force(tmp_path, scored))

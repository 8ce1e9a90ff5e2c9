"""Definitions and people of the invented county, beside plain SQL on its files."""

import tomllib

import duckdb
import pytest

from riskindex.areas import read as inputs
from riskindex.assessment.people_counts import columns_for_people, count_people
from riskindex.config import parse_config
from riskindex.events.count import count_events
from riskindex.events.read import open_events

MORE = """
[sources.offences]
kind = "events"
path = "data/violence_offences.csv"
date = "offence_date"
x = "easting"
y = "northing"
key = "offence_id"
offence = "offence_id"
[sources.suspects]
kind = "events"
path = "data/violence_suspects.csv"
date = "offence_date"
area = "home_lsoa21"
key = "record_id"
person = "person"
offence = "offence_id"
everyone_is = "suspect"
type = "offence_type"
code = "offence_group"
age = "age"
[sources.victims]
kind = "events"
path = "data/violence_victims.csv"
date = "offence_date"
area = "home_lsoa21"
key = "record_id"
person = "person"
offence = "offence_id"
everyone_is = "victim"
age = "age"
[sources.history]
kind = "events"
path = "data/person_history.csv"
date = "event_date"
person = "person"
role = "role"
[measures.essex]
label = "Serious violence"
source = "offences"
definition = "essex-2024"
periods = [2022, 2023]
[measures.either]
label = "Serious violence, the other reading"
source = "offences"
definition = "essex-2024-or"
periods = [2022]
[measures.london]
label = "Serious violence, London's"
source = "offences"
definition = "london-2023"
periods = [2022]
[measures.suspected]
label = "Suspects of serious violence"
source = "suspects"
where = { offence_group = ["serious violence"] }
periods = [2022]
[[figures]]
name = "again"
kind = "repeats"
of = "suspected"
[[figures]]
name = "known"
kind = "history"
of = "suspected"
records = [
    { label = "domestic abuse", source = "history", where = { marker = ["domestic abuse"] } },
    { label = "markers", source = "history", by = "marker" },
    { label = "victims too", source = "victims", when = "period" },
]
"""


@pytest.fixture(scope="module")
def config(county_config):
    text = county_config.read_text("utf-8")
    values, more = tomllib.loads(text), tomllib.loads(MORE)
    values["sources"] |= more["sources"]
    values |= {key: more[key] for key in ("measures", "figures")}
    return parse_config(values, folder=county_config.parent)


@pytest.fixture(scope="module")
def counted(config):
    """What is counted by the measures, and of people."""
    areas = inputs.read_areas(config.areas, config.folder).areas
    asked, measured = config.asked_people, config.measured
    mine = {name: config.sources[name] for name in ("offences", "suspects", "victims", "history")}
    with open_events(
        mine, folder=config.folder, factors=measured, areas=areas, more=columns_for_people(asked)
    ) as opened:
        events = {name: opened.events[name] for name in ("offences", "suspects")}
        return count_events(events, areas, measured), count_people(opened.events, areas, asked)


@pytest.fixture(scope="module")
def sql(config):
    """Numbers by plain SQL on the files."""
    connection = duckdb.connect()
    for name in ("violence_offences", "violence_suspects", "violence_victims", "person_history"):
        path = str(config.folder / "data" / f"{name}.csv")
        connection.execute(
            f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', all_varchar = true)"
        )
    connection.execute(
        "CREATE TABLE o AS SELECT *, left(offence_date, 4) AS year FROM violence_offences"
    )
    connection.execute(
        "CREATE TABLE s AS SELECT DISTINCT ON (record_id) *, offence_date[:10]::DATE AS day "
        "FROM violence_suspects WHERE offence_group = 'serious violence'"
    )
    return lambda query: connection.execute(query).fetchall()[0][0]


TYPES = (
    "offence_type IN ('homicide', 'domestic manslaughter', 'violence with injury', 'robbery', "
    "'other sexual offences')"
)
ARMED = "coalesce(weapon, '') IN ('knife', 'bladed article', 'firearm', 'other weapon')"
OUTSIDE = "coalesce(place, 'dwelling') <> 'dwelling'"
NOT_DOMESTIC = "coalesce(domestic, '') = 'no'"


def left(counted, name, period="2022"):
    """Records that meet the definition of a measure, before they are put into areas."""
    steps = counted[0].funnels
    steps = steps[(steps["factor"] == name) & (steps["period"] == period)]
    steps = steps[steps["alternative"] == ""]
    return steps["left"].iloc[-2]


@pytest.mark.parametrize("period", ["2022", "2023"])
def test_essex_is_counted_to_the_last_record(counted, sql, period):
    met = f"{TYPES} AND {ARMED} AND {OUTSIDE} AND {NOT_DOMESTIC}"
    expected = sql(f"SELECT count(*) FROM o WHERE year = '{period}' AND {met}")
    assert left(counted, "essex", period) == expected > 0


def test_the_other_reading_is_counted_to_the_last_record(counted, sql):
    met = f"{TYPES} AND ({ARMED} OR {OUTSIDE}) AND {NOT_DOMESTIC}"
    assert left(counted, "either") == sql(f"SELECT count(*) FROM o WHERE year = '2022' AND {met}")


def test_london_finds_the_young_among_victims_and_suspects(counted, sql):
    violence = (
        "offence_type IN ('homicide', 'domestic manslaughter', 'attempted murder', "
        "'violence with injury', 'violence without injury', 'threats to kill', 'robbery')"
    )
    young = (
        "offence_id IN (SELECT offence_id FROM violence_victims WHERE age::INT < 25 UNION "
        "SELECT offence_id FROM violence_suspects WHERE age::INT < 25)"
    )
    met = (
        f"({violence} AND {young}) OR coalesce(domestic, '') = 'yes' "
        "OR offence_type IN ('rape', 'other sexual offences')"
    )
    assert left(counted, "london") == sql(f"SELECT count(*) FROM o WHERE year = '2022' AND ({met})")


def number(counted, figure, item):
    table = counted[1]
    found = table[(table["figure"] == figure) & (table["item"] == item)]
    return int(found["count"].sum())


def test_people_and_their_repeats_are_counted_to_the_last_record(counted, sql):
    year = "FROM s WHERE year(day) = 2022"
    assert number(counted, "again", "records") == sql(f"SELECT count(*) {year}")
    assert number(counted, "again", "people") == sql(f"SELECT count(DISTINCT person) {year}")
    several = f"SELECT count(*) FROM (SELECT person {year} GROUP BY 1 HAVING count(*) > 1)"
    assert number(counted, "again", "several") == sql(several)
    first = f"(SELECT person, min(day) AS first {year} GROUP BY 1) p"
    earlier = (
        f"SELECT count(DISTINCT p.person) FROM {first} JOIN s ON s.person = p.person "
        "AND s.day < p.first AND s.day >= p.first - INTERVAL 5 YEAR"
    )
    assert number(counted, "again", "earlier\x1f5") == sql(earlier) > 0


def test_history_before_the_latest_record_is_counted_to_the_last_record(counted, sql):
    last = "(SELECT person, max(day) AS last FROM s WHERE year(day) = 2022 GROUP BY 1) p"
    history = (
        f"SELECT count(DISTINCT p.person) FROM {last} JOIN person_history h "
        "ON h.person = p.person AND h.event_date::DATE < p.last "
        "AND h.event_date::DATE >= p.last - INTERVAL 5 YEAR"
    )
    for marker in ("domestic abuse", "self-harm", "child protection"):
        expected = sql(f"{history} WHERE h.marker = '{marker}'")
        assert number(counted, "known", f"named\x1fmarkers\x1f{marker}\x1f5") == expected
    assert number(counted, "known", "named\x1fdomestic abuse\x1f\x1f5") > 0
    both = sql(
        f"SELECT count(*) FROM {last} WHERE person IN (SELECT person FROM violence_victims "
        "WHERE left(offence_date, 4) = '2022')"
    )
    assert number(counted, "known", "named\x1fvictims too\x1f\x1f0") == both > 0

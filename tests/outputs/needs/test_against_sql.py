"""Numbers of the needs assessment equal plain SQL on the files of the invented county."""

import duckdb
import pytest

ESSEX = (
    "offence_type IN ('homicide', 'domestic manslaughter', 'violence with injury', 'robbery', "
    "'other sexual offences') AND weapon IN ('knife', 'bladed article', 'firearm', 'other weapon') "
    "AND place <> 'dwelling' AND domestic = 'no'"
)
KNIFE = (
    "offence_type IN ('homicide', 'attempted murder', 'threats to kill', 'violence with injury', "
    "'robbery', 'rape', 'other sexual offences') AND weapon = 'knife' AND domestic = 'no'"
)
SERIOUS = "offence_group = 'serious violence'"
BEFORE = (
    "h.event_date < p.latest AND h.event_date >= p.latest - INTERVAL 5 YEAR "
    "AND h.marker = 'domestic abuse'"
)

KNIFE_TYPES = KNIFE.partition(" AND weapon")[0]
YOUNG = (
    "offence_id IN (SELECT offence_id FROM victims WHERE age < 25 UNION ALL "
    "SELECT offence_id FROM suspects WHERE age < 25)"
)
PUBLIC = (
    "offence_type IN ('violence with injury', 'robbery', 'possession of weapons') "
    "AND place <> 'dwelling'"
)
EARLIER = (
    f"(SELECT DISTINCT p.person FROM (SELECT person, min(offence_date) AS first FROM suspects "
    f"WHERE {SERIOUS} AND y = 2023 GROUP BY person) p JOIN suspects s USING (person) "
    f"WHERE s.{SERIOUS} AND s.offence_date < p.first "
    "AND s.offence_date >= p.first - INTERVAL 5 YEAR)"
)


def between(first, last):
    return f"m BETWEEN '{first}' AND '{last}'"


def alone(first, last):
    return (
        f"offences WHERE offence_type = 'homicide' AND domestic = 'no' AND {between(first, last)}"
    )


CASES = {
    "serious_violence_or.count": (
        "2023",
        "",
        f"offences WHERE {ESSEX.partition(' AND weapon')[0]} AND domestic = 'no' AND y = 2023 "
        "AND (weapon IN ('knife', 'bladed article', 'firearm', 'other weapon') "
        "OR place <> 'dwelling')",
    ),
    "knife_first": ("2023-12", "", f"offences WHERE {KNIFE} AND y = 2023"),
    "knife_from_first.count": ("2020-12", "", f"offences WHERE {KNIFE} AND y = 2020"),
    "homicides_from_first.count": ("2019-03", "", alone("2018-04", "2019-03")),
    "homicides_not_domestic.count": ("2022-07", "", alone("2021-08", "2022-07")),
    "knife_homicides_not_domestic.count": (
        "2019-03",
        "",
        f"{alone('2018-04', '2019-03')} AND weapon = 'knife'",
    ),
    "serious_knife.count": (
        "2023-06",
        "",
        f"offences WHERE {KNIFE_TYPES} AND weapon = 'knife' AND {between('2022-07', '2023-06')}",
    ),
    "attempted_murders.count": (
        "2023-06",
        "",
        f"offences WHERE offence_type = 'attempted murder' AND {between('2022-07', '2023-06')}",
    ),
    "victim_count.count": ("2023", "", f"victims WHERE {SERIOUS} AND y = 2023"),
    "victim_ages": ("2022", "under 25", f"victims WHERE {SERIOUS} AND y = 2022 AND age < 25"),
    "suspect_again ": ("2023", "people with an earlier record", EARLIER),
    "victim_again ": (
        "2023",
        "people with two records or more",
        f"(SELECT person FROM victims WHERE {SERIOUS} AND y = 2023 GROUP BY person "
        "HAVING count(*) > 1)",
    ),
    "suspects_in_deprived_areas": (
        "2022",
        "in the study area: records",
        f"suspects JOIN areas ON lsoa21_code = home_lsoa21 WHERE {SERIOUS} AND y = 2022",
    ),
    "k01_change": ("2023", "", f"offences WHERE {PUBLIC} AND y = 2023"),
    "k02_change": ("2023", "", f"offences WHERE {PUBLIC} AND {YOUNG} AND y = 2023"),
    "k12_change": (
        "2023",
        "",
        "offences WHERE offence_type IN ('rape', 'other sexual offences') AND domestic = 'no' "
        "AND y = 2023",
    ),
    "w05_age": (
        "2023",
        "18 to 24",
        "victims JOIN areas ON lsoa21_code = home_lsoa21 WHERE age BETWEEN 18 AND 24 AND y = 2023",
    ),
    "w06_share": (
        "2023",
        "",
        "offences WHERE weapon = 'knife' AND injury AND y = 2023 AND offence_id IN "
        "(SELECT offence_id FROM victims WHERE age < 25)",
    ),
    "w09_change": ("2023", "", "offences WHERE domestic = 'yes' AND injury AND y = 2023"),
    "v01_count": (
        "2023",
        "",
        "offences WHERE offence_code IN ('8N', '5D', '5E', '104', '8S', '8P', '105B') AND y = 2023",
    ),
    "b04_supply": (
        "2022",
        "",
        "drugs JOIN areas ON lsoa21_code = home_lsoa21 "
        "WHERE offence_group = 'possession with intent to supply' AND y = 2022",
    ),
    "serious_violence.count 2023": ("2023", "", f"offences WHERE {ESSEX} AND y = 2023"),
    "serious_violence.count 2019": ("2019", "", f"offences WHERE {ESSEX} AND y = 2019"),
    "knife_yearly": (
        "2023-07",
        "",
        f"offences WHERE {KNIFE} AND m BETWEEN '2022-08' AND '2023-07'",
    ),
    "wide_of_all_crime": ("2023", "", "offences WHERE weapon = 'knife' AND y = 2023"),
    "suspect_count.count": ("2022", "", f"suspects WHERE {SERIOUS} AND y = 2022"),
    "suspect_ages": ("2022", "under 25", f"suspects WHERE {SERIOUS} AND y = 2022 AND age < 25"),
    "suspect_count.mix sex": ("2022", "M", f"suspects WHERE {SERIOUS} AND y = 2022 AND sex = 'M'"),
    "suspect_again": (
        "2023",
        "people",
        f"(SELECT DISTINCT person FROM suspects WHERE {SERIOUS} AND y = 2023)",
    ),
    "victim_again": (
        "2023",
        "people",
        f"(SELECT DISTINCT person FROM victims WHERE {SERIOUS} AND y = 2023)",
    ),
    "suspect_history": (
        "2022",
        "named on a domestic abuse record",
        "(SELECT DISTINCT p.person FROM (SELECT person, max(offence_date) AS latest FROM suspects "
        f"WHERE {SERIOUS} AND y = 2022 GROUP BY person) p JOIN history h USING (person) "
        f"WHERE {BEFORE})",
    ),
    "victims_too": (
        "2022",
        "suspects of the same year, too",
        f"(SELECT DISTINCT person FROM victims WHERE {SERIOUS} AND y = 2022 AND person IN "
        f"(SELECT person FROM suspects WHERE {SERIOUS} AND y = 2022))",
    ),
    "detected": (
        "2022",
        "detected",
        f"offences WHERE {ESSEX} AND y = 2022 "
        "AND outcome IN ('charged or summonsed', 'out of court resolution')",
    ),
}
"""Figure to its period, its category, and what SQL counts."""


@pytest.fixture(scope="module")
def files(needs_county):
    connection = duckdb.connect()
    tables = {
        "offences": ("violence_offences", "offence_date"),
        "suspects": ("violence_suspects", "offence_date"),
        "victims": ("violence_victims", "offence_date"),
        "history": ("person_history", "event_date"),
        "drugs": ("drug_suspects", "offence_date"),
    }
    for name, (file, date) in tables.items():
        path = needs_county / "data" / f"{file}.csv"
        connection.execute(
            f"CREATE VIEW {name} AS SELECT DISTINCT *, year({date}) AS y, "
            f"strftime({date}, '%Y-%m') AS m FROM read_csv('{path}', sample_size = -1)"
        )
    lookup = needs_county / "data" / "lsoa21_ward24_lad24.csv"
    connection.execute(f"CREATE VIEW areas AS SELECT lsoa21_code FROM '{lookup}'")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", CASES)
def test_a_count_is_that_of_plain_sql(name, files, needs_result):
    period, category, counted = CASES[name]
    figure, _, by = name.partition(" ")
    rows = needs_result.figures
    # Of people looked for in the years before, five of them.
    rows = rows[~rows["compared_with"].str.startswith("1 year ")]
    rows = rows[(rows["figure"] == figure) & (rows["place_kind"] == "whole")]
    rows = rows[(rows["period"] == period) & (rows["category"] == category)]
    rows = rows if not by or by.isdigit() else rows[rows["by"] == by]
    assert len(rows) == 1
    (expected,) = files.execute(f"SELECT count(*) FROM {counted}").fetchone()
    assert rows["count"].iloc[0] == expected > 0


def test_harm_is_the_sum_of_days_by_code(files, needs_result, needs_county):
    weights = needs_county / "data" / "harm_weights.csv"
    (days,) = files.execute(
        f"SELECT sum(w.days::DECIMAL(12, 4)) FROM offences o JOIN read_csv('{weights}', "
        f"all_varchar = true) w ON w.offence_code = o.offence_code WHERE {ESSEX} AND y = 2023"
    ).fetchone()
    rows = needs_result.figures
    total = rows[(rows["figure"] == "harm") & (rows["category"] == "all")]
    assert total["value"].iloc[0] == pytest.approx(float(days), abs=0.5)

"""What plain SQL counts on the files of the invented county, for each number of the documents."""

import zipfile
from typing import NamedTuple

import duckdb
import geopandas as gpd
import pandas as pd


class Asked(NamedTuple):
    """Rows of a figure, what tells them apart, and the SQL whose lines they must equal."""

    figure: str
    chosen: dict[str, object]
    keys: tuple[str, ...]
    sql: str
    columns: tuple[str, ...] = ("count", "base")


SERIOUS = "offence_group = 'serious violence'"
TYPES = (
    "offence_type IN ('homicide', 'domestic manslaughter', 'violence with injury', 'robbery', "
    "'other sexual offences')"
)
ARMED = "weapon IN ('knife', 'bladed article', 'firearm', 'other weapon')"
ESSEX = f"{TYPES} AND {ARMED} AND place <> 'dwelling' AND domestic = 'no'"
KNIFE_TYPES = (
    "offence_type IN ('homicide', 'attempted murder', 'threats to kill', 'violence with injury', "
    "'robbery', 'rape', 'other sexual offences')"
)
KNIFE = f"{KNIFE_TYPES} AND weapon = 'knife' AND domestic = 'no'"
HOMICIDES = "offence_type IN ('homicide', 'domestic manslaughter')"
ALONE = "offence_type = 'homicide' AND domestic = 'no'"
YOUNG = (
    "offence_id IN (SELECT offence_id FROM victims WHERE age < 25 UNION ALL "
    "SELECT offence_id FROM suspects WHERE age < 25)"
)
PUBLIC = (
    "offence_type IN ('violence with injury', 'robbery', 'possession of weapons') "
    "AND place <> 'dwelling'"
)
AT_HOME = "areas ON lsoa21_code = home_lsoa21"
WHOLE = {"place_kind": "whole"}
PERIOD, CATEGORY, PLACE = ("period",), ("category",), ("place", "period")


def of(period, **more):
    return {**WHOLE, "period": period, **more}


def between(first, last):
    return f"m BETWEEN '{first}' AND '{last}'"


def one(figure, period, counted, base="NULL", **chosen):
    """One row: a count of a table under a condition, and its base."""
    sql = f"SELECT (SELECT count(*) FROM {counted}), ({base})"
    return Asked(figure, {**of(period), **chosen}, (), sql)


def recorded(part, year, column="recorded"):
    return (
        f"SELECT {column} FROM recorded_crime WHERE place = 'the invented county' "
        f"AND offences = '{part}' AND year = '{year}'"
    )


def part_of_crime(part):
    sql = f"{recorded(part, 2023, 'recorded, all_crime')}"
    return Asked("parts_of_all_crime", of("2023", category=part), (), sql)


def offences(condition, first, last):
    return f"offences WHERE {condition} AND {between(first, last)}"


def change(figure, period, condition, now, then):
    return one(
        figure,
        period,
        offences(condition, *now),
        f"SELECT count(*) FROM {offences(condition, *then)}",
    )


def admissions(figure, then):
    def number(year):
        return (
            "(SELECT number FROM indicators "
            f"WHERE indicator LIKE 'admissions%' AND period = '{year}')"
        )

    return Asked(figure, of("2021/22"), (), f"SELECT {number('2021/22')}, {number(then)}")


def people(table, year):
    return f"SELECT count(DISTINCT person) FROM {table} WHERE {SERIOUS} AND y = {year}"


def again(table, year):
    """Rows about repeats: people, those with two records, further records, earlier ones."""
    mine = f"{table} WHERE {SERIOUS} AND y = {year}"
    unique = people(table, year)
    earlier = (
        f"SELECT count(DISTINCT p.person) FROM (SELECT person, min(offence_date)::DATE AS first "
        f"FROM {mine} GROUP BY person) p JOIN {table} s USING (person) WHERE s.{SERIOUS} "
        "AND s.offence_date < p.first AND s.offence_date >= p.first - INTERVAL 5 YEAR"
    )
    return (
        f"SELECT 'people', ({unique}), NULL UNION ALL "
        f"SELECT 'further records of people who had one', count(*) - count(DISTINCT person), "
        f"count(*) FROM {mine} UNION ALL "
        f"SELECT 'people with two records or more', count(*), ({unique}) FROM (SELECT person "
        f"FROM {mine} GROUP BY person HAVING count(*) > 1) UNION ALL "
        f"SELECT 'people with an earlier record', ({earlier}), ({unique})"
    )


AGAIN = {
    "people",
    "further records of people who had one",
    "people with two records or more",
    "people with an earlier record",
}


def repeats(figure, table):
    looked = {"category": AGAIN, "compared_with": {"", "5 years before their first of the period"}}
    return Asked(figure, {**of("2023"), **looked}, CATEGORY, again(table, 2023))


def history(figure, table):
    """People by marker, and of domestic abuse by role, in the five years before the latest."""
    before = (
        f"SELECT p.person, h.marker, h.role FROM (SELECT person, max(offence_date)::DATE AS latest "
        f"FROM {table} WHERE {SERIOUS} AND y = 2022 GROUP BY person) p JOIN history h "
        "USING (person) WHERE h.event_date < p.latest "
        "AND h.event_date >= p.latest - INTERVAL 5 YEAR"
    )
    abuse = "'named on a domestic abuse record'"
    label = f"CASE marker WHEN 'domestic abuse' THEN {abuse} ELSE marker END"
    sql = (
        f"WITH b AS ({before}) SELECT {label}, count(DISTINCT person), ({people(table, 2022)}) "
        "FROM b GROUP BY 1 UNION ALL "
        f"SELECT {abuse} || ': ' || role, count(DISTINCT person), ({people(table, 2022)}) FROM b "
        "WHERE marker = 'domestic abuse' GROUP BY role"
    )
    return Asked(
        figure, of("2022", compared_with="5 years before their latest record"), CATEGORY, sql
    )


def ages(figure, table, *bands):
    """Bands of age and, in the base, the records that do not say one."""
    mine = f"FROM {table} WHERE {SERIOUS} AND y = 2022"
    parts = [
        f"SELECT '{name}', count(*) FILTER (WHERE age BETWEEN {low} AND {high}), count(*) {mine}"
        for name, low, high in bands
    ]
    return Asked(
        figure, of("2022", category={b[0] for b in bands}), CATEGORY, " UNION ALL ".join(parts)
    )


CURVE = Asked(
    "suspect_count.mix",
    of("2022", by="age"),
    CATEGORY,
    "SELECT coalesce(age::VARCHAR, 'not recorded'), count(*), sum(count(*)) OVER () "
    f"FROM suspects WHERE {SERIOUS} AND y = 2022 GROUP BY 1",
)
"""Single years of age, and those that are not recorded."""


def living(figure, table, what, inside):
    """Records of people who live in some areas, of those who live in any."""
    sql = (
        f"SELECT count(*) FILTER (WHERE home_lsoa21 IN ({inside})), count(*) "
        f"FROM {table} JOIN {AT_HOME} WHERE {SERIOUS} AND y = 2022"
    )
    return Asked(figure, of("2022", category=f"records living in areas {what}"), (), sql)


def deprived(above):
    return f"SELECT code FROM households WHERE two_or_more > {above} * every"


def hot(factor, period=2022):
    return f"SELECT area_code FROM hot WHERE factor = '{factor}' AND period = '{period}' AND is_hot"


LASTING = (
    "SELECT area_code FROM hot WHERE factor = '{}' AND is_hot GROUP BY area_code "
    "HAVING count(DISTINCT period) = 5"
)
NEW = (
    f"{hot('offences')} EXCEPT SELECT area_code FROM hot "
    "WHERE factor = 'offences' AND is_hot AND period < '2022'"
)
ASSESSED = "SELECT count(*) FROM areas"


def hot_areas(factor, category, period, sql):
    chosen = {**WHOLE, "period": period, "category": category}
    return Asked(
        f"{factor}.hot", chosen, (), f"SELECT (SELECT count(*) FROM ({sql})), ({ASSESSED})"
    )


def by_period(factor, *periods):
    sql = (
        f"SELECT period, count(*) FILTER (WHERE is_hot), count(*) FROM hot "
        f"WHERE factor = '{factor}' GROUP BY period"
    )
    return Asked(f"{factor}.hot", {**WHOLE, "category": "hot"}, PERIOD, sql)


RATES = (
    "WITH c AS (SELECT a.ltla24_name AS d, sum(r.residents) AS base, (SELECT count(*) FROM placed "
    "p JOIN offences o USING (offence_id) JOIN areas b ON b.lsoa21_code = p.code WHERE "
    "b.ltla24_name "
    f"= a.ltla24_name AND o.{SERIOUS} AND o.y = 2022) AS n FROM areas a JOIN residents r ON "
    "r.code = "
    "a.lsoa21_code GROUP BY 1) "
)
PLACED = (
    "offences o JOIN placed p USING (offence_id) JOIN areas a ON lsoa21_code = p.code "
    f"WHERE o.{SERIOUS}"
)

HARM = (
    "(SELECT sum(w.days::DECIMAL(12, 4)) FROM offences o JOIN harm_weights w USING (offence_code) "
    f"WHERE {ESSEX} AND y = 2023)"
)
MEAN = (
    "(SELECT sum(c.recorded * w.days::DECIMAL(12, 4)) / sum(c.recorded) FROM crime_by_code c "
    "JOIN harm_weights w USING (offence_code) WHERE c.place = 'the invented county' "
    "AND c.year = '2023')"
)
SERIOUS_2023 = f"(SELECT count(*) FROM offences WHERE {ESSEX} AND y = 2023)"
TIMES = f"{HARM} / {SERIOUS_2023} / {MEAN}"


def harm(category, sql):
    return Asked("harm", of("2023", category=category), (), f"SELECT round({sql})", ("value",))


UNDER_25, OVER_24 = ("under 25", 0, 24), ("25 and over", 25, 120)

NUMBERS = {
    "E01": [history("suspect_history", "suspects")],
    "E02": [CURVE],
    "E03": [CURVE],
    "E04": [CURVE],
    "E05": [CURVE],
    "E06": [
        Asked(
            "all_crime",
            {**WHOLE},
            PERIOD,
            "SELECT year::VARCHAR, recorded FROM recorded_crime WHERE place = 'the invented "
            "county' AND offences = 'all crime'",
            ("count",),
        )
    ],
    "E07": [part_of_crime("violence")],
    "E08": [part_of_crime("violence")],
    "E09": [
        one(
            "wide_of_all_crime",
            "2023",
            "offences WHERE weapon = 'knife' AND y = 2023",
            recorded("all crime", 2023),
        )
    ],
    "E10": [
        one(
            "wide_of_all_crime",
            "2023",
            "offences WHERE weapon = 'knife' AND y = 2023",
            recorded("all crime", 2023),
        )
    ],
    "E11": [
        Asked(
            "serious_violence.count",
            WHOLE,
            PERIOD,
            f"SELECT y::VARCHAR, count(*) FROM offences WHERE {ESSEX} AND y >= 2018 GROUP BY 1",
            ("count",),
        )
    ],
    "E12": [
        one(
            "serious_of_all_crime",
            "2023",
            f"offences WHERE {ESSEX} AND y = 2023",
            recorded("all crime", 2023),
        )
    ],
    "E13": [part_of_crime("domestic abuse")],
    "E14": [part_of_crime("sexual offences")],
    "E15": [part_of_crime("violence against women and girls")],
    "E16": [one("suspect_count.count", "2023", f"suspects WHERE {SERIOUS} AND y = 2023")],
    "E17": [repeats("suspect_again", "suspects")],
    "E18": [repeats("suspect_again", "suspects")],
    "E19": [one("victim_count.count", "2023", f"victims WHERE {SERIOUS} AND y = 2023")],
    "E20": [repeats("victim_again", "victims")],
    "E21": [
        Asked("residents.count", WHOLE, (), "SELECT sum(residents) FROM residents", ("count",))
    ],
    "E23": [harm("mean of an offence", f"{HARM} / {SERIOUS_2023}, 1")],
    "E24": [harm("times the mean", f"{TIMES}, 2")],
    "E25": [harm("as offences of the mean", f"{TIMES} * {SERIOUS_2023}")],
    "E26": [one("serious_violence.count", "2023", f"offences WHERE {ESSEX} AND y = 2023")],
    "E27": [repeats("suspect_again", "suspects")],
    "E28": [
        harm(
            "Suspects of serious violence, as people of the mean",
            f"{TIMES} * ({people('suspects', 2023)})",
        )
    ],
    "E29": [repeats("victim_again", "victims")],
    "E30": [
        harm(
            "Victims of serious violence, as people of the mean",
            f"{TIMES} * ({people('victims', 2023)})",
        )
    ],
    "E31": [
        one(
            "knife_of_serious",
            "2023-06",
            offences(f"{KNIFE_TYPES} AND weapon = 'knife'", "2022-07", "2023-06"),
            recorded("serious offences", "2023-06"),
        )
    ],
    "E32": [
        one(
            "knife_of_homicides",
            "2023-06",
            offences(f"{HOMICIDES} AND weapon = 'knife'", "2022-07", "2023-06"),
            f"SELECT count(*) FROM {offences(HOMICIDES, '2022-07', '2023-06')}",
        )
    ],
    "E33": [
        one(
            "knife_of_attempts",
            "2023-06",
            offences(
                "offence_type = 'attempted murder' AND weapon = 'knife'", "2022-07", "2023-06"
            ),
            "SELECT count(*) FROM "
            + offences("offence_type = 'attempted murder'", "2022-07", "2023-06"),
        )
    ],
    "E34": [
        change("knife_yearly", "2023-07", KNIFE, ("2022-08", "2023-07"), ("2021-08", "2022-07"))
    ],
    "E35": [
        change("homicides_yearly", "2023-07", ALONE, ("2022-08", "2023-07"), ("2021-08", "2022-07"))
    ],
    "E36": [admissions("admissions_change", "2020/21")],
    "E37": [
        change("knife_first", "2023-12", KNIFE, ("2023-01", "2023-12"), ("2020-01", "2020-12"))
    ],
    "E38": [
        change("homicides_first", "2023-12", ALONE, ("2023-01", "2023-12"), ("2018-04", "2019-03"))
    ],
    "E39": [admissions("admissions_first", "2018/19")],
    "E40": [
        change(
            "knife_homicides_first",
            "2023-12",
            f"{ALONE} AND weapon = 'knife'",
            ("2023-01", "2023-12"),
            ("2018-04", "2019-03"),
        )
    ],
    "E41": [
        Asked(
            "knife_offences_national",
            {},
            PERIOD,
            "SELECT year, recorded FROM knife_offences_national",
            ("count",),
        )
    ],
    "E42": [
        Asked(
            "robbery_by_force",
            {},
            PLACE,
            "SELECT force, year::VARCHAR, recorded FROM robbery_and_wounding_by_force",
            ("count",),
        )
    ],
    "E43": [
        Asked(
            "serious_violence.mix",
            {**WHOLE, "by": "month"},
            CATEGORY,
            "SELECT m, count(*), sum(count(*)) OVER (PARTITION BY y) FROM offences WHERE "
            f"{ESSEX} AND y >= 2018 GROUP BY m, y",
        )
    ],
    "E44": [
        change("serious_yearly", "2023", ESSEX, ("2023-01", "2023-12"), ("2022-01", "2022-12"))
    ],
    "E45": [ages("suspect_ages", "suspects", UNDER_25), ages("victim_ages", "victims", UNDER_25)],
    "E46": [
        ages("suspect_ages", "suspects", OVER_24),
        ages("victim_ages", "victims", OVER_24),
        CURVE,
    ],
    "E47": [CURVE],
    "E48": [history("suspect_history", "suspects")],
    "E49": [
        Asked(
            "suspects_in_deprived_areas",
            of("2022", by="home", category=lambda c: c.str.endswith(": records")),
            CATEGORY,
            "SELECT CASE WHEN a.lsoa21_code IS NOT NULL THEN 'in the study area' WHEN "
            "home_lsoa21 IS NULL THEN 'not recorded' "
            "ELSE 'outside the study area: ' || e.force END || ': records', count(*), "
            "sum(count(*)) OVER () FROM suspects "
            "LEFT JOIN areas a ON a.lsoa21_code = home_lsoa21 LEFT JOIN homes_elsewhere e ON "
            "e.lsoa21_code = home_lsoa21 "
            f"WHERE {SERIOUS} AND y = 2022 GROUP BY 1",
        )
    ],
    "E50": [
        Asked(
            "victims_too",
            of("2022", category="suspects of the same year, too"),
            (),
            "SELECT count(DISTINCT person) FILTER (WHERE person IN (SELECT person FROM "
            f"suspects WHERE {SERIOUS} AND y = 2022)), count(DISTINCT person) FROM victims "
            f"WHERE {SERIOUS} AND y = 2022",
        )
    ],
    "E51": [history("victim_history", "victims")],
    "E52": [
        Asked(
            "offences.share",
            {"place_kind": "rural_urban"},
            PLACE,
            "SELECT a.rural_urban, o.y::VARCHAR, count(*), sum(count(*)) OVER (PARTITION BY "
            f"o.y) FROM {PLACED} AND o.y BETWEEN 2018 AND 2022 GROUP BY 1, o.y",
        )
    ],
    "E53": [
        Asked(
            "serious_violence.share",
            {"place_kind": "night_time", "place": "night_time"},
            PERIOD,
            "SELECT y::VARCHAR, count(*) FILTER (WHERE offence_id IN (SELECT offence_id FROM "
            f"at_night)), count(*) FROM offences WHERE {ESSEX} AND y >= 2018 GROUP BY y",
        )
    ],
    "E54": [
        hot_areas("offences", "hot in every period", "2018 to 2022", LASTING.format("offences"))
    ],
    "E55": [by_period("offences")],
    "E56": [
        Asked(
            "offences.rate",
            {"place_kind": "district", "period": "2022"},
            ("place",),
            RATES + "SELECT d, n, base FROM c",
        )
    ],
    "E57": [
        Asked(
            "offences.rate",
            {"place_kind": "district", "period": "2022"},
            ("place",),
            RATES + "SELECT d, rank() OVER (ORDER BY n / base DESC), "
            "rank() OVER (ORDER BY n DESC) FROM c",
            ("rank", "rank_by_count"),
        )
    ],
    "E58": [
        Asked(
            "shares_of_districts",
            {"place_kind": "district"},
            ("place",),
            "WITH s AS (SELECT a.ltla24_name AS d, o.y, count(*) AS n, sum(count(*)) OVER "
            "(PARTITION BY o.y) AS base "
            f"FROM {PLACED} AND o.y IN (2021, 2022) GROUP BY 1, 2) SELECT d, max(n) FILTER "
            "(WHERE y = 2022), max(base) FILTER (WHERE y = 2022), "
            "round(100 * (max(n / base) FILTER (WHERE y = 2022) - max(n / base) FILTER (WHERE y "
            "= 2021)), 1) FROM s GROUP BY d",
            ("count", "base", "value"),
        )
    ],
    "E59": [hot_areas("offences", "hot in the last period alone", "2022", NEW)],
    "E60": [
        Asked(
            "offences.hot",
            {"place_kind": "district", "category": "hot in the last period alone"},
            ("place",),
            f"SELECT ltla24_name, count(*) FILTER (WHERE lsoa21_code IN ({NEW})), count(*) FROM "
            "areas GROUP BY 1",
        )
    ],
    "E62": [
        Asked(
            "violence_and_calls",
            of("2022"),
            (),
            f"SELECT (SELECT count(*) FROM ({hot('offences')} INTERSECT "
            f"{hot('ambulance_hot')})), (SELECT count(*) FROM ({hot('offences')}))",
        )
    ],
    "E63": [
        Asked(
            "violence_with_calls",
            WHOLE,
            (),
            "SELECT round(corr(v, c), 2) FROM (SELECT m, count(*) AS v FROM offences "
            f"WHERE {ESSEX} AND y = 2022 GROUP BY m) JOIN (SELECT m, count(*) AS c FROM calls "
            "JOIN called USING (call_id) WHERE complaint IN ('assault', 'stab or gunshot "
            "wound') GROUP BY m) USING (m)",
            ("value",),
        )
    ],
    "E64": [
        Asked("deprivation.share", WHOLE, (), "SELECT sum(two_or_more), sum(every) FROM households")
    ],
    "E65": [
        living(
            "suspects_in_deprived_areas",
            "suspects",
            "hot for Households deprived in two or more dimensions",
            deprived(0.25),
        ),
        living(
            "suspects_in_more_deprived_areas",
            "suspects",
            "hot for More than 20% of households deprived in two or more dimensions",
            deprived(0.2),
        ),
    ],
    "E74": [Asked("list.selected", WHOLE, (), "SELECT ceil(0.05 * count(*)), count(*) FROM areas")],
    "E66": [
        Asked("exclusions", {}, PLACE, "SELECT authority, year, excluded, pupils FROM exclusions")
    ],
    "E67": [by_period("disorder")],
    "E68": [
        living(
            "suspects_in_disorder",
            "suspects",
            "hot for Disorganised neighbourhood",
            hot("disorder"),
        )
    ],
    "E69": [
        living(
            "victims_in_disorder", "victims", "hot for Disorganised neighbourhood", hot("disorder")
        )
    ],
    "E70": [
        hot_areas(
            "domestic_abuse",
            "hot in every period",
            "2018 to 2022",
            LASTING.format("domestic_abuse"),
        ),
        by_period("domestic_abuse"),
    ],
    "E71": [history("suspect_history", "suspects")],
    "E72": [
        living(
            "suspects_where_abuse_lasts",
            "suspects",
            "hot in every period for Domestic abuse victims' homes",
            LASTING.format("domestic_abuse"),
        )
    ],
}

SEXUAL = "offence_type IN ('rape', 'other sexual offences')"
DETECTED = "outcome IN ('charged or summonsed', 'out of court resolution')"
OTHERS = {
    "the other reading": one(
        "serious_violence_or.count",
        "2023",
        f"offences WHERE {TYPES} AND domestic = 'no' AND y = 2023 AND ({ARMED} OR place <> "
        "'dwelling')",
    ),
    "sexes": Asked(
        "suspect_count.mix",
        of("2022", by="sex"),
        CATEGORY,
        "SELECT coalesce(sex, 'not recorded'), count(*), sum(count(*)) OVER () FROM suspects "
        f"WHERE {SERIOUS} AND y = 2022 GROUP BY 1",
    ),
    "detected": one(
        "detected",
        "2022",
        f"offences WHERE {ESSEX} AND y = 2022 AND {DETECTED}",
        f"SELECT count(*) FROM offences WHERE {ESSEX} AND y = 2022",
        category="detected",
    ),
    "K01": change("k01_change", "2023", PUBLIC, ("2023-01", "2023-12"), ("2022-01", "2022-12")),
    "K02": change(
        "k02_change",
        "2023",
        f"{PUBLIC} AND {YOUNG}",
        ("2023-01", "2023-12"),
        ("2022-01", "2022-12"),
    ),
    "K12": change(
        "k12_change",
        "2023",
        f"{SEXUAL} AND domestic = 'no'",
        ("2023-01", "2023-12"),
        ("2022-01", "2022-12"),
    ),
    "W05": one(
        "w05_age",
        "2023",
        f"victims JOIN {AT_HOME} WHERE age BETWEEN 18 AND 24 AND y = 2023",
        f"SELECT count(*) FROM victims JOIN {AT_HOME} WHERE age < 25 AND y = 2023",
        category="18 to 24",
    ),
    "W06": one(
        "w06_share",
        "2023",
        "offences WHERE weapon = 'knife' AND injury AND y = 2023 AND offence_id IN "
        "(SELECT offence_id FROM victims WHERE age < 25)",
        "SELECT count(*) FROM offences WHERE y = 2023",
    ),
    "W09": change(
        "w09_change",
        "2023",
        "domestic = 'yes' AND injury",
        ("2023-01", "2023-12"),
        ("2022-01", "2022-12"),
    ),
    "V01": one(
        "v01_count",
        "2023",
        "offences WHERE offence_code IN ('8N', '5D', '5E', '104', '8S', '8P', '105B') AND y = 2023",
    ),
    "B04": one(
        "b04_supply",
        "2022",
        f"drugs JOIN {AT_HOME} WHERE offence_group = 'possession with intent to supply' "
        "AND y = 2022",
        f"SELECT count(*) FROM drugs JOIN {AT_HOME} "
        "WHERE offence_group = 'possession with intent to supply' AND y = 2018",
    ),
}
"""Some rows of the other documents, and readings beside the published ones."""


DATED = {
    "offences": ("violence_offences", "offence_date"),
    "suspects": ("violence_suspects", "offence_date"),
    "victims": ("violence_victims", "offence_date"),
    "history": ("person_history", "event_date"),
    "drugs": ("drug_suspects", "offence_date"),
    "calls": ("ambulance_trauma", "call_date"),
}
PUBLISHED = (
    *("recorded_crime", "crime_by_code", "harm_weights", "indicators", "exclusions"),
    *("knife_offences_national", "robbery_and_wounding_by_force", "homes_elsewhere"),
)
INSIDE = (
    "SELECT DISTINCT p.{key}, e.code FROM {points} p "
    "JOIN (SELECT code, min(least(x1, x2)) AS l, max(greatest(x1, x2)) AS r, min(least(y1, y2)) "
    "AS d, max(greatest(y1, y2)) AS u FROM {edges} GROUP BY code) b "
    "ON p.easting BETWEEN b.l AND b.r AND p.northing BETWEEN b.d AND b.u "
    "JOIN {edges} e ON e.code = b.code AND (e.y1 > p.northing) <> (e.y2 > p.northing) "
    "WHERE p.easting < (e.x2 - e.x1) * (p.northing - e.y1) / (e.y2 - e.y1) + e.x1 "
    "GROUP BY p.{key}, p.easting, p.northing, e.code HAVING count(*) % 2 = 1"
)
"""A point is inside a shape where a ray from it to the east crosses its border an odd time."""


def sides(path):
    """Straight pieces of the borders of the shapes of a file, with the box of their shape."""
    frame = gpd.read_file(path)
    name = "LSOA21CD" if "LSOA21CD" in frame else frame.columns[0]
    found = []
    for code, shape in zip(frame[name], frame.geometry, strict=True):
        for part in getattr(shape, "geoms", [shape]):
            for ring in (part.exterior, *part.interiors):
                x, y = ring.xy
                piece = pd.DataFrame({"x1": x[:-1], "y1": y[:-1], "x2": x[1:], "y2": y[1:]})
                found.append(piece.assign(code=code))
    return pd.concat(found, ignore_index=True)


def census(data, table):
    """A census table of the folder, out of its zip."""
    with zipfile.ZipFile(data / f"census2021-{table}.zip") as packed:
        return pd.read_csv(packed.open(packed.namelist()[0]))


def connected(folder, result):
    """The files of a county as tables of DuckDB, and which areas were found hot."""
    data, connection = folder / "data", duckdb.connect()
    for name, (file, date) in DATED.items():
        connection.execute(
            f"CREATE TABLE {name} AS SELECT DISTINCT *, year({date}) AS y, "
            f"strftime({date}, '%Y-%m') AS m "
            f"FROM read_csv('{data / file}.csv', sample_size = -1)"
        )
    for name in PUBLISHED:
        connection.execute(
            f"CREATE TABLE {name} AS FROM read_csv('{data / name}.csv', sample_size = -1)"
        )
    connection.execute(f"CREATE TABLE areas AS FROM '{data / 'lsoa21_ward24_lad24.csv'}'")
    people_, homes = census(data, "ts001"), census(data, "ts011")
    head = "Household deprivation: "
    deep = homes.columns[homes.columns.str.contains("two dim|three dim|four dim")]
    residents = pd.DataFrame(
        {"code": people_["geography code"], "residents": people_.filter(like="Total").iloc[:, 0]}
    )
    households = pd.DataFrame(
        {
            "code": homes["geography code"],
            "two_or_more": homes[deep].sum(axis=1),
            "every": homes[f"{head}Total: All households; measures: Value"],
        }
    )
    flags = result.hotspots["is_hot"].fillna(False).astype(bool).reset_index()
    flags["period"] = flags["period"].astype(str)
    frames = {
        "residents": residents,
        "households": households,
        "hot": flags,
        "borders": sides(data / "lsoa21_boundaries.gpkg"),
        "evenings": sides(data / "night_time_areas.gpkg"),
    }
    for name, frame in frames.items():
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS FROM frame")
    for name, points, edges in (
        ("placed", "offences", "borders"),
        ("at_night", "offences", "evenings"),
        ("called", "calls", "borders"),
    ):
        key = "call_id" if points == "calls" else "offence_id"
        connection.execute(
            f"CREATE TABLE {name} AS {INSIDE.format(key=key, points=points, edges=edges)}"
        )
    return connection


def rows_of(figures, asked):
    """The rows of the figures table that are asked for, by what tells them apart."""
    rows = figures[figures["figure"] == asked.figure]
    for column, wanted in asked.chosen.items():
        if callable(wanted):
            rows = rows[wanted(rows[column])]
        else:
            rows = rows[rows[column].isin(wanted if isinstance(wanted, set) else {wanted})]
    alike = rows.duplicated(list(asked.keys)) if asked.keys else rows.index != rows.index[0]
    assert not alike.any(), rows
    numbers = (
        rows[list(asked.columns)].astype(object).where(rows[list(asked.columns)].notna(), None)
    )
    found = zip(*(rows[k] for k in asked.keys), strict=True) if asked.keys else [()] * len(rows)
    return {
        key: tuple(None if v is None else float(v) for v in line)
        for key, line in zip(found, numbers.itertuples(index=False), strict=True)
        # A category without a record is a row of no line of SQL.
        if line[0] != 0 or not asked.keys
    }


def counted(connection, asked):
    """What SQL counts, in the same form."""
    wide = len(asked.keys)
    return {
        tuple(line[:wide]): tuple(None if v is None else float(v) for v in line[wide:])[
            : len(asked.columns)
        ]
        for line in connection.execute(asked.sql).fetchall()
        if line[wide] != 0 or not asked.keys
    }

"""The people of one factor, found by hashed keys inside the database of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from riskindex.assessment.options import OtherRecords
from riskindex.events.count import groups_of
from riskindex.events.fingerprints import area_prints
from riskindex.events.periods import Period, Unit
from riskindex.events.places import Reason
from riskindex.events.source_events import Events
from riskindex.events.sql import category, condition, identifier, store, wrapped_sum
from riskindex.events.study_area import StudyArea
from riskindex.events.tally import Tally
from riskindex.factors import Factor
from riskindex.rules import rule_of

ELSEWHERE, NOWHERE = -1, -2
"""In place of an area: the home is outside the study area; it is not known."""
PLACED_OUTSIDE = (Reason.OUTSIDE_STUDY_AREA, Reason.UNKNOWN_AREA)


class People:
    """People of one factor: a line for each person and period, without a key.

    The keys stay in a table of the database, with the number of each line.

    Parameters
    ----------
    opened
        Name of a source to its events, with hashed keys of persons, all in one database.
    factor, unit
        Whose people they are, and what its periods mean.
    study
        The study area.
    """

    def __init__(
        self, opened: Mapping[str, Events], factor: Factor, unit: Unit, study: StudyArea
    ) -> None:
        self.factor, self.study = factor, study
        groups = groups_of(factor, unit)
        # One source: a config whose factor counts people of several is refused before.
        events = opened[groups[0].source]
        self.connection = events.connection
        self.ages = {aspect: c for aspect, c in events.people.items() if aspect in ("age", "sex")}
        # Every record is placed by itself, as those of persons are.
        tally = Tally(groups[0].source, _one_by_one(events), groups, study)
        self.periods: tuple[Period, ...] = groups[0].periods
        self._keep_records(tally)
        self.connection.execute(_PERSONS_OF_PERIODS.format(about=self._about("max_by({}, turn)")))
        columns = "".join(f", {name}" for name in self.ages)
        self.lines = self._frame(
            "SELECT line, period, n, first, home, code, prints, before"
            f"{columns} FROM persons_of_periods ORDER BY line"
        )
        self.unnamed = self._frame(
            f"SELECT period, home, code, count(*) AS n, {wrapped_sum('print')} AS prints"
            f"{columns} FROM records_of_people WHERE person IS NULL AND period >= 0 GROUP BY ALL"
        )
        # How far back the source reaches, whatever its records are about: a look back beyond it
        # finds less than there was. The first record of a rare rule would be a fact about a person.
        earliest = self._frame(f"SELECT min(date) AS first FROM {identifier(events.table)}")
        self.reach: pd.Timestamp = pd.Timestamp(earliest["first"].iloc[0])

    def _frame(self, query: str) -> pd.DataFrame:
        return self.connection.execute(query).df()

    def _about(self, what: str) -> str:
        return "".join(
            f", {what.format(name)} FILTER ({name} IS NOT NULL) AS {name}" for name in self.ages
        )

    def _keep_records(self, tally: Tally) -> None:
        """Make a table of the factor's records of all times, each once, with what is needed."""
        scope = tally.of_factor(self.factor.name)
        sorts = ", ".join(map(str, np.flatnonzero(tally.counted_sorts(scope)))) or "NULL"
        group = tally.groups[0]
        of_periods = enumerate(tally.spans_of(group).values())
        spans = [(span, i) for i, of_period in of_periods for span in of_period]
        store(self.connection, "period_of_span", pd.DataFrame(spans, columns=["span", "period"]))
        codes = self._frame("SELECT DISTINCT coalesce(area_code, '') AS code FROM placed")
        # DuckDB takes the bits as signed numbers; sums wrap around either way.
        codes["print"] = area_prints(codes["code"]).astype(np.int64)
        # Of homes outside the map only the code is known; fingerprints feed the noise of every
        # cell.
        store(self.connection, "print_of_code", codes)
        areas = pd.DataFrame({"area": range(len(self.study.codes))})
        areas["print"] = self.study.prints.astype(np.int64)
        around = self.study.areas.get("is_context")
        areas["around"] = False if around is None else around.to_numpy(bool)
        store(self.connection, "print_of_area", areas)
        about = "".join(f", nullif({category(c)}, '') AS {n}" for n, c in self.ages.items())
        once = (
            # A record that is in two files counts once, the first; without a key each line is a
            # record.
            "QUALIFY key IS NULL OR row_number() OVER (PARTITION BY key ORDER BY file, row) = 1"
            if tally.events.has_key
            else ""
        )
        self.connection.execute(
            _RECORDS.format(about=about, sorts=sorts, once=once, outside=_listed(PLACED_OUTSIDE))
        )

    def dates_elsewhere(self, other: OtherRecords, events: Events) -> pd.DataFrame:
        """Lines of people and days on which other records name them, with a value of each."""
        # Not recorded is a value of its own, as "" everywhere in the database.
        value = "NULL::VARCHAR" if other.by is None else f"coalesce({category(other.by)}, '')"
        bounds = pd.DataFrame(
            {
                "period": range(len(self.periods)),
                "begins": [period.start for period in self.periods],
                "ends": [period.end for period in self.periods],
            }
        ).astype({"begins": "datetime64[s]", "ends": "datetime64[s]"})
        store(self.connection, "bounds_of_periods", bounds)
        return self._frame(
            _DATES_ELSEWHERE.format(
                value=value,
                table=identifier(events.table),
                met=f"{condition(rule_of(events.where))} AND {condition(rule_of(other.where))}",
                when=_WHEN[other.when],
            )
        )


_WHEN: Mapping[str, str] = {
    # Strictly before that day: a record of the same day may be of the same incident.
    "before": "r.date < p.last",
    "period": "r.date >= b.begins AND r.date < b.ends",
    "ever": "true",
}
_RECORDS = f"""
CREATE OR REPLACE TABLE records_of_people AS
SELECT person, d.date, coalesce(s.period, -1) AS period,
    CASE WHEN d.area >= 0 AND NOT a.around THEN d.area
        WHEN d.area >= 0 OR d.reason IN ({{outside}}) THEN {ELSEWHERE} ELSE {NOWHERE} END AS home,
    area_code AS code, coalesce(a.print, c.print)::UBIGINT * days.print AS print,
    row_number() OVER (ORDER BY d.date, file, row) AS turn{{about}}
FROM placed d
LEFT JOIN period_of_span s ON s.span = d.span
LEFT JOIN print_of_area a ON a.area = d.area
LEFT JOIN print_of_code c ON c.code = coalesce(d.area_code, '')
LEFT JOIN days ON days.date = d.date
WHERE sort IN ({{sorts}}) AND d.date IS NOT NULL {{once}}
"""
# The latest record of the period says where a person lives; age and sex that it does not record
# may come from an earlier one.
_PERSONS_OF_PERIODS = f"""
CREATE OR REPLACE TEMP TABLE persons AS
SELECT person, period, count(*) AS n, min(date) AS first, max(date) AS last,
    max_by(home, turn) AS home, max_by(code, turn) AS code, min(turn) AS turn,
    {wrapped_sum("print")} AS prints{{about}}
FROM records_of_people WHERE person IS NOT NULL AND period >= 0 GROUP BY person, period;
CREATE OR REPLACE TABLE persons_of_periods AS
SELECT p.*, row_number() OVER (ORDER BY period, turn) - 1 AS line, e.before
FROM persons p LEFT JOIN (
    SELECT p.person, p.period, max(r.date) AS before
    FROM persons p JOIN records_of_people r ON r.person = p.person AND r.date < p.first GROUP BY ALL
) e USING (person, period)
"""
_DATES_ELSEWHERE = """
SELECT p.line, r.value, max(r.date) AS date, any_value(p.last) AS last
FROM persons_of_periods p
JOIN bounds_of_periods b USING (period)
JOIN (SELECT person, date, {value} AS value FROM {table}
    WHERE person IS NOT NULL AND date IS NOT NULL AND {met}) r ON r.person = p.person
WHERE {when} GROUP BY ALL ORDER BY ALL
"""


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)


def _one_by_one(events: Events) -> Events:
    return replace(events, has_person=True)

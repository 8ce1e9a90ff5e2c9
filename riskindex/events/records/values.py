"""What a query makes of the values of an event file: dates, numbers, places, words for nothing."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from riskindex.events.sql import category, literal
from riskindex.files.text import MISSING_WORDS

_MISSING = "|".join(MISSING_WORDS)
LONGEST_WORD = max(map(len, MISSING_WORDS))
"""Letters of the longest of them."""


BAD = ("bad_date", "bad_x", "bad_y", "bad_until")
"""Columns with what stands where a date or a number should be."""


class Layout(NamedTuple):
    """Which column of a file is what."""

    date: str
    date_format: str | None = None
    area: str | None = None
    x: str | None = None
    y: str | None = None
    person: str | None = None
    key: str | None = None
    postcode: str | None = None
    """Column with the postcode of events that have no code."""
    point: str | None = None
    """Column with both coordinates."""
    offence: str | None = None
    """Column with the key of the offence that a record is of, of which a hash is kept."""
    secret: str = ""
    """Key of the run, under which keys of persons and offences are hashed as they are read."""
    until: str | None = None
    """Column with the latest moment of an event whose date is the earliest."""
    number: str | None = None
    """Column with the number of a record in the system that it is from, of which a hash is kept."""
    categories: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()
    """Columns that a file need not have."""
    sheet: str | int | None = None
    """Sheet of a workbook."""
    header_row: int | None = None
    """Row of a workbook with the names of the columns."""
    headings: Mapping[str, str] = MappingProxyType({})
    """Column to what a file calls it; files that call it by its name are read, too."""
    needed_by: Mapping[str, str] = MappingProxyType({})
    """Column to the definition that looks at it, for messages."""
    any_case: bool = False
    """Whether capitals, blanks and underscores make no difference in names of columns."""

    def named(self, header: Sequence[str]) -> list[str]:
        """The names in a header as the layout calls these columns."""
        given = {heading: column for column, heading in self.headings.items()}
        names = [given.get(name, name) for name in header]
        if not self.any_case:
            return names
        # A column that is there under its own name is not looked for under another.
        plain = {_plain_name(column): column for column in self.columns if column not in names}
        return [n if n in self.columns else plain.get(_plain_name(n), n) for n in names]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        places = (self.area, self.postcode, self.point, self.x, self.y)
        when = (self.date, self.until)
        roles = (*when, *places, self.person, self.key, self.offence, self.number)
        return tuple(dict.fromkeys(c for c in (*roles, *self.categories) if c is not None))


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


class Raw(NamedTuple):
    """A column as the file has it, and what is known of its values."""

    sql: str
    type: str
    is_padded: bool = True
    """Whether texts may have blanks around them."""
    has_words: bool = True
    """Whether some text may be a word for missing."""
    is_month: bool = False
    """Whether it is the date, and every text in it a month such as 2022-03."""
    is_finite: bool = False
    """Whether it is a number, and none is infinite."""


def select_events(
    scan: str,
    raw: Mapping[str, Raw],
    layout: Layout,
    label: str,
    *,
    row: str,
    skip_blank: bool = True,
) -> str:
    """The query that gives a file's events their one shape.

    Parameters
    ----------
    scan
        What follows FROM.
    raw
        Column name to how the scan calls it, and what is known of its values.
    layout
        Which column is what.
    label
        What the file is called.
    row
        Expression for the number of a row.
    skip_blank
        Leave out rows in which every column is empty.
    """
    # Three queries inside one another, so that nothing is worked out twice.
    names = {column: f"v{i}" for i, column in enumerate(raw)}
    plain = ", ".join(f"{_plain(column)} AS {names[name]}" for name, column in raw.items())

    def text(column: str | None) -> str:
        return f"{names[column]}::VARCHAR" if column in names else "NULL::VARCHAR"

    def text_or_null(column: str | None) -> str:
        return (
            _if_any(text(column))
            if column and column in raw and raw[column].has_words
            else text(column)
        )

    when = (names[layout.date], raw[layout.date], layout.date_format)
    date = _date(*when)
    hour, minute = (_time(*when, part=part) for part in (_HOUR, _MINUTE))
    raw_x, raw_y = (names.get(column or "", "NULL") for column in (layout.x, layout.y))
    x, y = (f"try_cast({value} AS DOUBLE)" for value in (raw_x, raw_y))
    if layout.point in names:
        raw_x = raw_y = text(layout.point)
        x, y = _two_numbers(raw_x)
    # Spreadsheets end in rows that look empty and are saved all the same.
    blank = " AND ".join(f"{name} IS NULL" for name in names.values())
    roles = {"area_code": text_or_null(layout.area), "key": text_or_null(layout.key)}
    if layout.postcode is not None:
        # A code that the source itself gives goes before one that is looked up.
        roles["area_code"] = (
            f"coalesce({text_or_null(layout.area)}, {_postcode(text_or_null(layout.postcode))})"
        )
    # Keyed: without the secret nobody can hash a list of names to find a person.
    roles["person"] = keyed(text_or_null(layout.person), layout.secret)
    role_columns = ", ".join(f"{value} AS {role}" for role, value in roles.items())
    further = {category(c): text(c) for c in layout.categories}
    if layout.offence is not None:
        further["offence"] = keyed(text_or_null(layout.offence), layout.secret)
    if layout.number is not None:
        further["number"] = _hashed(text_or_null(layout.number))
    categories = "".join(f", {value} AS {name}" for name, value in further.items())
    kept = list(further)
    ends, lasts = _until(layout, names, raw), f", {_LASTS} AS lasts" if layout.until else ""
    bad = ", ".join(f"{value} AS {name}" for name, value in _bad(raw, layout).items())
    # 0, 0 is what systems write where nothing is known; in the National Grid it lies in the sea off
    # Cornwall.
    whole = "isfinite(x) AND isfinite(y) AND NOT (x = 0 AND y = 0)"
    return f"""
        SELECT {literal(label)} AS file, row, date, area_code,
            CASE WHEN {whole} THEN x END AS x, CASE WHEN {whole} THEN y END AS y,
            person, key, hour, minute{lasts}{"".join(f", {column}" for column in kept)},
            {bad}
        FROM (
            SELECT row, {date} AS date, {hour} AS hour, {minute} AS minute,
                {x} AS x, {y} AS y, {role_columns}{categories},
                {names[layout.date]} AS date_raw, {raw_x} AS x_raw, {raw_y} AS y_raw{ends}
            FROM (SELECT {row} AS row, {plain} FROM {scan})
            WHERE {f"NOT ({blank})" if skip_blank else "true"}
        )"""


def _until(layout: Layout, names: Mapping[str, str], raw: Mapping[str, Raw]) -> str:
    """Columns with the day and time of the latest moment, where a source has one."""
    if layout.until is None:
        return ""
    when = (names[layout.until], raw[layout.until], layout.date_format)
    hour, minute = (_time(*when, part=part) for part in (_HOUR, _MINUTE))
    read = {"date": _date(*when), "hour": hour, "minute": minute, "raw": when[0]}
    return "".join(f", {value} AS until_{name}" for name, value in read.items())


_LASTS = """CASE WHEN until_date IS NULL OR hour IS NULL THEN NULL WHEN until_hour IS NULL THEN -1
    ELSE (until_date - date) * 1440 + (until_hour::BIGINT - hour) * 60
        + coalesce(until_minute, 0) - coalesce(minute, 0) END"""
"""Minutes from the earliest to the latest moment; missing where there is no latest one, below 0
where it comes first or says no time of day."""


def _bad(raw: Mapping[str, Raw], layout: Layout) -> dict[str, str]:
    """The text of each date or number that cannot be read, as SQL, for the message about it."""
    tests = {"bad_date": (layout.date, "date IS NULL", "date_raw")}
    tests |= {"bad_x": (layout.point or layout.x or "", "x IS NULL OR isinf(x)", "x_raw")}
    tests |= {"bad_y": (layout.y or "", "y IS NULL OR isinf(y)", "y_raw")}
    tests |= {"bad_until": (layout.until or "", "until_date IS NULL", "until_raw")}
    fine = {
        name
        for name, (column, *_) in tests.items()
        # What was found fine when the column was looked over need not be tested in each row.
        if column not in raw or raw[column].is_finite or raw[column].is_month
    }
    return {
        name: "NULL::VARCHAR"
        if name in fine
        else f"CASE WHEN {test} THEN {_if_any(f'{value}::VARCHAR')} END"
        for name, (_, test, value) in tests.items()
    }


def _plain(column: Raw) -> str:
    """A column with its texts trimmed, and NULL for empty ones."""
    if column.type != "VARCHAR":
        return column.sql
    # Bare, so that a Parquet file's dictionary can answer without a read of every row.
    if not column.is_padded and not column.has_words:
        return column.sql
    # Trimming a column of millions for blanks that no value has costs a second scan.
    return f"nullif(trim({column.sql}), '')" if column.is_padded else f"nullif({column.sql}, '')"


def _if_any(text: str) -> str:
    """A text, NULL where it is a word for a missing value; longer texts are not compared."""
    if text == "NULL::VARCHAR":
        return text
    # "n/a", "null" and the like are words of systems for nothing.
    is_word = f"regexp_full_match(lower({text}), {literal(_MISSING)})"
    return (
        f"CASE WHEN length({text}) > {LONGEST_WORD} THEN {text} WHEN NOT {is_word} THEN {text} END"
    )


POSTCODE = "postcode "
"""What stands before a postcode in the place of an area code, until it is looked up."""


def _postcode(text: str) -> str:
    """A postcode in capitals and without blanks; missing where nothing is left of it."""
    # CB1 1AA, CB11AA and cb1 1aa are one postcode.
    plain = f"regexp_replace(upper({text}), '[^A-Z0-9]', '', 'g')"
    return f"{literal(POSTCODE)} || nullif({plain}, '')"


_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
_TWO = rf"^[^0-9+-]*({_NUMBER})[^0-9+-]+({_NUMBER})[^0-9]*$"


def _two_numbers(text: str) -> tuple[str, str]:
    """Easting and northing, or longitude and latitude, of a text that holds both."""
    one, two = (
        f"try_cast(nullif(regexp_extract({text}, {literal(_TWO)}, {i}), '') AS DOUBLE)"
        for i in (1, 2)
    )
    # Degrees of Great Britain cannot be mistaken for each other; metres come easting first.
    turned = f"({one} BETWEEN 49 AND 61 AND {two} < 3)"
    return (
        f"CASE WHEN {turned} THEN {two} ELSE {one} END",
        f"CASE WHEN {turned} THEN {one} ELSE {two} END",
    )


def _hashed(text: str) -> str:
    """A 64-bit hash of a text, as SQL; missing stays missing."""
    # Numbers of crimes identify victims to those who have the file: only what tells two apart is
    # kept.
    return f"CASE WHEN {text} IS NOT NULL THEN hash({text}) END"


def keyed(text: str, secret: str) -> str:
    """A 64-bit hash of a text with the secret of the run (keyed), as SQL; missing stays missing."""
    if text == "NULL::VARCHAR":
        return "NULL::UBIGINT"
    return f"CASE WHEN {text} IS NOT NULL THEN md5_number_upper({literal(secret)} || {text}) END"


def no_month(text: str) -> str:
    """Condition for a text that is there and is no month such as 2022-03."""
    # 2022-13 looks like a month and is none.
    is_none = f"try_cast({text} || '-01' AS DATE) IS NULL"
    return f"CASE WHEN {text} LIKE '____-__' THEN {is_none} ELSE {text} IS NOT NULL END"


_WITH_ZONE = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _in_london(moment: str) -> str:
    """What a clock on a wall showed at a moment whose offset from UTC is known."""
    # An event at 23:30 UTC on 31 March is one of 1 April, and of the next financial year, by the
    # clock on the wall.
    return f"(try_cast({moment} AS TIMESTAMPTZ) AT TIME ZONE 'Europe/London')"


def _tells_zone(text: str) -> str:
    """Condition for a date and time that end in an offset from UTC, such as Z or +01:00."""
    # From the 17th letter on, behind the minutes: the minus signs of the date itself are no offset.
    return f"regexp_matches(substr({text}, 17), '(Z|[+-][0-9][0-9](:?[0-9][0-9])?)$')"


def _as_written(text: str, date_format: str) -> str:
    """A date read by its format; with an offset from UTC it is turned into the time of London."""
    read = f"try_strptime({text}, {literal(date_format)})"
    # Without the cast the zone of this machine would say which day it was.
    return _in_london(read) if _READS_ZONE.search(date_format) else read


_READS_ZONE = re.compile(r"(?<!%)(?:%%)*%[zZ]")
"""A format that holds an offset from UTC, or the name of a zone."""


def _date(value: str, column: Raw, date_format: str | None) -> str:
    kind = column.type
    if kind.startswith(_WITH_ZONE):
        return f"{_in_london(value)}::DATE"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"{value}::DATE"
    text = f"{value}::VARCHAR"
    if date_format is not None:
        return f"{_as_written(text, date_format)}::DATE"
    if column.is_month:
        return f"try_cast({text} || '-01' AS DATE)"
    return (
        f"try_cast(CASE WHEN {text} LIKE '____-__' THEN {text} || '-01' "
        f"WHEN {text} LIKE '____-__-__' THEN {text} "
        f"WHEN {text} LIKE '____-__-__T__:__%' OR {text} LIKE '____-__-__ __:__%' "
        f"THEN CASE WHEN {_tells_zone(text)} THEN {_in_london(text)}::DATE::VARCHAR "
        # Only ISO is read without a format: 03/04/2022 is March or April, and a guess would be
        # wrong for some.
        f"ELSE left({text}, 10) END END AS DATE)"
    )


class _PartOfTime(NamedTuple):
    """A part of the time of day, and where it stands in text."""

    name: str
    signs: tuple[str, ...]
    """Codes of a date format that contain it."""
    place: int
    """Character of an ISO text that it begins with."""


_HOUR = _PartOfTime("hour", ("%H", "%I", "%c", "%X"), 12)
_MINUTE = _PartOfTime("minute", ("%M", "%c", "%X"), 15)


def _time(value: str, column: Raw, date_format: str | None, *, part: _PartOfTime) -> str:
    """Hour of the day, or minute past it; missing where the date has none."""
    kind, name = column.type, part.name
    if kind.startswith(_WITH_ZONE):
        return f"{name}({_in_london(value)})::TINYINT"
    if kind.startswith("TIMESTAMP"):
        return f"{name}({value})::TINYINT"
    text = f"{value}::VARCHAR"
    if date_format is not None:
        # A format that has no sign for the hour would put every record at midnight.
        is_told = any(sign in date_format for sign in part.signs)
        parsed = f"{name}({_as_written(text, date_format)})::TINYINT"
        return parsed if is_told else "NULL::TINYINT"
    # A date alone has no time of day; hour 0 would be midnight.
    if kind.startswith("DATE") or column.is_month:
        return "NULL::TINYINT"
    # The minute, too: no zone of Britain is off by part of an hour, but one that a file names may
    # be.
    return (
        f"CASE WHEN {_tells_zone(text)} THEN {name}({_in_london(text)})::TINYINT "
        f"WHEN length({text}) > {part.place} THEN try_cast(substr({text}, {part.place}, 2) "
        "AS TINYINT) END"
    )

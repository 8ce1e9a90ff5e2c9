"""One shape for events: columns found, dates and numbers read, every unreadable value placed."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskindex.errors import InputError
from riskindex.events.records.person_keys import value_words
from riskindex.events.records.values import BAD, LONGEST_WORD, Layout, Raw, no_month, select_events
from riskindex.events.sql import category, identifier, literal
from riskindex.files.csv_files import capped, first_line
from riskindex.files.formats import FileRecord, as_utf8, nearest, refuse_full
from riskindex.files.frames import FRAME, GIVEN, registered

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DELIMITERS = (",", ";", "\t", "|")


def connect(
    *,
    folder: Path | None = None,
    threads: int | None = None,
    memory: str = "1GB",
    on_disk: bool = True,
) -> "DuckDBPyConnection":
    """A DuckDB connection that fetches no extension and spills to its own folder alone.

    Parameters
    ----------
    folder
        Private folder for its file and what it spills; in memory where it is left out.
    threads
        As many as there are cores where it is left out.
    memory
        What it may use before it spills.
    on_disk
        Whether its tables are in a file of the folder from the first.
    """
    import duckdb

    connection = duckdb.connect(
        str(folder / "events.duckdb") if folder is not None and on_disk else ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "memory_limit": memory,
            "temp_directory": "" if folder is None else str(folder / "spilled"),
            **({} if threads is None else {"threads": threads}),
        },
    )
    with suppress(duckdb.InvalidInputException):  # in a notebook without widgets there is no bar
        connection.execute("SET enable_progress_bar = false")
    connection.execute("SET lock_configuration = true")
    return connection


def is_date_format(date_format: str) -> bool:
    """Whether DuckDB can read dates by it."""
    import duckdb

    # The database is asked, because its formats are not quite those of Python; by a connection of
    # our own, since the shared one may be in the middle of its owner's query.
    with duckdb.connect() as connection:
        try:
            connection.execute(f"SELECT try_strptime('', {literal(date_format)})").fetchall()
        except duckdb.Error:
            return False
    return True


def create_table(connection: "DuckDBPyConnection", table: str, layout: Layout) -> None:
    """An empty table of events."""
    # Persons and offences are hashes of eight bytes from here on: a key never enters the table.
    columns = ["file VARCHAR", "row BIGINT", "date DATE", "area_code VARCHAR", "x DOUBLE"]
    columns += ["y DOUBLE", "person UBIGINT", "key VARCHAR", "hour TINYINT", "minute TINYINT"]
    columns += [] if layout.until is None else ["lasts BIGINT"]
    columns += [f"{category(column)} VARCHAR" for column in layout.categories]
    columns += [] if layout.offence is None else ["offence UBIGINT"]
    columns += [] if layout.number is None else ["number UBIGINT"]
    columns += [f"{bad} VARCHAR" for bad in BAD]
    connection.execute(f"CREATE TABLE {identifier(table)} ({', '.join(columns)})")


def load_csv(
    connection: "DuckDBPyConnection",
    table: str,
    path: Path,
    label: str,
    *,
    layout: Layout,
    home: Path,
    offset: int = 0,
) -> str:
    """Add the events of a CSV file to a table.

    Parameters
    ----------
    connection, table
        Where the events go.
    path
        A text file that is not compressed.
    label
        What the file is called in the column `file` and in messages.
    layout
        Which columns are read.
    home
        Private folder, for a copy in UTF-8 where one is needed.
    offset
        What is added to a row's number, where the file is a part of another.

    Returns
    -------
    str
        A note about the encoding, or nothing.

    Raises
    ------
    InputError
        A column is not there or there twice, or rows do not fit the header: all of them.
    """
    # The reader takes UTF-8 alone; Excel writes Windows-1252, whose pound signs it would refuse.
    text = as_utf8(path, home, label=label)
    header, delimiter = _header(text.path, layout, label)
    # Everything is text: a guessed type turns LSOA codes with an E into powers of ten, and dates
    # round.
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    scan = (
        # Nothing is detected: what a dialect sniffer guesses depends on the first rows.
        f"read_csv({literal(_no_pattern(text.path))}, auto_detect = false, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', store_rejects = true, "
        f"columns = {{{columns}}})"
    )
    # By position, since headers repeat names and hold quotes.
    raw = {name: Raw(f"c{header.index(name)}", "VARCHAR") for name in header}
    query = select_events(
        f"(SELECT row_number() OVER () + 1 AS csv_row, * FROM {scan})",
        {column: raw[column] for column in layout.columns if column in raw},
        layout,
        label,
        row=f"csv_row + {offset}",
    )
    # Rows that do not fit are set aside by the reader and told below; the run stops all the same.
    _insert(connection, f"INSERT INTO {identifier(table)} {query}", label)
    faults = list(_rejected(connection, label, len(header)))
    if faults:
        raise InputError(capped(faults))
    return text.note


def load_frame(
    connection: "DuckDBPyConnection",
    table: str,
    frame: Any,  # noqa: ANN401 (any kind of table)
    label: str,
    *,
    layout: Layout,
) -> None:
    """Add the events of a data frame to a table; row 1 is the first record.

    Parameters
    ----------
    connection, table
        Where the events go.
    frame
        As in `Frames`.
    label
        What it is called in the column `file` and in messages.
    layout
        Which columns are read.

    Raises
    ------
    InputError
        A column is not there or there twice, or holds what no table can.
    """
    import duckdb

    # Columns that nobody asked for are not even copied: they may name people.
    asked = set(layout.columns)
    try:
        with registered(connection, frame, lambda c: layout.named([c])[0] in asked, label) as names:
            _check(layout.named(names), layout, label)
            raw = {
                layout.named([name])[0]: _plain_type(identifier(name), str(kind))
                for name, kind, *_ in connection.execute(f"DESCRIBE {GIVEN}").fetchall()
            }
            query = select_events(
                f"(SELECT row_number() OVER () AS frame_row, * FROM {GIVEN})",
                {column: raw[column] for column in layout.columns if column in raw},
                layout,
                label,
                row="frame_row",
                # Row numbers of a frame count every record.
                skip_blank=False,
            )
            connection.execute(f"INSERT INTO {identifier(table)} {query}")
    except duckdb.Error as error:
        refuse_full(error)
        # A message of the database quotes the value that it could not take.
        why = "" if layout.person is not None else f" ({_first_line(error)})"
        raise InputError(
            f"{label}: cannot be read as a table{why}. Give every column values "
            "of one kind: text, numbers or dates."
        ) from None


def _plain_type(sql: str, kind: str) -> Raw:
    """A column of a frame; categories are texts."""
    return Raw(f"{sql}::VARCHAR", "VARCHAR") if kind.startswith("ENUM") else Raw(sql, kind)


def frame_record(
    connection: "DuckDBPyConnection", table: str, layout: Layout, role: str
) -> FileRecord:
    """Provenance of events that came from no file: the hash of their records as they were read."""
    # Hashed as read and not as given: the same records as CSV, frame or Arrow have one provenance.
    columns = ["row", "date", "area_code", "x", "y", "key", "hour", "minute"]
    columns += [] if layout.until is None else ["lasts"]
    columns += [category(column) for column in layout.categories]
    # Their hashes are of this run alone: the first record of each key says the same of them.
    secret = {"person": layout.person, "offence": layout.offence}
    named = [name for name, column in secret.items() if column is not None]
    columns += [f"min(row) OVER (PARTITION BY {name})" for name in named]
    columns += [] if layout.number is None else ["number"]
    text = f"concat_ws(chr(31), {', '.join(f'coalesce({c}::VARCHAR, chr(30))' for c in columns)})"
    # In two steps, so that no text is as long as the table.
    ((size, digest, rows),) = connection.execute(
        "SELECT coalesce(sum(size), 0), sha256(coalesce(string_agg(part, '' ORDER BY chunk), '')), "
        f"coalesce(sum(rows), 0) FROM (SELECT row // {_RECORDS_AT_ONCE} AS chunk, count(*) AS rows,"
        " sum(strlen(text)) AS size, sha256(string_agg(text, chr(29) ORDER BY row)) AS part "
        f"FROM (SELECT row, {text} AS text FROM {identifier(table)}) GROUP BY 1)"
    ).fetchall()
    return FileRecord(role, FRAME, int(size), str(digest), int(rows))


_RECORDS_AT_ONCE = 100_000


def create_parquet_view(
    connection: "DuckDBPyConnection", view: str, path: Path, label: str, *, layout: Layout
) -> int:
    """A view of the events of a Parquet file, which is read each time; how many there are.

    Parameters
    ----------
    connection, view
        Where the view is made, and its name.
    path
        The file.
    label
        What it is called in the column `file` and in messages.
    layout
        Which columns are read.

    Raises
    ------
    InputError
        Damaged, or a column is not there.
    """
    import duckdb

    scan = f"read_parquet({literal(_no_pattern(path))}, file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        # From the footer; a damaged file fails here and not in the middle of a count.
        (rows,) = connection.execute(f"SELECT count(*) FROM {scan}").fetchall()[0]
    except duckdb.Error as error:
        raise InputError(f"{label}: cannot be read as Parquet ({_first_line(error)}).") from None
    given = [str(name) for name, *_ in described]
    names = layout.named(given)
    _check(names, layout, label)
    given_types = {
        name: (one, str(type_))
        for name, one, (_, type_, *_) in zip(names, given, described, strict=True)
    }
    # A Parquet file is read again for every question, so that what need not be mended in each row
    # pays.
    raw = {
        c: _look(connection, scan, c, given_types[c], layout)
        for c in layout.columns
        if c in given_types
    }
    query = select_events(scan, raw, layout, label, row="file_row_number + 1", skip_blank=False)
    connection.execute(f"CREATE VIEW {identifier(view)} AS {query}")
    return int(rows)


def _look(
    connection: "DuckDBPyConnection",
    scan: str,
    column: str,
    found: tuple[str, str],
    layout: Layout,
) -> Raw:
    """Scan a column once for blanks, missing words and unreadable values: few columns need repair.

    The column is found by its name in the file, which says what type it has.
    A condition after WHERE is asked of a Parquet file's dictionary, not of each row.
    """
    given, kind = found
    sql = identifier(given)
    if column == layout.number:  # long texts, which few queries ask for
        return Raw(sql, kind)

    def any_is(condition: str) -> bool:
        query = f"SELECT 1 FROM {scan} WHERE {condition} LIMIT 1"
        return bool(connection.execute(query).fetchall())

    if kind == "VARCHAR":
        # One question for both faults: in most files the answer is no.
        padded, short = f"trim({sql}) <> {sql}", f"length({sql}) <= {LONGEST_WORD}"
        odd = any_is(f"{padded} OR {short}")
        is_date = column == layout.date and layout.date_format is None
        return Raw(
            sql,
            kind,
            is_padded=odd and any_is(padded),
            has_words=odd and any_is(short),
            is_month=is_date and not any_is(no_month(sql)),
        )
    if kind in ("DOUBLE", "FLOAT"):
        ends = connection.execute(f"SELECT min({sql}), max({sql}) FROM {scan}").fetchall()[0]
        # The footer holds the ends of a column, so that this costs no scan.
        finite = all(end is None or math.isfinite(end) for end in ends)
        return Raw(sql, kind, is_finite=finite or not any_is(f"isinf({sql})"))
    return Raw(sql, kind)


def unreadable(connection: "DuckDBPyConnection", table: str, layout: Layout) -> Iterator[str]:
    """A sentence for each file and column with values that are no date or no number."""
    counted = ", ".join(f"count({bad})" for bad in BAD)
    query = f"SELECT {counted} FROM {identifier(table)}"
    # Counted first: in a sound file the lists below are never made.
    numbers = connection.execute(query).fetchall()[0]
    columns = (layout.date, layout.point or layout.x, layout.y, layout.until)
    for bad, column, number in zip(BAD, columns, numbers, strict=True):
        if not number:
            continue
        files = connection.execute(
            f"SELECT file, count(*), min(row), arg_min({bad}, row), "
            f"list_sort(list(DISTINCT {bad}))[:1000] FROM {identifier(table)} "
            f"WHERE {bad} IS NOT NULL GROUP BY file ORDER BY file"
        ).fetchall()
        for file, n, row, value, values in files:
            others = f" (and {n - 1:,} more)" if n > 1 else ""
            is_date = bad in ("bad_date", "bad_until")
            what = _about_dates(values, layout) if is_date else _ABOUT_NUMBERS
            shown = value_words(value, layout)
            yield f"{file}: row {row}, column {column!r}, {shown}{others}: {what}"


_ABOUT_NUMBERS = "not a coordinate. Leave it empty where it is not known."


def _about_dates(values: Sequence[str], layout: Layout) -> str:
    """What to do about dates that cannot be read, from all of them together."""
    # All values at once: 03/04 fits two formats, and 25/04 further down decides between them.
    fits = [form for form in _FORMS if all(_is_date(value, form) for value in values)]
    hidden = layout.person is not None
    asked = f"not a date as {layout.date_format}" if layout.date_format else "not an ISO date"
    if all(_SERIAL.fullmatch(value) for value in values):
        # Excel counts from 1900 and takes 1900 for a leap year, so that its day 0 is 30 December
        # 1899.
        day = date(1899, 12, 30) + timedelta(days=int(float(values[0])))
        example = "" if hidden else f": {values[0]} is {day.day} {day:%B %Y}"
        return (
            f"{asked} but, it seems, a serial number of Excel{example}. "
            "Format the column as a date (yyyy-mm-dd) and save it again."
        )
    if not fits:
        return f"{asked}, such as 2024-04-03 or 2024-04. Correct it, or name the date_format."
    choices = " or ".join(f'date_format = "{form}"' for form in fits)
    # Never guessed: day and month the wrong way round move events between months without a sign.
    if len(fits) > 1:
        read = " or ".join(f"{datetime.strptime(values[0], f):%d %B %Y}" for f in fits)
        example = "" if hidden else f"; {values[0]!r} could be {read}"
        return f"{asked}{example}. Say which it is: {choices}."
    return f"{asked}. If it is written day, month and year like that, set {choices}."


_SERIAL = re.compile(r"[1-6]\d{4}(\.\d+)?", re.ASCII)
"""Days since 1899 of the dates from 1927 to 2091, with the time of day as a fraction."""

_FORMS = tuple(
    f"{day}{time}"
    for day in (
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d/%m/%y",
        "%m/%d/%y",
        "%d-%m-%Y",
        "%d.%m.%Y",
        "%Y/%m/%d",
        "%d %b %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d %B %Y",
        "%b-%y",
        "%b %Y",
        "%B %Y",
        "%m/%Y",
        "%Y%m%d",
        "%Y%m",
    )
    for time in ("", " %H:%M", " %H:%M:%S")
)


def _is_date(value: str, form: str) -> bool:
    with suppress(ValueError):
        # strptime reads 202204 as 2022-0-4 too; only what is written back alike was meant.
        return len(datetime.strptime(value, form).strftime(form)) - len(value) in (0, 1, 2)
    return False


def _header(path: Path, layout: Layout, label: str) -> tuple[list[str], str]:
    """Names in the header, and the delimiter that finds most of the columns in it."""
    headers = {}
    # A file without a line end would be read into memory as one.
    with path.open(encoding="utf-8-sig", newline="") as file:
        first_line(file, label)
    for delimiter in DELIMITERS:
        with path.open(encoding="utf-8-sig", newline="") as file, suppress(csv.Error):
            names = next(csv.reader(file, delimiter=delimiter), [])
            headers[delimiter] = layout.named([name.strip() for name in names])
    # By what it finds and not by what is frequent: descriptions are full of commas.
    delimiter = max(headers, key=lambda d: len(set(layout.columns) & set(headers[d])))
    _check(headers[delimiter], layout, label)
    return headers[delimiter], delimiter


def _check(header: Sequence[str], layout: Layout, label: str) -> None:
    named = [name for name in header if name]
    faults = [
        f"{label}: no column {column!r}{_why(column, layout)}{nearest(column, named)}."
        for column in layout.columns
        if column not in header and column not in layout.may_lack
    ]
    # Of two columns with one name nobody can say which is meant.
    faults += [
        f"{label}: the column {column!r} is there {header.count(column)} times; rename all but one."
        for column in layout.columns
        if header.count(column) > 1
    ]
    # A file may lack either; without both, none of its events has a place.
    has_point = layout.point in header or (layout.x in header and layout.y in header)
    placed = layout.area is not None or layout.x is not None
    has_code = layout.area in header or layout.postcode in header
    if not faults and placed and not has_point and not has_code:
        faults = [
            f"{label}: neither {layout.area!r} nor coordinates, so no event has a place. "
            "Name the columns that say where, or take the file out."
        ]
    if faults:
        raise InputError(faults)


def _why(column: str, layout: Layout) -> str:
    if column not in layout.needed_by:
        return ""
    return (
        f", which the definition {layout.needed_by[column]} looks at; name what it is called here "
        "under columns of the source"
    )


def _insert(connection: "DuckDBPyConnection", query: str, label: str) -> None:
    import duckdb

    try:
        connection.execute(query)
    except duckdb.Error as error:
        refuse_full(error)
        raise InputError(
            f"{label}: cannot be read as a table ({_first_line(error)}). "
            "Are line ends mixed, or quotes left open? Save it again as CSV UTF-8."
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _rejected(connection: "DuckDBPyConnection", label: str, columns: int) -> Iterator[str]:
    """Rows that do not fit the header, by number: their contents may be personal."""
    rows = connection.execute(
        "SELECT DISTINCT ON (line) line, error_type, error_message FROM reject_errors "
        "ORDER BY line, column_idx"
    ).fetchall()
    # The reader collects rejected lines of all files, and the next must begin without these.
    connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    for line, kind, message in rows:
        values = message.rsplit("Found:", 1)[-1].strip()
        # The words of the reader are about its own options; an analyst needs the row and what is
        # wrong in it.
        reasons = {
            "MISSING COLUMNS": f"{values} values where the header has {columns}",
            "TOO MANY COLUMNS": f"{values} values where the header has {columns}",
            "UNQUOTED VALUE": "a quote that is not closed",
        }
        what = reasons.get(str(kind), str(message).rstrip("."))
        yield f"{label}: line {line}: {what}. Put text with commas or quotes into quotes."


def _no_pattern(path: Path) -> str:
    """A path in which DuckDB sees no pattern: the signs *, ? and [ are escaped."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))

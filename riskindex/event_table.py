"""One shape for events: columns found, dates and numbers read, every unreadable value placed."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from riskindex.errors import InputError
from riskindex.files import as_utf8, nearest, refuse_full
from riskindex.sheets import capped
from riskindex.sql import category, identifier, literal
from riskindex.words import MISSING_WORDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DELIMITERS = (",", ";", "\t", "|")
_MISSING = "|".join(MISSING_WORDS)


class Layout(NamedTuple):
    """Which column of a file is what."""

    date: str
    date_format: str | None = None
    area: str | None = None
    x: str | None = None
    y: str | None = None
    person: str | None = None
    key: str | None = None
    categories: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()
    """Columns that a file need not have."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        roles = (self.date, self.area, self.x, self.y, self.person, self.key)
        return tuple(dict.fromkeys(c for c in (*roles, *self.categories) if c is not None))


class Raw(NamedTuple):
    """A column as the file has it."""

    sql: str
    type: str


def connect(
    folder: Path | None = None, *, threads: int | None = None, memory: str = "1GB"
) -> "DuckDBPyConnection":
    """A DuckDB that keeps to itself: no extension is fetched, nothing is spilled elsewhere.

    Parameters
    ----------
    folder
        Private folder for its file and what it spills; in memory where it is left out.
    threads
        As many as there are cores where it is left out.
    memory
        What it may use before it spills.
    """
    import duckdb

    connection = duckdb.connect(
        ":memory:" if folder is None else str(folder / "events.duckdb"),
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

    try:
        duckdb.execute(f"SELECT try_strptime('', {literal(date_format)})")
    except duckdb.Error:
        return False
    return True


def create_table(connection: "DuckDBPyConnection", table: str, layout: Layout) -> None:
    """An empty table of events."""
    columns = ["file VARCHAR", "row BIGINT", "date DATE", "area_code VARCHAR", "x DOUBLE"]
    columns += ["y DOUBLE", "person VARCHAR", "key VARCHAR", "hour TINYINT"]
    columns += [f"{category(column)} VARCHAR" for column in layout.categories]
    columns += [f"{bad} VARCHAR" for bad in _BAD]
    connection.execute(f"CREATE TABLE {identifier(table)} ({', '.join(columns)})")


def load_csv(
    connection: "DuckDBPyConnection",
    table: str,
    path: Path,
    label: str,
    *,
    layout: Layout,
    home: Path,
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

    Returns
    -------
    str
        A note about the encoding, or nothing.

    Raises
    ------
    InputError
        A column is not there or there twice, or rows do not fit the header: all of them.
    """
    text = as_utf8(path, home, label=label)
    header, delimiter = _header(text.path, layout, label)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    scan = (
        f"read_csv({literal(_no_pattern(text.path))}, auto_detect = false, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', store_rejects = true, "
        f"columns = {{{columns}}})"
    )
    raw = {name: Raw(f"c{header.index(name)}", "VARCHAR") for name in header}
    query = select_events(
        f"(SELECT row_number() OVER () + 1 AS csv_row, * FROM {scan})",
        {column: raw[column] for column in layout.columns if column in raw},
        layout,
        label,
        row="csv_row",
    )
    _insert(connection, f"INSERT INTO {identifier(table)} {query}", label)
    faults = list(_rejected(connection, label, len(header)))
    if faults:
        raise InputError(capped(faults))
    return text.note


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
        (rows,) = connection.execute(f"SELECT count(*) FROM {scan}").fetchall()[0]
    except duckdb.Error as error:
        raise InputError(f"{label}: cannot be read as Parquet ({_first_line(error)}).") from None
    types = {name: str(type_) for name, type_, *_ in described}
    _check(list(types), layout, label)
    raw = {c: Raw(identifier(c), types[c]) for c in layout.columns if c in types}
    padded = _padded(connection, scan, raw)
    query = select_events(
        scan, raw, layout, label, row="file_row_number + 1", padded=padded, skip_blank=False
    )
    connection.execute(f"CREATE VIEW {identifier(view)} AS {query}")
    return int(rows)


def _padded(connection: "DuckDBPyConnection", scan: str, raw: Mapping[str, Raw]) -> tuple[str, ...]:
    """Text columns with blanks around values: trimming all the others would double the time."""
    texts = [name for name, column in raw.items() if column.type == "VARCHAR"]
    if not texts:
        return ()
    tests = [f"bool_or({raw[n].sql} LIKE ' %' OR {raw[n].sql} LIKE '% ')" for n in texts]
    found = connection.execute(f"SELECT {', '.join(tests)} FROM {scan}").fetchall()[0]
    return tuple(name for name, is_padded in zip(texts, found, strict=True) if is_padded)


_BAD = ("bad_date", "bad_x", "bad_y")


def select_events(
    scan: str,
    raw: Mapping[str, Raw],
    layout: Layout,
    label: str,
    *,
    row: str,
    padded: Sequence[str] | None = None,
    skip_blank: bool = True,
) -> str:
    """The query that gives a file's events their one shape.

    Parameters
    ----------
    scan
        What follows FROM.
    raw
        Column name to how the scan calls it.
    layout
        Which column is what.
    label
        What the file is called.
    row
        Expression for the number of a row.
    padded
        Text columns whose values must be trimmed; all of them unless given.
    skip_blank
        Leave out rows in which every column is empty.
    """
    # Three queries inside one another, so that nothing is worked out twice.
    names = {column: f"v{i}" for i, column in enumerate(raw)}
    plain = ", ".join(
        f"{_plain(column, padded is None or name in padded)} AS {names[name]}"
        for name, column in raw.items()
    )

    def text(column: str | None) -> str:
        return f"{names[column]}::VARCHAR" if column in names else "NULL::VARCHAR"

    when = (names[layout.date], raw[layout.date].type, layout.date_format)
    date, hour = _date(*when), _hour(*when)
    raw_x, raw_y = (names.get(column or "", "NULL") for column in (layout.x, layout.y))
    x, y = (f"try_cast({value} AS DOUBLE)" for value in (raw_x, raw_y))
    blank = " AND ".join(f"{name} IS NULL" for name in names.values())
    roles = {"area_code": layout.area, "person": layout.person, "key": layout.key}
    found = ", ".join(f"{_if_any(text(column))} AS {role}" for role, column in roles.items())
    categories = "".join(f", {text(c)} AS {category(c)}" for c in layout.categories)
    whole = "isfinite(x) AND isfinite(y) AND NOT (x = 0 AND y = 0)"
    return f"""
        SELECT {literal(label)} AS file, row, date, area_code,
            CASE WHEN {whole} THEN x END AS x, CASE WHEN {whole} THEN y END AS y,
            person, key, hour{"".join(f", {category(c)}" for c in layout.categories)},
            CASE WHEN date IS NULL THEN {_if_any("date_raw::VARCHAR")} END AS bad_date,
            CASE WHEN x IS NULL OR isinf(x) THEN {_if_any("x_raw::VARCHAR")} END AS bad_x,
            CASE WHEN y IS NULL OR isinf(y) THEN {_if_any("y_raw::VARCHAR")} END AS bad_y
        FROM (
            SELECT row, {date} AS date, {hour} AS hour, {x} AS x, {y} AS y, {found}{categories},
                {names[layout.date]} AS date_raw, {raw_x} AS x_raw, {raw_y} AS y_raw
            FROM (SELECT {row} AS row, {plain} FROM {scan})
            WHERE {f"NOT ({blank})" if skip_blank else "true"}
        )"""


def _plain(column: Raw, is_padded: bool) -> str:
    """A column with nothing around its texts, and missing for empty ones."""
    if column.type != "VARCHAR":
        return column.sql
    return f"nullif(trim({column.sql}), '')" if is_padded else f"nullif({column.sql}, '')"


def _if_any(text: str) -> str:
    """Missing for the words that mean so; none has more than four letters, quick to see."""
    if text == "NULL::VARCHAR":
        return text
    is_word = f"regexp_full_match(lower({text}), {literal(_MISSING)})"
    return f"CASE WHEN length({text}) > 4 THEN {text} WHEN NOT {is_word} THEN {text} END"


_WITH_ZONE = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _date(value: str, kind: str, date_format: str | None) -> str:
    if kind.startswith(_WITH_ZONE):
        return f"({value}::TIMESTAMPTZ AT TIME ZONE 'Europe/London')::DATE"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"{value}::DATE"
    text = f"{value}::VARCHAR"
    if date_format is not None:
        return f"try_strptime({text}, {literal(date_format)})::DATE"
    return (
        f"try_cast(CASE WHEN {text} LIKE '____-__' THEN {text} || '-01' "
        f"WHEN {text} LIKE '____-__-__' THEN {text} "
        f"WHEN {text} LIKE '____-__-__T__:__%' OR {text} LIKE '____-__-__ __:__%' "
        f"THEN left({text}, 10) "
        "END AS DATE)"
    )


def _hour(value: str, kind: str, date_format: str | None) -> str:
    """Hour of the day; missing where the date has none."""
    if kind.startswith(_WITH_ZONE):
        return f"hour({value}::TIMESTAMPTZ AT TIME ZONE 'Europe/London')::TINYINT"
    if kind.startswith("TIMESTAMP"):
        return f"hour({value})::TINYINT"
    text = f"{value}::VARCHAR"
    if date_format is not None:
        has_time = any(sign in date_format for sign in ("%H", "%I", "%c", "%X"))
        parsed = f"hour(try_strptime({text}, {literal(date_format)}))::TINYINT"
        return parsed if has_time else "NULL::TINYINT"
    if kind.startswith("DATE"):
        return "NULL::TINYINT"
    return f"CASE WHEN length({text}) > 12 THEN try_cast(substr({text}, 12, 2) AS TINYINT) END"


def unreadable(connection: "DuckDBPyConnection", table: str, layout: Layout) -> Iterator[str]:
    """A sentence for each file and column with values that are no date or no number."""
    counted = ", ".join(f"count({bad})" for bad in _BAD)
    query = f"SELECT {counted} FROM {identifier(table)}"
    numbers = connection.execute(query).fetchall()[0]
    columns = (layout.date, layout.x, layout.y)
    for bad, column, number in zip(_BAD, columns, numbers, strict=True):
        if not number:
            continue
        files = connection.execute(
            f"SELECT file, count(*), min(row), arg_min({bad}, row), "
            f"list_sort(list(DISTINCT {bad}))[:1000] FROM {identifier(table)} "
            f"WHERE {bad} IS NOT NULL GROUP BY file ORDER BY file"
        ).fetchall()
        for file, n, row, value, values in files:
            others = f" (and {n - 1:,} more)" if n > 1 else ""
            what = _about_dates(values, layout) if bad == "bad_date" else _ABOUT_NUMBERS
            yield f"{file}: row {row}, column {column!r}, value {value!r}{others}: {what}"


_ABOUT_NUMBERS = "not a coordinate. Leave it empty where it is not known."


def _about_dates(values: Sequence[str], layout: Layout) -> str:
    """What to do about dates that cannot be read, from all of them together."""
    fits = [form for form in _FORMS if all(_is_date(value, form) for value in values)]
    asked = f"not a date as {layout.date_format}" if layout.date_format else "not an ISO date"
    if not fits:
        return f"{asked}, such as 2024-04-03 or 2024-04. Correct it, or name the date_format."
    choices = " or ".join(f'date_format = "{form}"' for form in fits)
    if len(fits) > 1:
        read = " or ".join(f"{datetime.strptime(values[0], f):%d %B %Y}" for f in fits)
        return f"{asked}; {values[0]!r} could be {read}. Say which it is: {choices}."
    return f"{asked}. If it is written day, month and year like that, set {choices}."


_FORMS = tuple(
    f"{day}{time}"
    for day in (
        "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d",
        "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b-%y", "%b %Y", "%B %Y", "%m/%Y",
        "%Y%m%d", "%Y%m",
    )
    for time in ("", " %H:%M", " %H:%M:%S")
)  # fmt: skip


def _is_date(value: str, form: str) -> bool:
    with suppress(ValueError):
        # strptime reads 202204 as 2022-0-4 too; only what is written back alike was meant.
        return len(datetime.strptime(value, form).strftime(form)) - len(value) in (0, 1, 2)
    return False


def _header(path: Path, layout: Layout, label: str) -> tuple[list[str], str]:
    """Names in the header, and the delimiter that finds most of the columns in it."""
    headers = {}
    for delimiter in DELIMITERS:
        with path.open(encoding="utf-8-sig", newline="") as file, suppress(csv.Error):
            names = next(csv.reader(file, delimiter=delimiter), [])
            headers[delimiter] = [name.strip() for name in names]
    delimiter = max(headers, key=lambda d: len(set(layout.columns) & set(headers[d])))
    _check(headers[delimiter], layout, label)
    return headers[delimiter], delimiter


def _check(header: Sequence[str], layout: Layout, label: str) -> None:
    named = [name for name in header if name]
    faults = [
        f"{label}: no column {column!r}{nearest(column, named)}."
        for column in layout.columns
        if column not in header and column not in layout.may_lack
    ]
    faults += [
        f"{label}: the column {column!r} is there {header.count(column)} times; rename all but one."
        for column in layout.columns
        if header.count(column) > 1
    ]
    has_point = layout.x in header and layout.y in header
    if not faults and not has_point and layout.area not in header:
        faults = [f"{label}: neither {layout.area!r} nor coordinates, so no event has a place."]
    if faults:
        raise InputError(faults)


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
    """Rows that do not fit the header; what stands in them is nobody's business."""
    rows = connection.execute(
        "SELECT DISTINCT ON (line) line, error_type, error_message FROM reject_errors "
        "ORDER BY line, column_idx"
    ).fetchall()
    connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    for line, kind, message in rows:
        found = message.rsplit("Found:", 1)[-1].strip()
        reasons = {
            "MISSING COLUMNS": f"{found} values where the header has {columns}",
            "TOO MANY COLUMNS": f"{found} values where the header has {columns}",
            "UNQUOTED VALUE": "a quote that is not closed",
        }
        what = reasons.get(str(kind), str(message).rstrip("."))
        yield f"{label}: line {line}: {what}. Put text with commas or quotes into quotes."


def _no_pattern(path: Path) -> str:
    """A path that DuckDB takes for itself, whatever characters it has."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))

"""Ways to spoil events: encodings, rows, columns, dates, places, keys, periods."""

from collections.abc import Callable

from fault_corpus import ALL, FIRST, Project, case, change_bytes, config, row

# ---- Encodings ----------------------------------------------------------------------------------


case(
    "events in windows-1252",
    lambda p: change_bytes(p, "crimes.csv", "p0", b"Ren\xe9"),
    0,
    "crimes.csv is not UTF-8 (line 2)",
    "read as Windows-1252",
    counted=ALL,
)
case(
    "events in utf-16",
    lambda p: p.write("crimes.csv", p.text("crimes.csv").encode("utf-16")),
    3,
    "crimes.csv",
    "UTF-16",
    "CSV UTF-8",
)
case(
    "a table in utf-16",
    lambda p: p.write("people.csv", p.text("people.csv").encode("utf-16")),
    3,
    "people.csv",
    "UTF-16",
    "CSV UTF-8",
)
case(
    "events with a byte-order mark",
    lambda p: p.write("crimes.csv", b"\xef\xbb\xbf" + p.text("crimes.csv").encode()),
    0,
    counted=ALL,
)
case(
    "a table with a byte-order mark",
    lambda p: p.write("people.csv", b"\xef\xbb\xbf" + p.text("people.csv").encode()),
    0,
    counted=ALL,
)
case(
    "events in no encoding",
    lambda p: change_bytes(p, "crimes.csv", "p0", b"\xe9\x81"),
    3,
    "crimes.csv: line 2",
    "neither UTF-8 nor Windows-1252",
    "Save it as UTF-8",
)
case(
    "a table with zero bytes",
    lambda p: change_bytes(p, "people.csv", "1500", b"15\x0000"),
    3,
    "people.csv",
    "binary",
    "Save it as CSV UTF-8",
)
case(
    "a garbled district",
    lambda p: p.change("lookup.csv", "North", "CafÃ© End"),
    0,
    "lookup.csv: row 2, column 'district', value 'CafÃ© End'",
    "garbled",
    "Save it again",
)
case(
    "a lookup in windows-1252",
    lambda p: change_bytes(p, "lookup.csv", "North", b"Caf\xe9 End"),
    0,
    "lookup.csv is not UTF-8 (line 2)",
    "read as Windows-1252",
)

# ---- Rows and columns of events -----------------------------------------------------------------

row("a row that is short", ",theft,p0", ",theft", 3, "crimes.csv: line 2: 6 values", "header has 7")
row("a row that is long", ",theft,p0", ",theft,p0,x", 3, "crimes.csv: line 2: 8 values", "quotes")
row(
    "columns shifted by a comma in a text",
    ",theft,p0",
    ",theft, from a shop,p0",
    3,
    "crimes.csv: line 2: 8 values where the header has 7",
    "Put text with commas",
)
row(
    "columns shifted by an empty cell",
    "r0,2021-01-01,E01020001,0.5100,51.7070,theft",
    "r0,,2021-01-01,E01020001,0.5100,51.7070",
    0,
    "1 records have no date",
    counted=ALL - 1,
)
row(
    "a place in the column of dates",
    "r0,2021-01-01,",
    f"r0,{FIRST},",
    3,
    "crimes.csv: row 2, column 'date', value 'E01020001'",
    "not an ISO date",
    "Correct it",
)
row("a quote that is left open", ",theft,p0", ',"theft,p0', 3, "crimes.csv", "quote")
case(
    "a total below the table",
    lambda p: p.write("crimes.csv", p.text("crimes.csv") + "Total,240\n"),
    3,
    "crimes.csv: line 242: 2 values where the header has 7",
)
case(
    "the header again in the middle",
    lambda p: p.write("crimes.csv", p.text("crimes.csv") * 2),
    3,
    "crimes.csv: row 242, column 'date', value 'date'",
    "not an ISO date",
)
case(
    "no header",
    lambda p: p.write("crimes.csv", p.text("crimes.csv").split("\n", 1)[1]),
    3,
    "crimes.csv: no column 'date'",
)
case(
    "a header and no rows",
    lambda p: p.write("crimes.csv", "ref,date,area,kind\n"),
    3,
    "sources.crimes: no records in crimes.csv",
)
case(
    "an empty file of events",
    lambda p: p.write("crimes.csv", ""),
    3,
    "crimes.csv: the file is empty",
    "Save the table as CSV UTF-8",
)
case(
    "nothing but white space",
    lambda p: p.write("crimes.csv", "\n \n\n"),
    3,
    "crimes.csv: no column",
)
case(
    "blank lines between rows",
    lambda p: p.write("crimes.csv", p.text("crimes.csv").replace("\nr5,", "\n\n,,,,,,\nr5,")),
    0,
    counted=ALL,
)
for _name, _sign in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|")):
    case(
        f"events with {_name}",
        lambda p, sign=_sign: p.write("crimes.csv", p.text("crimes.csv").replace(",", sign)),
        0,
        counted=ALL,
    )
case(
    "line ends of Windows",
    lambda p: p.write("crimes.csv", p.text("crimes.csv").replace("\n", "\r\n")),
    0,
    counted=ALL,
)
row(
    "a renamed column",
    "ref,date,area",
    "ref,Date_,area",
    3,
    "crimes.csv: no column 'date'",
    "the nearest is 'Date_'",
)
row(
    "a column that is there twice",
    "lon,lat,kind",
    "lon,kind,kind",
    3,
    "crimes.csv: the column 'kind' is there 2 times",
    "rename all but one",
)
row(
    "a column of a rule that is not there",
    "lat,kind,person",
    "lat,sort,person",
    3,
    "crimes.csv: no column 'kind'",
)
row("blanks around the names of columns", "ref,date,area", "ref, date ,area", 0, counted=ALL)


def _police(project: Project, header: str, line: str) -> None:
    project.write("crimes.csv", header + "\n" + line)
    text = project.text("config.toml")
    start, end = text.index("[sources.crimes]"), text.index("[sources.people]")
    police = '[sources.crimes]\nkind = "police.uk"\npath = "crimes.csv"\n'
    project.write("config.toml", text[:start] + police + text[end:])


case(
    "police.uk columns in snake case",
    lambda p: _police(p, "month,longitude,latitude,lsoa_code", "2022-01,0.5,51.7,E01020001"),
    3,
    "crimes.csv: no column 'Month'",
    "the nearest is 'month'",
)
case(
    "police.uk without any place",
    lambda p: _police(p, "Month,Crime type", "2022-01,Drugs"),
    3,
    "crimes.csv: neither 'LSOA code' nor coordinates",
)

# ---- Dates --------------------------------------------------------------------------------------


def _dates(project: Project, form: Callable[[str, str, str], str]) -> None:
    lines = project.text("crimes.csv").splitlines()
    cells = [line.split(",") for line in lines]
    for fields in cells[1:]:
        fields[1] = form(*fields[1].split("-"))
    project.write("crimes.csv", "\n".join(",".join(fields) for fields in cells) + "\n")


row(
    "an ambiguous date",
    "2021-01-01",
    "03/04/2024",
    3,
    "crimes.csv: row 2, column 'date', value '03/04/2024'",
    "03 April 2024 or 04 March 2024",
    'date_format = "%d/%m/%Y"',
)
row(
    "a date of the other order",
    "2021-01-01",
    "13/04/2021",
    3,
    "row 2, column 'date', value '13/04/2021'",
    'set date_format = "%d/%m/%Y"',
)
case(
    "every date with slashes",
    lambda p: _dates(p, lambda y, m, d: f"{d}/{m}/{y}"),
    3,
    "crimes.csv: row 2, column 'date'",
    "(and 239 more)",
    'date_format = "%d/%m/%Y"',
)
row(
    "a serial number of Excel",
    "2021-01-01",
    "44651",
    3,
    "crimes.csv: row 2, column 'date', value '44651'",
    "Excel",
    "31 March 2022",
    "Format the column as a date",
)
row(
    "a serial number with the time of day",
    "2021-01-01",
    "44651.75",
    3,
    "value '44651.75'",
    "Excel",
    "31 March 2022",
)
row("a month that is none", "2021-01-01", "2021-13-01", 3, "value '2021-13-01'", "not an ISO date")
row("a day that is none", "2021-01-01", "2021-02-30", 3, "value '2021-02-30'", "not an ISO date")
row("a date with something behind it", "2021-01-01", "2021-01-01?", 3, "value '2021-01-01?'")
row("a date of two digits", "2021-01-01", "01/02/21", 3, "value '01/02/21'", "date_format")
row("a word for a date", "2021-01-01", "last week", 3, "value 'last week'", "not an ISO date")
row("no date", "2021-01-01", "", 0, "1 records have no date", counted=ALL - 1)
row("a text null for a date", "2021-01-01", "NULL", 0, "1 records have no date", counted=ALL - 1)
row("a date of the far future", "2021-01-01", "2202-01-01", 0, counted=ALL - 1)
row("a month instead of a day", "2021-01-01", "2021-01", 0, counted=ALL)
row("a time behind the date", "2021-01-01", "2021-01-01T23:59:00", 0, counted=ALL)
case(
    "dates that the format reads",
    lambda p: (
        _dates(p, lambda y, m, d: f"{d}/{m}/{y}"),
        p.change("config.toml", 'date = "date"', 'date = "date"\ndate_format = "%d/%m/%Y"'),
    ),
    0,
    counted=ALL,
)
case(
    "dates that the format does not read",
    lambda p: p.change("config.toml", 'date = "date"', 'date = "date"\ndate_format = "%d/%m/%Y"'),
    3,
    "crimes.csv: row 2, column 'date', value '2021-01-01'",
    "not a date as %d/%m/%Y",
)

# ---- Places of events ---------------------------------------------------------------------------

row("a code elsewhere", f"2021-01-01,{FIRST}", "2021-01-01,E01033768", 0, counted=ALL - 1)
row("a code that is none", f"2021-01-01,{FIRST}", "2021-01-01,Basildon 1A", 0, counted=ALL - 1)
for _word in ("", "NULL", "N/A", "NaN", "none", "#N/A"):
    row(f"no code but {_word!r}", f"2021-01-01,{FIRST}", f"2021-01-01,{_word}", 0, counted=ALL - 1)
row("blanks around a code", f"2021-01-01,{FIRST}", f"2021-01-01, {FIRST} ", 0, counted=ALL)
row(
    "a code in small letters",
    f"2021-01-01,{FIRST}",
    f"2021-01-01,{FIRST.lower()}",
    0,
    "of 1 events",
    "small letters",
    "e01020001",
    counted=ALL,
)
case(
    "names instead of codes",
    lambda p: p.write("crimes.csv", p.text("crimes.csv").replace(",E0102", ",Area ")),
    3,
    "crimes: none of its 240 events in the periods is in the study area",
    "Area 0001",
    "Check the columns area",
)


def _codes_of_2011(project: Project) -> None:
    """Areas 11 and 12 get codes that 2021 brought, which no event names; all else stays."""
    for name in ("areas.geojson", "lookup.csv", "people.csv"):
        for k in range(7, 13):
            text = project.text(name).replace(f"E0102{k:04d}", f"E010350{k:02d}")
            project.write(name, text)


case(
    "events with codes of 2011",
    _codes_of_2011,
    3,
    "crimes: carries area codes of an older edition",
    "E01020007",
    "[areas.vintage]",
)
case(
    "swapped columns of coordinates",
    lambda p: p.by_coordinates("lat", "lon"),
    3,
    "crimes: none of its 240 events in the periods is in the study area",
    "x and y",
)
case(
    "degrees called metres",
    lambda p: p.by_coordinates(crs="EPSG:27700"),
    3,
    "crimes: none of its 240 events",
    "the crs",
)
case(
    "metres called degrees",
    lambda p: (
        p.by_coordinates(),
        p.write(
            "crimes.csv", p.text("crimes.csv").replace(",0.5", ",5711").replace(",51.7", ",2117")
        ),
    ),
    3,
    "crimes: none of its 240 events",
    "the crs",
)
for _value, _what in (
    ("unknown?", "a word"),
    ("inf", "infinity"),
    ("1e999", "a huge number"),
    ("0.51°", "a degree sign"),
    ('"571,234"', "a thousands separator"),
):
    case(
        f"a coordinate that is {_what}",
        lambda p, value=_value: (p.by_coordinates(), p.change("crimes.csv", "0.5100", value)),
        3,
        "crimes.csv: row 2, column 'lon', value",
        "not a coordinate",
        "Leave it empty",
    )
case(
    "a coordinate with a decimal comma",
    lambda p: (
        p.by_coordinates(),
        p.write("crimes.csv", p.text("crimes.csv").replace(",", ";").replace("0.5100", "0,5100")),
    ),
    3,
    "crimes.csv: row 2, column 'lon', value '0,5100'",
    "not a coordinate",
)
for _x, _y, _what in (
    ("0", "0", "null island"),
    ("", "51.7070", "half a point"),
    ("NULL", "NULL", "text nulls"),
):
    case(
        f"an event at {_what}",
        lambda p, x=_x, y=_y: (
            p.by_coordinates(),
            p.change("crimes.csv", "0.5100,51.7070", f"{x},{y}"),
        ),
        0,
        counted=ALL - 1,
    )
case(
    "a note to Excel above the events",
    lambda p: p.write("crimes.csv", "sep=,\n" + p.text("crimes.csv")),
    3,
    "crimes.csv: line 1 is 'sep=,', a note to Excel",
    "Take it out",
)
row(
    "a code with a sign that nobody sees",
    "E01020001",
    "E01020001\u200b",
    0,
    "crimes: 1 events are not counted",
    "'E01020001\\u200b'",
    counted=ALL - 1,
)
case("every event has a point", lambda p: p.by_coordinates(), 0, counted=ALL)

# ---- Keys and persons ---------------------------------------------------------------------------

row("a key that is used again", "\nr1,", "\nr0,", 0, counted=ALL - 1)
case(
    "keys that are text nulls",
    lambda p: (
        p.change("crimes.csv", "\nr1,", "\nNULL,"),
        p.change("crimes.csv", "\nr2,", "\nNULL,"),
    ),
    0,
    counted=ALL,
)
case(
    "a word for not known among the persons",
    lambda p: (
        p.change("config.toml", 'key = "ref"', 'distinct = "person"'),
        [p.change("crimes.csv", f",p{k}\n", ",unknown\n") for k in range(100)],
    ),
    0,
    "100 of 240 located records share one person",
    "empty those cells",
)
case(
    "one file under two names",
    lambda p: (
        p.write("copy.csv", p.text("crimes.csv")),
        p.change("config.toml", '"crimes.csv"', '["crimes.csv", "copy.csv"]'),
    ),
    3,
    "copy.csv and crimes.csv are the same file",
    "counted twice",
    "Take one away",
)

# ---- Periods that are not whole -----------------------------------------------------------------


def _without(project: Project, *months: str) -> None:
    lines = project.text("crimes.csv").splitlines()
    kept = [line for line in lines if not any(f",{month}-" in line for month in months)]
    project.write("crimes.csv", "\n".join(kept) + "\n")


case(
    "a month that a force did not send",
    lambda p: _without(p, "2022-03"),
    0,
    "crimes: 2022 is a part period",
    "1 of its 12 months",
    "2022-03",
    counted=ALL - 10,
)
case(
    "a year that a force did not send",
    lambda p: _without(p, *(f"2021-{m:02d}" for m in range(1, 13))),
    0,
    "crimes: 2021 is not assessed",
    counted=ALL - 120,
)
config(
    "periods that the events do not reach",
    "periods = [2021, 2022]",
    "periods = [2015]",
    3,
    "factors.crimes: crimes has no events in 2015",
    "2021-01 to 2022-12",
    "Change the periods",
)


def _placeless(project: Project, month: str) -> None:
    lines = [line.split(",") for line in project.text("crimes.csv").splitlines()]
    for fields in lines:
        if fields[1].startswith(month) and fields[0] != "r235":
            fields[2] = ""
    project.write("crimes.csv", "\n".join(",".join(fields) for fields in lines) + "\n")


case(
    "places that are missing from one month on",
    lambda p: _placeless(p, "2022-12"),
    0,
    "crimes: 3.8% of the events have no place",
    "90% in 2022-12",
    counted=ALL - 9,
)

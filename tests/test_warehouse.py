"""A warehouse counts what DuckDB counts: on a real PostgreSQL server, and on Spark."""

import os
import shutil
import zipfile

import duckdb
import geopandas as gpd
import ibis
import pandas as pd
import pytest
import sqlglot
from postgresql import programs, server
from small_events import factor, group, line, squares
from typer.testing import CliRunner

from riskindex.cli import app
from riskindex.counts import Periods, count_events
from riskindex.errors import ConfigError, InputError
from riskindex.events import EventSource, open_events
from riskindex.warehouse import (
    DIALECTS,
    WarehouseSource,
    counting_expression,
    counting_query,
    queries,
)

TWO = squares("E01000001", "E01000002")
OPEN = ["Month", "LSOA code", "Crime type"]
ADDRESS = "RISKINDEX_TEST_ADDRESS"
NASTY = "x' OR 'a'='a\\'; DROP TABLE events; --\n"
FACTORS = (
    factor("drugs", where={"kind": ["drugs"]}, periods=("2021", "2022")),
    factor("either", event_groups=(group("a", kind=["drugs", NASTY]), group("b", level=[1, 2]),
                                   group("c", kind=["drugs"], level=[2]))),
    factor("done", where={"done": [True]}),
)  # fmt: skip


def warehouse(**options):
    given = {"kind": "warehouse", "engine": "postgresql", "table": "events", "date": "date",
             "area": "area", "connection": ADDRESS}  # fmt: skip
    return WarehouseSource(**{**given, **options})


def records():
    """Events of every fate: codes of here and elsewhere, none, nonsense, no date, other years."""
    rows = []
    for i in range(400):
        areas = ["E01000001", "E01000002", " E01000001 ", "E01999999", None, "", "n/a", "Basildon"]
        kinds = ["drugs", "fire", NASTY, None, " drugs "]
        rows.append({"date": f"{2020 + i % 3}-{i % 12 + 1:02d}-15" if i % 41 else None,
                     "area": areas[(i * 7 + i // 8) % 8], "kind": kinds[i % 5],
                     "level": i % 4, "done": i % 3 == 0})  # fmt: skip
    return pd.DataFrame(rows)


def counted(source, folder, factors=FACTORS, areas=TWO, **options):
    with open_events({"s": source}, folder, factors=factors) as opened:
        return count_events(opened.events, areas, factors, Periods(), **options), opened.files


def by_duckdb(folder, table, factors=FACTORS, areas=TWO, **options):
    table.to_parquet(folder / "events.parquet")
    source = EventSource(**{"kind": "events", "path": "events.parquet", "date": "date",
                            "area": "area", **options})  # fmt: skip
    return counted(source, folder, factors, areas, places=pd.Series("here", index=areas.index))[0]


def assert_same(found, expected):
    """Counts, reconciliation and months, to the last event."""
    pd.testing.assert_frame_equal(found.counts, expected.counts)
    pd.testing.assert_frame_equal(found.reconciliation, expected.reconciliation)
    months = expected.rhythm[expected.rhythm.index.get_level_values("aspect") == "month"]
    pd.testing.assert_frame_equal(found.rhythm, months)


@pytest.fixture(scope="module")
def address():
    if programs() is None:
        message = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with server() as found:
        yield found


@pytest.fixture
def postgresql(address, monkeypatch):
    """Load a data frame into a table of the server; whoever asks may only read."""
    import psycopg

    monkeypatch.setenv(ADDRESS, address)

    def load(table, name="events", **types):
        kinds = {"object": "text", "str": "text", "int64": "integer", "bool": "boolean"}
        columns = {c: types.get(c, kinds.get(str(table[c].dtype), "text")) for c in table}
        with psycopg.connect(address) as connection, connection.cursor() as cursor:
            listed = ", ".join('"' + c.replace('"', '""') + f'" {t}' for c, t in columns.items())
            named = '"' + name.replace('"', '""') + '"'
            cursor.execute(f"DROP TABLE IF EXISTS {named}; CREATE TABLE {named} ({listed})")
            with cursor.copy(f"COPY {named} FROM STDIN") as copy:
                for row in (
                    table.astype("object").where(table.notna(), None).itertuples(index=False)
                ):
                    copy.write_row(row)

    return load


def test_postgresql_counts_what_duckdb_counts(postgresql, tmp_path):
    table = records()
    postgresql(table, date="date")
    found, files = counted(warehouse(), tmp_path, places=pd.Series("here", index=TWO.index))
    expected = by_duckdb(tmp_path, table.assign(date=pd.to_datetime(table["date"])))
    assert_same(found, expected)
    assert line(found)["read"] == 400
    assert len(line(found)) == 6  # read, counted, and four reasons why not
    assert found.uncounted.empty
    assert "s: events stay in the warehouse; those not counted are not listed." in found.notes
    assert (files[0].name, files[0].rows) == ("postgresql: events", 400)


def test_so_it_does_with_dates_as_text_and_a_rule_of_the_source(postgresql, tmp_path):
    table = records()
    postgresql(table)
    where = {"kind": ["drugs", "fire"]}
    found, _ = counted(warehouse(date_is_text=True, where=where), tmp_path,
                       places=pd.Series("here", index=TWO.index))  # fmt: skip
    assert_same(found, by_duckdb(tmp_path, table, where=where))


@pytest.fixture
def essex_2025(shared):
    """The street files of Essex 2025 as one table, all columns text."""
    with zipfile.ZipFile(shared / "data/essex/police_uk_2025.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("-street.csv")]
        return pd.concat(
            [pd.read_csv(archive.open(name), usecols=OPEN, dtype=str) for name in names]
        )


def test_a_real_year_is_the_same_to_the_last_event(shared, essex_2025, postgresql, tmp_path):
    boundaries = shared / "data/essex/lsoa21_boundaries.gpkg"
    areas = gpd.read_file(boundaries).set_index("LSOA21CD").rename_axis("area_code").sort_index()
    rules = [factor(f"f{i}", periods=("2025",), where={"Crime type": [kind]})
             for i, kind in enumerate(sorted(essex_2025["Crime type"].unique()))]  # fmt: skip
    postgresql(essex_2025)
    columns = {"date": "Month", "area": "LSOA code"}
    expected = by_duckdb(tmp_path, essex_2025, rules, areas, **columns)
    places = pd.Series("here", index=areas.index)
    found, _ = counted(warehouse(date_is_text=True, **columns), tmp_path, rules, areas,
                       places=places)  # fmt: skip
    assert_same(found, expected)
    assert line(found)["read"] == len(essex_2025) == 158_217


def test_names_and_values_are_only_text(postgresql, tmp_path):
    table = records().rename(columns={"kind": 'k"; DROP TABLE "events', "date": "da%te"})
    postgresql(table, name='ev"ents; --', **{"da%te": "timestamp"})
    rules = (factor(where={'k"; DROP TABLE "events': [NASTY]}),)
    found, _ = counted(warehouse(table=['ev"ents; --'], date="da%te"), tmp_path, rules)
    drugs = (records()["kind"] == NASTY) & (records()["date"].str[:4] == "2022")
    here = drugs & records()["area"].str.strip().isin(TWO.index)
    # The value ends in a line end, which trimming takes from neither side.
    assert line(found, "f")["counted"] == int(here.sum())
    postgresql(records())  # the server and its tables are still there
    assert counted(warehouse(date_is_text=True), tmp_path)


def test_nothing_can_be_written(address):
    from riskindex.answers import _ask_postgresql

    with pytest.raises(Exception, match="read-only transaction"):
        _ask_postgresql(address, "CREATE TABLE made (a integer)")


def test_the_same_expression_on_the_embedded_engine_is_an_answer_as_well(tmp_path):
    table = records()
    expression = counting_expression("s", warehouse(date_is_text=True), FACTORS)
    connection = duckdb.connect()
    connection.register("events", table)
    answer = connection.execute(ibis.to_sql(expression, dialect="duckdb")).df()
    answer.to_csv(tmp_path / "answer.csv", index=False)
    answer.to_parquet(tmp_path / "answer.parquet")
    expected = by_duckdb(tmp_path, table)
    for name in ("answer.csv", "answer.parquet"):
        read, files = counted(warehouse(date_is_text=True, engine="databricks", answer=name),
                              tmp_path, places=pd.Series("here", index=TWO.index))  # fmt: skip
        assert_same(read, expected)
        assert (files[0].name, files[0].rows) == (name, 400)


def test_an_answer_to_another_query_is_refused(tmp_path):
    (tmp_path / "answer.csv").write_text("area_code,month,rule_0123456789,events\nE1,202201,1,5\n")
    with pytest.raises(InputError, match=r"has no column 'rule_.*another query\."):
        counted(warehouse(answer="answer.csv"), tmp_path)


@pytest.mark.parametrize(
    ("month", "events", "what"),
    [("2022-13", "1", "'2022-13' is no month"), ("May 22", "1", "'May 22' is no month"),
     ("202201", "-1", "holds '-1', no whole number"), ("202201", "x", "holds 'x'")],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused(tmp_path, month, events, what):
    plain = (factor(),)
    (rule,) = [c for c in counting_query("s", warehouse(), plain).split('"') if c[:5] == "rule_"][
        :1
    ]
    (tmp_path / "a.csv").write_text(
        f"area_code,month,{rule},events\nE01000001,{month},1,{events}\n"
    )
    with pytest.raises(InputError, match=what):
        counted(warehouse(answer="a.csv"), tmp_path, plain)


NATIONAL = {"date": "Month", "area": "LSOA code"}
KINDS = ("Robbery", "Drugs", "Anti-social behaviour")


def national(shared):
    """Areas and rules of England and Wales, and the path of its year of events."""
    boundaries = shared / "data/england_wales/lsoa21_boundaries.parquet"
    areas = gpd.read_parquet(boundaries).set_index("LSOA21CD").rename_axis("area_code")
    rules = [factor(f"f{i}", periods=("2025",), where={"Crime type": [kind]})
             for i, kind in enumerate(KINDS)]  # fmt: skip
    path = shared / "data/england_wales/police_uk_2025.parquet"
    return areas.sort_index()[["geometry"]], rules, path


def same_as_duckdb(shared, folder, source):
    """A warehouse's answer about England and Wales beside that of DuckDB."""
    areas, rules, path = national(shared)
    places = pd.Series("here", index=areas.index)
    file = EventSource(kind="events", path=str(path), **NATIONAL)
    expected, _ = counted(file, folder, rules, areas, places=places)
    found, _ = counted(source, folder, rules, areas, places=places)
    assert_same(found, expected)
    assert line(found)["read"] == 3_552_980


@pytest.mark.long
def test_postgresql_counts_england_and_wales_to_the_last_event(
    shared, address, tmp_path, monkeypatch
):
    import psycopg

    monkeypatch.setenv(ADDRESS, address)
    _, _, path = national(shared)
    names = ", ".join(f'"{name}"' for name in OPEN)
    table = tmp_path / "all.csv"
    duckdb.execute(f"COPY (SELECT {names} FROM '{path}') TO '{table}' (HEADER false)")
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE everything ({names.replace(',', ' text,')} text)")
        with (
            cursor.copy("COPY everything FROM STDIN (FORMAT csv)") as copy,
            table.open("rb") as file,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
    source = warehouse(table="everything", date_is_text=True, **NATIONAL)
    same_as_duckdb(shared, tmp_path, source)


@pytest.fixture
def spark(monkeypatch):
    """Let a test ask Spark under an address."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine, which Spark needs (Debian: openjdk-17-jre-headless)")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    return lambda address: monkeypatch.setenv(ADDRESS, address)


@pytest.mark.long
@pytest.mark.parametrize("where", ["local[2]", "local-cluster[2,1,1024]"])
def test_spark_counts_england_and_wales_to_the_last_event(shared, spark, tmp_path, where):
    spark(where)
    path = shared / "data/england_wales/police_uk_2025.parquet"
    source = warehouse(engine="spark", table=["parquet", str(path)], date_is_text=True, **NATIONAL)
    same_as_duckdb(shared, tmp_path, source)


@pytest.mark.long
def test_spark_counts_a_real_year_to_the_last_event(shared, essex_2025, spark, tmp_path):
    spark("local[2]")
    boundaries = shared / "data/essex/lsoa21_boundaries.gpkg"
    areas = gpd.read_file(boundaries).set_index("LSOA21CD").rename_axis("area_code").sort_index()
    rules = [factor(f"f{i}", periods=("2025",), where={"Crime type": [kind]})
             for i, kind in enumerate(KINDS)]  # fmt: skip
    expected = by_duckdb(tmp_path, essex_2025, rules, areas, **NATIONAL)
    table = ["parquet", str(tmp_path / "events.parquet")]
    source = warehouse(engine="spark", table=table, date_is_text=True, **NATIONAL)
    found, _ = counted(source, tmp_path, rules, areas, places=pd.Series("here", index=areas.index))
    assert_same(found, expected)
    assert line(found)["read"] == 158_217


@pytest.mark.long
def test_spark_counts_what_duckdb_counts(tmp_path, spark):
    spark("local[2]")
    table = records()
    table = table.assign(date=pd.to_datetime(table["date"]))
    expected = by_duckdb(tmp_path, table)
    table.to_parquet(tmp_path / "spark.parquet", coerce_timestamps="us")
    source = warehouse(engine="spark", table=["parquet", str(tmp_path / "spark.parquet")])
    found, _ = counted(source, tmp_path, places=pd.Series("here", index=TWO.index))
    assert_same(found, expected)


def test_without_an_address_or_an_answer_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    with pytest.raises(ConfigError, match="'RISKINDEX_TEST_ADDRESS', which is not set"):
        counted(warehouse(), tmp_path)
    with pytest.raises(ConfigError, match="sql-server is not asked from here"):
        counted(warehouse(engine="sql-server"), tmp_path)


def test_what_goes_wrong_names_no_address(postgresql, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r'sources.s: postgresql did not answer: .*"nowhere"'):
        counted(warehouse(table="nowhere"), tmp_path)
    monkeypatch.setenv(ADDRESS, "host=/nowhere password=secret")
    with pytest.raises(InputError, match="cannot connect") as caught:
        counted(warehouse(), tmp_path)
    monkeypatch.setenv(ADDRESS, "secret")
    with pytest.raises(InputError, match="cannot connect") as again:
        counted(warehouse(), tmp_path)
    assert "secret" not in f"{caught.value}{again.value}"


READ_AS = {"postgresql": "postgres", "spark": "spark", "databricks": "databricks",
           "sql-server": "tsql"}  # fmt: skip


@pytest.mark.parametrize("engine", DIALECTS)
@pytest.mark.parametrize("is_text", [True, False])
def test_every_engine_gets_one_select_that_its_dialect_reads(engine, is_text):
    nowhere = factor("none", where={"kind": []})
    source = warehouse(table=["a.b", "c;d", 'e]"`f'], date_is_text=is_text)
    (query,) = queries({"s": source}, (*FACTORS, nowhere), engine=engine)
    (read,) = sqlglot.parse(query, dialect=READ_AS[engine])
    assert isinstance(read, sqlglot.exp.Select)
    assert [column.alias_or_name for column in read.selects][:2] == ["area_code", "month"]
    assert read.selects[-1].alias_or_name == "events"
    values = {literal.this for literal in read.find_all(sqlglot.exp.Literal)}
    assert NASTY in values
    assert not list(read.find_all(sqlglot.exp.Insert, sqlglot.exp.Drop, sqlglot.exp.Command))
    (table,) = read.find_all(sqlglot.exp.Table)
    assert (table.catalog, table.db, table.name) == ("a.b", "c;d", 'e]"`f')


def test_sql_server_is_given_no_short_text_and_no_bare_condition():
    query = counting_query("s", warehouse(engine="sql-server"), FACTORS)
    assert "AS VARCHAR(max))" in query  # VARCHAR alone is cut at 30 letters
    assert "IIF((1 = 1), 1, 0)" in query  # it knows neither TRUE nor numbers as conditions


def test_the_command_prints_the_query(county_config, tmp_path):
    text = county_config.read_text()
    start = text.index("[sources.fires]")
    end = text.index("[sources.", start + 5)
    source = ('[sources.fires]\nkind = "warehouse"\nengine = "sql-server"\n'
              'table = "dbo.fires"\ndate = "date"\narea = "lsoa"\n\n')  # fmt: skip
    config = county_config.with_name("warehouse.toml")
    config.write_text(text[:start] + source + text[end:])
    done = CliRunner().invoke(app, ["sql", str(config)])
    assert done.exit_code == 0, done.output
    assert "FROM [dbo].[fires]" in done.output
    assert '"fire_type" is "deliberate"' in done.output
    with pytest.raises(ConfigError, match="so that there is no query to print"):
        CliRunner().invoke(app, ["sql", str(county_config)], catch_exceptions=False)

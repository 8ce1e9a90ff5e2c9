"""A warehouse counts what DuckDB counts, on a real PostgreSQL server; every engine has a query."""

import os
import re

import duckdb
import ibis
import pandas as pd
import pytest
import sqlglot
from postgresql import programs, server
from small_events import factor, line
from typer.testing import CliRunner
from warehouses import (
    ADDRESS,
    FACTORS,
    NASTY,
    POLICE_UK,
    TWO,
    USED,
    assert_same,
    by_duckdb,
    counted,
    essex,
    national,
    of_definitions,
    records,
    rules,
    same_as_duckdb,
    texts_of_definitions,
    warehouse,
)

from riskindex.cli import app
from riskindex.errors import ConfigError, InputError
from riskindex.events.read import open_events
from riskindex.events.warehouses.query import (
    DIALECTS,
    counting_expression,
    counting_query,
    describe_rules,
    queries,
    warehouse_faults,
)


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
    found, files = counted(warehouse(), tmp_path)
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
    found, _ = counted(warehouse(date_is_text=True, where=where), tmp_path)
    assert_same(found, by_duckdb(tmp_path, table, where=where))


def test_a_whole_number_is_met_however_many_places_a_column_has(postgresql, tmp_path):
    table = records().assign(level=lambda t: t["level"].replace({0: 10, 3: 100}).astype(float))
    table.loc[::7, "level"] += 0.05
    every = [factor(f"is_{n}", where={"level": [n]}) for n in (1, 2, 10, 100, 1000)]
    expected = by_duckdb(tmp_path, table.assign(date=pd.to_datetime(table["date"])), every)
    assert (expected.counts.sum() > 0).tolist() == [True, True, True, True, False]
    for kind in ("numeric(8,2)", "numeric(12,5)", "double precision"):
        postgresql(table, date="date", level=kind)
        assert_same(counted(warehouse(), tmp_path, every)[0], expected)


def test_an_empty_text_in_a_rule_asks_for_what_is_not_recorded(postgresql, tmp_path):
    table = records().assign(kind=lambda t: t["kind"].replace({"fire": " "}))
    every = [factor("empty", where={"kind": [""]}), factor("either", where={"kind": ["", "drugs"]})]
    expected = by_duckdb(tmp_path, table.assign(date=pd.to_datetime(table["date"])), every)
    postgresql(table, date="date")
    assert_same(counted(warehouse(), tmp_path, every)[0], expected)
    here = table[table["date"].str[:4].eq("2022") & table["area"].str.strip().isin(TWO.index)]
    empty = int(here["kind"].fillna("").str.strip().eq("").sum())
    assert expected.counts.sum().tolist()[0] == empty > 0


def test_definitions_are_counted_there_as_they_are_here(postgresql, tmp_path):
    postgresql(texts_of_definitions())
    found, expected = of_definitions(warehouse(date_is_text=True), tmp_path, range(6))
    assert_same(found, expected)
    assert len(found.funnels) > 6 * 4


@pytest.mark.long
def test_fifty_definitions_are_counted_there_as_they_are_here(postgresql, tmp_path):
    postgresql(texts_of_definitions())
    for first in range(100, 150, 10):
        source = warehouse(date_is_text=True)
        assert_same(*of_definitions(source, tmp_path, range(first, first + 10)))


def test_a_real_year_is_the_same_to_the_last_event(shared, postgresql, tmp_path):
    areas, table = essex(shared)
    every = rules(sorted(table["Crime type"].unique()))
    postgresql(table)
    expected = by_duckdb(tmp_path, table, every, areas, **POLICE_UK)
    found, _ = counted(warehouse(date_is_text=True, **POLICE_UK), tmp_path, every, areas)
    assert_same(found, expected, knows_days=False)
    assert line(found)["read"] == len(table) == 158_217


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


def test_nothing_can_be_written(postgresql, address, tmp_path):
    from riskindex.events.warehouses.answer import _ask_postgresql

    postgresql(records(), date="date")
    with pytest.raises(Exception, match="read-only transaction"):
        _ask_postgresql(address, "DELETE FROM events RETURNING area", home=tmp_path)


def test_any_dialect_of_ibis_is_printed():
    (asked,) = queries({"s": warehouse()}, (factor(),), engine="snowflake")
    assert "for snowflake" in asked
    assert sqlglot.parse_one(asked, dialect="snowflake").find(sqlglot.exp.Group)
    with pytest.raises(ConfigError, match=r"no engine 'oracle9'; there are postgresql, spark, .*"):
        queries({"s": warehouse()}, (factor(),), engine="oracle9")


def test_events_outside_are_looked_at_together_however_many(tmp_path):
    (rule,) = describe_rules("s", warehouse(), factors=(factor(),))
    rows = [("E01000001", 202203, 5), ("E01999999", 202203, 50_000_000), ("", 202203, 7)]
    rows += [("E01000002", 201901, 1_000_000_000), ("Basildon", 202204, 3)]
    table = pd.DataFrame(rows, columns=["area_code", "month", "events"]).assign(**{rule: 1})
    table.to_csv(tmp_path / "answer.csv", index=False)
    found, files = counted(warehouse(answer="answer.csv"), tmp_path, (factor(),))
    assert line(found) == {
        "read": 1_050_000_015,
        "counted": 5,
        "outside_periods": 1_000_000_000,
        "no_location": 7,
        "unknown_area": 3,
        "outside_study_area": 50_000_000,
    }
    assert files[0].rows == 1_050_000_015
    elsewhere = found.period_rhythm.xs(("month", "2022-03"), level=("aspect", "value"))
    assert 50_000_007 in set(elsewhere["records"])


@pytest.mark.long
def test_millions_of_rows_of_an_answer_take_seconds(tmp_path):
    """4.3 million rows: 1,433 codes by 3,000 months' worth of rules, read in a few CPU seconds."""
    import resource

    (rule,) = describe_rules("s", warehouse(), factors=(factor(),))
    duckdb.execute(
        "COPY (SELECT 'E01' || lpad((i % 35672)::VARCHAR, 6, '0') AS area_code, "
        "201401 + (i // 35672) // 12 * 100 + (i // 35672) % 12 AS month, "
        f"i % 2 AS {rule}, 1 + i % 5 AS events FROM range(4300000) t(i)) "
        f"TO '{tmp_path / 'answer.csv'}' (FORMAT csv, HEADER)"
    )
    before = resource.getrusage(resource.RUSAGE_SELF)
    with open_events(
        {"s": warehouse(answer="answer.csv")}, folder=tmp_path, factors=(factor(),)
    ) as opened:
        relation = opened.events["s"].relation
        assert relation.aggregate("sum(events)").fetchall()[0][0] == 12_900_000
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 8
    assert after.ru_maxrss - before.ru_maxrss < 400 * 1024


def test_the_same_expression_on_the_embedded_engine_is_an_answer_as_well(tmp_path):
    table = records()
    expression = counting_expression("s", warehouse(date_is_text=True), factors=FACTORS)
    connection = duckdb.connect()
    connection.register("events", table)
    answer = connection.execute(ibis.to_sql(expression, dialect="duckdb")).df()
    answer.to_csv(tmp_path / "answer.csv", index=False)
    answer.to_parquet(tmp_path / "answer.parquet")
    expected = by_duckdb(tmp_path, table)
    for name in ("answer.csv", "answer.parquet"):
        read, files = counted(
            warehouse(date_is_text=True, engine="databricks", answer=name), tmp_path
        )
        assert_same(read, expected)
        assert (files[0].name, files[0].rows) == (name, 400)


def test_an_answer_to_another_query_is_refused(tmp_path):
    (tmp_path / "answer.csv").write_text("area_code,month,rule_0123456789,events\nE1,202201,1,5\n")
    with pytest.raises(InputError, match=r"has no column 'rule_.*another query\."):
        counted(warehouse(answer="answer.csv"), tmp_path)


@pytest.mark.parametrize(
    ("month", "events", "what"),
    [
        ("2022-13", "1", "'2022-13' is no month"),
        ("May 22", "1", "'May 22' is no month"),
        ("202201", "-1", "holds '-1', no whole number"),
        ("202201", "x", "holds 'x'"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(tmp_path, month, events, what):
    plain = (factor(),)
    (rule,) = [
        c for c in counting_query("s", warehouse(), factors=plain).split('"') if c[:5] == "rule_"
    ][:1]
    (tmp_path / "a.csv").write_text(
        f"area_code,month,{rule},events\nE01000001,{month},1,{events}\n"
    )
    with pytest.raises(InputError, match=what):
        counted(warehouse(answer="a.csv"), tmp_path, plain)


@pytest.mark.long
def test_postgresql_counts_england_and_wales_to_the_last_event(
    shared, address, tmp_path, monkeypatch
):
    import psycopg

    monkeypatch.setenv(ADDRESS, address)
    _, path = national(shared)
    names = ", ".join(f'"{name}"' for name in USED)
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
    source = warehouse(table="everything", date_is_text=True, **POLICE_UK)
    same_as_duckdb(shared, tmp_path, source)


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


READ_AS = {
    "postgresql": "postgres",
    "spark": "spark",
    "databricks": "databricks",
    "sql-server": "tsql",
}


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
    query = counting_query("s", warehouse(engine="sql-server"), factors=FACTORS)
    assert "AS VARCHAR(max))" in query  # VARCHAR alone is cut at 30 letters
    assert "IIF((1 = 1), 1, 0)" in query  # it knows neither TRUE nor numbers as conditions


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"area": None}, "name the column area, or on Spark x and y"),
        ({"x": "x", "y": "y"}, "name the column area, or on Spark x and y"),
        ({"area": None, "x": "x"}, "x and y belong together"),
        ({"area": None, "x": "x", "y": "y"}, r"postgresql does not put points .* ST_Intersects"),
        ({"area": None, "x": "x", "y": "y", "engine": "sql-server"}, r"STIntersects.* under area"),
        (
            {"area": None, "x": "x", "y": "y", "engine": "spark", "answer": "a"},
            "an answer holds codes",
        ),
        ({"crs": "EPSG:0"}, "crs 'EPSG:0' is not known"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_what_to_do(tmp_path, options, what):
    source = warehouse(**options)
    assert any(re.search(what, fault) for fault in warehouse_faults("s", source))
    with pytest.raises(ConfigError, match=what):
        counted(source, tmp_path)


def test_the_query_of_a_source_without_codes_gives_points_and_says_who_counts_them():
    source = warehouse(engine="spark", area=None, x="east", y="north")
    (query,) = queries({"s": source}, FACTORS)
    assert "Spark puts the points of its rows into areas" in query
    (read,) = sqlglot.parse(query, dialect="spark")
    assert [column.alias_or_name for column in read.selects][:3] == ["x", "y", "month"]
    assert "GROUP BY" not in query


def test_the_command_prints_the_query(county_config, tmp_path):
    text = county_config.read_text()
    start = text.index("[sources.fires]")
    end = text.index("[sources.", start + 5)
    source = (
        '[sources.fires]\nkind = "warehouse"\nengine = "sql-server"\n'
        'table = "dbo.fires"\ndate = "date"\narea = "lsoa"\n\n'
    )
    config = county_config.with_name("warehouse.toml")
    measure = (
        '[measures.lit]\nlabel = "lit"\nsource = "fires"\nperiods = [2022]\n'
        'where = { place = ["street"] }\n\n'
    )
    config.write_text(text[:start] + measure + source + text[end:])
    done = CliRunner().invoke(app, ["sql", str(config)])
    assert done.exit_code == 0, done.output
    assert "FROM [dbo].[fires]" in done.output
    assert '"fire_type" is "deliberate"' in done.output
    assert '"place" is "street"' in done.output  # of a measure
    with pytest.raises(ConfigError, match="so that there is no query to print"):
        CliRunner().invoke(app, ["sql", str(county_config)], catch_exceptions=False)

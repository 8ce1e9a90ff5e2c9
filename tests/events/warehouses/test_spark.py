"""Spark counts what DuckDB counts, in a session of this machine and on a cluster."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from machine import skip_without
from small_events import line
from warehouses import (
    ADDRESS,
    BARE,
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

from riskindex.errors import ConfigError, InputError
from riskindex.events.read import open_events
from riskindex.events.warehouses.spark import _sent_whole, _shared, placing

SMALL = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
"""What makes a session start sooner; what it computes is the same."""


@pytest.fixture(scope="module")
def java():
    """Start Spark's machine where it is needed, and end it after the tests of this file."""
    try:
        from pyspark import SparkContext
    except ImportError:
        skip_without("pyspark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        skip_without("no Java on this machine, which Spark needs (Debian: openjdk-17-jre-headless)")
    yield
    if gateway := SparkContext._gateway:
        machine: subprocess.Popen[bytes] = gateway.proc
        gateway.shutdown()
        SparkContext._gateway = SparkContext._jvm = None
        machine.stdin.close()
        machine.wait(60)


@pytest.fixture
def ask(java, monkeypatch):
    """Let a test ask Spark under an address."""
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    return lambda address: monkeypatch.setenv(ADDRESS, address)


@pytest.fixture(scope="module")
def session(java):
    """One session for all tests of two threads."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master("local[2]").appName("tests")
        running = builder.config(map=SMALL).getOrCreate()
    running.sparkContext.setLogLevel("ERROR")
    yield running
    running.stop()


@pytest.fixture
def spark(session, monkeypatch):
    """A warehouse source of a Parquet file, which the session of two threads counts."""
    monkeypatch.setenv(ADDRESS, "local[2]")
    return lambda path, **options: warehouse(
        engine="spark", table=["parquet", str(path)], **options
    )


def test_spark_counts_what_duckdb_counts(spark, tmp_path):
    table = records()
    table = table.assign(date=pd.to_datetime(table["date"]))
    expected = by_duckdb(tmp_path, table)
    table.to_parquet(tmp_path / "spark.parquet", coerce_timestamps="us")
    found, files = counted(spark(tmp_path / "spark.parquet"), tmp_path)
    assert_same(found, expected)
    assert files[0].rows == 400


def test_definitions_are_counted_there_as_they_are_here(spark, tmp_path):
    texts_of_definitions().to_parquet(tmp_path / "spark.parquet")
    source = spark(tmp_path / "spark.parquet", date_is_text=True)
    assert_same(*of_definitions(source, tmp_path, range(4)))


@pytest.mark.long
def test_fifty_definitions_are_counted_there_as_they_are_here(spark, tmp_path):
    texts_of_definitions().to_parquet(tmp_path / "spark.parquet")
    source = spark(tmp_path / "spark.parquet", date_is_text=True)
    for first in range(100, 150, 10):
        assert_same(*of_definitions(source, tmp_path, range(first, first + 10)))


@pytest.mark.long
def test_spark_counts_a_real_year_to_the_last_event(shared, spark, tmp_path):
    areas, table = essex(shared)
    expected = by_duckdb(tmp_path, table, rules(), areas, **POLICE_UK)
    source = spark(tmp_path / "events.parquet", date_is_text=True, **POLICE_UK)
    found, _ = counted(source, tmp_path, rules(), areas)
    assert_same(found, expected, knows_days=False)
    assert line(found)["read"] == len(table) == 158_217


def points():
    """Events with coordinates of every fate: in an area, on borders, in none, missing, nonsense."""
    x = [500.0, 1000.0, 1500.0, 2000.0, 2000.5, -3.0, None, 0.0, float("nan"), float("inf"), 0.0]
    y = [500.0, 500.0, 0.0, 1000.0, 500.0, 5.0, 500.0, 0.0, 500.0, 500.0, 500.0]
    rows = [{"x": x[i % 11], "y": y[i % 11]} for i in range(400)]
    return records().drop(columns="area").join(pd.DataFrame(rows))


def test_points_without_codes_are_placed_there_as_they_are_here(spark, tmp_path):
    table = points()
    finite = table.assign(x=table["x"].replace([float("inf")], None))  # a fault in a file
    expected = by_duckdb(tmp_path, finite, area=None, x="x", y="y")
    table.to_parquet(tmp_path / "points.parquet")
    source = spark(tmp_path / "points.parquet", date_is_text=True, area=None, x="x", y="y")
    found, files = counted(source, tmp_path)
    assert_same(found, expected)
    assert {key for key, n in line(found).items() if n} == {
        "read",
        "counted",
        "outside_periods",
        "no_location",
        "outside_study_area",
    }
    assert files[0].rows == 400


def test_real_points_are_placed_there_to_the_last_event(shared, spark, tmp_path):
    areas, table = essex(shared, [*USED, "Longitude", "Latitude"])
    table = table.astype({"Longitude": float, "Latitude": float})
    expected = by_duckdb(tmp_path, table, rules(), areas, **BARE)
    source = spark(tmp_path / "events.parquet", date_is_text=True, **BARE)
    found, _ = counted(source, tmp_path, rules(), areas)
    assert_same(found, expected, knows_days=False)
    assert line(found)["read"] == len(table) == 158_217
    assert line(found)["counted"] > 155_000


WORKER = """
import pickle, sys
import pyarrow as pa
sys.modules["riskindex"] = None  # whatever is installed: there is none
place = pickle.load(open(sys.argv[1], "rb"))
batch = pa.RecordBatch.from_pydict({"x": [500.0, 9e9, None], "y": [500.0, 0.0, 1.0]})
print(next(place([batch])).to_pydict())
"""


def test_a_worker_needs_no_riskindex(java, tmp_path):
    from pyspark import cloudpickle

    shapes = SimpleNamespace(value=TWO.geometry.to_numpy())
    with _sent_whole():
        sent = cloudpickle.dumps(placing(shapes, [], "EPSG:27700", "EPSG:27700"))
    (tmp_path / "sent").write_bytes(sent)
    command = [sys.executable, "-c", WORKER, str(tmp_path / "sent")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "{'area': [0, -1, -2]}"


def test_a_worker_that_cannot_place_points_says_why(spark, tmp_path, monkeypatch):
    def broken(*_given):
        raise ValueError("no such projection")

    monkeypatch.setattr("riskindex.events.warehouses.spark.areas_of_points", broken)
    points().to_parquet(tmp_path / "points.parquet")
    source = spark(tmp_path / "points.parquet", date_is_text=True, area=None, x="x", y="y")
    with pytest.raises(InputError, match="did not answer: ValueError: no such projection"):
        counted(source, tmp_path)


def test_where_points_cannot_be_placed_it_says_what_to_do(ask, tmp_path):
    ask("local[1]")
    bare = {"area": None, "x": "x", "y": "y"}
    source = warehouse(engine="spark", **bare)
    with (
        pytest.raises(ConfigError, match="only be placed where the areas are given"),
        open_events({"s": source}, folder=tmp_path),
    ):
        pass


def test_a_session_that_cannot_broadcast_sends_the_shapes_with_the_function():
    class Connected:
        """A session of Spark Connect, which has no context on this side."""

        def __getattr__(self, name):
            raise AttributeError(f"[JVM_ATTRIBUTE_NOT_SUPPORTED] {name}")

    shapes = _shared(Connected(), TWO.geometry.to_numpy())
    place = placing(shapes, ["month"], "EPSG:27700", "EPSG:27700")
    batch = pa.RecordBatch.from_pydict({"x": [500.0, -5.0], "y": [500.0, 1.0], "month": [1, 2]})
    assert next(place([batch])).to_pydict() == {"area": [0, -1], "month": [1, 2]}
    shapes.unpersist()


def test_a_session_that_runs_needs_no_address(session, tmp_path, monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    records().to_parquet(tmp_path / "events.parquet")
    session.read.parquet(str(tmp_path / "events.parquet")).createOrReplaceTempView("running")
    source = warehouse(engine="spark", table="running", date_is_text=True, connection=None)
    found, _ = counted(source, tmp_path)
    assert_same(found, by_duckdb(tmp_path, records()))


def test_a_session_that_runs_is_left_running(session, spark, tmp_path):
    records().to_parquet(tmp_path / "events.parquet")
    counted(spark(tmp_path / "events.parquet", date_is_text=True), tmp_path)
    assert session.range(3).count() == 3


@pytest.mark.long
def test_england_and_wales_are_placed_there_to_the_last_event(shared, spark, tmp_path):
    _, path = national(shared)
    same_as_duckdb(shared, tmp_path, spark(path, date_is_text=True, **BARE), BARE)


@pytest.mark.long
@pytest.mark.parametrize("where", ["local[2]", "local-cluster[2,1,1024]"])
def test_england_and_wales_are_the_same_to_the_last_event(shared, ask, tmp_path, where):
    from pyspark.sql import SparkSession

    if running := SparkSession.getActiveSession():
        running.stop()
    ask(where)
    _, path = national(shared)
    source = warehouse(engine="spark", table=["parquet", str(path)], date_is_text=True, **POLICE_UK)
    same_as_duckdb(shared, tmp_path, source)
    assert SparkSession.getActiveSession() is None

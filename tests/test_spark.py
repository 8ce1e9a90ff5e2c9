"""Spark counts what DuckDB counts, in a session of this machine and on a cluster."""

import os
import shutil
import subprocess

import pandas as pd
import pytest
from small_events import line
from warehouses import (
    ADDRESS,
    POLICE_UK,
    assert_same,
    by_duckdb,
    counted,
    essex,
    national,
    records,
    rules,
    same_as_duckdb,
    warehouse,
)

SMALL = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
"""What makes a session start sooner; what it computes is the same."""


def without(what):
    """A machine may lack Spark; where changes are gated (CI is set) it may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)


@pytest.fixture(scope="module")
def java():
    """Start Spark's machine where it is needed, and end it after the tests of this file."""
    try:
        from pyspark import SparkContext
    except ImportError:
        without("pyspark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        without("no Java on this machine, which Spark needs (Debian: openjdk-17-jre-headless)")
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
        builder = SparkSession.builder.master("local[2]").appName("tests")
        running = builder.config(map=SMALL).getOrCreate()
    running.sparkContext.setLogLevel("ERROR")
    yield running
    running.stop()


@pytest.fixture
def spark(session, monkeypatch):
    """A warehouse source of a Parquet file, which the session of two threads counts."""
    monkeypatch.setenv(ADDRESS, "local[2]")
    return lambda path, **options: warehouse(engine="spark", table=["parquet", str(path)],
                                             **options)  # fmt: skip


def test_spark_counts_what_duckdb_counts(spark, tmp_path):
    table = records()
    table = table.assign(date=pd.to_datetime(table["date"]))
    expected = by_duckdb(tmp_path, table)
    table.to_parquet(tmp_path / "spark.parquet", coerce_timestamps="us")
    found, files = counted(spark(tmp_path / "spark.parquet"), tmp_path)
    assert_same(found, expected)
    assert files[0].rows == 400


def test_spark_counts_a_real_year_to_the_last_event(shared, spark, tmp_path):
    areas, table = essex(shared)
    expected = by_duckdb(tmp_path, table, rules(), areas, **POLICE_UK)
    source = spark(tmp_path / "events.parquet", date_is_text=True, **POLICE_UK)
    found, _ = counted(source, tmp_path, rules(), areas)
    assert_same(found, expected)
    assert line(found)["read"] == len(table) == 158_217


def test_a_session_that_runs_is_left_running(session, spark, tmp_path):
    records().to_parquet(tmp_path / "events.parquet")
    counted(spark(tmp_path / "events.parquet", date_is_text=True), tmp_path)
    assert session.range(3).count() == 3


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

"""Files in, where the file is on Spark: queries are answered and points placed there."""

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from riskindex.events import points
from riskindex.events.points import areas_of_points
from riskindex.events.study_area import StudyArea

if TYPE_CHECKING:
    import pandas as pd
    from pyarrow import RecordBatch

NOWHERE, NO_POINT = -1, -2
"""In place of an area: no area of the study area holds the point; the event has none."""
SETTINGS = {"spark.sql.session.timeZone": "Europe/London"}
AT_ONCE = {"spark.sql.execution.arrow.maxRecordsPerBatch": "200000"}
"""Points that are placed together: each batch looks through all areas once."""


def ask_spark(address: str, query: str) -> "pd.DataFrame":
    """The answer to a query.

    Parameters
    ----------
    address
        A master such as `local[2]`, or `sc://` for Spark Connect; a session that runs is taken
        as it is, and left running.
    query
        In Spark's SQL.
    """
    with _session(address, SETTINGS) as session:
        return _collected(session.sql(query))


def count_points(address: str, query: str, study: StudyArea, crs: str) -> "pd.DataFrame":
    """Put points into areas on Spark, and count them there by area and all other columns.

    Each worker gets the boundaries once, by broadcast, and the code that places points, so that it
    needs no more than numpy, pyarrow, pyproj and shapely.

    Parameters
    ----------
    address
        A master such as `local[2]`.
    query
        In Spark's SQL; its answer has x and y.
    study
        The areas.
    crs
        Coordinate system of x and y.

    Returns
    -------
    DataFrame
        The other columns of the query's answer, `area` (position, `NOWHERE` or `NO_POINT`), and
        `events`. A point on a border is in the first of the areas there.
    """
    with _session(address, SETTINGS | AT_ONCE) as session, _sent_whole():
        rows = session.sql(query)
        shapes = _shared(session, study.shapes)
        # Coordinates do not leave the cluster: only counts by area come back.
        others = [name for name in rows.columns if name not in ("x", "y")]
        types = ", ".join(f"{name} {rows.schema[name].dataType.simpleString()}" for name in others)
        place = placing(shapes, others, crs, _named(study.crs))
        with warnings.catch_warnings():
            # It warns of a pandas that it does not know; Arrow's batches go past pandas.
            warnings.simplefilter("ignore", FutureWarning)
            placed = rows.mapInArrow(place, f"area int, {types}")
        counts = placed.groupBy("area", *others).count().withColumnRenamed("count", "events")
        try:
            return _collected(counts)
        finally:
            # The boundaries leave the workers' memory even where the query fails.
            shapes.unpersist()


class _Sent:
    """What travels with the function that needs it, where nothing can be broadcast."""

    def __init__(self, value: object) -> None:
        self.value = value

    def unpersist(self) -> None:
        """Nothing is kept anywhere."""


def _shared(session: Any, shapes: object) -> Any:  # noqa: ANN401
    """The boundaries for the workers: once for each by broadcast, which Spark Connect lacks."""
    try:
        return session.sparkContext.broadcast(shapes)
    except AttributeError:  # so says a session of Spark Connect, whatever the address was
        return _Sent(shapes)


def placing(
    shapes: Any,  # noqa: ANN401 (a broadcast, of a package that may not be there)
    others: list[str],
    source: str,
    target: str,
) -> Callable[[Iterable["RecordBatch"]], Iterator["RecordBatch"]]:
    """The function that a worker calls: batches with x and y become batches with areas.

    Parameters
    ----------
    shapes
        Its `value` has the geometries of the areas.
    others
        Columns that stay as they are.
    source, target
        Coordinate systems of the points and of the geometries.
    """

    def place(batches: Iterable["RecordBatch"]) -> Iterator["RecordBatch"]:
        # Imported on the worker, where this function runs.
        import pyarrow as pa
        from pyproj import Transformer

        into = Transformer.from_crs(source, target, always_xy=True)
        for batch in batches:
            x, y = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("x", "y"))
            # The same rule as for files: 0, 0 and what is not finite is no place.
            has_point = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
            area = np.full(len(x), NO_POINT, dtype=np.int32)
            area[has_point] = areas_of_points(
                *into.transform(x[has_point], y[has_point]), shapes.value
            )
            columns = [pa.array(area), *(batch.column(name) for name in others)]
            yield pa.RecordBatch.from_arrays(columns, names=["area", *others])

    return place


def runs_already() -> bool:
    """Whether this process has a session of Spark, which is then taken as it is."""
    if "pyspark" not in sys.modules:
        return False
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() is not None


def _named(crs: object) -> str:
    """A coordinate system in words that every machine understands."""
    from pyproj import CRS

    # A worker's PROJ may be older and not know the name.
    return str(CRS.from_user_input(crs).to_wkt())


def _collected(answer: Any) -> "pd.DataFrame":  # noqa: ANN401
    import pandas as pd

    return pd.DataFrame([tuple(row) for row in answer.collect()], columns=answer.columns)


@contextmanager
def _session(address: str, settings: Mapping[str, str]) -> Iterator[Any]:
    """A session with some settings; one that runs has its own again afterwards."""
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("riskindex")
    builder = builder.remote(address) if address.startswith("sc:") else builder.master(address)
    with _own_python(address):
        # A session that runs is somebody's: it is used as it is, and its settings are put back.
        session = running or builder.getOrCreate()
    before = {name: session.conf.get(name) for name in settings}
    try:
        for name, value in settings.items():
            session.conf.set(name, value)
        yield session
    finally:
        # A session that somebody else began is theirs to stop.
        if running is None:
            session.stop()
        else:
            for name, value in before.items():
                session.conf.set(name, value)


@contextmanager
def _own_python(address: str) -> Iterator[None]:
    """Workers on this machine are of this Python, not of the first that is called python3."""
    # A cluster has a Python of its own, and who names one means it.
    asked = address.startswith("local") and "PYSPARK_PYTHON" not in os.environ
    if asked:
        os.environ["PYSPARK_PYTHON"] = sys.executable
    try:
        yield
    finally:
        if asked:
            del os.environ["PYSPARK_PYTHON"]


@contextmanager
def _sent_whole() -> Iterator[None]:
    """Our code travels with what calls it: a worker need not have this package."""
    from pyspark import cloudpickle

    for module in (points, sys.modules[__name__]):
        # By value: pickled by name, the worker would look for this package and not have it.
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in (points, sys.modules[__name__]):
            cloudpickle.unregister_pickle_by_value(module)

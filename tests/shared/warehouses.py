"""Events that two engines count, and how their counts are compared."""

import zipfile

import geopandas as gpd
import pandas as pd
from random_definitions import definition, every_record
from real_areas import areas_of_essex
from small_events import factor, group, line, squares

from riskindex.events.count import count_events
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.events.sources import EventSource
from riskindex.events.warehouses.query import WarehouseSource

TWO = squares("E01000001", "E01000002")
ADDRESS = "RISKINDEX_TEST_ADDRESS"
NASTY = "x' OR 'a'='a\\'; DROP TABLE events; --\n"
FACTORS = (
    factor("drugs", where={"kind": ["drugs"]}, periods=("2021", "2022")),
    factor(
        "either",
        event_groups=(
            group("a", kind=["drugs", NASTY]),
            group("b", level=[1, 2]),
            group("c", kind=["drugs"], level=[2]),
        ),
    ),
    factor("done", where={"done": [True]}),
)


def warehouse(**options):
    """A table of the columns date and area, and more where the test says so."""
    given = {
        "kind": "warehouse",
        "engine": "postgresql",
        "table": "events",
        "date": "date",
        "area": "area",
        "connection": ADDRESS,
    }
    return WarehouseSource(**{**given, **options})


def records():
    """Events of every fate: codes of here and elsewhere, none, nonsense, no date, other years."""
    rows = []
    for i in range(400):
        areas = ["E01000001", "E01000002", " E01000001 ", "E01999999", None, "", "n/a", "Basildon"]
        kinds = ["drugs", "fire", NASTY, None, " drugs "]
        rows.append(
            {
                "date": f"{2020 + i % 3}-{i % 12 + 1:02d}-15" if i % 41 else None,
                "area": areas[(i * 7 + i // 8) % 8],
                "kind": kinds[i % 5],
                "level": i % 4,
                "done": i % 7 == 0,
            }
        )
    return pd.DataFrame(rows)


def counted(source, folder, factors=FACTORS, areas=TWO):
    """What became of the events of a source, and its files."""
    places = pd.Series("here", index=areas.index)
    with open_events({"s": source}, folder=folder, factors=factors, areas=areas) as opened:
        found = count_events(opened.events, areas, factors, periods=Periods(), places=places)
        return found, opened.files


def by_duckdb(folder, table, factors=FACTORS, areas=TWO, **options):
    """The same by the embedded engine from a file."""
    table.to_parquet(folder / "events.parquet")
    source = EventSource(
        **{"kind": "events", "path": "events.parquet", "date": "date", "area": "area", **options}
    )
    return counted(source, folder, factors, areas)[0]


def assert_same(found, expected, *, knows_days=True):
    """Counts, reconciliation and months, to the last event; fingerprints where days are in none."""
    pd.testing.assert_frame_equal(found.counts, expected.counts)
    pd.testing.assert_frame_equal(found.reconciliation, expected.reconciliation)
    months = expected.rhythm[expected.rhythm.index.get_level_values("aspect") == "month"]
    columns = ["records"] if knows_days else ["records", "fingerprint"]
    pd.testing.assert_frame_equal(found.rhythm[columns], months[columns])
    if not knows_days:
        pd.testing.assert_frame_equal(found.fingerprints, expected.fingerprints)


def of_definitions(source, folder, seeds):
    """Counts and funnels of random definitions by a source, beside those of DuckDB."""
    every = [factor(f"f{seed}", definition=definition(seed)) for seed in seeds]
    found = counted(source, folder, every)[0]
    expected = by_duckdb(folder, texts_of_definitions(), every)
    pd.testing.assert_frame_equal(found.funnels, expected.funnels)
    return found, expected


def texts_of_definitions():
    """Records that random definitions are asked of, all columns text."""
    areas = [TWO.index[i % 2] for i in range(len(every_record()))]
    table = pd.DataFrame(every_record()).astype("object")
    return table.assign(date="2022-05-01", area=areas)


POLICE_UK = {"date": "Month", "area": "LSOA code"}
USED = ["Month", "LSOA code", "Crime type"]
BARE = {"date": "Month", "area": None, "x": "Longitude", "y": "Latitude", "crs": "EPSG:4326"}
"""The same files, as if their events had coordinates alone."""
KINDS = ("Robbery", "Drugs", "Anti-social behaviour")


def rules(kinds=KINDS):
    """A factor for each type of crime."""
    return [
        factor(f"f{i}", periods=("2025",), where={"Crime type": [kind]})
        for i, kind in enumerate(kinds)
    ]


def essex(shared, columns=USED):
    """Areas of Essex, and its street files of 2025 as one table, all columns text."""
    with zipfile.ZipFile(shared / "data/essex/police_uk_2025.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("-street.csv")]
        tables = [pd.read_csv(archive.open(name), usecols=columns, dtype=str) for name in names]
    return areas_of_essex(shared), pd.concat(tables)


def national(shared):
    """Areas of England and Wales, and the path of its year of events."""
    boundaries = shared / "data/england_wales/lsoa21_boundaries.parquet"
    areas = gpd.read_parquet(boundaries).set_index("LSOA21CD").rename_axis("area_code")
    path = shared / "data/england_wales/police_uk_2025.parquet"
    return areas.sort_index()[["geometry"]], path


def same_as_duckdb(shared, folder, source, columns=POLICE_UK):
    """A warehouse's answer about England and Wales beside that of DuckDB."""
    areas, path = national(shared)
    file = EventSource(kind="events", path=str(path), **columns)
    expected, _ = counted(file, folder, rules(), areas)
    found, _ = counted(source, folder, rules(), areas)
    assert_same(found, expected, knows_days=False)
    assert line(found)["read"] == 3_552_980

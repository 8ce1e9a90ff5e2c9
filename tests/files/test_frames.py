"""Runs on data frames: the same bytes as on equal files, the same checks, the same errors."""

import zipfile
from dataclasses import replace

import duckdb
import geopandas as gpd
import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from list_refusals import ask_no_other_choices, listed_once
from shapely import box

import riskindex
from riskindex import ConfigError, InputError, parse_config, release, run, save
from riskindex.areas.table_files import TableSource
from riskindex.events.read import open_events
from riskindex.events.sources import EventSource

PLACES = [f"E010000{k:02}" for k in range(1, 13)]
CONFIG = {
    "title": "T",
    "place": "P",
    "areas": {"code": "code", "groups": {"district": "district"}},
    "bases": {"residents": "people.residents"},
    "sources": {
        "police": {"kind": "events", "date": "when", "area": "lsoa", "key": "id"},
        "people": {"kind": "table", "code": "code", "columns": {"residents": "total"}},
    },
    "factors": [
        {
            "name": "violence",
            "label": "Violence",
            "source": "police",
            "where": {"type": ["violence"]},
            "method": "getis-ord",
            "periods": [2022, 2023],
            "score": "confidence",
        }
    ],
    "profile": "internal",
}

WITH_PATHS = CONFIG | {
    "areas": {**CONFIG["areas"], "boundaries": "boundaries"},
    "sources": {name: {**source, "path": name} for name, source in CONFIG["sources"].items()},
}


def land():
    places = [(1000 * (k % 4), 1000 * (k // 4)) for k in range(12)]
    shapes = [box(x, y, x + 1000, y + 1000) for x, y in places]
    table = {"code": PLACES, "district": ["A", "A", "B", "B"] * 3}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=27700)


def police():
    rows = [
        (f"202{2 + k % 2}-0{1 + k % 9}-15", PLACES[k % 17 % 12], k, "violence") for k in range(60)
    ]
    rows += [("2022-05-01", "E01000001", 3, "arson"), (None, "E01000001", 90, "violence")]
    return pd.DataFrame(rows, columns=["when", "lsoa", "id", "type"])


def people():
    return pd.DataFrame({"code": PLACES, "total": range(1000, 2200, 100)})


def run_small(events=None, **options):
    given = {
        "boundaries": land(),
        "events": {"police": police() if events is None else events},
        "tables": {"people": people()},
    }
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        return run(CONFIG, **(given | options))


@pytest.fixture(scope="module")
def small():
    return run_small()


@pytest.fixture(scope="module")
def county_frames(county_config):
    """The county's files as frames."""
    config, folder = riskindex.read_config(county_config), county_config.parent
    events, tables = {}, {}
    for name, source in config.sources.items():
        path = folder / source.path
        if isinstance(source, EventSource):
            events[name] = pd.read_csv(path)
        elif isinstance(source, TableSource):
            with zipfile.ZipFile(path) as bulk, bulk.open(bulk.namelist()[0]) as member:
                tables[name] = pd.read_csv(member)
    boundaries = gpd.read_file(folder / config.areas.boundaries)
    return config, {"boundaries": boundaries, "events": events, "tables": tables}


def in_files(folder):
    """The same config, and equal files that are called as messages call frames."""
    land().to_file(folder / "b.gpkg", driver="GPKG")
    (folder / "b.gpkg").rename(folder / "boundaries")
    police().to_parquet(folder / "police")
    people().to_csv(folder / "people", index=False)
    return parse_config(WITH_PATHS, folder=folder)


def test_frames_give_the_same_bytes_as_equal_files(small, tmp_path, no_other_choices):
    (tmp_path / "data").mkdir()
    files = run(in_files(tmp_path / "data"))
    # Where they came from is all that differs.
    assert list(small.files["role"]) == list(files.files["role"])
    assert list(small.files["rows"]) == list(files.files["rows"])
    given = replace(small, files=files.files)
    for name, result in (("files", files), ("given", given)):
        save(release(result, "internal"), tmp_path / name)
    written = [path for path in sorted((tmp_path / "files").rglob("*")) if path.is_file()]
    assert len(written) > 15
    for path in written:
        other = tmp_path / "given" / path.relative_to(tmp_path / "files")
        assert other.read_bytes() == path.read_bytes(), path.name


def test_the_county_is_counted_from_frames_as_from_its_files(
    county_frames, county_result, no_other_choices
):
    config, frames = county_frames
    given = run(listed_once(config), **frames)
    pd.testing.assert_frame_equal(given.counts, county_result.counts)
    pd.testing.assert_frame_equal(given.tables, county_result.tables)
    pd.testing.assert_frame_equal(given.hotspots, county_result.hotspots)
    pd.testing.assert_frame_equal(given.reconciliation, county_result.reconciliation)
    # The first record of a frame is row 1, of a CSV row 2.
    assert list(given.uncounted["row"] + 1) == list(county_result.uncounted["row"])


def through_ibis(frame):
    warehouse = ibis.duckdb.connect()
    warehouse.con.register("police", frame)
    return warehouse.table("police").filter(ibis._.id >= 0)


KINDS = {
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
    "DuckDB": lambda frame: duckdb.connect().from_df(frame).project("*"),
    "ibis": through_ibis,
    "categories": lambda frame: frame.astype({"lsoa": "category", "type": "category"}),
    "dates": lambda frame: frame.assign(when=pd.to_datetime(frame["when"])),
    "months": lambda frame: frame.assign(when=pd.to_datetime(frame["when"]).dt.to_period("M")),
    "index": lambda frame: frame.set_index("when"),
}


def events_of(frame):
    """What a run reads of the police's records, months being days of months."""
    config = parse_config(WITH_PATHS)
    with open_events(config.sources, factors=config.factors, frames={"police": frame}) as opened:
        read = opened.events["police"].relation.order("row").df()
    return read.assign(date=read["date"].dt.to_period("M"), hour=0, minute=0)


@pytest.mark.filterwarnings("ignore:fetch_:DeprecationWarning")  # ibis asks DuckDB in its old words
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gives_the_same_events(kind):
    pd.testing.assert_frame_equal(events_of(KINDS[kind](police())), events_of(police()))


def test_records_of_frames_are_accounted_for_by_their_place(small):
    own = small.reconciliation.loc[("police", "")]
    assert dict(own[own > 0]) == {"read": 62, "counted": 60, "outside_periods": 1, "duplicates": 1}
    assert set(small.uncounted["file"]) == {"police"}
    assert list(small.files["name"]) == ["boundaries", "data frame", "data frame"]


def test_the_hash_of_a_frame_is_that_of_what_was_read(small):
    again = run_small(pa.Table.from_pandas(police().assign(more=1)))
    assert list(again.files["sha256"]) == list(small.files["sha256"])
    other = run_small(police().assign(lsoa="E01000001"))
    assert (other.files["sha256"] != small.files["sha256"]).tolist() == [False, False, True]


def test_nothing_is_written_while_frames_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    run_small(say=lambda _stage: seen.extend(p for p in tmp_path.rglob("*") if p.is_file()))
    assert seen == []


def test_a_frame_is_not_changed():
    frame, before = police(), police()
    run_small(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_faults_of_frames_read_like_those_of_files():
    with pytest.raises(InputError, match="police: row 2, column 'when', value '03/04/2022'"):
        run_small(police().assign(when=["2022-01-01", "03/04/2022"] + ["2022-01-02"] * 60))
    with pytest.raises(InputError, match="police: no column 'lsoa'; the nearest is 'lsoa21'"):
        run_small(police().rename(columns={"lsoa": "lsoa21"}))
    with pytest.raises(InputError, match="people: row 2, column 'total', value 'x': not a number"):
        run_small(tables={"people": people().assign(total=[1, "x", *range(10)])})
    with pytest.raises(InputError, match="boundaries: no column 'district'; the nearest"):
        run_small(boundaries=land().rename(columns={"district": "districts"}))
    with pytest.raises(InputError, match=r"sources\.police: no records"):
        run_small(police().iloc[:0])


def test_what_is_no_table_is_refused_in_a_sentence():
    with pytest.raises(ConfigError, match=r"events\['police'\]: .* is needed, not an int"):
        run_small(3)
    with pytest.raises(ConfigError, match="boundaries: a GeoDataFrame is needed, not a DataFrame"):
        run_small(boundaries=people())
    with pytest.raises(ConfigError, match="events: a dictionary of the source's name"):
        run(CONFIG, boundaries=land(), events=police())
    with pytest.raises(ConfigError, match=r"tables\['peple'\]: .*; the nearest is 'people'"):
        run_small(tables={"people": people(), "peple": people()})
    with pytest.raises(ConfigError, match="a Config is needed, not an int"):
        run(3)
    with pytest.raises(ConfigError, match=r"LazyFrame; collect\(\) it first"):
        run_small(pl.from_pandas(police()).lazy())


def test_a_config_that_is_a_dictionary_is_not_changed():
    values = {**CONFIG, "areas": dict(CONFIG["areas"])}
    run_small()
    assert "boundaries" not in CONFIG["areas"]
    assert values["areas"] == CONFIG["areas"]


def test_files_that_are_not_given_are_still_named():
    with pytest.raises(ConfigError, match=r"sources\.police.*path: field required"):
        run(CONFIG, boundaries=land(), tables={"people": people()})


def test_a_config_file_takes_frames_too(tmp_path):
    text = """
        title = "T"
        place = "P"
        [areas]
        code = "code"
        [sources.police]
        kind = "events"
        date = "when"
        area = "lsoa"
        [[factors]]
        name = "violence"
        label = "Violence"
        source = "police"
        method = "getis-ord"
        periods = [2022]
        score = "flag"
    """
    (tmp_path / "asked.toml").write_text(text)
    given = run(tmp_path / "asked.toml", boundaries=land(), events={"police": police()})
    assert given.counts.sum().tolist() == [31]

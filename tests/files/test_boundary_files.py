import builtins
import gzip
import sqlite3
import zipfile
from contextlib import closing

import geopandas as gpd
import pytest
from shapely import box

from riskindex.errors import InputError
from riskindex.files.boundary_files import read_vector

WRITERS = {
    "areas.gpkg": lambda frame, path: frame.to_file(path, driver="GPKG", layer="areas"),
    "areas.geojson": lambda frame, path: frame.to_crs(4326).to_file(path, driver="GeoJSON"),
    "areas.shp": lambda frame, path: frame.to_file(path, driver="ESRI Shapefile"),
    "areas.fgb": lambda frame, path: frame.to_file(path, driver="FlatGeobuf"),
    "areas.parquet": lambda frame, path: frame.to_parquet(path),
}


@pytest.fixture
def frame():
    squares = [box(560_000 + i, 200_000, 560_001 + i, 200_001) for i in range(3)]
    table = {"code": list("ABC"), "name": ["Ash", "Môn", "Elm"], "secret": [1, 2, 3]}
    return gpd.GeoDataFrame(table, geometry=squares, crs=27700)


def write(frame, folder, name):
    WRITERS[name](frame, folder / name)
    return folder / name


def read(path, *columns, **options):
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return read_vector(path, columns or ("code",), scratch, **options)


def fault_of(path, *columns, **options):
    with pytest.raises(InputError) as error:
        read(path, *columns, **options)
    return "\n".join(error.value.faults)


@pytest.mark.parametrize("name", WRITERS)
def test_five_kinds_are_read_with_the_named_columns_only(tmp_path, frame, name):
    found = read(write(frame, tmp_path, name), "name", "code")
    assert set(found.table.columns) == {"code", "name", "geometry"}
    assert sorted(found.table["name"]) == ["Ash", "Elm", "Môn"]
    assert found.table.to_crs(27700).total_bounds == pytest.approx(
        [560_000, 200_000, 560_003, 200_001], abs=0.01
    )
    assert found.notes == ()


@pytest.mark.parametrize("name", WRITERS)
def test_a_zip_of_one_is_read_too(tmp_path, frame, name):
    inside = tmp_path / "in"
    inside.mkdir()
    write(frame, inside, name)
    with zipfile.ZipFile(tmp_path / "areas.zip", "w") as archive:
        for part in inside.iterdir():
            archive.write(part, f"download/{part.name}")
    found = read(tmp_path / "areas.zip")
    assert len(found.table) == 3
    assert found.file.name == "areas.zip"


@pytest.mark.parametrize("name", ["areas.gpkg", "areas.geojson", "areas.fgb", "areas.parquet"])
def test_the_name_does_not_decide_what_a_file_is(tmp_path, frame, name):
    path = write(frame, tmp_path, name).rename(tmp_path / "areas!1.csv")
    assert len(read(path).table) == 3


def test_a_shapefile_is_read_from_a_folder_and_a_path_with_an_exclamation_mark(tmp_path, frame):
    folder = tmp_path / "Essex"
    folder.mkdir()
    write(frame, folder, "areas.shp")
    folder = folder.rename(tmp_path / "Essex!")
    assert len(read(folder).table) == 3
    assert read(folder).file.name == "areas.shp"


def test_a_compressed_geojson_is_read(tmp_path, frame):
    path = write(frame, tmp_path, "areas.geojson")
    packed = tmp_path / "areas.geojson.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read(packed).table) == 3


def test_the_nearest_column_is_named(tmp_path, frame):
    for name in WRITERS:
        fault = fault_of(write(frame, tmp_path, name), "Code", "nam")
        assert "no column 'Code'; the nearest is 'code'." in fault
        assert "no column 'nam'; the nearest is 'name'." in fault


def test_one_layer_is_found_and_several_need_a_name(tmp_path, frame):
    path = write(frame, tmp_path, "areas.gpkg")
    frame.head(1).to_file(path, driver="GPKG", layer="old")
    assert len(read(path, layer="old").table) == 1
    assert "2 layers with geometry; there is 'areas', 'old'" in fault_of(path)
    assert "no layer 'area'; the nearest is 'areas'." in fault_of(path, layer="area")


def test_a_table_without_geometry_is_no_layer(tmp_path, frame):
    import pyogrio

    path = write(frame, tmp_path, "areas.gpkg")
    pyogrio.write_dataframe(frame[["code"]], path, driver="GPKG", layer="notes", append=True)
    assert len(read(path).table) == 3


def test_several_files_in_a_zip_need_a_name(tmp_path, frame):
    for name in ("areas.gpkg", "areas.fgb"):
        write(frame, tmp_path, name)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(tmp_path / "areas.gpkg", "new.gpkg")
        archive.write(tmp_path / "areas.fgb", "old.fgb")
    assert "holds several boundary files" in fault_of(tmp_path / "both.zip")
    assert len(read(tmp_path / "both.zip", layer="old").table) == 3


def test_a_zip_without_boundaries_says_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "no.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no GeoPackage, GeoJSON" in fault_of(tmp_path / "no.zip")


def test_a_shapefile_needs_its_parts(tmp_path, frame):
    path = write(frame, tmp_path, "areas.shp")
    path.with_suffix(".dbf").unlink()
    assert ".dbf is missing beside it" in fault_of(path)


def test_a_shapefile_without_its_prj_states_no_coordinate_system(tmp_path, frame):
    path = write(frame, tmp_path, "areas.shp")
    path.with_suffix(".prj").unlink()
    assert read(path).table.crs is None


VRT = """<OGRVRTDataSource><OGRVRTLayer name="areas">
<SrcDataSource>{path}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""


def test_a_vrt_that_is_called_geojson_is_refused(tmp_path, frame):
    source = write(frame, tmp_path, "areas.gpkg")
    trap = tmp_path / "trap.geojson"
    trap.write_text(VRT.format(path=source))
    assert "an XML file (a VRT, KML or GML?)" in fault_of(trap)


def test_a_geojson_that_mentions_a_vrt_is_not_opened_as_one(tmp_path, frame):
    path = write(frame, tmp_path, "areas.geojson")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{", '{ "note": "<OGRVRTDataSource>",', 1), encoding="utf-8")
    assert len(read(path).table) == 3


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is empty"),
        (b"code,x,y\n", "a text file"),
        (b"%PDF-1.4", "a pdf file"),
        (b"SQLite format 3\0" + bytes(90), "no GeoPackage"),
        (b'{"type": "FeatureCollection", "features": [', "damaged"),
        (b'{"type": "Topology", "objects": {}}', "TopoJSON"),
        (b"PAR1 and no more", "damaged"),
        (b"fgb\x03fgb\0 and no more", "damaged"),
    ],
)
def test_what_is_no_boundary_file_is_refused_by_what_it_is(tmp_path, content, fault):
    path = tmp_path / "areas.gpkg"
    path.write_bytes(content)
    message = fault_of(path)
    assert fault in message
    assert str(tmp_path) not in message


def test_parquet_needs_geometry_and_has_no_layers(tmp_path, frame):
    path = write(frame, tmp_path, "areas.parquet")
    assert "no layers" in fault_of(path, layer="areas")
    frame[["code"]].to_parquet(path)
    assert "without geometry" in fault_of(path)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, frame, monkeypatch):
    path = write(frame, tmp_path, "areas.parquet")
    found = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "riskindex[parquet]" in fault_of(path)


def test_what_gdal_warns_of_is_noted_without_the_folder(tmp_path, frame):
    path = write(frame, tmp_path, "areas.geojson")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Feature", ', '"Feature", "id": 1, '), encoding="utf-8")
    notes = read(path).notes
    assert notes[0].startswith("areas.geojson: Several features with id = 1")
    assert str(tmp_path) not in notes[0]


LIMIT = '"exceededTransferLimit": true'
POLYGON = '{"type":"Polygon","coordinates":[[[0,51],[1,51],[1,52],[0,51]]]}'
FEATURE = f'{{"type":"Feature","properties":{{"code":"A"}},"geometry":{POLYGON}}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{{"type":"FeatureCollection",{LIMIT},"features":[{FEATURE}]}}', "stopped at its limit"),
        (
            f'{{"type":"FeatureCollection","features":[{FEATURE}],"properties":{{{LIMIT}}}}}',
            "resultOff",
        ),
        (
            '{"error": {"code": 400, "message": "Invalid query."}}',
            "is an error: Invalid query. Ask",
        ),
        ('{"error": "busy"}', "is an error: busy."),
        ('{"features":[{"geometry":{"rings":[[[0,0]]]}}]}', "Esri's JSON"),
        ('{"type":"Topology","objects":{}}', "TopoJSON. Save it as"),
        (f"{FEATURE}\n{FEATURE}\n", "one feature a line"),
    ],
)
def test_other_kinds_of_json_are_named_for_what_they_are(tmp_path, text, words):
    (tmp_path / "areas.geojson").write_text(text, encoding="utf-8")
    assert words in fault_of(tmp_path / "areas.geojson")


def test_a_name_of_an_area_is_no_word_of_the_service(tmp_path):
    named = FEATURE.replace('"code":"A"', f'"code":"A",{LIMIT}, "rings": 1')
    text = f'{{"type":"FeatureCollection","features":[{named}]}}'
    (tmp_path / "areas.geojson").write_text(text, encoding="utf-8")
    assert len(read(tmp_path / "areas.geojson").table) == 1


def spoilt(frame, folder, *statements):
    path = write(frame, folder, "areas.gpkg")
    with closing(sqlite3.connect(path)) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()
    return path


ENDLESS = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid, x AS code"
)


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE areas", f"CREATE VIEW areas AS {ENDLESS}, NULL AS geom FROM c"],
        [
            "ALTER TABLE gpkg_contents RENAME TO old",
            "CREATE VIEW gpkg_contents AS SELECT * FROM old",
        ],
        ["ALTER TABLE areas ADD COLUMN big BLOB AS (zeroblob(900000000)) VIRTUAL"],
        ["DROP TABLE areas", "CREATE VIRTUAL TABLE areas USING rtree(fid, a, b)"],
    ],
)
def test_a_layer_that_is_computed_is_refused_before_it_is_opened(tmp_path, frame, statements):
    drop = "DROP TRIGGER IF EXISTS "
    triggers = [f"{drop}trigger_{what}_feature_count_areas" for what in ("insert", "delete")]
    path = spoilt(frame, tmp_path, *triggers, *statements)
    assert "is computed by a view or formula" in fault_of(path)


def test_a_view_beside_the_layers_is_nobodys_concern(tmp_path, frame):
    path = spoilt(frame, tmp_path, f"CREATE VIEW other AS {ENDLESS} FROM c")
    assert len(read(path, layer="areas").table) == 3

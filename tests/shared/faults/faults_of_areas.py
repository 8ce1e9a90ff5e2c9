"""Ways to spoil boundaries: formats, coordinates, shapes, codes."""

import json
from typing import Any

from fault_corpus import AREAS, FIRST, Project, archive, case, config, feature, shape, square

# ---- Files --------------------------------------------------------------------------------------

VRT = """<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
KML = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>'

for _name, _content, *_says in (
    (
        "a VRT called GeoJSON",
        VRT,
        "areas.geojson: an XML file (a VRT, KML or GML?)",
        "Use GeoPackage",
    ),
    ("a KML called GeoJSON", KML, "areas.geojson: an XML file", "Use GeoPackage"),
    ("a CSV called GeoJSON", "code,name\nE01020001,x\n", "a text file and no boundary file"),
    ("an empty boundary file", "", "areas.geojson: the file is empty", "Use GeoPackage"),
    ("a PDF called GeoJSON", "%PDF-1.7", "areas.geojson: a pdf file"),
    (
        "half a GeoJSON",
        '{"type": "FeatureCollection", "features": [{"type"',
        "areas.geojson",
        "damaged",
    ),
    ("a JSON that is no GeoJSON", '{"a": 1}', "areas.geojson"),
    ("a GeoJSON without areas", '{"type": "FeatureCollection", "features": []}', "no areas in it"),
):
    case(_name, lambda p, content=_content: p.write("areas.geojson", content), 3, *_says)


def _zip(project: Project, content: bytes) -> None:
    project.write("areas.zip", content)
    project.change("config.toml", '"areas.geojson"', '"areas.zip"')


case(
    "boundaries in a zip",
    lambda p: _zip(p, archive(("a.geojson", p.text("areas.geojson").encode()))),
    0,
)
case(
    "a zip without boundaries",
    lambda p: _zip(p, archive(("a.txt", b"x"))),
    3,
    "areas.zip: no GeoPackage",
)
case(
    "a zip with boundaries that lead outside",
    lambda p: _zip(p, archive(("../a.geojson", b"{}"))),
    3,
    "areas.zip: member '../a.geojson' leads outside the zip",
)
case(
    "a zip with two boundary files",
    lambda p: _zip(p, archive(("a.geojson", b"{}"), ("b.geojson", b"{}"))),
    3,
    "areas.zip: holds several boundary files",
    "layer",
)
case(
    "a shapefile without its parts",
    lambda p: (
        p.write("areas.shp", b"\x00\x00\x27\x0a" + bytes(96)),
        p.change("config.toml", "areas.geojson", "areas.shp"),
    ),
    3,
    "areas.shp",
    ".shx, .dbf is missing",
)
config(
    "boundaries that are not there",
    "areas.geojson",
    "area.geojson",
    3,
    "areas.boundaries: no file 'area.geojson'",
    "the nearest is 'areas.geojson'",
)
config(
    "boundaries on the web",
    "areas.geojson",
    "https://example.org/a.geojson",
    3,
    "areas.boundaries: 'https://example.org/a.geojson' is not a local file",
    "Save it first",
)
config(
    "a layer that is not there",
    'code = "code"\nname',
    'layer = "x"\ncode = "code"\nname',
    3,
    "areas.geojson: no layer 'x'",
)
config(
    "a column of codes that is not there",
    'code = "code"\nname',
    'code = "Code"\nname',
    3,
    "areas.geojson: no column 'Code'",
    "the nearest is 'code'",
)
config(
    "a column of names that is not there",
    'name = "name"',
    'name = "nom"',
    3,
    "areas.geojson: no column 'nom'",
)

# ---- Coordinates --------------------------------------------------------------------------------


def _moved(features: list[dict[str, Any]], place: Any) -> None:
    for entry in features:
        entry["geometry"]["coordinates"] = [
            [place(*point) for point in ring] for ring in entry["geometry"]["coordinates"]
        ]


shape(
    "swapped axes",
    lambda f: _moved(f, lambda x, y: [y, x]),
    3,
    "areas.geojson: latitude and longitude are swapped",
    "Write longitude first",
)
shape(
    "metres labelled as degrees",
    lambda f: _moved(
        f, lambda x, y: [500_000 + 70_000 * (x - 0.5), 200_000 + 111_000 * (y - 51.7)]
    ),
    3,
    "areas.geojson: the coordinates",
    "are not degrees",
    "crs = 'EPSG:27700'",
)
case(
    "degrees labelled as metres",
    lambda p: p.crs("urn:ogc:def:crs:EPSG::27700"),
    3,
    "areas.geojson: the coordinates",
    "look like degrees",
    "crs = 'EPSG:4326'",
)
shape(
    "a place that is not in Great Britain",
    lambda f: _moved(f, lambda x, y: [x + 100, y]),
    3,
    "areas.geojson: the areas are not in Great Britain",
    "set crs under",
)
config(
    "a coordinate system that is none",
    'code = "code"\nname',
    'crs = "EPSG:99999"\ncode = "code"\nname',
    2,
    "areas.crs: 'EPSG:99999' is not known",
)
config(
    "a coordinate system that contradicts",
    'code = "code"\nname',
    'crs = "EPSG:27700"\ncode = "code"\nname',
    3,
    "areas.geojson: states WGS 84",
    "Leave areas.crs out",
)
case(
    "coordinates that are no numbers",
    lambda p: p.write(
        "areas.geojson", p.text("areas.geojson").replace("[0.5, 51.7]", "[NaN, 51.7]", 1)
    ),
    3,
    "areas.geojson",
)

# ---- Shapes -------------------------------------------------------------------------------------

CROSSED = [[0.5, 51.7], [0.52, 51.715], [0.52, 51.7], [0.5, 51.715], [0.5, 51.7]]


def _ring(features: list[dict[str, Any]], ring: Any) -> None:
    features[0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}


def _geometry(features: list[dict[str, Any]], geometry: Any) -> None:
    features[0]["geometry"] = geometry


shape(
    "a bow-tie",
    lambda f: _ring(f, CROSSED),
    3,
    "areas.geojson: Area E01020001 (E01020001)",
    "a border that crosses itself",
    "mend it in a GIS",
)
shape(
    "no geometry",
    lambda f: _geometry(f, None),
    3,
    "areas.geojson: 1 rows without a shape (row 1: 'E01020001')",
    "Take the rows out",
)
shape(
    "an empty geometry",
    lambda f: _geometry(f, {"type": "Polygon", "coordinates": []}),
    3,
    "areas.geojson: 1 rows without a shape (row 1: 'E01020001')",
)
shape(
    "a point for an area",
    lambda f: _geometry(f, {"type": "Point", "coordinates": [0.5, 51.7]}),
    3,
    "areas.geojson: 1 rows whose shape is no polygon (row 1: 'E01020001')",
    "not points",
)
shape(
    "a line for an area",
    lambda f: _geometry(f, {"type": "LineString", "coordinates": [[0.5, 51.7], [0.6, 51.7]]}),
    3,
    "areas.geojson: 1 rows whose shape is no polygon (row 1: 'E01020001')",
)
shape(
    "a duplicated geometry",
    lambda f: _ring(f, square(1)),
    3,
    "areas.geojson: 2 rows share one shape (row 1: 'E01020001', row 2: 'E01020002')",
    "Keep one",
)
shape(
    "a geometry that starts elsewhere and is another's",
    lambda f: _ring(f, [*square(1)[1:], square(1)[1]]),
    3,
    "areas.geojson: E01020001 and E01020002 overlap by 100",
    "keep one edition",
)
shape(
    "two areas that overlap",
    lambda f: _ring(f, [[0.5, 51.7], [0.53, 51.7], [0.53, 51.715], [0.5, 51.715], [0.5, 51.7]]),
    3,
    "areas.geojson: E01020001 and E01020002 overlap by ",
    "of the smaller",
    "mend it in a GIS",
)
shape(
    "two areas that overlap a little",
    lambda f: _ring(
        f, [[0.5, 51.7], [0.520004, 51.7], [0.520004, 51.715], [0.5, 51.715], [0.5, 51.7]]
    ),
    0,
    "areas.geojson: tiny overlaps: E01020001 and E01020002",
)
shape(
    "a sliver",
    lambda f: f.append(
        feature(
            "E01020013",
            [[0.58, 51.7], [0.580001, 51.7], [0.580001, 51.715], [0.58, 51.715], [0.58, 51.7]],
        )
    ),
    0,
    "areas.geojson: 1 areas are slivers",
    "E01020013",
)
shape(
    "an island",
    lambda f: f.append(
        feature("E01020013", [[0.7, 51.9], [0.71, 51.9], [0.71, 51.91], [0.7, 51.91], [0.7, 51.9]])
    ),
    0,
    "Without a neighbour: Area E01020013 (E01020013)",
)
shape(
    "a border that touches itself",
    lambda f: _ring(
        f,
        [
            [0.5, 51.7],
            [0.52, 51.7],
            [0.52, 51.715],
            [0.51, 51.715],
            [0.51, 51.7],
            [0.51, 51.715],
            [0.5, 51.715],
            [0.5, 51.7],
        ],
    ),
    0,
    "areas.geojson: invalid shapes repaired: 1",
    "E01020001",
)

# ---- Codes and names ----------------------------------------------------------------------------


def _named(name: str, code: Any, exit_code: int, *says: str) -> None:
    shape(name, lambda f: f[0]["properties"].update(code=code), exit_code, *says)


_named(
    "no code of an area", None, 3, "areas.geojson: 1 rows without an area code (row 1", "Fill it in"
)
_named(
    "a text null for the code of an area",
    "NULL",
    3,
    "areas.geojson: 1 rows without an area code (row 1: 'NULL')",
)
_named(
    "a code of an area that is used again",
    AREAS[1],
    3,
    "areas.geojson: 2 rows with an area code that is used again (row 1: 'E01020002'",
    "Dissolve them",
)
_named(
    "blanks around the code of an area",
    f" {FIRST}",
    0,
    "areas.geojson: 1 area codes had white space or small letters (first: ' E01020001')",
    "read without",
)
_named(
    "small letters in the code of an area",
    FIRST.lower(),
    0,
    "areas.geojson: 1 area codes had white space or small letters (first: 'e01020001')",
)
shape("a text null for the name of an area", lambda f: f[0]["properties"].update(name="NULL"), 0)
shape(
    "a garbled name",
    lambda f: f[0]["properties"].update(name="ChÃ¢teau"),
    0,
    "areas.geojson: row 1, column 'name', value 'ChÃ¢teau'",
    "garbled",
)
case(
    "codes that are numbers",
    lambda p: (
        [
            p.write(name, p.text(name).replace("E0102", "7"))
            for name in ("lookup.csv", "people.csv", "crimes.csv")
        ]
        + [
            p.write(
                "areas.geojson",
                json.dumps(
                    {
                        "type": "FeatureCollection",
                        "features": [feature(int(f"7{k + 1:04d}"), square(k)) for k in range(12)],
                    }
                ),
            )
        ]
    ),
    0,
    counted=240,
)  # type: ignore[arg-type]

"""Broken, odd and hostile inputs: a small sound project, and named ways to spoil it.

Each case says which exit code `check` must end with and which words one single sentence must hold:
the file, the row or feature, the column, the value, and what to do. A case with the exit code 0 is
odd but valid: what is counted, and what is said of it, is given.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AREAS = [f"E0102{k:04d}" for k in range(1, 13)]
CONFIG = """
title = "A small place"
place = "the place"
[areas]
boundaries = "areas.geojson"
code = "code"
name = "name"
[[areas.lookups]]
path = "lookup.csv"
code = "code"
groups = { district = "district" }
[bases]
residents = "people.residents"
[sources.crimes]
kind = "events"
path = "crimes.csv"
date = "date"
area = "area"
key = "ref"
where = { kind = ["theft", "fire"] }
[sources.people]
kind = "table"
path = "people.csv"
code = "code"
columns = { residents = "residents", out_of_work = "out_of_work" }
[[factors]]
name = "crimes"
label = "Crimes"
source = "crimes"
method = "window"
exposure = "residents"
periods = [2021, 2022]
score = "confidence"
[[factors]]
name = "work"
label = "Out of work"
source = "people"
numerator = "out_of_work"
denominator = "residents"
method = "threshold"
threshold = 0.25
score = "flag"
"""
EVENTS = 240


@dataclass(frozen=True)
class Project:
    """A folder with a config, boundaries, a lookup, a table and events."""

    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)

    def change(self, name: str, old: str, new: str, times: int = 1) -> None:
        text = self.text(name)
        assert old in text, (name, old)
        self.write(name, text.replace(old, new, times))

    def features(self, edit: Callable[[list[dict[str, Any]]], None]) -> None:
        """Change the features of the boundaries."""
        document = json.loads(self.text("areas.geojson"))
        edit(document["features"])
        self.write("areas.geojson", json.dumps(document))

    def crs(self, name: str) -> None:
        """Have the boundaries state a coordinate system."""
        document = json.loads(self.text("areas.geojson"))
        document["crs"] = {"type": "name", "properties": {"name": name}}
        self.write("areas.geojson", json.dumps(document))

    def by_coordinates(self, x: str = "lon", y: str = "lat", crs: str = "EPSG:4326") -> None:
        """Place the events by their coordinates."""
        place = f'x = "{x}"\ny = "{y}"\ncrs = "{crs}"'
        self.change("config.toml", 'area = "area"', place)

    def zipped(self, name: str, *members: tuple[str, bytes]) -> None:
        self.write(name, archive(*members))


def archive(*members: tuple[str, bytes], mode: int = 0, flags: int = 0) -> bytes:
    """A zip; a mode and flags for its members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    data = bytearray(packed.getvalue())
    if flags:
        for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(start) + offset] |= flags
    return bytes(data)


def square(k: int) -> list[list[float]]:
    """The ring of the k-th area, of three rows of four, in degrees."""
    x, y = round(0.5 + 0.02 * (k % 4), 6), round(51.7 + 0.015 * (k // 4), 6)
    e, n = round(x + 0.02, 6), round(y + 0.015, 6)
    return [[x, y], [e, y], [e, n], [x, n], [x, y]]


def feature(code: str | None, ring: list[list[float]], **more: Any) -> dict[str, Any]:
    properties = {"code": code, "name": f"Area {code}"} | more
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def event(k: int) -> str:
    """The k-th event: each month has ten, and each area as many as any other."""
    month, area = k // 10, (k * 7) % 12
    x, y = square(area)[0]
    date = f"{2021 + month // 12}-{month % 12 + 1:02d}-{k % 28 + 1:02d}"
    kind = ("theft", "fire")[k % 2]
    return f"r{k},{date},{AREAS[area]},{x + 0.01:.4f},{y + 0.007:.4f},{kind},p{k}"


def write_project(folder: Path) -> Project:
    """The sound project."""
    project = Project(folder)
    features = [feature(code, square(k)) for k, code in enumerate(AREAS)]
    project.write("areas.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    districts = [("North", "South")[k % 2] for k in range(12)]
    rows = [f"{code},{district}" for code, district in zip(AREAS, districts, strict=True)]
    project.write("lookup.csv", "\n".join(["code,district", *rows]) + "\n")
    people = [f"{code},{1500 + 10 * k},{200 + k}" for k, code in enumerate(AREAS)]
    project.write("people.csv", "\n".join(["code,residents,out_of_work", *people]) + "\n")
    header = "ref,date,area,lon,lat,kind,person"
    project.write("crimes.csv", "\n".join([header, *map(event, range(EVENTS))]) + "\n")
    project.write("config.toml", CONFIG)
    return project


@dataclass(frozen=True)
class Case:
    """One way to spoil the project."""

    name: str
    spoil: Callable[[Project], Any]
    code: int
    says: tuple[str, ...]
    """Words of one sentence."""
    counted: int | None = None
    """Events counted, where the case is odd but valid."""


CASES: list[Case] = []


def case(
    name: str, spoil: Callable[[Project], Any], code: int, *says: str, counted: int | None = None
) -> None:
    CASES.append(Case(name, spoil, code, says, counted))


def config(
    name: str, old: str, new: str, code: int, *says: str, counted: int | None = None
) -> None:
    """A case of the config alone."""
    case(name, lambda p: p.change("config.toml", old, new), code, *says, counted=counted)


def row(name: str, old: str, new: str, code: int, *says: str, counted: int | None = None) -> None:
    """A case of one piece of the events."""
    case(name, lambda p: p.change("crimes.csv", old, new), code, *says, counted=counted)


def cell(name: str, new: str, code: int, *says: str) -> None:
    """A case of the residents of the first area."""
    case(name, lambda p: p.change("people.csv", ",1500,", f",{new},"), code, *says)


def shape(name: str, edit: Callable[[list[dict[str, Any]]], Any], code: int, *says: str) -> None:
    """A case of the boundaries' features."""
    case(name, lambda p: p.features(edit), code, *says)


ALL = EVENTS
FIRST = "E01020001"


def change_bytes(project: Project, name: str, old: str, new: bytes) -> None:
    """Put bytes that are no UTF-8 into a file."""
    project.write(name, project.text(name).encode().replace(old.encode(), new, 1))

"""Tables of events in files, written and read, for tests of reading them."""

import zipfile
from pathlib import Path

import pytest
from small_events import source

from riskindex.errors import InputError
from riskindex.events.read import open_events

TABLE = "date,area,kind\n2022-05-01,E01000001,a\n2022-06-02,E01000002,b\n"
HEADER = "Crime ID,Month,Longitude,Latitude,LSOA code,Crime type,Last outcome category,Context\n"


def read(folder, path="events.csv", *, factors=(), **options):
    """The rows that are read from files, without the columns for what cannot be read."""
    with open_events({"s": source(path=path, **options)}, folder=folder, factors=factors) as opened:
        rows = opened.events["s"].relation.order("file, row").df()
    return rows.loc[:, ~rows.columns.str.startswith("bad_")], opened


def faults(folder, path="events.csv", **options):
    with pytest.raises(InputError) as refused:
        read(folder, path, **options)
    return refused.value.faults


def write(folder, text, name="events.csv", encoding="utf-8"):
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)

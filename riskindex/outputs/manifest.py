"""What a folder holds: what was asked and the hash of every file, and what its columns mean."""

import csv
import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from riskindex.files.whole_folder import MANIFEST
from riskindex.publication.data_dictionary import NEARBY, TABLES, Column
from riskindex.publication.released import Released

DATA_PACKAGE = "datapackage.json"

PACKAGES = (
    "riskindex",
    "numpy",
    "pandas",
    "scipy",
    "shapely",
    "geopandas",
    "pyogrio",
    "libpysal",
    "esda",
    "duckdb",
    "folium",
    "xlsxwriter",
    "gptables",
    "matplotlib",
)


def write_manifest(released: Released, folder: Path) -> None:
    """Write `manifest.json` over the files of a folder; it must be the last one written.

    Parameters
    ----------
    released
        What the profile may see.
    folder
        Folder with the other outputs.
    """
    document = {
        "title": released.title,
        "profile": released.profile,
        "data_period": released.period_label,
        "limits": list(released.limits),
        "attribution": list(released.attribution),
        "versions": versions(),
        # The arithmetic of the cut, so that the list can be checked without running anything again.
        "selection": released.cut._asdict(),
        "tied_by_flags_alone": released.flags_tie,
        "how_sure": released.how_sure,
        "reconciliation": _records(released.reconciliation),
        "tests": _records(released.tests),
        "notes": list(released.notes),
        # Files by name and hash, as a path names people and machines.
        "inputs": _records(released.files),
        "config": released.config,
    }
    seal(document, folder, key=released.signing_key)


def seal(document: Mapping[str, Any], folder: Path, *, key: bytes = b"") -> None:
    """Write a manifest with the hash of every file of a folder; it must be the last one written.

    Parameters
    ----------
    document
        What the manifest says beside the `outputs`.
    folder
        Folder with the outputs.
    key
        A key made of the release key, for a code that nobody without it can make; empty where
        the release had none.
    """
    # Last of all: a file written after it would not be covered, and the manifest cannot hold its
    # own hash.
    outputs = [_output(path, folder) for path in _files(folder)]
    document = _without_nan({**document, "outputs": outputs})
    text = json.dumps(document, indent=2, ensure_ascii=False, default=_plain, allow_nan=False)
    if key:  # of what a reader gets, in which numbers are as JSON has them
        read = json.loads(text)
        text = json.dumps({**read, CODE: code_of(read, key)}, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def code_of(document: Mapping[str, Any], key: bytes) -> str:
    """The message authentication code of a manifest without its code, HMAC with SHA-256.

    It covers every output through its hash.

    References
    ----------
    Krawczyk, Bellare and Canetti (1997), RFC 2104.
    """
    # Sorted keys and no layout: the code is of what is said, and survives a pretty-printer.
    plain = {name: value for name, value in document.items() if name != CODE}
    text = json.dumps(plain, sort_keys=True)
    return hmac.new(key, text.encode("utf-8"), "sha256").hexdigest()


CODE = "hmac_sha256"
"""Key of a manifest's code, which only who has the release key can make."""


def _without_nan(value: Any) -> Any:  # noqa: ANN401 (a document holds what it holds)
    """The value with null for missing numbers, such as the score at the cut of an empty list."""
    if isinstance(value, Mapping):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def changed_since(manifest: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Names of the outputs in a folder that are gone or are not as the manifest has them."""
    return tuple(
        str(output["name"])
        for output in manifest["outputs"]
        if not (folder / output["name"]).is_file()
        or _output(folder / output["name"], folder) != output
    )


def versions() -> dict[str, str]:
    """Versions of the packages that a result depends on."""
    numbers = {}
    for package in PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            # Optional packages are told as absent: a missing line could be an older manifest.
            numbers[package] = "not installed"
    return numbers


def _files(folder: Path) -> list[Path]:
    # Sorted: the order of a folder's files differs between file systems.
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)


def _output(path: Path, folder: Path) -> dict[str, Any]:
    # Bytes and not text: a changed line ending is a changed file.
    content = path.read_bytes()
    return {
        "name": path.relative_to(folder).as_posix(),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    # An index without a name is a count of rows and says nothing.
    named = table.reset_index() if any(table.index.names) else table
    return [
        {str(key): None if _missing(value) else value for key, value in row.items()}
        for row in named.to_dict("records")
    ]


def _missing(value: object) -> bool:
    # `pd.isna` of a list is a list, which has no truth value.
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _plain(value: object) -> object:
    # NumPy's numbers, which JSON does not know.
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def write_data_package(released: Released, folder: Path) -> None:
    """Write `datapackage.json` over the CSVs of a folder; they must be written before.

    Parameters
    ----------
    released
        What the profile may see.
    folder
        Folder with the CSVs.

    References
    ----------
    Frictionless Data, Tabular Data Package and Table Schema, version 1.
    """
    package = {
        "profile": "tabular-data-package",
        "name": "riskindex",
        "title": released.title,
        "description": f"Release profile: {released.profile}. " + " ".join(released.limits),
        "sources": [{"title": line} for line in released.attribution],
        # Only what was written: a profile that lacks a table must not promise it.
        "resources": [
            _resource(folder / name, released) for name in TABLES if (folder / name).is_file()
        ],
    }
    text = json.dumps(package, indent=2, ensure_ascii=False)
    (folder / DATA_PACKAGE).write_text(text + "\n", encoding="utf-8", newline="\n")


def _resource(path: Path, released: Released) -> dict[str, Any]:
    title, columns_of, key = TABLES[path.name]
    kinds = {kind: _kind(kind) for kind in released.group_kinds}
    with path.open(encoding="utf-8-sig", newline="") as file:
        # From the file as written, since columns differ by profile: a schema must describe what the
        # reader has.
        columns = next(csv.reader(file))
    schema: dict[str, Any] = {
        "fields": [_field(name, _column(name, {**kinds, **columns_of})) for name in columns],
        # An empty cell is missing; marks such as [c] are values of their own and keep their
        # meaning.
        "missingValues": [""],
    }
    return {
        "name": path.stem,
        "path": path.name,
        "title": title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {**schema, **({"primaryKey": list(key)} if key else {})},
    }


def _column(name: str, described: Mapping[str, Column]) -> Column:
    # The kinds of services are named in the config, so that no table of columns can list them.
    if name not in described and name.endswith(NEARBY):
        service = name.removesuffix(NEARBY)
        return Column("integer", f"Services near the place: {service}.", "services")
    return described[name]


def _kind(kind: str) -> Column:
    return Column("string", f"Group of areas that the area is in: {kind.replace('_', ' ')}.")


def described_field(name: str, described: Mapping[str, Column]) -> dict[str, str]:
    """Name, type, meaning and unit of a column; one that is not known is a group of areas."""
    return _field(name, described.get(name) or _kind(name))


def _field(name: str, column: Column) -> dict[str, str]:
    # Not part of the standard, which allows further properties.
    unit = {"unit": column.unit} if column.unit else {}
    return {"name": name, "type": column.type, "description": column.meaning, **unit}

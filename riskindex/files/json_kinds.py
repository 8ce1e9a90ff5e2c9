"""What a JSON text is that GDAL cannot read as boundaries, or reads though it is not whole."""

import json
import re
from pathlib import Path
from typing import Any

HEAD, TAIL = 1 << 16, 1 << 12
"""Bytes of the beginning and the end of a file that are looked at."""


def refusal(path: Path) -> str:
    """Why a JSON file cannot be the boundaries, and the way out; "" where nothing shows it.

    Only the beginning and the end are read, because files of boundaries are large; what stands
    between the quotes of names and values of areas is not looked at.

    Parameters
    ----------
    path
        A text file that begins as JSON does.
    """
    with path.open("rb") as file:
        # A letter may be cut at the end of what is read, which is no fault of the file.
        head = file.read(HEAD).decode("utf-8-sig", "replace")
        file.seek(max(path.stat().st_size - TAIL, 0))
        tail = file.read().decode("utf-8", "replace")
    whole = _parsed(head) if len(head) < HEAD else None
    if isinstance(whole, dict) and "error" in whole:
        return f"the service's answer is an error: {_message(whole['error'])}. Ask it again."
    outer = _outer_keys(head)
    if _is_cut_short(outer, head, tail):
        return (
            "the service stopped at its limit (exceededTransferLimit), so that its areas are not "
            "all. Ask for the rest (resultOffset), or download the whole file."
        )
    if outer.get("type") == "Topology":
        return "TopoJSON. Save it as GeoJSON or GeoPackage."
    if "type" not in outer and (outer.keys() & _ESRI or '"rings"' in head):
        return "Esri's JSON (f=json). Ask the service for f=geojson, or save it as a GeoPackage."
    lines = head.splitlines()
    if len(lines) > 1 and all(_is_feature(line) for line in lines[:2]):
        return "GeoJSON, one feature a line. Save it as one FeatureCollection or a GeoPackage."
    return ""


_ESRI = {"geometryType", "objectIdFieldName", "spatialReference", "globalIdFieldName"}
_LIMIT = re.compile(r'"exceededTransferLimit"\s*:\s*true')


def _parsed(text: str) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _message(error: Any) -> str:  # noqa: ANN401 (JSON)
    text = error.get("message", "") if isinstance(error, dict) else error
    return str(text).strip().rstrip(".")[:200] or "it does not say which"


def _is_feature(line: str) -> bool:
    value = _parsed(line.strip("\x1e ,"))
    return isinstance(value, dict) and value.get("type") == "Feature"


def _is_cut_short(outer: dict[str, Any], head: str, tail: str) -> bool:
    """Whether the service says that there is more, at the top level or among its properties."""
    if outer.get("exceededTransferLimit") is True:
        return True
    properties = outer.get("properties")
    if isinstance(properties, dict) and properties.get("exceededTransferLimit") is True:
        return True
    # Behind the features: what follows the last one's closing bracket.
    return _LIMIT.search(tail.rpartition("]")[2]) is not None or (
        _LIMIT.search(head.partition('"features"')[0]) is not None
    )


def _outer_keys(head: str) -> dict[str, Any]:
    """Keys of the outermost object up to the first that is too long to be seen, with values."""
    decoder, keys = json.JSONDecoder(), dict[str, Any]()
    at = head.find("{") + 1
    while 0 < at < len(head):
        try:
            at = _after_blank(head, at)
            key, at = decoder.raw_decode(head, at)
            at = _after_blank(head, _after_blank(head, at) + 1)  # the colon
            # Named before its value is read: a key whose value is longer than what was read is
            # there all the same.
            keys[str(key)] = None
            keys[str(key)], at = decoder.raw_decode(head, at)
        except (ValueError, RecursionError):
            break
        at = _after_blank(head, at)
        if head[at : at + 1] != ",":
            break
        at += 1
    return keys


def _after_blank(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at

"""The ledger of releases: what was given out before, so that a new release is tried against it."""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from riskindex.disclosure import Rules
from riskindex.errors import DisclosureError, InputError
from riskindex.released import Released

TABLES = (
    "all_areas", "scores", "hotspots", "tests", "persistence", "factors", "district_counts",
    "rhythm",
)  # fmt: skip
"""Fields of a release that the ledger keeps."""
_START = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One release, as it was given out."""

    number: int
    """Place in the ledger, from 1."""
    profile: str
    """partner or public."""
    title: str
    """Title of the release."""
    place: str
    """Name of the study area."""
    period_label: str
    """The periods that the events cover, in words."""
    tables: Mapping[str, pd.DataFrame]
    """Name in `TABLES` to the table as it was released, marks and all; empty ones are left out."""
    rules: Rules
    """By what rules its counts were rounded and withheld."""
    digest: str
    """Hash of the line, which the next line holds."""


def read_ledger(path: str | Path, *, away_from: str | Path | None = None) -> tuple[Entry, ...]:
    """Read a ledger and check that no line was changed, taken out or put in.

    Parameters
    ----------
    path
        The ledger, JSON lines; a file that is not there yet is an empty ledger. Lines taken off
        its end cannot be seen: keep a copy elsewhere.
    away_from
        A result folder that the ledger must not lie in.

    Raises
    ------
    InputError
        The file cannot be read, or a line is not as it was written; it is named by its number.
    """
    path = Path(path)
    if away_from is not None and Path(away_from).resolve() in path.resolve().parents:
        raise InputError(
            f"{path}: the ledger is private and must lie outside the result folder, which is "
            "given to others."
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).") from None
    return tuple(_entries(lines, path))


def append_release(path: str | Path, released: Released) -> None:
    """Add a release to a ledger, whole or not at all, unless it is the last one again.

    Parameters
    ----------
    path
        The ledger, made if it is not there; keep it away from the outputs: it is not for readers.
    released
        What was given out.

    Raises
    ------
    DisclosureError
        The release is internal: the ledger holds nothing that was not given out.
    InputError
        The ledger is damaged, or cannot be written.
    """
    path = Path(path)
    if released.rules is None:
        raise DisclosureError("An internal result is no release, and stays out of the ledger.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=60):
            _append(path, released)
    except (OSError, Timeout) as error:
        raise InputError(f"{path}: the ledger cannot be written ({error}).") from None


def _append(path: Path, released: Released) -> None:
    entries = read_ledger(path)
    content = _content(released)
    previous = entries[-1].digest if entries else _START
    if entries and _digest(content, _before(entries)) == previous:
        return
    line = _line({**content, "previous": previous, "digest": _digest(content, previous)})
    old = path.read_bytes() if path.exists() else b""
    whole = path.with_name(f".{path.name}.new")
    # A line that is half written when the power fails would break the chain: all or nothing.
    with whole.open("wb") as file:
        os.chmod(whole, 0o600)
        file.write(old + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    whole.replace(path)


def _before(entries: tuple[Entry, ...]) -> str:
    return entries[-2].digest if len(entries) > 1 else _START


def _entries(lines: list[str], path: Path) -> Iterator[Entry]:
    previous = _START
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
            content = {key: found[key] for key in _CONTENT}
            intact = found["previous"] == previous and found["digest"] == _digest(content, previous)
            tables = {name: _table(stored) for name, stored in content["tables"].items()}
            rules = Rules(**content["rules"])
        except (ValueError, KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            raise InputError(
                f"{path}: line {number} is not as it was written, so that earlier releases cannot "
                "be told. Put back a copy of the ledger."
            )
        previous = found["digest"]
        texts = {key: str(content[key]) for key in _TEXTS}
        yield Entry(number=number, tables=tables, rules=rules, digest=previous, **texts)


_TEXTS = ("profile", "title", "place", "period_label")
_CONTENT = (*_TEXTS, "rules", "tables")


def _content(released: Released) -> dict[str, Any]:
    tables = {name: getattr(released, name) for name in TABLES}
    return {
        "profile": released.profile,
        "title": released.title,
        "place": released.place,
        "period_label": released.period_label,
        "rules": asdict(released.rules or Rules()),
        "tables": {name: _stored(table) for name, table in tables.items() if len(table)},
    }


def _digest(content: Mapping[str, Any], previous: str) -> str:
    return hashlib.sha256(_line({**content, "previous": previous}).encode()).hexdigest()


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def _stored(table: pd.DataFrame) -> dict[str, Any]:
    names = [str(name) for name in table.index.names]
    columns = table.reset_index()
    return {
        "index": names,
        "columns": {str(c): [_value(value) for value in columns[c]] for c in columns},
    }


def _value(value: Any) -> Any:  # noqa: ANN401 (a cell holds what it holds)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def _table(stored: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(stored["columns"]).set_index(list(stored["index"]))

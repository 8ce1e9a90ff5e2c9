"""Official data that riskindex knows: where it is from, under which licence, whom to credit."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from riskindex.areas.read import AreaSource
from riskindex.areas.shipped_lookups import shipped_file
from riskindex.areas.table_files import TableSource


@dataclass(frozen=True, kw_only=True)
class Official:
    """One official file, as boundaries/sources.toml describes it."""

    title: str
    """Title under which it is published."""
    kind: str
    """boundary, lookup, census, business, deprivation, crime or place."""
    edition: str
    """Date, resolution, and what to mind."""
    address: str
    """Page or file to download it from."""
    licence: str
    """Licence."""
    attribution: str
    """Sentence that every output must carry."""
    columns: tuple[str, ...]
    """Official column names."""
    download: str = ""
    """Address of the file itself, of a layer of a feature service, or of archives by {month};
    empty where a person has to choose on a page."""
    also: tuple[str, ...] = ()
    """Column names of copies in circulation."""

    def holds(self, *columns: str) -> bool:
        """Whether all the columns are among the official ones and those of copies."""
        # All columns and not some: a code column alone is in many files.
        return set(columns) <= {*self.columns, *self.also}


def official_sources() -> Mapping[str, Official]:
    """Every source that boundaries/sources.toml names, by its short name.

    The file is a part of the installed package; in a checkout it lies at the root.
    """
    text = shipped_file("sources.toml").read_text(encoding="utf-8")
    return {name: _entry(values) for name, values in tomllib.loads(text).items()}


def attributions(areas: AreaSource, sources: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom to credit for the official data that a config reads, as far as columns tell.

    Parameters
    ----------
    areas
        The config's boundaries and lookups.
    sources
        The config's sources by name.

    Returns
    -------
    tuple
        Attribution sentences, each once, in the order of the config. Data that is no known
        official file gets none: the config says its own.
    """
    official = official_sources()
    sentences = [entry.attribution for entry in _used(official, areas, sources)]
    # Many tables are of one publisher, whose sentence is needed once.
    return tuple(dict.fromkeys(sentences))


def _used(
    official: Mapping[str, Official], areas: AreaSource, sources: Mapping[str, Any]
) -> Iterator[Official]:
    # By columns and not by file name, which people change at will.
    yield from _first(official, "boundary", areas.code)
    if areas.shipped_kinds is not None:
        yield official["lsoa21_ward24_lookup"]  # one sentence for all lookups of the ONS
    for lookup in areas.lookups:
        yield from _first(official, "lookup", lookup.code, *lookup.groups.values())
    for source in sources.values():
        if source.kind == "police.uk":
            yield official["police_uk"]
        elif isinstance(source, TableSource):
            yield from _first(official, "", source.code, *_named(source))


def is_official(source: object) -> bool:
    """Whether a source is a table with the columns of an official file."""
    if not isinstance(source, TableSource):
        return False
    return bool(list(_first(official_sources(), "", source.code, *_named(source))))


def official_of(*columns: str) -> Official | None:
    """The official file that has some columns; None where it is none that is known."""
    return next(_first(official_sources(), "", *columns), None)


def _named(source: TableSource) -> Iterator[str]:
    for columns in source.columns.values():
        yield from [columns] if isinstance(columns, str) else columns


def _first(official: Mapping[str, Official], kind: str, *columns: str) -> Iterator[Official]:
    """The first source of a kind (any but places, where empty) that holds the columns."""
    # Places come with the package, and no config reads them by columns.
    fitting = [s for s in official.values() if s.kind == kind or (not kind and s.kind != "place")]
    yield from [source for source in fitting if source.holds(*columns)][:1]


def _entry(values: Mapping[str, Any]) -> Official:
    # Tuples, because the entries are shared by all who ask.
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return Official(**{**values, **lists})

"""Which official files a config names, and where they come from."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from riskindex.areas.official_data import Official, official_of, official_sources
from riskindex.areas.table_files import TableSource
from riskindex.config import Config
from riskindex.events.sources import PoliceSource


class Wanted(NamedTuple):
    """An official file that a config names."""

    what: str
    """Boundaries, or the name of a source."""
    path: Path
    """Where the config has it."""
    entry: Official
    """What it is and where it comes from."""


def wanted_files(config: Config) -> Iterator[Wanted]:
    """The files of a config that boundaries/sources.toml knows, whether they are there or not.

    Parameters
    ----------
    config
        What is asked.
    """
    official = official_sources()
    # The heading of the code column names its edition, whatever the file is called.
    entry = official_of(config.areas.code)
    if entry is not None and entry.kind == "boundary":
        yield Wanted("boundaries", config.folder / config.areas.boundaries, entry)
    for name, source in config.sources.items():
        # Several paths are files that somebody has put together, and no single download.
        if isinstance(source, PoliceSource) and isinstance(source.path, str):
            yield Wanted(name, config.folder / source.path, official["police_uk"])
        elif isinstance(source, TableSource):
            columns = [c for of in source.columns.values() for c in _listed(of)]
            entry = official_of(source.code, *columns)
            if entry is not None:
                yield Wanted(name, config.folder / source.path, entry)


def absent_files(config: Config) -> Iterator[str]:
    """A sentence about each official file that is not there, with its address."""
    for wanted in wanted_files(config):
        if not wanted.path.exists():
            yield (
                f"{wanted.what}: {wanted.path.name} is {wanted.entry.title}, from "
                f"{wanted.entry.address}."
            )


def _listed(columns: str | Sequence[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)

"""The whole run: from a config to a result, and from a release to a folder."""

from pathlib import Path

import pandas as pd

from riskindex import events, inputs
from riskindex.analysis import Given, Say, analyse, silent
from riskindex.areas import with_bases
from riskindex.config import Config
from riskindex.counts import count_events
from riskindex.files import FileRecord
from riskindex.folder import Held, written_whole
from riskindex.gis import write_geopackage
from riskindex.governance import write_governance
from riskindex.groups import group_kinds, profile_kind
from riskindex.ledger import append_release, read_ledger
from riskindex.manifest import write_manifest
from riskindex.maps import write_map
from riskindex.memory import bounded, memory_of_database
from riskindex.neighbours import on_boundary
from riskindex.profiles import write_profiles
from riskindex.refusal import refuse_leaks
from riskindex.released import Released, Result
from riskindex.report import write_report
from riskindex.sensitive_places import read_sensitive_places, set_apart
from riskindex.workbook import list_table, write_csv, write_workbook

STAGES = 16
"""How many stages a run and its saving name."""


def run(config: Config, *, say: Say = silent) -> Result:
    """Go from files to the selected areas.

    Parameters
    ----------
    config
        What is asked, from `read_config` or `parse_config`.
    say
        Told the name of each stage as it begins, and of those that take files each file, after
        the name of the stage and a colon.

    Raises
    ------
    ConfigError, InputError, DataError
        With every fault found, its place, and what to do.
    """
    with bounded(config.memory):
        return analyse(config, _read(config, say), say=say)


def _read(config: Config, say: Say) -> Given:
    say("Reading areas")
    land = inputs.read_areas(config.areas, config.folder)
    codes = inputs.read_codes(config.areas, config.folder)
    say("Reading tables")
    census = inputs.read_tables(config.sources, config.folder, land.areas.index)
    areas = with_bases(land.areas, census.tables, config.bases)
    areas = areas.assign(on_boundary=on_boundary(areas, snap=config.neighbours.snap))
    private = read_sensitive_places(config.release.sensitive_places, config.folder, areas)
    places = set_apart(_places(areas, config.place), private.codes)
    say("Counting events")
    with events.open_events(
        config.sources, config.folder, factors=config.factors,
        memory=memory_of_database(config.memory), areas=areas,
        say=lambda file: say(f"Counting events: {file}"),
    ) as opened:  # fmt: skip
        counted = count_events(
            opened.events, areas, config.factors, config.periods,
            crosswalk=codes.crosswalk, known_codes=codes.known, places=places,
        )  # fmt: skip
    notes = [*land.notes, *_edge_note(areas), *codes.notes, *census.notes]
    files = [*land.files, *codes.files, *census.files, *opened.files]
    return Given(
        areas=areas,
        tables=census.tables,
        counts=counted.counts,
        reconciliation=counted.reconciliation,
        uncounted=counted.uncounted,
        rhythm=counted.rhythm,
        notes=(*notes, *opened.notes, *counted.notes),
        files=_files(files),
        places=private,
        disagreements=counted.disagreements,
    )


def save(
    released: Released,
    folder: str | Path | Held,
    *,
    truth: Result | None = None,
    ledger: str | Path | None = None,
    say: Say = silent,
) -> None:
    """Write every output of a release into one folder, whole or not at all.

    What is for partners or the public is attacked as it was written, before anybody sees it.

    Parameters
    ----------
    released
        What one profile may see; nothing else can be saved.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written; or one
        that is held already.
    truth
        The result that was released: the attack then measures what the files say about it, and
        no more memory is held than its config allows.
    ledger
        Private file of earlier releases, which are handed to the attack; it is added to when all
        is written, before the folder gets its name. Ignored under the profile internal.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    DisclosureError
        The files give away what the profile withholds; nothing is published.
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    DataError
        It takes more memory than the config allows.
    """
    place = folder if isinstance(folder, Held) else Path(folder)
    target = place.target if isinstance(place, Held) else place
    private = Path(ledger) if ledger is not None and released.rules is not None else None
    earlier = read_ledger(private, away_from=target) if private is not None else ()
    memory = truth.config.memory if truth is not None else None
    with written_whole(place) as out, bounded(memory):  # past the cap, nothing is put in place
        say("Writing the list")
        write_csv(list_table(released), out / "top_areas.csv")
        write_csv(released.all_areas.reset_index(), out / "all_areas.csv")
        if released.profile == "internal":
            write_csv(released.uncounted, out / "uncounted_events.csv")
            write_csv(released.scores.reset_index(), out / "scores.csv")
        say("Writing the workbook")
        write_workbook(released, out / "workbook.xlsx")
        say("Writing the GIS file")
        write_geopackage(released, out / "areas.gpkg")
        say("Drawing the map")
        write_map(released, out / "map.html")
        say("Writing the report")
        write_report(released, out / "report.html", earlier=target)
        write_governance(released, out / "governance.html")
        say("Writing the profiles")
        write_profiles(released, out / "profiles")
        say("Writing the manifest")
        write_manifest(released, out)
        if released.rules is not None:
            say("Attacking what was written")
            refuse_leaks(out, released.rules, truth=truth, earlier=earlier)
        if private is not None:  # before anybody can see it: what is seen is in the ledger
            append_release(private, released)


def _places(areas: pd.DataFrame, place: str) -> "pd.Series[str]":
    """The district of each area, or the study area where there are none."""
    kind = profile_kind(group_kinds(areas))
    named = areas[kind] if kind else pd.Series(place, index=areas.index)
    counted = ~areas["is_context"] if "is_context" in areas else True
    return named.astype("object").where(named.notna() & counted, "").astype(str)


def _edge_note(areas: pd.DataFrame) -> list[str]:
    assessed = ~areas["is_context"] if "is_context" in areas else True
    at_edge = int((areas["on_boundary"] & assessed).sum())
    return [f"{at_edge:,} areas lie at the edge of the study area: what happens beyond it is not "
            "in their windows."] if at_edge else []  # fmt: skip


def _files(records: list[FileRecord]) -> pd.DataFrame:
    return pd.DataFrame(records, columns=list(FileRecord._fields))

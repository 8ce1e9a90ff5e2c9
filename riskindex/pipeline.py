"""The whole run in three steps: from a config to a result, to a release, to a folder.

`run` reads the inputs and calls the method (`analysis.analyse`); `release` reduces the result to
what one profile may see; `save` writes that and nothing else.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.analysis import (
    analyse,
    composition_of,
    explain_some_factors,
    list_areas,
    list_with_choices,
    plan_of,
    protected_run,
    without_noise,
)
from riskindex.config import Config, as_config
from riskindex.cut import by_noised_counts
from riskindex.errors import ConfigError, DisclosureError, refuse_other_than, with_article
from riskindex.files.frames import Frames
from riskindex.files.memory import bounded
from riskindex.files.whole_folder import HeldFolder, written_whole
from riskindex.index.build import contributions
from riskindex.inputs import read_inputs
from riskindex.publication.counts import noised_areas, noised_tables, published_totals
from riskindex.publication.key import read_key
from riskindex.publication.membership import refuse_telling_list, refuse_unsteady_list
from riskindex.publication.profiles import check_profile, release_open, release_protected
from riskindex.publication.protection import (
    refuse_bare_tables,
    restricted_factors,
    restricted_measures,
)
from riskindex.publication.released import Released, release_whole
from riskindex.publication.view import OpenFactors
from riskindex.result import Given, Result, Say, logged, silent
from riskindex.uncertainty.robustness import tier

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

STAGES = 20
"""How many stages a run and its saving name."""


def run(
    config: Config | Mapping[str, Any] | str | Path,
    *,
    boundaries: "GeoDataFrame | None" = None,
    events: Mapping[str, Any] = MappingProxyType({}),
    tables: Mapping[str, Any] = MappingProxyType({}),
    say: Say = silent,
) -> Result:
    """Go from files, or data frames, to the selected areas.

    Parameters
    ----------
    config
        What is asked: a config file, a dictionary with the same keys, or what `read_config` or
        `parse_config` made of it.
    boundaries
        The areas in place of the boundary file, with the columns that the config names.
    events
        Name of an event source to its records in place of its files: a pandas or polars
        DataFrame, a pyarrow Table, a DuckDB relation, an ibis table, or anything else that gives
        an Arrow stream. Checked, counted and accounted for as files are.
    tables
        Name of a table (or series) to the same, in place of its file.
    say
        Told the name of each stage as it begins, and of those that take files each file, after
        the name of the stage and a colon.

    Raises
    ------
    ConfigError, InputError, DataError
        With every fault found, its place, and what to do.
    """
    frames = Frames(boundaries=boundaries, events=events, tables=tables)
    asked, say = as_config(config, frames), logged(say)
    with bounded(asked.memory):
        # Inside the cap: reading and counting take most of the memory.
        given = read_inputs(asked, frames, say=say)
        # A list made of true counts may itself tell of a count. With membership = "protected"
        # noised counts make it, in every profile: two lists of one run could be compared.
        if asked.release.membership == "true" or not restricted_factors(asked):
            return analyse(asked, given, say=say)
        # Places and other choices describe a list, and wait for the one that is shown.
        result = analyse(asked, given, choices=False, places=False, say=say)
        say("Selecting by protected cells")
        return _with_list_by_protected_cells(result, say)


def release(result: Result, profile: str | None = None, *, say: Say = silent) -> Released:
    """Reduce a result to what one profile may see.

    Parameters
    ----------
    result
        What a run found out.
    profile
        internal, partner or public; the config's own where it is left out.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    DisclosureError
        No profile was named, restricted sources have no key, or the list itself would tell of
        counts; each with what to do.
    DataError
        It takes more memory than the config allows.
    """
    if not isinstance(result, Result):
        raise ConfigError(f"What `run` found can be released, not {with_article(result)}.")
    config, say = result.config, logged(say)
    profile = check_profile(profile or config.profile)
    # Whoever holds the records learns nothing from them, so no cell is protected.
    if profile == "internal":
        return release_whole(result)
    closed = restricted_factors(config)
    # Open data can be looked up by anybody; noise would protect nobody.
    if not closed and not restricted_measures(config):
        return release_open(result, profile)
    # Refusals come before the protected run, which takes as long as the run itself.
    refuse_bare_tables(config)
    # Who is on the list is an inequality in the counts of each area, which may be inverted where
    # one or two restricted factors decide it.
    if profile == "public" and closed:
        effective = result.sensitivity.effective
        shares = effective["share"] if "share" in effective else pd.Series(dtype=float)
        refuse_telling_list(config, shares, closed)
    key = read_key(config.release.key, config.folder, result.areas.index)
    say("Running the method on protected cells")
    with bounded(config.memory):
        if profile == "public" and closed and config.release.membership == "protected":
            _refuse_unsteady_list(result, key)
        protected = _protected_result(result, key)
        # Reasons about open factors may be told of true figures; those about restricted ones come
        # from the protected run.
        opened = OpenFactors(*explain_some_factors(result, _open_names(config)))
        released = release_protected(result, protected, profile, key=key, opened=opened)
        # Again, of the scores that leave, so that they add up to the index that leaves.
        points = contributions(released.scores, options=protected.index_taken)
        return replace(released, scores=released.scores.assign(contribution=points))


def save(
    released: Released,
    folder: str | Path | HeldFolder,
    *,
    memory: str | None = None,
    replace: bool = False,
    say: Say = silent,
) -> None:
    """Write every output of a release into one folder, whole or not at all.

    Parameters
    ----------
    released
        What one profile may see; nothing else can be saved.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written; or one
        that is held already.
    memory
        Most memory that the writing may take, such as 3GB; None sets no cap.
    replace
        An internal result in the folder may be replaced by one that is not internal.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    DisclosureError
        It is not a release, or the folder holds an internal result that one for partners or the
        public would replace.
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    DataError
        It takes more memory than the config allows.
    """
    # Imported late: what draws and writes takes long to load, and a run that saves nothing needs
    # none of it.
    from riskindex.outputs.every_output import write_every_output
    from riskindex.outputs.read_result import refuse_to_replace

    if not isinstance(released, Released):
        raise DisclosureError(
            f"Only what was released can be saved, not a {type(released).__name__}: give "
            'release(result, "internal"), or the profile that the readers have.'
        )
    refuse_other_than((str, Path, HeldFolder), folder, place="folder", words="the path of a folder")
    say = logged(say)
    place = folder if isinstance(folder, HeldFolder) else Path(folder)
    target = place.target if isinstance(place, HeldFolder) else place
    with written_whole(place) as out, bounded(memory):  # past the cap, nothing is put in place
        if not replace:
            refuse_to_replace(target, released.profile)
        write_every_output(released, out, earlier=target, say=say)


def _open_names(config: Config) -> list[str]:
    closed = set(restricted_factors(config))
    return [factor.name for factor in config.factors if factor.name not in closed]


def _protected_result(result: Result, key: bytes) -> Result:
    """The same run on counts with noise; its tiers and places are of the list that leaves."""
    noised, totals = noised_areas(result, key), published_totals(result)
    epsilon = result.config.release.epsilon
    # Tables of restricted sources leave with noise as well, and count in the index.
    given = _inputs_of_protected_run(result, noised_tables(result, key))
    made = protected_run(result.config, given, noised, totals=totals, epsilon=epsilon)
    index = _with_tiers(made.index, result.index["selected"])
    # Who is in a place follows the list that leaves; its order and the teams follow the noise.
    listed = index.assign(selected=result.index["selected"])
    plan = plan_of(made.config, given, listed, made.weights)
    return replace(made, index=index, team_plan=plan)


def _with_tiers(index: pd.DataFrame, chosen: "pd.Series[bool]") -> pd.DataFrame:
    """The index with the tiers of a list, where repeats were made."""
    if "p_selected" not in index:
        return index
    p = index["p_selected"].to_numpy(float, na_value=np.nan)
    listed = chosen.reindex(index.index).to_numpy(bool)
    return index.assign(tier=tier(p, listed))


def _counts_behind(result: Result, key: bytes) -> Given:
    """What was read, with the counts expected behind noised ones: noise makes the list of them."""
    return without_noise(
        _inputs_of_protected_run(result, noised_tables(result, key)),
        noised_areas(result, key),
        totals=published_totals(result),
        epsilon=result.config.release.epsilon,
    )


def _inputs_of_protected_run(result: Result, tables: pd.DataFrame) -> Given:
    """What the method needs, for a run on protected cells."""
    return Given(
        areas=result.areas,
        tables=tables,
        counts=result.counts,
        fingerprints=result.fingerprints,
        # True numbers that the method does not need stay out of the protected run.
        reconciliation=result.reconciliation.iloc[:0],
        uncounted=result.uncounted.iloc[:0],
        rhythm=result.rhythm.iloc[:0],
        notes=(),
        files=result.files,
        places=result.places,
        around=result.around,
        part_periods=result.part_periods,
    )


def _with_list_by_protected_cells(result: Result, say: Say) -> Result:
    """The result with the list of the protected run, which is then that of every profile."""
    config = result.config
    key = read_key(config.release.key, config.folder, result.areas.index)
    # What other choices would change is asked of the list that is shown; repeats are the run's.
    protected, sensitivity = list_with_choices(config, _counts_behind(result, key))
    given = _inputs_of_protected_run(result, result.tables)
    # Only membership is taken over: scores shown inside stay those of the true counts.
    chosen = protected.table["selected"].astype(bool)
    index = result.index.assign(selected=chosen, tied_at_cut=protected.table["tied_at_cut"])
    index = _with_tiers(index, chosen)
    say("Naming places")
    return replace(
        result,
        index=index,
        team_plan=plan_of(config, given, index, result.weights, hotspots=result.hotspots),
        cut=by_noised_counts(protected.cut),
        composition=composition_of(config, given, chosen),
        sensitivity=replace(sensitivity, matters=result.sensitivity.matters),
    )


def _refuse_unsteady_list(result: Result, key: bytes) -> None:
    """Refuse a protected list that five other keys would change too much."""
    # Keys derived from the release key: as random as any, and the same in every run, so that the
    # refusal is too.
    others = [blake2b(bytes([k]), key=key, digest_size=32).digest() for k in range(1, 6)]
    # Steadiness is judged by the same steps that make the list that leaves.
    lists = [
        list_areas(result.config, _counts_behind(result, other))
        .chosen.table["selected"]
        .astype(bool)
        for other in others
    ]
    refuse_unsteady_list([result.index["selected"].astype(bool), *lists])

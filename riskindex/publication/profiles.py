"""Release: what partners and the public may see of a result, column by column."""

from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from riskindex.errors import DisclosureError
from riskindex.factors import (
    reported_shares,
)
from riskindex.planning.inside_places import nothing_told
from riskindex.publication.key import signing_key
from riskindex.publication.people import open_people, released_people
from riskindex.publication.protection import (
    restricted_sources,
)
from riskindex.publication.readable_tables import (
    weights_taken,
)
from riskindex.publication.released import (
    Released,
    parts_of_every_profile,
    release_whole,
    without_folders,
)
from riskindex.publication.rhythm import (
    released_bands,
    released_finer,
    released_rhythm,
)
from riskindex.publication.view import OpenFactors, View, of_factors
from riskindex.result import Result

# From the one who sees most to those who see least.
PROFILES = ("internal", "partner", "public")


def check_profile(profile: str | None) -> str:
    """The profile, checked to be named and to have rules.

    Raises
    ------
    DisclosureError
        No profile was named, or there are no rules for the one that was.
    """
    if profile is None:
        raise DisclosureError(
            "No release profile is named. Give --profile internal, or set profile in the config."
        )
    if profile not in PROFILES:
        raise DisclosureError(f"No profile {profile!r}; there are {', '.join(PROFILES)}.")
    return profile


def only_internal(profile: str | None, what: str) -> str:
    """The profile, checked to be the internal one."""
    if check_profile(profile) != "internal":
        raise DisclosureError(
            f"{what} is made for the profile internal alone: it shows counts as they are."
        )
    return "internal"


def release_open(result: Result, profile: str) -> Released:
    """Everything, where every source is open: anybody can look the records up."""
    return replace(
        release_whole(result),
        profile=profile,
        # Single records, and names of files that hold the names of people or of machines, stay
        # inside even where everything else is open.
        uncounted=result.uncounted.iloc[:0],
        disagreements=result.disagreements.iloc[:0],
        files=result.files.iloc[:0],
        config=_config(result, result),
        series=_open_series(result),
        people=open_people(release_whole(result).people, result.config),
        **({"inside": nothing_told()} if profile == "public" else {}),
    )


def _open_series(result: Result) -> pd.DataFrame:
    """Tables without areas that anybody can look up."""
    # No noise is made for tables without areas, so that restricted ones stay inside.
    table, closed = result.measured.series, restricted_sources(result.config)
    return table[~table["series"].isin(list(closed))] if len(table) else table


def release_protected(
    result: Result, protected: Result, profile: str, *, key: bytes, opened: OpenFactors
) -> Released:
    """What partners or the public may see where some sources are restricted.

    A column that is not named here is in no file.

    Parameters
    ----------
    result
        The run; of it leave the list, what is open, exact yearly counts of the whole, and for
        partners flags without numbers.
    protected
        The same run on noised counts; everything else that is said of restricted sources is its.
        Its tiers are those of the list that leaves.
    profile
        partner or public.
    key
        The release key, for cells of groups.
    opened
        Of the open factors of the run.
    """
    # Every table passes through the view, so that one class decides what is counted and what is
    # noised.
    view = View(result, protected, profile, opened)
    return Released(
        **parts_of_every_profile(result),
        profile=profile,
        signing_key=signing_key(key),
        cut=view.cut(),
        flags_tie=protected.flags_tie,
        how_sure=protected.how_sure,
        group_kinds=view.groups,
        areas=result.areas[["name", *view.groups, "geometry"]],
        top=view.top(),
        all_areas=view.every,
        factors=view.factors(),
        scores=view.scores(),
        hotspots=view.hotspots(),
        tests=view.tests(),
        persistence=view.persistence(),
        new_hotspots=view.new_hotspots(),
        reconciliation=view.reconciliation(),
        uncounted=result.uncounted.iloc[:0],
        # A rank correlation of exact counts is a function of them; that of noised counts tells no
        # more.
        correlations=protected.correlations,
        notes=tuple(view.notes()),
        # Names of files often carry the case system, the officer or the agency.
        files=pd.DataFrame(columns=["role", "name"]),
        clusters_found=of_factors(protected.clusters_found, view.open),
        rhythm=released_rhythm(result.rhythm, result, key, view.rules),
        measures=view.measures(),
        period_rhythm=released_rhythm(result.measured.rhythm, result, key, view.rules),
        finer_rhythm=released_finer(result),
        age_bands=released_bands(result.measured.rhythm, result, key, view.rules),
        people=released_people(result, view.people(), key, view.rules),
        funnels=view.funnels(),
        series=_open_series(result),
        figure_counts=view.figure_counts(key),
        config=_config(result, protected),
        rules=view.rules,
        sensitivity=protected.sensitivity.in_short(),
        composition=_composition(result),
        # rho is a function of counts that the release protects.
        double_counting=protected.double_counting.drop(columns="rho", errors="ignore"),
        team_plan=view.team_plan(),
        inside=view.inside(key, view.rules),
    )


def _composition(result: Result) -> pd.DataFrame:
    """Who lives in the selected areas, in whole percent; nothing from a restricted table."""
    config, table = result.config, result.composition
    shares = reported_shares(config.shares, config.factors)
    # A reference is source.column: one restricted source in a share closes the whole share.
    closed = set(restricted_sources(config))
    named = [
        {
            ref.partition(".")[0]
            for ref in (shares[str(name)].numerator, shares[str(name)].denominator)
        }
        for name in table.index
    ]
    # Who lives in the selected areas is a function of the list, but a restricted table would be
    # summed without noise.
    return table[[not names & closed for names in named]].round(2)


def _config(result: Result, seen: Result) -> dict[str, Any]:
    """What was asked, as far as it is about the method: no paths, columns, values or reasons.

    `seen` is the run whose weights may be seen: they may be found from its scores.
    """
    full = result.config.model_dump(mode="json", exclude_none=True)
    options = ("name", "label", "method", "threshold", "score", "weight", "scored")
    # Rules, columns and values of a factor may name offences or units that an open description must
    # not; the label is what the analyst chose to print.
    factors = [{key: f[key] for key in options if key in f} for f in full["factors"]]
    # Weights found from data are functions of the counts, so that only those of `seen` leave.
    taken = weights_taken(seen)
    factors = [factor | {"weight": taken.get(factor["name"], 0.0)} for factor in factors]
    # Reasons of overrides are free text about single areas.
    selection = {key: value for key, value in full["selection"].items() if key != "overrides"}
    # Addresses of sources declared open let a reader check the claim that anybody can look them up.
    opened = {
        name: {key: source[key] for key in ("address", "licence") if key in source}
        for name, source in full["sources"].items()
        if source.get("protection") == "open" and source.get("address")
    }
    return dict(
        without_folders(
            {
                "title": full["title"],
                "place": full["place"],
                "about": full["about"],
                "factors": factors,
                "index": asdict(seen.index_taken),
                "selection": selection,
                "neighbours": full["neighbours"],
                "periods": full["periods"],
                "declared_open": opened,
            }
        )
    )

"""Choices of a config that do nothing, or not what they seem to: told before anything is run."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from riskindex.config import Config
from riskindex.events.records.repeated_records import what_a_record_says
from riskindex.events.source_events import Events
from riskindex.events.sql import identifier
from riskindex.factors import Factor

BY_STRENGTH = ("risk", "intensity", "value")
"""Scores that are made of a number, and not of whether an area is hot."""
_TESTED = ("window", "poisson", "getis-ord")


def _of_score(*scores: str) -> Callable[[Factor], bool]:
    return lambda factor: factor.score in scores


def _of_method(*methods: str) -> Callable[[Factor], bool]:
    return lambda factor: factor.method in methods


_NEEDED: Mapping[str, tuple[Callable[[Factor], bool], str]] = MappingProxyType(
    {
        "normalise": (_of_score(*BY_STRENGTH), "is for the scores risk, intensity and value"),
        "direction": (_of_score(*BY_STRENGTH), "is for the scores risk, intensity and value"),
        "ageing": (_of_score("risk"), "is for the score risk"),
        "estimate": (_of_score("risk"), "is for the score risk"),
        "above": (lambda f: f.estimate == "exceedance", "is for the estimate exceedance"),
        "prior": (_of_score("risk"), "is for the score risk"),
        "persistence": (_of_score("persistence"), "is for the score persistence"),
        "exposure": (
            lambda f: f.method != "getis-ord" and f.counts_events,
            "is for events under window, poisson and value",
        ),
        "dispersion": (_of_method("window", "poisson"), "is for the methods window and poisson"),
        "tail": (_of_method("window", "poisson"), "is for the methods window and poisson"),
        "background": (_of_method("window", "poisson"), "is for the methods window and poisson"),
        "correction": (_of_method(*_TESTED), "is for methods that test"),
        "level": (_of_method(*_TESTED), "is for methods that test"),
        "neighbourhood": (_of_method("window", "getis-ord"), "is for methods that test windows"),
        "threshold": (
            lambda f: f.method == "threshold" or f.score == "threshold",
            "is for the method or the score threshold",
        ),
        "weight": (lambda f: f.scored, "is of factors that are scored"),
    }
)
"""Option to when it does something, and the words for that."""


_OF_TABLES: Mapping[tuple[str, str], tuple[Callable[[Config], bool], str]] = MappingProxyType(
    {
        ("neighbours", "k"): (
            lambda c: c.neighbours.method == "nearest",
            'is for the method "nearest"',
        ),
        ("neighbours", "distance"): (
            lambda c: c.neighbours.method == "distance",
            'is for the method "distance"',
        ),
        ("selection", "rounding"): (
            lambda c: c.selection.number is None and c.selection.at_least is None,
            "is for a share of the areas",
        ),
        ("selection", "group"): (
            lambda c: c.selection.minimum_per_group > 0,
            "is for minimum_per_group",
        ),
        ("index", "power"): (
            lambda c: "general" in (c.index.aggregation, c.index.within_groups),
            'is for the aggregation "general"',
        ),
        ("index", "points"): (
            lambda c: c.index.weights == "elicited",
            'is for the weights "elicited"',
        ),
        ("index", "within_groups"): (
            lambda c: any(factor.group for factor in c.factors),
            "is for factors with a group",
        ),
        ("robustness", "spread"): (
            lambda c: c.robustness is not None and c.robustness.weights == "uniform",
            'is for the weights "uniform"',
        ),
        ("robustness", "concentration"): (
            lambda c: c.robustness is not None and c.robustness.weights == "dirichlet",
            'is for the weights "dirichlet"',
        ),
        ("robustness", "prior"): (
            lambda c: c.robustness is not None and c.robustness.counts,
            "is for repeats in which counts are drawn",
        ),
    }
)
"""Table and option of a config to when it does something, and the words for that."""


def idle_options(config: Config) -> Iterator[str]:
    """A sentence about each option that does nothing where it stands.

    Parameters
    ----------
    config
        What is asked.
    """
    for factor in config.factors:
        # An option at its default was not asked for, so that nothing was expected of it.
        usual = {field.name: field.default for field in fields(Factor)}
        for option, (applies, words) in _NEEDED.items():
            given = getattr(factor, option)
            if given != usual[option] and not applies(factor):
                yield _idle(f"factors.{factor.name}.{option}", given, words)
    for (table, option), (is_used, words) in _OF_TABLES.items():
        options = getattr(config, table)
        if options is None or is_used(config):
            continue
        given, default = getattr(options, option), getattr(type(options)(), option)
        if given != default:
            yield _idle(f"{table}.{option}", given, words)


def _idle(place: str, given: object, words: str) -> str:
    return (
        f"{place}: {given!r} has no effect; it {words}. Take it out, or change what it belongs to."
    )


def missing_names(config: Config) -> Iterator[str]:
    """A sentence about bases that pages look for by name and do not find."""
    # Found by name and not by option: rates and people of the list need no factor that names them.
    # Pages leave these numbers out when the base is missing, and nobody would know why.
    wanted = {
        "residents": "rates per 1,000 and the residents of the list",
        config.places.people: "the people aged 10 to 24 whom teams reach",
    }
    bases = ", ".join(config.bases) or "none"
    for name, what in wanted.items():
        if name not in config.bases:
            yield f"bases: none is called {name}, from which {what} are taken; there is {bases}."


def constant_factors(config: Config, tables: pd.DataFrame) -> Iterator[str]:
    """A sentence about each factor of a table that is the same in all areas, and tells none apart.

    Parameters
    ----------
    config
        What is asked.
    tables
        Index area_code, columns (source, column).
    """
    for factor in (factor for factor in config.factors if not factor.counts_events):
        parts = [factor.column(c) for c in (factor.numerator, factor.denominator) if c]
        # A column that is not there is told as a fault where tables are read.
        if not all(part in tables.columns for part in parts):
            continue
        # Told before a run: a constant factor gets a weight and moves no rank.
        values = tables[parts[0]].astype(float)
        if len(parts) == 2:
            # A share of nobody is missing, and no reason to call the others different.
            values = values / tables[parts[1]].astype(float).where(lambda base: base > 0)
        present = values.dropna().to_numpy()
        # A share of 25% may differ in its last digit from area to area.
        if len(present) > 1 and math.isclose(float(np.ptp(present)), 0, abs_tol=1e-12):
            yield (
                f"factors.{factor.name}: is {present[0]:g} in every area, which tells none apart. "
                "Check the columns."
            )


def mixed_units(opened: Mapping[str, Events]) -> Iterator[str]:
    """A fault for each source some of whose files hold degrees and others metres.

    Parameters
    ----------
    opened
        Sources of events by name.
    """
    for name, events in opened.items():
        # Counts by area have no coordinates.
        if events.is_counted:
            continue
        rows = events.connection.execute(
            # No place in the British National Grid lies within 180 m of its origin in the Atlantic.
            "SELECT file, max(abs(x)) <= 180 AND max(abs(y)) <= 90 "
            f"FROM {identifier(events.table)} WHERE x IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        # All files in degrees are fine; a mixture puts some events in the Atlantic.
        in_degrees = [str(file) for file, is_so in rows if is_so]
        if in_degrees and len(in_degrees) < len(rows):
            yield (
                f"{name}: coordinates are degrees in {_few(in_degrees)} and metres in the other "
                "files. Name them as sources of their own, each with its crs."
            )


def copies_without_key(opened: Mapping[str, Events]) -> Iterator[str]:
    """A sentence for each source without a key many of whose rows are alike in all that is read.

    Parameters
    ----------
    opened
        Sources of events by name.
    """
    for name, events in opened.items():
        if events.is_counted or events.has_key or events.has_person:
            continue
        # Without a key, only equal content can give a copied record away.
        content = what_a_record_says(events.connection, events.table)
        alike, every = events.connection.execute(
            f"SELECT coalesce(sum(n) FILTER (n > 1) - count(*) FILTER (n > 1), 0), sum(n) FROM "
            f"(SELECT count(*) AS n FROM {identifier(events.table)} GROUP BY {content})"
        ).fetchall()[0]
        # Two events of one day and area may well be alike in a few columns; many are a join gone
        # wrong or an extract that was pasted twice.
        if every and alike / every > MANY_ALIKE:
            yield (
                f"{name}: {int(alike):,} of its {int(every):,} records repeat another in every "
                "column that is read, and each is counted. Where the file has a record's own "
                f"number, name its column under [sources.{name}] key, so that copies count once."
            )


MANY_ALIKE = 0.05
"""Share of records that repeat others, from which on it is told."""


def _few(names: Sequence[Any]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(str, names[:3])) + more

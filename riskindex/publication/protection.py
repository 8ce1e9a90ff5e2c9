"""Which sources and factors are restricted: all that anybody cannot look up."""

from typing import TYPE_CHECKING

import pandas as pd

from riskindex.areas.official_data import is_official
from riskindex.errors import DisclosureError
from riskindex.factors import EventGroup, Factor

if TYPE_CHECKING:
    from riskindex.config import Config, Source


def is_open(source: "Source") -> bool:
    """Whether anybody can look a source's records or table up.

    Open are police.uk, tables with the columns of an official file that boundaries/sources.toml
    names, and what the config declares open with its address and licence.
    """
    if source.protection is not None:
        return source.protection == "open"
    # Restricted is the default: a source of which nothing is known is taken to be nobody's to look
    # up.
    return source.kind == "police.uk" or is_official(source)


def restricted_sources(config: "Config") -> tuple[str, ...]:
    """Names of the restricted sources, in the config's order."""
    return tuple(name for name, source in config.sources.items() if not is_open(source))


def restricted_factors(config: "Config") -> tuple[str, ...]:
    """Names of the factors that any restricted source is a part of, in the config's order."""
    restricted = set(restricted_sources(config))
    # One restricted part makes the whole factor restricted: the open part can be looked up and
    # subtracted.
    return tuple(f.name for f in config.factors if restricted & _looked_at(f, config))


def restricted_measures(config: "Config") -> tuple[str, ...]:
    """Names of the measures that a restricted source is counted for, in the config's order."""
    restricted = set(restricted_sources(config))
    return tuple(f.name for f in config.measured if restricted & _looked_at(f, config))


def _looked_at(factor: Factor, config: "Config") -> set[str]:
    """Names of the sources that a factor is made of, and of those in which its clauses find people.

    The ages of restricted victims make a count of open offences restricted.
    """
    people = [name for group in factor.groups for name in _of_people(group, config)]
    return {*sources_of(factor), *people}


def _of_people(group: EventGroup, config: "Config") -> list[str]:
    """Sources in which the clauses of a group find the people of an offence."""
    if group.defined is None or not group.defined.about_people:
        return []
    return [name for name, s in config.sources.items() if getattr(s, "offence", None) is not None]


def sources_of(factor: Factor) -> tuple[str, ...]:
    """Names of the sources that a factor is made of."""
    # A share may take its numerator and its base from two sources.
    tables = [factor.column(c)[0] for c in (factor.numerator, factor.denominator) if c]
    named = [*(group.source for group in factor.groups), *tables]
    return tuple(dict.fromkeys(named))


def restricted_columns(counts: pd.DataFrame, config: "Config") -> pd.Index:
    """Columns (factor, group, period) of counts whose events come from a restricted source."""
    restricted = set(restricted_sources(config))
    of = {
        (factor.name, group.label): {group.source, *_of_people(group, config)}
        for factor in config.factors
        for group in factor.groups
    }
    keep = [bool(of[str(factor), str(group)] & restricted) for factor, group, _ in counts.columns]
    return counts.columns[keep]


def refuse_bare_tables(config: "Config") -> None:
    """Refuse restricted tables that no noise can protect: measures without numerator and base.

    Raises
    ------
    DisclosureError
        One sentence for each factor, base and share, with what to do.
    """
    restricted = set(restricted_sources(config))
    advice = (
        "Keep the result internal, or declare the source open with its address and licence, if "
        "anybody can look it up."
    )
    faults = [
        f"factors.{factor.name}: its table is restricted, and a measure without numerator and "
        f"denominator cannot be protected. {advice}"
        for factor in config.factors
        # Noise on a whole number of people protects each of them; a rate or a score has no people
        # that a noise could be scaled to.
        if not factor.counts_events and not (factor.numerator and factor.denominator)
        if restricted & set(sources_of(factor))
    ]
    named = {f"bases.{name}": base for name, base in config.bases.items()}
    for place, base in named.items():
        columns = [base] if isinstance(base, str) else list(base)
        # Bases are shown beside every rate, so that a restricted one would leave as it is.
        if restricted & {column.partition(".")[0] for column in columns}:
            faults.append(f"{place}: its table is restricted, and bases are shown. {advice}")
    if faults:
        raise DisclosureError(faults)

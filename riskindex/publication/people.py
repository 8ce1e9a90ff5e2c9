"""Numbers of people: protected cells where any source that names them is restricted."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskindex.arrays import Fingerprints, Flags
from riskindex.assessment.people_counts import (
    NAMED,
    NUMBER,
    RECORDS,
    SEPARATOR,
    UNKNOWN_HOME,
    UNNAMED,
)
from riskindex.assessment.people_rows import AREAS_ITEM, IN_AREAS, RESIDENTS_ITEM
from riskindex.assessment.place_counts import WHOLE_KIND, places_by_kind
from riskindex.disclosure import CellRules
from riskindex.publication.cells import of_place, protect
from riskindex.publication.counts import LEAST_AREAS, LEAST_RESIDENTS, empty_prints, rule_of
from riskindex.publication.protection import restricted_sources

if TYPE_CHECKING:
    from riskindex.config import Config
    from riskindex.result import Result

OF_PEOPLE = np.uint64(0x9E3779B97F4A7C15)
"""People have another noise than their own records, of which the difference would be exact."""


def released_people(
    result: "Result", people: pd.DataFrame, key: bytes, rules: CellRules
) -> pd.DataFrame:
    """Numbers of people as partners and the public see them.

    Parameters
    ----------
    result
        What a run found out.
    people
        Of `Result.people`, with the areas that the profile sees as hot.
    key, rules
        Of the release.

    Returns
    -------
    DataFrame
        As `people`, without fingerprints and with the column `mark`. Figures of open sources are as
        counted; of others every number is a protected cell of its own, the whole's too, and how
        many people have so many records is left out.
    """
    if people.empty:
        return people
    closed = people["figure"].isin(_closed(result.config))
    opened, table = people[~closed].assign(mark=""), people[closed]
    # A table of people by their number of records ends in cells of one or two people.
    table = table[table["item"].str.partition(SEPARATOR)[0] != NUMBER].reset_index(drop=True)
    if table.empty:
        return opened.drop(columns="fingerprint")
    protected = protect(
        table["count"].to_numpy(float),
        _prints(table),
        key,
        rules,
        empty=_empty(table, result.config),
        small=_small(table, result),
    )
    # How many residents and areas there are is no secret; the areas are those that are shown.
    is_base = table["item"].str.endswith((RESIDENTS_ITEM, AREAS_ITEM)).to_numpy()
    cells = table.assign(
        count=np.where(is_base, table["count"], protected.values),
        mark=np.where(is_base, "", protected.marks).astype(object),
    )
    # After the noise: which categories appear is then decided by cells that may be published.
    cells = cells[~_named_by_few(cells)]
    both = [part.drop(columns="fingerprint") for part in (opened, cells) if len(part)]
    return pd.concat(both, ignore_index=True)


def open_people(people: pd.DataFrame, config: "Config") -> pd.DataFrame:
    """Numbers of people as they are, of figures whose people open sources alone name."""
    return people[~people["figure"].isin(_closed(config))] if len(people) else people


def _closed(config: "Config") -> list[str]:
    """Figures about people that any restricted source names."""
    # One restricted source closes the whole figure: subtracting the open part would give its own.
    restricted = set(restricted_sources(config))
    return [
        figure.name
        for figure, factor, _ in config.asked_people
        if restricted
        & {
            *(group.source for group in factor.groups),
            *(other.source for other in figure.records),
        }
    ]


def _named_by_few(cells: pd.DataFrame) -> Flags:
    """Rows of a category, such as a role or a sex, whose count over the whole is withheld.

    Such values are what somebody wrote into a column: a rare one may be a name.
    """
    words = cells["item"].str.split(SEPARATOR, regex=False)
    value = words.str[2].where(words.str[0] == NAMED, "").fillna("")
    # Sex is free text in many systems, so a rare spelling is treated like a rare role.
    value = value.where(cells["by"] != "sex", cells["category"])
    keys = [cells["figure"], cells["period"], words.str[1].where(words.str[0] == NAMED), value]
    of_whole = cells["count"].where(cells["place_kind"] == WHOLE_KIND)
    # The whole decides for every place alike: decided by place, the lines themselves would tell.
    shown = of_whole.groupby(keys, dropna=False).transform("max").notna()
    return np.asarray((value != "") & (value != UNKNOWN_HOME) & ~shown, dtype=bool)


def _prints(table: pd.DataFrame) -> Fingerprints:
    """Fingerprints of each cell; those of counts of people differ from those of their records."""
    item = table["item"].str.removeprefix(IN_AREAS + SEPARATOR)
    # Records and unnamed records are counts of events, whose cells elsewhere must have the same
    # noise.
    of_people = ~item.isin([RECORDS, UNNAMED]).to_numpy()
    prints = table["fingerprint"].to_numpy(np.uint64)
    return np.asarray(np.where(of_people, prints * OF_PEOPLE, prints), dtype=np.uint64)


def _empty(table: pd.DataFrame, config: "Config") -> Fingerprints:
    """Fingerprints of cells without a record: what is counted, where and when."""
    # The rule and not the factor's name, so that a renamed factor keeps the noise of its empty
    # cells.
    rules = {name: rule_of(config, str(name)) for name in table["factor"].unique()}
    keys = ["factor", "period", "place_kind", "place", "by", "category", "item"]
    return np.array(
        [
            empty_prints([of_place(*map(str, row[2:]))], rules[row[0]], str(row[1]))[0]
            for row in table[keys].itertuples(index=False, name=None)
        ],
        dtype=np.uint64,
    )


def _small(table: pd.DataFrame, result: "Result") -> Flags:
    """Cells of too few areas or residents."""
    areas = result.areas
    small = np.zeros(len(table), dtype=bool)
    for kind, places in places_by_kind(areas).items():
        named = places.dropna()
        # Either withholds: few areas point to a street, few residents to a person.
        few = named.value_counts() < LEAST_AREAS
        if "residents" in areas:
            people = areas["residents"].reindex(named.index).groupby(named).sum()
            few = few | (people < LEAST_RESIDENTS)
        # Rows of areas have sizes of their own, which `_few_areas` holds against the same limits.
        of_kind = (table["place_kind"] == kind) & (table["by"] != "areas")
        small |= (of_kind & table["place"].isin(few.index[few])).to_numpy()
    return small | _few_areas(table)


def _few_areas(table: pd.DataFrame) -> Flags:
    """Cells of who lives in some areas, which are few or have few residents."""
    inside = table["item"].str.startswith(IN_AREAS + SEPARATOR)
    sizes = table[inside].pivot_table("count", ["figure", "period"], "item", "sum")
    sizes = sizes.reindex(columns=[IN_AREAS + SEPARATOR + i for i in (AREAS_ITEM, RESIDENTS_ITEM)])
    # A missing size compares as False, so that an unknown number of residents counts as too few.
    enough = (sizes.iloc[:, 0] >= LEAST_AREAS) & (sizes.iloc[:, 1] >= LEAST_RESIDENTS)
    cells = pd.MultiIndex.from_frame(table[["figure", "period"]])
    return np.asarray(inside & ~cells.isin(enough.index[enough]), dtype=bool)

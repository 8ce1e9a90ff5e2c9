"""Events with codes of an older edition: recognised, converted, or refused by name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskindex.areas.editions import (
    Crosswalk,
    carries_2011_codes,
    first_few,
    new_in_2021,
    share_out,
    there_in_2011,
)
from riskindex.errors import DataError
from riskindex.events.periods import month_label
from riskindex.events.study_area import StudyArea

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Parts = Mapping[str, tuple[int, ...]]
"""Older code to the positions of the areas that it became; -1 is one outside the study area."""

UNKNOWN_ROUTES = ("unlisted", "foreign")
"""Routes of codes that have the form of an area code and that nothing places."""


def recognise(connection: "DuckDBPyConnection", codes: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    """Codes of an older edition that no lookup names, and the areas that their events lie in.

    A code that the boundaries do not have counts as older where more than half of its events
    lie in areas that the files naming it never name: a file of the boundaries' own edition names
    them all sooner or later. An outside code beside the border has events inside it too, but in
    areas that the same files name. A code that a list of codes should hold, and does not, counts
    as older wherever in the study area most of its events lie.

    Parameters
    ----------
    connection
        With the views `dated` and `apart` and the tables `codes` and `spots` (distinct id of a
        code, x, y, with the area that holds them; -1: none).
    codes
        Index code; events, points, route.
    """
    # Without points under unknown codes there is no evidence to scan for.
    if not (codes["route"].isin(UNKNOWN_ROUTES) & (codes["points"] > 0)).any():
        return {}
    evidence = connection.execute(_EVIDENCE).df()
    sums = evidence.groupby("code", sort=True)["n"].sum()
    # More than half: snapped points near a border fall into the neighbour for a minority of events.
    older = sums.index[sums > codes["events"].reindex(sums.index) / 2]
    parts = evidence[evidence["code"].isin(older)].groupby("code", sort=True)["area"]
    return {str(code): tuple(sorted({int(area) for area in areas})) for code, areas in parts}


_EVIDENCE = """
WITH here AS (
    SELECT c.code, c.route, d.file, i.area, count(*) AS n
    FROM apart d JOIN codes c ON c.code = d.area_code
    JOIN spots i ON i.id = c.id AND i.x = d.x AND i.y = d.y
    WHERE d.span >= 0 AND c.route IN ('unlisted', 'foreign') AND i.area >= 0 GROUP BY ALL
), named AS (
    SELECT DISTINCT d.file, c.area FROM dated d JOIN codes c ON c.code = d.area_code
    WHERE d.span >= 0 AND c.route = 'area' AND c.area IN (SELECT area FROM here)
), carried AS (
    SELECT DISTINCT d.file, c.code FROM apart d JOIN codes c ON c.code = d.area_code
    WHERE d.span >= 0 AND c.code IN (SELECT code FROM here)
), ordinary AS (
    SELECT DISTINCT carried.code, named.area FROM carried JOIN named USING (file)
)
SELECT here.code, here.area, sum(here.n)::BIGINT AS n
FROM here LEFT JOIN ordinary ON ordinary.code = here.code AND ordinary.area = here.area
WHERE here.route = 'unlisted' OR ordinary.code IS NULL
GROUP BY ALL ORDER BY ALL
"""


def refuse_unconverted(
    connection: "DuckDBPyConnection",
    codes: pd.DataFrame,
    recognised: Collection[str],
    study: StudyArea,
    name: str,
) -> None:
    """Refuse older codes without coordinates, which only a lookup could place.

    Raises
    ------
    DataError
        Events of recognised codes lack coordinates; or the codes alone show the older edition
        (`carries_2011_codes`, for the source or one of its files, in all its months, the first ones
        or the last ones) and some fit no area.
    """
    # Events with a point place themselves; of the others only the code says where they are.
    bare = codes[(codes["events"] > codes["points"]) & codes["route"].isin(UNKNOWN_ROUTES)]
    # The points of other events with the code have shown that it is an older one.
    inferred = bare.index.isin(list(recognised))
    # With a lookup, what it does not convert is elsewhere.
    when = None if study.crosswalk is not None else _months_of_2011(connection, study, bare)
    if when is not None:
        inferred |= bare.index.isin(list(there_in_2011(bare.index)))
    refused = bare[inferred]
    # Codes that merely lie outside the study area are no fault.
    if refused.empty:
        return
    events = int((refused["events"] - refused["points"]).sum())
    raise DataError(
        f"{name}: carries area codes of an older edition than the boundaries. {events:,} events "
        f"without coordinates carry {len(refused):,} codes that the boundaries do not have "
        f"({first_few(refused.index.tolist())}), while areas whose codes are new have no event"
        f"{when or ''}. Set shipped = [] under [areas] if they are LSOAs of 2011, or name a lookup "
        "under [areas.vintage] (path, old, new) to convert them."
    )


def _months_of_2011(
    connection: "DuckDBPyConnection", study: StudyArea, suspects: pd.DataFrame
) -> str | None:
    """When the codes alone show the older edition: "" for always, " until 2021-06"; None: never.

    A file may change its edition from one month to the next. The months before the first event
    of any new code, and those after the last, are looked at, in each file and in all of them.
    """
    if suspects.empty:
        return None
    named = connection.execute(_NAMED).df()
    # Many codes and none of those made in 2021: such a file is of the older edition.
    new = named["area_code"].isin(list(new_in_2021(study.codes)))
    # Files are looked at one by one, then together: an extract may mix editions, one in each file.
    for part in (*(part for _, part in named.groupby("file", sort=True)), named):
        for when, stretch in _stretches(part, part[new[part.index]]):
            if carries_2011_codes(set(stretch["area_code"]), study.codes):
                return when
    return None


def _stretches(part: pd.DataFrame, new: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """All months, those before the first event of a new code, and those after the last."""
    if new.empty:
        yield "", part
        return
    first, last = int(new["first"].min()), int(new["last"].max())
    yield f" until {month_label(first - 1)}", part[part["first"] < first]
    yield f" from {month_label(last + 1)}", part[part["last"] > last]


_NAMED = """
SELECT d.file, d.area_code, min(year(d.date) * 12 + month(d.date) - 1) AS first,
    max(year(d.date) * 12 + month(d.date) - 1) AS last
FROM dated d JOIN codes c ON c.code = d.area_code
WHERE d.span >= 0 AND c.route = 'area' GROUP BY ALL
"""


def share_out_bare(
    connection: "DuckDBPyConnection", codes: pd.DataFrame, parts: Parts, study: StudyArea, name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Give each event of a split area without coordinates to one part; a person always to one.

    Returns
    -------
    DataFrame, list of str
        file, row, area (a position, -1 outside); and the note about it.

    Raises
    ------
    DataError
        There are such events and the lookup's option is to refuse them.
    """
    nothing = pd.DataFrame({"file": [""], "row": [0], "area": [0]}).iloc[:0]
    bare = codes[(codes["route"] == "split") & (codes["events"] > codes["points"])]
    if bare.empty or study.crosswalk is None:
        return nothing, []
    # Sharing out is an estimate; who needs counts to be records says so.
    if study.crosswalk.split == "refuse":
        events = int((bare["events"] - bare["points"]).sum())
        raise DataError(
            f"{name}: {events:,} events without coordinates lie in areas that were split since "
            f"({first_few(bare.index.tolist())}). Give coordinates, or set split = 'share' "
            "under [areas.vintage] to share them out."
        )
    tables, rules = [nothing], set()
    for code, group in connection.execute(_BARE).df().groupby("code", sort=True):
        shares, rule = study.shares(str(code), parts[str(code)])
        # By person or key: someone with several records must not be divided between areas, and
        # counted in each.
        unit, units = pd.factorize(group["unit"])
        part = np.asarray(parts[str(code)])[share_out(len(units), shares)]
        tables.append(group[["file", "row"]].assign(area=part[unit]))
        rules.add(rule)
    shared = pd.concat(tables[1:], ignore_index=True)
    return shared, [_shared_note(name, len(shared), len(bare), rules)]


_BARE = """
SELECT c.code, d.file, d.row, coalesce(d.person::VARCHAR, d.key, d.file || ':' || d.row) AS unit
FROM apart d JOIN codes c ON c.code = d.area_code
WHERE d.span >= 0 AND c.route = 'split' AND d.x IS NULL
ORDER BY c.code, d.date, d.file, d.row
"""


def _shared_note(name: str, events: int, areas: int, rules: Collection[str]) -> str:
    rule = {
        ("lookup",): "by the shares of the lookup",
        ("residents",): "in proportion to residents",
        ("equal",): "in equal shares",
        ("equal", "residents"): "in proportion to residents where these are known, else in equal "
        "shares",
    }[tuple(sorted(rules))]
    return (
        f"{name}: {events:,} events without coordinates carry {areas:,} codes of areas that were "
        f"split since; they were shared out {rule}."
    )


def describe_older(
    name: str, codes: pd.DataFrame, recognised: Sequence[str], study: StudyArea
) -> list[str]:
    """Notes about codes that were recognised without a lookup, and about codes that lack."""
    if recognised:
        events = int(codes.loc[list(recognised), "events"].sum())
        return [
            f"{name}: {events:,} events carry {len(recognised):,} codes of an older edition than "
            f"the boundaries ({first_few(sorted(recognised))}). No lookup names them; their own "
            "coordinates were used."
        ]
    here = codes.index[codes["route"] == "area"].tolist()
    # Where some older codes came through, the others were not dropped.
    converted = codes["route"].isin(["moved", "split"]).any()
    if converted or not carries_2011_codes(here, study.codes):
        return []
    return [
        f"{name}: none of the {len(new_in_2021(study.codes)):,} areas whose codes are new in 2021 "
        f"has an event, although {len(here):,} others have. Were events with older codes dropped "
        "before the file was made?"
    ]


def describe_irregular(name: str, codes: pd.DataFrame, crosswalk: Crosswalk | None) -> list[str]:
    """A note that names the areas that were redrawn with parts of others, and their events.

    Parameters
    ----------
    name
        Of the source.
    codes
        Index code; events, route.
    crosswalk
        Which areas each older code became.
    """
    moved = codes[codes["route"].isin(["moved", "split"])]
    # Redrawn with parts of others: their counts before and after are not of the same land.
    here = moved[moved.index.isin(list(crosswalk.irregular))] if crosswalk else moved.iloc[:0]
    if crosswalk is None or here.empty:
        return []
    became = [f"{code} became {' and '.join(crosswalk.children[code])}" for code in here.index]
    return [
        f"{name}: {int(here['events'].sum()):,} events carry {len(here):,} codes of areas that "
        f"were redrawn together with others, neither split nor merged: {'; '.join(became)}."
    ]

"""Codes of another census edition, brought to the edition of the boundaries."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from riskindex.arrays import Array, Positions
from riskindex.errors import ConfigError, InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """A lookup from the codes of an older edition to those of the boundaries."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """The lookup, a CSV (may be compressed)."""
    old: str
    """Column with the older code."""
    new: str
    """Column with the code of the boundaries' edition."""
    split: Literal["share", "refuse"] = "share"
    """An event without coordinates in an area that was split: shared out, or refused."""
    share: str | None = None
    """Column with the population (or its share) of the older area that lives in the newer; left
    out, events are shared out by the residents of the newer areas, or equally."""


class Crosswalk(NamedTuple):
    """Which areas of the boundaries' edition each older code became."""

    children: Mapping[str, tuple[str, ...]]
    """Older code to its newer codes, in order: itself (unchanged), another that several older
    ones share (merged), several (split), or several of which others share one (irregular)."""
    split: Literal["share", "refuse"] = "share"
    """What happens to an event without coordinates in an area that was split."""
    shares: Mapping[str, tuple[float, ...]] = MappingProxyType({})
    """Older code that became several to the population that each of them got, in their order."""

    @property
    def newer(self) -> frozenset[str]:
        """Every code of the boundaries' edition that the lookup knows."""
        return frozenset(code for codes in self.children.values() for code in codes)

    @property
    def irregular(self) -> frozenset[str]:
        """Older codes that share a newer one with others, one of which became several."""
        parents: dict[str, list[str]] = {}
        for old, codes in self.children.items():
            for code in codes:
                parents.setdefault(code, []).append(old)
        mixed = [
            olds
            for olds in parents.values()
            if len(olds) > 1 and any(len(self.children[old]) > 1 for old in olds)
        ]
        return frozenset(old for olds in mixed for old in olds)


def make_crosswalk(lookup: "pd.DataFrame", vintage: Vintage) -> Crosswalk:
    """A crosswalk from a lookup as it was read.

    Parameters
    ----------
    lookup
        One row per pair of an older and a newer code, in text columns; rows that lack one of the
        two say nothing and are left out.
    vintage
        Which columns those are, and what to do with areas that were split.

    Raises
    ------
    ConfigError
        The lookup lacks one of the columns.
    InputError
        A split area has a share that is no number of 0 or more, or none above 0.
    """
    for key, column in (("old", vintage.old), ("new", vintage.new), ("share", vintage.share)):
        if column is not None and column not in lookup:
            columns = ", ".join(map(str, lookup.columns))
            raise ConfigError(f"areas.vintage.{key}: no column {column!r}; there is {columns}.")
    pairs = lookup[[vintage.old, vintage.new]].dropna().astype(str)
    pairs = pairs[(pairs != "").all(axis=1)]
    rows: dict[str, dict[str, list[Any]]] = {}
    for row, old, new in zip(pairs.index, *(pairs[c].str.strip() for c in pairs), strict=True):
        # A lookup may list a pair once for each part; the shares of its rows add up.
        rows.setdefault(old, {}).setdefault(new, []).append(row)
    # Sorted, so that shares and events go to the same areas whatever the order of the lookup.
    children = {old: tuple(sorted(new)) for old, new in rows.items()}
    if vintage.share is None:
        return Crosswalk(children, vintage.split)
    split = {
        old: {new: lookup.loc[rows[old][new], vintage.share] for new in news}
        for old, news in children.items()
        if len(news) > 1
    }
    return Crosswalk(children, vintage.split, _shares(split, vintage.share))


def _shares(
    split: Mapping[str, Mapping[str, "pd.Series[Any]"]], column: str
) -> dict[str, tuple[float, ...]]:
    """Shares as numbers, those of several rows of a pair added up; every cell that is none."""
    shares, faults = {}, []
    for old, parts in split.items():
        # Cells as text come from files and as numbers from frames; both must be checked.
        numbers = {new: [_number(cell) for cell in cells] for new, cells in parts.items()}
        faults += [
            f"areas.vintage: column {column!r}, value {str(cell)!r}, of {old} and {new}: no number "
            "of 0 or more. Correct the lookup."
            for new, cells in parts.items()
            for cell, number in zip(cells, numbers[new], strict=True)
            # Written so that NaN is refused, too.
            if not number >= 0
        ]
        shares[old] = tuple(map(sum, numbers.values()))
        if sum(shares[old]) == 0:
            faults.append(f"areas.vintage: column {column!r}: the shares of {old} are all 0.")
    if faults:
        raise InputError(faults)
    return shares


def _number(cell: object) -> float:
    try:
        number = float(str(cell))
    except ValueError:
        return math.nan
    # Python reads "inf" and "nan" as numbers, which no population is.
    return number if math.isfinite(number) else math.nan


_GSS = re.compile(r"[EWSNKJLM]\d{8}")
# Northern Ireland before 2021: small areas (N00...), super output areas such as 95GG01S1.
_NORTHERN_IRELAND = re.compile(r"\d{2}[A-Z]{2}\d{2}[SW]\d?")


def is_well_formed(code: str) -> bool:
    """Whether a code has the form of a British area code, of whatever edition."""
    return bool(_GSS.fullmatch(code) or _NORTHERN_IRELAND.fullmatch(code))


_LAST_OF_2011 = {"E01": 33768, "W01": 1958}
"""ONS numbers LSOAs in sequence: these were the last codes of 2011, higher ones came in 2021."""
CHANCE = 0.001
"""Above this chance, that the newer areas have no event may be an accident."""


def new_in_2021(codes: Collection[str]) -> frozenset[str]:
    """Those of the codes that are LSOAs which the 2021 census brought."""
    return frozenset(code for code in codes if (n := _beyond_2011(code)) is not None and n > 0)


def there_in_2011(codes: Collection[str]) -> frozenset[str]:
    """Those of the codes that are LSOAs of 2011, whether or not they were kept."""
    return frozenset(code for code in codes if (n := _beyond_2011(code)) is not None and n <= 0)


def _beyond_2011(code: str) -> int | None:
    """How far after the last LSOA of 2011 a code comes; None where it is no LSOA."""
    last, digits = _LAST_OF_2011.get(code[:3]), code[3:]
    return int(digits) - last if last is not None and digits.isdecimal() else None


def carries_2011_codes(named: Collection[str], areas: Collection[str]) -> bool:
    """Whether events name areas as only 2011 codes would, judged by codes alone.

    A source of 2011 codes names no area whose code is new in 2021. If the share `f` of the
    other areas has an event, `k` new ones would all lack one by chance with probability
    `(1 - f)^k`, were each as likely to have one; below `CHANCE` it is no accident.

    Parameters
    ----------
    named
        Codes of the study area that the events name.
    areas
        All codes of the study area.
    """
    new, there = new_in_2021(areas), set(named)
    older = set(areas) - new
    # One code that only 2021 has settles it: 2011 did not know it.
    if not new or not older or new & there:
        return False
    # Kept codes tell how often any area of this map is named, which new ones would match.
    share = len(older & there) / len(older)
    return (1 - share) ** len(new) < CHANCE


def quotas(total: int, shares: Array) -> Positions:
    """Whole numbers in proportion to shares, by largest remainder; ties go to the first.

    Parameters
    ----------
    total
        What the numbers add up to.
    shares
        Positive, shape `(k,)`; they need not add up to 1.

    References
    ----------
    Hamilton's method: Balinski and Young (2001), Fair Representation.
    """
    # Whole events: a fraction of an event has no exact Poisson or binomial tail.
    exact = total * shares / shares.sum()
    whole: Positions = np.floor(exact).astype(np.intp)
    # Rounded, so that equal remainders stay ties whatever the last bit says.
    first = np.argsort(-np.round(exact - whole, 9), kind="stable")
    whole[first[: total - whole.sum()]] += 1
    return whole


def share_out(total: int, shares: Array) -> Positions:
    """The part that each of a sequence of events goes to: `quotas`, evenly interleaved.

    Parameters
    ----------
    total
        Number of events, in the order of time, so that every stretch of time is shared alike.
    shares
        Positive, shape `(k,)`.

    Returns
    -------
    Positions
        Shape `(total,)`, values 0 to k - 1.
    """
    numbers = quotas(total, shares)
    part = np.repeat(np.arange(len(shares)), numbers)
    # Each part's turns lie evenly between 0 and 1; sorted together, no stretch of time goes to one
    # part alone.
    turn = np.concatenate([(np.arange(n) + 0.5) / n for n in numbers if n] or [np.empty(0)])
    parts: Positions = part[np.lexsort((part, turn))]
    return parts


def first_few(codes: Sequence[str], *, shown: int = 5) -> str:
    """A list of codes in a sentence, the first few of many."""
    more = f" and {len(codes) - shown:,} more" if len(codes) > shown else ""
    return ", ".join(codes[:shown]) + more


def looks_like(codes: Collection[str]) -> str:
    """What most of the codes are by their form: kind of area, and census edition where it shows."""
    starts = Counter(_START.get(code[:3], "codes of no ONS area") for code in codes)
    kind = starts.most_common(1)[0][0] if starts else "no codes at all"
    if kind != "LSOAs":
        return kind
    if new_in_2021(codes):
        return "LSOAs of 2021"
    # Codes that were kept since 2001 tell no edition; a later number can only be of 2011.
    later = any(code > _LAST_OF_2001[code[0]] for code in codes if _START.get(code[:3]) == kind)
    return "LSOAs of 2011" if later else "LSOAs that 2001, 2011 and 2021 may share"


_LAST_OF_2001 = {"E": "E01032482", "W": "W01001896"}
_KINDS = {
    "00": "output areas",
    "01": "LSOAs",
    "02": "MSOAs",
    "05": "wards",
    "06": "districts",
    "07": "districts",
    "08": "districts",
    "09": "districts",
}
_START = {f"{nation}{kind}": word for nation in "EW" for kind, word in _KINDS.items()} | {
    "S01": "Scottish data zones"
}

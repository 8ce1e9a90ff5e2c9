"""What is told of a whole group: all its areas, or all its events, are the same."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.atoms import in_groups, nested
from riskindex.disclosure import NOT_RECORDED, WITHHELD
from riskindex.forms import Known
from riskindex.groups import WHOLE
from riskindex.outsider import Seen
from riskindex.page_numbers import Pages
from riskindex.printed import Printed, Release, places_of
from riskindex.recovery import Cell, counting_of, true_counts
from riskindex.shared_events import Group, groups_of, rest_of_totals
from riskindex.suppression import Bounds, bounds_of
from riskindex.truth import Truth


class OfGroup(NamedTuple):
    """Something told of every area, or of every event, of a place."""

    file: str
    place: str
    """Factor and period."""
    what: str
    name: str
    """The place."""
    low: float
    high: float


def same_areas(cells: Sequence[Cell], known: Known) -> Iterator[OfGroup]:
    """Places of several areas whose counts are all told exactly, and are the same."""
    of = places_of(known)
    size = {place: list(of.values()).count(place) for place in set(of.values())}
    key = lambda cell: (cell.factor, cell.period, of.get(cell.area, ""))  # noqa: E731
    for (factor, period, place), found in groupby(sorted(cells, key=key), key=key):
        counts = [(cell.low, cell.high) for cell in found]
        low, high = counts[0]
        if place and len(counts) == size[place] > 1 and low == high and len(set(counts)) == 1:
            what = f"each of the {size[place]:,} areas of {place} has {low:.0f}"
            yield OfGroup("all files", f"{factor} {period}", what, place, low, high)


def same_events(now: Release, known: Known, truth: Truth) -> Iterator[OfGroup]:
    """Places of which totals of a factor and of a part of it tell how few events are in between."""
    keys = set(_overlapping(truth))
    if not keys:
        return
    codes = sorted(known.codes)
    place_of = pd.Series(codes, index=codes).map(places_of(known))
    inside = ~np.isin(codes, list(truth.around))
    found = groups_of(list(true_counts(now, known, truth, keys)))
    for group in (one for one in found if isinstance(one, Group)):
        pairs = nested(group.ways.table)
        for whole, part in ((k, parts[0]) for k, parts in pairs if len(parts) == 1):
            counts = [group.counts[k] for k in (whole, part)]
            left = pd.Series(counts[0].events - counts[1].events, index=codes)
            rest = left[inside].groupby(place_of[inside]).sum()
            rest[WHOLE] = left[inside].sum()
            first, second = (_totals(now, c.key, list(rest.index), known) for c in counts)
            close = rest_of_totals(
                first, second, rest.to_numpy(float), least=counts[0].least, rules=known.rules
            )
            for place, low, high in zip(rest.index, close.low, close.high, strict=True):
                if not np.isnan(low):
                    yield _between(counts[0].key, counts[1].key, str(place), low, high)


def _overlapping(truth: Truth) -> Iterator[tuple[str, str]]:
    """Counts that share events with others."""
    counting = {(str(f), str(p)): counting_of((str(f), str(p)), truth) for f, p in truth.counts}
    known = {key: of for key, of in counting.items() if of is not None}
    for positions in in_groups(list(known.values())):
        yield from (list(known)[at] for at in positions if len(positions) > 1)


def _totals(now: Release, key: tuple[str, str], places: list[str], known: Known) -> Bounds:
    printed = now.get(key, Printed())
    shown = np.array([printed.totals.get(place, NOT_RECORDED) for place in places], dtype=object)
    found, hidden = bounds_of(shown, known.rules), shown == WITHHELD
    return Bounds(np.where(hidden, 0.0, found.low), np.where(hidden, np.inf, found.high))


def _between(
    whole: tuple[str, str], part: tuple[str, str], place: str, low: float, high: float
) -> OfGroup:
    few = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    what = f"of {' '.join(whole)} in {place or 'all'}, all but {few} are of {' '.join(part)}"
    return OfGroup("all files", " ".join(whole), what, place, low, high)


_ALL_ALIKE = re.compile(r"(.+), (age|sex): [\d,]+ records.* Most: (.+), 100%\.")


def same_persons(seen: Seen, known: Known) -> Iterator[OfGroup]:
    """Places in whose pages all records of a factor are of one age or sex."""
    pages = Pages(seen, known)
    for text in seen.texts:
        found = _ALL_ALIKE.match(text.text) if text.file.endswith(".html") else None
        for place in pages.own_place(text.file) if found else ():
            if found is not None:
                what = f"all records of {found[1]} in {place} are of one {found[2]}, {found[3]}"
                yield OfGroup(text.file, text.place, what, place, np.nan, np.nan)

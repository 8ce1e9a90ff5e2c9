"""What a release prints of the counts of one factor and period, as sums, and whether it is so."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, vstack

from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules, round_half_up
from riskindex.equations import Sums, System, group_sums, joined, without_false
from riskindex.flags import KnownTests, bounds_of_windows
from riskindex.forms import Known
from riskindex.groups import WHOLE
from riskindex.printed import AREAS, Key, Printed, Release, Value, places_of
from riskindex.suppression import Bounds, bounds_of
from riskindex.truth import Truth

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Untrue(NamedTuple):
    """Something printed that the true counts do not fulfil: false, or not read as it is meant."""

    factor: str
    period: str
    what: str
    """Which count, total or window, and what it should be."""
    file: str


def untrue(now: Release, known: Known, truth: Truth) -> Iterator[Untrue]:
    """Everything that a release prints of counts and that is not so.

    Solving leaves such numbers out, because nothing fulfils them: unnoticed, a page that is
    misread would make the attack weaker.
    """
    counts = counts_told(known, truth)
    if not truth.is_released:
        return
    for key in now:
        if key not in counts and key[0] in counts and key not in truth.missing:
            yield Untrue(*key, "a period in which nothing was counted", _file(now[key], AREAS))
    for cell in counts:
        key = (str(cell[0]), str(cell[1]))
        x, printed = counts[cell].to_numpy(dtype=float), now.get(key, Printed())
        for part in _parts(key, now, known, truth, x):
            yield from _false(part, np.nan_to_num(x), key, printed)


def unsolved(now: Release, known: Known, truth: Truth) -> Iterator[str]:
    """What of a release was not looked at, one sentence for each reason."""
    for reason in sorted(set(truth.missing.values())):
        keys = [" ".join(key) for key, why in truth.missing.items() if why == reason]
        yield f"Not looked at, because {reason}: {', '.join(keys)}."
    counts = counts_told(known, truth)
    flags = [key for key in map(tuple, counts) if key in now and key not in truth.tests
             and not pd.Series(now[key].hot, dtype=float).isna().all()]  # fmt: skip
    if flags:
        yield f"Hot or not hot was not solved for {', '.join(' '.join(key) for key in flags)}."
    if not truth.is_released:
        yield (
            "The truth holds events in sensitive places, which the release does not: what it "
            "prints could not be compared."
        )


def _file(printed: Printed, place: str) -> str:
    return printed.files.get(place) or printed.files.get(AREAS) or "all files"


def _false(part: "_Part", x: Array, key: Key, printed: Printed) -> Iterator[Untrue]:
    true = part.sums.of @ x
    for row in np.flatnonzero((true < part.sums.least) | (true > part.sums.most)):
        name, least, most = part.names[row], part.sums.least[row], part.sums.most[row]
        limits = f"{least:.0f} or more" if np.isinf(most) else f"{least:.0f} to {most:.0f}"
        what = f"{part.what} {name or 'all'}, shown as {part.shown(int(row))}, is not {limits}"
        yield Untrue(*key, what, _file(printed, name if part.sums.are_totals else AREAS))


class _Part(NamedTuple):
    """What is printed of one kind, with the names of the sums."""

    what: str
    names: list[str]
    shown: Callable[[int], str]
    """How each is printed, by its position."""
    sums: Sums


def counts_told(known: Known, truth: Truth) -> pd.DataFrame:
    """The counts that a release is made of, its areas in the order of their codes."""
    counts = truth.told if truth.told is not None else truth.counts
    return counts.reindex(sorted(known.codes))


def system_of(
    key: Key, release: Release, known: Known, truth: Truth, x: Array, *, rated: bool = True
) -> tuple[System, int]:
    """What one release prints of one factor and period, and how much of it is not so."""
    cells, *parts = _parts(key, release, known, truth, x, rated=rated)
    n, true = len(x), np.nan_to_num(x)
    whole = joined(np.zeros(n), np.full(n, np.inf), [part.sums for part in parts])
    system = without_false(whole._replace(low=cells.sums.least, high=cells.sums.most), true)
    wide = np.count_nonzero((true < cells.sums.least) | (true > cells.sums.most))
    return system, whole.sums.shape[0] - system.sums.shape[0] + int(wide)


def _parts(
    key: Key, release: Release, known: Known, truth: Truth, x: Array, *, rated: bool = True
) -> Iterator[_Part]:
    """Counts of areas, totals, and what flags say of windows; of all, where rates tell of it."""
    printed, codes = release.get(key, Printed()), sorted(known.codes)
    each = csr_array(eye_array(len(codes), format="csr"))
    cells = _cells(printed, codes, x, known.rules)
    yield _Part(
        "the count of", codes, lambda row: str(printed.cells.get(codes[row])),
        Sums(each, cells.low, cells.high),
    )  # fmt: skip
    inside = ~np.isin(codes, list(truth.around))
    yield _totals(printed, codes, known, inside, x if rated else None)
    if key in truth.tests:
        windows = _windows(printed, codes, truth.tests[key])
        yield _Part("the window of", codes, lambda row: _flag(printed, codes[row]), windows)


def _flag(printed: Printed, code: str) -> str:
    band, hot = printed.bands.get(code, 0), printed.hot.get(code, -1)
    return f"{band:.0f}% and {_HOT.get(hot, 'nothing')}"


_HOT = {0.0: "not hot", 1.0: "hot"}


def _cells(printed: Printed, codes: list[str], x: Array, rules: Rules) -> Bounds:
    """Counts of areas as printed; what is not recorded is no unknown.

    A mark that hides no small count stands for any number: nobody knows that it protects others.
    """
    shown = np.array([printed.cells.get(code, NOT_RECORDED) for code in codes], dtype=object)
    found, missing = bounds_of(shown, rules), np.isnan(x)
    other = (shown == WITHHELD) & ((x < found.low) | (x > found.high))
    low, high = np.where(other, 0.0, found.low), np.where(other, np.inf, found.high)
    return Bounds(np.where(missing, 0.0, low), np.where(missing, 0.0, high))


def _totals(
    printed: Printed, codes: list[str], known: Known, inside: Flags, x: Array | None
) -> _Part:
    """Totals of places and of all; that of all is known rounded wherever a rate beside it is."""
    of = places_of(known)
    places = sorted(set(of.values()))
    position = {place: at for at, place in enumerate(places)}
    member = np.array([position.get(of.get(code, ""), -1) for code in codes])
    whole: Value = printed.totals.get(WHOLE, WITHHELD)
    some = any(not isinstance(value, str) for value in printed.totals.values())
    if x is not None and some and WHOLE not in printed.totals:
        whole = float(round_half_up(np.array([np.nansum(x[inside])]), known.rules.rounding)[0])
    shown = np.array([*(printed.totals.get(p, WITHHELD) for p in places), whole], dtype=object)
    # Areas around the study are counted for the windows of others, and in no total.
    sums = group_sums(np.where(inside, member, -1).astype(np.intp), len(places))
    every = group_sums(np.where(inside, 0, -1).astype(np.intp), 1)
    found, hidden = bounds_of(shown, known.rules), shown == WITHHELD
    least, most = np.where(hidden, 0.0, found.low), np.where(hidden, np.inf, found.high)
    of_all = csr_array(vstack([sums, every], format="csr"))
    told = Sums(of_all, least, most, are_totals=True)
    return _Part("the total of", [*places, WHOLE], lambda row: str(shown[row]), told)


def _windows(printed: Printed, codes: list[str], made: KnownTests) -> Sums:
    """What being hot or not says of the sums of windows."""
    band, hot = (
        np.array([of.get(code, np.nan) for code in codes]) for of in (printed.bands, printed.hot)
    )
    least, most = np.zeros(len(codes)), np.full(len(codes), np.inf)
    for low, high in bounds_of_windows(made, band, hot):
        least, most = np.maximum(least, low), np.minimum(most, high)
    return Sums(made.windows, least, most)


def both(one: System, other: System) -> System:
    """Two systems of the same numbers together."""
    parts = [Sums(s.sums, s.least, s.most) for s in (one, other)]
    low, high = np.maximum(one.low, other.low), np.minimum(one.high, other.high)
    system = joined(low, high, parts)
    totals = np.concatenate([one.is_total, other.is_total])
    return system._replace(is_total=totals)

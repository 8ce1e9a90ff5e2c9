"""What is withheld because counts that share events would tell it together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from riskindex.atoms import Counting, nested
from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules
from riskindex.errors import DisclosureError
from riskindex.protection import Guarded
from riskindex.shared_events import (
    Asked,
    Count,
    Group,
    Key,
    ask,
    groups_of,
    tell,
)

Array = NDArray[np.float64]


def guard_together(
    guarded: Mapping[Key, Guarded],
    counting: Mapping[Key, Counting],
    rules: Rules,
    *,
    sensitive: frozenset[str] = frozenset(),
) -> None:
    """Withhold counts, flags and totals until factors that share events tell nothing too closely.

    Parameters
    ----------
    guarded
        What is shown of every factor and period; changed in place.
    counting
        What each counts.
    rules
        Of the profile.
    sensitive
        Factors of which 0 is protected, too.

    Raises
    ------
    DisclosureError
        Nothing is left to withhold; it names the factors.
    """
    counts = [_count(key, counting[key], one, rules, key[0] in sensitive)
              for key, one in guarded.items()]  # fmt: skip
    for group in groups_of(counts):
        if isinstance(group, Group):
            of = [guarded[count.key] for count in group.counts]
            _guard(group, of, rules)
            for whole, parts in nested(group.ways.table):
                if len(parts) == 1:
                    _guard_totals(of[whole], of[parts[0]], group.counts[whole].least, rules)


def _count(key: Key, counting: Counting, one: Guarded, rules: Rules, is_sensitive: bool) -> Count:
    return Count(
        key=key, counting=counting, system=one.system(rules), x=one.counts,
        protected=one.protected, least=0 if is_sensitive else 1,
    )  # fmt: skip


def _guard(group: Group, guarded: Sequence[Guarded], rules: Rules) -> None:
    asked, windows = ask(group, rules), [csr_array(one.made.windows.T) for one in guarded]
    _hide_small_rests(asked, guarded)
    group = _again(group, guarded, rules)
    while True:
        close = asked.close(tell(group, asked, width=rules.width), rules)
        # What is withheld makes no solution false: the others keep the values they had.
        asked = asked.some(np.flatnonzero(close))
        if not len(asked.area):
            return
        before = [one.hidden.copy() for one in guarded]
        for row in range(len(asked.area)):
            at = [_at(of, int(asked.area[row])) for of in windows]
            just = ((one.hidden & ~then)[of].any()
                    for one, then, of in zip(guarded, before, at, strict=True))  # fmt: skip
            if not any(just):
                _withhold(asked, row, group, guarded, at)
        group = _again(group, guarded, rules)


def _again(group: Group, guarded: Sequence[Guarded], rules: Rules) -> Group:
    """The group with what is shown by now."""
    counts = [replace(count, system=one.system(rules))
              for count, one in zip(group.counts, guarded, strict=True)]  # fmt: skip
    return Group(counts, group.ways)


def _hide_small_rests(asked: Asked, guarded: Sequence[Guarded]) -> None:
    """Withhold one of the counts that leave a small one, wherever all of them are shown.

    However well they are rounded: who knows the rules would else learn from a withheld count how
    alike the others are, and from that the rest.
    """
    for number, area, is_small in zip(asked.number, asked.area, asked.small, strict=True):
        _, of, is_named = asked.of[number]
        mine = [guarded[k] for k in of]
        if is_small and not is_named and all(_is_shown(one, int(area)) for one in mine):
            _hide_cell(mine, int(area))


def _is_shown(one: Guarded, area: int) -> bool:
    return one.each and not isinstance(one.shown.cells[area], str)


def _at(windows: csr_array, area: int) -> NDArray[np.intp]:
    """Windows that an area is in."""
    return np.asarray(windows.indices[windows.indptr[area] : windows.indptr[area + 1]], np.intp)


def _withhold(
    asked: Asked,
    row: int,
    group: Group,
    guarded: Sequence[Guarded],
    windows: Sequence[NDArray[np.intp]],
) -> None:
    """One thing more: a count of the area, a flag, or a total, the first that there is."""
    area, (key, of, _) = int(asked.area[row]), asked.of[asked.number[row]]
    mine = [guarded[k] for k in of]
    shown = [one for one in guarded if _is_shown(one, area)]
    if all(any(one is other for other in shown) for one in mine):
        _hide_cell(shown, area)
    elif (closest := _closest(guarded, windows)) is not None:
        one, window = closest
        one.hidden[window] = True
    elif shown:
        _hide_cell(shown, area)
    elif not any(one.withhold_total(area) for one in (*mine, *guarded)):
        factors = sorted({count.key[0] for count in group.counts})
        raise DisclosureError(
            f"factors.{key[0]}: {', '.join(factors)} count some of the same events, and tell "
            "too closely how many are in one of them alone. Leave one out, or name in each where "
            "what is counted, so that an event is in one of them."
        )


def _guard_totals(whole: Guarded, part: Guarded, least: int, rules: Rules) -> None:
    """Withhold totals of a part beside which that of the whole tells that few are in no part."""
    left = np.nan_to_num(whole.counts) - np.nan_to_num(part.counts)
    inside, k = whole.counted & (whole.group >= 0), len(whole.shown.totals)
    rest = np.bincount(whole.group[inside], left[inside], minlength=k)
    shown = [(one.shown.totals != WITHHELD) & (one.shown.totals != NOT_RECORDED)
             for one in (whole, part)]  # fmt: skip
    part.shown.totals[(rest >= least) & (rest < rules.threshold) & shown[0] & shown[1]] = WITHHELD
    if least <= left[whole.counted].sum() < rules.threshold:
        part.shown = part.shown._replace(whole=WITHHELD)


def _hide_cell(shown: Sequence[Guarded], area: int) -> None:
    """The smallest of some counts of an area that are shown."""
    smallest = min(shown, key=lambda one: float(one.counts[area]))
    smallest.shown.cells[area] = WITHHELD


def _closest(
    guarded: Sequence[Guarded], windows: Sequence[NDArray[np.intp]]
) -> tuple[Guarded, int] | None:
    """The flag about one of some windows whose events are nearest to what the flag tells."""
    found: list[tuple[float, int, int]] = []
    for number, (one, rows) in enumerate(zip(guarded, windows, strict=True)):
        least, most = one.told_windows()
        sums = one.made.windows @ np.nan_to_num(one.counts)
        room = np.minimum(np.where(least > 0, sums - least, np.inf), most - sums)
        found += [(float(room[w]), number, int(w)) for w in rows if np.isfinite(room[w])]
    if not found:
        return None
    _, number, window = min(found)
    return guarded[number], window

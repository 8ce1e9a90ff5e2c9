"""The top of the index: a target, a tie rule, and a cut that explains itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from numbers import Real
from typing import Any, ClassVar, Literal, NamedTuple, TypedDict, Unpack

import numpy as np
import pandas as pd

from riskindex.arrays import AnyArray, Array, Flags, Positions
from riskindex.cut import TIE_WORDS, Cut, by_hand, exchanged, explained
from riskindex.cut import areas as in_areas
from riskindex.errors import ConfigError, DataError, refuse_other_than
from riskindex.index.aggregation import quantise
from riskindex.index.build import Index, Ingredients


@dataclass(frozen=True, kw_only=True)
class Override:
    """One area put in or taken out by hand, with the reason that will be printed."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    area_code: str
    """Code of the area."""
    action: Literal["in", "out"]
    """Put the area in, or take it out."""
    reason: str
    """Why, in a sentence; it is printed beside the computed list."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """How many areas are chosen, and what happens to ties at the cut."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    share: float = 0.05
    """Share of the assessed areas; .05 is read as exactly 5/100."""
    number: int | None = None
    """A fixed number of areas, instead of a share."""
    at_least: float | None = None
    """Every area with this score or more, instead of a share: 200 where 100 is the average."""
    rounding: Literal["ceil", "floor", "round"] = "ceil"
    """How the share becomes a whole number; round is half up."""
    ties: Literal["order", "include", "exclude"] = "order"
    """Ties at the cut: put in order by intensity (the weighted mean of how high the areas' own
    risks are among all areas'), all in, or all out."""
    minimum_per_group: int = 0
    """At least so many areas of every group, as far as it has areas that score above 0."""
    group: str = "district"
    """The groups that the minimum is for."""
    overrides: tuple[Override, ...] = ()
    """Areas put in or taken out by hand, applied last."""


class SelectionChanges(TypedDict, total=False):
    """Fields of a `Selection` that a call changes."""

    share: float
    number: int | None
    at_least: float | None
    rounding: Literal["ceil", "floor", "round"]
    ties: Literal["order", "include", "exclude"]
    minimum_per_group: int
    group: str
    overrides: tuple[Override, ...]


@dataclass(frozen=True, kw_only=True)
class Selected:
    """Every area with its selection, and the cut that made it."""

    table: pd.DataFrame
    """All areas in the order they came; columns of the index and `selected`, `tied_at_cut`,
    `override` ('', 'in', 'out') and `override_reason`."""
    cut: Cut
    """How many, by which rule, and why."""

    @property
    def index(self) -> pd.Index:
        """Codes of the selected areas, highest risk first."""
        chosen = self.table[self.table["selected"]]
        return chosen.index[standing(chosen).order]


def select_top(
    index: "pd.Series[Any] | pd.DataFrame",
    *,
    selection: Selection = Selection(),
    groups: "pd.Series[Any] | None" = None,
    **changes: Unpack[SelectionChanges],
) -> Selected:
    """Choose the areas of highest risk.

    Parameters
    ----------
    index
        The table of `build_index`, or a Series of scores, by area code. A missing score is
        `not assessed`: such an area counts for nothing and is selected by hand only.
    selection
        How many, and what happens to ties.
    groups
        The group of every area, such as its district; needed for `minimum_per_group` alone.
    **changes
        Single fields of the selection: `share`, `number`, `rounding`, `ties`, `overrides`.

    Returns
    -------
    Selected
        Scores of a Series are compared after rounding to 10 significant digits, those of an index
        to the digits that it was made with. A score of 0 or less is never
        selected, so the list may be short. Ties in `order` are put in order by the companion
        index, then by the number of hot factors, then by area code.

    Raises
    ------
    ConfigError
        Every fault of the selection, such as an override of an area that does not exist.
    DataError
        An area code that stands twice, a score that is no number or is infinite.

    Examples
    --------
    >>> scores = pd.Series([9, 7, 7, 1], index=["a", "b", "c", "d"])
    >>> list(select_top(scores, share=0.5, ties="include").index)
    ['a', 'b', 'c']
    """
    # A share asked for in a call stands in place of a number or a threshold in the config; they
    # would win over it otherwise.
    if "share" in changes:
        changes = {"number": None, "at_least": None, **changes}
    kinds = (pd.Series, pd.DataFrame)
    refuse_other_than(kinds, index, place="index", words="a Series of scores, or a table of them,")
    refuse_other_than(Selection, selection, place="selection", words="Selection(...)")
    selection = replace(selection, **changes)
    refuse_other_than(Real, selection.share, place="selection.share", words="a number")
    table = _as_table(index)
    faults = [*selection_faults(selection), *unknown_overrides(selection, table.index)]
    if selection.minimum_per_group and groups is None:
        faults.append(
            f"selection.minimum_per_group: no area has a {selection.group!r} to count. Name that "
            "group under [areas], or set selection.group."
        )
    if faults:
        raise ConfigError(faults)
    areas = standing(table)
    target, rule = target_of(selection, areas.score)
    computed, at_cut, cut = _cut(areas, target, rule, selection.ties)
    if selection.minimum_per_group and groups is not None:
        refuse_lacking(groups, table.index)
        # An area that lies in no group, such as one around the study area, counts for no minimum.
        names = groups.reindex(table.index).fillna("").to_numpy(dtype=object)
        least, before = selection.minimum_per_group, computed
        computed = with_minimum(areas, before, names, least)
        entered, left = int((computed & ~before).sum()), int((before & ~computed).sum())
        short = [
            name for name in sorted(set(names) - {""}) if computed[names == name].sum() < least
        ]
        cut = exchanged(cut, entered, left, group=selection.group, minimum=least, short=short)
    return _overridden(table.assign(tied_at_cut=at_cut), computed, cut, selection.overrides)


def refuse_lacking(groups: "pd.Series[Any]", areas: pd.Index) -> None:
    """Refuse groups in which an area is missing.

    Raises
    ------
    DataError
        An area that they do not have, named.
    """
    lacking = areas.difference(groups.index)
    if len(lacking):
        raise DataError(
            f"groups: {in_areas(len(lacking))} of {len(areas):,} have none (first: "
            f"{lacking[0]!r}). Give a Series with the area code as index."
        )


def selection_faults(selection: Selection) -> Iterator[str]:
    """Say what is wrong with a selection, whatever the areas."""
    if not 0 < selection.share <= 1:
        yield f"selection.share: {selection.share:g} must be above 0 and at most 1 (5% is 0.05)."
    if selection.at_least is not None and not selection.at_least > 0:
        yield f"selection.at_least: {selection.at_least:g} must be above 0."
    if selection.at_least is not None and selection.number is not None:
        yield "selection: give at_least or number, not both."
    if selection.number is not None and selection.number < 1:
        yield f"selection.number: {selection.number} must be 1 or more."
    if selection.minimum_per_group < 0:
        yield f"selection.minimum_per_group: {selection.minimum_per_group} is below 0."
    codes = [override.area_code for override in selection.overrides]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"selection.overrides: {code} stands {codes.count(code)} times; keep one."
    for override in selection.overrides:
        if not override.reason.strip():
            yield f"selection.overrides: {override.area_code} needs a reason, which is printed."


def flags_tie(
    scores: pd.DataFrame,
    *,
    options: Index = Index(),  # noqa: B008 (frozen)
    selection: Selection = Selection(),
) -> int:
    """How many areas would tie at the cut if every factor only said hot or not hot.

    Parameters
    ----------
    scores
        The table of `score_factors`, with `is_hot`.
    options, selection
        As for `build_index` and `select_top`.

    Returns
    -------
    int
        0 where the flags alone fill the target exactly, or leave it short.
    """
    flags = np.where(scores["score"].isna(), np.nan, np.where(scores["is_hot"], 100.0, 0.0))
    frame = Ingredients.of(scores, options)
    alone = frame.combine(flags.reshape(frame.scores.T.shape).T).score
    # Overrides and minimums would hide the tie: what is asked is how far flags alone tell areas
    # apart.
    plain = replace(selection, ties="include", overrides=(), minimum_per_group=0)
    cut = select_top(pd.Series(alone, index=frame.areas), selection=plain).cut
    return cut.tied_at_cut if cut.above_cut + cut.tied_at_cut > cut.target else 0


# The table and the target


def _as_table(index: "pd.Series[Any] | pd.DataFrame") -> pd.DataFrame:
    table = index.to_frame("score") if isinstance(index, pd.Series) else index.copy()
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise DataError(f"The area code {twice[0]} stands more than once.")
    try:
        score = table["score"].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"Scores must be numbers ({error}).") from None
    if np.isinf(score).any():
        raise DataError(f"The score of {table.index[np.isinf(score)][0]} is infinite.")
    # The table of an index has the digits that its options ask for.
    table["score"] = score if "rank" in table else quantise(score)
    # A bare series of scores has no tie-breakers; the code of the area decides then.
    missing = {"companion": np.nan, "factors_hot": 0}
    return table.assign(**{c: value for c, value in missing.items() if c not in table})


def unknown_overrides(selection: Selection, areas: pd.Index) -> Iterator[str]:
    """A fault for each override of an area that does not exist."""
    for override in selection.overrides:
        if override.area_code not in areas:
            yield (
                f"selection.overrides: no area has the code {override.area_code!r}. Correct it, or "
                "take the override out."
            )


ROUNDING: dict[str, tuple[Callable[[Fraction], int], str]] = {
    "ceil": (ceil, "rounded up"),
    "floor": (floor, "rounded down"),
    "round": (lambda exact: floor(exact + Fraction(1, 2)), "rounded to the nearest, half up"),
}
"""Config word to function and words."""


def target_of(selection: Selection, score: Array) -> tuple[int, str]:
    """How many areas are asked for, and the rule in words; a score is NaN where not assessed."""
    if selection.at_least is not None:
        enough = int((score >= selection.at_least).sum())
        return enough, f"areas that score {selection.at_least:g} or more: {enough:,}"
    if selection.number is not None:
        return selection.number, f"{in_areas(selection.number)}, a fixed number"
    assessed = int((~np.isnan(score)).sum())
    # In binary arithmetic .07 times 100 is a hair above 7, which would round up to 8. The fraction
    # of the decimal as it was written is exact.
    share = Fraction(str(float(selection.share)))
    # Of the areas that have a score: an area that could not be assessed cannot be chosen and makes
    # no place for another.
    exact = share * assessed
    whole, words = ROUNDING[selection.rounding]
    target = whole(exact)
    rule = f"{float(share * 100):g}% of the {in_areas(assessed)} assessed is {float(exact):,.10g}"
    return target, rule if target == exact else f"{rule}, {words} to {target:,}"


# Ties at the cut


class Standing(NamedTuple):
    """What puts areas in order, each of shape `(n,)`; higher is more risk."""

    score: Array
    """Quantised; NaN where not assessed."""
    companion: Array
    factors_hot: Array
    code: Array
    """Position of the area's code in alphabetical order."""

    @property
    def order(self) -> Positions:
        """Positions from the highest risk to the lowest: score, companion, factors hot, code."""
        # Not assessed comes last. A code decides where all else is equal, so that the order never
        # depends on the order of the file's lines.
        keys = (self.companion, self.score)
        companion, score = (np.where(np.isnan(key), -np.inf, key) for key in keys)
        return np.lexsort((self.code, -self.factors_hot, -companion, -score))


def standing(table: pd.DataFrame) -> Standing:
    """The standing of the areas of an index table."""
    return Standing(
        table["score"].to_numpy(float),
        quantise(table["companion"].to_numpy(float)),
        # Missing only without an index, and such an area comes last by its score.
        table["factors_hot"].to_numpy(float, na_value=0.0),
        code_order(table.index),
    )


def code_order(codes: pd.Index) -> Array:
    """Position of every code in alphabetical order."""
    place = np.empty(len(codes))
    place[np.argsort(codes.astype(str).to_numpy(dtype=str), kind="stable")] = np.arange(len(codes))
    return place


def _in_order(tied: Flags, places: int, areas: Standing) -> Flags:
    among = np.flatnonzero(tied)
    part = Standing(*(column[among] for column in areas))
    taken = np.zeros_like(tied)
    taken[among[part.order[:places]]] = True
    return taken


TIES: dict[str, Callable[[Flags, int, Standing], Flags]] = {
    "order": _in_order,
    "include": lambda tied, places, areas: tied,
    "exclude": lambda tied, places, areas: np.zeros_like(tied),
}
"""Which of the tied areas are taken when they do not all fit; config word to function."""


def _cut(areas: Standing, target: int, rule: str, ties: str) -> tuple[Flags, Flags, Cut]:
    """Areas selected by the rule, areas tied where they do not all fit, and the arithmetic."""
    # An area that scores 0 gives no cause to be chosen, however many places are left: the list may
    # stay short of its target.
    score = areas.score
    positive = score > 0
    reached = min(target, int(positive.sum()))
    # The score of the last area that has a place; whoever shares it is tied at the cut, and only if
    # not all of them fit does the tie rule decide.
    at_cut = np.sort(score[positive])[::-1][reached - 1] if reached else np.nan
    above, tied = positive & (score > at_cut), score == at_cut
    places = reached - int(above.sum())
    fits = int(tied.sum()) <= places
    chosen = above | (tied if fits else TIES[ties](tied, places, areas))
    how = "" if fits else TIE_WORDS[ties].format(places=places, tied=int(tied.sum()))
    cut = Cut(
        assessed=int((~np.isnan(score)).sum()),
        rule=rule,
        target=target,
        score_at_cut=float(at_cut),
        above_cut=int(above.sum()),
        tied_at_cut=int(tied.sum()),
        positive=int(positive.sum()),
        selected=int(chosen.sum()),
        overridden_in=0,
        overridden_out=0,
        explanation="",
    )
    return chosen, tied & (not fits), explained(cut, how)


# A minimum for every group


def with_minimum(areas: Standing, chosen: Flags, groups: AnyArray, minimum: int) -> Flags:
    """Let the best areas of groups below a minimum in, and the lowest of the others out.

    Parameters
    ----------
    areas
        The standing of the areas.
    chosen
        Whether each is selected, shape `(n,)`.
    groups
        Name of each area's group; "" for none, which has no minimum.
    minimum
        Areas that every group has at least, as far as it has areas that score above 0. The number
        of chosen areas stays the same if enough can be spared.
    """
    # Best first. Groups below their minimum are filled before anything is taken out, so that what
    # leaves pays for what came in.
    order = [k for k in areas.order if areas.score[k] > 0]
    result = chosen.copy()
    held = {name: int(chosen[groups == name].sum()) for name in dict.fromkeys(groups)}
    for k in order:
        if groups[k] and not result[k] and held[groups[k]] < minimum:
            result[k], held[groups[k]] = True, held[groups[k]] + 1
    spare = int(result.sum()) - int(chosen.sum())
    # Lowest first, and from no group that would fall below the minimum itself: the swap must not
    # undo what it is for.
    for k in reversed(order):
        if spare > 0 and chosen[k] and (not groups[k] or held[groups[k]] > minimum):
            result[k], held[groups[k]], spare = False, held[groups[k]] - 1, spare - 1
    return result


# Overrides


def _overridden(
    table: pd.DataFrame, computed: Flags, cut: Cut, overrides: Sequence[Override]
) -> Selected:
    selected = pd.Series(computed.copy(), index=table.index)
    actions = pd.Series("", index=table.index, dtype=object)
    reasons = actions.copy()
    for override in overrides:
        selected[override.area_code] = override.action == "in"
        actions[override.area_code] = override.action
        reasons[override.area_code] = override.reason
    final = selected.to_numpy(bool)
    # An override of an area that was computed the same way changes nothing.
    put_in, taken_out = int((final & ~computed).sum()), int((computed & ~final).sum())
    table = table.assign(selected=final, override=actions, override_reason=reasons)
    return Selected(table=table, cut=by_hand(cut, put_in, taken_out, given=len(overrides)))

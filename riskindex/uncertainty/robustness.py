"""How sure: how often an area would be selected again, and what other choices would change."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Flags, Integers, SmallIntegers, Texts
from riskindex.cut import areas, of_100
from riskindex.errors import ConfigError, DataError
from riskindex.factors import Factor
from riskindex.index.aggregation import AGGREGATE
from riskindex.index.build import Index, Ingredients
from riskindex.index.normalise import NORMALISE
from riskindex.index.selection import Selected, Selection
from riskindex.uncertainty.repeats import Data, Repeater, fixed
from riskindex.uncertainty.replay import Replay, Robustness, blocks
from riskindex.uncertainty.true_top import is_of_risks, probability_of_top


@dataclass(frozen=True, kw_only=True)
class Robust:
    """How sure the list is."""

    table: pd.DataFrame
    """Index area_code, all areas: `p_selected` (how often a repeat selects the area), for an index
    of risks `p_top` (how likely it is truly among as many areas of highest risk), `rank_low` and
    `rank_high` (5th and 95th percentile; NA where not assessed in any repeat) and `tier` (firm,
    borderline, out; by `p_selected`). Missing, and the tier empty, where an area was not assessed;
    one that is on the list by hand is borderline."""
    overlap: Array
    """Share of the list that each repeat selects again, shape `(draws,)`; NaN without a list."""
    draws: int
    """Number of repeats."""
    listed: int
    """Number of areas on the list, overrides included."""
    selected: Flags | None = None
    """Which areas are on it, in the order of the table."""
    repeats: Flags | None = None
    """Which areas each repeat selects, shape `(draws, n)`, in the order of the table."""

    @property
    def sentence(self) -> str:
        """What to expect of a repeat, in words."""
        tiers = self.table["tier"].value_counts()
        firm, borderline = (int(tiers.get(word, 0)) for word in ("firm", "borderline"))
        inside = self.listed - firm
        repeats = f"In {self.draws:,} repeats"
        off = f"{areas(borderline - inside)} off the list {_are(borderline - inside)} borderline"
        if not self.listed:
            return f"The list is empty. {repeats}, {off}."
        # Firm and borderline on and off the list are told apart: a borderline area off it is one
        # that was nearly chosen.
        again = (
            f"{repeats}, {areas(firm)} of the {self.listed:,} on the list {_are(firm)} firm "
            f"(selected in 95 of 100 or more) and {areas(inside)} borderline; {off} too. A repeat "
            f"selects {np.mean(self.overlap):.0%} of the list again."
        )
        return again + self._crossed + self._truly

    @property
    def _crossed(self) -> str:
        """Areas off the list that repeats select more often than one on it, and why that is."""
        if self.selected is None:
            return ""
        often = self.table["p_selected"].fillna(0.0).to_numpy(float)
        on, off = often[self.selected], often[~self.selected]
        # A reader who sees such a pair takes the list for wrong unless the page says why.
        if not len(on) or not (off > on.min()).any():
            return ""
        number = int((off > on.min()).sum())
        return (
            f" {areas(number)} off the list {_are(number)} selected "
            f"in more repeats than one on it ({of_100(np.nanmax(off))} of 100 against "
            f"{of_100(on.min())}): the "
            "list is made once, and repeats draw counts and weights again; an area of few events, "
            "or one among ties at the cut, moves most."
        )

    @property
    def _truly(self) -> str:
        """How many listed areas are expected to be truly among those of highest risk, in words."""
        if "p_top" not in self.table or self.selected is None:
            return ""
        # The sum of the probabilities is the expected number (a posterior mean).
        right = float(np.nansum(self.table["p_top"].to_numpy(float)[self.selected]))
        return (
            " How often an area is selected again is not how likely it is truly highest: about "
            f"{right:.0f} of the {self.listed:,} are "
            f"expected to be truly among the {self.listed:,} areas of highest risk."
        )


def repeat_list(
    replay: Replay, chosen: Selected, *, seed: int = 0, threads: int | None = None
) -> Robust:
    """Repeat the run and see which areas are selected again.

    In each repeat the risks are drawn from their posterior given the counts, the counts from the
    risks, and hotspots, scores, index and selection are computed again, with weights (and, if
    configured, normalisation and aggregation) drawn as well. Tables such as the census are not
    drawn again. Overrides are left out: they are not chance.

    Parameters
    ----------
    replay
        All that repeats need, of `prepare_repeats`.
    chosen
        What `select_top` returned.
    seed
        Same seed, same result, at any number of threads.
    threads
        At most so many at once; one per processor unless given.

    Raises
    ------
    DataError
        A repeat that cannot be computed, such as a constant measure under a normalisation.
    """
    sizes = blocks(replay.options.draws, len(replay.frame.areas))

    def block(number: int) -> tuple[Flags, SmallIntegers]:
        # A stream for each block, by its number: threads may finish in any order.
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        return replay.block(rng, sizes[number])

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        results = list(pool.map(block, range(len(sizes))))
    selected, ranks = (np.concatenate(part) for part in zip(*results, strict=True))
    _check_repeats(ranks, chosen)
    robust = summarise(selected, ranks, chosen)
    # Banded scores estimate no risk, so that nothing could be truly highest.
    if not (replay.repeaters and is_of_risks(replay.factors) and robust.listed):
        return robust
    # From the posterior itself: repeats add the noise of counting again on top.
    top = probability_of_top(replay, robust.listed, seed=seed, threads=threads)
    table = robust.table.copy()
    table.insert(1, "p_top", np.where(table["p_selected"].isna(), np.nan, top))
    return replace(robust, table=table)


def prepare_repeats(
    data: Data | None,
    scores: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    index: Index,
    selection: Selection,
    options: Robustness,
    groups: "pd.Series[Any] | None" = None,
    threads: int | None = None,
) -> Replay:
    """Check the options, fit the risks, and have all that repeats need.

    Parameters
    ----------
    data
        What was counted; None where `options.counts` is False.
    scores
        What `score_factors` returned.
    factors
        The factors, as configured.
    index, selection
        How scores became a list.
    options
        What varies.
    groups
        As for `select_top`.
    threads
        At most so many at once; one per processor unless given.

    Raises
    ------
    ConfigError
        An option that does not exist, or does not go with the index.
    """
    # Options that do not go together are refused before risks are fitted, which is the slow part.
    _check(options, index, data)
    frame = Ingredients.of(scores, index)
    scored = [factor for factor in factors if factor.scored]
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        repeaters = _repeaters(scored, data, options, pool)
    return Replay(
        frame=frame,
        factors=scored,
        repeaters=repeaters,
        still=[fixed(scores, factor) for factor in scored],
        options=options,
        selection=selection,
        groups=_names(groups, frame),
    )


def summarise(selected: Flags, ranks: SmallIntegers, chosen: Selected) -> Robust:
    """Probabilities, rank intervals and tiers from repeats.

    Parameters
    ----------
    selected
        Whether each repeat selects each area, shape `(draws, n)`.
    ranks
        Competition ranks, 0 where not assessed, same shape.
    chosen
        The published list, with overrides.
    """
    final = chosen.table["selected"].to_numpy(bool)
    # No repeat selects an area that was not assessed, which is no finding about it.
    p = np.where(chosen.table["score"].isna(), np.nan, selected.mean(axis=0))
    low, high = _percentiles(ranks)
    table = pd.DataFrame(
        {
            "p_selected": p,
            "rank_low": pd.array(low, dtype="Int64"),
            "rank_high": pd.array(high, dtype="Int64"),
            "tier": tier(p, final),
        },
        index=chosen.table.index,
    )
    # 0 stands for no rank in the narrow arrays of repeats, and must not be printed as one.
    table.loc[low == 0, ["rank_low", "rank_high"]] = pd.NA
    # Overrides are on the list and in no repeat's rule: the overlap says so honestly.
    hits, listed = (selected & final).sum(axis=1), int(final.sum())
    overlap = hits / listed if listed else np.full(len(hits), np.nan)
    return Robust(
        table=table,
        overlap=overlap,
        draws=len(selected),
        listed=listed,
        selected=final,
        repeats=selected,
    )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


TIERS: tuple[tuple[str, Callable[[Array, Flags], Flags]], ...] = (
    ("firm", lambda p, selected: selected & (p >= 0.95)),
    ("borderline", lambda p, selected: selected | (p >= 0.05)),
    ("out", lambda p, selected: ~np.isnan(p)),
)
"""Rules in order; the first that fits names the tier."""


def tier(p_selected: Array, selected: Flags) -> Texts:
    """Firm, borderline or out, by how often an area is selected and whether it is on the list.

    Parameters
    ----------
    p_selected
        Share of repeats that select each area; NaN where it was not assessed.
    selected
        Whether it is on the list.

    Returns
    -------
    array of str
        "" for an area that was not assessed, unless it is on the list by hand: borderline.
    """
    # The first rule that fits: the table above is read from the top, like the guidance that it
    # prints.
    rules = [rule(p_selected, selected) for _, rule in TIERS]
    return np.select(rules, [name for name, _ in TIERS], default="").astype(object)


def _percentiles(ranks: SmallIntegers) -> tuple[Integers, Integers]:
    """5th and 95th percentile over the repeats in which an area has a rank; 0 where in none."""
    # The smallest value with at least that share at or below it: a rank that occurred, not a mean
    # of two.
    ordered = np.sort(ranks.T, axis=1)
    missing = (ordered == 0).sum(axis=1)
    ranked = len(ranks) - missing
    percentiles = []
    for share in (0.05, 0.95):
        # Zeros sort first and stand for no rank, so that the percentile starts after them.
        position = missing + np.maximum(np.ceil(share * ranked).astype(int) - 1, 0)
        position = np.minimum(position, len(ranks) - 1)
        percentiles.append(
            np.take_along_axis(ordered, position[:, None], axis=1)[:, 0].astype(np.int64)
        )
    return percentiles[0], percentiles[1]


def _repeaters(
    factors: Sequence[Factor], data: Data | None, options: Robustness, pool: ThreadPoolExecutor
) -> dict[str, Repeater]:
    if data is None or not options.counts:
        return {}
    # A census share is no sample, so that chance does not repeat it.
    counted = [factor for factor in factors if factor.counts_events]
    fitted = pool.map(lambda factor: Repeater.of(factor, data, options.prior), counted)
    return {factor.name: repeater for factor, repeater in zip(counted, fitted, strict=True)}


def _names(groups: "pd.Series[Any] | None", frame: Ingredients) -> Texts | None:
    if groups is None:
        return None
    # Areas without a group share one of no name, for which no minimum is asked.
    return np.asarray(groups.reindex(frame.areas).fillna(""), dtype=object)


def _check_repeats(ranks: SmallIntegers, chosen: Selected) -> None:
    """A repeat that fails to score what the index scores is an error, and no area left out."""
    # Leaving areas out would make the others look surer than they are.
    lost = (ranks == 0) & chosen.table["score"].notna().to_numpy()
    if lost.any():
        first = chosen.table.index[lost.any(axis=0)][0]
        raise DataError(
            f"{int(lost.any(axis=1).sum()):,} of {len(ranks):,} repeats could not score "
            f"{int(lost.any(axis=0).sum()):,} areas that the index scores (first {first}), so that "
            "how sure the list is cannot be said."
        )


def _check(options: Robustness, index: Index, data: Data | None) -> None:
    faults = list(robustness_faults(options, index))
    if faults:
        raise ConfigError(faults)
    if options.counts and data is None:
        raise DataError("Repeats of the counts need the counts; set counts = false to keep them.")


def robustness_faults(options: Robustness, index: Index) -> Sequence[str]:
    """Say what is wrong with the options, whatever the data."""
    faults = []
    if options.draws < 1:
        faults.append(f"robustness.draws: {options.draws} must be 1 or more.")
    if not 0 <= options.spread < 1:
        faults.append(f"robustness.spread: {options.spread:g} must be at least 0 and below 1.")
    if not options.concentration > 0:
        faults.append(f"robustness.concentration: {options.concentration:g} must be above 0.")
    if options.weights == "elicited" and index.weights != "elicited":
        faults.append(
            'robustness.weights: "elicited" goes with weights = "elicited" under [index].'
        )
    for key, words, choices in (
        ("normalise", options.normalise, NORMALISE),
        ("aggregation", options.aggregation, AGGREGATE),
    ):
        if not words:
            faults.append(f"robustness.{key}: name one or more.")
        # "winsorise+min-max" is two steps.
        parts = [part.strip() for word in words for part in word.split("+")]
        faults += [
            f"robustness.{key}: no {part!r}; known: configured, {', '.join(choices)}."
            for part in parts
            if part != "configured" and part not in choices
        ]
    return faults

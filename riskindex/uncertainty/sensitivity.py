"""Which choice matters most: shares of the index's variance, and Sobol indices."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from riskindex.arrays import Array, Flags, Integers
from riskindex.errors import DataError
from riskindex.index.build import Index, Weighting, contributions, factor_weights
from riskindex.index.selection import Selected
from riskindex.index.weights import elicited_shares
from riskindex.uncertainty.repeats import Drawn
from riskindex.uncertainty.replay import Replay, Setting, at_both_levels, weighs_its_points

# Shares of the index


def effective_shares(scores: pd.DataFrame, *, options: Index = Index()) -> pd.DataFrame:  # noqa: B008
    """Each factor's share of the index's variance, beside its weight.

    Parameters
    ----------
    scores
        As for `build_index`.
    options
        As for `build_index`; an aggregation without contributions has no shares.

    Returns
    -------
    DataFrame
        Index factor; `weight` (adds up to 1), `share` (covariance of the factor's contribution
        with the index over the index's variance; adds up to 1, NaN where the index is constant)
        and `ratio` of the two. A factor that never varies moves no rank, whatever its weight.
    """
    weights = factor_weights(scores, options=options)
    # Shares of variance by covariance with the total, so that they add up to 1 even where factors
    # are correlated.
    points = contributions(scores, options=options).unstack("factor")[list(weights.index)].dropna()
    centred = points - points.mean()
    total = centred.sum(axis=1)
    variance = float((total**2).sum())
    covariance = centred.mul(total, axis=0).sum()
    share = covariance / variance if variance > 0 else covariance * np.nan
    table = pd.DataFrame({"weight": weights / weights.sum(), "share": share})
    # Above 1 the factor decides more than its weight says, which is what a nominal weight hides.
    table["ratio"] = table["share"] / table["weight"].where(table["weight"] > 0)
    return table


# Which choice matters most


def what_matters(
    replay: Replay, chosen: Selected, *, runs: int = 64, pool: int = 25, seed: int = 0
) -> pd.DataFrame:
    """How much of the change in the list each choice, and the chance in the counts, accounts for.

    Parameters
    ----------
    replay
        What repeats need, of `robustness.prepare`. What varies is what its options say: each
        factor's weight by its spread, the normalisation and aggregation where more than one is
        named, and the counts unless they are kept.
    chosen
        The list.
    runs
        Base sample; the list is made `runs` times (choices + 2) times.
    pool
        Repeats of the counts that the choice "counts" picks from.
    seed
        Same seed, same result.

    Returns
    -------
    DataFrame
        Index `choice` ("weight of <label>", "weight of the group <name>", "normalisation",
        "aggregation", "counts"), the largest first; `first`, `total` and their 95% intervals
        (`first_low`, ...), for the share of the list that a repeat does not select. All zero where
        nothing changes the list; empty where nothing varies.
    """
    choices = _choices(replay)
    if not choices:
        return pd.DataFrame(columns=list(Sobol._fields), dtype=float)
    design = sobol_design(runs, len(choices), seed=seed)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    # Counts are drawn and tested into a pool once, and picked from at every point of the design.
    drawn = replay.draw(rng, pool if replay.repeaters else 1)
    final = chosen.table["selected"].to_numpy(bool)
    outputs = np.concatenate(
        [
            _change(replay, drawn, dict(zip(choices, part.T, strict=True)), final)
            for part in np.array_split(design, max(len(design) // 250, 1))
        ]
    )
    columns = Sobol._fields
    # A list that nothing moves has no variance to share out.
    if np.ptp(outputs) == 0:
        return pd.DataFrame(0.0, index=pd.Index(choices, name="choice"), columns=list(columns))
    indices = sobol_indices(outputs, len(choices), seed=seed)
    table = pd.DataFrame(indices._asdict(), index=pd.Index(choices, name="choice"))
    return table.sort_values("total", ascending=False, kind="stable")


def _choices(replay: Replay) -> list[str]:
    several = {"normalisation": replay.options.normalise, "aggregation": replay.options.aggregation}
    choices = [name for name, words in several.items() if len(words) > 1]
    weights = [] if replay.options.weights == "none" else [*_factors(replay), *_groups(replay)]
    return [*weights, *choices, *(["counts"] if replay.repeaters else [])]


def _factors(replay: Replay) -> list[str]:
    return [f"weight of {factor.label}" for factor in replay.factors]


def _groups(replay: Replay) -> list[str]:
    """Groups whose weights vary by themselves."""
    if replay.options.weights == "elicited":
        return []
    frame = replay.frame
    mine = [part for part in frame.parts if part.is_group and not weighs_its_points(part, frame)]
    return [f"weight of the group {part.name}" for part in mine]


def _change(replay: Replay, pool: Drawn, at: Mapping[str, Array], final: Flags) -> Array:
    """Share of the list that is lost at each point of a design: a number from 0 to 1 per choice."""
    nothing = np.zeros_like(next(iter(at.values())))
    setting = Setting(
        weighting=_weighting(replay, at, len(nothing)),
        normalise=_pick(at.get("normalisation", nothing), len(replay.options.normalise)),
        aggregation=_pick(at.get("aggregation", nothing), len(replay.options.aggregation)),
    )
    drawn = pool.at(_pick(at.get("counts", nothing), len(pool.score)))
    selected, _ = replay.evaluate(drawn, setting)
    return np.asarray(1 - (selected & final).sum(axis=1) / max(int(final.sum()), 1))


def _weighting(replay: Replay, at: Mapping[str, Array], runs: int) -> Weighting:
    frame, move = replay.frame, MOVED[replay.options.weights]
    # The middle of a weight's law, for a weight that does not vary.
    half = np.full(runs, 0.5)
    factors = np.column_stack([at.get(name, half) for name in _factors(replay)])
    within = move(replay, frame.weighting.factors, factors)
    if not _groups(replay):
        return at_both_levels(frame, within)
    names = [f"weight of the group {part.name}" for part in frame.parts]
    parts = np.column_stack([at.get(name, half) for name in names])
    return at_both_levels(frame, within, groups=move(replay, frame.weighting.parts, parts))


def _within_spread(replay: Replay, weights: Array, at: Array) -> Array:
    return np.asarray(weights * (1 + replay.options.spread * (2 * at - 1)))


def _beta(replay: Replay, weights: Array, at: Array) -> Array:
    """Quantiles of each weight's own law where all together are Dirichlet."""
    total, size = weights.sum(), replay.options.concentration
    # Each weight of a Dirichlet law is by itself beta distributed.
    share: Array = np.broadcast_to(weights / total, at.shape)
    some = (share > 0) & (share < 1)
    result = share.copy()
    result[some] = special.betaincinv(size * share[some], size * (1 - share[some]), at[some])
    return np.asarray(result * total)


def _between_people(replay: Replay, weights: Array, at: Array) -> Array:
    """Between the lowest and the highest share of the points that anybody gave."""
    frame = replay.frame
    people = np.sort(elicited_shares(frame.options.points, tuple(frame.factors)), axis=0)
    # Sorted by factor, so that shares between those of two people occur as well.
    place = np.linspace(0, 1, len(people))
    columns = [np.interp(x, place, given) for x, given in zip(at.T, people.T, strict=True)]
    return np.column_stack(columns)


MOVED: Mapping[str, Callable[[Replay, Array, Array], Array]] = MappingProxyType(
    {
        "none": lambda replay, weights, at: np.repeat(weights[None, :], len(at), axis=0),
        "uniform": _within_spread,
        "dirichlet": _beta,
        "elicited": _between_people,
    }
)
"""How weights vary, a config word, to a function of places from 0 to 1 in each weight's law."""


def _pick(position: Array, words: int) -> Integers:
    # 1.0 itself would be one word too far.
    return np.minimum((position * words).astype(np.int64), words - 1)


# Sobol indices


class Sobol(NamedTuple):
    """Sensitivity of an output to each input, with 95% intervals from the bootstrap."""

    first: Array
    """Share of the output's variance that the input explains alone."""
    first_low: Array
    first_high: Array
    total: Array
    """Share that would be left if all other inputs were known."""
    total_low: Array
    total_high: Array


def sobol_design(runs: int, inputs: int, *, seed: int = 0) -> Array:
    """Points at which to evaluate a function for `sobol_indices`.

    Parameters
    ----------
    runs
        Points of each base sample, N; the function is evaluated N (inputs + 2) times.
    inputs
        Number of inputs, each uniform between 0 and 1.
    seed
        Of the scrambling.

    Returns
    -------
    Array
        Shape `(N (inputs + 2), inputs)`: sample A, sample B, then for each input A with that
        input's column from B.

    References
    ----------
    Saltelli and others (2010), Computer Physics Communications 181, 259-270.
    """
    from scipy.stats import qmc  # slow to import, and rarely needed

    # A and B from one sequence of twice the dimensions, so that they are independent.
    generator = qmc.Sobol(2 * inputs, scramble=True, rng=np.random.default_rng(seed))
    # Sobol sequences are balanced at powers of two; more points are made than are used.
    both = generator.random_base2(int(np.ceil(np.log2(max(runs, 2)))))[:runs]
    a, b = both[:, :inputs], both[:, inputs:]
    mixed = [np.where(np.arange(inputs) == k, b, a) for k in range(inputs)]
    return np.vstack([a, b, *mixed])


def sobol_indices(outputs: Array, inputs: int, *, seed: int = 0, bootstrap: int = 500) -> Sobol:
    """First-order and total-order indices of a function evaluated at a Sobol design.

    Parameters
    ----------
    outputs
        One number per point of the design, shape `(N (inputs + 2),)`.
    inputs
        Number of inputs.
    seed, bootstrap
        Of the intervals, and how many resamples.

    Returns
    -------
    Sobol
        By Jansen's estimators of the centred output: first `1 - E[(B - AB)^2] / 2V`, total
        `E[(A - AB)^2] / 2V`, with V the variance of A and B together.

    Raises
    ------
    DataError
        The number of outputs does not fit, one is missing, or they do not vary.

    References
    ----------
    Jansen (1999), Computer Physics Communications 117, 35-43.
    """
    y = np.asarray(outputs, dtype=float)
    if len(y) % (inputs + 2) or np.isnan(y).any():
        raise DataError(f"{len(y)} outputs for {inputs} inputs: some are missing.")
    if np.ptp(y) == 0:
        raise DataError("The outputs do not vary, so no input matters.")
    # Centred: Jansen's differences do not need it, the variance of A and B together loses fewer
    # digits.
    runs = (y - y.mean()).reshape(inputs + 2, -1)
    first, total = _jansen(runs)
    rng = np.random.default_rng(seed)
    # Rows are drawn again with all their columns: A, B and the mixed points of a row belong
    # together.
    picks = rng.integers(runs.shape[1], size=(bootstrap, runs.shape[1]))
    again = np.array([_jansen(runs[:, pick]) for pick in picks])
    low, high = np.nanpercentile(again, [2.5, 97.5], axis=0)
    return Sobol(first, low[0], high[0], total, low[1], high[1])


def _jansen(runs: Array) -> tuple[Array, Array]:
    a, b, mixed = runs[0], runs[1], runs[2:]
    variance = np.concatenate([a, b]).var(ddof=1)
    # Jansen's form: sums of squares, so that total indices are never below 0.
    first = 1 - ((b - mixed) ** 2).mean(axis=1) / (2 * variance)
    total = ((a - mixed) ** 2).mean(axis=1) / (2 * variance)
    return first, total

"""Posterior probability that an area is truly among those of highest risk."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from riskindex.arrays import Array
from riskindex.factors import Factor
from riskindex.index.build import Weighting
from riskindex.statistics.joint_risks import JointRisks
from riskindex.uncertainty.repeats import Drawn, Repeater
from riskindex.uncertainty.replay import Replay, blocks, combine_repeats

FEWEST, MOST, TYPICAL = 50, 200, 4_000_000
"""Draws of each risk that show how factors go together, and risks drawn for it in all."""


def is_of_risks(factors: Sequence[Factor]) -> bool:
    """Whether an index measures risks, so that an area can truly be among the highest.

    Every factor that counts events is scored by risk, and there is one. Bands of confidence say
    how sure a hotspot is: there is no true band for an area to be in.
    """
    counted = [factor for factor in factors if factor.scored and factor.counts_events]
    return bool(counted) and all(factor.score == "risk" for factor in counted)


def probability_of_top(
    replay: Replay, number: int, *, seed: int = 0, threads: int | None = None
) -> Array:
    """Posterior probability that each area is truly among so many of highest risk.

    The areas' risks are drawn together, from their posterior given the counts of all factors, are
    brought to 0 to 100 by what the estimates were brought by (the normalisation is held, as are the
    weights), and combined. Tables such as the census are taken as they are.

    Parameters
    ----------
    replay
        All that repeats need, of `prepare`, for an index of which `is_of_risks` is true.
    number
        How many areas are at the top.
    seed
        Same seed, same result, at any number of threads.
    threads
        At most so many at once; one per processor unless given.

    Returns
    -------
    Array
        Shape `(n,)`; adds up to the number. NaN where an area has no index.

    References
    ----------
    Laird and Louis (1989), Journal of Educational Statistics 14, 29-46 (posterior ranks).
    """
    sizes = blocks(replay.options.draws, len(replay.frame.areas))
    joint = _joint(replay, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, 2))))

    def block(position: int) -> Array:
        # The last number keeps these streams apart from those of the repeats.
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(position, 1)))
        return _times_in_top(replay, number, joint.adjust(_risks(replay, rng, sizes[position])))

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        times = sum(pool.map(block, range(len(sizes))))
    indexed = ~np.isnan(replay.frame.combine(replay.frame.scores).score)
    return np.where(indexed, times / replay.options.draws, np.nan)


def _joint(replay: Replay, rng: np.random.Generator) -> JointRisks:
    """What the factors that count events say about each other."""
    size = len(replay.frame.areas) * len(replay.repeaters)
    return JointRisks.fit(_risks(replay, rng, min(MOST, max(FEWEST, TYPICAL // size))))


def _risks(replay: Replay, rng: np.random.Generator, draws: int) -> Array:
    """Risks of every counted factor by itself, in order of the factors; `(draws, n, factors)`."""
    # All factors of a draw come from one stream, so that areas are compared in the same draw.
    counted = [f.name for f in replay.factors if f.name in replay.repeaters]
    return np.stack([replay.repeaters[name].draw_risks(rng, draws) for name in counted], axis=2)


def _times_in_top(replay: Replay, number: int, risks: Array) -> Array:
    by_factor = iter(np.moveaxis(risks, 2, 0))
    draws, n, _ = risks.shape
    scores = np.stack(
        [
            _true_scores(replay.repeaters[factor.name], unchanged, next(by_factor))
            if factor.name in replay.repeaters
            else np.broadcast_to(unchanged.score, (draws, n))
            for factor, unchanged in zip(replay.factors, replay.still, strict=True)
        ],
        axis=2,
    )
    # Weights are choices and not chance: p_top says how likely it is under these choices.
    held = Weighting(*(np.tile(weights, (draws, 1)) for weights in replay.frame.weighting))
    index = combine_repeats(replay.frame, scores, held)
    # Stable, so that exactly so many areas are at the top and the probabilities add up to it.
    falling = np.argsort(np.where(np.isnan(index), np.inf, -index), axis=1, kind="stable")
    assessed = int((~np.isnan(index[0])).sum())
    number = min(number, assessed)
    if 0 < number < assessed:
        in_order = np.take_along_axis(index, falling[:, number - 1 : number + 1], axis=1)
        tied = np.flatnonzero(in_order[:, 0] == in_order[:, 1])
        # Risks above the highest estimate all score the most: which of them are higher is known.
        higher = _weighted(replay, risks[tied])
        falling[tied] = np.lexsort((-higher, np.nan_to_num(-index[tied], nan=np.inf)), axis=1)
    top = falling[:, :number]
    return np.bincount(top.ravel(), minlength=index.shape[1]).astype(float)


def _weighted(replay: Replay, risks: Array) -> Array:
    """Risks of all counted factors together, as drawn; shape `(draws, n)`, higher is worse."""
    weights = replay.frame.weighting.factors
    counted = [f.name in replay.repeaters for f in replay.factors]
    directions = np.array([f.direction for f in replay.factors], dtype=float)
    return np.asarray(np.nansum(risks * (weights * directions)[..., counted], axis=2))


def _true_scores(repeater: Repeater, estimated: Drawn, risks: Array) -> Array:
    """Scores of risks drawn from their posterior, on the scale of the estimates."""
    direction = repeater.factor.direction
    if repeater.factor.estimate != "mean":
        # A true risk has no probability or mean rank: it is held against the posterior means.
        estimated = repeater.by_means()
    value, score = direction * estimated.value[0], estimated.score[0]
    indexed = ~np.isnan(score)
    order = np.argsort(value[indexed])
    scale = np.interp(direction * risks, value[indexed][order], score[indexed][order])
    return np.where(indexed, scale, np.nan)

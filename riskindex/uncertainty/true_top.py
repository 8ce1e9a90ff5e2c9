"""Posterior probability that an area is truly among those of highest risk."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from riskindex.arrays import Array
from riskindex.factors import Factor
from riskindex.index.build import Weighting
from riskindex.uncertainty.repeats import Drawn, Repeater
from riskindex.uncertainty.replay import Replay, blocks, combine_repeats


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

    The areas' risks are drawn together from their posterior given the counts, brought to 0 to 100
    by what the estimates were brought by (the normalisation is held, as are the weights), and
    combined. Tables such as the census are taken as they are.

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

    def block(position: int) -> Array:
        # The last number keeps these streams apart from those of the repeats.
        sequence = np.random.SeedSequence(seed, spawn_key=(position, 1))
        return _times_in_top(replay, number, np.random.default_rng(sequence), sizes[position])

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        times = sum(pool.map(block, range(len(sizes))))
    indexed = ~np.isnan(replay.frame.combine(replay.frame.scores).score)
    return np.where(indexed, times / replay.options.draws, np.nan)


def _times_in_top(replay: Replay, number: int, rng: np.random.Generator, draws: int) -> Array:
    # All factors of a draw come from one stream, so that areas are compared in the same draw.
    scores = np.stack(
        [
            _true_scores(replay.repeaters[factor.name], unchanged, rng, draws)
            if factor.name in replay.repeaters
            else np.broadcast_to(unchanged.score, (draws, unchanged.score.shape[1]))
            for factor, unchanged in zip(replay.factors, replay.still, strict=True)
        ],
        axis=2,
    )
    # Weights are choices and not chance: p_top says how likely it is under these choices.
    held = Weighting(*(np.tile(weights, (draws, 1)) for weights in replay.frame.weighting))
    index = combine_repeats(replay.frame, scores, held)
    # Stable: among equal draws the first code counts, so that exactly so many areas are at the top
    # and the probabilities add up to it.
    falling = np.argsort(np.where(np.isnan(index), np.inf, -index), axis=1, kind="stable")
    assessed = int((~np.isnan(index[0])).sum())
    top = falling[:, : min(number, assessed)]
    return np.bincount(top.ravel(), minlength=index.shape[1]).astype(float)


def _true_scores(
    repeater: Repeater, estimated: Drawn, rng: np.random.Generator, draws: int
) -> Array:
    """Scores of risks drawn from their posterior, on the scale of the estimates."""
    direction = repeater.factor.direction
    if repeater.factor.estimate != "mean":
        # A true risk has no probability or mean rank: it is held against the posterior means.
        estimated = repeater.by_means()
    value, score = direction * estimated.value[0], estimated.score[0]
    indexed = ~np.isnan(score)
    order = np.argsort(value[indexed])
    drawn = direction * repeater.draw_risks(rng, draws)
    scale = np.interp(drawn, value[indexed][order], score[indexed][order])
    return np.where(indexed, scale, np.nan)

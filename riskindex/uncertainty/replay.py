"""One block of repeats: draw, score, weigh, combine and select many times at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from riskindex.arrays import Array, Flags, Integers, Positions, SmallIntegers, Texts
from riskindex.factors import Factor
from riskindex.index.aggregation import quantise
from riskindex.index.build import Ingredients, Part, Weighting
from riskindex.index.normalise import normalise
from riskindex.index.selection import TIES, Selection, Standing, code_order, target_of, with_minimum
from riskindex.index.weights import elicited_shares
from riskindex.uncertainty.repeats import Drawn, Repeater, stacked


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """How often the run is repeated, and what varies from one repeat to the next."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    draws: int = 1000
    """Number of repeats."""
    counts: bool = True
    """Draw the counts again, and test them again; False keeps the counts as they are."""
    prior: Literal["spatial", "gamma"] = "spatial"
    """What risks are taken to be like before counting: alike among neighbours, or independent."""
    weights: Literal["none", "uniform", "dirichlet", "elicited"] = "uniform"
    """Weights as they are, each within +- spread, Dirichlet around them, or mixtures of what
    the people gave whose points the index uses."""
    spread: float = 0.25
    """For uniform weights: a quarter up or down."""
    concentration: float = 100.0
    """For Dirichlet weights: the higher, the closer to the given ones."""
    normalise: Sequence[str] = ("configured",)
    """Scores as configured, or every factor's measure under a normalisation; one is drawn."""
    aggregation: Sequence[str] = ("configured",)
    """Means as configured or by name; one is drawn."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """All that a block of repeats needs."""

    frame: Ingredients
    factors: Sequence[Factor]
    repeaters: dict[str, Repeater]
    still: Sequence[Drawn]
    options: Robustness
    selection: Selection
    groups: Texts | None

    def block(self, rng: np.random.Generator, draws: int) -> tuple[Flags, SmallIntegers]:
        """Whether each area is selected in each repeat, and its rank."""
        # Counts, weights, normalisation and aggregation vary together, so that their interactions
        # are in the result.
        drawn = self.draw(rng, draws)
        setting = Setting(
            weighting=draw_weights(self.frame, self.options, rng, draws),
            normalise=rng.integers(len(self.options.normalise), size=draws),
            aggregation=rng.integers(len(self.options.aggregation), size=draws),
        )
        return self.evaluate(drawn, setting)

    def draw(self, rng: np.random.Generator, draws: int) -> Drawn:
        """Scores of all factors; one row serves all repeats where nothing is counted again."""
        parts = [
            self.repeaters[factor.name].draw(rng, draws)
            if factor.name in self.repeaters
            else unchanged
            for factor, unchanged in zip(self.factors, self.still, strict=True)
        ]
        return stacked(parts, draws if self.repeaters else 1)

    def evaluate(self, drawn: Drawn, setting: "Setting") -> tuple[Flags, SmallIntegers]:
        """Combine and select under settings of their own, one per repeat."""
        draws, n = len(setting.normalise), len(self.frame.areas)
        score, companion = np.empty((draws, n)), np.empty((draws, n))
        # Repeats that share a setting are computed as one array, and not one after the other.
        for k, word in enumerate(self.options.normalise):
            for j, aggregation in enumerate(self.options.aggregation):
                some = np.flatnonzero((setting.normalise == k) & (setting.aggregation == j))
                mine = drawn.at(some)
                frame = _with_aggregation(self.frame, aggregation)
                weights = Weighting(*(w[some] for w in setting.weighting))
                scores = self._normalised(mine, word) if self.repeaters else self._unchanged[word]
                score[some] = combine_repeats(frame, scores, weights)
                # Ties are put in order by the arithmetic mean of strengths whatever the index's own
                # mean, as in `build_index`.
                arithmetic = self.frame.arithmetic()
                companion[some] = combine_repeats(arithmetic, mine.intensity, weights)
        hot = np.broadcast_to(drawn.is_hot.sum(axis=2), (draws, n))
        digits = self.frame.options.digits
        # Rounded as the index is, so that areas which tie there tie here.
        scored = quantise(score, digits=digits)
        areas = Standing(scored, companion, hot, code_order(self.frame.areas))
        return choose_repeats(areas, self.selection, groups=self.groups)

    @cached_property
    def _unchanged(self) -> dict[str, Array]:
        """Scores under each normalisation where nothing is counted again."""
        drawn = stacked(self.still, 1)
        return {word: self._normalised(drawn, word) for word in self.options.normalise}

    def _normalised(self, drawn: Drawn, word: str) -> Array:
        """The scores as configured, or every factor's measure normalised."""
        if word == "configured":
            return drawn.score
        directions = np.array([float(factor.direction) for factor in self.factors])
        # A measure of which less is worse is turned round first, since a normalisation calls the
        # largest value the worst.
        values = quantise(np.where(np.isnan(drawn.score), np.nan, directions * drawn.value))
        scores = np.empty_like(values)
        for draw, k in np.ndindex(len(values), len(self.factors)):
            name = self.factors[k].label
            scores[draw, :, k] = normalise(values[draw, :, k], word, name=name)
        return scores


class Setting(NamedTuple):
    """What varies from repeat to repeat besides the counts."""

    weighting: Weighting
    """One row per repeat."""
    normalise: Integers
    """Position of the normalisation in the options, shape `(draws,)`."""
    aggregation: Integers
    """Position of the aggregation in the options, shape `(draws,)`."""


def blocks(draws: int, areas: int) -> list[int]:
    """How many draws share a random stream and a thread; they add up to all draws.

    Fewer where areas are many, so that a block stays small. The blocks depend on the numbers alone
    and never on the machine: the result is the same at any number of threads.
    """
    together = max(1, min(50, 500_000 // areas))
    return [min(together, draws - start) for start in range(0, draws, together)]


def draw_weights(
    frame: Ingredients, options: Robustness, rng: np.random.Generator, draws: int
) -> Weighting:
    """Weights of so many repeats, shape `(draws, factors)` and `(draws, parts)`."""
    draw = DRAW_WEIGHTS[options.weights]
    within = draw(frame, frame.weighting.factors, options, rng, draws)
    varied = options.weights in ("uniform", "dirichlet") and any(p.is_group for p in frame.parts)
    groups = draw(frame, frame.weighting.parts, options, rng, draws) if varied else None
    return at_both_levels(frame, within, groups=groups)


def at_both_levels(frame: Ingredients, within: Array, *, groups: Array | None = None) -> Weighting:
    """Weights of factors and parts, a row per repeat, from those of the factors.

    Parameters
    ----------
    frame
        Factors, groups and options.
    within
        Weights of the factors, shape `(draws, factors)`.
    groups
        Weights of the parts, shape `(draws, parts)`, of which those of groups are taken; as they
        are in the index unless given.
    """
    # A group's own weight and the weights inside it vary apart: two levels, as the index has two.
    among = np.empty((len(within), len(frame.parts)))
    among[:] = frame.weighting.parts if groups is None else groups
    for position, part in enumerate(frame.parts):
        if not part.is_group or weighs_its_points(part, frame):
            among[:, position] = within[:, part.members].sum(axis=1)
    return Weighting(within, among)


def weighs_its_points(part: Part, frame: Ingredients) -> bool:
    """Whether a group weighs the points that people gave to its factors."""
    return frame.options.weights == "elicited" and part.name not in frame.options.groups


def _repeat_weights(
    frame: Ingredients, w: Array, o: Robustness, rng: np.random.Generator, d: int
) -> Array:
    return np.repeat(w[None, :], d, axis=0)


def _uniform(
    frame: Ingredients, w: Array, o: Robustness, rng: np.random.Generator, d: int
) -> Array:
    return np.asarray(w * rng.uniform(1 - o.spread, 1 + o.spread, (d, len(w))))


def _dirichlet(
    frame: Ingredients, w: Array, o: Robustness, rng: np.random.Generator, d: int
) -> Array:
    # A weight of 0 stays 0: it says that the factor is mapped and not scored, and is no matter of
    # opinion.
    drawn = np.zeros((d, len(w)))
    drawn[:, w > 0] = rng.dirichlet(o.concentration * w[w > 0] / w.sum(), d) * w.sum()
    return drawn


def _elicited(
    frame: Ingredients, w: Array, o: Robustness, rng: np.random.Generator, d: int
) -> Array:
    """Mixtures of the people, every mixture as likely: from all alike to one alone."""
    # No distribution is fitted to a handful of people; mixtures of what they said is all that is
    # known.
    people = elicited_shares(frame.options.points, tuple(frame.factors)).to_numpy()
    return np.asarray(rng.dirichlet(np.ones(len(people)), d) @ people)


DRAW_WEIGHTS: dict[str, Callable[..., Array]] = {
    "none": _repeat_weights,
    "uniform": _uniform,
    "dirichlet": _dirichlet,
    "elicited": _elicited,
}
"""Config word to function."""


def combine_repeats(frame: Ingredients, scores: Array, weighting: Weighting) -> Array:
    """Index scores of repeats with weights of their own, shape `(draws, n)`.

    Parameters
    ----------
    frame
        Groups and options.
    scores
        Shape `(draws, n, factors)`, or `(1, n, factors)` for the same in all repeats.
    weighting
        One row of weights per repeat.
    """
    draws, (_, n, factors) = len(weighting.factors), scores.shape
    options = frame.options
    single = not any(part.is_group for part in frame.parts)
    # The usual index is one product of matrices; the general way below makes a line for each area
    # and repeat.
    plain = options.missing == "not-assessed" and options.minimum_factors <= 1
    if options.aggregation == "arithmetic" and single and plain:
        return _weighted_sums(scores, weighting.factors, options.weights == "as-given")
    scores = np.broadcast_to(scores, (draws, n, factors))
    if options.aggregation == "copeland":
        # Duels are between the areas of one repeat.
        rows = zip(scores, *weighting, strict=True)
        return np.array([frame.combine(s, weighting=Weighting(f, p)).score for s, f, p in rows])
    # One line for each area and repeat, so that the index's own code combines them and cannot
    # differ.
    spread = Weighting(*(np.repeat(weights, n, axis=0) for weights in weighting))
    return frame.combine(scores.reshape(-1, factors), weighting=spread).score.reshape(draws, n)


def _weighted_sums(scores: Array, weights: Array, as_given: bool) -> Array:
    """The arithmetic mean without groups, where a missing score makes a missing index."""
    # A factor without weight must not make an index missing where it is missing itself.
    counts = (weights > 0).any(axis=0)
    scores, weights = scores[..., counts], weights[:, counts]
    if not as_given:
        weights = weights / weights.sum(axis=1, keepdims=True)
    if len(scores) == 1:
        return np.asarray(weights @ scores[0].T)
    return np.asarray(np.matmul(scores, weights[:, :, None])[..., 0])


def choose_repeats(
    areas: Standing, selection: Selection, *, groups: Texts | None = None
) -> tuple[Flags, SmallIntegers]:
    """Select the top of every repeat, exactly as `select_top` does.

    Parameters
    ----------
    areas
        Score (quantised), companion and hot factors, shape `(draws, n)`; code order, `(n,)`.
    selection
        How many, and what happens to ties; overrides are left out.
    groups
        Group of each area, for a minimum per group.

    Returns
    -------
    tuple
        Whether each area is selected, and its rank (0 where not assessed); shape `(draws, n)`.
    """
    # Not assessed comes last and never reaches the cut.
    order = np.argsort(np.where(np.isnan(areas.score), np.inf, -areas.score), axis=1)
    ordered = np.take_along_axis(areas.score, order, axis=1)
    chosen = np.empty(order.shape, dtype=bool)
    for draw, falling in enumerate(ordered):
        mine = Standing(
            areas.score[draw], areas.companion[draw], areas.factors_hot[draw], areas.code
        )
        # A share, a number or a least score: the number asked for may differ from repeat to repeat.
        target = target_of(selection, falling)[0]
        chosen[draw] = _choose(mine, falling, target, selection.ties)
        # A minimum per district moves areas that no score would, and is part of the rule that is
        # repeated.
        if selection.minimum_per_group and groups is not None:
            mine = mine._replace(companion=quantise(mine.companion))
            least = selection.minimum_per_group
            chosen[draw] = with_minimum(mine, chosen[draw], groups, least)
    return chosen, _ranks(order, ordered)


def _choose(areas: Standing, falling: Array, target: int, ties: str) -> Flags:
    reached = min(target, int((falling > 0).sum()))
    if not reached:
        return np.zeros(len(falling), dtype=bool)
    # Ties at the cut go by the same functions as in `select_top`: a copy of the rule would drift
    # from it.
    at_cut = falling[reached - 1]
    above, tied = areas.score > at_cut, areas.score == at_cut
    places = reached - int(above.sum())
    if int(tied.sum()) > places:
        tied = TIES[ties](tied, places, areas._replace(companion=quantise(areas.companion)))
    return np.asarray(above | tied)


def _ranks(order: Positions, ordered: Array) -> SmallIntegers:
    """Competition ranks from areas in falling order of their scores."""
    position = np.arange(1, order.shape[1] + 1)
    # Competition ranks: areas that tie share the rank of the first of them.
    begins = np.ones(ordered.shape, dtype=bool)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    rank = np.maximum.accumulate(np.where(begins, position, 0), axis=1)
    ranks = np.zeros(order.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, np.where(np.isnan(ordered), 0, rank).astype(np.int32), axis=1)
    return ranks


def _with_aggregation(frame: Ingredients, word: str) -> Ingredients:
    if word == "configured":
        return frame
    options: Any = {"aggregation": word}
    return replace(frame, options=replace(frame.options, **options))

"""What if we had chosen differently: the list made again with one choice of the method changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import Neighbours, neighbour_matrix
from riskindex.errors import RiskindexError
from riskindex.factors import Factor, base_in_words
from riskindex.hotspots.exposure_in_doubt import COMMUNAL
from riskindex.index.aggregation import AGGREGATE, quantise
from riskindex.index.build import Index, build_index, factor_weights
from riskindex.index.normalise import normalise
from riskindex.index.scores import score_factor
from riskindex.index.selection import ROUNDING, Selected, Selection, select_top
from riskindex.index.weights import elicited_spread
from riskindex.tables import Sensitivity, in_level
from riskindex.uncertainty.other_tests import Tests, other_tests, score_by_other_test
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Replay
from riskindex.uncertainty.sensitivity import effective_shares, what_matters

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LARGE = 5_000
"""With more areas than this, duels of all pairs, other methods of testing and the share of each
choice are not computed."""


@dataclass(frozen=True, kw_only=True)
class ListMade:
    """A list with all that it was made of: the tables of a run, stage by stage."""

    data: Data
    hotspots: pd.DataFrame
    pooled: pd.DataFrame
    persistence: pd.DataFrame
    scores: pd.DataFrame
    chosen: Selected
    factors: Sequence[Factor]
    index: Index
    selection: Selection
    bases: Sequence[str] = ()
    """Columns of the areas that events can be expected from."""

    @property
    def scored(self) -> list[Factor]:
        """The factors that the index is made of."""
        return [factor for factor in self.factors if factor.scored]

    @property
    def tested(self) -> list[Factor]:
        """Those of them that test events."""
        return [factor for factor in self.scored if factor.is_tested]

    def again(
        self,
        *,
        scores: pd.DataFrame | None = None,
        index: Index | None = None,
        selection: Selection | None = None,
    ) -> Selected:
        """Make the list again with other scores, index options or selection."""
        # By the stages of the run itself, so that a what-if cannot drift from the method.
        table = build_index(self.scores if scores is None else scores, options=index or self.index)
        groups = self.data.areas.get(self.selection.group)
        return select_top(table, selection=selection or self._as_many, groups=groups)

    @property
    def _as_many(self) -> Selection:
        """The selection; a least score means nothing on another scale, so as many areas instead."""
        if self.selection.at_least is None:
            return self.selection
        return replace(self.selection, at_least=None, number=max(self.chosen.cut.computed, 1))


def ask_what_if(made: ListMade, *, replay: Replay | None = None, seed: int = 0) -> Sensitivity:
    """Make the list again under every other choice, one at a time.

    Parameters
    ----------
    made
        The list and what it was made of.
    replay
        What repeats of the run need; without it nothing is said about which choice matters most.
    seed
        Of the draws of `what_matters`.
    """
    # One choice at a time: what they do together is `what_matters`.
    rows = [_row(made.chosen, kind, other) for kind in KINDS for other in KINDS[kind](made)]
    table = pd.DataFrame(rows, columns=list(_EMPTY))
    # Duels are no sum of factors, so that a factor has no share in them.
    shares = made.index.aggregation != "copeland"
    return Sensitivity(
        choices=table.astype(dict.fromkeys(("selected", "entered", "left"), "Int64")),
        effective=effective_shares(made.scores, options=made.index) if shares else pd.DataFrame(),
        matters=what_matters_most(made, replay, seed=seed),
        elicited=_elicited(made),
    )


def what_matters_most(made: ListMade, replay: Replay | None, *, seed: int = 0) -> pd.DataFrame:
    """Share of each choice, and of chance, in how far the list changes.

    Parameters
    ----------
    made, replay, seed
        As for `ask_what_if`.

    Returns
    -------
    DataFrame
        Of `what_matters`; empty without repeats, and of more than 5,000 areas.
    """
    if replay is None or len(made.data.areas) > LARGE:
        return pd.DataFrame()
    return what_matters(replay, made.chosen, seed=seed)


def _elicited(made: ListMade) -> pd.DataFrame:
    names = tuple(factor.name for factor in made.scored)
    return elicited_spread(made.index.points, names) if made.index.points else pd.DataFrame()


class OtherChoice(NamedTuple):
    """Another choice in words, and how the list comes out of it."""

    words: str
    select: Callable[[], Selected]


_EMPTY: Mapping[str, object] = MappingProxyType(
    {
        "kind": "",
        "choice": "",
        "selected": pd.NA,
        "entered": pd.NA,
        "left": pd.NA,
        "kept": np.nan,
        "note": "",
        "entered_codes": (),
        "left_codes": (),
    }
)


def _row(chosen: Selected, kind: str, other: OtherChoice) -> dict[str, object]:
    row = {**_EMPTY, "kind": kind, "choice": other.words}
    try:
        then, now = other.select().index, chosen.index
    # A choice that is impossible with these data is an answer, too.
    except RiskindexError as error:
        return row | {"note": error.faults[0]}
    # Both directions, since lists of one length may exchange areas.
    entered, left = then.difference(now, sort=False), now.difference(then, sort=False)
    return row | {
        "selected": len(then),
        "entered": len(entered),
        "left": len(left),
        "kept": 1 - len(left) / len(now) if len(now) else np.nan,
        "entered_codes": tuple(entered),
        "left_codes": tuple(left),
    }


# Factors left out


def _left_out(made: ListMade) -> Iterator[OtherChoice]:
    # Leaving out a factor of weight 0 changes nothing.
    scored = [factor for factor in made.scored if factor.weight > 0]
    police = [factor for factor in scored if factor.recorded == "police-generated"]
    if len(scored) > 1:
        for factor in scored:
            yield OtherChoice(f"Without: {factor.label}", partial(_without, made, [factor]))
    # Drugs and weapons are found where police look; a list that changes without them follows
    # patrols.
    if 1 < len(police) < len(scored):
        yield OtherChoice("Without all that police activity finds", partial(_without, made, police))


def _without(made: ListMade, factors: Sequence[Factor]) -> Selected:
    names = [factor.name for factor in factors]
    rest = made.scores[~in_level(made.scores.index, "factor", names)]
    # A group that lost all its factors must not be weighed.
    groups = set(rest["group"].unique()) if "group" in rest else set()
    weights = {group: w for group, w in made.index.groups.items() if group in groups}
    given = {
        person: {name: x for name, x in points.items() if name not in names}
        for person, points in made.index.points.items()
    }
    # A person whose points all went to what is left out has no say about the rest.
    having = {person: points for person, points in given.items() if sum(points.values()) > 0}
    return made.again(scores=rest, index=replace(made.index, groups=weights, points=having))


# Weights


def _weights(made: ListMade) -> Iterator[OtherChoice]:
    # Rounded: equal weights that were normalised may differ in their last digit.
    alike = factor_weights(made.scores, options=made.index).round(12).nunique() == 1
    words = {"equal": "All factors weigh the same", "pca": "Weights by principal components"}
    for word, text in words.items():
        # Where all weigh the same already, equal weights are no other choice.
        if word != made.index.weights and not (alike and word == "equal"):
            options: Any = {"weights": word}
            yield OtherChoice(text, partial(made.again, index=replace(made.index, **options)))
    # Doubling a weight that is found from data would be undone by finding it again.
    if made.index.weights in ("normalised", "as-given"):
        yield from (_twice(made, factor) for factor in made.scored if factor.weight > 0)


def _people(made: ListMade) -> Iterator[OtherChoice]:
    if made.index.weights != "elicited":
        return
    for number, (person, points) in enumerate(made.index.points.items(), start=1):
        alone = replace(made.index, points={person: points})
        yield OtherChoice(f"The points of person {number} alone", partial(made.again, index=alone))


def _twice(made: ListMade, factor: Factor) -> OtherChoice:
    # Twice and not ten times: a change that somebody could ask for.
    other = ~in_level(made.scores.index, "factor", [factor.name])
    doubled = made.scores["weight"].where(other, 2 * made.scores["weight"])
    select = partial(made.again, scores=made.scores.assign(weight=doubled))
    return OtherChoice(f"Twice the weight: {factor.label}", select)


# From a test to a score, and from scores to an index


def _scoring(made: ListMade) -> Iterator[OtherChoice]:
    tested = made.tested
    for word, text in _SCORE_WORDS.items():
        # All tested factors together: one at a time would be a table that nobody reads.
        if any(factor.score != word for factor in tested):
            yield OtherChoice(text, partial(_scored_by, made, _all(tested, score=word)))
    yield from _risks(made)
    for word, text in _PERSISTENCE_WORDS.items():
        some = [f for f in tested if f.score == "persistence" and f.persistence != word]
        if some:
            yield OtherChoice(text, partial(_scored_by, made, _all(some, persistence=word)))
    for factor in (f for f in made.scored if f.method == "threshold" and f.threshold):
        for limit in nearby(factor.threshold or 0.0):
            text = f"{factor.label}: above {100 * limit:.3g}%"
            yield OtherChoice(text, partial(_scored_by, made, _all([factor], threshold=limit)))


def _risks(made: ListMade) -> Iterator[OtherChoice]:
    """Other estimates of the areas' risks, and other priors."""
    risks = [factor for factor in made.tested if factor.score == "risk"]
    for word, text in _ESTIMATE_WORDS.items():
        some = [factor for factor in risks if factor.estimate != word]
        if some:
            yield OtherChoice(text(some[0]), partial(_scored_by, made, _all(some, estimate=word)))
    for word, words in _PRIOR_WORDS.items():
        some = [factor for factor in risks if factor.prior != word]
        if some and len(made.data.areas) <= LARGE:
            yield OtherChoice(words, partial(_scored_by, made, _all(some, prior=word)))


def nearby(threshold: float) -> tuple[float, float]:
    """The thresholds that are tried in place of one: a fifth lower and a fifth higher."""
    return 0.8 * threshold, 1.2 * threshold


_SCORE_WORDS = {
    "flag": "Tests score 100 where hot, else 0",
    "confidence": "Tests score by band of confidence",
    "risk": "Events score by the area's own estimated risk",
}
_ESTIMATE_WORDS: Mapping[str, Callable[[Factor], str]] = MappingProxyType(
    {
        "mean": lambda factor: "Risks score by how many times what was expected they are",
        "exceedance": lambda factor: (
            f"Risks score by the probability that they are above {factor.above:g} times expected"
        ),
        "rank": lambda factor: "Risks score by how many other areas they are above, on average",
    }
)
_PRIOR_WORDS = {
    "gamma": "Risks are taken to be independent of each other before counting",
    "spatial": "Risks are taken to be alike among neighbours before counting",
}
_PERSISTENCE_WORDS = {
    "pooled": "Persistence scores only where all periods together are significant",
    "counted": "Persistence is the plain count of periods hot",
}


def _all(factors: Sequence[Factor], **changes: object) -> dict[str, Factor]:
    options: Any = changes
    return {factor.name: replace(factor, **options) for factor in factors}


def _scored_by(made: ListMade, changed: Mapping[str, Factor]) -> Selected:
    near = made.data.weights
    columns = {
        name: score_factor(made.hotspots, made.persistence, factor, neighbours=near)
        for name, factor in changed.items()
    }
    return made.again(scores=_rescored(made.scores, columns))


def _rescored(scores: pd.DataFrame, changed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The scores of a run, those of some factors replaced."""
    # Other factors keep the scores of the run, which need not be found again.
    rows = {name: in_level(scores.index, "factor", [name]) for name in changed}
    columns = {}
    for name in _SCORED:
        column = scores[name].to_numpy(copy=True)
        for of, table in changed.items():
            if name in table:
                column[rows[of]] = table[name].to_numpy()
        columns[name] = column
    return scores.assign(**columns)


_SCORED = ("value", "score", "intensity", "is_hot", "reason")
"""Columns of the scores that the index and the selection look at, and another choice changes."""


def _normalisation(made: ListMade) -> Iterator[OtherChoice]:
    for word in ("min-max", "z", "percentile", "exponential-rank", "ratio-to-mean"):
        yield OtherChoice(f"Every factor by its strength, {word}", partial(_normalised, made, word))


def _normalised(made: ListMade, word: str) -> Selected:
    scores = made.scores["score"].copy()
    for factor in made.scored:
        mine = in_level(scores.index, "factor", [factor.name]) & scores.notna()
        # Sums in another order differ in their last digit, which must not make ranks of ties.
        values = quantise(factor.direction * made.scores.loc[mine, "value"].to_numpy(float))
        scores.loc[mine] = normalise(values, word, name=factor.label)
    return made.again(scores=made.scores.assign(score=scores))


def _aggregation(made: ListMade) -> Iterator[OtherChoice]:
    for word in AGGREGATE:
        if word not in (made.index.aggregation, "general"):
            # Every area against every other: 35,000 areas are 600 million duels.
            if word == "copeland" and len(made.data.areas) > LARGE:
                continue
            options: Any = {"aggregation": word}
            text = f"{word.capitalize()} {'duels' if word == 'copeland' else 'mean'}"
            yield OtherChoice(text, partial(made.again, index=replace(made.index, **options)))


def _missing(made: ListMade) -> Iterator[OtherChoice]:
    # Without a missing score the rule for missing ones changes nothing.
    if made.scores["score"].isna().any():
        words = {
            "rest": "Areas that lack a factor are scored on the others",
            "not-assessed": "Areas that lack a factor have no index",
        }
        for word, text in words.items():
            if word != made.index.missing:
                options: Any = {"missing": word}
                yield OtherChoice(text, partial(made.again, index=replace(made.index, **options)))


# Tests


def _tests(made: ListMade) -> Iterator[OtherChoice]:
    few = len(made.data.areas) <= LARGE
    for change in other_tests(quick=not few):
        # A risk stays what it is, however it is tested whether areas are hot.
        by_test = [factor for factor in made.tested if factor.score != "risk"]
        changed = [(f, g) for f in by_test if (g := change.of(f, made.data.areas))]
        if changed:
            yield OtherChoice(change.words, partial(_tested, made, changed))


def _tested(made: ListMade, changed: Sequence[tuple[Factor, Factor]]) -> Selected:
    return _scored_again(made, Tests(made.data, made.hotspots, made.pooled), changed)


def _scored_again(
    made: ListMade,
    tests: Tests,
    changed: Sequence[tuple[Factor, Factor]],
    *,
    again: bool = False,
) -> Selected:
    """The list made of the scores that some factors have under other tests."""
    columns = {
        factor.name: score_by_other_test(tests, factor, other, again=again)
        for factor, other in changed
    }
    return made.again(scores=_rescored(made.scores, columns))


def _exposures(made: ListMade) -> Iterator[OtherChoice]:
    """Events expected from every other base: residents, those there by day, premises."""
    few, areas = len(made.data.areas) <= LARGE, made.data.areas
    # Tests of windows take long; risks are a few sums.
    asked = [f for f in made.tested if f.exposure and (few or f.score == "risk")]
    for base in made.bases:
        # Residents of communal establishments say where a base is in doubt; they are none
        # themselves.
        if base == COMMUNAL:
            continue
        changed = [
            (factor, replace(factor, exposure=base))
            for factor in asked
            if factor.exposure != base and _covers(areas, base, str(factor.exposure))
        ]
        if changed:
            words = f"Events expected from {base_in_words(base)}"
            yield OtherChoice(words, partial(_tested, made, changed))


def _covers(areas: pd.DataFrame, base: str, other: str) -> bool:
    """Whether a base has values for nearly all areas for which another has."""
    has_base = areas[other] > 0
    return bool(((areas[base] > 0) & has_base).sum() >= MOST_AREAS * has_base.sum())


MOST_AREAS = 0.9
"""A base that is missing or 0 in more than a tenth of the areas would leave these out."""


def _neighbours(made: ListMade) -> Iterator[OtherChoice]:
    """Windows of other neighbours, for the factors whose score is made of a test of windows."""
    # Only tests of windows ask who is whose neighbour.
    by_window = [
        f for f in made.tested if f.method in ("window", "getis-ord") and f.score != "risk"
    ]
    areas = made.data.areas
    if not by_window or "geometry" not in areas or len(areas) > LARGE:
        return
    from geopandas import GeoDataFrame

    for words, options in _NEIGHBOURS.items():
        if options.method == "nearest" and options.k >= len(areas):
            continue
        weights = neighbour_matrix(GeoDataFrame(areas), options=options)
        # Nearest neighbours of a grid may be the queen's; the same list under two names says
        # nothing.
        if abs(weights - made.data.weights).nnz:
            yield OtherChoice(words, partial(_beside, made, by_window, weights))


_NEIGHBOURS: Mapping[str, Neighbours] = MappingProxyType(
    {
        "Neighbours: the 6 nearest areas": Neighbours(method="nearest", k=6),
        "Neighbours: the 8 nearest areas": Neighbours(method="nearest", k=8),
        "Neighbours: areas whose centres lie within 1 km": Neighbours(
            method="distance", distance=1000
        ),
        "Neighbours: areas that share a border": Neighbours(method="rook"),
        "Neighbours: areas that share a border or a corner": Neighbours(method="queen"),
    }
)


def _beside(made: ListMade, factors: Sequence[Factor], weights: "csr_array[Any]") -> Selected:
    tests = Tests(made.data._replace(weights=weights), made.hotspots, made.pooled)
    return _scored_again(made, tests, [(factor, factor) for factor in factors], again=True)


# The selection


def _ties(made: ListMade) -> Iterator[OtherChoice]:
    words = {
        "order": "Ties at the cut put in order by strength",
        "include": "All areas that tie at the cut are in",
        "exclude": "No area that ties at the cut is in",
    }
    for word, text in words.items():
        if word != made.selection.ties:
            options: Any = {"ties": word}
            yield OtherChoice(
                text, partial(made.again, selection=replace(made.selection, **options))
            )


def _number(made: ListMade) -> Iterator[OtherChoice]:
    selection = made.selection
    if selection.number is not None or selection.at_least is not None:
        return
    for word, (_, text) in ROUNDING.items():
        if word != selection.rounding:
            options: Any = {"rounding": word}
            other = replace(selection, **options)
            yield OtherChoice(f"The number of areas {text}", partial(made.again, selection=other))


KINDS: Mapping[str, Callable[[ListMade], Iterator[OtherChoice]]] = MappingProxyType(
    {
        "factors": _left_out,
        "weights": _weights,
        "people": _people,
        "scores": _scoring,
        "normalisation": _normalisation,
        "aggregation": _aggregation,
        "missing": _missing,
        "tests": _tests,
        "exposures": _exposures,
        "neighbours": _neighbours,
        "ties": _ties,
        "number": _number,
    }
)
"""Kinds of choice, in the order of the report; each gives the other choices there are."""

"""What an index should be asked before it is believed: which factors go together, and with whom."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from riskindex.arrays import Array
from riskindex.factors import Factor, Share
from riskindex.tables import rows

WARN_ABOVE = 0.5
MOST_AGAINST = 3
"""Pairs of factors running against each other that are named at most."""


def shares_of(tables: pd.DataFrame, shares: Mapping[str, Share]) -> pd.DataFrame:
    """The shares of people named in the config, one column each.

    Parameters
    ----------
    tables
        Index area_code, columns (source, column).
    shares
        Name in words to numerator and denominator; a denominator of zero gives NaN.
    """

    def column(reference: str) -> "pd.Series[float]":
        source, _, name = reference.partition(".")
        return tables[(source, name)].astype(float)

    return pd.DataFrame(
        {
            # A base of 0 gives no share; the quotient would be infinite.
            name: column(share.numerator) / column(share.denominator).where(lambda d: d > 0)
            for name, share in shares.items()
        },
        index=tables.index,
    )


def compose(
    tables: pd.DataFrame,
    shares: Mapping[str, Share],
    selected: "pd.Series[bool]",
) -> pd.DataFrame:
    """Who lives in the selected areas, beside the rest: reported, never scored.

    Parameters
    ----------
    tables
        Index area_code, columns (source, column).
    shares
        Name in words to numerator and denominator.
    selected
        Index the areas of the study area, whether each is selected.

    Returns
    -------
    DataFrame
        Index share; `selected`, `rest` and `whole` (of all the people or households that live
        there: numerators over denominators, areas that lack either left out), and
        `selected_mean`, `rest_mean` (mean of the areas' own shares). NaN where there is nobody.
    """
    inside = selected.to_numpy(bool)
    # Shares of the areas as well: one large area can decide the share of all their people.
    own = shares_of(tables.loc[selected.index], shares)
    rows = {}
    for name, share in shares.items():
        parts = [tables[tuple(c.split(".", 1))] for c in (share.numerator, share.denominator)]
        counts = pd.concat(parts, axis=1).astype(float).loc[selected.index].to_numpy()
        # An area without numerator or base is in neither sum.
        counts[np.isnan(counts).any(axis=1)] = 0.0
        rows[name] = {
            "selected": _share(counts[inside]),
            "rest": _share(counts[~inside]),
            "whole": _share(counts),
            "selected_mean": own.loc[inside, name].mean(),
            "rest_mean": own.loc[~inside, name].mean(),
        }
    columns = ["selected", "rest", "whole", "selected_mean", "rest_mean"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype(float).rename_axis("share")


def _share(counts: Array) -> float:
    # A ratio of sums and not a mean of ratios: each person counts once, whatever the area.
    part, whole = counts.sum(axis=0)
    return float(part / whole) if whole > 0 else float("nan")


def correlate(
    hotspots: pd.DataFrame, shares: pd.DataFrame, factors: Sequence[Factor]
) -> pd.DataFrame:
    """Rank correlation of what each factor scores with shares of people and with other factors.

    Parameters
    ----------
    hotspots
        Index (factor, period, area_code) with the column `value`.
    shares
        One column per share, such as residents aged 65 and over; index area_code.
    factors
        Each is compared by its last period, the other way round where a high value is less risk
        (`direction`).

    Returns
    -------
    DataFrame
        Spearman's rho, index factor; columns (kind, name) with kind `share` or `factor`. NaN where
        either is constant.
    """
    values = pd.DataFrame(
        {
            # Turned so that a high value is high risk for every factor.
            f.name: f.direction * rows(hotspots, factor=f.name, period=_last_period(f))["value"]
            for f in factors
        }
    ).astype(float)
    ranked = {name: _Ranked(values[name]) for name in values}
    others = {("share", name): _Ranked(shares[name]) for name in shares}
    others |= {("factor", name): of for name, of in ranked.items()}
    table = {
        key: {name: _spearman(one, other) for name, one in ranked.items()}
        for key, other in others.items()
    }
    correlations = pd.DataFrame(table, index=pd.Index(values.columns, name="factor"))
    correlations.columns = pd.MultiIndex.from_tuples(list(table), names=["kind", "name"])
    return correlations


def _last_period(factor: Factor) -> str:
    return factor.periods[-1] if factor.periods else ""


class _Ranked:
    """Values of the areas, with their ranks where none is missing: every pair asks for them."""

    def __init__(self, values: "pd.Series[Any]") -> None:
        self.values = values
        self.ranks = values.rank().to_numpy(float) if values.notna().all() else None


def _spearman(a: _Ranked, b: _Ranked) -> float:
    if a.ranks is not None and b.ranks is not None and a.values.index.equals(b.values.index):
        ranks = np.array([a.ranks, b.ranks])
    else:
        both = pd.concat([a.values, b.values], axis=1).dropna()
        ranks = both.rank().to_numpy().T
    # A rank correlation with a constant is undefined.
    if ranks.shape[1] < 3 or (np.ptp(ranks, axis=1) == 0).any():
        return float("nan")
    # Spearman's rho is Pearson's r of the mid-ranks, ties included.
    return float(np.corrcoef(ranks)[0, 1])


def warn_of_correlations(correlations: pd.DataFrame, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about factors that mostly map a share of people, and one about the pairs."""
    sentences = [
        f"{labels[str(factor)]}: rank correlation {rho:+.2f} with {name}; does it map who lives "
        "there?"
        for factor, row in correlations.iterrows()
        for (kind, name), rho in row.items()
        if kind == "share" and abs(rho) > WARN_ABOVE
    ]
    # Factors that run against each other are another question, about directions.
    pairs = {pair: rho for pair, rho in strong_pairs(correlations).items() if rho > 0}
    if pairs:
        (one, two), rho = next(iter(pairs.items()))
        sentences.append(
            f"Rank correlations beyond {WARN_ABOVE:g} between factors: {len(pairs):,}, the "
            f"strongest {rho:+.2f} between {labels[one]} and {labels[two]}; is one thing counted "
            "twice?"
        )
    return tuple(sentences)


def warn_of_directions(correlations: pd.DataFrame, factors: Sequence[Factor]) -> tuple[str, ...]:
    """Sentences about scored factors that run against others: a rank where 1 is the worst, say.

    Of two, it is the one that runs against more of the scored factors, then the one that is a
    measure as it is, which may be a rank; a share of people hardly has a wrong direction.
    """
    scored = {factor.name: factor for factor in factors if factor.scored}
    against = {
        pair: rho
        for pair, rho in strong_pairs(correlations).items()
        if rho < 0 and set(pair) <= scored.keys()
    }
    times = {name: sum(name in pair for pair in against) for name in scored}

    def oddness(name: str) -> tuple[int, bool]:
        factor = scored[name]
        # The odd one out is the factor in most such pairs; of two, the measure, since a count
        # always means more risk.
        return times[name], not factor.counts_events and factor.denominator is None

    sentences = []
    # The strongest pairs alone: one factor turned round runs against most of the others.
    for pair, rho in list(against.items())[:MOST_AGAINST]:
        other, odd = sorted(pair, key=oddness)
        turn = "direction = -1" if scored[odd].direction == 1 else "no direction"
        sentences.append(
            f"{scored[odd].label} runs against {scored[other].label} (rank correlation {rho:.2f}): "
            f"does a high value mean {'less' if scored[odd].direction == 1 else 'more'} risk? Then "
            f"{turn}."
        )
    return tuple(sentences)


def strong_pairs(correlations: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Pairs of factors whose rank correlation is beyond `WARN_ABOVE`, the strongest first."""
    # Shares of people are told of one by one; pairs are of factors alone.
    between = correlations.xs("factor", axis=1, level="kind")
    rho_of_pair = {
        (str(a), str(b)): float(between.at[a, b]) for a, b in combinations(between.index, 2)
    }
    strong = {pair: rho for pair, rho in rho_of_pair.items() if abs(rho) > WARN_ABOVE}
    return dict(sorted(strong.items(), key=lambda item: -abs(item[1])))

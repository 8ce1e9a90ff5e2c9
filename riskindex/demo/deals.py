"""Labels dealt to records in the shares that were planted, to the record, in random order."""

from collections.abc import Mapping, Sequence

import numpy as np

from riskindex.arrays import Array, Integers, Texts, Words


def whole_numbers(total: int, shares: Array) -> Integers:
    """A total in whole parts, as near to the shares as can be (largest remainders)."""
    exact = total * shares / shares.sum()
    parts = np.floor(exact).astype(np.int64)
    # Stable: of equal remainders the first part gets the one more, in every run.
    largest = np.argsort(parts - exact, kind="stable")[: total - parts.sum()]
    parts[largest] += 1
    return np.asarray(parts)


def deal(rng: np.random.Generator, total: int, shares: Array) -> Integers:
    """Number of a share for each of so many records: every share has its part, in random order."""
    parts = whole_numbers(total, np.asarray(shares, dtype=float))
    return rng.permutation(np.repeat(np.arange(len(parts)), parts))


def deal_words(
    rng: np.random.Generator,
    groups: Words | Sequence[str],
    shares: Mapping[str, Mapping[str, float]],
) -> Texts:
    """A word for each record, dealt within its group by the group's shares; the group "" is any."""
    named = np.asarray(groups, dtype=object)
    words = np.full(len(named), "", dtype=object)
    for group in dict.fromkeys(named.tolist()):
        mine = np.flatnonzero(named == group)
        of_group = shares.get(group, shares.get("", {"": 1.0}))
        numbers = deal(rng, len(mine), np.array(list(of_group.values())))
        words[mine] = np.array(list(of_group), dtype=object)[numbers]
    return words


def choose(rng: np.random.Generator, among: Integers, number: int) -> Integers:
    """So many of the rows at random, or all where there are fewer."""
    # Below 0 where more are there already than are planted.
    return rng.permutation(among)[: max(number, 0)]

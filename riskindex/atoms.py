"""Which counts one event is in: several periods or factors may count the same events."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from riskindex.factors import Where

Flags = NDArray[np.bool_]
Rule = tuple[str, Where]
"""A source, and which of its events are counted."""


class Counting(NamedTuple):
    """What one count of each area counts."""

    rules: tuple[Rule, ...]
    """An event is counted where it meets one of them."""
    months: range
    """Month numbers of the period."""

    def shares(self, other: "Counting") -> bool:
        """Whether an event may be in both."""
        return bool(_both(self.months, other.months)) and any(
            source == of and not apart(where, rule)
            for source, where in self.rules
            for of, rule in other.rules
        )


def _both(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def apart(one: Where, other: Where) -> bool:
    """Whether no event can meet both rules."""
    return any(
        not set(map(_plain, values)) & set(map(_plain, other[column]))
        for column, values in one.items()
        if column in other
    )


def _plain(value: str | int | bool) -> str:
    """A value as the text that it is compared as; true and false are words or 1 and 0."""
    text = str(value)
    return {"True": "1", "true": "1", "False": "0", "false": "0"}.get(text, text)


def in_groups(counted: Sequence[Counting]) -> list[list[int]]:
    """Counts that share events, directly or through others, by their positions.

    Examples
    --------
    >>> spans = [range(12), range(3), range(12, 24)]
    >>> in_groups([Counting((("source", {}),), months) for months in spans])
    [[0, 1], [2]]
    """
    n = len(counted)
    pairs = [(i, j) for i, j in combinations(range(n), 2) if counted[i].shares(counted[j])]
    i, j = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    links = csr_array((np.ones(len(i)), (i, j)), shape=(n, n))
    number, of = connected_components(links, directed=False)
    return [np.flatnonzero(of == k).tolist() for k in range(number)]


def patterns(counted: Sequence[Counting]) -> Flags:
    """In which of some counts one event can be.

    Parameters
    ----------
    counted
        Rules are compared by the values that they name, so that other values of a column are all
        the same. Any value of one column is taken to go with any of another.

    Returns
    -------
    array of bool
        Shape `(counts, patterns)`: every way for an event to be in some of them.

    Examples
    --------
    Violence, and violence with injury, of one period:

    >>> rules = [{}, {"injury": ["yes"]}]
    >>> patterns([Counting((("violence", where),), range(12)) for where in rules]).astype(int)
    array([[1, 1],
           [0, 1]])
    """
    found = {
        frozenset(k for k, of in met if months.start in counted[k].months)
        for source in {source for one in counted for source, _ in one.rules}
        for met in _met(source, counted)
        for months in _stretches(counted)
    }
    return _table(found, len(counted))


def _met(source: str, counted: Sequence[Counting]) -> set[frozenset[tuple[int, int]]]:
    """Rules that an event of a source can meet together, as (count, rule) positions."""
    rules = {
        (k, at): where
        for k, one in enumerate(counted)
        for at, (of, where) in enumerate(one.rules)
        if of == source
    }
    met = {frozenset(rules)}
    for column in sorted({column for where in rules.values() for column in where}):
        free = {key for key, where in rules.items() if column not in where}
        values = {_plain(v) for where in rules.values() for v in where.get(column, ())}
        classes = {frozenset(free)} | {
            frozenset(free | {key for key, where in rules.items()
                              if value in map(_plain, where.get(column, ()))})
            for value in values
        }  # fmt: skip
        met = {one & of for one in met for of in classes}
    return met


def _stretches(counted: Sequence[Counting]) -> Iterator[range]:
    """The months between all first and last ones."""
    ends = sorted({end for one in counted for end in (one.months.start, one.months.stop)})
    yield from (range(a, b) for a, b in pairwise(ends))


def _table(found: set[frozenset[int]], n: int) -> Flags:
    ordered = sorted(found - {frozenset()}, key=lambda one: (len(one), sorted(one)))
    table = np.zeros((n, len(ordered)), dtype=bool)
    for p, one in enumerate(ordered):
        table[list(one), p] = True
    return table


def closed(table: Flags) -> Flags | None:
    """The patterns of persons, who may have several events; None where there are too many.

    A person, or a record with several lines, counts once in each count that one of the events is
    in.
    """
    found = {frozenset(np.flatnonzero(column).tolist()) for column in table.T}
    while True:
        more = found | {a | b for a, b in combinations(found, 2)}
        if len(more) > MOST_PATTERNS:
            return None
        if more == found:
            return _table(found, len(table))
        found = more


MOST_PATTERNS = 64
"""Above so many patterns of several events, counts are looked at in pairs."""


def nested(table: Flags) -> list[tuple[int, tuple[int, ...]]]:
    """Each count with counts inside it that share no event with each other: one, or the most.

    What a count has beside them is a count of its own, that nothing names.
    """
    n = len(table)
    inside = {
        k: [j for j in range(n) if j != k and not (table[j] & ~table[k]).any()
            and (table[k] & ~table[j]).any()]
        for k in range(n)
    }  # fmt: skip
    found = []
    for k, parts in inside.items():
        largest = sorted(parts, key=lambda j: -int(table[j].sum()))
        apart: list[int] = []
        for j in largest:
            if not any((table[j] & table[i]).any() for i in apart):
                apart.append(j)
        found += [(k, (j,)) for j in parts] + ([(k, tuple(sorted(apart)))] if apart[1:] else [])
    return [(k, parts) for k, parts in found if (table[k] & ~table[list(parts)].any(axis=0)).any()]


class Derived(NamedTuple):
    """Events that several counts tell of together, and that no count names."""

    ways: Flags
    """Ways for an event to be one of them, of the columns of `patterns`."""
    whole: int
    """A count, by its position."""
    others: tuple[int, ...]
    less: bool
    """The whole without the others, which are inside it; or what it shares with the other."""


def derived(table: Flags) -> list[Derived]:
    """What counts leave of each other where they lie in each other, and share where they do not."""
    found = [
        Derived(table[k] & ~table[list(parts)].any(axis=0), k, parts, True)
        for k, parts in nested(table)
    ]
    for k, j in combinations(range(len(table)), 2):
        shared, left = table[k] & table[j], (table[k] & ~table[j], table[j] & ~table[k])
        if shared.any() and all(one.any() for one in left):
            found.append(Derived(shared, k, (j,), False))
    return found

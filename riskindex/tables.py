"""Long tables, one line for each factor (and period) and area: how they are indexed and read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from math import isnan
from operator import eq
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import sparray

from riskindex.arrays import AnyArray, Flags, Positions


def rows(table: pd.DataFrame, **levels: str) -> pd.DataFrame:
    """Rows of a long table, such as those of one factor and period, by area_code."""
    index = table.index
    if not isinstance(index, pd.MultiIndex) or index.nlevels == len(levels):
        part = table.xs(tuple(levels.values()), level=tuple(levels))
        assert isinstance(part, pd.DataFrame)
        return part
    numbers = {index.names.index(name): value for name, value in levels.items()}
    wanted = np.ones(len(index), dtype=bool)
    for number, value in numbers.items():
        wanted &= index.codes[number] == index.levels[number].get_loc(value)
    at = np.flatnonzero(wanted)
    if not len(at):
        raise KeyError(tuple(levels.values()))
    # Rows of one factor and period lie together, so that a slice is a view and nothing is copied.
    together = at[-1] - at[0] + 1 == len(at)
    part = table.iloc[at[0] : at[-1] + 1] if together else table.iloc[at]
    return part.set_axis(_without_levels(index, at, list(numbers)))


def _without_levels(index: pd.MultiIndex, at: Positions, numbers: Sequence[int]) -> "pd.Index[Any]":
    """The index of some rows without some levels, which are the same in all of these rows."""
    rest = [number for number in range(index.nlevels) if number not in numbers]
    if len(rest) > 1:
        return index[at].droplevel(list(numbers))
    level, codes = index.levels[rest[0]], index.codes[rest[0]][at]
    # The level itself and no copy: pandas aligns tables of one and the same index without a look.
    every = np.array_equal(codes, np.arange(len(level)))
    return (level if every else level.take(codes)).rename(index.names[rest[0]])


def in_level(index: "pd.Index[Any]", level: str, names: Collection[str]) -> Flags:
    """Whether each row of a long table has one of some names, such as those of factors.

    By the codes of the index: to look at the name of each of a million rows takes long.
    """
    if not isinstance(index, pd.MultiIndex):
        return np.asarray(index.isin(list(names)))
    number = index.names.index(level)
    codes = index.levels[number].get_indexer(list(names))
    return np.isin(index.codes[number], codes[codes >= 0])


def long_index(keys: Sequence[tuple[str, ...]], areas: "pd.Index[Any]") -> pd.MultiIndex:
    """Keys, each with all areas; built from codes, because a million tuples take seconds."""
    n, codes = len(areas), []
    levels: list[pd.Index[Any]] = []
    for values in zip(*keys, strict=True) if keys else [()]:
        # Factors keep their order; periods are sorted, so that rows can be found by bisection.
        positions, level = pd.factorize(np.array(values, dtype=object), sort=bool(levels))
        codes.append(np.repeat(positions, n))
        levels.append(pd.Index(level, dtype="str"))
    return pd.MultiIndex(
        levels=[*levels, areas],
        codes=[*codes, np.tile(np.arange(n), len(keys))],
        names=[*("factor", "period")[: len(levels)], "area_code"],
        # The codes are made here and fit by construction; to check a million takes time.
        verify_integrity=False,
    )


def is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 (whatever a result holds)
    """Whether two things hold the same: tables and arrays by their values, missing ones alike.

    Parameters
    ----------
    one, other
        Tables, arrays, sparse matrices, dataclasses, mappings and sequences of them, or anything
        that can be compared with ==.
    """
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        named = [part.name for part in fields(one)]
        return all(is_same(getattr(one, name), getattr(other, name)) for name in named)
    equal = next((equal for kinds, equal in _COMPARE if isinstance(one, kinds)), eq)
    return bool(equal(one, other))


def _same_arrays(one: AnyArray, other: AnyArray) -> bool:
    # pandas compares missing values as alike, which NumPy does not for objects.
    alike = one.shape == other.shape and one.dtype == other.dtype
    return bool(alike and pd.Series(one.ravel()).equals(pd.Series(other.ravel())))


def _same_mappings(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)


def _same_sequences(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(is_same, one, other))


_COMPARE: tuple[tuple[type | tuple[type, ...], Callable[[Any, Any], bool]], ...] = (
    ((pd.DataFrame, pd.Series, pd.Index), lambda one, other: one.equals(other)),
    (np.ndarray, _same_arrays),
    (Mapping, _same_mappings),
    ((tuple, list), _same_sequences),
    (float, lambda one, other: one == other or (isnan(one) and isnan(other))),
    (sparray, lambda one, other: one.shape == other.shape and (one != other).nnz == 0),
)
"""Kinds of things that == compares part by part, or not at all, to what compares them whole."""


NOT_COMPUTED = "It cannot be computed from these data."
"""What is said outside the organisation of a choice that gave no list."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What other choices would have changed."""

    choices: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row per other choice: `kind` (a key of `KINDS`), `choice` in words, `selected` (how
    many), `entered`, `left` (how many), `kept` (share of the list that stays), `note` (why it
    cannot be computed; then the numbers are missing), `entered_codes` and `left_codes` (tuples,
    highest risk first)."""
    effective: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Per factor its weight beside its share of the index's variance, of `effective_shares`;
    empty where the index has no shares."""
    matters: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Share of each choice, and of chance, in how far the list changes, of `what_matters`; empty
    without repeats."""
    elicited: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What people's points say of each factor, of `elicited_spread`; empty without points."""

    def in_short(self) -> "Sensitivity":
        """The same without area codes, notes and people's points: for partners and the public."""
        choices = self.choices.drop(columns=["entered_codes", "left_codes"], errors="ignore")
        if "note" in choices:
            # What one person's points would do is about that person.
            choices = choices[choices["kind"] != "people"].reset_index(drop=True)
            # Why a choice failed may name areas or counts that do not leave.
            choices["note"] = choices["note"].where(choices["note"] == "", NOT_COMPUTED)
        # Rounded: exact shares are functions of the true counts.
        return Sensitivity(
            choices=choices, effective=self.effective.round(2), matters=self.matters.round(1)
        )

"""The tests for a notebook: arrays in and out, or labelled values, and tables by area code back."""

from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple, Unpack

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskindex.areas.weights import as_weights
from riskindex.arrays import Array, Flags
from riskindex.errors import ConfigError, DataError
from riskindex.hotspots import local_moran as moran
from riskindex.hotspots.local_moran import QUADRANTS, LocalMoran
from riskindex.statistics import getis_ord, poisson
from riskindex.statistics.corrections import CORRECTIONS, adjust
from riskindex.statistics.exact_sums.exact_draws import TAILS, Tail
from riskindex.statistics.expectation import ComparisonOptions
from riskindex.statistics.getis_ord import NULLS, Gi
from riskindex.statistics.gi_p_values import METHODS, Method, Null
from riskindex.statistics.permutations import Permutations
from riskindex.statistics.poisson import Excess, WindowExcess

Correction = Literal["none", "bonferroni", "benjamini-hochberg", "benjamini-yekutieli"]


def gi_star(
    values: ArrayLike,
    weights: object,
    *,
    null: Null = "total",
    tail: Tail = "upper",
    p: Method = "auto",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
    correction: Correction = "benjamini-hochberg",
    level: float = 0.05,
) -> Gi | pd.DataFrame:
    """Getis-Ord Gi* of every area: the area and its neighbours against the whole map.

    Parameters
    ----------
    values
        One count or value per area: an array, or a Series with the area code as index. No
        missing values.
    weights
        Neighbours and the area itself: `with_self` of `build_weights`, of a libpysal Graph or W,
        or of a sparse matrix.
    null, tail, p, permutations
        As `riskindex.statistics.getis_ord.gi_star` has them: what is shuffled, `upper` (hot),
        `lower` (cold), `two-sided` or `mid`, and how p is computed (exact for counts).
    correction, level
        For a Series: how p is corrected for testing many areas, and from which corrected p on
        an area is hot, or cold.

    Returns
    -------
    Gi or DataFrame
        Of an array arrays. Of a Series a table with its index: `z`, `p`, `p_adjusted`, and
        `is_hot` (`tail="lower"`: `is_cold`; `tail="two-sided"`: both); `attrs["null"]` says what p
        assumes.

    Raises
    ------
    DataError
        A label that does not match, missing values, or areas that are not in their own windows.
    ConfigError
        A word that is none of the choices.
    """
    _check_words(null=null, tail=tail, p=p, correction=correction, level=level)
    x, matrix, index = _aligned(values, weights)
    result = getis_ord.gi_star(x, matrix, null=null, tail=tail, p=p, permutations=permutations)
    return result if index is None else _table_of_gi(result, index, tail, correction, level)


def gi(
    values: ArrayLike,
    weights: object,
    *,
    null: Null = "conditional",
    tail: Tail = "upper",
    p: Method = "auto",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
    correction: Correction = "benjamini-hochberg",
    level: float = 0.05,
) -> Gi | pd.DataFrame:
    """Getis-Ord Gi of every area: its neighbours, without itself, against the other areas.

    As `gi_star`, except: the weights are those of `build_weights` as they are, without the area
    itself, and the null is `conditional` unless `total` is named.
    """
    _check_words(null=null, tail=tail, p=p, correction=correction, level=level)
    x, matrix, index = _aligned(values, weights)
    result = getis_ord.gi(x, matrix, null=null, tail=tail, p=p, permutations=permutations)
    return result if index is None else _table_of_gi(result, index, tail, correction, level)


def local_moran(
    values: ArrayLike,
    weights: object,
    *,
    p: Method = "auto",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
    correction: Correction = "benjamini-hochberg",
    level: float = 0.05,
) -> LocalMoran | pd.DataFrame:
    """Local Moran's I of every area (esda's), with a two-sided p that is exact for counts.

    Parameters
    ----------
    values, weights
        As for `gi`.
    p, permutations
        `auto` (exact for counts), `exact`, `permutation`, and the others of `gi`.
    correction, level
        As for `gi_star`.

    Returns
    -------
    LocalMoran or DataFrame
        Of an array arrays. Of a Series a table with its index: `statistic`, `quadrant`
        (`high-high`, `low-low`, `low-high`, `high-low`), `p`, `p_adjusted`, `is_hot` (a cluster of
        high values), `is_cold` (of low ones) and `is_outlier` (unlike its neighbours).

    Raises
    ------
    DataError
        A label that does not match, missing values, or areas in their own windows.
    ConfigError
        A word that is none of the choices.
    """
    _check_words(p=p, correction=correction, level=level)
    x, matrix, index = _aligned(values, weights)
    result = moran.local_moran(x, matrix, p=p, permutations=permutations)
    if index is None:
        return result
    adjusted = adjust(result.p, correction)
    # p is two-sided; the quadrant says which kind of pattern a small p belongs to.
    clear, kind = adjusted <= level, np.array(QUADRANTS, dtype=object)[result.quadrant]
    columns = {
        "statistic": result.statistic,
        "quadrant": kind,
        "p": result.p,
        "p_adjusted": adjusted,
        "is_hot": clear & (kind == "high-high"),
        "is_cold": clear & (kind == "low-low"),
        "is_outlier": clear & np.isin(kind, ("low-high", "high-low")),
    }
    return _table(columns, index, null=result.null)


def poisson_excess(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    dispersion: float = 0.0,
    tail: poisson.Tail = "strict",
    correction: Correction = "benjamini-hochberg",
    level: float = 0.05,
) -> Excess | pd.DataFrame:
    """Upper tail of counts against their expectation, each area by itself.

    Parameters
    ----------
    observed
        Counts: an array, or a Series with the area code as index.
    expected
        Positive means; of a Series too, then with the same index.
    dispersion, tail
        As `riskindex.statistics.poisson.poisson_excess` has them.
    correction, level
        As for `gi_star`.

    Returns
    -------
    Excess or DataFrame
        Of arrays arrays. Of a Series a table with its index: `ratio`, `p`, `p_adjusted`, `is_hot`.

    Raises
    ------
    DataError
        A label that does not match, a count below zero, or a dispersion that is none.
    ConfigError
        A word that is none of the choices.
    """
    _check_words(excess_tail=tail, correction=correction, level=level)
    index = _one_index({"observed": observed, "expected": expected})
    # An expectation of 0 is missing, as in a standardised table; a negative one is a mistake.
    if (np.asarray(expected, dtype=float) < 0).any():
        raise DataError("expected: a number below zero is no number of events; give 0 or more.")
    excess = poisson.poisson_excess(
        np.asarray(observed, dtype=float),
        np.asarray(expected, dtype=float),
        dispersion=dispersion,
        tail=tail,
    )
    if index is None:
        return excess
    return _table({"ratio": excess.ratio, **_verdict(excess.p, correction, level)}, index)


def window_excess(
    observed: ArrayLike,
    exposure: ArrayLike,
    weights: object,
    *,
    tail: poisson.Tail = "mid",
    correction: Correction = "benjamini-hochberg",
    level: float = 0.05,
    **comparison: Unpack[ComparisonOptions],
) -> WindowExcess | pd.DataFrame:
    """Count of every window (an area with its neighbours) against what its exposure leads to.

    Parameters
    ----------
    observed
        Events per area: an array, or a Series with the area code as index; missing where not
        assessed.
    exposure
        What events are expected from: residents, households; of a Series with the same index.
    weights
        Neighbours as `build_weights` has them, a libpysal Graph or W, or a sparse matrix.
    tail, comparison
        As `riskindex.statistics.poisson.window_excess` has them: `dispersion`, `background`,
        `centroids`.
    correction, level
        As for `gi_star`.

    Returns
    -------
    WindowExcess or DataFrame
        Of arrays arrays. Of a Series a table with its index: `observed`, `expected`, `ratio`, `p`,
        `p_adjusted`, `is_hot`; its `attrs` have `dispersion`, `estimator` and `null`.

    Raises
    ------
    DataError
        A label that does not match, or counts that are negative or not whole.
    ConfigError
        A word that is none of the choices.
    """
    _check_words(excess_tail=tail, correction=correction, level=level)
    index = _one_index({"observed": observed, "exposure": exposure})
    neighbours = as_weights(weights)
    matrix = neighbours.matrix if index is None else neighbours.of(index, "observed")
    excess = poisson.window_excess(
        _numbers(observed), _numbers(exposure), matrix, tail=tail, **comparison
    )
    if index is None:
        return excess
    columns = {"observed": excess.observed, "expected": excess.expected, "ratio": excess.ratio}
    return _table(
        columns | _verdict(excess.p, correction, level),
        index,
        null=excess.null,
        dispersion=excess.dispersion,
        estimator=excess.estimator,
    )


class _Aligned(NamedTuple):
    """Values and weights in one order, and the labels that come back."""

    values: Array
    matrix: Any
    labels: "pd.Index[Any] | None"


def _aligned(values: ArrayLike, weights: object) -> _Aligned:
    neighbours = as_weights(weights)
    if not isinstance(values, pd.Series):
        return _Aligned(_numbers(values), neighbours.matrix, None)
    # Weights are aligned by label: two tables sorted differently would give wrong windows unseen.
    matrix = neighbours.of(values.index, "values")
    empty = values.index[values.isna()]
    if len(empty):
        raise DataError(
            f"values: {len(empty):,} of {len(values):,} areas have none (first: {empty[0]!r}). "
            "Build the weights from the areas that have one."
        )
    return _Aligned(_numbers(values), matrix, values.index)


def _numbers(values: ArrayLike) -> Array:
    """Values as an array of floats, missing ones NaN."""
    try:
        # Nullable integers of pandas hold NA, which NumPy turns into NaN only when asked.
        plain = values.to_numpy(na_value=np.nan) if isinstance(values, pd.Series) else values
        return np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"values: they must be numbers ({error}).") from None


def _one_index(given: dict[str, ArrayLike]) -> "pd.Index[Any] | None":
    """The labels of those that have any, which must be the same."""
    labelled = {
        name: values.index for name, values in given.items() if isinstance(values, pd.Series)
    }
    if not labelled:
        return None
    # The same order too, because the arrays carry no labels from here on.
    (first, index), *others = labelled.items()
    for name, other in others:
        if not other.equals(index):
            raise DataError(
                f"{name}: its labels are not those of {first}, in the same order. Put them in one "
                f"order: {name}.reindex({first}.index)."
            )
    return index


def _table_of_gi(
    result: Gi, index: "pd.Index[Any]", tail: Tail, correction: Correction, level: float
) -> pd.DataFrame:
    verdict = _verdict(result.p, correction, level)
    # A small lower tail is a cold spot, so the flag is named by the tail that was tested.
    clear = verdict.pop("is_hot")
    flags = {name: clear & is_side(result.z) for name, is_side in _SIDES[tail].items()}
    return _table({"z": result.z} | verdict | flags, index, null=result.null)


def _anywhere(z: Array) -> Flags:
    return ~np.isnan(z)


_SIDES: dict[str, dict[str, Callable[[Array], Flags]]] = {
    "upper": {"is_hot": _anywhere},
    "mid": {"is_hot": _anywhere},
    "lower": {"is_cold": _anywhere},
    "two-sided": {"is_hot": lambda z: z > 0, "is_cold": lambda z: z < 0},
}
"""Tail to what a small p means there."""


def _verdict(p: Array, correction: Correction, level: float) -> dict[str, Any]:
    adjusted = adjust(p, correction)
    return {"p": p, "p_adjusted": adjusted, "is_hot": adjusted <= level}


def _table(columns: dict[str, Any], index: "pd.Index[Any]", **attributes: object) -> pd.DataFrame:
    table = pd.DataFrame(columns, index=index)
    table.attrs.update(attributes)
    return table


_WORDS: dict[str, Collection[str]] = {
    "null": NULLS,
    "tail": TAILS,
    "excess_tail": poisson.TAILS,
    "p": METHODS,
    "correction": CORRECTIONS,
}


def _check_words(*, level: float, **given: str) -> None:
    """Refuse words that are none of the choices, all of them together."""
    faults = [
        f"{name.removeprefix('excess_')}: no {word!r}; there are {', '.join(_WORDS[name])}."
        for name, word in given.items()
        if word not in _WORDS[name]
    ]
    if not 0 < level < 1:
        faults.append(f"level: {level} must be between 0 and 1, such as 0.05.")
    if faults:
        raise ConfigError(faults)

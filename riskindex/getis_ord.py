"""Getis-Ord Gi and Gi*: where high values cluster, with p-values that are exact for counts."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import ndtr

from riskindex.draws import TAILS, Tail, p_of_sums
from riskindex.errors import DataError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Null = Literal["total", "conditional"]

NULLS = {
    "total": "counts exchangeable between areas",
    "conditional": "counts of the other areas exchangeable, the area's own held fixed",
}


class Gi(NamedTuple):
    """z-scores, exact p-values and the null hypothesis they belong to."""

    z: Array
    p: Array
    null: str


def with_self(weights: sparse.csr_array) -> sparse.csr_array:
    """The same weights with every area in its own window, weight 1."""
    own = sparse.eye_array(weights.shape[0], format="csr")
    return sparse.csr_array(_without_self(weights) + own)


def gi_star(
    values: ArrayLike,
    weights: sparse.csr_array,
    *,
    tail: Tail = "upper",
    null: Null = "total",
) -> Gi:
    """Getis-Ord Gi* of every area."""
    x, weights = _checked(values, weights)
    if (weights.diagonal() == 0).any():
        raise DataError("gi_star needs every area in its own window: pass with_self(weights).")
    z = _z_star(x, weights)
    drawn = weights if null == "total" else _without_self(weights)
    return Gi(z, _p(x, drawn, z, tail, null), NULLS[null])


def gi(
    values: ArrayLike,
    weights: sparse.csr_array,
    *,
    tail: Tail = "upper",
    null: Null = "conditional",
) -> Gi:
    """Getis-Ord Gi of every area."""
    x, weights = _checked(values, weights)
    if weights.diagonal().any():
        raise DataError("gi takes no area in its own window: use gi_star for those weights.")
    z = _z(x, weights)
    return Gi(z, _p(x, weights, z, tail, null), NULLS[null])


def _checked(values: ArrayLike, weights: sparse.csr_array) -> tuple[Array, sparse.csr_array]:
    x = np.asarray(values, dtype=np.float64)
    weights = sparse.csr_array(weights)
    if not weights.data.all() or not weights.has_canonical_format:
        weights = weights.copy()
        weights.sum_duplicates()
        weights.eliminate_zeros()
    if not np.isfinite(x).all():
        raise DataError("values")
    sizes = np.diff(weights.indptr)
    if weights.data.min(initial=1.0) != weights.data.max(initial=1.0) or weights.data[:1] != 1:
        starts = weights.indptr[:-1][sizes > 0]
        scale = np.repeat(np.abs(weights.data[starts]), sizes[sizes > 0])
        data = weights.data / scale
        data[np.abs(data - 1) < 1e-12] = 1.0
        weights = sparse.csr_array((data, weights.indices, weights.indptr), shape=weights.shape)
    return x, weights


def _without_self(weights):
    coo = weights.tocoo()
    keep = coo.row != coo.col
    return sparse.csr_array((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=weights.shape)


def _centred(x):
    x = x - x.mean()
    return x - x.mean()


def _z_star(x, weights):
    n, c = len(x), _centred(x)
    if np.ptp(x) == 0:
        return np.full(n, np.nan)
    w, w2 = weights.sum(axis=1), weights.power(2).sum(axis=1)
    spread = c.std() * np.sqrt((n * w2 - w**2) / max(n - 1, 1))
    out = np.full(n, np.nan)
    ok = (spread > 0) & (np.diff(weights.indptr) > 1)
    return np.divide(weights @ c, spread, out=out, where=ok)


def _z(x, weights):
    n, c = len(x), _centred(x)
    w, w2 = weights.sum(axis=1), weights.power(2).sum(axis=1)
    s2 = ((c**2).sum() - c**2 * n / (n - 1)) / (n - 1)
    spread = np.sqrt(s2 * ((n - 1) * w2 - w**2) / (n - 2))
    return np.divide(weights @ c + w * c / (n - 1), spread, out=np.full(n, np.nan), where=spread > 0)


def _p(x, weights, z, tail, null):
    p = np.full(len(x), np.nan)
    k = (x - x.min()).astype(np.int64)
    sizes = np.diff(weights.indptr)
    sums = (weights @ k.astype(float)).astype(np.int64)
    at = np.flatnonzero(~np.isnan(z))
    if len(at):
        held = k[at] if null == "conditional" else None
        p[at] = p_of_sums(k, sizes[at], sums[at], tail=tail, held=held)
    return p

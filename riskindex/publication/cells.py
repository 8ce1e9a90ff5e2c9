"""Protected cells: counts with noise that depends on their records and on a private key."""

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Array, Fingerprints, Flags, Integers, Texts
from riskindex.disclosure import WITHHELD, CellRules, round_half_up


class ProtectedCells(NamedTuple):
    """What may leave of counts from restricted sources; `protect` alone makes it."""

    values: Array
    """Rounded counts, NaN where a cell is withheld."""
    marks: Texts
    """`[c]` where a cell is withheld, else ""."""


def protect(
    counts: Array,
    fingerprints: Fingerprints,
    key: bytes,
    rules: CellRules,
    *,
    empty: Fingerprints,
    small: Flags,
) -> ProtectedCells:
    """Make protected cells of counts.

    Parameters
    ----------
    counts
        Records or people counted in each cell, shape `(n,)`; NaN is not assessed and stays so.
    fingerprints
        Sum of the fingerprints of each cell's records, see `riskindex.events.fingerprints`.
    key
        The release key.
    rules
        Noise, threshold and rounding.
    empty
        Fingerprint of each cell's place, measure and period, which stands in where there is no
        record: otherwise all empty cells would share one noise and be known by it.
    small
        Cells of too few areas or residents, which are withheld whatever they hold.

    References
    ----------
    Fraser and Wooton (2005), A proposed method for confidentialising tabular output to protect
    against differencing; Leaver (2009), Implementing a method for automatically protecting
    user-defined census tables (the cell-key method).
    """
    # Cell-key method: noise hangs on the records alone, so that one count asked for in five
    # spellings (another period, an equal definition) cannot be averaged out.
    noised = counts + noise(np.where(fingerprints == 0, empty, fingerprints), key, rules.epsilon)
    # The threshold is held against the noised count: held against the true one, the mark itself
    # would tell exactly that a count is below it.
    withheld = small | (noised < rules.threshold)
    rounded = round_half_up(noised, rules.rounding)
    # A noised 8 is at least the threshold, and must not be printed as something below it.
    return ProtectedCells(
        np.where(withheld, np.nan, np.maximum(rounded, rules.rounding)),
        np.where(withheld & ~np.isnan(counts), WITHHELD, "").astype(object),
    )


def noise(fingerprints: Fingerprints, key: bytes, epsilon: float) -> Integers:
    """Discrete Laplace noise, decided by fingerprints and the key alone.

    Parameters
    ----------
    fingerprints
        One per cell, any shape.
    key
        The release key; who does not hold it can predict nothing of the noise.
    epsilon
        P(noise = k) is proportional to exp(-epsilon |k|).

    Returns
    -------
    array of int64
        The same fingerprint has the same noise, always and everywhere.

    References
    ----------
    Ghosh, Roughgarden and Sundararajan (2012), Universally utility-maximizing privacy mechanisms,
    SIAM Journal on Computing 41, 1673-1693 (the two-sided geometric distribution).
    """
    # Hashing is the slow part and many cells share records: each fingerprint is hashed once.
    each, of = np.unique(fingerprints, return_inverse=True)
    drawn = np.fromiter(
        (
            int.from_bytes(blake2b(int(f).to_bytes(8, "little"), key=key, digest_size=8).digest())
            for f in each.tolist()
        ),
        dtype=np.uint64,
        count=len(each),
    )
    # Inverse transform of the discrete Laplace law; the two halves of the table are of one length,
    # so that its middle is no noise.
    limits = _limits(epsilon)
    draws = np.searchsorted(limits, drawn, side="right") - len(limits) // 2
    return np.asarray(draws[of].reshape(fingerprints.shape), dtype=np.int64)


@lru_cache(maxsize=8)
def _limits(epsilon: float) -> Fingerprints:
    """P(noise <= k) for k from -m to m - 1, in units of 2**-64; beyond m the noise is rarer.

    Whole numbers are compared, so that no rounding of a platform's logarithm moves a draw.
    """
    # exp(-45) is below 2**-64: what lies beyond m cannot be drawn with eight bytes.
    m = int(np.ceil(45 / epsilon))
    k, q = np.arange(-m, m, dtype=float), np.exp(-epsilon)
    below = np.where(k < 0, q ** np.abs(k) / (1 + q), 1 - q ** (k + 1) / (1 + q))
    return np.array([min(int(p * 2.0**64), 2**64 - 1) for p in below], dtype=np.uint64)


def of_place(*words: str) -> int:
    """Fingerprint of a cell without records: its place, measure and period, in this order."""
    # The unit separator cannot be part of a name, so that ("ab", "c") and ("a", "bc") are two
    # cells.
    return int.from_bytes(blake2b("\x1f".join(words).encode(), digest_size=8).digest())

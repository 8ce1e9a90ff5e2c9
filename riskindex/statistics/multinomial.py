"""Events shared out by chance: draws of the multinomial law, alike with every version of NumPy."""

import numpy as np
from numpy.typing import ArrayLike

from riskindex.arrays import Integers

SPARED = 4
"""Standard deviations of the total that are left to be shared out event by event."""


def draw_multinomial(
    rng: np.random.Generator, total: int, chances: ArrayLike, *, draws: int
) -> Integers:
    """Numbers of events per class where so many fall on the classes by chance, each alone.

    Independent Poisson counts are multinomial given their sum: nearly all events are drawn so, and
    what is missing from the total is added event by event, which leaves the law exact. NumPy's own
    `multinomial` is made of binomials, of which versions before 2.5 accept some large ones wrongly.

    Parameters
    ----------
    rng
        Where the draws come from.
    total
        Number of events, the same in each draw.
    chances
        Of the classes, shape `(n,)`: numbers of 0 or more, in proportion to the probabilities.
    draws
        How many times all events are drawn.

    Returns
    -------
    Integers
        Shape `(draws, n)`; each row adds up to the total.

    Examples
    --------
    >>> draw_multinomial(np.random.default_rng(1), 1000, [1, 3], draws=2).sum(axis=1).tolist()
    [1000, 1000]
    """
    shares = np.asarray(chances, dtype=np.float64)
    shares = shares / shares.sum()
    mean = max(total - SPARED * np.sqrt(total), 0.0)
    drawn = np.zeros((draws, len(shares)), dtype=np.int64)
    too_many = np.ones(draws, dtype=bool)
    while too_many.any():
        drawn[too_many] = rng.poisson(mean * shares, (int(too_many.sum()), len(shares)))
        # Whether a draw is kept hangs on its sum alone, given which it is multinomial.
        too_many = drawn.sum(axis=1) > total
    missing = total - drawn.sum(axis=1)
    edges = np.cumsum(shares)
    picked = np.searchsorted(edges / edges[-1], rng.random(int(missing.sum())), side="right")
    np.add.at(drawn, (np.repeat(np.arange(draws), missing), picked), 1)
    return drawn

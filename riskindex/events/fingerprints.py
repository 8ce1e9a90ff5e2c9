"""Fingerprints: one number for a set of records (a record key), however a query spells it.

Census offices protect a table by noise that is drawn from the records of each cell (the cell-key
method of Fraser and Wooton, 2005). The key of a cell must depend on its records alone: would
it depend on the name of a source, the label of a period, a rule's wording or the order of rows,
then one count could be asked for in several spellings, and the mean of their noise would tell it.

The fingerprint of a record is the print of the area that it was placed in times the print of its
date; that of a cell is the sum over its records modulo 2**64. So fingerprints add up as counts do,
over areas and over periods, and are counted along with them. They come from public codes and dates
without a secret, and never change: they are no protection by themselves, and belong in no output.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from riskindex.arrays import Dates, Fingerprints

LARGEST = 2**31 - 1
"""The largest print; a product of two fits into 62 bits, which every engine can sum."""


def area_prints(codes: Iterable[str]) -> Fingerprints:
    """Prints of areas.

    Parameters
    ----------
    codes
        Area codes, n of them.

    Returns
    -------
    array of uint64, shape (n,)
        Whole numbers from 1 to 2**31 - 1 that look random, the same for a code for ever.

    Examples
    --------
    >>> area_prints(["E01000001", "E01000002"]).tolist()
    [1435450372, 814385064]
    """
    return _prints(codes, b"area")


def day_prints(days: Dates) -> Fingerprints:
    """Prints of dates.

    Parameters
    ----------
    days
        Dates, n of them, none missing; what is finer than a day is left out. A month stands for
        its first day, as it does where a record, or a warehouse's answer, has no more than that.

    Returns
    -------
    array of uint64, shape (n,)
        Whole numbers from 1 to 2**31 - 1 that look random, the same for a date for ever.

    Examples
    --------
    >>> day_prints(np.array(["2022-03-01", "2022-03-02"], dtype="datetime64[D]")).tolist()
    [760025195, 329146559]
    """
    return _prints(np.datetime_as_string(days, unit="D").tolist(), b"day")


def _prints(texts: Iterable[str], kind: bytes) -> Fingerprints:
    """Hashes of texts; a code that looks like a date has another print than the date."""
    # A keyed hash is not needed here: the secret comes with the noise, and prints must be the same
    # for two owners of one table.
    hashes = (blake2b(text.encode(), digest_size=8, person=kind).digest() for text in texts)
    # Little-endian by name, so that a big-endian machine gives the same prints.
    numbers = np.frombuffer(b"".join(hashes), dtype="<u8").astype(np.uint64)
    return np.asarray(numbers % np.uint64(LARGEST) + np.uint64(1), dtype=np.uint64)

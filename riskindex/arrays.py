"""Names of the arrays that the package takes and returns, one for each kind; an array as a key."""

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Numbers; NaN where one is missing."""
Flags = NDArray[np.bool_]
"""Yes or no, one per area, period or record."""
Integers = NDArray[np.int64]
"""Whole numbers: counts, mostly."""
Positions = NDArray[np.intp]
"""Where something stands in another array."""
SmallIntegers = NDArray[np.int32]
"""Whole numbers in four bytes, where there are many: ranks of repeats (0 where not assessed), areas
of events, entries of a sparse matrix."""
Fingerprints = NDArray[np.uint64]
"""Hashes of records or of what they say, in eight bytes."""
Complex = NDArray[np.complex128]
"""Values of a Fourier transform."""
Texts = NDArray[np.object_]
"""Texts; None, or an empty one, where there is none."""
Shapes = NDArray[np.object_]
"""Geometries of shapely, which ships no types."""
Columns = dict[str, NDArray[Any]]
"""Columns of a table that is still to be made, each with one value per row."""
AnyArray = NDArray[Any]
"""Values of any one type."""
Dates = NDArray[np.datetime64]
"""Days or moments."""
Words = NDArray[np.str_]
"""Texts of a bounded length, none missing."""
Bands = NDArray[np.int8]
"""Small whole numbers, such as 0, 90, 95 and 99."""
WholeNumbers = NDArray[np.integer]
"""Whole numbers of any size, as a database gives them."""

Value = TypeVar("Value")
"""What a key holds."""


class IdentityKey(Generic[Value]):
    """Equal to nothing but the same object, which must not be changed in place.

    For functions with `functools.lru_cache`, whose arguments must be hashable; it holds the
    object, so that no other can get its place in memory.
    """

    def __init__(self, value: Value) -> None:
        self.value = value

    def __hash__(self) -> int:
        # A number that belongs to the object while it lives; the key keeps it alive.
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and other.value is self.value

"""Names of the arrays that statistics take and return."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Numbers; NaN where one is missing."""
Flags = NDArray[np.bool_]
"""Yes or no, one per area, period or record."""
Integers = NDArray[np.int64]
"""Whole numbers: counts, or positions."""
Ranks = NDArray[np.int32]
"""Competition ranks, 0 where not assessed; narrow, because repeats make many."""

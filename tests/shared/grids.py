"""Square maps for tests: neighbours by side and corner."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array


def lattice(side: int = 20) -> csr_array:
    """Neighbours of the areas of a square map, shape (side^2, side^2)."""
    row, column = np.divmod(np.arange(side**2), side)
    near = (np.abs(row[:, None] - row) <= 1) & (np.abs(column[:, None] - column) <= 1)
    np.fill_diagonal(near, False)
    return csr_array(near.astype(float))


def codes(side: int = 20) -> pd.Index:
    """Area codes of a square map."""
    return pd.Index([f"a{k:04d}" for k in range(side**2)], name="area_code")

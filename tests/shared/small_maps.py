"""Small maps for tests of spatial statistics."""

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, kron


def joined(n: int, *pairs: tuple[int, int]) -> csr_array:
    """Neighbours from pairs of areas."""
    i, j = np.array(pairs, int).reshape(-1, 2).T
    return csr_array((np.ones(2 * len(i)), (np.r_[i, j], np.r_[j, i])), shape=(n, n))


def lattice(rows: int, columns: int) -> csr_array:
    """Queen neighbours of a lattice."""
    lines = [eye_array(n, k=-1) + eye_array(n) + eye_array(n, k=1) for n in (rows, columns)]
    return csr_array(kron(*lines) - eye_array(rows * columns))


def shuffled(neighbours: csr_array, order: np.ndarray) -> csr_array:
    """The same map with its areas in another order."""
    return csr_array(csr_array(neighbours)[order][:, order])


def from_edges(i: np.ndarray, j: np.ndarray, n: int) -> csr_array:
    """Neighbours from a list of edges."""
    return csr_array(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)))

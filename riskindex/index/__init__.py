"""From tests to the list: scores, weights, the weighted index, the selection, and reasons."""

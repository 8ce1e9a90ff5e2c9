"""Exact laws of sums: of numbers drawn from an urn, and of Poisson counts in a window."""

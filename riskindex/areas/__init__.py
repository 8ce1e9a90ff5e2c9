"""The land: boundaries, neighbours, groups, census editions, and tables by area."""

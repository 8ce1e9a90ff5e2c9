"""Which areas are hot, in which period, for how long."""

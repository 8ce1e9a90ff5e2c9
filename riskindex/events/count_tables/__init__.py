"""Published counts by area and period, in place of records."""

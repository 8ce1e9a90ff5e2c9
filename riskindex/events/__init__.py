"""Records of events: from files, data frames or a warehouse to counts per area and period."""

"""The numbers of a needs assessment, each with its base and interval, in one tidy table."""

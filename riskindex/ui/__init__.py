"""A page on this computer for those who do not write TOML: files, choices, faults, run, results."""

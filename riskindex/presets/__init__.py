"""Configs to start from: published methods as far as they are known, and open data alone."""

"""The invented county, with planted clusters, to try everything on."""

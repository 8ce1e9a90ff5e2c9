"""From a folder of downloads, or from nothing, to a config that runs."""

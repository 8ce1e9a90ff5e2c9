"""A config of one source and one factor, changed key by key in tests."""

import copy

import pytest

from riskindex.config import parse_config
from riskindex.errors import ConfigError

SMALL = {
    "title": "A small county",
    "place": "Smallshire",
    "areas": {"boundaries": "areas.gpkg", "code": "code"},
    "bases": {"residents": "age.residents"},
    "shares": {},
    "sources": {
        "asb": {"kind": "events", "path": "asb.csv", "date": "date", "area": "lsoa"},
        "age": {"kind": "table", "path": "age.csv", "columns": {"residents": "All", "old": "65+"}},
    },
    "factors": [
        {
            "name": "asb",
            "label": "Anti-social behaviour",
            "source": "asb",
            "method": "window",
            "exposure": "residents",
            "periods": [2022],
            "score": "confidence",
        }
    ],
}


def changed(**changes):
    """The small config with a factor's fields (or top-level tables) changed."""
    config = copy.deepcopy(SMALL)
    for key, value in changes.items():
        (config if key in SMALL else config["factors"][0])[key] = value
    return config


def faults_of(config):
    with pytest.raises(ConfigError) as caught:
        parse_config(config)
    return caught.value.faults

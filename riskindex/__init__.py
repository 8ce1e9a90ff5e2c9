"""riskindex: from police events, census tables and boundaries to the areas most at risk.

Public names load on first use, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskindex.areas.neighbours import Neighbours
    from riskindex.areas.read import read_areas
    from riskindex.areas.weights import Weights, build_weights, with_self
    from riskindex.config import Config, parse_config, read_config
    from riskindex.demo.county import synthetic_county
    from riskindex.errors import (
        ConfigError,
        DataError,
        DisclosureError,
        InputError,
        RiskindexError,
    )
    from riskindex.events.count import count_events
    from riskindex.hotspots.labelled_tests import (
        gi,
        gi_star,
        local_moran,
        poisson_excess,
        window_excess,
    )
    from riskindex.hotspots.persistence import classify_persistence
    from riskindex.index.build import build_index
    from riskindex.index.selection import select_top
    from riskindex.pipeline import release, run, save
    from riskindex.publication.released import Released
    from riskindex.result import Result

_HOME = {
    "build_index": "index.build",
    "build_weights": "areas.weights",
    "classify_persistence": "hotspots.persistence",
    "Config": "config",
    "ConfigError": "errors",
    "count_events": "events.count",
    "DataError": "errors",
    "DisclosureError": "errors",
    "gi": "hotspots.labelled_tests",
    "gi_star": "hotspots.labelled_tests",
    "InputError": "errors",
    "local_moran": "hotspots.labelled_tests",
    "Neighbours": "areas.neighbours",
    "parse_config": "config",
    "poisson_excess": "hotspots.labelled_tests",
    "read_areas": "areas.read",
    "read_config": "config",
    "release": "pipeline",
    "Released": "publication.released",
    "Result": "result",
    "RiskindexError": "errors",
    "run": "pipeline",
    "save": "pipeline",
    "select_top": "index.selection",
    "synthetic_county": "demo.county",
    "Weights": "areas.weights",
    "window_excess": "hotspots.labelled_tests",
    "with_self": "areas.weights",
}

__all__ = [
    "Config",
    "ConfigError",
    "DataError",
    "DisclosureError",
    "InputError",
    "Neighbours",
    "Released",
    "Result",
    "RiskindexError",
    "Weights",
    "build_index",
    "build_weights",
    "classify_persistence",
    "count_events",
    "gi",
    "gi_star",
    "local_moran",
    "parse_config",
    "poisson_excess",
    "read_areas",
    "read_config",
    "release",
    "run",
    "save",
    "select_top",
    "synthetic_county",
    "window_excess",
    "with_self",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'riskindex' has no attribute {name!r}")
    return getattr(import_module(f"riskindex.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

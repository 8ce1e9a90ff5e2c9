"""riskindex: from police events, census tables and boundaries to the areas most at risk.

Public names load on first use, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskindex.config import parse_config, read_config
    from riskindex.counts import count_events
    from riskindex.getis_ord import gi, gi_star
    from riskindex.index import build_index
    from riskindex.inputs import read_areas
    from riskindex.neighbours import build_weights
    from riskindex.persistence import classify_persistence
    from riskindex.pipeline import release, run, save
    from riskindex.poisson import poisson_excess
    from riskindex.released import Released, Result
    from riskindex.selection import select_top
    from riskindex.synthetic import synthetic_county

_HOME = {
    "build_index": "index",
    "build_weights": "neighbours",
    "classify_persistence": "persistence",
    "count_events": "counts",
    "gi": "getis_ord",
    "gi_star": "getis_ord",
    "parse_config": "config",
    "poisson_excess": "poisson",
    "read_areas": "inputs",
    "read_config": "config",
    "release": "pipeline",
    "Released": "released",
    "Result": "released",
    "run": "pipeline",
    "save": "pipeline",
    "select_top": "selection",
    "synthetic_county": "synthetic",
}

__all__ = [
    "Released",
    "Result",
    "build_index",
    "build_weights",
    "classify_persistence",
    "count_events",
    "gi",
    "gi_star",
    "parse_config",
    "poisson_excess",
    "read_areas",
    "read_config",
    "release",
    "run",
    "save",
    "select_top",
    "synthetic_county",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'riskindex' has no attribute {name!r}")
    return getattr(import_module(f"riskindex.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

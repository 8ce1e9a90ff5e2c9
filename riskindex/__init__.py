"""riskindex: from police events, census tables and boundaries to the areas most at risk.

Public names load on first use, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskindex.areas.editions import Vintage
    from riskindex.areas.map_context import ContextLayer, MapOptions
    from riskindex.areas.neighbours import Neighbours
    from riskindex.areas.place_files import NamedPolygons
    from riskindex.areas.postcodes import Postcodes
    from riskindex.areas.read import AreaSource, GroupLookup, read_areas
    from riskindex.areas.table_files import TableSource
    from riskindex.areas.weights import Weights, build_weights, with_self
    from riskindex.assessment.options import Benchmark, Document, Figure, Measure, OtherRecords
    from riskindex.assessment.series import SeriesSource
    from riskindex.config import Config, parse_config, read_config
    from riskindex.definitions import Clause, Definition
    from riskindex.demo.county import synthetic_county
    from riskindex.disclosure import Release
    from riskindex.errors import ConfigError, DataError, DisclosureError, InputError, RiskindexError
    from riskindex.events.count import count_events
    from riskindex.events.count_tables.options import CountsSource
    from riskindex.events.coverage import Coverage, Inventory
    from riskindex.events.periods import Periods
    from riskindex.events.read import frame_events
    from riskindex.events.sources import EventSource, PoliceSource
    from riskindex.events.warehouses.query import WarehouseSource
    from riskindex.factors import EventGroup, Factor, Share
    from riskindex.hotspots.labelled_tests import (
        gi,
        gi_star,
        local_moran,
        poisson_excess,
        window_excess,
    )
    from riskindex.hotspots.persistence import classify_persistence
    from riskindex.index.build import Index, build_index
    from riskindex.index.selection import Override, Selection, select_top
    from riskindex.outputs.interactive_map import build_map, save_map
    from riskindex.pipeline import release, run, save
    from riskindex.planning.named_places import PlaceRules
    from riskindex.planning.teams import Plan
    from riskindex.publication.released import Released
    from riskindex.result import Result
    from riskindex.statistics.getis_ord import GetisOrd
    from riskindex.statistics.permutations import Permutations
    from riskindex.uncertainty.replay import Robustness

__version__ = "0.1.0"

_HOME = {
    "areas.editions": ("Vintage",),
    "areas.map_context": ("ContextLayer", "MapOptions"),
    "areas.neighbours": ("Neighbours",),
    "areas.place_files": ("NamedPolygons",),
    "areas.postcodes": ("Postcodes",),
    "areas.read": (
        "AreaSource",
        "GroupLookup",
        "read_areas",
    ),
    "areas.table_files": ("TableSource",),
    "areas.weights": (
        "Weights",
        "build_weights",
        "with_self",
    ),
    "assessment.options": (
        "Benchmark",
        "Document",
        "Figure",
        "Measure",
        "OtherRecords",
    ),
    "assessment.series": ("SeriesSource",),
    "config": (
        "Config",
        "parse_config",
        "read_config",
    ),
    "definitions": ("Clause", "Definition"),
    "demo.county": ("synthetic_county",),
    "disclosure": ("Release",),
    "errors": (
        "ConfigError",
        "DataError",
        "DisclosureError",
        "InputError",
        "RiskindexError",
    ),
    "events.count": ("count_events",),
    "events.count_tables.options": ("CountsSource",),
    "events.coverage": (
        "Coverage",
        "Inventory",
    ),
    "events.periods": ("Periods",),
    "events.read": ("frame_events",),
    "events.sources": (
        "EventSource",
        "PoliceSource",
    ),
    "events.warehouses.query": ("WarehouseSource",),
    "factors": (
        "EventGroup",
        "Factor",
        "Share",
    ),
    "hotspots.labelled_tests": (
        "gi",
        "gi_star",
        "local_moran",
        "poisson_excess",
        "window_excess",
    ),
    "hotspots.persistence": ("classify_persistence",),
    "index.build": (
        "Index",
        "build_index",
    ),
    "index.selection": (
        "Override",
        "Selection",
        "select_top",
    ),
    "outputs.interactive_map": (
        "build_map",
        "save_map",
    ),
    "pipeline": (
        "release",
        "run",
        "save",
    ),
    "planning.named_places": ("PlaceRules",),
    "planning.teams": ("Plan",),
    "publication.released": ("Released",),
    "result": ("Result",),
    "statistics.getis_ord": ("GetisOrd",),
    "statistics.permutations": ("Permutations",),
    "uncertainty.replay": ("Robustness",),
}
"""Module to the public names in it."""
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AreaSource",
    "Benchmark",
    "Clause",
    "Config",
    "ConfigError",
    "ContextLayer",
    "CountsSource",
    "Coverage",
    "DataError",
    "Definition",
    "DisclosureError",
    "Document",
    "EventGroup",
    "EventSource",
    "Factor",
    "Figure",
    "GetisOrd",
    "GroupLookup",
    "Index",
    "InputError",
    "Inventory",
    "MapOptions",
    "Measure",
    "NamedPolygons",
    "Neighbours",
    "OtherRecords",
    "Override",
    "Periods",
    "Permutations",
    "PlaceRules",
    "Plan",
    "PoliceSource",
    "Postcodes",
    "Release",
    "Released",
    "Result",
    "RiskindexError",
    "Robustness",
    "Selection",
    "SeriesSource",
    "Share",
    "TableSource",
    "Vintage",
    "WarehouseSource",
    "Weights",
    "__version__",
    "build_index",
    "build_map",
    "build_weights",
    "classify_persistence",
    "count_events",
    "frame_events",
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
    "save_map",
    "select_top",
    "synthetic_county",
    "window_excess",
    "with_self",
]


def __getattr__(name: str) -> object:
    if name not in _MODULE:
        if name[:1].isupper():  # any other option of a config, by the name of its class
            schema = import_module("riskindex.config_schema")
            options = {one.__name__: one for one in schema.OPTIONS}
            if name in options:
                return options[name]
        raise AttributeError(f"module 'riskindex' has no attribute {name!r}")
    # On first use: pandas, shapely and the like take seconds, which a script that needs one name
    # should not pay.
    return getattr(import_module(f"riskindex.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return __all__

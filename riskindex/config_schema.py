"""The JSON schema of the config, by which editors complete and explain each key."""

import ast
import inspect
import textwrap
from typing import Any

from riskindex.areas.editions import Vintage
from riskindex.areas.grids import Grid
from riskindex.areas.map_context import ContextLayer, MapOptions
from riskindex.areas.neighbours import Neighbours
from riskindex.areas.place_files import NamedPolygons
from riskindex.areas.postcodes import Postcodes
from riskindex.areas.read import AreaSource, GroupLookup
from riskindex.areas.table_files import TableSource
from riskindex.assessment.options import (
    Benchmark,
    Document,
    Figure,
    Measure,
    OtherRecords,
    Profiles,
)
from riskindex.assessment.series import SeriesSource
from riskindex.config import Config
from riskindex.config_faults import Node
from riskindex.definitions import Clause, Definition
from riskindex.disclosure import Release
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.coverage import Coverage, Inventory
from riskindex.events.periods import Periods
from riskindex.events.sources import EventSource, PoliceSource
from riskindex.events.warehouses.query import WarehouseSource
from riskindex.factors import EventGroup, Factor, Share
from riskindex.index.build import Index
from riskindex.index.selection import Override, Selection
from riskindex.planning.named_places import PlaceRules
from riskindex.planning.teams import Plan
from riskindex.statistics.getis_ord import GetisOrd
from riskindex.uncertainty.replay import Robustness

OPTIONS: tuple[type, ...] = (
    ContextLayer,
    NamedPolygons,
    MapOptions,
    AreaSource,
    Benchmark,
    Clause,
    CountsSource,
    Coverage,
    Definition,
    Document,
    EventGroup,
    EventSource,
    Factor,
    Figure,
    GetisOrd,
    Grid,
    GroupLookup,
    Index,
    Inventory,
    Measure,
    Neighbours,
    OtherRecords,
    Override,
    Periods,
    PlaceRules,
    Plan,
    PoliceSource,
    Postcodes,
    Profiles,
    Release,
    Robustness,
    Selection,
    SeriesSource,
    Share,
    TableSource,
    Vintage,
    WarehouseSource,
)
"""The options of a config, each a class beside the code that it steers."""


def schema() -> dict[str, Any]:
    """JSON schema of the config, with the meaning of every key, for editors."""
    document = Config.model_json_schema()
    for option in OPTIONS:
        # Editors show these texts beside each key as it is typed.
        properties = document["$defs"][option.__name__]["properties"]
        # The text under a field is written once, and serves the code, the reference and the editor.
        for key, text in _attribute_docstrings(option).items():
            properties[key]["description"] = text
        if "periods" in properties:  # a year is written as a number, too: periods = [2025]
            _take_numbers(properties["periods"])
    return document


def _take_numbers(node: Node) -> None:
    """Let the texts of a list be whole numbers in a schema, as they are on reading."""
    for choice in (node, *node.get("anyOf", ())):
        if choice.get("items") == {"type": "string"}:
            choice["items"] = {"type": ["string", "integer"]}


def _attribute_docstrings(option: type) -> dict[str, str]:
    # Python drops the string under a field; pydantic reads it for its own models alone, and the
    # options are plain dataclasses so that they can be made without pydantic.
    body = ast.parse(textwrap.dedent(inspect.getsource(option))).body[0]
    assert isinstance(body, ast.ClassDef)
    texts = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            texts[field.target.id] = inspect.cleandoc(str(text.value.value))
    return texts

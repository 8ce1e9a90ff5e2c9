import pandas as pd
import pytest

from riskindex.config import parse_config
from riskindex.errors import DisclosureError
from riskindex.publication.protection import (
    is_open,
    refuse_bare_tables,
    restricted_columns,
    restricted_factors,
    restricted_measures,
    restricted_sources,
    sources_of,
)

EVENTS = {"kind": "events", "path": "-", "date": "d", "area": "a"}
TABLE = {"kind": "table", "path": "-", "code": "c", "columns": {"poor": "p", "all": "q"}}
BOTH = [
    {"label": "ours", "source": "own", "weight": 1},
    {"label": "theirs", "source": "police", "weight": 1},
]


def config(**changes):
    base = {"method": "window", "exposure": "residents", "periods": ["2022"]}
    factors = [
        {"name": "mixed", "label": "Mixed", "event_groups": BOTH, "score": "confidence", **base},
        {"name": "crime", "label": "Crime", "source": "police", "score": "confidence", **base},
    ]
    given = {
        "title": "T",
        "place": "Essex",
        "areas": {"boundaries": "-", "code": "c"},
        "bases": {"residents": "people.all"},
        "sources": {
            "own": EVENTS,
            "police": {"kind": "police.uk", "path": "-"},
            "people": TABLE | {"protection": "open", "address": "https://x", "licence": "OGL"},
        },
        "factors": factors,
    }
    return parse_config(given | changes)


def test_what_nobody_can_look_up_is_restricted():
    made = config()
    assert [name for name, source in made.sources.items() if is_open(source)] == [
        "police",
        "people",
    ]
    assert restricted_sources(made) == ("own",)


def test_one_restricted_part_makes_a_factor_restricted():
    made = config()
    assert restricted_factors(made) == ("mixed",)
    assert restricted_measures(made) == ()
    assert sources_of(made.factors[0]) == ("own", "police")


def test_of_a_mixed_factor_only_the_columns_of_restricted_events_are():
    made = config()
    keys = [("mixed", "ours", "2022"), ("mixed", "theirs", "2022"), ("crime", "all", "2022")]
    counts = pd.DataFrame(
        columns=pd.MultiIndex.from_tuples(keys, names=["factor", "group", "period"])
    )
    assert list(restricted_columns(counts, made)) == [("mixed", "ours", "2022")]


def test_a_restricted_base_is_refused_because_bases_are_shown():
    refuse_bare_tables(config())
    closed = config(
        sources={
            "own": EVENTS,
            "police": {"kind": "police.uk", "path": "-"},
            "people": TABLE,
        }
    )
    with pytest.raises(DisclosureError, match=r"bases.residents: its table is restricted"):
        refuse_bare_tables(closed)


def test_a_measure_without_people_cannot_be_protected():
    scored = {
        "name": "m",
        "label": "M",
        "source": "people",
        "numerator": "poor",
        "method": "value",
        "score": "value",
    }
    bare = config(
        factors=[scored],
        bases={},
        sources={"people": TABLE},
    )
    with pytest.raises(DisclosureError, match=r"factors.m: its table is restricted"):
        refuse_bare_tables(bare)

"""Streets and hours that hold most of a place's events, and whether they stand out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_events import factor

from riskindex.events.rhythm import COUNTED, HOURS, INSIDE_LEVELS, PARTS, STREET
from riskindex.planning.inside_places import (
    FEWEST,
    MOST_STREETS,
    hours_of_parts,
    inside_places,
)

PLACE_OF = pd.Series({"E1": 1, "E2": 1, "E3": 2}, name="place")


def counted(lines, name="f"):
    """Records by area, aspect and value."""
    index = pd.MultiIndex.from_tuples([(name, "all", *key) for key in lines], names=INSIDE_LEVELS)
    table = pd.DataFrame({"records": list(lines.values()), "fingerprint": 1}, index=index)
    return table.astype(COUNTED)


def found(*tables, factors=None, place_of=PLACE_OF):
    factors = factors or [factor()]
    units = {one.name: "calendar-year" for one in factors}
    return inside_places(pd.concat(tables), place_of, factors, units=units)


def on_streets(records, area="E1"):
    return {(area, STREET, name): n for name, n in records.items()}


EVEN = {f"{letter} Street": 10 for letter in "ABCDEFGHIJ"}


def test_a_street_with_far_more_than_an_even_share_stands_out():
    table = found(counted(on_streets(EVEN | {"A Street": 40})))
    assert len(table) == MOST_STREETS
    first = table.iloc[0]
    assert (first["value"], first["area_code"], first["place"]) == ("A Street", "E1", 1)
    assert (first["records"], first["total"], first["ratio"]) == (40, 130, 3.08)
    # One of ten streets: given the total, binomial with a tenth each, times ten streets.
    tail = stats.binomtest(40, 130, 0.1, alternative="greater").pvalue
    assert first["p_adjusted"] == pytest.approx(10 * tail, rel=1e-9)
    assert table["stands_out"].tolist() == [True, False, False, False, False]


def test_streets_of_several_areas_are_one_place_and_keep_their_area():
    table = found(counted(on_streets(EVEN) | on_streets({"A Street": 40}, area="E2")))
    assert table.iloc[0][["area_code", "records", "total"]].tolist() == ["E2", 40, 140]
    # The same name in two areas is two lines.
    assert table[table["value"] == "A Street"]["records"].tolist() == [40, 10]


def test_streets_with_another_kind_of_event_alone_are_streets_without_one_of_these():
    both = [factor("f"), factor("g")]
    table = found(
        counted(on_streets({"A Street": 20, "B Street": 10})),
        counted(on_streets(EVEN), name="g"),
        factors=both,
    )
    mine = table[table["factor"] == "f"]
    # Held against ten streets, not against the two that have such events.
    assert mine["ratio"].tolist()[:2] == [round(20 / 3, 2), round(10 / 3, 2)]


def test_few_records_and_a_single_street_are_not_told():
    few = {"A Street": FEWEST - 2, "B Street": 1}
    assert found(counted(on_streets(few))).empty
    assert found(counted(on_streets({"A Street": 500}))).empty
    assert found(counted(on_streets({"": 500, "A Street": 3}))).empty


def test_areas_without_a_place_count_nowhere():
    lines = on_streets(EVEN) | on_streets({"Z Street": 900}, area="E9")
    assert "Z Street" not in set(found(counted(lines))["value"])
    assert found(counted(lines), place_of=PLACE_OF.iloc[:0]).empty


def test_hours_of_the_week_are_held_against_how_long_they_are():
    even = dict(zip(PARTS, hours_of_parts(factor(), "calendar-year") / 52, strict=True))
    assert sum(even.values()) == pytest.approx(365 * 23 / 52)
    lines = {("E3", HOURS, part): round(n) for part, n in even.items()}
    table = found(counted(lines))
    assert len(table) == 28
    assert not table["stands_out"].any()
    assert table["ratio"].between(0.9, 1.1).all()
    evening = found(counted(lines | {("E3", HOURS, "5 18"): 25}))
    assert evening[evening["stands_out"]]["value"].tolist() == ["Fri 18 to 24"]
    assert set(evening["area_code"]) == {""}


def test_an_even_spread_is_named_in_fewer_than_five_of_a_hundred_places():
    rng = np.random.default_rng(3)
    named = 0
    for _ in range(200):
        drawn = rng.multinomial(60, np.full(30, 1 / 30))
        table = found(counted(on_streets({f"S{i}": int(n) for i, n in enumerate(drawn)})))
        named += bool(table["stands_out"].any())
    # Thirty streets, 200 places: .05 and three standard errors.
    assert named <= 200 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 200))

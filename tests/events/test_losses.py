"""How many events may be lost before they are told, and before a run stops."""

from types import SimpleNamespace

import pytest
from small_events import count, squares

from riskindex.events.losses import losses

AREAS = squares("E01000001", "E01000002")


def rows(**numbers):
    codes = {"here": "E01000001", "away": "E01099999", "odd": "Basildon", "none": None}
    return [{"date": "2022-05-01", "area": codes[k]} for k, n in numbers.items() for _ in range(n)]


def losses_of(counted, *, accept=False, within=False):
    sources = {"s": SimpleNamespace(accept_losses=accept)}
    return losses(counted.reconciliation, counted.elsewhere, sources, within=within)


def test_few_losses_are_nobodys_concern():
    assert losses_of(count(rows(here=3000, none=20, odd=9), AREAS)) == ([], [])
    assert losses_of(count(rows(here=30, none=19), AREAS)) == ([], [])


def test_losses_above_one_per_cent_are_a_warning_with_the_remedy():
    warnings, faults = losses_of(count(rows(here=970, none=30), AREAS))
    assert not faults
    assert warnings == [
        "s: 30 of 1,000 events in the periods (3.0%) are not counted: 30 without a location. Name "
        "the columns that say where they happened, or ask for their places."
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("none", "without a location"),
        ("odd", "no area is known to have"),
        ("away", "outside the study area"),
    ],
)
def test_losses_above_ten_per_cent_are_a_fault_unless_accepted(kind, words):
    counted = count(rows(here=170, **{kind: 30}), AREAS)
    warnings, (fault,) = losses_of(counted)
    assert not warnings
    assert f"30 {words}" in fault or f"30 with codes that {words}" in fault
    assert "set accept_losses = true under [sources.s]" in fault
    (warning,), faults = losses_of(counted, accept=True)
    assert not faults
    assert warning in fault


def test_events_of_areas_that_are_known_to_be_elsewhere_are_no_loss():
    counted = count(rows(here=10, away=500), AREAS, known_codes=["E01099999"])
    assert counted.elsewhere == {"s": 500}
    assert losses_of(counted) == ([], [])
    assert losses_of(count(rows(here=10, away=500), AREAS), within=True) == ([], [])


def test_what_is_left_out_as_asked_is_no_loss():
    records = [*rows(here=50), *({**row, "date": "2020-01-01"} for row in rows(here=500))]
    assert losses_of(count(records, AREAS)) == ([], [])

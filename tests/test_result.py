import pandas as pd
from small_events import squares

from riskindex.result import NO_PLACES, Given, SensitivePlaces, silent

COUNTS, OTHERS = pd.DataFrame({"f": [1]}), pd.DataFrame({"f": [2]})
NOTHING = pd.DataFrame()


def given(**options):
    return Given(
        areas=squares("E01000001"),
        tables=NOTHING,
        counts=COUNTS,
        reconciliation=NOTHING,
        uncounted=NOTHING,
        rhythm=NOTHING,
        notes=(),
        files=NOTHING,
        fingerprints=COUNTS,
        **options,
    )


def test_without_sensitive_places_groups_are_counted_from_the_same_events():
    assert given().all_counts is COUNTS
    assert given().all_fingerprints is COUNTS
    assert given().places == NO_PLACES == SensitivePlaces(codes=frozenset())


def test_with_them_groups_keep_the_events_there():
    both = given(group_counts=OTHERS, group_fingerprints=OTHERS)
    assert both.counts is COUNTS
    assert both.all_counts is OTHERS
    assert both.all_fingerprints is OTHERS


def test_silence_says_nothing(capsys):
    assert silent("Reading areas") is None
    assert capsys.readouterr().out == ""

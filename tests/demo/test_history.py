"""What was known of people before their latest offence is what was planted."""

import pandas as pd
import pytest

from riskindex.demo.county import synthetic_county
from riskindex.demo.history import DOMESTIC, MARKERS


def known_before(county, table):
    """Records of people's history in the five years before their latest offence of 2022."""
    records = county.events[table]
    year = records["offence_date"].dt.year == 2022
    of_2022 = records[year & (records["offence_group"] == "serious violence")]
    latest = of_2022.groupby("person")["offence_date"].max().rename("latest").reset_index()
    joined = county.events["person_history"].merge(latest, on="person")
    within = joined["event_date"] >= joined["latest"] - pd.DateOffset(years=5)
    return joined[within & (joined["event_date"] < joined["latest"])], len(latest)


@pytest.mark.parametrize(
    ("role", "table"), [("suspect", "violence_suspects"), ("victim", "violence_victims")]
)
def test_as_many_have_each_marker_as_planted(county, role, table):
    before, people = known_before(county, table)
    found = before.groupby("marker")["person"].nunique() / people
    for marker, share in MARKERS[role].items():
        assert found.get(marker, 0) == pytest.approx(share, abs=0.006), marker


def test_43_percent_of_suspects_are_named_on_a_domestic_abuse_record(county):
    before, people = known_before(county, "violence_suspects")
    named = before[before["marker"] == DOMESTIC]
    assert named["person"].nunique() / people == pytest.approx(0.43, abs=0.002)
    roles = named.groupby("role")["person"].nunique() / people
    assert roles[["victim", "suspect"]].tolist() == pytest.approx([0.25, 0.30], abs=0.002)


def test_some_records_are_older_or_later_than_any_look_back(county):
    history = county.events["person_history"]
    assert history["event_date"].is_monotonic_increasing
    assert (history["event_date"] < "2012-01-01").any()
    violence = [county.events[f"violence_{role}"]["person"] for role in ("suspects", "victims")]
    assert not history["person"].isin(pd.concat(violence)).all()


def test_history_alone_is_drawn_as_with_the_others(county):
    alone = synthetic_county(sources=["person_history"])
    assert list(alone.events) == ["person_history"]
    pd.testing.assert_frame_equal(alone.events["person_history"], county.events["person_history"])

"""The list of earlier years against the next: on a county with planted clusters, and on Essex."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskindex import parse_config, read_config, run
from riskindex.backtest import backtest, compare_lists, release_backtest
from riskindex.cli import app
from riskindex.errors import DisclosureError
from riskindex.outputs.backtest_page import save_backtest, sentences, span_of
from riskindex.statistics.prediction import HeldOut, area_repeats, random_lists


@pytest.fixture(scope="module")
def county_of_counts(county_config):
    """The county's config with the list of its counts, without the noise of a release."""
    path = county_config.with_name("list-of-counts.toml")
    text = county_config.read_text(encoding="utf-8")
    assert 'membership = "protected"' in text
    path.write_text(text.replace('membership = "protected"', 'membership = "true"'), "utf-8")
    return path


@pytest.fixture(scope="module")
def tested(county_of_counts):
    return backtest(read_config(county_of_counts))


@pytest.fixture(scope="module")
def released(tested):
    return release_backtest(tested, profile="internal")


def value(tested, target, method, measure="hit_rate"):
    table = tested.table
    row = table[
        (table["target"] == target) & (table["method"] == method) & (table["measure"] == measure)
    ]
    return row["value"].item()


def small_lists():
    areas = pd.Index(list("abcdef"), name="area_code")
    flags = pd.DataFrame(
        {"index": [1, 1, 0, 0, 0, 0], "worse": [0, 0, 0, 0, 1, 1]}, index=areas
    ).astype(bool)
    events = np.array([9.0, 8.0, 2.0, 2.0, 1.0, 0.0])
    return flags, HeldOut(events, events, np.ones(6), np.ones(6))


def test_lists_are_measured_on_the_same_events():
    flags, held = small_lists()
    rng = np.random.default_rng(3)
    table = compare_lists(flags, held, area_repeats(6, 500, rng), random_lists(6, 2, 500, rng))
    hit = table[table["measure"] == "hit_rate"].set_index("method")
    assert hit["value"].to_dict() == pytest.approx(
        {"index": 17 / 22, "worse": 1 / 22, "chance": 2 / 6}, abs=0.03
    )
    assert hit.at["index", "caught"] == 17
    assert hit.at["worse", "difference"] == pytest.approx(16 / 22)
    assert hit.at["worse", "difference_low"] > 0
    assert np.isnan(hit.at["index", "difference"])


def test_the_list_is_that_of_a_run_that_knows_nothing_later(tested, no_other_choices):
    again = run(tested.split.earlier.model_copy(update={"robustness": None}))
    held_out = tested.lists.loc["suspects"]["index"]
    assert (again.index["selected"] == held_out).all()
    last = max(p for factor in tested.split.earlier.factors for p in factor.periods)
    assert last == "2021"


def test_what_was_held_out_is_counted_as_the_later_run_counts_it(tested):
    counts = tested.later.counts["offences"].xs("2022", axis=1, level="period").sum(axis=1)
    assert (tested.lists.loc["offences"]["later"] == counts).all()


def test_the_hit_rate_follows_from_the_lists(tested):
    part = tested.lists.loc["offences"]
    for method in ("index", "last_counts", "residents"):
        by_hand = part.loc[part[method], "later"].sum() / part["later"].sum()
        assert value(tested, "offences", method) == pytest.approx(by_hand)


def test_every_list_has_as_many_areas_as_the_index(tested):
    assert set(tested.table["areas"]) == {tested.earlier.cut.selected}


def test_there_are_no_counts_to_list_by_where_nothing_was_counted_before(tested):
    table = tested.table[tested.table["target"] == "disorder"]
    assert "last_counts" not in set(table["method"])
    assert table.loc[table["measure"] == "rri", "value"].isna().all()
    assert not tested.lists.loc["disorder"]["last_counts"].any()


def test_last_counts_are_the_areas_with_most_events_before(tested):
    part = tested.lists.loc["offences"]
    assert part.loc[part["last_counts"], "earlier"].min() >= (
        part.loc[~part["last_counts"], "earlier"].max()
    )


def test_no_list_is_better_than_the_best(tested):
    pei = tested.table[tested.table["measure"].str.startswith("pei")]
    assert pei["value"].between(0, 1 + 1e-9).all()


def test_planted_clusters_are_foretold(tested):
    for target in tested.split.targets:
        assert value(tested, target, "index") > 1.5 * value(tested, target, "chance")


def test_deprivation_alone_is_a_list_of_its_own(tested):
    assert tested.labels["deprivation_alone"].endswith(", alone")
    assert "not_worked_alone" not in tested.labels  # a test, not a share as it is


def test_only_profiles_with_rules_are_written(tested, tmp_path):
    for profile in (None, "public"):
        with pytest.raises(DisclosureError):
            release_backtest(tested, profile=profile)


def test_a_backtest_is_written_whole(released, tmp_path):
    save_backtest(released, tmp_path / "b")
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "backtest.csv",
        "backtest.html",
        "backtest_areas.csv",
        "manifest.json",
    ]
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["profile"] == "internal"
    assert [entry["name"] for entry in manifest["outputs"]] == [
        "backtest.csv",
        "backtest.html",
        "backtest_areas.csv",
    ]
    table = pd.read_csv(tmp_path / "b" / "backtest.csv")
    assert set(table["target"]) == set(released.targets)


def test_the_page_says_how_it_was_measured_and_escapes_what_it_is_told(released, tmp_path):
    target = next(iter(released.targets))
    marked = replace(released, targets={**released.targets, target: "<b>bold</b>"})
    save_backtest(marked, tmp_path / "b")
    page = (tmp_path / "b" / "backtest.html").read_text(encoding="utf-8")
    assert "<b>bold</b>" not in page
    for words in (
        "bootstrap by area (1,000 repeats",
        "Chainey",
        "Hunt",
        "Levine",
        "data:image/png",
    ):
        assert words in page


def test_the_sentence_adds_up(released):
    first = sentences(released)[0]
    assert "8 areas of the list built on 2021" in first
    assert "2022" in first


def test_periods_in_words():
    assert span_of(["2020"]) == "2020"
    assert span_of(["2018", "2019", "2020"]) == "2018 to 2020"


def test_the_command_refuses_before_it_reads(county_config, tmp_path):
    with pytest.raises(DisclosureError):
        app(
            ["backtest", str(county_config), "--out", str(tmp_path / "b"), "--profile", "public"],
            standalone_mode=False,
        )
    assert not (tmp_path / "b").exists()


def test_the_command_prints_the_hit_rates_and_writes_the_same_bytes(
    county_of_counts, released, tmp_path, capsys
):
    app(
        ["backtest", str(county_of_counts), "-o", str(tmp_path / "b"), "--profile", "internal"],
        standalone_mode=False,
    )
    said = capsys.readouterr().out
    assert "Share of the later events" in said
    assert "8 areas" in said
    save_backtest(released, tmp_path / "a")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def essex(shared):
    data = shared / "data"
    counted = [("violence", "Violence and sexual offences"), ("asb", "Anti-social behaviour")]
    factors = [
        {
            "name": name,
            "label": kind,
            "source": "police",
            "where": {"Crime type": [kind]},
            "method": "window",
            "exposure": "residents",
            "periods": ["2022-03", "2025-12"],
            "score": "confidence",
        }
        for name, kind in counted
    ]
    return parse_config(
        {
            "title": "Essex",
            "place": "Essex",
            "periods": {"unit": "year-ending"},
            "areas": {
                "boundaries": str(data / "essex/lsoa21_boundaries.gpkg"),
                "code": "LSOA21CD",
                "name": "LSOA21NM",
                "vintage": {
                    "path": str(data / "lookups/lsoa11_lsoa21_lad22.csv.gz"),
                    "old": "lsoa11_code",
                    "new": "lsoa21_code",
                },
            },
            "bases": {"residents": "age.residents"},
            "sources": {
                "police": {
                    "kind": "police.uk",
                    "path": [
                        str(data / "essex/police_uk_2021-03_2022-03.zip"),
                        str(data / "essex/police_uk_2025.zip"),
                    ],
                },
                "age": {
                    "kind": "table",
                    "path": str(data / "census/census2021-ts007a.zip"),
                    "columns": {"residents": "Age: Total"},
                },
            },
            "factors": factors,
        }
    )


@pytest.mark.long
def test_essex_2022_foretells_2025_better_than_residents_do(shared):
    tested = backtest(essex(shared))
    assert tested.split.held_out == ("2025-12",)
    for target, measure in (("violence", "hit_rate"), ("asb", "pai_residents")):
        index = value(tested, target, "index", measure)
        assert index > 1.4 * value(tested, target, "residents", measure)
        assert index > 2.5 * value(tested, target, "chance", measure)

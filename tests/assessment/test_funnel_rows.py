"""The funnel of a definition in the table of figures, in files and on the screen."""

import pandas as pd
import pytest
from small_force import CONFIG, offences, write_force

from riskindex import read_config, release, run, save
from riskindex.assessment.figure_rows import KEY
from riskindex.assessment.funnel_rows import funnel_tables
from riskindex.errors import ConfigError


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("force")
    return release(run(read_config(write_force(folder))), "internal")


def plain(year):
    """The records of a year that a reader of the definition would keep."""
    table = offences()
    table = table[table["date"].str.startswith(year)]
    kept = table["kind"].isin(["robbery", "violence"]) & table["weapon"].isin(["knife", "gun"])
    return table[kept & (table["place"] == "street") & (table["domestic"] == "false")]


def test_figures_hold_the_funnel_with_the_definitions_name(released):
    funnel = released.figures[released.figures["kind"] == "funnel"]
    assert not funnel.duplicated(list(KEY)).any()
    mine = funnel[(funnel["definition"] == "serious") & (funnel["period"] == "2022")]
    counts = mine.set_index("category")["count"]
    read = int(offences()["date"].str.startswith("2022").sum())
    assert counts["0. records read"] == read
    assert counts["5. not: domestic"] == len(plain("2022"))
    assert counts["6. counted in the study area"] == plain("2022")["area"].notna().sum()
    assert set(mine["base"]) == {read}


def test_counts_by_a_definition_are_named_after_it(released):
    counts = released.figures[released.figures["figure"] == "serious.count"]
    assert set(counts["definition"]) == {"serious"}
    whole = counts[counts["place_kind"] == "whole"].set_index("period")["count"]
    assert whole["2021"] == plain("2021")["area"].notna().sum()


def test_a_person_reads_the_last_period_clause_by_clause(released):
    labels = {**released.factors["label"], **released.measures["label"]}
    titles = dict(funnel_tables(released.funnels, labels))
    (first, second) = titles
    assert first == "Serious violence, 2022, by the definition serious"
    assert second == "Violence with a weapon, 2022, by the definition wider"
    assert titles[first]["Clause"].tolist() == [
        "records read",
        "kinds",
        "    of which robbery",
        "    of which violence",
        "a weapon",
        "outside",
        "not: domestic",
        "counted in the study area",
    ]
    assert titles[first]["Left"].iloc[-1] == f"{plain('2022')['area'].notna().sum():,}"


def test_the_funnel_is_written_with_what_its_columns_mean(released, tmp_path):
    save(released, tmp_path / "result")
    written = pd.read_csv(tmp_path / "result/definitions.csv", encoding="utf-8-sig")
    assert written["left"].sum() == released.funnels["left"].sum()
    assert "definitions.csv" in (tmp_path / "result/datapackage.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('definition = "serious"', 'definition = "grave"', "no definition 'grave'"),
        (
            'definition = "serious"',
            'definition = "serious"\nwhere = { kind = ["robbery"] }',
            "in place of where",
        ),
        ('values = ["robbery"], not_recorded = "out"', 'values = ["robbery"]', "not_recorded ="),
        ('label = "Serious violence"\ndocument', 'name = "x"\nlabel = "a"\ndocument', "key name"),
    ],
)
def test_a_definition_that_means_nothing_is_refused(before, after, what, tmp_path):
    with pytest.raises(ConfigError, match=what):
        read_config(write_force(tmp_path, CONFIG.replace(before, after, 1)))


def test_a_column_that_the_file_lacks_is_refused_by_name(tmp_path):
    path = write_force(tmp_path, offences=offences().drop(columns="weapon"))
    with pytest.raises(Exception, match="no column 'weapon'"):
        run(read_config(path))

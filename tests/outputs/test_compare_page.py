"""What changed since the result that a folder held: said with causes, and silent where none."""

import dataclasses
import shutil

import pytest
from map_pages import python_choice

from riskindex import parse_config, release, run, save
from riskindex.index.build import Index
from riskindex.index.selection import Selection
from riskindex.outputs.compare import compare
from riskindex.outputs.compare_page import _page, changed_since_last
from riskindex.outputs.read_result import read_run, run_of


@pytest.fixture(scope="module")
def earlier(county_saved, tmp_path_factory):
    return shutil.copytree(county_saved("internal"), tmp_path_factory.mktemp("earlier") / "result")


def heavier(county_result, **weights):
    """The county with other weights, as a run would find it."""
    config = county_result.config
    document = config.model_dump(mode="json", exclude_none=True)
    for factor in document["factors"]:
        factor["weight"] = weights.get(factor["name"], factor["weight"])
    changed = parse_config(document, folder=config.folder)
    return release(run(changed), profile="internal")


@pytest.fixture(scope="module")
def later(county_result):
    return heavier(county_result, deprivation=4)


def test_a_release_is_compared_as_its_folder_would_be(county_released, earlier):
    found = compare(read_run(earlier), run_of(county_released, name="result"))
    assert found.movers.empty
    assert found.differences == ()
    assert "<h1>result (A) and result (B): two lists compared</h1>" in _page(found)
    # Who is on the list of this county is decided by counts with noise, and that alone is noted.
    assert county_released.config["release"]["membership"] == "protected"
    weights = county_released.scores.groupby(level="factor", sort=False)["weight"].first()
    again = python_choice(county_released, Index(), weights, Selection()).index
    others = len(set(again) ^ set(county_released.top.index))
    assert others > 0
    assert (
        found.notes
        == (
            "result: its list was selected by counts with noise; what is computed here from its "
            f"scores differs by {others} areas.",
        )
        * 2
    )


def test_the_same_result_again_says_nothing(county_released, earlier):
    assert changed_since_last(county_released, earlier) == ""


def test_without_an_earlier_result_nothing_is_said(county_released, tmp_path):
    assert changed_since_last(county_released, tmp_path / "none") == ""
    assert changed_since_last(county_released, tmp_path) == ""


def test_other_weights_name_who_entered_and_left_and_why(county_released, later, earlier):
    told = changed_since_last(later, earlier)
    before, after = set(county_released.top.index), set(later.top.index)
    assert before != after
    for code in before ^ after:
        assert f"({code})" in told
    assert "other weights, or another way from scores to the index" in told
    assert "factors.deprivation.weight" in told
    assert f"{len(before & after)} areas stay" in told


def test_a_result_that_cannot_be_read_is_said(later, earlier, tmp_path):
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    assert "cannot be compared with this one" in changed_since_last(later, tmp_path)


@pytest.mark.parametrize("profile", ["partner", "public"])
def test_outside_internal_nothing_is_told_of_what_may_never_have_left(later, earlier, profile):
    assert changed_since_last(dataclasses.replace(later, profile=profile), earlier) == ""


def test_a_second_run_into_the_folder_reports_it(later, earlier, tmp_path):
    folder = shutil.copytree(earlier, tmp_path / "result")
    first = (folder / "report.html").read_text(encoding="utf-8")
    assert "Since the last run" not in first
    save(later, folder)
    assert "Since the last run" in (folder / "report.html").read_text(encoding="utf-8")


def test_saving_the_same_twice_into_a_folder_gives_the_same_report(earlier, county_released):
    first = (earlier / "report.html").read_bytes()
    save(county_released, earlier)
    assert (earlier / "report.html").read_bytes() == first

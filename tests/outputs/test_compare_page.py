"""What changed since the result that a folder held: said with causes, and silent where none."""

import dataclasses
import re
import shutil

import numpy as np
import pytest
from list_refusals import ask_no_other_choices
from map_pages import python_choice
from rows_of_pages import Page, Tables, loose_digits, wrong_numbers

from riskindex import parse_config, release, run, save
from riskindex.index.build import Index
from riskindex.index.selection import Selection
from riskindex.outputs.compare import compare, compare_runs, selected_areas
from riskindex.outputs.compare_map import APART, draw_comparison, moved_apart
from riskindex.outputs.compare_page import _page, changed_since_last, save_comparison
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
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
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
    sentences = changed_since_last(later, earlier)
    before, after = set(county_released.top.index), set(later.top.index)
    assert before != after
    for code in before ^ after:
        assert f"({code})" in sentences
    assert "other weights, or another way from scores to the index" in sentences
    assert "factors.deprivation.weight" in sentences
    assert f"{len(before & after)} areas stay" in sentences


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


@pytest.fixture(scope="module")
def two(earlier, later, tmp_path_factory):
    """Two folders compared, whose lists differ."""
    folder = tmp_path_factory.mktemp("later") / "later"
    save(later, folder)
    return compare_runs(earlier, folder)


def test_a_map_has_a_sign_for_every_area_that_moved_and_a_dot_for_each_that_stays(two, tmp_path):
    save_comparison(two, tmp_path / "compared")
    page = (tmp_path / "compared" / "compare.html").read_text(encoding="utf-8")
    drawn = re.search(r"<svg role=.*?</svg>", page)[0]
    change = two.movers["change"]
    assert drawn.count('class="came"') == (change == "entered").sum() > 0
    assert drawn.count('class="went"') == (change == "left").sum() > 0
    assert drawn.count('class="stays"') == two.stays
    # The number on a sign is that of its line in the table.
    for number, (_, row) in enumerate(two.movers.iterrows(), start=1):
        assert f"<title>{number}: {row['name']}, {row['change']}</title>" in drawn
        assert re.search(rf">{number}</span></td><td[^>]*>{row['name']} \(", page)
    assert "http" not in drawn.replace("http://www.w3.org", "")


def test_every_number_of_a_comparison_is_that_of_the_row_it_names(two, county_released, tmp_path):
    save_comparison(two, tmp_path / "compared")
    tables, page = Tables(tmp_path / "compared"), Page(tmp_path / "compared" / "compare.html")
    names = map(re.escape, two.movers["name"])
    labels = map(re.escape, county_released.factors["label"])
    allowed = re.compile("|".join([*names, *labels, r"E\d{8}"]))
    assert wrong_numbers(page, tables, allowed) == []
    assert loose_digits(page, allowed) == []
    assert len(page.of_rows) > 10 * len(two.movers)


def test_signs_are_pushed_apart_and_stay_near(two):
    at = np.random.default_rng(2).normal(400, 15, (25, 2))
    placed = moved_apart(at)
    far = np.hypot(*(placed[:, None] - placed[None]).T)
    assert far[~np.eye(25, dtype=bool)].min() > APART - 1
    assert np.hypot(*(placed - at).T).max() < 100
    alone = np.array([[0.0, 0.0], [0.0, 0.0]])
    assert np.hypot(*(np.diff(moved_apart(alone), axis=0)[0])) == pytest.approx(APART)


def test_without_shapes_the_page_has_no_map_and_says_who_moved(two, tmp_path):
    bare = dataclasses.replace(two, a=dataclasses.replace(two.a, changed=("areas.gpkg",)))
    assert draw_comparison(bare) == ""
    assert "<h2>Map</h2>" not in _page(bare)
    assert len(selected_areas(bare.a)) > 0

"""Cases from the field: small inputs that reproduce what somebody met, and the right answers."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from machine import SHARED

from riskindex import read_config, release, run, save
from riskindex.check import look
from riskindex.outputs.compare import compare_runs
from riskindex.outputs.compare_page import mover_table

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases from the field in {CASES}")


@dataclass
class Case:
    """A copy of one case, its configs brought up to date with their words."""

    folder: Path

    def config(self, name="config"):
        path = self.folder / f"{name}.toml"
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"(?m)^sensitive = \w+\n", "", text), "utf-8")
        return read_config(path)

    def check(self, name="config"):
        """Lines and faults of `check`, each joined."""
        found = look(self.config(name))
        faults = [fault for error in found.errors for fault in error.faults]
        return "\n".join(found.lines), "\n".join(faults)

    def run(self, name="config", out="result"):
        """What a run found, saved as internal."""
        result = run(self.config(name))
        save(release(result, "internal"), self.folder / out)
        return result

    def page(self, name, out="result"):
        """A page as it is read: without tags, blanks together."""
        text = re.sub(r"<[^>]+>", " ", (self.folder / out / name).read_text("utf-8"))
        return re.sub(r"\s+", " ", text)


@pytest.fixture
def case(tmp_path):
    def copied(number):
        (original,) = CASES.glob(f"{number}-*")
        folder = tmp_path / original.name
        shutil.copytree(original, folder, copy_function=shutil.copyfile)
        return Case(folder)

    return copied


def counted(lines):
    return int(re.search(r"([\d,]+) counted", lines)[1].replace(",", ""))


def test_01_stub_files_are_no_month_of_a_force(case):
    found = case("01").run()
    (note,) = [n for n in found.notes if "hardly any event" in n]
    assert "Northshire Police (2024-02, 2024-03)" in note
    assert "20 of 40 areas are not assessed" in note
    assert not found.hotspots["is_hot"].any()


def test_02_one_extreme_area_makes_no_other_hot(case):
    one = case("02")
    found = one.run()
    hot = found.hotspots[found.hotspots["is_hot"].astype(bool)]
    assert list(hot.index.get_level_values("area_code")) == ["E01020079"]
    (note,) = [n for n in found.notes if "makes the dispersion" in n]
    assert "E01020079): 300 where 2.6 were expected, makes the dispersion 264; without it 0" in note
    assert (one.folder / "result" / "all_areas.csv").read_text("utf-8-sig").count("Hot for") == 1


def test_03_an_area_that_was_not_assessed_enters_with_a_dash(case):
    one = case("03")
    for people, out in (("first", "result"), ("then", "result"), ("first", "before")):
        shutil.copyfile(one.folder / f"people_{people}.csv", one.folder / "people.csv")
        one.run(out=out)
    shutil.copyfile(one.folder / "people_then.csv", one.folder / "people.csv")
    one.run()
    moved = mover_table(compare_runs(one.folder / "before", one.folder / "result"))
    row = moved[moved["Area"].str.contains("E01020045")].iloc[0]
    assert (row["Change"], row["Rank"], row["Score"]) == ("entered", "– to 1", "– to 100")
    back = mover_table(compare_runs(one.folder / "result", one.folder / "before"))
    assert back.loc[back["Area"].str.contains("E01020045"), "Rank"].tolist() == ["1 to –"]


def test_04_the_polygons_of_a_collection_are_kept(case):
    one = case("04")
    lines, faults = one.check()
    assert not faults
    assert "1 shape is a collection" in lines
    assert "E01020001" in lines
    assert len(one.run().areas) == 36


def test_05_a_period_cut_short_says_so_and_tells_no_fall(case):
    one = case("05")
    lines, faults = one.check()
    assert not faults
    assert "2024-Q2 is a part period" in lines
    assert "last 21 days (from 2024-06-10), where some 252 would be expected" in lines
    one.run()
    text = one.page("profiles/district-ash.html")
    assert re.search(r"2024-Q2 \(a part\) 419 not compared: a part period", text)
    assert "more than chance" not in text


def test_06_months_that_a_rule_never_meets_are_not_assessed(case):
    one = case("06")
    found = one.run()
    (note,) = [n for n in found.notes if "no record meets" in n]
    assert "2013-01 to 2013-04, where the source has 400 and 256 would be expected" in note
    assert "2013-Q1 is not assessed" in note
    assert "2013-Q2 is a part period" in note
    assert found.counts["violence", "all", "2013-Q1"].isna().all()
    both = one.run("config_both_names", out="both")
    assert both.counts.notna().all(axis=None)
    assert (both.persistence["periods_hot"] == 4).sum() == 4


def test_07_two_editions_in_one_file_are_refused_by_period(case):
    one = case("07")
    _, faults = one.check()
    assert "240 events without coordinates carry 4 codes" in faults
    assert "E01029000" in faults
    assert "no event until 2021-06" in faults
    right = one.run("config_with_lookup")
    assert (right.persistence["periods_hot"] == 4).sum() == 4


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York"])
def test_09_a_zone_in_a_date_format_is_read_in_london_everywhere(case, zone):
    one = case("09")
    one.config()
    done = subprocess.run(
        [sys.executable, "-m", "riskindex", "check", "config.toml"],
        cwd=one.folder,
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert counted(done.stdout) == 180


def test_10_a_copy_of_a_month_in_another_format_is_refused(case):
    _, faults = case("10").check()
    assert "2024-01-northshire-street" in faults
    assert "would be counted twice" in faults


def test_12_a_rank_that_runs_the_other_way_is_said(case):
    one = case("12")
    wrong = one.run()
    (note,) = [n for n in wrong.notes if "runs against" in n]
    assert "Deprivation (IMD rank) runs against Poor households (rank correlation -1.00)" in note
    assert "direction = -1" in note
    turned = one.run("config_turned", out="turned")
    assert not [n for n in turned.notes if "runs against" in n]
    assert "1.00" in one.page("report.html", "turned")
    assert "-1.00 between" not in one.page("report.html", "turned")


def test_13_files_of_headings_say_that_nothing_happened(case):
    lines, faults = case("13").check()
    assert not faults
    assert counted(lines) == 120
    assert "fires_2024_02.csv, fires_2024_07.csv hold no records" in lines
    assert "part period" not in lines


def test_14_a_record_that_stands_thirteen_times_is_said(case):
    lines, faults = case("14").check()
    assert not faults
    assert re.search(r"13 rows of \S*2024-08-northshire-street.csv .*alike in every column", lines)
    assert "Crime ID" in lines


def test_15_an_answer_that_says_it_is_not_whole_is_refused(case):
    _, faults = case("15").check()
    assert "areas.geojson: the service stopped at its limit (exceededTransferLimit)" in faults


def test_17_many_events_on_one_point_are_said(case):
    lines, faults = case("17").check()
    assert not faults
    assert "120 of 3,000 events lie on one point (565500, 215500, in E01020066)" in lines


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("esri", "esri.json: Esri's JSON (f=json). Ask the service for f=geojson"),
        ("topo", "topo.json: TopoJSON. Save it as GeoJSON or GeoPackage."),
        ("error", "the service's answer is an error: Invalid query parameters"),
        ("lines", "lines.geojson: GeoJSON, one feature a line. Save it as one FeatureCollection"),
    ],
)
def test_18_other_kinds_of_json_are_named(case, name, words):
    _, faults = case("18").check(f"config_{name}")
    assert words in faults


def test_19_a_long_table_is_said_in_one_sentence(case):
    _, faults = case("19").check()
    (fault,) = [line for line in faults.splitlines() if "people.csv" in line]
    assert "36 areas have 6 rows each, told apart by 'Age (6 categories)'" in fault


def test_21_small_weights_keep_their_digits(case):
    one = case("21")
    found = one.run()
    report = one.page("report.html")
    table = report.partition("Factor Score Weight")[2][:260]
    assert re.findall(r"Share (\w) .*? (0\.\d+) ", table) == [
        ("a", "0.135"),
        ("b", "0.093"),
        ("d", "0.03"),
    ]
    assert any("the weights add up to 0.258; scores go to 25.8, not 100" in n for n in found.notes)
    assert "lesser confidence" not in report


def test_every_case_is_one_of_these_tests():
    names = {path.name[:2] for path in CASES.iterdir() if path.is_dir()}
    tests = set(re.findall(r"^def test_(\d\d)_", Path(__file__).read_text("utf-8"), re.MULTILINE))
    assert names <= tests
    assert pd.Series(sorted(tests)).is_unique

"""What the files of a release tell is tried before anybody sees them."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from fault_corpus import write_project

from riskindex import read_config, release, run, save
from riskindex.attack import Finding, Findings, attack_folder
from riskindex.cli import app
from riskindex.disclosure import Rules
from riskindex.errors import DisclosureError, InputError
from riskindex.ledger import read_ledger
from riskindex.refusal import refuse_leaks


@pytest.fixture(scope="module")
def published(county_result, tmp_path_factory):
    """A public release with its ledger beside it."""
    folder = tmp_path_factory.mktemp("published")
    save(
        release(county_result, "public"), folder / "result", truth=county_result,
        ledger=folder / "private.jsonl",
    )  # fmt: skip
    return folder


def test_a_clean_release_is_published_and_entered(published):
    assert (published / "result" / "manifest.json").is_file()
    assert [entry.profile for entry in read_ledger(published / "private.jsonl")] == ["public"]


def test_exact_counts_in_the_files_are_found(published, county_result):
    counts = county_result.hotspots.xs(("disorder", "2022"), level=("factor", "period"))["observed"]
    path = published / "result" / "counts.csv"
    counts.reset_index().to_csv(path, index=False)
    try:
        with pytest.raises(DisclosureError, match="not published"):
            refuse_leaks(published / "result", Rules(), truth=county_result)
    finally:
        path.unlink()


def test_numbers_in_the_publishers_own_words_are_no_leak(county_result, tmp_path):
    config = county_result.config.model_copy(
        update={"title": "Phase 17 of 3,333 homes", "about": "Asked 4,321 times by 7 victims."}
    )
    result = replace(county_result, config=config, attribution=("Contains 1,237 things.",))
    save(release(result, "public"), tmp_path / "result", truth=result)
    assert attack_folder(tmp_path / "result").clean


def test_nothing_is_published_where_the_files_tell(county_result, tmp_path, monkeypatch):
    def leak(*_args, **_kwargs):
        raise DisclosureError("not published: a leak")

    monkeypatch.setattr("riskindex.pipeline.refuse_leaks", leak)
    with pytest.raises(DisclosureError):
        save(release(county_result, "public"), tmp_path / "result", ledger=tmp_path / "l.jsonl")
    assert not (tmp_path / "result").exists()
    assert not (tmp_path / "l.jsonl").exists()


def test_a_ledger_in_the_result_folder_is_refused(county_result, tmp_path):
    with pytest.raises(InputError, match="outside the result folder"):
        save(release(county_result, "public"), tmp_path / "r", ledger=tmp_path / "r" / "l.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_run_takes_a_ledger():
    from typer.main import get_command

    run = get_command(app).commands["run"]
    assert "--ledger" in [name for parameter in run.params for name in parameter.opts]


def test_a_place_of_a_dozen_areas_is_published_whatever_its_names_share_and_threshold(tmp_path):
    project = write_project(tmp_path)
    project.change("areas.geojson", "Area E01020001", "=1+1 Lane")
    project.change("areas.geojson", "Area E01020002", "'t Hoog")
    project.change("lookup.csv", "North", "+North", times=12)
    project.change("people.csv", "E01020003,1520,202\n", "")  # 5% of the other 11 is 0.55
    project.change("config.toml", "threshold = 0.25", "threshold = 0.13")  # 10.4% is tried, too
    project.write("config.toml", project.text("config.toml") + SHARE_AND_REPEATS)
    result = run(read_config(tmp_path / "config.toml"))
    save(release(result, "public"), tmp_path / "public", truth=result)
    manifest = (tmp_path / "public" / "manifest.json").read_text(encoding="utf-8")
    assert "33.3333% of the 11 areas assessed is 3.6666666" in manifest
    assert "areas of the 4 on the list" in manifest
    assert "above 10.4%" in (tmp_path / "public" / "report.html").read_text(encoding="utf-8")
    table = (tmp_path / "public" / "all_areas.csv").read_text(encoding="utf-8-sig")
    assert "E01020001,'=1+1 Lane,'+North," in table
    assert "E01020002,'t Hoog,South," in table


SHARE_AND_REPEATS = """
[selection]
share = 0.33333333
[robustness]
draws = 20
"""


def test_a_refusal_names_the_counts_what_they_could_be_and_what_to_change(
    published, county_result, tmp_path
):
    """The same counts to partners under another threshold and rounding: both narrow one another."""
    rules = replace(county_result.config.release, partner_threshold=13, partner_rounding=10)
    config = county_result.config.model_copy(update={"release": rules})
    result = replace(county_result, config=config)
    ledger = published / "private.jsonl"
    with pytest.raises(DisclosureError) as refused:
        save(release(result, "partner"), tmp_path / "result", truth=result, ledger=ledger)
    (line,) = refused.value.faults
    told = re.findall(r"2022, [^(;]+ \((E\d+), in the total of [^)]+\): (\d+) to (\d+)", line)
    assert told
    counts = county_result.hotspots.xs(("disorder", "2022"), level=("factor", "period"))["observed"]
    assert all(int(low) <= counts[code] <= int(high) for code, low, high in told)
    assert "Disorganised neighbourhood, 2022" in line
    assert "release 1 of the ledger (threshold 8, rounding 5)" in line
    assert "set sensitive = true for the source" in line
    assert not (tmp_path / "result").exists()
    assert len(read_ledger(ledger)) == 1


def test_what_bounds_a_count_is_named_beside_other_findings(county_result, tmp_path, monkeypatch):
    code = county_result.areas.index[3]
    name, place = county_result.areas.loc[code, ["name", "district"]]
    cells = [("narrow", "all files", "disorder", "", f"disorder 2022 {code}", 2.0, 4.0)] * 22
    odd = ("stranger", "notes.txt", "the folder", "a file that no release has", "", None, None)
    table = pd.DataFrame([*cells, odd], columns=list(Finding._fields)).assign(todo="leave it out")
    found = Findings(profile="public", table=table, protected=22, recovered=0, narrowest=3)
    monkeypatch.setattr("riskindex.attack.attack_folder", lambda *_all, **_more: found)
    with pytest.raises(DisclosureError) as refused:
        refuse_leaks(tmp_path, Rules(), truth=county_result)
    counts, file = refused.value.faults
    assert counts.startswith("not published: 22 withheld counts can be told too closely from what")
    named = f"Disorganised neighbourhood, 2022, {name} ({code}, in the total of {place}): 2 to 4"
    assert counts.count(named) == 20
    assert "; and 2 more. Band these counts or drop the totals that they are in: raise" in counts
    assert "(now 8 and 5)" in counts
    assert (
        file == "not published: 1 x stranger, first notes.txt, the folder: a file that no "
        "release has. Leave it out."
    )


def test_what_can_be_seen_is_in_the_ledger_already(county_result, tmp_path, monkeypatch):
    def full(*_given):
        assert not (tmp_path / "result").exists()
        raise InputError("the ledger cannot be written")

    monkeypatch.setattr("riskindex.pipeline.append_release", full)
    monkeypatch.setattr("riskindex.pipeline.refuse_leaks", lambda *_all, **_more: None)
    with pytest.raises(InputError, match="the ledger cannot be written"):
        save(release(county_result, "public"), tmp_path / "result", ledger=tmp_path / "l.jsonl")
    assert not (tmp_path / "result").exists()

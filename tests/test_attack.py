"""Releases as they are written hold nothing to be found, and what is put into them is found."""

import csv
import io
import json
import shutil
import sqlite3
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from riskindex.attack import attack_folder, summary
from riskindex.cli import app
from riskindex.disclosure import WITHHELD
from riskindex.errors import InputError
from riskindex.known import know
from riskindex.manifest import seal
from riskindex.outsider import read_folder
from riskindex.printed import printed_before, printed_in
from riskindex.truth import truth_of

PROFILES = ("public", "partner")


@pytest.fixture(scope="module")
def written(county_result, tmp_path_factory):
    """The small county as each profile is given it."""
    from riskindex.pipeline import save
    from riskindex.publication import release

    folder = tmp_path_factory.mktemp("written")
    for profile in PROFILES:
        save(release(county_result, profile), folder / profile)
    return folder


@pytest.fixture(scope="module")
def truth(county_result):
    return truth_of(county_result)


@pytest.fixture
def leaky(written, tmp_path):
    """A copy of the public release, to put something into."""
    return shutil.copytree(written / "public", tmp_path / "public")


def sealed(folder):
    """The same folder with the hashes that it has now, as one who leaks would leave it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    seal({key: value for key, value in manifest.items() if key != "outputs"}, folder)
    return folder


def kinds(folder, **more):
    return set(attack_folder(sealed(folder), **more).table["kind"])


def lines_of(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def write_lines(path, lines):
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_found_in_a_release(written, truth, profile):
    found = attack_folder(written / profile, truth=truth)
    assert found.table.to_dict("records") == []
    assert (found.clean, found.recovered) == (True, 0)
    assert found.protected > 100


@pytest.mark.parametrize("profile", PROFILES)
def test_files_are_read_as_the_tables_that_they_are_made_of(written, county_result, profile):
    """A page that the attack does not read would say nothing, and nobody would notice."""
    released, seen = county_result.release(profile), read_folder(written / profile)
    read = printed_in(seen, know(seen))
    made = printed_before({"hotspots": released.hotspots, "factors": released.factors,
                           "district_counts": released.district_counts})  # fmt: skip
    last = {factor.name: str(factor.periods[-1]) for factor in county_result.config.factors
            if factor.counts_events}  # fmt: skip
    for key, one in made.items():
        if key[0] not in last:
            continue
        assert pd.Series(read[key].bands).equals(pd.Series(one.bands)), key
        if last[key[0]] == key[1]:  # files have the counts of areas of the last period alone
            assert read[key].cells == one.cells, key
        totals = {place: value for place, value in one.totals.items() if place}
        assert {place: read[key].totals.get(place, WITHHELD) for place in totals} == totals, key


def test_the_places_that_are_left_at_the_cut_may_be_told(leaky):
    path = leaky / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    words = (
        "23 areas scored above the score at the cut and 97 have exactly it: {} of these 97 taken."
    )
    for taken, found in ((33, False), (34, True)):
        cut = {"target": 56, "above_cut": 23, "tied_at_cut": 97, "explanation": words.format(taken)}
        path.write_text(json.dumps(manifest | {"selection": manifest["selection"] | cut}), "utf-8")
        places = attack_folder(sealed(leaky)).table["place"]
        assert places.eq("/selection/explanation").any() == found


@pytest.fixture(scope="module")
def internal(county_released, tmp_path_factory):
    from riskindex.pipeline import save

    folder = tmp_path_factory.mktemp("truth") / "internal"
    save(county_released, folder)
    return folder


def test_an_attack_with_the_internal_folder_says_what_it_did_not_look_at(written, internal):
    found = attack_folder(written / "public", truth=internal)
    assert found.lines == ()
    assert "Not looked at, because its events are weighted: disorder 2022." in summary(found)


def test_a_release_is_no_truth(written):
    with pytest.raises(InputError, match="no result of riskindex run under the profile internal"):
        attack_folder(written / "public", truth=written / "partner")


def test_an_internal_result_is_no_release(internal):
    found = attack_folder(internal)
    assert {"stranger", "form", "order", "number"} <= set(found.table["kind"])


def test_a_column_left_in(leaky, county_result):
    path = leaky / "all_areas.csv"
    header, *lines = lines_of(path)
    secret = county_result.index["companion"].sort_index()
    write_lines(
        path, [[*header, "companion"], *([*a, b] for a, b in zip(lines, secret, strict=True))]
    )
    found = attack_folder(sealed(leaky)).table
    assert found["place"].str.contains("column companion").any()


def test_hidden_decimals_in_a_column_that_is_allowed(leaky):
    path = leaky / "all_areas.csv"
    header, *lines = lines_of(path)
    at = header.index("decile")
    lines[3][at] += ".07"
    write_lines(path, [header, *lines])
    assert kinds(leaky) == {"form"}


def test_an_order_that_is_not_of_codes(leaky):
    path = leaky / "all_areas.csv"
    header, *lines = lines_of(path)
    write_lines(path, [header, *lines[::-1]])
    assert "order" in kinds(leaky)


def test_signs_that_cannot_be_seen(leaky):
    path = leaky / "all_areas.csv"
    path.write_bytes(
        path.read_bytes().replace(b",public", b', "public"').replace(b",1,", b',"1",', 1)
    )
    assert "stranger" in kinds(leaky)


def test_a_layer_beside_the_areas(leaky, truth):
    with sqlite3.connect(leaky / "areas.gpkg") as layer:
        layer.execute("CREATE TABLE notes (area_code TEXT, n INTEGER)")
        rows = truth.counts.iloc[:, 0].items()
        layer.executemany("INSERT INTO notes VALUES (?, ?)", [(c, int(v)) for c, v in rows])
    layer.close()
    found = attack_folder(sealed(leaky), truth=truth).table
    assert {"stranger", "told"} <= set(found["kind"])


def test_rows_that_were_deleted_from_the_layer(leaky):
    with sqlite3.connect(leaky / "areas.gpkg") as layer:
        layer.execute("CREATE TABLE notes (text TEXT)")
        layer.executemany("INSERT INTO notes VALUES (?)", [("x" * 4000,)] * 9)
        layer.commit()
        layer.execute("DROP TABLE notes")
    layer.close()
    assert "stranger" in kinds(leaky)


def rewritten(path, change):
    """An archive with the parts that a function makes of its parts."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 31, 0, 0, 0)), content)


def replaced(part, old, new):
    def change(parts):
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "change",
    [
        replaced("xl/workbook.xml", b'name="Notes"', b'name="Notes" state="veryHidden"'),
        replaced("xl/workbook.xml", b"<calcPr", b"<definedNames><definedName name='a'>7"
                 b"</definedName></definedNames><calcPr"),
        replaced("xl/worksheets/sheet4.xml", b'<row r="6"', b'<row r="6" hidden="1"'),
        replaced("xl/worksheets/sheet4.xml", b'<row r="6"', b'<row r="6" ht="17.5"'),
        replaced("xl/worksheets/sheet4.xml", b"</c><c", b"<f>1+1</f></c><c"),
        replaced("xl/sharedStrings.xml", b"</sst>", b"<si><t>3 victims</t></si></sst>"),
        replaced("docProps/core.xml", b"<dc:creator></dc:creator>",
                 b"<dc:creator></dc:creator><cp:keywords>17 victims</cp:keywords>"),
        replaced("xl/styles.xml", b'formatCode="0.0"', b'formatCode="&quot;7&quot;"'),
        lambda parts: parts.update({"xl/comments1.xml": b"<comments>E01000001: 3</comments>"}),
        lambda parts: parts.update({"customXml/item1.xml": b"<a>3</a>"}),
    ],
)  # fmt: skip
def test_what_a_workbook_does_not_show(leaky, change):
    rewritten(leaky / "workbook.xlsx", change)
    assert kinds(leaky) & {"stranger", "number"}


def test_a_workbook_written_again_as_it_was_has_nothing(leaky):
    rewritten(leaky / "workbook.xlsx", lambda parts: None)
    assert kinds(leaky) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(total=13131),
        lambda m: m["notes"].append("In all 13,131 victims were counted."),
        lambda m: m["notes"].append("Seventeen victims live in one of them."),
        lambda m: m["tests"][0].update(total=471),
        lambda m: m["inputs"].append({"role": "events", "name": "x.csv", "sha256": "ab" * 32}),
        lambda m: m["selection"].update(score_at_cut=14.28571429),
        lambda m: m["config"].update(sources={"victims": "victims.csv"}),
        lambda m: m["notes"].append("Made from 5f2a9c0e11d7b6a3."),
    ],
)
def test_a_key_or_a_sentence_in_the_manifest(leaky, change):
    path = leaky / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    assert kinds(leaky)


def test_a_total_that_is_not_so_is_named_with_its_file(written, truth, tmp_path):
    folder = shutil.copytree(written / "partner", tmp_path / "partner")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    test = next(test for test in manifest["tests"] if test["factor"] == "domestic_abuse")
    test["total"] += 100
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = attack_folder(sealed(folder), truth=truth).table
    told = found[found["kind"] == "untrue"]
    assert told[["file", "place"]].values.tolist() == [["manifest.json", "domestic_abuse 2018"]]
    assert told["what"].str.startswith("the total of all, shown as").all()


@pytest.mark.parametrize("name", ["notes.txt", "scores.csv", "profiles/extra.json", "map2.png"])
def test_a_file_that_no_release_has(leaky, name):
    (leaky / name).parent.mkdir(exist_ok=True)
    (leaky / name).write_text("a,b\r\n1,2\r\n")
    assert "stranger" in kinds(leaky)


def test_a_folder_that_is_no_release(tmp_path):
    with pytest.raises(InputError, match="name a folder"):
        attack_folder(tmp_path)
    with pytest.raises(InputError, match="is not there"):
        attack_folder(tmp_path / "nothing")


def test_the_command_ends_in_4_where_something_is_found(leaky, written, monkeypatch, capsys):
    from riskindex import cli

    said = CliRunner().invoke(app, ["attack", str(written / "public")]).output
    assert "Nothing was found" in said
    (leaky / "notes.txt").write_text("x")
    monkeypatch.setattr("sys.argv", ["riskindex", "attack", str(leaky)])
    with pytest.raises(SystemExit, match="4"):
        cli.main()
    assert "notes.txt" in capsys.readouterr().err

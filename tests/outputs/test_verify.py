"""A result folder that is whole is told from one that is not."""

import json

import pytest
from typer.testing import CliRunner

from riskindex.cli import app
from riskindex.errors import InputError
from riskindex.files.whole_folder import MANIFEST, unfinished
from riskindex.outputs.manifest import CODE, seal
from riskindex.outputs.pages import document, page_head
from riskindex.outputs.verify import KINDS, verify
from riskindex.publication.key import signing_key, write_key

ABOUT = {"title": "A list", "profile": "public", "versions": {}}


@pytest.fixture
def result(tmp_path):
    """A folder that holds what a run does, as far as `verify` looks."""
    folder = tmp_path / "result"
    for name in KINDS["run"]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        page = document(title="A list", body=page_head("A list", profile="public"))
        path.write_text(page if path.suffix == ".html" else name)
    seal(ABOUT, folder)
    return folder


def test_a_whole_folder_has_no_fault(result):
    found = verify(result)
    assert (found.faults, found.notes) == ((), ())
    assert (found.kind, found.profile, found.files) == ("run", "public", len(KINDS["run"]))


def test_a_run_of_the_county_is_whole(county_saved):
    assert verify(county_saved("internal")).faults == ()


def test_who_has_the_key_can_tell_who_wrote_it(result, tmp_path):
    ours, theirs = tmp_path / "ours.key", tmp_path / "theirs.key"
    write_key(ours, bytes(range(32)))
    write_key(theirs, bytes(32))
    seal(ABOUT, result, key=signing_key(bytes(range(32))))

    assert verify(result).origin.startswith("This shows that it is whole, not who wrote it.")
    assert verify(result, key=ours).faults == ()
    assert "had the key" in verify(result, key=ours).origin
    assert "is not of this release key" in verify(result, key=theirs).faults[0]


def test_a_manifest_that_was_made_again_without_the_key_is_found(result, tmp_path):
    key = tmp_path / "ours.key"
    write_key(key, bytes(range(32)))
    seal(ABOUT, result, key=signing_key(bytes(range(32))))
    code = json.loads((result / MANIFEST).read_text())[CODE]
    (result / "top_areas.csv").write_text("another list")
    seal({**ABOUT, CODE: code}, result)

    assert verify(result).faults == ()
    assert "its code is not of this release key" in verify(result, key=key).faults[0]


def test_a_folder_without_a_code_cannot_be_checked_with_a_key(result, tmp_path):
    key = tmp_path / "ours.key"
    write_key(key, bytes(range(32)))
    assert "has no code" in verify(result, key=key).faults[0]


def test_a_changed_byte_is_named(result):
    (result / "top_areas.csv").write_text("top_areas.csV")
    assert verify(result).faults == ("top_areas.csv: is not as it was written.",)


def test_a_file_that_is_gone_is_named(result):
    (result / "map.png").unlink()
    assert verify(result).faults == ("map.png: is gone.",)


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "profiles/extra.html"])
def test_a_stranger_is_named(result, name):
    (result / name).write_text("x")
    assert verify(result).faults == (
        f"{name}: is not of this result; the manifest does not name it.",
    )


def test_an_empty_folder_and_a_link_are_strangers(result):
    (result / "empty").mkdir()
    (result / "link.csv").symlink_to(result / "top_areas.csv")
    assert len(verify(result).faults) == 2


def test_a_result_without_one_of_its_files_is_not_complete(result):
    (result / "areas.gpkg").unlink()
    seal(ABOUT, result)
    assert verify(result).faults == ("areas.gpkg: is not in the manifest, and every run has it.",)


def test_a_page_under_another_mark_is_named(result):
    (result / "map.html").write_text(page_head("A list", profile="internal"))
    seal(ABOUT, result)
    assert verify(result).faults == ("map.html: does not carry the mark of the profile public.",)


def test_a_profile_that_does_not_exist_is_a_fault(result):
    seal({**ABOUT, "profile": "everybody"}, result)
    assert "the profile is 'everybody'" in verify(result).faults[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "cannot be read"), ("{}", "is not as riskindex wrote it"), ("[]", "is not as")],
)
def test_a_manifest_that_is_none_is_refused(result, text, said):
    (result / MANIFEST).write_text(text)
    with pytest.raises(InputError, match=said):
        verify(result)


def test_a_folder_without_a_manifest_is_no_result(tmp_path):
    with pytest.raises(InputError, match="has no manifest"):
        verify(tmp_path)


def test_after_a_kill_between_the_renames_it_says_where_the_old_result_lies(result):
    new, old = unfinished(result)
    old.parent.mkdir()
    result.rename(old)
    with pytest.raises(InputError, match=rf"The earlier result lies in {old}, whole"):
        verify(result)
    old.rename(new)
    with pytest.raises(InputError, match=rf"stopped before its result was whole: see {new}"):
        verify(result)


def test_after_a_kill_it_says_which_result_this_is(result):
    new, old = unfinished(result)
    old.mkdir(parents=True)
    assert verify(result).notes[0].startswith("This is the new result")
    old.rename(new)
    assert verify(result).notes[0].startswith("This is the result before the last run")


def test_the_command_ends_in_3_on_a_fault(result, monkeypatch, capsys):
    from riskindex import cli

    assert "Whole" in CliRunner().invoke(app, ["verify", str(result)]).output
    (result / "map.png").unlink()
    monkeypatch.setattr("sys.argv", ["riskindex", "verify", str(result)])
    with pytest.raises(SystemExit, match="3"):
        cli.main()
    assert "map.png: is gone" in capsys.readouterr().err


def test_comparisons_and_backtests_are_known_by_their_page(tmp_path):
    for kind in ("backtest", "comparison"):
        folder = tmp_path / kind
        folder.mkdir()
        for name in KINDS[kind]:
            (folder / name).write_text(page_head("A list", profile="public"))
        seal(ABOUT, folder)
        assert (verify(folder).kind, verify(folder).faults) == (kind, ())

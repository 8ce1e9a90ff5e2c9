"""The ledger keeps what was given out, and shows when somebody touched it."""

import dataclasses
import json

import pandas as pd
import pytest

from riskindex import release
from riskindex.errors import DisclosureError, InputError
from riskindex.ledger import append_release, read_ledger


@pytest.fixture(scope="module")
def public(county_result):
    return release(county_result, "public")


@pytest.fixture
def ledger(public, tmp_path):
    """A ledger of three releases."""
    path = tmp_path / "private" / "ledger.jsonl"
    for title in ("first", "second", "third"):
        append_release(path, dataclasses.replace(public, title=title))
    return path


def test_a_ledger_that_is_not_there_is_empty(tmp_path):
    assert read_ledger(tmp_path / "none.jsonl") == ()


def test_a_ledger_among_the_files_for_readers_is_refused(tmp_path):
    folder = tmp_path / "result"
    with pytest.raises(InputError, match="must lie outside the result folder"):
        read_ledger(folder / "private" / "ledger.jsonl", away_from=folder)
    assert read_ledger(tmp_path / "ledger.jsonl", away_from=folder) == ()


def test_a_ledger_that_is_no_text_cannot_be_read(tmp_path):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_ledger(path)


def test_entries_come_back_as_they_were_released(ledger, public):
    entries = read_ledger(ledger)
    assert [(e.number, e.title) for e in entries] == [(1, "first"), (2, "second"), (3, "third")]
    assert {(e.profile, e.period_label) for e in entries} == {("public", public.period_label)}
    for name in ("all_areas", "hotspots", "scores"):
        pd.testing.assert_frame_equal(
            entries[0].tables[name], getattr(public, name), check_dtype=False
        )


def test_no_shape_and_no_config_is_kept(ledger):
    assert set(json.loads(ledger.read_text().splitlines()[0])["tables"]) <= {
        "all_areas", "scores", "hotspots", "tests", "persistence", "factors", "district_counts",
        "rhythm",
    }  # fmt: skip


def test_the_same_release_is_not_entered_twice_in_a_row(ledger, public):
    append_release(ledger, dataclasses.replace(public, title="third"))
    assert len(read_ledger(ledger)) == 3


def edited(ledger, edit):
    lines = ledger.read_text(encoding="utf-8").splitlines()
    ledger.write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")


def rewritten(line, **changes):
    return json.dumps({**json.loads(line), **changes})


@pytest.mark.parametrize(
    ("edit", "number"),
    [
        (lambda lines: [lines[0], rewritten(lines[1], title="other"), lines[2]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[2]], 1),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [*lines[:2], lines[2][: len(lines[2]) // 2]], 3),
        (lambda lines: [*lines, "[]"], 4),
        (lambda lines: [*lines, "not JSON"], 4),
        (lambda lines: [lines[0], "", *lines[1:]], 2),
    ],
)
def test_a_line_that_was_touched_is_named(ledger, edit, number):
    edited(ledger, edit)
    with pytest.raises(InputError, match=f"line {number} is not as it was written"):
        read_ledger(ledger)


def test_nothing_is_added_to_a_ledger_that_was_touched(ledger, public):
    edited(ledger, lambda lines: lines[1:])
    before = ledger.read_bytes()
    with pytest.raises(InputError, match="line 1"):
        append_release(ledger, public)
    assert ledger.read_bytes() == before


def test_a_write_that_stops_half_way_leaves_the_old_ledger(ledger, public, monkeypatch):
    before = ledger.read_bytes()

    def stop(_number):
        raise OSError("no power")

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(InputError, match="cannot be written"):
        append_release(ledger, public)
    assert ledger.read_bytes() == before
    monkeypatch.undo()
    append_release(ledger, public)
    assert len(read_ledger(ledger)) == 4


def test_an_internal_result_stays_out(county_released, tmp_path):
    with pytest.raises(DisclosureError, match="no release"):
        append_release(tmp_path / "ledger.jsonl", county_released)
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_reads_the_ledger(ledger):
    assert ledger.stat().st_mode & 0o077 == 0

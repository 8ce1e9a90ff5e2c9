"""Months of police.uk out of archives that hold all forces."""

import io
import zipfile

import pytest

from riskindex.errors import InputError
from riskindex.events.periods import month_label
from riskindex.setup.police_archive import fetch_months

YEAR = range(2025 * 12, 2025 * 12 + 12)


def silent(*_):
    pass


def archive(months, forces):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for label in map(month_label, months):
            for force in forces:
                for kind in ("street", "outcomes"):
                    name = f"{label}/{label}-{force}-{kind}.csv"
                    made.writestr(name, f"Month,Falls within\n{label},{force}\n" * 500)
    return packed.getvalue()


@pytest.fixture
def address(web):
    forces = ["essex", "kent", "devon-and-cornwall", "btp"]
    web.files["/s3/2025-12.zip"] = archive(range(YEAR[0] - 24, YEAR[-1] + 1), forces)
    web.redirects["/archive/2025-12.zip"] = f"{web.root}/s3/2025-12.zip"
    return web.root + "/archive/{month}.zip"


def names(path):
    with zipfile.ZipFile(path) as held:
        assert held.testzip() is None
        return held.namelist()


def test_the_months_of_a_force_come_in_the_layout_of_a_download(address, tmp_path):
    target = tmp_path / "police.zip"
    notes = fetch_months(address, YEAR, ["Essex", "Devon & Cornwall"], target, say=silent)
    assert notes == ()
    assert len(names(target)) == 24
    assert names(target)[0] == "2025-01/2025-01-devon-and-cornwall-street.csv"
    assert names(target)[-1] == "2025-12/2025-12-essex-street.csv"
    assert [path.name for path in tmp_path.iterdir()] == ["police.zip"]


def test_a_fraction_of_the_archive_is_fetched(address, web, tmp_path, monkeypatch):
    monkeypatch.setattr("riskindex.setup.police_archive.BLOCK", 2_000)
    fetch_months(address, [YEAR[-1]], ["Essex"], tmp_path / "p.zip", say=silent)
    spans = [span.removeprefix("bytes=").split("-") for path, span in web.asked if "s3" in path]
    fetched = sum(int(last) - int(first) + 1 for first, last in spans)
    assert fetched < len(web.files["/s3/2025-12.zip"])


def test_a_force_that_publishes_nothing_is_said(address, tmp_path):
    notes = fetch_months(address, YEAR, ["Essex", "Kent", "Gwent"], tmp_path / "p.zip", say=silent)
    assert notes == ("police.uk: no month of Gwent; its areas are not assessed then.",)


def test_forces_of_which_there_is_no_file_at_all_are_an_error(address, tmp_path):
    with pytest.raises(InputError, match="no file of Gwent in those months"):
        fetch_months(address, YEAR, ["Gwent"], tmp_path / "p.zip", say=silent)


def test_months_further_back_come_from_an_older_archive(address, web, tmp_path):
    web.files["/archive/2022-12.zip"] = archive(range(2022 * 12, 2022 * 12 + 12), ["essex"])
    months = [*YEAR, 2022 * 12 + 11]
    fetch_months(address, months, ["Essex"], tmp_path / "p.zip", say=silent)
    assert len(names(tmp_path / "p.zip")) == 13
    assert "2022-12/2022-12-essex-street.csv" in names(tmp_path / "p.zip")


def test_a_month_that_is_not_out_yet_is_said(address, tmp_path):
    with pytest.raises(InputError, match=r"2026-01.zip: there is no such file"):
        fetch_months(address, [*YEAR, YEAR[-1] + 1], ["Essex"], tmp_path / "p.zip", say=silent)


def test_what_was_kept_of_a_stopped_fetch_is_not_fetched_again(address, web, tmp_path):
    def stop(_name, there, total):
        if there > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_months(address, YEAR, ["Essex"], tmp_path / "p.zip", say=stop)
    kept = len(list(tmp_path.rglob("*-street.csv")))
    assert 6 <= kept < 12
    fetch_months(address, YEAR, ["Essex"], tmp_path / "p.zip", say=silent)
    assert len(names(tmp_path / "p.zip")) == 12


def test_the_whole_archive_is_fetched_where_a_server_gives_no_parts(address, web, tmp_path):
    web.knows_parts = False
    fetch_months(address, YEAR, ["Essex"], tmp_path / "p.zip", say=silent)
    assert len(names(tmp_path / "p.zip")) == 12
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


@pytest.mark.parametrize("knows_parts", [True, False])
def test_an_archive_that_is_damaged_is_said(address, web, tmp_path, knows_parts):
    web.knows_parts = knows_parts
    web.files["/s3/2025-12.zip"] = b"<html>" * 100_000
    with pytest.raises(InputError, match="no whole zip"):
        fetch_months(address, YEAR, ["Essex"], tmp_path / "p.zip", say=silent)

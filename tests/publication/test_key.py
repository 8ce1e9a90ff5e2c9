"""The release key: private, made once, and that of the invented county protects nothing real."""

import os
import stat

import pandas as pd
import pytest

from riskindex.errors import DisclosureError
from riskindex.publication.key import INVENTED, VARIABLE, read_key, write_key

REAL = pd.Index(["E01021322", "E01021323"])
MADE_UP = pd.Index(["E01800001", "E01800002"])


def test_the_first_release_makes_a_key_that_only_its_owner_reads(tmp_path):
    key = read_key("private/release.key", tmp_path, REAL)
    path = tmp_path / "private" / "release.key"
    assert len(key) == 32
    assert read_key("private/release.key", tmp_path, REAL) == key
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keys_differ(tmp_path):
    assert read_key("one", tmp_path, REAL) != read_key("other", tmp_path, REAL)


def test_the_environment_may_name_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    assert read_key(None, tmp_path / "elsewhere", REAL) == read_key("mine", tmp_path, REAL)


def test_without_a_key_nothing_leaves(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DisclosureError, match="need a key"):
        read_key(None, tmp_path, REAL)


@pytest.mark.skipif(os.name == "nt", reason="file modes are those of POSIX")
def test_a_key_that_others_can_read_is_refused(tmp_path):
    read_key("release.key", tmp_path, REAL)
    (tmp_path / "release.key").chmod(0o644)
    with pytest.raises(DisclosureError, match="chmod 600"):
        read_key("release.key", tmp_path, REAL)


@pytest.mark.parametrize("text", ["", "secret", "00" * 31, "zz" * 32])
def test_something_else_is_no_key(tmp_path, text):
    path = tmp_path / "release.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(DisclosureError, match="no release key"):
        read_key("release.key", tmp_path, REAL)


def test_the_key_of_the_invented_county_is_refused_on_other_data(tmp_path):
    write_key(tmp_path / "release.key", INVENTED)
    assert read_key("release.key", tmp_path, MADE_UP) == INVENTED
    with pytest.raises(DisclosureError, match="invented county"):
        read_key("release.key", tmp_path, REAL)

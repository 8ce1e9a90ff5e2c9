"""TOML files of any length and encoding: read, or refused in a sentence."""

import pytest

from riskindex.errors import ConfigError, InputError
from riskindex.files.toml_files import read_toml


def test_broken_toml_says_the_line(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("title = \n")
    with pytest.raises(ConfigError, match="line 1"):
        read_toml(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_toml(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (".".join(["a"] * 50_000) + " = 1", "line 1: a key of over 50 parts"),
        ("[" + ".".join(["a"] * 50_000) + "]", "line 1: a key of over 50 parts"),
        ("a = " + "[" * 50_000, "too deep to be read"),
        ("a = " + "{b = " * 50_000, "too deep to be read"),
        ("seed = " + "9" * 10_000, "a number with more digits"),
        ("# " + "x" * 10_000_001, "over 10,000,000 characters"),
    ],
)
def test_a_config_that_is_too_deep_or_long_is_refused_in_a_sentence(tmp_path, text, words):
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_toml(path)


def test_what_windows_editors_save_is_read_or_named(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('title = "Essex"', encoding="utf-8-sig")
    assert read_toml(path) == {"title": "Essex"}
    path.write_text('title = "Essex"', encoding="utf-16")
    with pytest.raises(InputError, match="written in UTF-16"):
        read_toml(path)

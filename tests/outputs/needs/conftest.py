"""A small county with everything that a needs assessment counts, run once."""

import re

import pytest

from riskindex import read_config, release, run
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import NEEDS_FILE, write_county


@pytest.fixture(scope="session")
def needs_county(tmp_path_factory):
    """Folder of a county of 160 areas with its files, and a config that repeats nothing."""
    folder = tmp_path_factory.mktemp("needs")
    write_county(synthetic_county(seed=7, n=160, districts=4), folder)
    config = folder / NEEDS_FILE
    text = config.read_text("utf-8")
    config.write_text(re.sub(r"(?ms)^\[robustness\].*?(?=^# An area put in)", "", text), "utf-8")
    return folder


@pytest.fixture(scope="session")
def needs_result(needs_county):
    return run(read_config(needs_county / NEEDS_FILE))


@pytest.fixture(scope="session")
def needs_released(needs_result):
    return release(needs_result, "internal")

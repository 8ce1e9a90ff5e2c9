"""A small county with everything that five needs assessments count, run once."""

import re

import pytest
from list_refusals import ask_no_other_choices
from person_hunt import SECRET

from riskindex import read_config, release, run
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import FIVE_FILE, write_county


@pytest.fixture(scope="session")
def needs_county(workers, once):
    """Folder of a county of 160 areas with its files, and a config that repeats nothing."""

    def made():
        folder = workers / "needs"
        write_county(synthetic_county(seed=7, n=160, districts=4), folder)
        config = folder / FIVE_FILE
        text = config.read_text("utf-8")
        repeats = r"(?ms)^\[robustness\].*?(?=^# An area put in)"
        config.write_text(re.sub(repeats, "", text), "utf-8")
        return folder

    return once("needs_county", made)


@pytest.fixture(scope="session")
def needs_result(needs_county, once):
    def found():
        with pytest.MonkeyPatch.context() as patch:
            ask_no_other_choices(patch)
            patch.setattr("riskindex.events.read.secrets.token_hex", lambda _n: SECRET)
            result = run(read_config(needs_county / FIVE_FILE))
        # Worked out when first asked for: here once, and not by every worker again.
        assert len(result.figures)
        return result

    return once("needs_result", found)


@pytest.fixture(scope="session")
def needs_released(needs_result, once):
    return once("needs_released", lambda: release(needs_result, "internal"))

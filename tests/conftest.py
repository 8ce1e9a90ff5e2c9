"""Where the real data is, and what every test may use."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("RISKINDEX_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and independent answers, which a stranger's clone does not have."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real data in {SHARED} (set RISKINDEX_SHARED to a folder that has it)")
    return SHARED


@pytest.fixture(scope="session")
def oracles(shared: Path) -> Path:
    """Answers computed by independent tools (R spdep, COINr, official indices)."""
    return shared / "oracles"


@pytest.fixture(scope="session")
def county_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of a small synthetic county, written with all its files."""
    from riskindex.demo import write_county
    from riskindex.synthetic import synthetic_county

    folder = tmp_path_factory.mktemp("county")
    return write_county(synthetic_county(seed=7, n=160, districts=4), folder)


@pytest.fixture(scope="session")
def county_result(county_config: Path):
    """What a run on the small county found out."""
    from riskindex import read_config, run

    return run(read_config(county_config))


@pytest.fixture(scope="session")
def county_released(county_result):
    """The small county under the internal profile."""
    from riskindex import release

    return release(county_result, "internal")

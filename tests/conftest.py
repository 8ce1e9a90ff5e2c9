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

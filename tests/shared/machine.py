"""What a machine may lack."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("RISKINDEX_SHARED", Path(__file__).parents[3] / "shared"))
"""The folder of real data and independent answers."""


def skip_without(what: str) -> None:
    """A machine may lack a browser or Java; where changes are gated (CI is set) it may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)

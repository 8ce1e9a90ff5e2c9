"""What a machine may lack, and how long it is kept busy by a law."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(os.environ.get("RISKINDEX_SHARED", Path(__file__).parents[3] / "shared"))
"""The folder of real data and independent answers."""


def skip_without(what: str) -> None:
    """A machine may lack a browser or Java; where changes are gated (CI is set) it may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)


STEADY = 25
"""Examples by default; with `--hypothesis-profile thorough` they are forty times as many."""


def examples(n: int) -> settings:
    """So many examples by default, of a law whose examples take long; more in a thorough one."""
    return settings(max_examples=n * settings.default.max_examples // STEADY)

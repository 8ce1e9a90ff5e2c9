"""What a machine may lack."""

import os

import pytest


def skip_without(what: str) -> None:
    """A machine may lack a browser or Java; where changes are gated (CI is set) it may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)

"""The invented county in full, drawn once for the tests of what is in it."""

import pytest

from riskindex.demo.county import synthetic_county


@pytest.fixture(scope="session")
def county():
    return synthetic_county()

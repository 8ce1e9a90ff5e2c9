"""Nothing leaves a result but through a named profile, column by column."""

import dataclasses

import pytest

from riskindex import release
from riskindex.areas.groups import group_kinds
from riskindex.errors import DisclosureError


def test_a_profile_must_be_named(county_result):
    unnamed = dataclasses.replace(
        county_result, config=county_result.config.model_copy(update={"profile": None})
    )
    with pytest.raises(DisclosureError, match="--profile internal"):
        release(unnamed)


def test_a_profile_without_rules_is_refused(county_result):
    with pytest.raises(DisclosureError, match="there are internal, partner, public"):
        release(county_result, profile="everybody")


def test_bases_are_no_groups(county_result):
    assert "residents" not in group_kinds(county_result.areas)
    assert "district" in group_kinds(county_result.areas)

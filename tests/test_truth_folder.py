"""The folder of an internal result tells an attack what the result would, as far as it goes."""

import numpy as np
import pandas as pd
import pytest

from riskindex.disclosure import Rules
from riskindex.forms import Known
from riskindex.pipeline import save
from riskindex.printed import Printed
from riskindex.stated import unsolved, untrue
from riskindex.truth import Truth, truth_of
from riskindex.truth_folder import truth_in


@pytest.fixture(scope="module")
def internal(county_released, tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth") / "internal"
    save(county_released, folder)
    return folder


@pytest.fixture(scope="module")
def read(internal):
    return truth_in(internal)


def test_counts_of_the_last_periods_are_those_of_the_result(read, county_result):
    true = truth_of(county_result).counts
    assert len(read.counts.columns) >= 4
    for key in read.counts:
        assert read.counts[key].equals(true[key]), key
    assert set(read.counts) | set(read.missing) == set(true)


def test_its_tests_are_those_of_the_result(read, county_result):
    true = truth_of(county_result).tests
    assert set(read.tests) == set(read.counts)
    for key, made in read.tests.items():
        assert (made.windows != true[key].windows).nnz == 0
        for one, other in zip(made.cuts, true[key].cuts, strict=True):
            assert np.array_equal(one.least_if, other.least_if), key
            assert np.array_equal(one.most_unless, other.most_unless), key


def test_what_is_missing_has_a_reason(read):
    assert read.missing["disorder", "2022"] == "its events are weighted"
    assert read.missing["offences", "2018"] == "only the last period has counts"
    assert "weighted count of disorder 2022" in read.secrets


CODES = ("E01000001", "E01000002")
KNOWN = Known(
    profile="public", codes=CODES, names=dict.fromkeys(CODES, ""), kinds=(), groups={},
    factors={"crime": "Crime"}, periods=("2022",), texts=frozenset(), rules=Rules(),
)  # fmt: skip


def of(**more):
    counts = pd.DataFrame({("crime", "2022"): [5.0, 20.0]}, index=pd.Index(CODES))
    return Truth(counts=counts, sensitive=frozenset(), **more)


def test_flags_whose_test_is_not_inverted_are_named():
    now = {("crime", "2022"): Printed(hot={CODES[0]: 1.0})}
    assert list(unsolved(now, KNOWN, of())) == ["Hot or not hot was not solved for crime 2022."]


def test_counts_with_those_in_sensitive_places_say_nothing_of_what_is_printed():
    now = {("crime", "2022"): Printed(cells={CODES[1]: 15.0})}
    assert list(untrue(now, KNOWN, of()))
    assert not list(untrue(now, KNOWN, of(is_released=False)))
    (said,) = unsolved(now, KNOWN, of(is_released=False))
    assert "sensitive places" in said


def test_a_period_that_the_truth_lacks_is_no_lie():
    now = {("crime", "2021"): Printed(totals={"": 20.0})}
    assert list(untrue(now, KNOWN, of()))
    assert not list(untrue(now, KNOWN, of(missing={("crime", "2021"): "only the last period"})))

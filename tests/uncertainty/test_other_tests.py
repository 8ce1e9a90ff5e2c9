from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_maps import lattice

from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.scores import score_factor
from riskindex.uncertainty.other_tests import Tests as TablesOfTests
from riskindex.uncertainty.other_tests import other_tests, score_by_other_test
from riskindex.uncertainty.repeats import Data

CODES = pd.Index([f"E{i:02}" for i in range(64)], name="area_code")
AREAS = pd.DataFrame({"residents": np.full(64, 1000.0), "homes": np.arange(64) + 100.0}, CODES)


def factor(**options):
    given = {
        "name": "f",
        "label": "F",
        "source": "s",
        "method": "window",
        "exposure": "residents",
        "periods": ("2022",),
        "score": "confidence",
        "neighbourhood": "score",
    }
    return Factor(**given | options)


def weights():
    near = lattice(8, 8)
    near.eliminate_zeros()
    return near


def counts():
    found = np.random.default_rng(2).poisson(4.0, 64)
    found[[27, 28, 35, 36]] += 14
    table = pd.DataFrame({("f", "all", "2022"): found}, index=CODES).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    return table


def run_of(asked):
    found = find_hotspots(counts(), AREAS, pd.DataFrame(index=CODES), weights(), [asked])
    return TablesOfTests(Data(counts(), AREAS, weights()), found.table, found.pooled), found


def by_a_run(asked):
    _, found = run_of(asked)
    lasting = classify_persistence(found.table, found.pooled, [asked])
    return score_factor(found.table, lasting, asked, neighbours=weights())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"correction": "bonferroni"},
        {"correction": "none"},
        {"level": 0.2},
        {"dispersion": "none"},
        {"method": "poisson"},
        {"method": "getis-ord", "exposure": None},
        {"exposure": "homes"},
    ],
)
def test_scored_otherwise_is_scored_as_a_run_with_that_choice(changes):
    asked = factor()
    changed = replace(asked, **changes)
    found = score_by_other_test(run_of(asked)[0], asked, changed)
    expected = by_a_run(changed)
    for column in ("score", "is_hot"):
        assert found[column].tolist() == expected[column].tolist()
    np.testing.assert_allclose(found["intensity"], expected["intensity"], atol=1e-9)


def test_a_risk_does_not_hang_on_the_test():
    asked = factor(score="risk")
    tables, _ = run_of(asked)
    plain = score_by_other_test(tables, asked, asked)["score"]
    assert (
        plain.tolist()
        == score_by_other_test(tables, asked, replace(asked, correction="none"))["score"].tolist()
    )
    other = score_by_other_test(tables, asked, replace(asked, exposure="homes"))["score"]
    assert plain.tolist() != other.tolist()


def test_quick_choices_need_no_new_test():
    quick = [one.words for one in other_tests(quick=True)]
    assert all("orrection" in words for words in quick)
    assert len(list(other_tests())) > len(quick)


def test_a_choice_that_changes_nothing_is_none():
    of = {one.words: one.of for one in other_tests()}
    asked = factor(correction="bonferroni")
    assert of["Correction for many areas by Bonferroni"](asked, AREAS) is None
    gi = factor(method="getis-ord", exposure=None)
    assert of["Tests that allow for no dispersion"](gi, AREAS) is None
    by_window = of["Events tested by window, against residents"](gi, AREAS)
    assert (by_window.method, by_window.exposure) == ("window", "residents")
    assert of["Events tested by window, against residents"](gi, AREAS[["homes"]]) is None

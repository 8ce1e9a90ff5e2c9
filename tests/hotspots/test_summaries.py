"""One line per factor and period: what was assumed, and how many areas were found hot."""

import numpy as np
import pandas as pd
import pytest
from tables import factor

from riskindex.hotspots.samples import Observation
from riskindex.hotspots.summaries import summarise_untested, table_of_summaries


def observation(counts, *, reasons):
    """Counts of one group of events, each of weight 2 in steps of a half."""
    return Observation(
        counts=np.array(counts, dtype=float)[:, None],
        event_weights=np.array([4]),
        exposure=np.ones(len(counts)),
        reason=np.array(reasons, dtype=object),
        unit=0.5,
    )


def test_what_is_not_assessed_is_in_no_sum():
    seen = observation([1, 2, 9], reasons=["", "", "not covered"])
    found = summarise_untested(seen, factor("f"))
    assert (found["assessed"], found["not_assessed"]) == (2, 1)
    # Three events of weight 2.
    assert (found["total"], found["average"]) == (6, 3)
    assert found["hot"] == 0
    assert found["null"] == "nothing was observed"


def test_areas_around_the_study_area_are_in_no_sum():
    seen = observation([1, 2, 9], reasons=["", "", ""])
    found = summarise_untested(seen, factor("f"), context=np.array([False, False, True]))
    assert (found["assessed"], found["not_assessed"]) == (2, 0)
    assert (found["total"], found["average"]) == (6, 3)


def test_where_no_area_is_assessed_there_is_no_average():
    found = summarise_untested(observation([1], reasons=["not covered"]), factor("f"))
    assert found["total"] == 0
    assert np.isnan(found["average"])


def test_numbers_of_areas_are_whole_numbers_in_the_table():
    seen = observation([1, 2], reasons=["", ""])
    table = table_of_summaries([("f", "2022")], [summarise_untested(seen, factor("f"))])
    assert table.index.names == ["factor", "period"]
    assert table["assessed"].dtype == "Int64"
    assert table.loc[("f", "2022"), "assessed"] == 2
    assert pd.isna(table.loc[("f", "2022"), "hot_without_dispersion"])


@pytest.mark.parametrize("column", ["method", "correction", "level"])
def test_the_summary_says_how_the_factor_is_tested(column):
    asked = factor("f")
    found = summarise_untested(observation([1], reasons=[""]), asked)
    assert found[column] == getattr(asked, column)

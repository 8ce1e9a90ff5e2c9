"""What a config may say of a table of counts."""

import pytest

from riskindex.events.count_tables.options import CountsSource, counts_faults


def source(**columns):
    return CountsSource(kind="counts", path="counts.csv", area="LSOA", **columns)


@pytest.mark.parametrize(
    "columns", [{}, {"period": "Year", "value": "Offences"}], ids=["wide", "long"]
)
def test_a_table_has_its_periods_in_headings_or_in_rows_with_their_numbers(columns):
    assert list(counts_faults("violence", source(**columns))) == []


@pytest.mark.parametrize("columns", [{"period": "Year"}, {"value": "Offences"}])
def test_a_period_without_its_number_is_a_fault(columns):
    (fault,) = counts_faults("violence", source(**columns))
    assert fault.startswith("sources.violence: period and value belong together")

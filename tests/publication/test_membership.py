import pandas as pd
import pytest

from riskindex.errors import DisclosureError
from riskindex.publication.membership import refuse_unsteady_list


def chosen(*positions):
    return pd.Series([k in positions for k in range(20)])


def test_a_list_that_other_keys_keep_may_leave():
    first = chosen(*range(10))
    refuse_unsteady_list([first, first, chosen(*range(1, 11)), first])


def test_a_list_that_other_keys_would_change_is_refused_with_what_stays():
    with pytest.raises(DisclosureError, match="only 80% stay under other keys"):
        refuse_unsteady_list([chosen(*range(10)), chosen(*range(2, 12))])

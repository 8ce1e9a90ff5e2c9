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


def kept(*numbers):
    """A list of 20 of 40 areas, and others that keep so many of them."""
    areas = pd.Series(range(40))
    return [areas < 20, *((areas >= 20 - n) & (areas < 40 - n) for n in numbers)]


def test_ninety_per_cent_on_average_is_enough():
    refuse_unsteady_list(kept(18, 18, 18, 18, 18))
    refuse_unsteady_list(kept(17, 19))  # 85% and 95%
    refuse_unsteady_list(kept(20, 20, 20, 20, 10))


def test_less_than_ninety_per_cent_on_average_is_refused():
    with pytest.raises(DisclosureError, match="only 85% stay"):
        refuse_unsteady_list(kept(17, 17, 17, 17, 17))
    with pytest.raises(DisclosureError, match="only 89% stay"):
        refuse_unsteady_list(kept(18, 18, 18, 18, 17))


def test_a_list_of_no_area_is_refused():
    nothing = pd.Series([False] * 5)
    with pytest.raises(DisclosureError, match="only 0% stay"):
        refuse_unsteady_list([nothing, nothing])

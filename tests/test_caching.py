from functools import lru_cache

import numpy as np

from riskindex.caching import IdentityKey


def test_the_same_object_is_worked_out_once_and_an_equal_one_again():
    asked = []

    @lru_cache
    def total(key: IdentityKey[np.ndarray]) -> float:
        asked.append(key)
        return float(key.value.sum())

    one, equal = np.ones(3), np.ones(3)
    assert total(IdentityKey(one)) == total(IdentityKey(one)) == total(IdentityKey(equal)) == 3
    assert len(asked) == 2


def test_a_key_is_equal_to_no_other_thing():
    value = ("a", "b")
    assert IdentityKey(value) != value
    assert IdentityKey(value) == IdentityKey(value)

import pytest

from riskindex.errors import (
    ConfigError,
    DataError,
    DisclosureError,
    InputError,
    RiskindexError,
    Together,
    is_interruption,
)


def test_each_kind_has_its_exit_code():
    kinds = (RiskindexError, ConfigError, InputError, DataError, DisclosureError)
    assert [kind.exit_code for kind in kinds] == [1, 2, 3, 3, 4]


def test_an_error_tells_one_fault_or_several():
    assert InputError("row 3 is empty").faults == ("row 3 is empty",)
    several = InputError(["row 3 is empty", "row 5 is empty"])
    assert several.faults == ("row 3 is empty", "row 5 is empty")
    assert str(several) == "row 3 is empty\nrow 5 is empty"


def test_faults_of_several_steps_are_told_together_each_once():
    together = Together()
    for error in (DataError("first"), InputError(["second", "third"]), InputError("second")):
        with together.trying():
            raise error
    with pytest.raises(DataError) as refused:
        together.raise_any()
    assert refused.value.faults == ("first", "second", "third")


def test_without_a_fault_nothing_is_raised():
    together = Together()
    with together.trying():
        pass
    together.raise_any()
    assert together.faults == []


def test_faults_of_ours_are_not_kept_for_later():
    with pytest.raises(ZeroDivisionError), Together().trying():
        _ = 1 / 0


def test_ctrl_c_is_known_by_what_the_database_says():
    assert is_interruption(RuntimeError("INTERRUPT Error: Interrupted!"))
    assert is_interruption(RuntimeError("Query interrupted"))
    assert not is_interruption(RuntimeError("out of memory"))
